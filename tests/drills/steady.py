"""Visitors who read and keep results without a pause while something changes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.browser.kept import LAW_FIRM, Pairs, keep_form
from tests.browser.site import Site
from tests.drills.forms import PAGES, timed
from tests.drills.requestlog import RequestLog


@dataclass
class Steady:
    """What they met."""

    pages: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    saves: RequestLog = field(default_factory=RequestLog)

    @property
    def saved(self) -> Counter[int]:
        return Counter(request.status for request in self.saves.requests)

    def __str__(self) -> str:
        return (
            f"{self.pages.total()} pages {sorted(self.pages)}, the slowest {self.slowest:.2f} s; "
            f"{self.saved.total()} saves {sorted(self.saved)}, the slowest {self.saves.longest():.2f} s"
        )


@contextmanager
def visitors(site: Site, forms: Sequence[Pairs]) -> Iterator[Steady]:
    """One reads, and one sends these forms, until the end of the block."""
    found = Steady()
    over = threading.Event()
    problems: list[BaseException] = []

    def until_over(do: Callable[[int], None]) -> None:
        number = 0
        try:
            while not over.is_set():
                do(number)
                number += 1
        except BaseException as problem:  # to be raised where somebody looks
            problems.append(problem)

    def read(number: int) -> None:
        page = timed(lambda: site.get(PAGES[number % len(PAGES)]))
        found.pages[page.reply.status] += 1
        found.slowest = max(found.slowest, page.seconds)

    def keep(number: int) -> None:
        if number < len(forms):
            found.saves.send(str(number), lambda: site.post("/advice/keep/", forms[number]))
            over.wait(0.01)  # so that the forms last for a while
        else:
            over.wait(0.1)

    threads = [threading.Thread(target=until_over, args=(do,)) for do in (read, keep)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if problems:
        raise problems[0]


def keep_forms(site: Site, count: int) -> list[Pairs]:
    return [keep_form(site, LAW_FIRM) for _form in range(count)]
