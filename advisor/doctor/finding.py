"""One thing that is wrong."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Literal

INSTALLED = "/etc/signpost/signpost.env"
"""Where deploy/signpost takes the settings from."""


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
    """A command of ours, as it has to be typed: `signpost` runs it as the site's own user, with its settings."""
    if os.environ.get("SIGNPOST_ENV_FILE") == INSTALLED:
        return f"signpost {words}"
    return f"{sys.executable} manage.py {words}"
