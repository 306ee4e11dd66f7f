"""A site with something in every table, its visitor and its most powerful user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from advisor.models import Enquiry, Release, Signal, Version, versions
from advisor.models.results import view_token
from advisor.roles import make_roles
from tests.conftest import Publish
from tests.fuzz.hostile import Sender
from tests.test_roles import PUBLIC, STAFF, one_of, table_routes
from tests.views.markup import FORM, parse

ANSWERS = "industry=other&need=contract-review&modality=text&fact=none"
Undone = Callable[[], AbstractContextManager[None]]


@dataclass
class World:
    visitor: Sender
    superuser: Sender
    browser: Client
    """The superuser's, for forms."""
    public: list[str] = field(default_factory=list)
    """Addresses that anybody may open."""
    staff: list[str] = field(default_factory=list)


@pytest.fixture(autouse=True)
def _no_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of a request, which would take the test's own transaction for one that was forgotten."""
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda self: None)


@pytest.fixture
def undone() -> Undone:
    """A block whose changes to the database are taken back, so that no try depends on the one before."""

    @contextmanager
    def block() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return block


@pytest.fixture
def world(publish: Publish) -> World:
    publish()
    publish("Again.")
    versions.keep()
    make_roles()
    Signal.objects.create(
        kind="useful", vote="no", release=Release.objects.current(), answers=ANSWERS, industry="other"
    )
    Enquiry.objects.create(contact="ada@example.com", message="Hello", consent="I agree.", form_digest="1")
    User.objects.create_user("staff without a role", is_staff=True)
    browser = Client()
    browser.force_login(User.objects.create_superuser("ada"))
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    found = World(Sender(), Sender({**cookies, settings.CSRF_COOKIE_NAME: "a" * 32}), browser)
    manage = _keep(Client())
    of_kept = [f"/r/{view_token(manage.split('/')[2])}/", manage]
    found.public = [address for address, _ in PUBLIC.values()] + of_kept + [f"{of_kept[0]}record.json"]
    names = {
        "enquiry": one_of(Enquiry),
        "user": one_of(User),
        "release": one_of(Release),
        "version": Version.objects.of("rules", "text")[0].pk,
    }
    found.staff = [address.format(**names) for address, _, _ in STAFF.values()]
    found.staff += ["/" + r.replace("<path:object_id>", str(one_of(model))) for r, (model, _) in table_routes().items()]
    return found


def _keep(visitor: Client) -> str:
    page = parse(visitor.get(f"/advice/keep/?{ANSWERS}").content.decode())
    sent: dict[str, Any] = {}
    for control in page.one("form", action="/advice/keep/").all("input"):
        sent.setdefault(control["name"], []).append(control["value"])
    own = {"Sec-Fetch-Site": "same-origin"}
    response = visitor.post("/advice/keep/", urlencode(sent, doseq=True), FORM, headers=own)
    assert response.status_code == 303
    return str(response["Location"])
