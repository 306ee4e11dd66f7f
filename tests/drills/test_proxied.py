"""What visitors meet behind nginx while the server dies, and beside clients that hang."""

from __future__ import annotations

import os
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import copy_of
from tests.browser.kept import LAW_FIRM, Pairs
from tests.browser.site import PATIENCE
from tests.drills.requestlog import RequestLog
from tests.drills.rows import kept_rows, stored_by
from tests.proxy.nginx import NAME, Proxy, proxy, server
from tests.proxy.supervised import supervised

KILLS = 5
SAVES = 60
CLIENTS = 4
HANGING = 2 * 24 * 2
"""Twice as many as the server's processes have threads."""
RESULT = f"/advice/?{LAW_FIRM}"


def client(number: int) -> str:
    """Each has a network of its own, so that no limit counts two together."""
    return f"198.{18 + number // 62500}.{number // 250 % 250}.{number % 250}"


def keep_form(site: Proxy, number: int) -> Pairs:
    page = site.get(f"/advice/keep/?{LAW_FIRM}", client=client(number)).text
    form: Pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return form


@pytest.mark.drill("F2", f"all processes are killed {KILLS} times behind nginx while {CLIENTS} clients keep results")
def test_the_server_is_back_and_keeps_its_word(set_up: Path, tmp_path: Path, seen: Callable[[str], None]) -> None:
    data = copy_of(set_up, tmp_path)
    log = RequestLog()
    done: list[int] = []
    busy = share_of_others()

    with supervised(data) as kept, proxy(kept.socket) as site:
        forms = [keep_form(site, number) for number in range(SAVES)]

        def send_until_acknowledged(number: int) -> None:
            """From another place each time: who is refused tries again at once, more often than one place may."""
            for attempt in range(10_000):
                post = partial(
                    site.post, "/advice/keep/", forms[number], client=client(1000 + number + attempt * SAVES)
                )
                if log.send(str(number), post).status == 303:
                    return
            raise AssertionError(f"form {number} was never acknowledged")

        def sender(numbers: range) -> None:
            for number in numbers:
                send_until_acknowledged(number)
                done.append(number)

        threads = [threading.Thread(target=sender, args=(range(start, SAVES, CLIENTS),)) for start in range(CLIENTS)]
        for thread in threads:
            thread.start()
        waits = []
        for kill in range(KILLS):
            while len(done) < kill * SAVES // KILLS and any(thread.is_alive() for thread in threads):
                threads[0].join(0.01)
            kept.kill()
            waits.append(seconds_until_back(site, kill))
        busy = max(busy, share_of_others())
        for thread in threads:
            thread.join()
        rows = kept_rows(data)
        places = {request.place for request in log.requests if request.place}
        shown = {site.get(place, client=client(500 + at)).status for at, place in enumerate(places)}

    seen(
        f"back after {max(waits):.1f} s at most, on a machine {busy:.1f} times in use; {log.summary()}; "
        f"{rows.total()} rows for {SAVES} forms"
    )
    assert log.faults(stored_by(log, rows)) == []
    assert rows.total() == len(done) == SAVES
    assert shown == {200}
    assert max(waits) < 5 * busy


def share_of_others() -> float:
    """1 on a machine that is free. More where others want the same processors: a start takes so much longer there."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def seconds_until_back(site: Proxy, kill: int) -> float:
    start = time.monotonic()
    number = 20_000 + kill * 5_000
    while site.get(RESULT, client=client(number)).status != 200:
        number += 1
        assert time.monotonic() < start + PATIENCE, "The server did not come back."
    return time.monotonic() - start


@pytest.mark.drill("F21", "clients leave in the middle of a form or before its answer, and others hang or trickle")
def test_clients_that_leave_or_hang_hold_no_worker(set_up: Path, tmp_path: Path, seen: Callable[[str], None]) -> None:
    data = copy_of(set_up, tmp_path)
    with server(data) as behind, proxy(behind.socket) as site, ExitStack() as open_ones:
        form = keep_form(site, 0)
        for number in range(HANGING):
            begin_form(site, 100 + number).close()
        with begin_form(site, 300, whole=urlencode(form).encode()):
            pass  # all was sent, and nobody waits for the answer

        slow = [open_ones.enter_context(begin_form(site, 1000 + number)) for number in range(HANGING)]
        silent, trickling = slow[::2], slow[1::2]
        start = time.monotonic()
        answers: Counter[int] = Counter()
        longest = 0.0
        while not all(is_closed(connection) for connection in silent):
            for connection in trickling:
                connection.send(b"a")
            asked = time.monotonic()
            answers[site.get(RESULT, client=client(2000 + answers.total())).status] += 1
            longest = max(longest, time.monotonic() - asked)
            assert time.monotonic() < start + 30, "A client that is silent was still there after 30 s."
        freed = time.monotonic() - start

        again = [site.post("/advice/keep/", form, client=client(1)) for _twice in range(2)]
        rows = kept_rows(data)

    seen(
        f"{len(silent)} silent clients were gone after {freed:.0f} s; beside them and {len(trickling)} that trickle, "
        f"{answers[200]} of {answers.total()} pages answered 200, the slowest after {longest:.2f} s; "
        f"{rows.total()} row for the one whole form"
    )
    assert set(answers) == {200}
    assert [reply.status for reply in again] == [303, 303]
    assert len({tuple(reply.all("Location")) for reply in again}) == 1
    assert rows.total() == 1


def begin_form(site: Proxy, number: int, whole: bytes | None = None) -> ssl.SSLSocket:
    """A form of which the client sends the beginning alone, if it isn't given the whole."""
    connection = site.connect(client=client(number))
    assert isinstance(connection, ssl.SSLSocket)
    body = whole if whole is not None else b"industry=law"
    connection.sendall(
        f"POST /advice/keep/ HTTP/1.1\r\nHost: {NAME}\r\nSec-Fetch-Site: same-origin\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body) if whole is not None else 60_000}\r\n\r\n".encode()
        + body
    )
    return connection


def is_closed(connection: ssl.SSLSocket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        if connection.fileno() >= 0:
            connection.setblocking(True)
