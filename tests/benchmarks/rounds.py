"""Measuring in rounds: product, floor, product, floor, so that a busy moment of the machine hits both."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Way = Callable[[], float]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians over the rounds. `ratio` is the median of each round's own ratio."""

    figure: float
    floor: float
    ratio: float


def interleaved(rounds: int, *ways: Callable[[], Found]) -> list[list[Found]]:
    """What each way gave in each round, one way after the other in every round."""
    found: list[list[Found]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, results in zip(ways, found, strict=True):
            results.append(way())
    return found


def compare(rounds: int, product: Way, floor: Way) -> Compared:
    figures, floors = interleaved(rounds, product, floor)
    return compared(figures, floors)


def middle(rounds: int, way: Way) -> float:
    """The median of what one way gives, where there is no floor to compare with."""
    return median(way() for _ in range(rounds))


def compared(figures: list[float], floors: list[float]) -> Compared:
    ratios = [figure / floor for figure, floor in zip(figures, floors, strict=True)]
    return Compared(median(figures), median(floors), median(ratios))


def cpu_per_call(calls: Iterable[Callable[[], object]]) -> float:
    """The processor time of each call, in seconds: other work on the machine is not counted."""
    calls = list(calls)
    start = time.process_time()
    for call in calls:
        call()
    return (time.process_time() - start) / len(calls)


def exponent(small: float, large: float, growth: float) -> float:
    """The power of the size by which a cost grows, when the size grew by `growth`."""
    return math.log(large / small) / math.log(growth)
