from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from advisor import published
from advisor.models import Release, Rule
from tests.conftest import Publish
from tests.factory import make_need, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]
PUBLISH = "/admin/advisor/release/publish/"
ALONE = {"action": "alone", "reason": "Nobody else is here today."}


@pytest.fixture
def client(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


def signed_in(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def change_the_draft() -> None:
    rule = Rule.objects.get(slug="text")
    rule.because = "A better reason."
    rule.save()


def test_the_page_says_what_would_change_before_anything_does(client: Client, publish: Publish) -> None:
    publish()
    change_the_draft()

    page = text(client.get(PUBLISH))

    assert "Publish release 2" in page
    assert "Rule changed. When the output is “Text”: language model." in page
    assert "Because: from “Because of text.” to “A better reason.”" in page
    assert "Ready to go live" in page
    assert Release.objects.count() == 1


def test_it_says_who_changed_a_record_last(client: Client, publish: Publish) -> None:
    publish()
    rule = Rule.objects.get(slug="text")
    address = reverse("admin:advisor_rule_change", args=[rule.pk])
    form = client.get(address).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value not in (None, "")}
    fields = {name: [row.pk for row in value] if isinstance(value, list) else value for name, value in fields.items()}
    client.post(address, {**fields, "because": "A better reason."})

    page = text(client.get(PUBLISH))

    assert (
        f'<a href="{address}">Rule changed. When the output is “Text”: language model.</a></b> <span class="who">ada,'
        in page
    )


def test_publishing_makes_the_next_release_with_note_and_name(client: Client, publish: Publish, editor: User) -> None:
    publish()
    change_the_draft()

    response = client.post(PUBLISH, {**ALONE, "base": 1, "note": "Clearer words."}, follow=True)

    release = Release.objects.current()
    assert (release.number, release.note, release.by) == (2, "Clearer words.", editor)
    assert "Release 2 is live." in text(response)


def test_visitors_see_it_only_then(client: Client, publish: Publish, django_capture_on_commit_callbacks: Any) -> None:
    publish()
    address = "/advice/?industry=law-finance&need=contract-review"
    change_the_draft()
    client.get(PUBLISH)
    before = text(Client().get(address))

    with django_capture_on_commit_callbacks(execute=True):
        client.post(PUBLISH, {**ALONE, "base": 1, "note": "Clearer words."})

    assert "A better reason." not in before
    assert "A better reason." in text(Client().get(address))


def test_errors_make_the_plate_blunt_and_the_button_dead(client: Client, publish: Publish, load: Load) -> None:
    publish()
    load(rules=[make_rule("text", "language-model", modalities=["text"])])

    page = text(client.get(PUBLISH))

    assert "Not yet: " in page
    assert "No rule decides this case" in page
    assert "plate-board blunt" in page
    assert 'class="go" disabled' in page


def test_a_draft_with_errors_is_refused_and_the_note_is_kept(client: Client, publish: Publish, load: Load) -> None:
    publish()
    load(rules=[make_rule("text", "language-model", modalities=["text"])])

    response = client.post(PUBLISH, {**ALONE, "base": 1, "note": "My long note."})

    assert response.status_code == 422
    assert "My long note." in text(response)
    assert Release.objects.count() == 1


def test_a_draft_that_can_not_even_be_read_is_named(client: Client, publish: Publish) -> None:
    publish()
    Rule.objects.get(slug="text").sources.clear()

    assert "Not yet: 1 error<" in text(client.get(PUBLISH))


def test_without_changes_there_is_nothing_to_publish(client: Client, publish: Publish) -> None:
    publish()

    assert "Nothing to publish" in text(client.get(PUBLISH))
    response = client.post(PUBLISH, {**ALONE, "base": 1, "note": "Nothing."})
    assert response.status_code == 422
    assert Release.objects.count() == 1


def test_without_a_note_it_says_so_beside_the_field(client: Client, publish: Publish) -> None:
    publish()
    change_the_draft()

    response = client.post(PUBLISH, {**ALONE, "base": 1, "note": "  "})

    assert response.status_code == 422
    assert 'id="alonenote-error">Say in a note what changed' in text(response)


def test_someone_else_was_faster(client: Client, publish: Publish) -> None:
    publish()
    bob = signed_in("bob", "view_release", "publish_release")
    change_the_draft()
    bob.post(PUBLISH, {**ALONE, "base": 1, "note": "Bob was here."})
    Rule.objects.filter(slug="text").update(because="Still better.")

    response = client.post(PUBLISH, {**ALONE, "base": 1, "note": "Mine."})

    assert response.status_code == 409
    page = text(response)
    assert "bob published release 2" in page
    assert "“Bob was here.”" in page
    assert ">Mine.</textarea>" in page
    assert "from “A better reason.” to “Still better.”" in page
    assert Release.objects.count() == 2
    client.post(PUBLISH, {**ALONE, "base": response.context["base"], "note": "Mine."})
    assert Release.objects.current().note == "Mine."


def test_a_double_click_publishes_once(client: Client, publish: Publish) -> None:
    publish()
    change_the_draft()

    first = client.post(PUBLISH, {**ALONE, "base": 1, "note": "Twice."})
    second = client.post(PUBLISH, {**ALONE, "base": 1, "note": "Twice."})

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert Release.objects.count() == 2


def test_who_may_only_look_sees_the_page_and_no_button(publish: Publish) -> None:
    publish()
    change_the_draft()
    reader = signed_in("reader", "view_release")

    assert "and not publish" in text(reader.get(PUBLISH))
    assert reader.post(PUBLISH, {**ALONE, "base": 1, "note": "No."}).status_code == 403
    assert signed_in("nobody").get(PUBLISH).status_code == 403
    assert Client().get(PUBLISH).status_code == 302
    assert Release.objects.count() == 1


def test_a_full_disk_publishes_nothing_and_keeps_the_note(client: Client, publish: Publish) -> None:
    publish()
    change_the_draft()

    with patch.object(Release, "publish", side_effect=DatabaseError("disk full")):
        response = client.post(PUBLISH, {**ALONE, "base": 1, "note": "Typed."})

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert ">Typed.</textarea>" in text(response)


def test_markup_in_a_text_is_shown_as_text(client: Client, publish: Publish) -> None:
    publish()
    Rule.objects.filter(slug="text").update(because="<script>alert(1)</script>{{ settings }}")

    page = text(client.get(PUBLISH))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ settings }}" in page


def test_it_makes_as_many_queries_for_many_changes_as_for_few(client: Client, publish: Publish, load: Load) -> None:
    def queries(rows: int) -> int:
        load(
            needs=[make_need(f"need-{number}", "text") for number in range(rows)],
            industries=[{"slug": "other", "name": "Other", "phrase": "you"}],
            rules=[make_rule(f"rule-{number}", "language-model", needs=[f"need-{number}"]) for number in range(rows)],
            examples=[],
        )
        with CaptureQueriesContext(connection) as made:
            client.get(PUBLISH)
        return len(made)

    publish()
    client.get(PUBLISH)

    assert queries(30) == queries(3)


def test_the_first_release_can_be_published_here_too(client: Client, load: Load) -> None:
    load()

    assert "this would be the first release" in text(client.get(PUBLISH))
    client.post(PUBLISH, {**ALONE, "base": 0, "note": "The first."})

    assert Release.objects.current().number == 1
    published.forget()
