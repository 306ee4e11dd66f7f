"""One thing that is wrong."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """`id` stays the same from release to release, docs/reference/doctor.md lists each. `mend` is what to do or run."""

    id: str
    severity: Literal["error", "warning"]
    text: str
    mend: str


def error(id: str, text: str, mend: str) -> Finding:
    return Finding(id, "error", text, mend)


def warning(id: str, text: str, mend: str) -> Finding:
    return Finding(id, "warning", text, mend)


def manage(words: str) -> str:
    """A command of ours, as it has to be typed."""
    return f"{sys.executable} manage.py {words}"
