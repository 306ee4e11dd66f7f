"""What differs between two catalogues, record by record, in sentences that an editor reads before publishing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Protocol

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

_CELLS = {cell.name for cell in fields(Cells)} | {"categories"}


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


class Named(Protocol):
    """Where a slug's record is found, or its name."""

    @property
    def by_slug(self) -> Mapping[str, Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Names:
    """What records are called, by section and slug, for what is no catalogue."""

    by_slug: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


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


def record_changes(
    section: str, old: Mapping[str, Any], new: Mapping[str, Any], names: Named, labels: Mapping[str, str]
) -> tuple[FieldChange, ...]:
    """What differs between two states of one record, each as in a document or with more fields than that.

    `labels` says what each further field is called. A field that only one of the two knows was empty in the other.
    """
    specs = fields_of(Catalogue.SECTIONS[section])
    found = []
    for name in {**dict.fromkeys(specs), **new, **old}:
        was, now = old.get(name), new.get(name)
        if was == now or not (was or now):
            continue
        target = specs[name].metadata.get("section", "") if name in specs else ""
        is_date = name in specs and specs[name].type == "date"
        if isinstance(was or now, list):
            is_cell = name in _CELLS and issubclass(Catalogue.SECTIONS[section], Cells)
            was, now = (_named_in_order(value or [], target, names) for value in (was, now))
            sentence = _list_changed(was, now, target, names, names, is_cell=is_cell)
        else:
            was, now = (date.fromisoformat(value) if value and is_date else _as_day(value) for value in (was, now))
            sentence = _value_changed(was, now, target, names, names)
        found.append(FieldChange(name, _with_label(labels.get(name) or _label(name), sentence)))
    return tuple(found)


def record_says(
    section: str, said: Mapping[str, Any], names: Named, labels: Mapping[str, str]
) -> tuple[FieldChange, ...]:
    """All that one state of a record says, in place of what differs from another."""
    specs = fields_of(Catalogue.SECTIONS[section])
    found = []
    for name in {**dict.fromkeys(specs), **said}:
        value = said.get(name)
        if not value:
            continue
        target = specs[name].metadata.get("section", "") if name in specs else ""
        if isinstance(value, list):
            words = ", ".join(_value(item, target, names) for item in _named_in_order(value, target, names))
        else:
            is_date = name in specs and specs[name].type == "date"
            words = _value(date.fromisoformat(value) if is_date else _as_day(value), target, names)
        found.append(FieldChange(name, _with_label(labels.get(name) or _label(name), words)))
    return tuple(found)


def _as_day(value: Any) -> Any:
    """A moment, as a version holds it, is told by its day."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and "T" in value[10:11] else value
    except ValueError:
        return value


def _named_in_order(slugs: Sequence[Any], target: str, names: Named) -> list[Any]:
    """Stored by the alphabet, told in the order of the list that they are picked from."""
    if not target:
        return list(slugs)
    places = {slug: place for place, slug in enumerate(names.by_slug.get(target, ()))}
    return sorted(slugs, key=lambda slug: places.get(slug, len(places)))


def _label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def _with_label(label: str, sentence: str) -> str:
    return f"{label}: {sentence}" + ("" if sentence.endswith((".”", "?”", "…”")) else ".")


def _fields(section: str, old: Entry, new: Entry, before: Catalogue, after: Catalogue) -> Iterator[FieldChange]:
    for name, spec in fields_of(Catalogue.SECTIONS[section]).items():
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        target = spec.metadata.get("section", "")
        if isinstance(was, frozenset | tuple):
            sentence = _list_changed(was, now, target, before, after, is_cell=isinstance(new, Cells) and name in _CELLS)
        else:
            sentence = _value_changed(was, now, target, before, after)
        yield FieldChange(name, _with_label(_label(name), sentence))


def _value_changed(was: Any, now: Any, target: str, before: Named, after: Named) -> str:
    if isinstance(was, str) and isinstance(now, str) and max(len(was), len(now)) > SHORT:
        was, now = _apart(was, now)
    return f"from {_value(was, target, before)} to {_value(now, target, after)}"


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


def _list_changed(was: Any, now: Any, target: str, before: Named, after: Named, *, is_cell: bool) -> str:
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


def _in_order(items: Any, target: str, catalogue: Named) -> list[str]:
    """A set has no order of its own, so it follows the list that it picks from."""
    if isinstance(items, frozenset):
        return [slug for slug in catalogue.by_slug[target] if slug in items]
    return list(items)


def _value(value: Any, target: str, catalogue: Named) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if target and value in catalogue.by_slug.get(target, ()):
        named = catalogue.by_slug[target][value]
        return f"“{named if isinstance(named, str) else _name(named)}”"
    return f"“{value}”" if value else "nothing"
