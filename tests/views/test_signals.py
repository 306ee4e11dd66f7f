"""Telling the editors: that a goal is missing, whether advice was useful, what in it is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.management import call_command
from django.core.signing import Signer
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from advisor import formkeys, signalling, spam
from advisor.decision.reading import grade, sentences, words
from advisor.models import AuditEntry, Recall, Release, Signal, SignalGoal, Use
from advisor.models.signals import KEPT_FOR, WORDS_KEPT_FOR, WORDS_LENGTH
from tests.conftest import Publish
from tests.factory import make_document, make_industry, make_need
from tests.views.markup import FORM, Element, goes_to, parse, see
from tests.views.test_saved import OURS, kept

LAW = "industry=law-finance"
ANSWERS = f"{LAW}&need=contract-review&need=social-posts&modality=text&modality=images&fact=personal-data"
SEEN = f"{ANSWERS}&release=1"
NOT_LISTED = f"{LAW}&need=not-listed"
NUMBERS = itertools.count()
HOSTILE = "<script>alert(1)</script> {{ settings.SECRET_KEY }} {% debug %}"


@pytest.fixture(autouse=True)
def _one_release(no_data: Path, publish: Publish) -> None:
    needs = [*make_document()["needs"], make_need("not-listed", "text", "images", "figures")]
    publish(needs=needs, industries=[make_industry("law-finance", needs=["contract-review"]), make_industry("other")])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Moves the clock on."""
    start = timezone.now()
    passed = [timedelta()]

    def on(**time: float) -> None:
        passed[0] += timedelta(**time)

    monkeypatch.setattr(timezone, "now", lambda: start + passed[0])
    return on


def form_of(client: Client, address: str) -> dict[str, str]:
    """What the form sends as it stands, but for the choice."""
    found = see(client, address).one("form", method="post")
    return {
        field["name"]: field.get("value") or ""
        for field in [*found.all("input"), *found.all("textarea")]
        if field.get("type") != "radio"
    }


def post(client: Client, address: str, sent: dict[str, str], **more: Any) -> Any:
    return client.post(address, urlencode(sent), FORM, headers=OURS, **more)


def press(client: Client, vote: str, about: str = SEEN, **more: Any) -> Any:
    return post(client, "/advice/useful/", {"about": about, "vote": vote}, **more)


def tell(client: Client, part: str, typed: str = "", about: str = SEEN, **more: Any) -> Any:
    """As a person does: the form was open for a minute."""
    filled = {**form_of(client, f"/advice/wrong/?{about}"), "part": part, "words": typed}
    return post(client, "/advice/wrong/", {**filled, "form_key": an_older_key()}, **more)


def an_older_key() -> str:
    made_at = timezone.now() - timedelta(minutes=1)
    return Signer(salt="advisor.form").sign(f"{next(NUMBERS)}.{made_at.timestamp():.3f}")


def miss(client: Client, kind: str, typed: str = "", about: str = NOT_LISTED) -> Any:
    filled = {**form_of(client, f"/advice/goals/not-listed/?{about}"), "kind": kind, "words": typed}
    return post(client, "/advice/goals/not-listed/", filled)


def page_of(response: Any, status: int) -> Element:
    assert response.status_code == status
    return parse(response.content.decode())


def full(*args: object, **kwargs: object) -> None:
    raise OperationalError("database or disk is full")


