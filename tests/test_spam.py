from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from advisor import enquiring, spam
from advisor.enquiring import Sent
from advisor.limits import TooMany
from advisor.models import Enquiry, Use

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUESTION = "We answer the same twenty questions each day. Which of the tools runs on our own servers?"
Move = Callable[..., None]


@pytest.fixture(autouse=True)
def move(monkeypatch: pytest.MonkeyPatch) -> Move:
    """The clock stands at noon until it is moved."""
    passed = timedelta()
    monkeypatch.setattr(timezone, "now", lambda: NOW + passed)

    def move(**by: float) -> None:
        nonlocal passed
        passed += timedelta(**by)

    return move


def judge(message: str = QUESTION, age: timedelta = MINUTE, **posted: str) -> list[str]:
    return spam.suspicions({"name": "Ada", "contact": "ada@example.com", spam.TRAP: "", **posted}, message, age)


@pytest.mark.django_db
class TestSuspicions:
    @pytest.mark.parametrize(
        "message",
        [
            QUESTION,
            "Please call me.",
            "Hi",
            "Our shop is www.example.com. We would like to know which of your tools writes product texts for it.",
            "We looked at https://example.org/tools and at example.com. Is one of them fit for a firm of nine people?",
            "Write to ada@example.com or bob@example.com or eve@example.com, whoever is there.",
            "Our budget is < 500 a month, and > 20 people work here. Version 2.0 of the tool?",
            "Können Sie uns helfen? Мы работаем с текстами. 我们想了解更多。",
            "We sold 1.000.000 pieces. It was on 24.11.2026, at 12.30.",
        ],
    )
    def test_a_visitor_is_no_suspect(self, message: str) -> None:
        assert judge(message) == []

    @pytest.mark.parametrize(
        ("message", "sign"),
        [
            ("Buy https://a.example https://b.example https://c.example and many more things here", "3 links"),
            ("Best prices www.a.example", "little more than links"),
            ("https://casino.example", "little more than links"),
            ("cheap-pills.xyz", "little more than links"),
            ('Look <a href="//x.example">here</a> for a very good offer of ours', "markup"),
            ("Look [url=//x.example]here[/url] for a very good offer of ours", "markup"),
            ("<script>alert(1)</script> for a very good offer of ours", "markup"),
        ],
    )
    def test_advertising_is(self, message: str, sign: str) -> None:
        (found,) = judge(message)
        assert sign in found

    def test_what_fills_in_everything_is(self) -> None:
        assert judge(QUESTION, MINUTE, **{spam.TRAP: "Hello"}) == ["It filled in the field that people do not see."]

    def test_what_was_not_sent_with_our_form_is(self) -> None:
        assert spam.suspicions({"name": "Ada"}, QUESTION, MINUTE) == [
            "It was not sent with our form: a field is missing."
        ]

    @pytest.mark.parametrize(("seconds", "suspicious"), [(0, True), (2.9, True), (3, False), (86_400, False)])
    def test_what_is_faster_than_a_person_is(self, seconds: float, suspicious: bool) -> None:
        assert bool(judge(age=timedelta(seconds=seconds))) is suspicious

    @pytest.mark.parametrize("field", ["name", "contact"])
    def test_a_line_break_that_no_browser_sends_is(self, field: str) -> None:
        assert judge(QUESTION, MINUTE, **{field: "Ada\r\nBcc: all@example.com"})

    def test_a_name_that_is_a_link_is(self) -> None:
        assert judge(name="www.casino.example")

    def test_the_same_text_once_more_is_none(self) -> None:
        """Somebody puts right how to be reached."""
        take_in(QUESTION)

        assert judge(QUESTION) == []

    def test_it_is_after_it_was_spam(self) -> None:
        take_in(QUESTION)
        Enquiry.objects.update(quarantined_at=timezone.now())

        assert judge(QUESTION) == ["The same text came before."]

    def test_the_same_text_again_and_again_is(self, move: Move) -> None:
        take_in(QUESTION)
        take_in(QUESTION)

        assert judge(QUESTION.upper().replace(" ", "\n") + " 17") == ["The same text came before."]
        assert judge(QUESTION + " And what does it cost?") == []
        move(days=31)
        assert judge(QUESTION) == []

    def test_but_not_the_few_words_that_many_write(self) -> None:
        take_in("Please call me.")

        assert judge("Please call me.") == []


