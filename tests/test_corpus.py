"""What has broken other sites of this kind, tried on ours: texts that become code, forms from elsewhere, ways off."""

from __future__ import annotations

import json
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from advisor.decision.catalogue import Catalogue
from advisor.models import files
from tests.browser.test_hostile import PAGES, TEXTS
from tests.conftest import Publish
from tests.content.shipped import DOCUMENT
from tests.vectors import VECTORS
from tests.views.conftest import snapshot_of
from tests.views.markup import Element, is_our_script, parse

ACTS = frozenset(["iframe", "object", "embed", "base", "math", "marquee", "template", "audio", "video", "animate"])
"""No page of ours has one."""
DATA = ["/advice/?industry=other&need=chatbot&format=json", "/advice/record.json?industry=other&need=chatbot"]


def planted(shift: int) -> dict[str, Any]:
    """The shipped content with one of the vectors at the end of each text, the next one in the next text."""
    place = shift

    def spoil(value: Any) -> Any:
        nonlocal place
        place += 1
        vector = VECTORS[place % len(VECTORS)]
        return [spoil(text) for text in value] if isinstance(value, list) else f"{value} {vector}" if value else value

    return {
        section: [
            {name: spoil(value) if name in TEXTS else value for name, value in record.items()} for record in records
        ]
        for section, records in DOCUMENT.items()
    }


def check_inert(page: Element, where: str) -> None:
    for element in page.walk():
        assert element.tag not in ACTS, f"<{element.tag}> on {where}"
        assert not [name for name in element.attributes if name.startswith("on") or ":" in name[2:6]], where
        assert "style" not in element.attributes, where
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-hx-get"):
            target = (element.get(name) or "").strip()
            assert not re.match(r"(?i)\s*(?:javascript|data|vbscript):", target), f"{target} on {where}"
            assert "zq.example" not in target, f"{target} on {where}"
            assert not target.startswith("/zq"), where
    assert all((picture.get("src") or "").startswith(("/static/", "/logo-")) for picture in page.all("img")), where
    assert all(is_our_script(script) for script in page.all("script")), where


class TestTextsOfEditors:
    def test_the_corpus_has_sixty_and_no_two_alike(self) -> None:
        assert len(set(VECTORS)) == len(VECTORS) == 60

    @pytest.mark.parametrize("shift", [0, 23])
    def test_none_of_them_acts_on_any_page(self, settings: Settings, shift: int) -> None:
        release = snapshot_of(Catalogue.from_document(planted(shift))).to_text()
        (settings.SIGNPOST_DATA / "current-release.json").write_text(release, encoding="utf-8")
        client, shown = Client(), ""

        for address in PAGES:
            response = client.get(address)
            assert response.status_code == 200, address
            text = response.content.decode()
            check_inert(parse(text), address)
            assert settings.SECRET_KEY not in text
            shown += parse(text).one("main").text

        told = [vector for vector in VECTORS if " ".join(vector.split()) in shown]
        assert len(told) > 50, "the pages show too few of them for this to mean anything"

    def test_data_holds_them_as_they_are_and_says_that_it_is_data(self, settings: Settings) -> None:
        release = snapshot_of(Catalogue.from_document(planted(0))).to_text()
        (settings.SIGNPOST_DATA / "current-release.json").write_text(release, encoding="utf-8")

        for address in DATA:
            response = Client().get(address)
            assert response.headers["Content-Type"] == "application/json"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
            assert "zq" in json.dumps(response.json())


