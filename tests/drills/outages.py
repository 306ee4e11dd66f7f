"""Ways to take the database away from a served site, and what to look at meanwhile. One class for each engine."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.site import Reply, Site
from tests.drills.forms import PAGES, Timed, Write, timed

NOTICE = "can’t keep results or take in messages"
KNOWN_WITHIN = 15.0
"""Seconds within which every worker knows that the database is away, and that it is back."""
PAGE_WITHIN = 1.0
WRITE_WITHIN = 5.0
RUSH = 60
"""Forms that are sent at once. There are fewer threads."""


@contextmanager
def moved_away(site: Site) -> Iterator[None]:
    """The file of SQLite, with what belongs to it."""
    files = list(site.data.glob("signpost.sqlite3*"))
    for file in files:
        file.rename(file.with_name(f"away-{file.name}"))
    try:
        yield
    finally:
        for file in files:
            file.with_name(f"away-{file.name}").rename(file)


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """By a connection that writes and does not end."""
    holder = sqlite3.connect(site.data / "signpost.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)  # noqa: S603, S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S603, S607


class FailingDisk:
    """A disk of its own, whose system lets nothing be written any more after a fault, also to files that are open."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image, self.folder = image, folder

    def fail(self) -> None:
        os.sync()  # what was copied there before belongs to no drill
        device = _run("findmnt", "--noheadings", "--output", "SOURCE", self.folder).strip()
        Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error").write_text("1")

    def mend(self) -> None:
        """Once nobody has a file of it open."""
        _run("umount", self.folder)
        subprocess.run(["e2fsck", "-fy", self.image], capture_output=True, check=False)  # noqa: S603, S607  1: mended
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)


@contextmanager
def failing_disk(folder: Path, size: str) -> Iterator[FailingDisk]:
    disk = FailingDisk(folder.with_suffix(".image"), folder)
    folder.mkdir()
    _run("truncate", f"--size={size}", disk.image)
    _run("mkfs.ext4", "-q", disk.image)
    disk.mount()
    try:
        yield disk
    finally:
        _run("umount", "--lazy", folder)


def _run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  own words


@dataclass
class Seen:
    """What was met while something was broken."""

    pages: list[Timed]
    refused: dict[str, Timed]

    @property
    def slowest_page(self) -> float:
        return max(page.seconds for page in self.pages)

    @property
    def slowest_write(self) -> float:
        return max(refused.seconds for refused in self.refused.values())

    def __str__(self) -> str:
        statuses = sorted({refused.reply.status for refused in self.refused.values()})
        return (
            f"{len(self.pages)} pages 200, the slowest {self.slowest_page:.2f} s; "
            f"{len(self.refused)} kinds of write {statuses}, the slowest {self.slowest_write:.1f} s"
        )


def look_around(site: Site, writes: Sequence[Write]) -> Seen:
    return Seen(
        [timed(lambda address=address: site.get(address)) for address in PAGES],  # type: ignore[misc]  # mypy infers no lambda with a default
        {write.name: timed(write.send) for write in writes},
    )


def faults_in(seen: Seen, writes: Sequence[Write]) -> list[str]:
    found = [f"a page answered {page.reply.status}" for page in seen.pages if page.reply.status != 200]
    if seen.slowest_page > PAGE_WITHIN:
        found.append(f"a page took {seen.slowest_page:.2f} s")
    for write in writes:
        refused = seen.refused[write.name]
        if refused.reply.status != 503:
            found.append(f"{write.name} answered {refused.reply.status}")
        if not refused.reply.all("Retry-After"):
            found.append(f"{write.name} does not say when to come back")
        if write.typed not in refused.reply.text:
            found.append(f"{write.name} lost what was typed")
        if refused.seconds > WRITE_WITHIN:
            found.append(f"{write.name} took {refused.seconds:.1f} s")
    return found


def seconds_until(holds: Callable[[], bool], within: float = KNOWN_WITHIN) -> float:
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < within, f"not within {within} s"
        time.sleep(0.1)
    return time.monotonic() - start


def notice_everywhere(site: Site, shown: bool = True) -> bool:
    """Ten requests reach both workers, most likely."""
    return all((NOTICE in site.get("/").text) is shown for _ in range(10))


def page_in_a_rush(site: Site, send: Callable[[int], Reply]) -> tuple[float, set[int]]:
    """While more forms are sent than there are threads: what 19 of 20 pages take, and what the forms came to."""
    with ThreadPoolExecutor(RUSH) as clients:
        forms = [clients.submit(send, number) for number in range(RUSH)]
        pages = []
        while not all(form.done() for form in forms):
            page = timed(lambda: site.get("/advice/industry/"))
            assert page.reply.status == 200
            pages.append(page.seconds)
        return sorted(pages)[len(pages) * 19 // 20], {form.result().status for form in forms}
