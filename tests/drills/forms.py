"""Whatever visitors and an editor can write on a served site, ready to be sent while something is broken."""

from __future__ import annotations

import html
import http.cookiejar
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.browser.enquiries import enquiry_form, post
from tests.browser.kept import LAW_FIRM, keep, keep_form
from tests.browser.site import Reply, Site, manage

WORDS = "Typed while it was broken"
PASSWORD = "correct horse battery staple"
NOT_LISTED = "/advice/goals/not-listed/?industry=law-finance"

PAGES = [
    "/",
    "/advice/industry/",
    "/advice/goals/?industry=other&need=chatbot",
    f"/advice/check/?{LAW_FIRM}",
    f"/advice/?{LAW_FIRM}",
    f"/advice/?{LAW_FIRM}&format=json",
    f"/advice/record/?{LAW_FIRM}",
    f"/compare/?{urlencode({'one': LAW_FIRM, 'two': 'industry=other&need=chatbot&modality=text&fact=none'})}",
    f"/advice/keep/?{LAW_FIRM}",
    f"/talk/?{LAW_FIRM}",
    "/how-it-decides/",
    "/kinds-of-ai/",
    "/tools/",
    "/glossary/",
    "/about/",
    "/privacy/",
    "/healthz",
]
"""What needs no database."""


@dataclass(frozen=True, slots=True)
class Write:
    """One that can be sent again and again. `typed` is what must still be on the page when it was refused."""

    name: str
    send: Callable[[], Reply]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Timed:
    reply: Reply
    seconds: float


def timed(send: Callable[[], Reply]) -> Timed:
    start = time.monotonic()
    reply = send()
    return Timed(reply, time.monotonic() - start)


def hidden(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return [(name, html.unescape(value)) for name, value in found]


def writes(site: Site) -> list[Write]:
    """Of visitors. Made while the site is well."""
    _show, manage_address = keep(site)
    kept, enquiry = keep_form(site), enquiry_form(site, message=WORDS)
    missing = [*hidden(site.get(NOT_LISTED).text), ("kind", "text"), ("words", WORDS)]
    return [
        Write("keep", lambda: site.post("/advice/keep/", kept)),
        Write("enquiry", lambda: post(site, enquiry, 77), WORDS),
        Write("vote", lambda: site.post("/advice/useful/", [("about", LAW_FIRM), ("vote", "no")])),
        Write("goal", lambda: site.post("/advice/goals/not-listed/", missing), WORDS),
        Write("extend", lambda: site.post(manage_address, [("action", "extend")])),
        Write("address", lambda: site.post(f"{manage_address}watch/", [("address", "ada@example.org")])),
    ]


class Editor:
    """Somebody who is signed in, with the cookies that this takes."""

    def __init__(self, site: Site, name: str = "drill", **own: str) -> None:
        self.site = site
        user = f"User.objects.create_superuser({name!r}, password={PASSWORD!r})"
        make = f"from django.contrib.auth.models import User; {user}"
        manage(site.data, "shell", "-v0", "-c", make, **own)
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), _NoRedirect()
        )
        form = hidden(self.get("/admin/login/").text)
        self.post("/admin/login/", [*form, ("username", name), ("password", PASSWORD)])
        assert self.get("/admin/").status == 200

    def get(self, address: str) -> Reply:
        return self._ask(urllib.request.Request(self.site.url + address))  # noqa: S310  our own site

    def post(self, address: str, sent: Sequence[tuple[str, str]]) -> Reply:
        headers = {"Origin": self.site.url, "Referer": self.site.url + address}
        return self._ask(urllib.request.Request(self.site.url + address, urlencode(sent).encode(), headers))  # noqa: S310  our own site

    def form(self, address: str) -> list[tuple[str, str]]:
        """What the form there sends when nothing is changed."""
        page = self.get(address).text
        areas = re.findall(r'<textarea name="([^"]+)"[^>]*>\s?(.*?)</textarea>', page, re.DOTALL)
        inputs = re.findall(r'<input type="(?:text|date|url|number)" name="([^"]+)"(?: value="([^"]*)")?', page)
        ticked = re.findall(r'<input type="checkbox" name="([^"]+)" value="([^"]*)"[^>]* checked', page)
        options = re.findall(r'<select name="([^"]+)"[^>]*>.*?<option value="([^"]*)" selected>', page, re.DOTALL)
        typed = [(name, html.unescape(value)) for name, value in (*areas, *inputs, *ticked, *options)]
        return [*hidden(page), *typed]

    def _ask(self, request: urllib.request.Request) -> Reply:
        try:
            response = self._open.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Reply(response.status, list(response.headers.items()), response.read().decode(errors="replace"))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        """A redirect is an answer like another."""
