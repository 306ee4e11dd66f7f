"""What differs between two catalogues, record by record, in sentences that an editor reads before publishing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from advisor.decision.catalogue import Catalogue, Cells, Entry, Rule, fields_of
from advisor.decision.sentences import heading_of
from advisor.decision.texts import name_of as _name

CAME = "came"
CHANGED = "changed"
WENT = "went"
ORDER = "order"

KINDS = {
    "sources": "Source",
    "categories": "Kind of AI",
    "industries": "Industry",
    "needs": "Goal",
    "modalities": "Kind of output",
    "circumstances": "Circumstance",
    "rules": "Rule",
    "gates": "Gate",
    "caveats": "Caveat",
    "tools": "Tool",
    "terms": "Word",
    "examples": "Example",
}
"""What one record of a section is called."""

SHORT = 100
"""Characters of a text that is shown whole before and after. Of a longer one only the part that changed is."""
CONTEXT = 4
"""Words shown before and after that part."""

LABELS = {
    "category": "Kind of AI",
    "categories": "Kinds of AI",
    "needs": "Goals",
    "modalities": "Kinds of output",
    "default_modality": "Usual output",
    "tie": "Commercial tie",
}
"""What a field is called where its name is a word of ours."""

_CELLS = {field.name for field in fields(Cells)} | {"categories"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a record that changed. `sentence` says from what to what."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """One record that came, changed or went; or a section whose order alone is another."""

    section: str
    slug: str
    how: str
    sentence: str
    fields: tuple[FieldChange, ...] = ()


def changes(before: Catalogue, after: Catalogue) -> tuple[Change, ...]:
    """Everything that differs, in the order of a document. Empty when the two say the same."""
    return tuple(change for section in Catalogue.SECTIONS for change in _of_section(section, before, after))


def _of_section(section: str, before: Catalogue, after: Catalogue) -> Iterator[Change]:
    old, new = before.by_slug[section], after.by_slug[section]
    kind = KINDS[section]
    for slug, entry in new.items():
        if slug not in old:
            yield Change(section, slug, CAME, _told(kind, entry, after, "is new"))
        elif entry != old[slug]:
            found = tuple(_fields(section, old[slug], entry, before, after))
            yield Change(section, slug, CHANGED, _told(kind, entry, after, "changed"), found)
    for slug, entry in old.items():
        if slug not in new:
            yield Change(section, slug, WENT, _told(kind, entry, before, "is gone"))
    if [slug for slug in old if slug in new] != [slug for slug in new if slug in old]:
        yield Change(section, "", ORDER, f"{kind}: the order of the list changed.")


def _told(kind: str, entry: Entry, catalogue: Catalogue, what: str) -> str:
    if isinstance(entry, Rule):
        return f"{kind} {what}. {heading_of(entry, catalogue)}."
    return f"{kind} “{_name(entry)}” {what}."


def _fields(section: str, old: Entry, new: Entry, before: Catalogue, after: Catalogue) -> Iterator[FieldChange]:
    for name, spec in fields_of(Catalogue.SECTIONS[section]).items():
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        label = LABELS.get(name) or name.replace("_", " ").capitalize()
        target = spec.metadata.get("section", "")
        if isinstance(was, frozenset | tuple):
            sentence = _list_changed(was, now, target, before, after, is_cell=isinstance(new, Cells) and name in _CELLS)
        else:
            if isinstance(was, str) and isinstance(now, str) and max(len(was), len(now)) > SHORT:
                was, now = _apart(was, now)
            sentence = f"from {_value(was, target, before)} to {_value(now, target, after)}"
        yield FieldChange(name, f"{label}: {sentence}" + ("" if sentence.endswith((".”", "?”", "…”")) else "."))


def _apart(was: str, now: str) -> tuple[str, str]:
    """The words in which two texts differ, with a few around them and dots for those left out."""
    old, new = was.split(" "), now.split(" ")
    least = min(len(old), len(new))
    head = next((place for place in range(least) if old[place] != new[place]), least)
    tail = next((place for place in range(least - head) if old[-1 - place] != new[-1 - place]), least - head)
    start, left = max(head - CONTEXT, 0), max(tail - CONTEXT, 0)
    return _part(old, start, left), _part(new, start, left)


def _part(words: list[str], start: int, left: int) -> str:
    """The words without so many at the start and at the end."""
    end = len(words) - left
    return ("… " if start else "") + " ".join(words[start:end]) + (" …" if left else "")


def _list_changed(was: Any, now: Any, target: str, before: Catalogue, after: Catalogue, *, is_cell: bool) -> str:
    """What a list gained and lost. An empty condition cell means any, so a cell that empties or fills says so."""
    came = [_value(item, target, after) for item in _in_order(now, target, after) if item not in was]
    went = [_value(item, target, before) for item in _in_order(was, target, before) if item not in now]
    if is_cell and not was:
        return f"from any to {', '.join(came)}"
    if is_cell and not now:
        return f"from {', '.join(went)} to any"
    parts = [f"added {', '.join(came)}"] if came else []
    parts += [f"took out {', '.join(went)}"] if went else []
    return "; ".join(parts) or "the order changed"


def _in_order(items: Any, target: str, catalogue: Catalogue) -> list[str]:
    """A set has no order of its own, so it follows the list that it picks from."""
    if isinstance(items, frozenset):
        return [slug for slug in catalogue.by_slug[target] if slug in items]
    return list(items)


def _value(value: Any, target: str, catalogue: Catalogue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if target and value in catalogue.by_slug[target]:
        return f"“{_name(catalogue.by_slug[target][value])}”"
    return f"“{value}”" if value else "nothing"
