"""The mail server is down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.enquiries import enquiry_form, post
from tests.browser.site import manage, served
from tests.drills.forms import Editor

OWNER = "from advisor.models import OwnerSettings as O; o = O.load(); o.enquiry_to = 'inbox@example.org'; o.save()"
WAITING = "from advisor.models import Mail as M; print(M.objects.filter(sent_at=None).count(), M.objects.first().tries)"
DUE = "from django.utils import timezone; from advisor.models import Mail; Mail.objects.update(due_at=timezone.now())"


@pytest.mark.drill("F25")
def test_an_enquiry_comes_in_while_no_mail_goes_out(set_up: Path, tmp_path: Path, seen: Callable[[str], None]) -> None:
    from tests.test_outbox import Server  # here, as it brings the settings of tests along

    data = Path(shutil.copytree(set_up, tmp_path / "data"))
    with served(data) as site:
        manage(data, "shell", "-v0", "-c", OWNER)
        editor = Editor(site)
        reply = post(site, enquiry_form(site))
        waiting, tries = manage(data, "shell", "-v0", "-c", WAITING).split()
        staff = editor.get("/admin/advisor/enquiry/").text
        inbox = editor.get("/admin/").text
        with Server() as server:
            back = {"SIGNPOST_MAIL_URL": f"smtp://127.0.0.1:{server.server_address[1]}"}
            manage(data, "shell", "-v0", "-c", DUE)
            manage(data, "run_jobs", **back)
            received = len(server.received)
            server.shutdown()
    seen(f"acknowledged with {reply.status}; {waiting} mail waits after {tries} try; {received} sent when it was back")

    assert reply.status == 303
    assert (waiting, received) == ("1", 1)
    assert "not sent" in (staff + inbox).lower() or "waits" in (staff + inbox).lower()
