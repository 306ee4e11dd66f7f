"""How often each page was asked for, how that went, how long it took, and which statements to the database were slow.

Each process counts for itself and adds what it counted to a file of the day every few seconds. So nothing is asked of
the database, a restart loses nothing, and whoever reads the files needs no process to be up. Pages go by the names that
the code has for them, statements by their form: neither holds anything of a visitor's.
"""

from __future__ import annotations

import json
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

BOUNDS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
"""Milliseconds: how long requests took is counted between these."""

SLOW = 100
"""Milliseconds from which a statement is noted."""

MOST_STATEMENTS = 200
"""Different ones that a process notes until it writes them down."""

EVERY = 10
"""Seconds between two writes."""

KEPT_FOR = timedelta(days=14)
_DAY = "%Y-%m-%d"


@dataclass(slots=True)
class Page:
    """`within` has one more entry than BOUNDS, for what took longer."""

    statuses: dict[str, int] = field(default_factory=dict)
    within: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    ms: float = 0
    longest: float = 0

    def add(self, status: int, ms: float) -> None:
        self.statuses[str(status)] = self.statuses.get(str(status), 0) + 1
        self.within[bisect_left(BOUNDS, ms)] += 1
        self.ms += ms
        self.longest = max(self.longest, ms)

    def merge(self, other: Page) -> None:
        for status, times in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + times
        self.within = [mine + theirs for mine, theirs in zip(self.within, other.within, strict=True)]
        self.ms += other.ms
        self.longest = max(self.longest, other.longest)

    def count(self, first_digit: str = "") -> int:
        return sum(times for status, times in self.statuses.items() if status.startswith(first_digit))

    def share_within(self, share: float) -> float:
        """The bound in milliseconds within which this share was answered; the longest beyond the last bound."""
        wanted, seen = share * sum(self.within), 0
        for bound, times in zip(BOUNDS, self.within, strict=False):
            seen += times
            if seen >= wanted:
                return min(bound, self.longest)
        return self.longest


@dataclass(slots=True)
class Statement:
    times: int = 0
    ms: float = 0
    longest: float = 0

    def merge(self, other: Statement) -> None:
        self.times += other.times
        self.ms += other.ms
        self.longest = max(self.longest, other.longest)


@dataclass(slots=True)
class Figures:
    """What was counted in some span of time."""

    pages: dict[str, Page] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)

    def merge(self, other: Figures) -> None:
        for name, page in other.pages.items():
            self.pages.setdefault(name, Page()).merge(page)
        for form, statement in other.statements.items():
            self.statements.setdefault(form, Statement()).merge(statement)

    def to_line(self, at: datetime) -> str:
        pages = {
            name: {
                "statuses": page.statuses,
                "within": page.within,
                "ms": round(page.ms),
                "longest": round(page.longest),
            }
            for name, page in self.pages.items()
        }
        statements = {
            form: {"times": one.times, "ms": round(one.ms), "longest": round(one.longest)}
            for form, one in self.statements.items()
        }
        found = {"at": at.astimezone(UTC).isoformat(timespec="seconds"), "pages": pages, "statements": statements}
        return json.dumps(found, separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> tuple[datetime, Figures]:
        """Raises ValueError for a line that was cut off."""
        try:
            found = json.loads(line)
            pages = {name: Page(**values) for name, values in found["pages"].items()}
            statements = {form: Statement(**values) for form, values in found["statements"].items()}
            return datetime.fromisoformat(found["at"]), cls(pages, statements)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError("no line of figures") from error


_lock = threading.Lock()
_counted = Figures()


def count(page: str, status: int, ms: float) -> None:
    with _lock:
        _counted.pages.setdefault(page, Page()).add(status, ms)


def note_statement(sql: str, ms: float) -> None:
    form = form_of(sql)
    with _lock:
        if form in _counted.statements or len(_counted.statements) < MOST_STATEMENTS:
            _counted.statements.setdefault(form, Statement()).merge(Statement(1, ms, ms))


def form_of(sql: str) -> str:
    """A statement without anything that was put in.

    >>> form_of("SELECT  1 FROM a WHERE b = 'x' AND c IN (%s, %s, %s)")
    'SELECT ? FROM a WHERE b = ? AND c IN (%s, ...)'
    """
    sql = re.sub(r"'(?:[^']|'')*'|\b\d[\d.]*\b", "?", " ".join(sql.split()))
    return re.sub(r"\((%s|\?)(?:, (?:%s|\?))+\)", r"(\1, ...)", sql)[:300]


def write() -> None:
    """Add what this process counted to the file of the day. A disk that is full loses it, and breaks nothing."""
    global _counted
    with _lock:
        counted, _counted = _counted, Figures()
    if not counted.pages and not counted.statements:
        return
    now = timezone.now()
    with suppress(OSError):
        if not _file(now.date()).exists():
            _folder().mkdir(exist_ok=True)
            _forget_before(now.date() - KEPT_FOR)
        with _file(now.date()).open("a", encoding="utf-8") as file:  # one write: processes do not mix their lines
            file.write(counted.to_line(now))


def forget() -> None:
    """Drop what this process counted and has not written yet."""
    global _counted
    with _lock:
        _counted = Figures()


def write_regularly() -> None:
    """From now on, for as long as the process lives."""

    def go_on() -> None:
        while True:
            threading.Event().wait(EVERY)
            write()

    threading.Thread(target=go_on, name="figures", daemon=True).start()


def since(start: datetime) -> Figures:
    """What all processes of this machine wrote down since then."""
    found = Figures()
    for file in sorted(_folder().glob("*.jsonl")):
        if file.stem >= start.astimezone(UTC).strftime(_DAY):
            for at, figures in lines_of(file.read_text(encoding="utf-8").splitlines()):
                if at >= start:
                    found.merge(figures)
    return found


def lines_of(lines: Iterable[str]) -> Iterator[tuple[datetime, Figures]]:
    """What can be read: of a process that was killed, the last line may be cut off."""
    for line in lines:
        with suppress(ValueError):
            yield Figures.from_line(line)


def todays_file() -> Path:
    return _file(timezone.now().date())


def _forget_before(day: date) -> None:
    for file in _folder().glob("*.jsonl"):
        if file.stem < day.strftime(_DAY):
            file.unlink(missing_ok=True)


def _file(day: date) -> Path:
    return _folder() / f"{day.strftime(_DAY)}.jsonl"


def _folder() -> Path:
    return Path(settings.SIGNPOST_DATA) / "figures"


class Counted:
    """Counts each request by its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = perf_counter()
        response = self.get_response(request)
        count(page_of(request), response.status_code, (perf_counter() - start) * 1000)
        return response


def page_of(request: HttpRequest) -> str:
    """The name of its view, which says nothing of who asked for what."""
    if match := getattr(request, "resolver_match", None):
        return str(match.view_name)
    return "static files" if request.path.startswith(settings.STATIC_URL) else "no page"


def time_statements(sender: Any, connection: Any, **more: Any) -> None:
    """Called for each connection to the database when it opens."""
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    start = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (perf_counter() - start) * 1000
        if ms >= SLOW:
            note_statement(sql, ms)
