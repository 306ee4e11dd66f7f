"""Refuse what has let attackers into other sites: `.venv/bin/python tools/gates.py`. See gates.toml."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RULES = Path(__file__).with_suffix(".toml")
FOLDERS = ("advisor", "templates", "static/js", "deploy")
ENDINGS = {".py", ".html", ".txt", ".svg", ".xml", ".atom", ".js"}
NOT_OURS = {"static/js/htmx.min.js", "static/js/htmx-LICENSE.txt"}
"""Vendored: tests/test_supply.py compares it with the digest of what we took."""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a file, as an allowance names it."""

    file: str
    line: str


def problems(root: Path, rules: dict[str, Any]) -> Iterator[str]:
    """Every line that no gate lets through, then every allowance for a line that is not there any more."""
    allowed = {Place(entry["file"], entry["line"]): entry["why"] for entry in rules["allowed"]}
    yield from (f"{place.file}: the allowance gives no reason: {place.line}" for place in allowed if not allowed[place])
    used = set()
    for number, place in lines(root):
        for gate in rules["gate"]:
            if not re.search(gate["pattern"], place.line):
                continue
            used.add(place)
            if place not in allowed:
                yield f"{place.file}:{number}: {gate['name']}. {gate['why']}\n    {place.line}"
    yield from (
        f"{place.file}: allowed, but not there any more: {place.line}" for place in allowed if place not in used
    )


def lines(root: Path) -> Iterator[tuple[int, Place]]:
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*")):
        file = str(path.relative_to(root))
        if path.suffix in ENDINGS and file not in NOT_OURS:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
                yield number, Place(file, line.strip())


def main() -> None:
    if found := list(problems(ROOT, tomllib.loads(RULES.read_text("utf-8")))):
        sys.exit("\n".join([*found, "Write it otherwise, or add the line to tools/gates.toml with a reason."]))


if __name__ == "__main__":
    main()
