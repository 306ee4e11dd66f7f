from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from advisor import recalls
from advisor.models import Recall, Release, Rule, WasRecalled
from advisor.models.document import draft_document
from tests.conftest import Publish
from tests.factory import make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


@pytest.fixture
def client(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def first(publish: Publish) -> Release:
    """The first of two releases. The draft says what the second says."""
    first = publish()
    Rule.objects.filter(slug="text").update(because="A better reason.")
    Release.publish(note="Second.")
    return first


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def page(name: str, release: Release) -> str:
    return reverse(f"admin:{name}", args=[release.pk])


def test_going_back_says_first_what_would_be_different(client: Client, first: Release) -> None:
    shown = text(client.get(page("roll-back", first)))

    assert "Because: from “A better reason.” to “Because of text.”" in shown
    assert "The draft stays as it is." in shown
    assert Release.objects.count() == 2


@pytest.mark.drill("F15", "A release is rolled back in the admin", expected="the old document under a new number")
def test_going_back_publishes_the_old_document_under_a_new_number(client: Client, first: Release) -> None:
    draft = draft_document()

    client.post(page("roll-back", first), {"base": 2, "note": "Back."})

    third = Release.objects.current()
    assert (third.number, third.document, third.sha256, third.note) == (3, first.document, first.sha256, "Back.")
    assert draft_document() == draft


def test_the_visitors_page_is_as_before(
    client: Client, first: Release, django_capture_on_commit_callbacks: Any
) -> None:
    address = "/advice/?industry=law-finance&need=contract-review"
    Release.sync_snapshot()
    assert "A better reason." in text(Client().get(address))

    with django_capture_on_commit_callbacks(execute=True):
        client.post(page("roll-back", first), {"base": 2, "note": "Back."})

    assert "Because of text." in text(Client().get(address))


def test_a_double_click_goes_back_once(client: Client, first: Release) -> None:
    for _ in range(2):
        assert client.post(page("roll-back", first), {"base": 2, "note": "Back."}).status_code == 303

    assert Release.objects.count() == 3


def test_somebody_elses_release_comes_first(client: Client, first: Release) -> None:
    response = client.post(page("roll-back", first), {"base": 1, "note": "Back."})

    assert response.status_code == 409
    assert "Someone else published first" in text(response)
    assert Release.objects.count() == 2


def test_there_is_nothing_to_go_back_to_in_the_current_release(client: Client, first: Release) -> None:
    current = Release.objects.current()

    assert "Visitors see exactly this already." in text(client.get(page("roll-back", current)))
    assert client.post(page("roll-back", current), {"base": 2, "note": "Back."}).status_code == 422


def test_a_recall_reaches_pages_and_can_be_taken_back(
    client: Client, first: Release, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(page("recall", first), {"text": "It was wrong."}, follow=True)
    assert "Release 1 is recalled." in text(response)
    assert "ada: It was wrong." in text(response)
    assert Recall.objects.get().by_name == "ada"
    recalled = recalls._current()[first.sha256]
    assert recalled.text == "It was wrong."

    with django_capture_on_commit_callbacks(execute=True):
        client.post(page("recall", first), {"action": "lift"})

    assert first.sha256 not in recalls._current()


def test_a_recall_needs_a_text(client: Client, first: Release) -> None:
    response = client.post(page("recall", first), {"text": " "})

    assert response.status_code == 422
    assert "Say what is wrong and what to do now" in text(response)
    assert not Recall.objects.exists()


def test_what_was_recalled_is_not_published_again(client: Client, first: Release, load: Load) -> None:
    Recall(release=first, text="It was wrong.").save()

    assert "Recalled as unsafe" in text(client.get(page("roll-back", first)))
    assert client.post(page("roll-back", first), {"base": 2, "note": "Back."}).status_code == 422
    load()
    with pytest.raises(WasRecalled):
        Release.publish(note="The same once more.")
    assert Release.objects.count() == 2


def test_recalling_what_visitors_see_says_what_to_do_next(client: Client, first: Release) -> None:
    shown = text(client.get(page("recall", Release.objects.current())))

    assert "until then the site gives no advice" in shown


def test_a_full_disk_recalls_nothing_and_keeps_the_text(client: Client, first: Release) -> None:
    with patch.object(Recall, "save", side_effect=DatabaseError("disk full")):
        response = client.post(page("recall", first), {"text": "Typed."})

    assert response.status_code == 503
    assert ">Typed.</textarea>" in text(response)


@pytest.mark.parametrize("name", ["roll-back", "recall"])
def test_only_those_who_may_publish_may_do_either(first: Release, name: str) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_release"))
    client = Client()
    client.force_login(reader)

    assert client.get(page(name, first)).status_code == 403
    assert client.post(page(name, first), {"base": 2, "note": "x", "text": "x"}).status_code == 403
    assert "Go back to this release" not in text(client.get(reverse("admin:advisor_release_change", args=[first.pk])))
    assert Release.objects.count() == 2


def test_a_draft_that_changed_since_is_not_lost(client: Client, first: Release, load: Load) -> None:
    load(rules=[make_rule("anything", "language-model")])

    client.post(page("roll-back", first), {"base": 2, "note": "Back."})

    assert Rule.objects.get().slug == "anything"
