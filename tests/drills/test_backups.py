"""A machine is gone, and another takes its place."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.kept import keep_form
from tests.browser.site import Site, manage, served
from tests.drills.on_postgresql import served_on_postgresql

MOST = 30 * 60
"""Seconds until the site is up again."""
PAGES = ("/", "/privacy/", "/advice/?industry=law-finance&need=contract-review&modality=text")

OF_ONE_SERVER = re.compile(r'<input type="hidden"[^>]*>|<svg.*?</svg>|127\.0\.0\.1(?::|%3A)\d+', re.DOTALL)
"""Keys of forms, which are new each time, and the port: in addresses, and drawn as a code of squares."""


def kept(site: Site, count: int) -> list[str]:
    """Where so many results were kept."""
    forms = [keep_form(site) for _ in range(count)]
    return [site.post("/advice/keep/", form).all("Location")[0] for form in forms]


def seen_at(site: Site, places: list[str]) -> dict[str, str]:
    """The hash of each page as a visitor has it."""
    found = {}
    for place in [*PAGES, *places]:
        reply = site.get(place)
        assert reply.status == 200, place
        found[place] = hashlib.sha256(OF_ONE_SERVER.sub("", reply.text).encode()).hexdigest()
    return found


@contextmanager
def busy(site: Site) -> Iterator[None]:
    """Somebody keeps results all the while."""
    done = threading.Event()

    def keep_on() -> None:
        while not done.is_set():
            site.post("/advice/keep/", keep_form(site))

    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def back_up(site: Site, folder: Path, **own: str) -> Path:
    with busy(site):
        manage(site.data, "backup", str(folder), **own)
    (backup,) = folder.glob("signpost-*")
    return backup


@pytest.mark.drill("F24", "The machine is gone; a backup made while visitors wrote comes to an empty one")
def test_the_site_is_up_again_from_a_backup(own_site: Site, tmp_path: Path, seen: Callable[[str], None]) -> None:
    places = kept(own_site, 8)
    before = seen_at(own_site, places)
    backup = back_up(own_site, tmp_path / "backups")

    start = time.monotonic()
    empty = tmp_path / "empty"
    told = manage(empty, "restore", str(backup))
    manage(empty, "setup_site")
    with served(empty) as site:
        took = time.monotonic() - start
        after = seen_at(site, places)
        audit = manage(empty, "verify_audit")
    seen(f"up after {took:.0f} s, {len(after)} pages with the same hash; {told.splitlines()[0]}")
    assert after == before
    assert "Every table is the same" in told
    assert audit
    assert took < MOST
    there = {path.name for path in own_site.data.iterdir()} - {path.name for path in empty.iterdir()}
    assert there <= {"backed-up-at", "signpost.sqlite3-wal", "signpost.sqlite3-shm", "lookout", "figures"}


@pytest.mark.drill("F24", "The same on PostgreSQL: an empty machine, an empty database, and a backup")
def test_the_site_is_up_again_on_postgresql(tmp_path: Path, seen: Callable[[str], None]) -> None:
    with served_on_postgresql(tmp_path / "data") as on:
        places = kept(on.site, 8)
        before = seen_at(on.site, places)
        backup = back_up(on.site, tmp_path / "backups", SIGNPOST_DATABASE_URL=on.address)

        start = time.monotonic()
        there = {"SIGNPOST_DATABASE_URL": on.server.create("another")}
        empty = tmp_path / "empty"
        told = manage(empty, "restore", str(backup), **there)
        manage(empty, "setup_site", **there)
        with served(empty, **there) as site:
            took = time.monotonic() - start
            after = seen_at(site, places)
    seen(f"up after {took:.0f} s, {len(after)} pages with the same hash; {told.splitlines()[0]}")
    assert after == before
    assert took < MOST


@pytest.mark.drill(
    "F24",
    "The disk is gone; Litestream had copied what was written",
    expected="what was acknowledged a few seconds before is there",
)
def test_litestream_brings_back_what_was_acknowledged(
    own_site: Site, tmp_path: Path, seen: Callable[[str], None]
) -> None:
    program = Path(sys.executable).with_name("litestream")
    file = own_site.data / "signpost.sqlite3"
    replica = f"file://{tmp_path / 'replica'}"
    with subprocess.Popen([program, "replicate", file, replica], stderr=subprocess.PIPE) as process:  # noqa: S603  our own
        places = kept(own_site, 40)
        subprocess.run([program, "sync", "-wait", file], capture_output=True)  # noqa: S603  our own
        deadline = time.monotonic() + 20
        size = -1
        while time.monotonic() < deadline and size != (now := _size_of(tmp_path / "replica")):
            size = now
            time.sleep(3)
        process.kill()

    empty = tmp_path / "empty"
    empty.mkdir()
    there = empty / file.name
    subprocess.run([program, "restore", "-o", there, replica], check=True, capture_output=True)  # noqa: S603  our own
    shutil.copy(own_site.data / "secret-key", empty)
    manage(empty, "setup_site")
    with served(empty) as site:
        found = sum(site.get(place).status == 200 for place in places)
    seen(f"{found} of {len(places)} kept results are there")
    assert found == len(places)


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
