"""The clock of the whole machine is wrong, as far as the site can tell: a day ahead, and a day behind."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django_otp.oath import TOTP

from tests.browser.kept import LAW_FIRM, keep, publish_a_change
from tests.browser.site import Reply, Site, manage, served
from tests.drills.plugin import not_shown

DAY = 86_400
CHANGES = "/how-it-decides/changes/"
KEY = "5a" * 20
PASSWORD = "correct horse battery staple"
ADA = f"""
from django.contrib.auth.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice
ada = User.objects.create_superuser("ada", password="{PASSWORD}")
TOTPDevice.objects.create(user=ada, name="app", key="{KEY}", tolerance=0)
"""


Clock = Callable[[int], dict[str, str]]


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """Settings that make a process believe in a clock so many seconds off."""
    compiler, shim = shutil.which("cc"), tmp_path / "clock.so"
    if compiler is None:
        not_shown("there is no C compiler")
    command = [compiler, "-shared", "-fPIC", "-o", str(shim), str(Path(__file__).with_name("clock.c"))]
    subprocess.run(command, check=True)  # noqa: S603  our own
    return lambda away: {"LD_PRELOAD": str(shim), "CLOCK_AWAY": str(away)}


@dataclass
class Desk:
    """A browser of somebody who works here."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)

    def _took(self, reply: Reply) -> Reply:
        for line in reply.all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def get(self, address: str) -> Reply:
        return self._took(self.site.get(address, self._headers))

    def send(self, address: str, **typed: str) -> Reply:
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(address).text)[:1]
        return self._took(self.site.post(address, [("csrfmiddlewaretoken", token), *typed.items()], self._headers))

    def sign_in(self, code: str) -> int:
        self.send("/admin/login/", username="ada", password=PASSWORD, next="/admin/")
        return self.send("/admin/login/second-step/", code=code).status


def code_at(away: int) -> str:
    """What the app on a phone shows whose clock is wrong by so much. Begins with a step that lasts for a while."""
    while time.time() % 30 > 25:
        time.sleep(1)
    app = TOTP(bytes.fromhex(KEY))
    app.time = time.time() + away
    return f"{app.token():06}"


def release_of(site: Site) -> int:
    number: int = json.loads(site.get(f"/advice/?{LAW_FIRM}&format=json").text)["release"]["number"]
    return number


@pytest.mark.drill("F9", "The machine's clock is a day ahead, then right, then a day behind")
def test_codes_sessions_releases_and_links_outlive_a_wrong_clock(
    clock: Clock, tmp_path: Path, seen: Callable[[str], None]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    manage(data, "setup_site", **clock(DAY))
    manage(data, "shell", "-c", ADA)

    with served(data, **clock(DAY)) as site:
        ahead = Desk(site)
        signed_in_ahead = ahead.sign_in(code_at(DAY))
        show, _manage = keep(site)
    with served(data) as site:
        desk = Desk(site, dict(ahead.cookies))
        still_in = desk.get("/admin/").status
        of_tomorrow, right = Desk(site).sign_in(code_at(DAY)), Desk(site).sign_in(code_at(0))
        publish_a_change(site, tmp_path)
        release, kept = release_of(site), site.get(show).status
    with served(data, **clock(-DAY)) as site:
        behind = Desk(site).sign_in(code_at(-DAY))
        again, still_kept = release_of(site), site.get(show).status
        pages = {
            site.get(address).status for address in ("/", "/advice/industry/", "/how-it-decides/changes/", "/readyz")
        }
        kept_now = site.get(keep(site)[0]).status

    seen(
        f"codes let in with each clock ({signed_in_ahead}, {right}, {behind}), tomorrow's is refused ({of_tomorrow}); "
        f"tomorrow's session is over ({still_in}); release {release} follows 1 though it is older by the clock"
    )
    assert (signed_in_ahead, right, behind) == (302, 302, 302)
    assert of_tomorrow == 422
    assert still_in == 302
    assert (release, again) == (2, 2)
    assert (kept, still_kept, kept_now) == (200, 200, 200)
    assert pages == {200}
