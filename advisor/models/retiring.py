"""What a draft leaves out of the next release: records that are retired, and rows that have no meaning without them.

A row must never say more than its editor meant. So one whose filled cell would come to be empty, or that asks for what
nobody can tick any more, is left out as well, and is back as soon as the record is. Nothing is stored for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from advisor.decision import sentences
from advisor.decision.catalogue import Catalogue, Cells, fields_of

Key = tuple[str, str]
"""The section of a record and its slug."""
Document = Mapping[str, Any]

RETIRED = "it is retired"

CELLS = {"industries": "industry", "needs": "goal", "modalities": "kind of output", "categories": "kind of AI"}
"""Cells that hold when they name the case's own, and what one of theirs is called."""

HAS_CELLS = tuple(section for section, kind in Catalogue.SECTIONS.items() if issubclass(kind, Cells))
NEEDED = {"needs": ("modalities",)}
"""Lists of a section that may not come to be empty; of the others it is the sources."""


def section_of(section: str, field: str) -> str:
    """The section whose slugs a reference takes."""
    return str(fields_of(Catalogue.SECTIONS[section])[field].metadata["section"])


def references(section: str, record: Mapping[str, Any]) -> Iterator[tuple[str, Key]]:
    """Whatever a record names, by field."""
    for name, spec in fields_of(Catalogue.SECTIONS[section]).items():
        target = spec.metadata.get("section")
        if target:
            named = record[name]
            yield from ((name, (target, slug)) for slug in ([named] if isinstance(named, str) else named))


def records(document: Document) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    for section in Catalogue.SECTIONS:
        for record in document[section]:
            yield (section, record["slug"]), record


def left_out(document: Document, gone: Set[Key]) -> dict[Key, str]:
    """Every record that a draft leaves out when these are retired, and why. `document` holds the whole draft."""
    if not gone:
        return {}
    names = _names(document)
    found = dict.fromkeys(gone, RETIRED)
    for key, record in records(document):
        why = "" if key in gone else _goes_along(key[0], record, gone, names)
        if why:
            found[key] = why
    return found


def rule_headings(document: Document, keys: Iterable[Key]) -> dict[Key, str]:
    """What stands for each of these rules where other records have a name."""
    names, wanted = _names(document), set(keys)
    found = {}
    for key, record in records(document):
        if key[0] == "rules" and key in wanted:
            cells = {cell: [names[cell, slug] for slug in record[cell]] for cell in sentences.CELLS if record.get(cell)}
            found[key] = sentences.heading(cells, names["categories", record["category"]])
    return found


def _names(document: Document) -> dict[Key, str]:
    return {key: str(record.get("name") or record.get("title") or key[1]) for key, record in records(document)}


def _goes_along(section: str, record: Mapping[str, Any], gone: Set[Key], names: Mapping[Key, str]) -> str:
    """Why the record goes along with what is retired. Empty when it stays."""
    if section in HAS_CELLS:
        for cell, called in CELLS.items():
            named = [(cell, slug) for slug in record.get(cell, ())]
            if named and gone >= set(named):
                return f"it names no other {called} than {' and '.join(f'“{names[key]}”' for key in named)}"
        for slug in record["circumstances"]:
            if ("circumstances", slug) in gone:
                return f"it asks for “{names['circumstances', slug]}”"
    if section in ("rules", "examples") and ("categories", record["category"]) in gone:
        return f"it {'leads to' if section == 'rules' else 'expects'} “{names['categories', record['category']]}”"
    return ""


def without(document: Document, out: Mapping[Key, str]) -> dict[str, Any]:
    """The document without what is left out, which no record names either.

    Where nothing would be left of what a record can't be without, it goes on naming what is not there: then the check
    refuses the draft, and no claim without a source is published.
    """
    return {
        **document,
        **{
            section: [
                _shorter(section, record, out) for record in document[section] if (section, record["slug"]) not in out
            ]
            for section in Catalogue.SECTIONS
        },
    }


def _shorter(section: str, record: Mapping[str, Any], out: Mapping[Key, str]) -> dict[str, Any]:
    lists: dict[str, list[str]] = {}
    for field, (target, slug) in references(section, record):
        if not isinstance(record[field], str):
            stays = (target, slug) not in out
            lists.setdefault(field, []).extend([slug] if stays else [])
    for field, stay in lists.items():
        if (field in NEEDED.get(section, ("sources",)) and not stay) or (field == "parts" and stay != record[field]):
            lists[field] = list(record[field])
    return {**record, **lists}


def holes(document: Document, out: Mapping[Key, str]) -> dict[tuple[Key, str], str]:
    """What records that stay can't be without, by record and field, each in words that follow its name."""
    names = _names(document)
    return {
        (key, field): text
        for key, record in records(document)
        if key not in out
        for field, text in _holes(key[0], record, out, names)
    }


def _holes(
    section: str, record: Mapping[str, Any], out: Mapping[Key, str], names: Mapping[Key, str]
) -> Iterator[tuple[str, str]]:
    if section == "needs" and ("modalities", record["default_modality"]) in out:
        usual = names["modalities", record["default_modality"]]
        yield "default_modality", f"has “{usual}” as its usual kind of output. Choose another there first"
    for part in record.get("parts", ()):
        if ("categories", part) in out:
            yield "parts", f"joins “{names['categories', part]}” with another kind of AI. Retire the joined one first"
    for field, whose in (("sources", "its only source"), ("contested_sources", "the other side's only source")):
        named = [("sources", slug) for slug in record.get(field, ())]
        if named and all(key in out for key in named):
            yield field, f"has “{names[named[-1]]}” as {whose}. Give it another there first"