class TestWasThisUseful:
    def test_one_press_on_the_result_is_kept_with_release_and_answers(self, client: Client) -> None:
        section = see(client, f"/advice/?{ANSWERS}").by_id("useful")
        (about,) = section.all("input", name="about")
        assert [button["value"] for button in section.all("button", name="vote")] == ["yes", "partly", "no"]

        response = press(client, "no", about["value"])

        assert response.status_code == 303
        assert response["Location"] == f"/advice/thanks/useful/?{SEEN}"
        signal = Signal.objects.get()
        assert (signal.kind, signal.vote, signal.state) == ("useful", "no", "new")
        assert (signal.release_id, signal.answers, signal.industry) == (1, ANSWERS, "law-finance")
        assert set(signal.goals.values_list("need", "rule")) == {
            ("contract-review", "text"),
            ("social-posts", "text"),
            ("social-posts", "images"),
        }

    def test_the_line_beside_the_buttons_says_what_is_stored(self, client: Client) -> None:
        text = see(client, f"/advice/?{ANSWERS}").by_id("useful").text

        assert "One press sends our editors your answers and the release number, and no name." in text
        assert "Without a press we store nothing." in text

    def test_the_thanks_lead_back_to_the_advice(self, client: Client) -> None:
        page = see(client, press(client, "yes")["Location"])

        assert page.one("h1").text == "Thank you. That is counted"
        assert page.of_class("btn")[0]["href"] == f"/advice/?{ANSWERS}"

    def test_opening_pages_counts_nothing(self, client: Client) -> None:
        for address in ("/advice/useful/", "/advice/wrong/", "/advice/thanks/useful/", "/advice/thanks/wrong/"):
            see(client, f"{address}?{SEEN}&vote=no")

        assert not Signal.objects.exists()

    def test_pressed_twice_counts_once_and_the_last_press_of_the_day_is_the_one(self, client: Client) -> None:
        for vote in ("yes", "yes", "no"):
            assert press(client, vote).status_code == 303

        assert list(Signal.objects.values_list("vote", "state")) == [("no", "new")]

    def test_other_answers_and_other_networks_count_for_themselves(self, client: Client) -> None:
        press(client, "yes")
        press(client, "yes", f"{LAW}&need=contract-review&release=1")
        press(client, "yes", REMOTE_ADDR="198.51.100.7")

        assert Signal.objects.count() == 3

    def test_advice_that_was_useful_waits_for_nobody(self, client: Client) -> None:
        press(client, "yes")
        press(client, "partly", f"{LAW}&need=contract-review&release=1")

        assert Signal.objects.waiting_by_kind() == {"useful": 1}

    def test_of_a_kept_result_the_advice_is_stored_and_not_the_link(self, client: Client) -> None:
        show, _manage = kept(client, ANSWERS)
        section = see(client, show).by_id("useful")
        about = section.one("input", name="about")["value"]

        response = press(client, "no", about)

        assert see(client, response["Location"]).of_class("btn")[0]["href"] == show
        signal = Signal.objects.get()
        assert dict(parse_qsl(signal.answers)).keys() == {"industry", "need", "modality", "fact"}
        token = show.split("/")[2]
        assert not [value for value in vars(signal).values() if token in str(value)]

    def test_the_release_is_the_one_that_was_read(self, client: Client, publish: Publish) -> None:
        publish(note="Another.", caveats=[{**make_document()["caveats"][0], "text": "Mind that."}])

        press(client, "no")

        assert Signal.objects.get().release_id == 1

    def test_a_full_disk_loses_nothing(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Signal, "save", full)

        response = press(client, "no")

        page = page_of(response, 503)
        assert response["Retry-After"] == "60"
        assert "We could not store it" in page.one("main").text
        assert page.by_id("useful").one("input", name="about")["value"] == SEEN

    @pytest.mark.parametrize("vote", ["", "perhaps", "yes\x00"])
    def test_what_is_none_of_the_three_is_refused(self, client: Client, vote: str) -> None:
        assert press(client, vote).status_code == 422
        assert not Signal.objects.exists()

    @pytest.mark.parametrize(
        ("about", "status"),
        [
            ("", 302),
            (f"{ANSWERS}&release=9", 400),
            (f"{ANSWERS}&release=x", 400),
            ("kept=nobody", 404),
            ("x" * 9000, 400),
        ],
    )
    def test_what_names_no_advice_stores_nothing(self, client: Client, about: str, status: int) -> None:
        assert press(client, "no", about).status_code == status
        assert not Signal.objects.exists()

    def test_other_sites_can_t_press(self, client: Client) -> None:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {}):
            response = client.post("/advice/useful/", {"about": SEEN, "vote": "no"}, headers=headers)
            assert response.status_code == 403
        assert not Signal.objects.exists()


