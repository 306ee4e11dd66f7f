"""What docs/reference/safety-register.md names is there: a register that promises what is gone is worse than none."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGISTER = (ROOT / "docs/reference/safety-register.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([A-Z0-9][^|]*) \| ([^|]+) \| ([^|]+) \|$", REGISTER, re.MULTILINE)
NUMBERS = {"S": 33, "R": 12, "F": 26, "A": 20, "H": 10}
"""How many points of each kind the bar has."""


@functools.cache
def names_in(file: str) -> frozenset[str]:
    """The tests of a file: each by its own name, and by that of its class before it."""
    found: set[str] = set()
    for node in ast.parse((ROOT / file).read_text("utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inside:
            if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
                found.add(f"{node.name}::{one.name}" if isinstance(node, ast.ClassDef) else one.name)
    return frozenset(found)


def named() -> Iterator[tuple[str, str]]:
    yield from re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", REGISTER)


def test_every_test_that_it_names_exists() -> None:
    assert len(set(named())) > 100
    missing = [f"{file}::{name}" for file, name in named() if not (ROOT / file).exists() or name not in names_in(file)]

    assert missing == []


def test_every_decision_that_it_names_exists() -> None:
    numbers = {int(number) for number in re.findall(r"\bADR (\d+)", REGISTER)}

    assert numbers
    assert [number for number in numbers if not list((ROOT / "docs/adr").glob(f"{number:04}-*.md"))] == []


def test_every_point_has_a_row() -> None:
    points = {re.sub(r"[a-e]$", "", point) for cell, _, _ in ROWS for point in re.split(r", ", cell)}

    assert {f"{kind}{n}" for kind, most in NUMBERS.items() for n in range(1, most + 1)} - points == set()


def test_every_row_shows_something_or_says_that_it_is_open() -> None:
    bare = [cells[0] for cells in ROWS if not re.search(r"`tests/|ADR \d|\*\*open\*\*|\]\((?!http)[^)]+\)", cells[2])]

    assert bare == []