def take_in(message: str = QUESTION, origin: str = "here", suspicious: bool = False) -> Enquiry:
    """Another one each time."""
    number = Enquiry.objects.count()
    sent = Sent(
        secret=f"form {number}",
        message=message,
        contact="ada@example.com",
        name="",
        consent="I agree.",
        origin=origin,
        suspicions=("It is a test.",) if suspicious else (),
    )
    return enquiring.take_in(sent)


@pytest.mark.django_db
class TestLimits:
    def test_of_one_network_five_an_hour_are_taken_in(self, move: Move) -> None:
        for _ in range(5):
            take_in()
            move(minutes=1)

        with pytest.raises(TooMany) as full:
            take_in()
        assert full.value.wait == timedelta(minutes=55)
        assert Enquiry.objects.count() == 5
        assert take_in(origin="elsewhere")
        move(minutes=55)
        assert take_in()

    def test_of_all_together_two_hundred_a_day(self, move: Move) -> None:
        for number in range(200):
            take_in(origin=f"network {number}")

        with pytest.raises(TooMany) as full:
            take_in(origin="one more")
        assert full.value.wait == timedelta(days=1)
        move(days=1)
        assert take_in(origin="one more")

    def test_spam_has_limits_of_its_own(self) -> None:
        for _ in range(50):
            take_in(suspicious=True)

        with pytest.raises(TooMany):
            take_in(suspicious=True)
        assert take_in().quarantined_at is None

    def test_of_an_unknown_network_only_the_day_counts(self) -> None:
        for _ in range(8):
            take_in(origin="")

        assert Enquiry.objects.count() == 8

    def test_deleting_makes_no_room(self) -> None:
        for _ in range(5):
            take_in()
        Enquiry.objects.all().delete()

        with pytest.raises(TooMany):
            take_in()

    def test_what_was_refused_leaves_nothing(self) -> None:
        for _ in range(5):
            take_in()
        counted = Use.objects.count()

        with pytest.raises(TooMany):
            take_in()

        assert (Enquiry.objects.count(), Use.objects.count()) == (5, counted)


def origin(peer: str, forwarded: str = "") -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return spam.origin_of(RequestFactory().post("/talk/", headers=headers, REMOTE_ADDR=peer))


class TestOrigin:
    @pytest.fixture
    def public(self, settings: Settings) -> None:
        settings.SIGNPOST_SITE_URL = "https://advice.example.com"

    def test_a_network_is_one_origin(self) -> None:
        assert origin("192.0.2.1") == origin("192.0.2.254") != origin("192.0.3.1")
        assert origin("2001:db8:1:2::1") == origin("2001:db8:1:2:ffff::9") != origin("2001:db8:1:3::1")
        assert origin("::ffff:192.0.2.7") == origin("192.0.2.1")

    def test_it_is_another_one_each_day(self, move: Move) -> None:
        today = origin("192.0.2.1")
        move(days=1)

        assert origin("192.0.2.1") != today

    def test_it_can_be_made_by_nobody_else(self, settings: Settings) -> None:
        ours = origin("192.0.2.1")
        settings.SECRET_KEY = "another key of the same length or so " * 2

        assert origin("192.0.2.1") != ours
        assert "192.0.2" not in ours

    def test_behind_our_proxy_it_is_whom_the_proxy_names(self, public: None) -> None:
        assert origin("127.0.0.1", "192.0.2.9") == origin("192.0.2.1")
        assert origin("::1", "198.51.100.1, 10.0.0.1,  192.0.2.9") == origin("192.0.2.1")

    def test_what_the_client_makes_up_changes_nothing(self, public: None) -> None:
        honest = origin("127.0.0.1", "192.0.2.9")

        for made_up in ("1.2.3.4", "1.2.3.4, 5.6.7.8", "unknown", "", "192.0.2.9\t,"):
            assert origin("127.0.0.1", f"{made_up}, 192.0.2.9") == honest

    def test_another_machine_is_no_proxy_of_ours(self, public: None) -> None:
        assert origin("203.0.113.5", "192.0.2.9") == origin("203.0.113.5")

    def test_a_site_on_this_machine_has_no_proxy(self) -> None:
        assert origin("127.0.0.1", "192.0.2.9") == origin("127.0.0.1")

    @pytest.mark.parametrize("forwarded", ["", "unknown", "192.0.2.9, nonsense", "192.0.2.9:4711"])
    def test_a_proxy_that_names_nobody_leaves_it_unknown(self, public: None, forwarded: str) -> None:
        assert origin("127.0.0.1", forwarded) == ""
