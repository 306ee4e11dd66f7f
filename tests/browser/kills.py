"""Processes that are killed while forms are sent to them."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable

from tests.browser.site import PATIENCE, Reply, Site


def sent_under_kills(
    site: Site, count: int, send: Callable[[int], Reply], least: int = 5, kill: Callable[[], None] | None = None
) -> list[set[str]]:
    """For each of so many forms: where it led to. Each is sent until it is acknowledged, and then once more.

    Meanwhile the server's processes are killed at random, one for each four forms and `least` of them at least; or what
    `kill` kills.
    """
    over = threading.Event()
    chance = random.Random(count)  # noqa: S311  a seed, so that a failure can be repeated
    places: dict[int, set[str]] = {}

    def place_of(number: int) -> str | None:
        try:
            reply = send(number)
        except (OSError, http.client.HTTPException):
            return None
        return reply.all("Location")[0] if reply.status == 303 else None

    def sender(numbers: range) -> None:
        for number in numbers:
            while not (place := place_of(number)):
                if over.is_set():
                    return
            places[number] = {place, place_of(number) or place}

    threads = [threading.Thread(target=sender, args=(range(start, count, 4),)) for start in range(4)]
    for thread in threads:
        thread.start()
    kills, acknowledged, moved = 0, 0, time.monotonic()
    try:
        while any(thread.is_alive() for thread in threads):
            workers = site.workers
            if workers and len(places) >= kills * 4:
                if kill:
                    kill()
                else:
                    os.kill(chance.choice(workers), signal.SIGKILL)
                kills += 1
            threads[kills % 4].join(0.02)
            if len(places) > acknowledged:
                acknowledged, moved = len(places), time.monotonic()
            assert time.monotonic() < moved + PATIENCE, f"After {kills} kills nothing is acknowledged any more."
    finally:
        over.set()  # else they would send for ever when a kill goes wrong
    assert kills >= least
    return list(places.values())
