"""The catalogue: everything one release says, as frozen values, and its document form.

A document is plain JSON: one key a section, each section a list of records in the editors' order, each record a
flat object whose references are slugs. The files in `fixtures/` hold one section each in the same form.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, get_type_hints

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_LENGTH = 64
RESERVED = "none"
"""In an address this says that nothing was ticked, so no record may have it as its slug."""

FORMAT = 1

READY = "ready"
PREPARE = "prepare"
NOT_YET = "not-yet"
LEVELS = (READY, PREPARE, NOT_YET)
"""Of readiness, from the mildest to the strictest."""


def refers_to(section: str, **kwargs: Any) -> Any:
    """A field whose slugs must name records of `section`."""
    return field(metadata={"section": section}, **kwargs)


def one_of(*allowed: str, **kwargs: Any) -> Any:
    """A field that takes only the words listed."""
    return field(metadata={"allowed": allowed}, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Anything an editor keeps in a list. The slug never changes: addresses and saved results hold it."""

    slug: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Something the site says: where it comes from, when it was checked, by when to look again.

    `contested` holds the other side's reason, empty when nobody disagrees.
    """

    sources: tuple[str, ...] = refers_to("sources")
    checked_on: date
    review_by: date
    contested: str = ""
    contested_sources: tuple[str, ...] = refers_to("sources", default=())

    def is_overdue(self, today: date) -> bool:
        return today > self.review_by


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Condition cells of a row. An empty cell means any.

    Industries, needs and modalities hold when they name the case's own; circumstances when all of them were ticked.
    """

    industries: frozenset[str] = refers_to("industries", default=frozenset())
    needs: frozenset[str] = refers_to("needs", default=frozenset())
    modalities: frozenset[str] = refers_to("modalities", default=frozenset())
    circumstances: frozenset[str] = refers_to("circumstances", default=frozenset())

    @property
    def specificity(self) -> int:
        """How many cells are filled: the hit policy's only measure."""
        return sum(bool(cell) for cell in (self.industries, self.needs, self.modalities, self.circumstances))


@dataclass(frozen=True, kw_only=True)
class Condition(Cells):
    """Cells of a row that is looked up after the table has decided, so it may also ask for the category."""

    categories: frozenset[str] = refers_to("categories", default=frozenset())

    @property
    def specificity(self) -> int:
        return super().specificity + bool(self.categories)


@dataclass(frozen=True, kw_only=True)
class Source(Entry):
    """Where a claim comes from. `dated` is the publisher's own date or status, as words."""

    title: str
    publisher: str
    url: str = ""
    dated: str = ""
    opened: bool = True


@dataclass(frozen=True, kw_only=True)
class Category(Entry, Claim):
    """A kind of AI that can be recommended. `parts` names the two kinds that a combined category joins."""

    name: str
    short_name: str
    phrase: str
    plate: str
    summary: str
    strengths: tuple[str, ...]
    limits: tuple[str, ...]
    training: str
    uses_ai: bool = True
    parts: frozenset[str] = refers_to("categories", default=frozenset())


@dataclass(frozen=True, kw_only=True)
class Industry(Entry):
    """`phrase` follows "for"; `needs` are the goals usual in this industry, offered first."""

    name: str
    phrase: str
    help: str = ""
    needs: frozenset[str] = refers_to("needs", default=frozenset())


@dataclass(frozen=True, kw_only=True)
class Modality(Entry):
    """A kind of content to produce. `phrase` follows "you ticked"."""

    name: str
    phrase: str
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Need(Entry):
    """A goal in the visitor's words. `phrase` follows "you want to"; `words` feed the finder."""

    name: str
    phrase: str
    help: str = ""
    modalities: tuple[str, ...] = refers_to("modalities")
    default_modality: str = refers_to("modalities")
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Circumstance(Entry):
    """A fact about the business. `phrase` follows "you said"; `offers`: the only ways of offering a tool that fit."""

    name: str
    phrase: str
    help: str = ""
    offers: tuple[str, ...] = one_of("hosted", "self-hosted", "open-weights", "built-in", default=())


@dataclass(frozen=True, kw_only=True)
class Rule(Entry, Claim, Cells):
    """A row of the decision table. `look_for` says what to look for next, always filled when the outcome is no AI."""

    category: str = refers_to("categories")
    because: str
    look_for: str = ""


@dataclass(frozen=True, kw_only=True)
class Gate(Entry, Claim, Condition):
    """What must be true first. `retry` labels the link that asks again without the circumstance."""

    name: str
    level: str = one_of(PREPARE, NOT_YET)
    because: str
    action: str
    retry: str = ""


