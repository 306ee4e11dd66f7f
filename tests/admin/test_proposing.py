"""Two people look at each release: one proposes, another publishes; or one alone, with a reason that stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from advisor import timer
from advisor.models import AuditEntry, Proposal, Release, Rule
from advisor.roles import EDITOR, PUBLISHER, make_roles
from tests.admin.test_publishing import PUBLISH, change_the_draft, text
from tests.conftest import Publish
from tests.factory import make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


def of_role(name: str, *roles: str) -> Client:
    make_roles()
    user = User.objects.create_user(name, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def eve(db: None) -> Client:
    return of_role("eve", EDITOR)


@pytest.fixture
def paul(db: None) -> Client:
    return of_role("paul", PUBLISHER)


@pytest.fixture
def changed(publish: Publish) -> None:
    """Release 1 is live, and the draft says something else."""
    publish()
    change_the_draft()


def propose(client: Client, note: str = "Clearer words.", base: int = 1) -> Any:
    return client.post(PUBLISH, {"action": "propose", "base": base, "note": note})


def approve(client: Client, **fields: Any) -> Any:
    waiting = Proposal.objects.first()
    form = {"action": "approve", "base": 1, "proposal": waiting.pk if waiting else 0, "note": "Clearer words."}
    return client.post(PUBLISH, {**form, **fields})


def trail() -> list[tuple[str, str]]:
    return [(entry.who, entry.what) for entry in AuditEntry.objects.order_by("pk")]


def buttons(page: str) -> list[str]:
    """The labels of the buttons on the page that can be pressed."""
    parts = page.split("<button")[1:]
    return [part.split(">", 1)[1].split("<")[0] for part in parts if "disabled" not in part.split(">", 1)[0]]


@pytest.mark.usefixtures("changed")
class TestTwoPeople:
    def test_an_editor_proposes_and_visitors_see_nothing_of_it(self, eve: Client) -> None:
        assert "Propose this draft" in buttons(text(eve.get(PUBLISH)))

        response = propose(eve)

        assert response.status_code == 303
        page = text(eve.get(PUBLISH))
        assert "Waiting for another person" in page
        assert "Withdraw the proposal" in buttons(page)
        assert Release.objects.count() == 1

    def test_a_publisher_reads_who_proposed_it_and_publishes_with_the_note_edited(
        self, eve: Client, paul: Client
    ) -> None:
        propose(eve)

        page = text(paul.get(PUBLISH))
        assert "<b>eve</b> proposed this draft on" in page
        assert ">Clearer words.</textarea>" in page
        assert page.count('class="go"') == 1
        approve(paul, note="Much clearer words.")

        release = Release.objects.current()
        assert (release.number, release.by_name, release.note) == (2, "paul", "Much clearer words.")
        assert ("paul", "Approved what eve proposed") in trail()
        assert "proposed by eve" in text(paul.get("/admin/advisor/release/"))

    def test_nobody_publishes_what_they_proposed_themselves(self) -> None:
        both = of_role("both", EDITOR, PUBLISHER)
        of_role("another", PUBLISHER)
        propose(both)

        assert "Publish release 2" not in buttons(text(both.get(PUBLISH)))
        response = approve(both)

        assert response.status_code == 422
        assert "another person has to publish it" in text(response)
        assert Release.objects.count() == 1

    def test_an_editor_does_not_publish(self, eve: Client) -> None:
        propose(of_role("mallory", EDITOR))

        assert "It waits for somebody who may publish." in text(eve.get(PUBLISH))
        assert approve(eve).status_code == 403
        assert (
            eve.post(PUBLISH, {"action": "alone", "base": 1, "note": "x", "reason": "I am in a hurry."}).status_code
            == 403
        )
        assert Release.objects.count() == 1

    def test_a_publisher_alone_is_told_that_nobody_proposed(self, paul: Client) -> None:
        of_role("pia", PUBLISHER)

        page = text(paul.get(PUBLISH))

        assert "Nobody has proposed this draft yet. Ask an editor to propose it." in page
        assert 'class="go"' not in page

    def test_a_draft_that_changed_since_needs_a_new_proposal(self, eve: Client, paul: Client) -> None:
        propose(eve)
        shown = text(paul.get(PUBLISH))
        Rule.objects.filter(slug="text").update(because="Still better.")

        response = approve(paul)

        assert "Publish release 2" in buttons(shown)
        assert response.status_code == 409
        page = text(response)
        assert "The draft has changed since it was proposed" in page
        assert "The proposal is out of date" in page
        assert "from “A better reason.” to “Still better.”" in page
        assert "Publish release 2" not in buttons(page)
        assert Release.objects.count() == 1
        propose(eve, note="Again.")
        approve(paul)
        assert Release.objects.count() == 2

    def test_a_change_that_was_taken_back_leaves_the_proposal_as_good_as_it_was(
        self, eve: Client, paul: Client
    ) -> None:
        propose(eve)
        Rule.objects.filter(slug="text").update(because="Still better.")
        Rule.objects.filter(slug="text").update(because="A better reason.")

        approve(paul)

        assert Release.objects.count() == 2

    def test_a_second_proposal_replaces_one_that_is_out_of_date(self, eve: Client) -> None:
        propose(eve)
        Rule.objects.filter(slug="text").update(because="Still better.")

        propose(of_role("mallory", EDITOR))

        states = list(Proposal.objects.order_by("pk").values_list("by_name", "state"))
        assert states == [("eve", "replaced"), ("mallory", "open")]

    def test_nobody_proposes_what_another_has_proposed_already(self, eve: Client) -> None:
        propose(eve)

        response = propose(of_role("mallory", EDITOR))

        assert response.status_code == 422
        assert "eve has proposed exactly this already" in text(response)

    def test_withdrawing_leaves_nothing_to_publish(self, eve: Client, paul: Client) -> None:
        propose(eve)
        pk = Proposal.objects.get().pk

        eve.post(PUBLISH, {"action": "withdraw", "proposal": pk})

        response = approve(paul)
        assert response.status_code == 409
        assert "Somebody decided about this proposal meanwhile" in text(response)
        assert Release.objects.count() == 1

    def test_nobody_withdraws_anothers_proposal(self, eve: Client) -> None:
        propose(eve)
        mallory = of_role("mallory", EDITOR)

        mallory.post(PUBLISH, {"action": "withdraw", "proposal": Proposal.objects.get().pk})

        assert Proposal.objects.get().state == "open"

    def test_sending_back_takes_a_sentence_and_shows_it_to_whoever_proposed(self, eve: Client, paul: Client) -> None:
        propose(eve)
        form = {"action": "send-back", "proposal": Proposal.objects.get().pk}

        refused = paul.post(PUBLISH, {**form, "reason": " no "})
        paul.post(PUBLISH, {**form, "reason": "The source can not be opened."})

        assert refused.status_code == 422
        assert 'id="send-backreason-error">Say why in a sentence' in text(refused)
        page = text(eve.get(PUBLISH))
        assert "paul sent the last proposal back" in page
        assert "The source can not be opened." in page
        assert "Propose this draft" in buttons(page)
        assert ("paul", "Proposal sent back: The source can not be opened.") in trail()

    def test_a_draft_that_could_not_go_live_can_not_be_proposed(self, eve: Client, load: Load) -> None:
        load(rules=[make_rule("text", "language-model", modalities=["text"])])

        response = propose(eve, note="My long note.")

        assert response.status_code == 422
        assert ">My long note.</textarea>" in text(response)
        assert not Proposal.objects.exists()

    def test_a_proposal_needs_a_note(self, eve: Client) -> None:
        response = propose(eve, note=" ")

        assert response.status_code == 422
        assert 'id="proposenote-error">Say in a note what changed' in text(response)

    def test_what_was_typed_for_a_proposal_that_is_gone_is_still_there(self, eve: Client, paul: Client) -> None:
        propose(eve)
        pk = Proposal.objects.get().pk
        eve.post(PUBLISH, {"action": "withdraw", "proposal": pk})

        sent = {"action": "send-back", "proposal": pk, "reason": "A long reason that took a while."}
        page = text(paul.post(PUBLISH, sent))
        approved = text(approve(paul, proposal=pk, note="My note.", when="later", day="2030-01-01", time="09:00"))

        assert "You had typed: “A long reason that took a while.”" in page
        assert ">My note.</textarea>" in approved
        assert 'value="2030-01-01"' in approved

    def test_a_double_click_proposes_once(self, eve: Client) -> None:
        propose(eve)
        propose(eve)

        assert Proposal.objects.count() == 1

    def test_a_double_click_approves_once(self, eve: Client, paul: Client) -> None:
        propose(eve)
        first = approve(paul)
        second = approve(paul)

        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["Location"] == second.headers["Location"]

    def test_of_two_who_approve_one_is_told_of_the_other(self, eve: Client, paul: Client) -> None:
        propose(eve)
        approve(of_role("pia", PUBLISHER), note="Pia was here.")

        response = approve(paul, proposal=Proposal.objects.get().pk, note="Mine.")

        assert response.status_code == 409
        assert "pia published release 2" in text(response)
        assert "Mine." in text(response)
        assert Release.objects.count() == 2


@pytest.mark.usefixtures("changed")
class TestAlone:
    FORM = {"action": "alone", "base": 1, "note": "Clearer words.", "reason": "Everybody else is away."}

    def test_the_reason_stays_visible(self, paul: Client) -> None:
        response = paul.post(PUBLISH, self.FORM, follow=True)

        reason = "Everybody else is away."
        assert reason in text(response)
        assert reason in text(paul.get("/admin/advisor/release/"))
        assert reason in text(paul.get(PUBLISH))
        assert ("paul", f"Published alone, without a second person: {reason}") in trail()

    @pytest.mark.parametrize("reason", ["", "   ", "\u200b", "because", "a b", "x " * 200])
    def test_it_is_refused_without_a_sentence(self, paul: Client, reason: str) -> None:
        response = paul.post(PUBLISH, {**self.FORM, "reason": reason})

        assert response.status_code == 422
        assert 'id="alonereason-error">Say why in a sentence' in text(response)
        assert ">Clearer words.</textarea>" in text(response)
        assert Release.objects.count() == 1

    def test_it_is_folded_away_where_another_could_look_first(self, editor: User) -> None:
        of_role("pia", PUBLISHER)
        ada = Client()
        ada.force_login(editor)

        page = text(ada.get(PUBLISH))

        assert "<summary>Publish alone</summary>" in page
        assert page.count('class="go"') == 1
        assert 'class="go">Propose this draft' in page

    def test_a_lone_owner_is_told_kindly_and_publishes(self, editor: User) -> None:
        ada = Client()
        ada.force_login(editor)

        page = text(ada.get(PUBLISH))
        ada.post(PUBLISH, self.FORM)

        assert "You are the only one here who may publish. So publish alone" in page
        assert 'class="go">Publish release 2 alone' in page
        assert Release.objects.current().number == 2

    def test_what_others_proposed_before_does_not_wait_any_more(self, eve: Client, paul: Client) -> None:
        propose(eve)
        Rule.objects.filter(slug="text").update(because="Still better.")

        paul.post(PUBLISH, self.FORM)

        assert set(Proposal.objects.values_list("by_name", "state")) == {("eve", "replaced"), ("paul", "published")}


@pytest.mark.usefixtures("changed")
class TestAtASetTime:
    @pytest.fixture
    def later(self, monkeypatch: pytest.MonkeyPatch, paul: Client) -> Callable[..., None]:
        """Moves the clock, from where it stood at first. Paul's session is over by then, so he logs in again."""
        start = timezone.now()

        def move(**by: float) -> None:
            monkeypatch.setattr(timezone, "now", lambda: start + timedelta(**by))
            paul.force_login(User.objects.get(username="paul"))

        return move

    @staticmethod
    def when(**ahead: float) -> dict[str, str]:
        at = timezone.localtime(timezone.now() + timedelta(**ahead))
        return {"when": "later", "day": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}"}

    def schedule(self, eve: Client, paul: Client) -> Proposal:
        propose(eve)
        response = approve(paul, **self.when(hours=2))
        assert response.status_code == 303
        return Proposal.objects.get()

    def test_it_goes_live_then_and_not_before(self, eve: Client, paul: Client, later: Callable[..., None]) -> None:
        self.schedule(eve, paul)

        assert Proposal.publish_due() == []
        assert "Set to go live" in text(eve.get(PUBLISH))
        later(hours=2, minutes=1)
        Proposal.publish_due()
        Proposal.publish_due()

        release = Release.objects.current()
        assert (release.number, release.by_name, release.note) == (2, "paul", "Clearer words.")
        assert ("", "Published at the set time") in trail()

    def test_what_goes_live_is_what_was_approved(self, eve: Client, paul: Client, later: Callable[..., None]) -> None:
        approved = self.schedule(eve, paul).sha256
        Rule.objects.filter(slug="text").update(because="Still better.")

        page = text(paul.get(PUBLISH))
        later(hours=3)
        Proposal.publish_due()

        assert "The draft has gone on since." in page
        assert "from “A better reason.” to “Still better.”" in page
        assert Release.objects.current().sha256 == approved
        assert "A better reason." in Release.objects.current().document

    def test_it_does_not_go_live_over_another_release(
        self, eve: Client, paul: Client, later: Callable[..., None]
    ) -> None:
        proposal = self.schedule(eve, paul)
        Rule.objects.filter(slug="text").update(because="In a hurry.")
        paul.post(PUBLISH, {"action": "alone", "base": 1, "note": "Other.", "reason": "It could not wait."})
        before = text(paul.get(PUBLISH))

        later(hours=3)
        (done,) = Proposal.publish_due()

        assert "It will not go live by itself" in before
        assert (done.pk, done.state, done.release) == (proposal.pk, "stopped", None)
        page = text(paul.get(PUBLISH))
        assert "Did not go live" in page
        assert "Release 2 was published meanwhile" in page
        assert any("Not published at the set time: Release 2 was published" in what for _, what in trail())
        paul.post(PUBLISH, {"action": "kept", "base": 2, "proposal": proposal.pk})
        assert "A better reason." in Release.objects.current().document
        assert "Did not go live" not in text(paul.get(PUBLISH))

    def test_it_does_not_go_live_with_an_error_that_a_fresh_check_finds(
        self, eve: Client, paul: Client, later: Callable[..., None]
    ) -> None:
        proposal = self.schedule(eve, paul)
        document = proposal.document.replace('"modalities":["images"]', '"modalities":["text"]')
        Proposal.objects.update(document=document)

        later(hours=3)
        (done,) = Proposal.publish_due()

        assert done.state == "stopped"
        assert "A fresh check found an error in it" in text(paul.get(PUBLISH))
        assert Release.objects.count() == 1

    def test_a_claim_that_is_overdue_by_then_only_warns(
        self, eve: Client, paul: Client, later: Callable[..., None]
    ) -> None:
        Rule.objects.filter(slug="text").update(review_by=timezone.localdate() + timedelta(days=1))
        propose(eve)
        approve(paul, **self.when(days=30))

        later(days=31)
        Proposal.publish_due()

        assert any(finding["kind"] == "overdue" for finding in Release.objects.current().findings)

    def test_any_publisher_cancels_it(self, eve: Client, paul: Client, later: Callable[..., None]) -> None:
        proposal = self.schedule(eve, paul)

        of_role("pia", PUBLISHER).post(PUBLISH, {"action": "cancel", "proposal": proposal.pk})
        later(hours=3)

        assert Proposal.publish_due() == []
        assert Release.objects.count() == 1
        assert ("pia", "Cancelled what was set to go live") in trail()

    @pytest.mark.parametrize(
        ("day", "time", "says"),
        [
            ("2020-01-01", "09:00", "This time has passed."),
            ("2999-01-01", "09:00", "This is more than a year away."),
            ("", "09:00", "Give a day and a time."),
            ("2027-02-31", "09:00", "Give a day and a time."),
            ("tomorrow", "early", "Give a day and a time."),
        ],
    )
    def test_a_time_that_can_not_be_is_refused_beside_the_field(
        self, eve: Client, paul: Client, day: str, time: str, says: str
    ) -> None:
        propose(eve)

        response = approve(paul, when="later", day=day, time=time, note="My note.")

        page = text(response)
        assert response.status_code == 422
        assert f'id="approvetime-error">{says}' in page
        assert ">My note.</textarea>" in page
        assert f'name="day" value="{day}"' in page
        assert Proposal.objects.get().state == "open"

    def test_one_person_sets_it_alone_with_a_reason(self, paul: Client, later: Callable[..., None]) -> None:
        paul.post(PUBLISH, {**TestAlone.FORM, **self.when(hours=1)})
        later(hours=2)
        Proposal.publish_due()

        assert Release.objects.current().number == 2
        assert "Everybody else is away." in text(paul.get("/admin/advisor/release/"))

    def test_only_one_can_be_set(self, eve: Client, paul: Client) -> None:
        self.schedule(eve, paul)
        Rule.objects.filter(slug="text").update(because="Still better.")
        propose(eve, note="More.")

        response = approve(paul, **self.when(hours=3))

        assert response.status_code == 422
        assert "Cancel that one first" in text(response)

    def test_what_is_set_can_not_be_proposed_again(self, eve: Client, paul: Client) -> None:
        self.schedule(eve, paul)

        assert propose(eve).status_code == 422

    def test_the_page_says_when_the_timer_does_not_run(self, eve: Client, paul: Client) -> None:
        self.schedule(eve, paul)
        before = text(paul.get(PUBLISH))
        timer.ran()

        assert "The timer has never run here" in before
        assert "The timer has" not in text(paul.get(PUBLISH))


def test_the_page_makes_as_many_queries_for_many_proposals_as_for_few(
    changed: None, eve: Client, paul: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        Rule.objects.filter(slug="text").update(because=f"Reason {number}.")
        propose(eve, note=f"Note {number}.")
    paul.get(PUBLISH)

    with django_assert_max_num_queries(80):
        paul.get(PUBLISH)
