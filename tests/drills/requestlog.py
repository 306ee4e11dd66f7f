"""Every request that a drill sends, written down and judged afterwards: nothing acknowledged may be missing.

The idea is Jepsen's, at our size. A client can't know what became of a request that broke off. So each has one of
three outcomes, and the log knows what each of them allows.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from tests.browser.site import Reply


class Outcome(StrEnum):
    OK = "acknowledged"
    FAIL = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `write` names what it writes: whatever has the same key of a form. `place` is where it led to."""

    write: str
    start: float
    end: float
    outcome: Outcome
    status: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody saw: the number of the current release."""

    release: int
    start: float
    end: float


def outcome_of(status: int) -> Outcome:
    """5xx is not known: a database can fail in the moment in which it has just stored something."""
    if status in (200, 201, 303):
        return Outcome.OK
    return Outcome.FAIL if 400 <= status < 500 else Outcome.UNKNOWN


@dataclass
class RequestLog:
    requests: list[Request] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def send(self, write: str, send: Callable[[], Reply]) -> Reply:
        """Send it and write down what came of it. A connection that breaks is written down too, and raised."""
        start = time.monotonic()
        try:
            reply = send()
        except (OSError, http.client.HTTPException):
            self._add(Request(write, start, time.monotonic(), Outcome.UNKNOWN))
            raise
        place = (reply.all("Location") or [""])[0]
        self._add(Request(write, start, time.monotonic(), outcome_of(reply.status), reply.status, place))
        return reply

    def see(self, release: Callable[[], int]) -> int:
        """Look which release is current, and write it down."""
        start = time.monotonic()
        number = release()
        with self._lock:
            self.sights.append(Sight(number, start, time.monotonic()))
        return number

    def _add(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request)

    def faults(self, stored: Mapping[str, int]) -> list[str]:
        """What must not be, given how often each write is stored. An empty list: all holds."""
        return [*self._of_writes(stored), *self._of_releases()]

    def _of_writes(self, stored: Mapping[str, int]) -> list[str]:
        found = []
        sent: dict[str, list[Request]] = defaultdict(list)
        for request in self.requests:
            sent[request.write].append(request)
        for write, requests in sent.items():
            count = stored.get(write, 0)
            outcomes = {request.outcome for request in requests}
            places = {request.place for request in requests if request.outcome is Outcome.OK}
            if Outcome.OK in outcomes and not count:
                found.append(f"{write} was acknowledged and is not there")
            if outcomes == {Outcome.FAIL} and count:
                found.append(f"{write} was refused and is there all the same")
            if count > 1:
                found.append(f"{write} is there {count} times")
            if len(places) > 1:
                found.append(f"{write} led to {len(places)} places")
        found += [f"{write} is there and was never sent" for write in stored.keys() - sent.keys()]
        return found

    def _of_releases(self) -> list[str]:
        """Whoever looks after somebody else has seen a release sees none that is older."""
        by_start = sorted(self.sights, key=lambda sight: sight.start)
        return [
            f"release {before.release} was followed by release {after.release}"
            for before, after in pairwise(by_start)
            if before.end < after.start and after.release < before.release
        ]

    def summary(self) -> str:
        """How many requests came to what."""
        counts = {outcome: sum(request.outcome is outcome for request in self.requests) for outcome in Outcome}
        return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)

    def longest(self) -> float:
        """Seconds that the slowest request took."""
        return max((request.end - request.start for request in self.requests), default=0.0)