@dataclass(frozen=True, kw_only=True)
class Caveat(Entry, Claim, Condition):
    """An ethical or legal matter to mind. `status` says since when and where it holds; certainty L cannot be stored."""

    name: str
    severity: str = one_of("must", "mind")
    text: str
    action: str
    status: str = ""
    certainty: str = one_of("high", "medium")


@dataclass(frozen=True, kw_only=True)
class Tool(Entry, Claim, Condition):
    """An example product. A `technique` is explained but never suggested; `tie` names any commercial tie we have."""

    name: str
    maker: str = ""
    kind: str = one_of("product", "technique", default="product")
    what_for: str
    limits: str
    price_model: str = ""
    data_use: str = ""
    offered: tuple[str, ...] = one_of("hosted", "self-hosted", "open-weights", "built-in", default=())
    url: str = ""
    tie: str = ""


@dataclass(frozen=True, kw_only=True)
class Term(Entry, Claim):
    """A technical word that a page uses, explained."""

    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Example(Entry):
    """An editor's test: answers, written as in an address, and what they must lead to.

    An empty readiness does not matter. The caveats named must all be shown; others may be too.
    """

    name: str
    answers: str
    category: str = refers_to("categories")
    readiness: str = one_of("", *LEVELS, default="")
    caveats: frozenset[str] = refers_to("caveats", default=frozenset())
    on_home: bool = False


