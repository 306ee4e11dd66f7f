"""What whoever signs in sees first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from advisor.models import Enquiry, Example, Need, Proposal, Release, Rule, Signal
from advisor.roles import EDITOR, ENQUIRY_HANDLER, OWNER, PUBLISHER, make_roles
from tests.conftest import Publish

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


@pytest.fixture
def sign_in(load: Load, publish: Publish) -> Callable[..., Client]:
    """Makes a client of somebody with these roles. The draft says what release 1 says."""
    load()
    publish()
    make_roles()

    def make(*roles: str) -> Client:
        user = User.objects.create_user(f"user-{User.objects.count()}", is_staff=True, first_name="Ana")
        user.groups.set(Group.objects.filter(name__in=roles))
        client = Client()
        client.force_login(user)
        return client

    return make


def shown(client: Client) -> str:
    response = client.get("/admin/")
    assert response.status_code == 200
    return " ".join(strip_tags(response.content.decode()).split())


def let_pass(rule: Rule) -> None:
    """As if nobody had looked at this rule for months."""
    today = timezone.localdate()
    Rule.objects.filter(pk=rule.pk).update(checked_on=today - timedelta(days=90), review_by=today - timedelta(days=1))


def test_an_untouched_draft_is_at_rest(sign_in: Callable[..., Client]) -> None:
    text = shown(sign_in(EDITOR))

    assert "Nothing waits The draft says what release 1 says." in text
    assert "No findings." in text


def test_a_change_waits_with_what_it_says_and_who_made_it(sign_in: Callable[..., Client]) -> None:
    client = sign_in(EDITOR)
    need = Need.objects.all()[0]
    form = client.get(f"/admin/advisor/need/{need.pk}/change/").context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    client.post(f"/admin/advisor/need/{need.pk}/change/", {**sent, "name": "Sum up what was said"})
    text = shown(client)

    assert "1 change waits to go live" in text
    assert f"Name: from “{need.name}” to “Sum up what was said”." in text
    assert "Ana" in text


def test_an_editor_is_led_to_proposing_and_then_a_publisher_to_publishing(sign_in: Callable[..., Client]) -> None:
    editor, publisher = sign_in(EDITOR), sign_in(PUBLISHER)
    need = Need.objects.all()[0]
    need.help = "Something else."
    need.save()

    assert "then propose it to a publisher.Look and propose" in shown(editor)
    assert "Nobody has proposed it yet.Look at the changes" in shown(publisher)
    editor.post("/admin/advisor/release/publish/", {"action": "propose", "base": 1, "note": "Another help."})
    assert "1 change waits for another person" in shown(editor)
    assert "Ana proposed this draft" in shown(publisher)
    assert "Look and publish" in shown(publisher)
    assert "1 change waits for a publisher" in shown(sign_in(EDITOR))


def test_what_is_set_to_go_live_says_when_and_what_did_not_says_why(sign_in: Callable[..., Client]) -> None:
    editor, publisher = sign_in(EDITOR), sign_in(PUBLISHER)
    need = Need.objects.all()[0]
    need.help = "Something else."
    need.save()
    user = User.objects.get(username="user-0")
    proposal = Proposal.propose(note="Another help.", by=user)
    tomorrow = timezone.now() + timedelta(days=1)
    paul = User.objects.get(username="user-1")
    Proposal.approve(proposal.pk, note="Another help.", by=paul, expected=1, at=tomorrow)
    before = shown(editor)
    need.help = "In a hurry."
    need.save()
    Release.publish(note="Other.")
    Proposal.objects.update(publish_at=timezone.now())
    Proposal.publish_due()

    assert "1 change waits for the hour" in before
    assert "This draft goes live on" in before
    assert "What was set to go live did not" in shown(publisher)
    assert "Release 2 was published meanwhile" in shown(publisher)


def test_whoever_is_alone_is_led_to_publishing(sign_in: Callable[..., Client]) -> None:
    both = sign_in(EDITOR, PUBLISHER)
    need = Need.objects.all()[0]
    need.help = "Something else."
    need.save()

    assert "then publish.Look and publish" in shown(both)


def test_a_gap_and_a_failing_example_come_before_all_else(sign_in: Callable[..., Client]) -> None:
    client = sign_in(EDITOR)
    example = Example.objects.all()[0]
    example.category = Rule.objects.exclude(category=example.category)[0].category
    example.save()
    let_pass(Rule.objects.all()[0])
    page = client.get("/admin/")
    text = " ".join(strip_tags(page.content.decode()).split())

    assert "Mend 1 error" in text
    assert "Examples that fail 1, it stops the release" in text
    assert f"“{example.name}” expects" in text
    assert page.context["step"].url.startswith("/admin/simulator/?")
    simulator = client.get(page.context["step"].url)
    assert example.name in simulator.content.decode()


def test_a_claim_past_its_day_is_listed_and_is_the_next_step_when_nothing_else_waits(
    sign_in: Callable[..., Client],
) -> None:
    client = sign_in(EDITOR)
    rule = Rule.objects.all()[0]
    let_pass(rule)
    Release.publish(note="For a test.")
    page = client.get("/admin/")

    assert "Check 1 claim again" in page.content.decode()
    assert "Claims to check again" in page.content.decode()
    assert page.context["step"].url == "/admin/shelf-life/"


def test_whoever_answers_visitors_sees_the_inbox_and_nothing_of_the_draft(sign_in: Callable[..., Client]) -> None:
    client = sign_in(ENQUIRY_HANDLER)
    Enquiry.objects.create(form_digest="a", contact="them@example.org", message="Call me.", consent="Yes.")
    text = shown(client)

    assert "1 new enquiry" in text
    assert "Open the inbox" in text
    assert "Changes that wait" not in text
    assert "Rules" not in text


def test_an_editor_sees_nothing_of_the_inbox(sign_in: Callable[..., Client]) -> None:
    Enquiry.objects.create(form_digest="a", contact="them@example.org", message="Call me.", consent="Yes.")

    assert "nquir" not in shown(sign_in(EDITOR)).replace("an enquiry handler", "")


def test_pages_stand_in_groups_and_only_those_that_one_may_open(sign_in: Callable[..., Client]) -> None:
    def groups(client: Client) -> dict[str, list[str]]:
        return {
            group["name"]: [entry["name"] for entry in group["models"]]
            for group in client.get("/admin/").context["available_apps"]
        }

    assert list(groups(sign_in(EDITOR))) == ["Catalogue", "Decision", "Going live"]
    assert groups(sign_in(ENQUIRY_HANDLER)) == {"People": ["Enquiries"]}
    assert "Users" in groups(sign_in(OWNER))["People"]
    assert "Other" not in groups(superuser(sign_in))


def superuser(sign_in: Callable[..., Client]) -> Client:
    client = sign_in()
    User.objects.update(is_superuser=True)
    return client


def test_someone_without_a_role_is_told_whom_to_ask(sign_in: Callable[..., Client]) -> None:
    assert "Ask the owner for a role." in shown(sign_in())


def test_the_page_that_one_is_on_is_marked_in_the_list(sign_in: Callable[..., Client]) -> None:
    page = sign_in(PUBLISHER).get("/admin/advisor/release/publish/").content.decode()

    assert '<a href="/admin/advisor/release/publish/" aria-current="page">Publish</a>' in page
    assert page.count('aria-current="page"') == 1


def test_what_visitors_told_is_counted_by_kind_and_is_a_next_step_when_nothing_else_waits(
    sign_in: Callable[..., Client],
) -> None:
    client = sign_in(EDITOR)
    for kind in (Signal.Kind.WRONG, Signal.Kind.WRONG, Signal.Kind.NOT_LISTED):
        Signal.objects.create(kind=kind, release_id=1, answers="industry=law", industry="law")
    Signal.objects.create(kind=Signal.Kind.WRONG, release_id=1, answers="", industry="law", state=Signal.State.DONE)
    text = shown(client)

    assert "3 new signals from visitors" in text
    assert "A goal is not listed: 1 Something is wrong: 2" in text


def test_who_may_not_read_signals_is_told_of_none(sign_in: Callable[..., Client]) -> None:
    Signal.objects.create(kind=Signal.Kind.WRONG, release_id=1, answers="industry=law", industry="law")

    assert "signal" not in shown(sign_in(ENQUIRY_HANDLER)).lower()
