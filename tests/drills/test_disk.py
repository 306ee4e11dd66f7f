"""The disk is full."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.browser.site import Site, manage, served
from tests.drills import outages
from tests.drills.forms import PAGES, writes
from tests.drills.outages import faults_in, look_around, notice_everywhere, seconds_until, small_disk
from tests.drills.plugin import not_shown
from tests.drills.requestlog import RequestLog
from tests.drills.rows import kept_rows, stored_by
from tests.drills.steady import keep_forms
from tests.postgres import Cluster, cluster, programs

See = Callable[[str], None]
SAVES = 200
ROOM = 200_000
"""Bytes that are left free at first: enough for some results."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one. Its name is short, as those of PostgreSQL's socket files must be."""
    if os.geteuid():
        not_shown("only root can mount a disk")
    folder = Path(tempfile.mkdtemp(prefix="signpost-disk-"))
    with small_disk(folder / "d", "160m") as made:
        yield made
    shutil.rmtree(folder)


@contextmanager
def filled(disk: Path, leave: int = 0) -> Iterator[Path]:
    """Something else takes the room, but for so many bytes."""
    ballast = disk / "ballast"
    fill(ballast, leave)
    try:
        yield ballast
    finally:
        ballast.unlink()


def fill(ballast: Path, leave: int = 0) -> None:
    with ballast.open("ab", buffering=0) as file:
        while (room := shutil.disk_usage(ballast.parent).free - leave) > 0:
            try:
                file.write(bytes(min(room, 1_000_000)))
            except OSError:
                return


def kept_until_refused(site: Site, log: RequestLog) -> int:
    """How many results are kept before one is refused. The refusal is honest."""
    for number, form in enumerate(keep_forms(site, SAVES)):
        reply = log.send(str(number), lambda sent=form: site.post("/advice/keep/", sent))  # type: ignore[misc]  # mypy infers no lambda with a default
        if reply.status != 303:
            assert (reply.status, bool(reply.all("Retry-After"))) == (503, True)
            return number
    raise AssertionError("the disk did not get full")


@pytest.mark.drill("F8", "SQLite's disk fills up while results are kept")
def test_the_disk_with_the_data_is_full(set_up: Path, tmp_path: Path, disk: Path, seen: See) -> None:
    data = Path(shutil.copytree(set_up, disk / "data"))
    log = RequestLog()
    with served(data, log=str(tmp_path / "log")) as site:
        forms = writes(site)
        with filled(disk, ROOM) as ballast:
            kept = kept_until_refused(site, log)
            fill(ballast)
            known = seconds_until(lambda: notice_everywhere(site))
            found = look_around(site, forms)
            ready = site.get("/readyz")
        well = seconds_until(lambda: notice_everywhere(site, shown=False))
        told = (tmp_path / "log").read_text()
        rows = kept_rows(site.data)
        own = set(rows) - set(stored_by(log, rows))  # of the log's requests
        again = {form.name: form.send().status for form in forms}
        shown = {site.get(request.place).status for request in log.requests if request.place}
    seen(
        f"{kept} results were kept in the last {ROOM // 1000} KB; then notice after {known:.1f} s; {found}; "
        f"/readyz {ready.status}; gone {well:.1f} s after there was room"
    )

    # What SQLite has room for in the files that it has is still stored.
    refused = [form for form in forms if found.refused[form.name].reply.status != 303]
    assert "keep" in [form.name for form in refused]
    assert faults_in(found, refused) == []
    assert len(own) == kept, "what was acknowledged is there, once"
    assert shown == {200}
    assert '"disk"' in ready.text
    assert "The database is full" in told
    assert "Traceback" not in told
    assert again == {form.name: 303 for form in forms}


@pytest.mark.drill("F8", "The disk of the log is full", expected="pages and forms as always")
def test_the_disk_with_the_log_is_full(set_up: Path, tmp_path: Path, disk: Path, seen: See) -> None:
    data = Path(shutil.copytree(set_up, tmp_path / "other"))
    with served(data, log=str(disk / "log")) as site:
        forms = writes(site)
        with filled(disk):
            pages = Counter(site.get(address).status for address in [*PAGES, "/readyz"])
            missing = site.get("/nowhere/").status
            sent = {form.name: form.send().status for form in forms}
    seen(f"{pages.total()} pages {sorted(pages)}, {len(sent)} kinds of form {sorted(set(sent.values()))}")

    assert set(pages) == {200}
    assert missing == 404
    assert set(sent.values()) == {303}


@pytest.mark.drill("F8", "PostgreSQL's disk is full")
def test_the_disk_of_postgresql_is_full(
    set_up: Path, tmp_path: Path, disk: Path, seen: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    if programs() is None:
        not_shown("PostgreSQL is not installed")
    log = RequestLog()
    data = tmp_path / "data"
    data.mkdir()
    (data / "static").symlink_to(set_up / "static")
    disk.chmod(0o755)
    disk.parent.chmod(0o755)
    with monkeypatch.context() as there:
        there.setattr(tempfile, "tempdir", str(disk))
        server = cluster("max_wal_size=32MB", "min_wal_size=32MB")
        with server as postgres:
            address = postgres.create("signpost")
            own = {"SIGNPOST_DATABASE_URL": address}
            manage(data, "setup_site", **own)
            with served(data, **own) as site:
                forms = writes(site)
                with filled(disk) as ballast:
                    kept = kept_until_refused(site, log)
                    fill(ballast)
                    found = look_around(site, forms)
                revive(postgres)
                well = seconds_until(lambda: notice_everywhere(site, shown=False), within=outages.KNOWN_WITHIN * 2)
                with psycopg.connect(address) as connection:
                    rows = Counter(
                        token for (token,) in connection.execute("SELECT token_hash FROM advisor_savedresult")
                    )
                again = {form.name: form.send().status for form in forms}
                shown = {site.get(request.place).status for request in log.requests if request.place}
    seen(f"{kept} results were kept before it was full; then {found}; well again {well:.1f} s after there was room")

    told = (data / "server.log").read_text()
    stored = stored_by(log, rows)
    assert [fault for fault in log.faults(stored) if "never sent" not in fault] == []
    assert faults_in(found, [form for form in forms if found.refused[form.name].reply.status != 303]) == []
    assert {reply.reply.status for reply in found.refused.values()} <= {303, 503}
    assert 503 in {reply.reply.status for reply in found.refused.values()}
    assert shown == {200}
    assert "A result could not be kept: DiskFull" in told
    assert again == {form.name: 303 for form in forms}


def revive(server: Cluster) -> None:
    """As its service does when it has ended itself, which it does when it can't write its journal."""
    assert server.process
    if server.process.poll() is not None:
        server.start()