def views(patterns: Any = None, before: str = "/") -> Iterator[tuple[str, Any]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield re.sub(r"<\w*:?\w+>", "1", route), pattern.callback


WITHOUT_TOKEN = sorted(route for route, view in views() if getattr(view, "csrf_exempt", False))
ELSEWHERE: dict[str, dict[str, str]] = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "another part of this domain": {"Sec-Fetch-Site": "same-site", "Origin": "https://x.testserver"},
    "a sandbox": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    "an old browser elsewhere": {"Origin": "https://evil.example"},
    "an old browser in a sandbox": {"Origin": "null"},
    "who hides all": {},
    "a name that begins with ours": {"Origin": "http://testserver.evil.example"},
    "ours as a user's name": {"Origin": "http://testserver@evil.example"},
    "another port": {"Origin": "http://testserver:8080"},
}
OURS: dict[str, dict[str, str]] = {
    "a browser of today": {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
    "one that was asked for by hand": {"Sec-Fetch-Site": "none"},
    "an old browser": {"Origin": "http://testserver"},
}


@pytest.mark.django_db
class TestFormsFromElsewhere:
    def test_there_are_forms_without_a_token(self) -> None:
        assert len(WITHOUT_TOKEN) >= 9

    @pytest.mark.parametrize("route", WITHOUT_TOKEN)
    def test_none_of_them_is_taken(self, publish: Publish, route: str) -> None:
        publish()
        for who, headers in ELSEWHERE.items():
            assert Client().post(route, {"a": "b"}, headers=headers).status_code == 403, who

    @pytest.mark.parametrize("route", WITHOUT_TOKEN)
    def test_one_of_ours_is_looked_at(self, publish: Publish, route: str) -> None:
        publish()
        for who, headers in OURS.items():
            assert Client().post(route, {"a": "b"}, headers=headers).status_code != 403, who

    def test_those_of_staff_want_the_token_also_from_ourselves(self, editor: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(editor)
        for address in ("/admin/advisor/rule/add/", "/admin/import-export/", "/admin/advisor/release/publish/"):
            response = client.post(address, {"a": "b"}, headers=OURS["a browser of today"])
            # What was typed waits on the server; nothing of it was done.
            assert response.status_code in (303, 403), address


@pytest.mark.django_db
class TestWaysOff:
    @pytest.mark.parametrize(
        "target",
        [
            "//evil.example",
            "///evil.example",
            "\\\\evil.example",
            "/\\evil.example",
            "https:evil.example",
            "https:/evil.example",
            "https://evil.example",
            "http:///evil.example",
            "%2f%2fevil.example",
            "/%2fevil.example/../",
            "/admin/\r\nSet-Cookie: zq=1",
            "javascript:zq()",
            "data:text/html,zq",
            "\x00//evil.example",
            " //evil.example",
            "https://testserver@evil.example",
            "https://testserver.evil.example",
        ],
    )
    def test_signing_in_leads_to_our_own_pages_alone(self, client: Client, target: str) -> None:
        User.objects.create_superuser("grace", "", "correct horse battery")

        address = f"/admin/login/?next={quote(target)}"
        response = client.post(address, {"username": "grace", "password": "correct horse battery", "next": target})

        assert response.status_code == 302
        leads_to = response.headers["Location"]
        assert re.match(r"/(?![/\\])|%2f", leads_to), leads_to
        assert "\n" not in leads_to
        assert "Set-Cookie: zq" not in str(response.headers)


class TestSmallThingsThatWereHolesElsewhere:
    def test_one_cookies_signature_is_none_for_another(self) -> None:
        assert settings.SIGNED_COOKIE_LEGACY_SALT_FALLBACK is False

    def test_a_file_that_we_write_can_be_written_by_nobody_else(self, tmp_path: Path) -> None:
        files.replace(tmp_path / "file", b"text")

        assert not stat.S_IMODE((tmp_path / "file").stat().st_mode) & 0o022

    def test_a_language_that_is_a_thousand_letters_long_is_passed_over(self, publish: Publish, db: None) -> None:
        publish()
        for languages in ("a" * 1000, ",".join(["de-x"] * 900), "*;q=0.1," * 900):
            assert Client().get("/", headers={"Accept-Language": languages}).status_code == 200

    def test_the_same_key_twice_never_counts_in_silence(self, publish: Publish, db: None) -> None:
        publish()
        page = Client().get("/advice/goals/?industry=other&industry=law-finance", follow=True)

        assert "more than one industry, so none of them counts" in page.content.decode()


def test_no_test_reaches_another_machine() -> None:
    """The whole suite runs so: see tests/conftest.py."""
    with pytest.raises(AssertionError, match="another machine"), socket.socket() as connection:
        connection.connect(("192.0.2.1", 80))
