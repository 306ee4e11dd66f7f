"""What we install and what we have copied in: each known to the byte, and none older than its last hole."""

from __future__ import annotations

import re
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["run.txt", "dev.txt"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_its_digests(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ")
    entries = [line for line in lock.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert len(entries) > 20
    wrong = [
        entry
        for entry in entries
        if not re.match(r"[\w.-]+==[\w.+!-]+( ; [^#]+)?(\s+--hash=sha256:[0-9a-f]{64})+", entry)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text("utf-8")

    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", lock)


def test_django_is_not_older_than_its_last_security_release() -> None:
    assert django.VERSION >= (5, 2, 19)
