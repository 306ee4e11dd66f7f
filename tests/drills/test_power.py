"""The power fails. What was acknowledged before is on the disk: the system was made to write it, and had.

No machine is switched off here. The system calls of the real server, and of PostgreSQL, are written down: between a
form and its acknowledgement there is one that ends when the journal is on the disk.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.site import PATIENCE, Site
from tests.drills.on_postgresql import served_on_postgresql
from tests.drills.plugin import not_shown
from tests.drills.steady import keep_forms
from tests.postgres import programs

See = Callable[[str], None]
SAVES = 25
CALLS = "fsync,fdatasync,write,sendto,sendmsg"
SYNCED = re.compile(r"f(?:data)?sync\(\d+<([^>]+)>\)\s+= 0|<\.\.\. f(?:data)?sync resumed>\)\s+= 0")
BEGUN = re.compile(r"^(\d+) .*f(?:data)?sync\(\d+<([^>]+)> <unfinished")


@contextmanager
def calls_of(processes: Sequence[int], log: Path) -> Iterator[None]:
    """What these processes and all that they start ask of the system, in one order."""
    if not shutil.which("strace"):
        not_shown("strace is not installed: apt-get install strace")
    command = ["strace", "--follow-forks", "--decode-fds=path", f"--trace={CALLS}", "--string-limit=40"]
    command += [f"--output={log}", *(f"--attach={pid}" for pid in processes)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:  # noqa: S603
        assert tracer.stderr
        attached = 0
        while attached < len(processes):
            line = tracer.stderr.readline()
            if not line or "not permitted" in line:
                not_shown("no process may look at another here")
            attached += "attached" in line
        try:
            yield
        finally:
            tracer.terminate()
            tracer.wait(PATIENCE)


def acknowledged_and_forced(log: Path, journal: str) -> tuple[int, int]:
    """How many acknowledgements were sent, and before how many the journal was forced to the disk since the last."""
    sent = forced = 0
    is_forced = False
    waits: dict[str, str] = {}
    for line in log.read_text().splitlines():
        process = line.split(" ", 1)[0]
        if found := BEGUN.match(line):
            waits[process] = found[2]
        elif found := SYNCED.search(line):
            is_forced |= journal in (found[1] or waits.pop(process, ""))
        elif "HTTP/1.1 303" in line:
            sent += 1
            forced += is_forced
            is_forced = False
    return sent, forced


def keep_some(site: Site) -> None:
    for form in keep_forms(site, SAVES):
        assert site.post("/advice/keep/", form).status == 303


@pytest.mark.drill("F3", "Each result that is kept in SQLite, seen from the system")
def test_sqlite_forces_each_to_the_disk(own_site: Site, tmp_path: Path, seen: See) -> None:
    if os.geteuid():
        not_shown("only root can look at another's system calls")
    log = tmp_path / "calls"
    with calls_of(own_site.workers, log):
        keep_some(own_site)
    sent, forced = acknowledged_and_forced(log, "signpost.sqlite3-wal")
    seen(f"{forced} of {sent} were forced to the disk before they were acknowledged")

    assert (sent, forced) == (SAVES, SAVES)


@pytest.mark.drill("F3", "Each result that is kept in PostgreSQL, seen from the system")
def test_postgresql_forces_each_to_the_disk(tmp_path: Path, seen: See) -> None:
    if os.geteuid():
        not_shown("only root can look at another's system calls")
    if programs() is None:
        not_shown("PostgreSQL is not installed")
    log = tmp_path / "calls"
    with served_on_postgresql(tmp_path / "data") as on:
        assert on.server.process
        with calls_of([*on.site.workers, on.server.process.pid, *on.server.children()], log):
            keep_some(on.site)
    sent, forced = acknowledged_and_forced(log, "/pg_wal/")
    seen(f"{forced} of {sent} were forced to the disk before they were acknowledged")

    assert (sent, forced) == (SAVES, SAVES)
