"""What a command waits for before it begins, and what the server has ready before its first visitor."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest

from advisor import figures, published
from advisor.environment import BASE_DIR, read_environment
from advisor.models import snapshot
from deploy import warmup
from tests.conftest import Publish

EVERYTHING = "import django, sys; django.setup(); import advisor.urls; print(*sys.modules)"


def test_what_few_commands_need_is_imported_by_none_before_it_needs_it() -> None:
    command = [sys.executable, "-c", EVERYTHING]
    env = {**os.environ, "SIGNPOST_DATABASE_URL": ""}  # a site with the one file
    done = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=True)  # noqa: S603  ours
    loaded = done.stdout.split()
    assert "advisor.views.record" in loaded
    assert not set(warmup.LATER) & set(loaded)
    assert not {"dj_database_url", "psycopg", "weasyprint", "prometheus_client", "pyasn1"} & set(loaded)


@pytest.mark.parametrize("name", warmup.LATER)
def test_what_the_server_shares_out_is_there(name: str) -> None:
    assert import_module(name)


def _make_start_page() -> bytes:
    """In a thread of its own: it gives the thread's connection away, and the test needs one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(warmup.make_start_page, read_environment()).result()


class TestTheStartPageBeforeTheProcessesBegin:
    @pytest.fixture(autouse=True)
    def nothing_counted(self) -> None:
        figures.forget()

    def test_it_leaves_the_release_in_memory_and_counts_nobody(self, publish: Publish) -> None:
        publish()
        published.forget()

        assert _make_start_page()

        assert published._cached is not None
        assert not figures._counted.pages

    def test_before_there_is_a_release_there_is_none(self) -> None:
        assert not _make_start_page()

    def test_a_file_that_is_spoilt_leads_to_no_question_to_the_database(self, publish: Publish) -> None:
        publish()
        published.forget()
        snapshot.path().write_text("{")

        _make_start_page()

        assert published._cached is None
        assert published.current().number == 1  # who may ask the database does so at once


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep one anyway")
def test_the_server_has_one_heap_for_all_its_threads() -> None:
    program = """if True:
        import ctypes, threading
        from deploy import warmup
        warmup.keep_one_heap()
        everyone = threading.Barrier(8)
        def allocate():
            everyone.wait(30)
            held = [bytes(5_000) for _ in range(100)]
            everyone.wait(30)
        threads = [threading.Thread(target=allocate) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        ctypes.CDLL(None).malloc_stats()
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=BASE_DIR, capture_output=True, text=True, check=True)  # noqa: S603  ours

    assert "Arena 0:" in done.stderr
    assert "Arena 1:" not in done.stderr