class TestSomethingIsWrong:
    def test_the_list_is_made_of_this_very_advice(self, client: Client) -> None:
        page = see(client, f"/advice/wrong/?{SEEN}")

        parts = [field["value"] for field in page.all("input", name="part")]
        assert parts == [
            "rules~text", "rules~images", "gates~protect-data", "caveats~check-facts", "tools~painter", "tools~writer",
            "else",
        ]  # fmt: skip
        assert not [field for field in page.all("input", name="part") if "checked" in field.attributes]

    def test_the_part_goes_to_the_editors_by_the_name_that_the_page_gave_it(self, client: Client) -> None:
        response = tell(client, "rules~text")

        assert response["Location"] == f"/advice/thanks/wrong/?{SEEN}"
        signal = Signal.objects.get()
        assert (signal.kind, signal.section, signal.slug) == ("wrong", "rules", "text")
        assert signal.part == "Contract review: Language model"
        assert not signal.junk

    def test_words_are_kept_as_plain_text(self, client: Client, clock: Callable[..., None]) -> None:
        typed = "The maker stopped <b>selling</b> it.\r\n{{ 1 }} \u202e\x07end"
        filled = {**form_of(client, f"/advice/wrong/?{SEEN}"), "part": "tools~writer", "words": typed}
        clock(minutes=1)

        post(client, "/advice/wrong/", filled)

        assert Signal.objects.get().words == "The maker stopped <b>selling</b> it.\n{{ 1 }} end"

    def test_something_else_needs_a_word(self, client: Client) -> None:
        page = page_of(tell(client, "else"), 422)

        assert "Say in a few words what is wrong" in page.by_id("words-error").text
        assert "open" in page.one("details").attributes
        assert page.one("input", name="part", value="else", checked="")

    def test_nothing_picked_is_said_and_what_was_typed_stays(self, client: Client) -> None:
        page = page_of(tell(client, "", f"{HOSTILE} & more"), 422)

        assert page.by_id("problem")
        assert "Pick the part that is wrong" in page.by_id("part-error").text
        assert page.by_id("words").text == f"{HOSTILE} & more"
        assert not page.by_id("words").all("script")

    def test_too_many_words_stay_to_be_cut(self, client: Client) -> None:
        typed = "a" * (WORDS_LENGTH + 1)

        page = page_of(tell(client, "rules~text", typed), 422)

        assert "1 character too long. 500 fit in." in page.by_id("words-error").text
        assert page.by_id("words").text == typed

    def test_a_part_of_other_advice_is_refused(self, client: Client) -> None:
        for part in ("rules~figures", "tools~calculator", "rules", "users~1", "~"):
            assert tell(client, part).status_code == 422
        assert not Signal.objects.exists()

    def test_sent_twice_counts_once(self, client: Client) -> None:
        filled = {**form_of(client, f"/advice/wrong/?{SEEN}"), "part": "rules~text"}

        for _ in range(3):
            assert post(client, "/advice/wrong/", filled).status_code == 303

        assert Signal.objects.count() == 1

    def test_a_form_of_the_day_before_gets_a_new_key(self, client: Client, clock: Callable[..., None]) -> None:
        filled = {**form_of(client, f"/advice/wrong/?{SEEN}"), "part": "rules~text", "words": "It is not."}
        clock(hours=25)

        page = page_of(post(client, "/advice/wrong/", filled), 422)

        assert "This page was open too long" in page.by_id("problem").text
        assert page.one("input", name="form_key")["value"] != filled["form_key"]
        assert page.one("input", value="rules~text", checked="")

    @pytest.mark.parametrize("broken", ["save", "release"])
    def test_a_full_disk_or_none_loses_nothing(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        filled = {**form_of(client, f"/advice/wrong/?{SEEN}"), "part": "tools~writer", "words": "It is sold out."}
        if broken == "save":
            monkeypatch.setattr(Signal, "save", full)
        else:
            monkeypatch.setattr("advisor.published.release", full)

        response = post(client, "/advice/wrong/", filled)

        page = page_of(response, 503)
        assert response["Retry-After"] == "60"
        assert page.by_id("words").text == "It is sold out."
        (part,) = [
            one for one in page.all("input", name="part") if one.get("type") == "hidden" or "checked" in one.attributes
        ]
        assert part["value"] == "tools~writer"
        assert page.one("input", name="form_key")["value"] == filled["form_key"]
        assert not Signal.objects.exists()

    @pytest.mark.parametrize("of_a_kept_one", [False, True], ids=["fresh", "kept"])
    def test_withdrawn_advice_has_no_form_but_takes_what_was_on_its_way(
        self, client: Client, of_a_kept_one: bool
    ) -> None:
        about = f"kept={kept(client, ANSWERS)[0].split('/')[2]}" if of_a_kept_one else SEEN
        filled = {**form_of(client, f"/advice/wrong/?{about}"), "part": "rules~text"}
        Recall.objects.create(release=Release.objects.get(), text="It was wrong.")
        Recall.sync()

        see(client, f"/advice/wrong/?{about}", status=410)
        assert post(client, "/advice/wrong/", filled).status_code == 303
        assert Signal.objects.count() == 1


class TestMyGoalIsNotListed:
    def test_the_choice_leads_to_the_page_and_the_page_on_to_the_next_question(self, client: Client) -> None:
        page_url = goes_to(client, f"/advice/goals/?{NOT_LISTED}&answered=need")
        assert page_url == f"/advice/goals/not-listed/?{NOT_LISTED}"

        (way_on,) = [link for link in see(client, page_url).all("a") if link.text == "Go on without that"]

        assert way_on["href"] == f"/advice/output/?{NOT_LISTED}"
        assert not Signal.objects.exists()

    def test_who_has_said_what_should_come_out_is_not_asked_again(self, client: Client) -> None:
        assert (
            goes_to(client, f"/advice/goals/?{NOT_LISTED}&modality=text&answered=need") != "/advice/goals/not-listed/"
        )

    def test_it_counts_the_industry_and_the_kind_and_nothing_else(self, client: Client) -> None:
        response = miss(client, "figures", about=f"{NOT_LISTED}&need=contract-review&fact=personal-data")

        assert response.status_code == 303
        signal = Signal.objects.get()
        assert (signal.kind, signal.industry, signal.modality, signal.words) == (
            "not-listed",
            "law-finance",
            "figures",
            "",
        )
        assert signal.answers == f"{NOT_LISTED}&modality=figures"
        assert not signal.junk
        assert not SignalGoal.objects.exists()

    def test_the_kinds_are_the_release_s_and_one_for_all_others(self, client: Client) -> None:
        kinds = see(client, f"/advice/goals/not-listed/?{NOT_LISTED}").all("input", name="kind")

        assert [kind["value"] for kind in kinds] == ["text", "images", "figures", "none"]
        assert miss(client, "none").status_code == 303
        assert Signal.objects.get().modality == ""

    def test_the_way_on_does_not_ask_for_the_kind_again(self, client: Client) -> None:
        page = see(client, miss(client, "text")["Location"])

        assert page.of_class("btn")[0]["href"] == f"/advice/circumstances/?{NOT_LISTED}&modality=text"
        assert "a goal is missing for “Law finance”" in page.one("main").text

    def test_with_other_goals_what_should_come_out_is_still_to_be_asked(self, client: Client) -> None:
        page = see(client, miss(client, "text", about=f"{NOT_LISTED}&need=social-posts")["Location"])

        assert page.of_class("btn")[0]["href"].startswith("/advice/output/?")

    def test_the_finder_s_empty_answer_leads_there_too(self, client: Client) -> None:
        answer = client.post("/advice/goals/find/", {"industry": "other", "find": "xyzzy"}, headers=OURS)
        (link,) = [link for link in parse(answer.content.decode()).all("a") if "goal is missing" in link.text]

        page = see(client, link["href"])

        assert page.one("form", action="/advice/goals/not-listed/")

    def test_a_release_without_that_choice_has_a_link(self, client: Client, publish: Publish) -> None:
        publish()

        (link,) = [one for one in see(client, f"/advice/goals/?{LAW}").all("a") if one.text == "My goal is not listed"]
        thanks = see(client, miss(client, "text", about=LAW)["Location"])

        assert link["href"] == f"/advice/goals/not-listed/?{LAW}"
        assert Signal.objects.get().answers == LAW + "&modality=text"
        assert not thanks.of_class("btn")

    def test_words_are_in_a_field_that_is_closed_until_it_is_opened(self, client: Client) -> None:
        details = see(client, f"/advice/goals/not-listed/?{NOT_LISTED}").one("details")

        assert "open" not in details.attributes
        assert f"An editor reads it. It is deleted after {WORDS_KEPT_FOR.days} days." in details.text

    def test_nothing_picked_is_said(self, client: Client) -> None:
        page = page_of(miss(client, ""), 422)

        assert "Pick the kind that comes closest, or “Something else”." in page.by_id("kind-error").text

    def test_without_an_industry_that_is_asked_first(self, client: Client) -> None:
        assert goes_to(client, "/advice/goals/not-listed/") == "/advice/industry/"

    def test_a_comparison_goes_along(self, client: Client) -> None:
        beside = "with=Ab3_efgh-jklmnopqrstuvwx"
        page_url = goes_to(client, f"/advice/goals/?{NOT_LISTED}&{beside}&answered=need")
        thanks = see(client, miss(client, "text", about=page_url.partition("?")[2])["Location"])

        assert thanks.of_class("btn")[0]["href"].endswith(beside)
        assert beside not in Signal.objects.get().answers

    def test_a_full_disk_loses_nothing(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Signal, "save", full)

        page = page_of(miss(client, "text", "Read old maps"), 503)

        assert page.one("input", value="text", checked="")
        assert page.by_id("words").text == "Read old maps"


@pytest.mark.any_database
class TestJunk:
    def flood(self, client: Client, clock: Callable[..., None], **changed: str) -> set[int]:
        """A thousand within an hour, from four networks."""
        statuses = set()
        for number in range(1000):
            key = formkeys.new()
            clock(seconds=3.5)
            text = changed.get("words", "Buy [url=//x.example]x[/url] number %s") % number
            sent = {"about": SEEN, "part": "rules~text", spam.TRAP: "", "form_key": key, **changed, "words": text}
            statuses.add(post(client, "/advice/wrong/", sent, REMOTE_ADDR=f"198.51.{number % 4}.9").status_code)
        return statuses

    def test_a_thousand_posts_of_junk_do_not_drown_one_signal(self, client: Client, clock: Callable[..., None]) -> None:
        assert self.flood(client, clock) == {303, 429}
        assert not Signal.objects.waiting().exists()
        assert Signal.objects.count() <= 100

        assert tell(client, "tools~writer", REMOTE_ADDR="198.51.0.9").status_code == 303
        assert Signal.objects.waiting().get().slug == "writer"

    def test_well_made_junk_meets_its_limit(self, client: Client, clock: Callable[..., None]) -> None:
        self.flood(client, clock, words="A sentence that nobody sent before, number %s")

        assert Signal.objects.count() <= 4 * 20

    def test_the_same_words_again_and_again_are_junk(self, client: Client, clock: Callable[..., None]) -> None:
        for number, part in enumerate(itertools.islice(itertools.cycle(["rules~text", "tools~writer"]), 4)):
            filled = {**form_of(client, f"/advice/wrong/?{SEEN}"), "part": part, "words": "This is wrong."}
            clock(minutes=1)
            post(client, "/advice/wrong/", filled, REMOTE_ADDR=f"198.51.{number}.9")

        assert Signal.objects.waiting().count() == signalling.MOST_OF_A_TEXT
        assert Signal.objects.filter(junk=True).count() == 2

    def test_who_fills_in_the_field_that_nobody_sees_is_thanked_and_set_apart(self, client: Client) -> None:
        filled = {**form_of(client, f"/advice/wrong/?{SEEN}"), "part": "rules~text", spam.TRAP: "Sales"}

        assert post(client, "/advice/wrong/", filled).status_code == 303
        assert Signal.objects.get().junk

    def test_votes_have_a_limit_of_their_own(self, client: Client) -> None:
        needs = ("contract-review", "social-posts", "calculators", "not-listed")
        orders = ["&".join(f"need={need}" for need in order) for order in itertools.permutations(needs)]
        all_ways = itertools.product(("law-finance", "other"), orders, ("", "&modality=none"))
        abouts = [f"industry={industry}&{chosen}{more}&release=1" for industry, chosen, more in all_ways]

        statuses = [press(client, "no", about).status_code for about in abouts[: spam.VOTES.from_one.most + 5]]

        assert 429 in statuses
        assert Signal.objects.count() == spam.VOTES.from_one.most
        assert tell(client, "rules~text").status_code == 303


class TestHowLong:
    def test_words_go_first_and_the_rest_after_a_year(self, client: Client, clock: Callable[..., None]) -> None:
        tell(client, "tools~writer", "It is sold out, I was told by the maker.")
        signal = Signal.objects.get()
        assert signal.once

        clock(days=1, seconds=1)
        call_command("run_jobs")
        signal = Signal.objects.get()
        assert signal.once is None
        assert signal.words

        clock(days=WORDS_KEPT_FOR.days)
        call_command("run_jobs")
        signal = Signal.objects.get()
        assert signal.words == ""
        assert signal.slug == "writer"

        clock(days=KEPT_FOR.days)
        call_command("run_jobs")
        assert not Signal.objects.exists()

    def test_nothing_of_it_stands_in_the_trail_or_the_counts(self, client: Client) -> None:
        before = AuditEntry.objects.count()

        tell(client, "tools~writer", "Ask ada@example.com about it, please.")

        assert AuditEntry.objects.count() == before
        assert not [use for use in Use.objects.all() if "198" in use.what or "127" in use.what]

    def test_the_privacy_page_says_how_long(self, client: Client) -> None:
        text = see(client, "/privacy/").one("main").text

        assert f"We delete it after {KEPT_FOR.days} days." in text
        assert f"Words that you typed go sooner, after {WORDS_KEPT_FOR.days} days." in text


@pytest.mark.parametrize(
    "address",
    [
        f"/advice/goals/not-listed/?{NOT_LISTED}",
        f"/advice/wrong/?{SEEN}",
        f"/advice/useful/?{SEEN}",
        f"/advice/thanks/wrong/?{SEEN}",
        f"/advice/thanks/useful/?{SEEN}",
        f"/advice/thanks/not-listed/?{NOT_LISTED}",
    ],
)
def test_the_pages_are_plain_private_and_without_cookies(client: Client, address: str) -> None:
    response = client.get(address)

    page = parse(response.content.decode()).one("main")
    blocks = [element.text for element in page.walk() if element.tag == "p" and len(words(element.text)) > 5]
    assert not [text for text in blocks for sentence in sentences(text) if len(words(sentence)) > 25]
    assert grade(" ".join(blocks)) <= 8
    assert "noindex" in response.content.decode()
    assert response["Cache-Control"].startswith("private")
    assert not response.cookies
    assert "csrf" not in response.content.decode()
