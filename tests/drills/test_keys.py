"""The secret key is replaced, with the server started anew each time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import copy_of
from tests.browser.kept import Pairs, keep_form
from tests.browser.site import Site, manage, served

OLD, NEW = "the-key-before-" * 4, "the-new-key-" * 5
SIGNED_IN = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("ada"))
print(client.cookies["signpost-session"].value)
"""


@pytest.mark.drill("F23")
def test_sessions_and_forms_go_on_until_the_old_key_is_dropped(
    set_up: Path, tmp_path: Path, seen: Callable[[str], None]
) -> None:
    data = copy_of(set_up, tmp_path)
    session = manage(data, "shell", "--verbosity", "0", "-c", SIGNED_IN, SIGNPOST_SECRET_KEY=OLD).split()[-1]

    def answers(site: Site, form: Pairs) -> dict[str, int]:
        return {
            "form": site.post("/advice/keep/", form).status,
            "workplace": site.get("/admin/", {"Cookie": f"signpost-session={session}"}).status,
        }

    with served(data, SIGNPOST_SECRET_KEY=OLD) as site:
        forms = [keep_form(site) for _ in range(3)]
        before = answers(site, forms[0])
    with served(data, SIGNPOST_SECRET_KEY=NEW, SIGNPOST_SECRET_KEY_FALLBACKS=OLD) as site:
        meanwhile = answers(site, forms[1])
        newer = keep_form(site)
    with served(data, SIGNPOST_SECRET_KEY=NEW) as site:
        afterwards = answers(site, forms[2])
        of_the_new_key = site.post("/advice/keep/", newer).status

    seen(f"with the old key {before}, with both {meanwhile}, without it {afterwards}")
    assert before == meanwhile == {"form": 303, "workplace": 200}
    assert afterwards == {"form": 422, "workplace": 302}
    assert of_the_new_key == 303
