"""Enquiries on a served site."""

from __future__ import annotations

import html
import http.client
import re
import secrets
import sqlite3
import time
from contextlib import closing
from urllib.parse import urlencode

from django.core.signing import Signer

from tests.browser.site import PATIENCE, Reply, Site, ask

TALK = "/talk/?industry=law-finance&need=chatbot&modality=text&fact=none"
Pairs = list[tuple[str, str]]


def enquiry_form(site: Site, **filled: str) -> Pairs:
    """What the form sends, as if it had been open for a minute."""
    page = site.get(TALK).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    signer = Signer(key=(site.data / "secret-key").read_text().strip(), salt="advisor.form")
    key = signer.sign(f"{secrets.token_urlsafe(18)}.{time.time() - 60:.3f}")
    typed = {"message": "Which tool runs on our own servers?", "contact": "ada@example.com", "name": "", **filled}
    own = {**typed, "second_subject": "", "consent": "yes", "form_key": key}
    return list({**{name: html.unescape(value) for name, value in hidden.items()}, **own}.items())


def make_room(site: Site) -> None:
    """Forget what was counted: other tests have sent from this machine too, and the limits are for an hour."""
    with closing(sqlite3.connect(site.data / "signpost.sqlite3", timeout=PATIENCE)) as database, database:
        database.execute("DELETE FROM advisor_use")


def post(site: Site, form: Pairs, network: int = 0) -> Reply:
    """From an address of its own on this machine, which the site takes for another network."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    here = (f"127.0.{network}.1", 0)
    connection = http.client.HTTPConnection(site.host, timeout=PATIENCE, source_address=here)
    try:
        return ask(connection, "/talk/", headers, "POST", urlencode(form).encode())
    finally:
        connection.close()
