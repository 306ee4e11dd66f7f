"""The judge of the drills is judged first."""

from __future__ import annotations

import pytest

from tests.browser.site import Reply
from tests.drills.requestlog import Outcome, Request, RequestLog, Sight


def log_of(*outcomes: Outcome | tuple[Outcome, str]) -> RequestLog:
    """Requests of one write, one after another."""
    told = [one if isinstance(one, tuple) else (one, "/here/" if one is Outcome.OK else "") for one in outcomes]
    return RequestLog([Request("a", at, at + 0.5, outcome, place=place) for at, (outcome, place) in enumerate(told)])


class TestWrites:
    @pytest.mark.parametrize(
        ("outcomes", "count"),
        [
            ([Outcome.OK], 1),
            ([Outcome.UNKNOWN, Outcome.OK, Outcome.OK], 1),
            ([Outcome.UNKNOWN], 0),
            ([Outcome.UNKNOWN], 1),
            ([Outcome.FAIL], 0),
            ([Outcome.FAIL, Outcome.OK], 1),
        ],
    )
    def test_what_may_be(self, outcomes: list[Outcome], count: int) -> None:
        assert log_of(*outcomes).faults({"a": count} if count else {}) == []

    @pytest.mark.parametrize(
        ("outcomes", "count", "fault"),
        [
            ([Outcome.OK], 0, "a was acknowledged and is not there"),
            ([Outcome.OK], 2, "a is there 2 times"),
            ([Outcome.UNKNOWN, Outcome.UNKNOWN], 2, "a is there 2 times"),
            ([Outcome.FAIL], 1, "a was refused and is there all the same"),
            ([(Outcome.OK, "/here/"), (Outcome.OK, "/there/")], 1, "a led to 2 places"),
        ],
    )
    def test_what_may_not(self, outcomes: list[Outcome], count: int, fault: str) -> None:
        assert log_of(*outcomes).faults({"a": count}) == [fault]

    def test_what_nobody_sent_may_not_be_there(self) -> None:
        assert RequestLog().faults({"b": 1}) == ["b is there and was never sent"]


class TestReleases:
    def test_numbers_rise(self) -> None:
        assert RequestLog(sights=[Sight(1, 0, 1), Sight(2, 2, 3), Sight(2, 4, 5)]).faults({}) == []

    def test_and_never_fall(self) -> None:
        log = RequestLog(sights=[Sight(2, 0, 1), Sight(1, 2, 3)])

        assert log.faults({}) == ["release 2 was followed by release 1"]

    def test_two_who_look_at_the_same_time_may_see_either(self) -> None:
        assert RequestLog(sights=[Sight(2, 0, 2), Sight(1, 1, 3)]).faults({}) == []


class TestSending:
    def test_an_answer_is_written_down(self) -> None:
        log = RequestLog()

        log.send("a", lambda: Reply(303, [("Location", "/r/x/")], ""))
        log.send("b", lambda: Reply(503, [], ""))
        log.send("c", lambda: Reply(422, [], ""))

        assert [(one.write, one.outcome, one.place) for one in log.requests] == [
            ("a", Outcome.OK, "/r/x/"),
            ("b", Outcome.UNKNOWN, ""),
            ("c", Outcome.FAIL, ""),
        ]
        assert log.summary() == "1 acknowledged, 1 refused, 1 unknown"

    def test_so_is_a_connection_that_broke(self) -> None:
        log = RequestLog()

        def broken() -> Reply:
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            log.send("a", broken)
        assert [one.outcome for one in log.requests] == [Outcome.UNKNOWN]
