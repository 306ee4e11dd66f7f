"""Rows as sentences, for editors: rules have no name, and a slug says little to whoever did not choose it.

Names stand in quotation marks, because they hold commas and verbs of their own. A function here takes the names of each
filled cell, so that it serves the records of a document and the rows of a table alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from advisor.decision.catalogue import Catalogue, Cells, Rule
from advisor.decision.wording import capital, listed

CELLS = ("industries", "needs", "modalities", "circumstances", "categories")
"""The condition cells, in the order in which a row is read."""

Names = Mapping[str, Sequence[str]]
"""The names that each filled cell holds."""

FEW = 2
"""So many names of a cell stand in a heading; a longer cell says how many others it has."""

_HOLDS = {
    "needs": "the goal is {}",
    "modalities": "the output is {}",
    "circumstances": "they said {}",
    "categories": "the advice is {}",
}


def names_in(row: Cells, catalogue: Catalogue) -> dict[str, list[str]]:
    """What the filled cells of a row name, in the order of the lists."""
    found = {}
    for cell in CELLS:
        named: Collection[str] = getattr(row, cell, ())
        if named:
            found[cell] = [entry.name for slug, entry in catalogue.by_slug[cell].items() if slug in named]
    return found


def when(names: Names, most: int | None = None) -> str:
    """For whom and when a row holds: For “Law”, when the goal is “Check contracts” and the output is “Text”.

    With `most`, only so many names of each cell, and how many others there are.
    """
    holds = [
        words.format(_named(names[cell], "and" if cell == "circumstances" else "or", most))
        for cell, words in _HOLDS.items()
        if names.get(cell)
    ]
    where = f"for {_named(names['industries'], 'or', most)}" if names.get("industries") else ""
    said = ", ".join(filter(None, (where, f"when {listed(holds)}" if holds else "")))
    return capital(said) or "In every case"


def _named(names: Sequence[str], last: str, most: int | None) -> str:
    quoted = [f"“{name}”" for name in names]
    others = len(quoted) - most if most and len(quoted) > most + 1 else 0
    if others:
        quoted = [*quoted[:most], f"{others} others"]
    return listed(quoted, last)


def rule(names: Names, category: str, because: str) -> str:
    """The whole row: when, which kind of AI, and why."""
    return f"{when(names)}: {inside(category)}, {reason(because)}"


def reason(text: str) -> str:
    """A row’s reason, after what it says."""
    return inside(text) if text.casefold().startswith("because ") else f"because {inside(text)}"


def heading(names: Names, category: str) -> str:
    """What stands for a rule where other records have a name."""
    return f"{when(names, FEW)}: {inside(category)}"


def heading_of(row: Rule, catalogue: Catalogue) -> str:
    return heading(names_in(row, catalogue), catalogue.by_slug["categories"][row.category].name)


def title_of(section: str, slug: str, catalogue: Catalogue | None) -> str:
    """What an editor knows a record by: its name or title, a rule's heading, and without a record its slug."""
    entry = catalogue.by_slug[section].get(slug) if catalogue else None
    if entry is None or catalogue is None:
        return slug
    if isinstance(entry, Rule):
        return heading_of(entry, catalogue)
    return str(getattr(entry, "name", "") or getattr(entry, "title", "") or slug)


def inside(text: str) -> str:
    """As it stands within a sentence. A word that holds further capitals, such as AI, keeps its first."""
    first = text.split(" ", 1)[0]
    return text if first[1:] != first[1:].lower() else text[:1].lower() + text[1:]
