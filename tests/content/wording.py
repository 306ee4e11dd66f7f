"""Which runs of words a text has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

RUN = 8
"""This many words in a row are a quotation."""


def runs(text: str) -> Iterator[str]:
    """Every run of RUN words, in small letters and without marks."""
    found = re.findall(r"[a-z0-9]+", text.lower())
    for start in range(len(found) - RUN + 1):
        yield " ".join(found[start : start + RUN])


def digest(run: str) -> str:
    return hashlib.sha256(run.encode()).hexdigest()[:16]
