"""What is public changes, is taken back, is lost or is spoilt, while visitors read."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.kept import LAW_FIRM, keep, publish_a_change
from tests.browser.site import WORKERS, Reply, Site, manage
from tests.browser.test_served import only
from tests.drills.forms import Editor, hidden
from tests.drills.outages import moved_away, notice_everywhere, seconds_until
from tests.drills.requestlog import RequestLog

See = Callable[[str], None]
RESULT = f"/advice/?{LAW_FIRM}"
RECALL = """
from advisor.models import Recall, Release
Recall(release=Release.objects.get(number=1), text="Let a lawyer read each contract.").save()
"""


def by_each_worker(site: Site, address: str) -> list[Reply]:
    workers = site.workers
    assert len(workers) == WORKERS
    found = []
    for worker in workers:
        with only(worker, workers):
            found.append(site.get(address))
    return found


def release_of(site: Site) -> int:
    return int(json.loads(site.get(f"{RESULT}&format=json").text)["release"]["number"])


def restart_workers(site: Site) -> None:
    """Fresh ones, which hold nothing in memory."""
    before = site.workers
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    seconds_until(lambda: len(site.workers) == WORKERS and not set(before) & set(site.workers))


@contextmanager
def read_meanwhile(site: Site, address: str) -> Iterator[list[Reply]]:
    """Two visitors who read this page again and again."""
    replies: list[Reply] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            replies.append(site.get(address))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        yield replies
    finally:
        over.set()
        for reader in readers:
            reader.join()


@pytest.mark.drill("F15", "Release 2 was a mistake: an editor goes back to release 1")
def test_going_back(own_site: Site, tmp_path: Path, seen: See) -> None:
    editor = Editor(own_site)
    before = json.loads(own_site.get(f"{RESULT}&format=json").text)
    show, _manage = keep(own_site)
    kept = own_site.get(f"{show}record.md").text
    publish_a_change(own_site, tmp_path)
    log = RequestLog()
    log.see(lambda: release_of(own_site))
    address = "/admin/advisor/release/1/roll-back/"
    form = [*hidden(editor.get(address).text), ("note", "Back to what was right.")]

    start = time.monotonic()
    reply = editor.post(address, form)
    seconds_until(lambda: log.see(lambda: release_of(own_site)) == 3, within=60)
    took = time.monotonic() - start
    pages = by_each_worker(own_site, f"{RESULT}&format=json")
    trail = manage(own_site.data, "verify_audit")
    seen(f"release 3 with the content of 1 after {took:.1f} s, in {len(pages)} workers; {trail.splitlines()[0]}")

    assert reply.status in (302, 303)
    for page in pages:
        after = json.loads(page.text)
        assert after["release"]["sha256"] == before["release"]["sha256"]
        assert {**after, "release": None} == {**before, "release": None}
    assert own_site.get(f"{show}record.md").text == kept
    assert log.faults({}) == []


@pytest.mark.drill("F16", "Release 1 is recalled, with a kept link and a page of it in use")
def test_a_recall_reaches_links_and_pages_of_every_worker(own_site: Site, seen: See) -> None:
    show, _manage = keep(own_site)
    addresses = [show, f"{show}record/", f"{show}record.md", f"{show}record.json", RESULT]
    for address in addresses:
        assert {reply.status for reply in by_each_worker(own_site, address)} == {200}

    manage(own_site.data, "shell", "-v0", "-c", RECALL)
    start = time.monotonic()
    replies = [reply for address in addresses for reply in by_each_worker(own_site, address)]
    seen(f"{len(addresses)} addresses in {WORKERS} workers, all within {time.monotonic() - start:.1f} s of the recall")

    assert {reply.status for reply in replies} == {410}
    assert all("Let a lawyer read each contract." in reply.text for reply in replies)


def _lost(file: Path) -> None:
    file.unlink(missing_ok=True)


def _spoilt(file: Path) -> None:
    file.write_text('{"number": 1, "sha256": "0", "published_at": "", "note": "", "document": "{}"}')


@pytest.mark.drill("F18", "The files of release, owner and recalls are deleted and spoilt while visitors read")
def test_what_is_cached_on_disk_is_lost(own_site: Site, seen: See) -> None:
    right = by_each_worker(own_site, RESULT)[0].text  # each holds it now: one that does not would mend the file
    with read_meanwhile(own_site, RESULT) as replies:
        for break_it in (_lost, _spoilt, _lost):
            for name in ("current-release.json", "owner.json", "recalls.json"):
                break_it(own_site.data / name)
                seen_so_far = len(replies)
                seconds_until(lambda least=seen_so_far + 4: len(replies) >= least)  # type: ignore[misc]  # mypy infers no lambda with a default
    restart_workers(own_site)
    fresh = own_site.get(RESULT)
    statuses = sorted({reply.status for reply in replies})
    seen(f"{len(replies)} pages {statuses}, all the same as before: {all(reply.text == right for reply in replies)}")

    assert statuses == [200]
    assert {reply.text for reply in replies} == {right}
    assert fresh.text == right


@pytest.mark.drill("F22", "One byte of the release file is flipped, then every worker is replaced")
def test_a_spoilt_release_file(own_site: Site, tmp_path: Path, seen: See) -> None:
    publish_a_change(own_site, tmp_path)
    file = own_site.data / "current-release.json"
    right = by_each_worker(own_site, RESULT)[0].text  # each holds it now: one that does not would mend the file
    content = file.read_bytes()
    place = content.rindex(b" the ")
    file.write_bytes(content[: place + 1] + b"T" + content[place + 2 :])

    running = by_each_worker(own_site, RESULT)
    with moved_away(own_site):
        restart_workers(own_site)
        seconds_until(lambda: notice_everywhere(own_site))
        before = release_of(own_site)
        alone = own_site.get(RESULT).status
    healed = seconds_until(lambda: release_of(own_site) == 2)
    log = own_site.log.read_text()
    seen(
        f"running workers went on with release 2; fresh ones without a database showed release {before}, "
        f"and release 2 {healed:.1f} s after the database was back; the log says so"
    )

    assert [reply.text for reply in running] == [right] * WORKERS
    assert (before, alone) == (1, 200)
    assert "Snapshot file refused" in log
    assert own_site.get(RESULT).text == right