class DocumentError(ValueError):
    """A document that cannot be a catalogue. `problems` lists (section, record, what is wrong)."""

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{section}, {record}: {text}" for section, record, text in self.problems))


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All sections of a document, in the editors' order."""

    sources: tuple[Source, ...]
    categories: tuple[Category, ...]
    industries: tuple[Industry, ...]
    needs: tuple[Need, ...]
    modalities: tuple[Modality, ...]
    circumstances: tuple[Circumstance, ...]
    rules: tuple[Rule, ...]
    gates: tuple[Gate, ...]
    caveats: tuple[Caveat, ...]
    tools: tuple[Tool, ...]
    terms: tuple[Term, ...]
    examples: tuple[Example, ...]

    SECTIONS: ClassVar[Mapping[str, type[Entry]]] = {
        "sources": Source,
        "categories": Category,
        "industries": Industry,
        "needs": Need,
        "modalities": Modality,
        "circumstances": Circumstance,
        "rules": Rule,
        "gates": Gate,
        "caveats": Caveat,
        "tools": Tool,
        "terms": Term,
        "examples": Example,
    }

    @cached_property
    def by_slug(self) -> Mapping[str, Mapping[str, Any]]:
        """Section name to slug to record."""
        return {name: {entry.slug: entry for entry in getattr(self, name)} for name in self.SECTIONS}

    @cached_property
    def joining(self) -> Sequence[tuple[str, frozenset[str]]]:
        """Each category that joins two others, and the categories that it stands for: those two and itself."""
        return [(entry.slug, entry.parts | {entry.slug}) for entry in self.categories if entry.parts]

    def claims(self) -> Iterator[tuple[str, Any]]:
        """Every record with a shelf life, with its section's name."""
        for name, kind in self.SECTIONS.items():
            if issubclass(kind, Claim):
                for entry in getattr(self, name):
                    yield name, entry

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Catalogue:
        """The catalogue that a document holds. Raises DocumentError naming every record that is wrong."""
        return _Reader().read(document)

    def to_document(self) -> dict[str, Any]:
        """The document that holds this catalogue. `from_document` reads it back to an equal value."""
        sections = {name: [to_record(entry) for entry in getattr(self, name)] for name in self.SECTIONS}
        return {"format": FORMAT, **sections}


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one byte form of a document: keys sorted, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def checksum(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def fields_of(kind: type[Entry]) -> Mapping[str, dataclasses.Field[Any]]:
    """A record's fields by name, slug first, then in the order in which the class declares its own."""
    if kind not in _fields:
        declared = {entry.name: entry for entry in dataclasses.fields(kind)}
        own = [name for name in kind.__annotations__ if name in declared]
        _fields[kind] = {
            name: declared[name] for name in ["slug", *own, *(name for name in declared if name not in own)]
        }
    return _fields[kind]


_fields: dict[type[Entry], Mapping[str, dataclasses.Field[Any]]] = {}


def to_record(entry: Entry) -> dict[str, Any]:
    """The flat object of one record. Fields that hold their default are left out."""
    record: dict[str, Any] = {}
    for name, spec in fields_of(type(entry)).items():
        value = getattr(entry, name)
        if value != spec.default:
            record[name] = _to_json(value)
    return record


def _to_json(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


class _Reader:
    """Reads a document and collects every problem before it gives up, so that an editor mends them in one go."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str, str]] = []
        self._hints = {section: get_type_hints(kind) for section, kind in Catalogue.SECTIONS.items()}
        # Also of records that are wrong in some other way: whoever names those is not wrong.
        self._slugs: dict[str, set[str]] = {section: set() for section in Catalogue.SECTIONS}

    def read(self, document: Any) -> Catalogue:
        if not isinstance(document, Mapping):
            raise DocumentError([("document", "top level", "must be an object with one list a section")])
        if document.get("format", FORMAT) != FORMAT:
            raise DocumentError([("document", "format", f"must be {FORMAT}")])
        for name in document:
            if name not in Catalogue.SECTIONS and name != "format":
                self.problems.append((str(name), "section", f"is unknown; known are {', '.join(Catalogue.SECTIONS)}"))

        sections = {name: self._section(name, document.get(name)) for name in Catalogue.SECTIONS}
        for name, entries in sections.items():
            for entry in entries:
                self._check_references(name, entry)
        for need in sections["needs"]:
            if isinstance(need, Need) and need.modalities and need.default_modality not in need.modalities:
                self._add("needs", need.slug, f"default_modality “{need.default_modality}” is not among its modalities")
        if self.problems:
            raise DocumentError(self.problems)
        return Catalogue(**sections)  # type: ignore[arg-type]  # each section was read as its own kind

    def _add(self, section: str, record: str, text: str) -> None:
        self.problems.append((section, record, text))

    def _section(self, name: str, records: Any) -> tuple[Entry, ...]:
        if not isinstance(records, list):
            self._add(name, "section", "is missing or is not a list")
            return ()
        entries: dict[str, Entry] = {}
        for position, record in enumerate(records, start=1):
            entry = self._record(name, position, record)
            if entry is None:
                continue
            if entry.slug in entries:
                self._add(name, entry.slug, "stands twice; a slug names one record")
            entries[entry.slug] = entry
        return tuple(entries.values())

    def _record(self, section: str, position: int, record: Any) -> Entry | None:
        if not isinstance(record, Mapping):
            self._add(section, f"record {position}", "is not an object")
            return None
        kind = Catalogue.SECTIONS[section]
        slug = record.get("slug")
        label = slug if isinstance(slug, str) and slug else f"record {position}"
        before = len(self.problems)
        if not isinstance(slug, str) or len(slug) > SLUG_LENGTH or not SLUG.fullmatch(slug):
            self._add(section, label, "slug must be lower-case letters, digits and single hyphens, 64 at most")
        elif slug == RESERVED:
            self._add(section, label, f"slug “{RESERVED}” is reserved: addresses use it for nothing ticked")
        else:
            self._slugs[section].add(slug)
        specs, hints = fields_of(kind), self._hints[section]
        for name in record:
            if name not in specs:
                self._add(section, label, f"field “{name}” is unknown; known are {', '.join(specs)}")
        values = {}
        for name, spec in specs.items():
            if name in record:
                values[name] = self._value(section, label, spec, hints[name], record[name])
            elif spec.default is dataclasses.MISSING:
                self._add(section, label, f"field “{name}” is missing")
        return kind(**values) if len(self.problems) == before else None

    def _value(self, section: str, label: str, spec: dataclasses.Field[Any], hint: Any, value: Any) -> Any:
        optional = spec.default is not dataclasses.MISSING
        problem = ""
        if hint is bool:
            problem = "" if isinstance(value, bool) else "must be true or false"
        elif hint is date:
            try:
                value = date.fromisoformat(value)
            except (TypeError, ValueError):
                problem = f"must be a date like 2026-11-24, not {value!r}"
        elif hint is str:
            if not isinstance(value, str):
                problem = "must be text"
            elif not optional and not value.strip():
                problem = "must not be empty"
        elif not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            problem = "must be a list of texts"
        elif len(set(value)) < len(value):
            problem = "names something twice"
        elif spec.name == "sources" and not value:
            problem = "must name at least one source"
        else:
            value = frozenset(value) if str(hint).startswith("frozenset") else tuple(value)
        allowed = spec.metadata.get("allowed")
        if allowed and not problem:
            wrong = [item for item in (value if isinstance(value, tuple) else (value,)) if item not in allowed]
            if wrong:
                problem = f"must be {' or '.join(word or 'empty' for word in allowed)}, not {wrong[0]!r}"
        if problem:
            self._add(section, label, f"field “{spec.name}” {problem}")
        return value

    def _check_references(self, section: str, entry: Entry) -> None:
        for name, spec in fields_of(type(entry)).items():
            target = spec.metadata.get("section")
            if target is None:
                continue
            value = getattr(entry, name)
            for slug in (value,) if isinstance(value, str) else value:
                if slug not in self._slugs[target]:
                    self._add(section, entry.slug, f"field “{name}” names “{slug}”, which is not in {target}")
