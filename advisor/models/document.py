"""The draft tables to a document and back. A field has the same name in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from advisor.decision import catalogue as decision
from advisor.decision.catalogue import Catalogue, DocumentError, fields_of
from advisor.models import locks
from advisor.models.bases import STEP, Cells, Entry
from advisor.models.catalogue import Category, Circumstance, Example, Industry, Modality, Need, Source, Term, Tool
from advisor.models.retiring import CELLS, Key, left_out, records, references, section_of, without
from advisor.models.rules import Caveat, Gate, Rule

DRAFT_MODELS: Mapping[str, type[Entry]] = {
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
"""Each section of a document and the table that holds its draft."""

SECTION_OF: Mapping[type[models.Model], str] = {model: section for section, model in DRAFT_MODELS.items()}


def draft_document() -> dict[str, Any]:
    """The draft as a document. It may be wrong in ways that only `Catalogue.from_document` names."""
    gone, whole = retired(), whole_draft()
    return without(whole, left_out(whole, gone)) if gone else whole


def whole_draft() -> dict[str, Any]:
    """The draft with all that is retired in it.

    Read as plain values: making a row of each of the thousands of references would take most of a second.
    """
    slugs = {name: dict(model.objects.values_list("pk", "slug")) for name, model in DRAFT_MODELS.items()}
    return {"format": decision.FORMAT, **{name: list(_records(name, slugs)) for name in DRAFT_MODELS}}


def retired() -> set[Key]:
    """What is retired. One query."""
    first, *others = (
        model.objects.exclude(retired_at=None).order_by().annotate(of=models.Value(section)).values_list("of", "slug")
        for section, model in DRAFT_MODELS.items()
    )
    return set(first.union(*others, all=True))


def left_out_now() -> dict[Key, str]:
    """Every record that the draft leaves out, and why."""
    gone = retired()
    return left_out(whole_draft(), gone) if gone else {}


def draft_stands_still() -> None:
    """Until this transaction ends nobody else changes the draft: what is read of it is of one moment."""
    locks.stand_still(DRAFT_MODELS.values())


def replace_draft(catalogue: Catalogue) -> None:
    """Make the draft say what the catalogue says. Rows that stay keep their ids; rows that are gone are deleted.

    What the draft leaves out stays as it is, with all that it names. Raises DocumentError, and changes nothing, when a
    text breaks a limit that only the tables know, or when what is left out stands in the way.
    """
    with transaction.atomic():
        draft_stands_still()
        gone = retired()
        whole = whole_draft() if gone else {}
        out = left_out(whole, gone)
        problems = [*problems_of(catalogue), *_in_the_way(catalogue, whole, out)]
        if problems:
            raise DocumentError(problems)
        numbers = {
            name: list(model.objects.filter(slug__in=slugs).values_list("pk", flat=True)) if slugs else []
            for name, model in DRAFT_MODELS.items()
            for slugs in [[slug for section, slug in out if section == name]]
        }
        # Sections that point at others by a foreign key come after what they point at, and are deleted before it.
        order = sorted(DRAFT_MODELS, key=lambda name: bool(_foreign_keys(DRAFT_MODELS[name])))
        ids: dict[str, dict[str, int]] = {}
        for name in order:
            ids[name] = _store_rows(name, catalogue, ids, _places(name, catalogue, whole, out))
        for name in order:
            _store_references(name, catalogue, ids, numbers)
        for name in reversed(order):
            stays = [entry.slug for entry in getattr(catalogue, name)]
            DRAFT_MODELS[name].objects.exclude(slug__in=stays).exclude(pk__in=numbers[name]).delete()


def _places(section: str, catalogue: Catalogue, whole: Mapping[str, Any], out: Mapping[Key, str]) -> dict[str, int]:
    """Each record's position, by slug. What is left out stays behind the record that it stood behind."""
    order = [entry.slug for entry in getattr(catalogue, section)]
    before = ""
    for record in whole.get(section, ()):
        if (section, record["slug"]) in out:
            order.insert(order.index(before) + 1 if before in order else 0, record["slug"])
        before = record["slug"]
    return {slug: place * STEP for place, slug in enumerate(order, start=1)}


def in_the_way(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """What the draft leaves out and the catalogue can't be without, as (section, record, what is wrong)."""
    gone = retired()
    whole = whole_draft() if gone else {}
    return list(_in_the_way(catalogue, whole, left_out(whole, gone)))


def _in_the_way(
    catalogue: Catalogue, whole: Mapping[str, Any], out: Mapping[Key, str]
) -> Iterator[tuple[str, str, str]]:
    for (section, slug), record in records(whole) if out else ():
        if (section, slug) not in out:
            continue
        if slug in catalogue.by_slug[section]:
            yield section, slug, f"is left out of the draft: {out[section, slug]}. Bring it back first"
        for _, (target, named) in references(section, record):
            if (target, named) not in out and named not in catalogue.by_slug[target]:
                kind = DRAFT_MODELS[section]._meta.verbose_name
                text = f"can’t go: the {kind} “{slug}”, which is left out, still names it. Keep it, or delete that"
                yield target, named, text


def problems_of(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """What the tables would refuse or silently mend, as (section, record, what is wrong)."""
    for name, model in DRAFT_MODELS.items():
        for entry in getattr(catalogue, name):
            row = model(**_plain_values(model, entry))
            references = {key.name for key in _foreign_keys(model)}
            try:
                row.clean_fields(exclude=references)
                row.clean()
            except ValidationError as error:
                for field, messages in error.message_dict.items():
                    yield from ((name, entry.slug, f"field “{field}”: {message}") for message in messages)
                continue
            for field, value in _plain_values(model, entry).items():
                if getattr(row, field) != value:
                    text = "has unseen or control characters, spaces around it, or letters that are not composed (NFC)"
                    yield name, entry.slug, f"field “{field}” {text}"


def _records(section: str, slugs: Mapping[str, Mapping[int, str]]) -> Iterator[dict[str, Any]]:
    """One table's rows in the editors' order. `slugs` has every table's by their numbers, in that order too."""
    model = DRAFT_MODELS[section]
    names = list(fields_of(Catalogue.SECTIONS[section]))
    lists = {
        field.name: _references(section, field, slugs) for field in model._meta.many_to_many if field.name in names
    }
    columns = [name for name in names if name not in lists]
    keys = {key.name for key in _foreign_keys(model)}
    looked_up = [f"{name}__slug" if name in keys else name for name in columns]
    for number, *values in model.objects.values_list("pk", *looked_up):
        row = {name: _to_json(value) for name, value in zip(columns, values, strict=True)}
        row |= {name: named.get(number, []) for name, named in lists.items()}
        yield {name: row[name] for name in names}


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _references(
    section: str, field: models.ManyToManyField[Any, Any], slugs: Mapping[str, Mapping[int, str]]
) -> dict[int, list[str]]:
    """What each row names, by its number, in the order of what is named."""
    target = slugs[section_of(section, field.name)]
    place = {number: place for place, number in enumerate(target)}
    through: Any = field.remote_field.through
    pairs = through.objects.values_list(f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id")
    found: dict[int, list[str]] = {}
    known = [pair for pair in pairs if pair[1] in place]  # one that came a moment ago is not part of this reading
    for number, other in sorted(known, key=lambda pair: place[pair[1]]):
        found.setdefault(number, []).append(target[other])
    return found


def _foreign_keys(model: type[Entry]) -> list[models.ForeignKey[Any, Any]]:
    """Those that a document holds: to other rows of the draft."""
    keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    return [key for key in keys if issubclass(key.related_model, Entry)]


def _plain_values(model: type[Entry], entry: decision.Entry) -> dict[str, Any]:
    """Field values that are no references."""
    plain = {field.name for field in model._meta.concrete_fields if not field.is_relation}
    values = {name: getattr(entry, name) for name in fields_of(type(entry)) if name in plain}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _store_rows(
    section: str, catalogue: Catalogue, ids: Mapping[str, Mapping[str, int]], places: Mapping[str, int]
) -> dict[str, int]:
    """Write one table's own columns, matched by slug. Gives the ids by slug."""
    model = DRAFT_MODELS[section]
    targets = {key.name: section_of(section, key.name) for key in _foreign_keys(model)}
    rows = []
    for entry in getattr(catalogue, section):
        keys = {f"{name}_id": ids[target][getattr(entry, name)] for name, target in targets.items()}
        rows.append(model(**_plain_values(model, entry), **keys, position=places[entry.slug]))
    # What no document says, such as who looks after it, stays as it is in rows that stay.
    said = {"position", *fields_of(Catalogue.SECTIONS[section])} - {"slug"}
    columns = [field.name for field in model._meta.concrete_fields if field.name in said]
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["slug"], update_fields=columns)
    for slug in places.keys() - {entry.slug for entry in getattr(catalogue, section)}:
        model.objects.filter(slug=slug).update(position=places[slug])
    return dict(model.objects.values_list("slug", "pk"))


def _store_references(
    section: str,
    catalogue: Catalogue,
    ids: Mapping[str, Mapping[str, int]],
    out: Mapping[str, Sequence[int]],
) -> None:
    """Write one table's lists of references, all anew: their order is that of what they name, so none is stored.

    Those of what is left out, or to it, stay for the day on which it is brought back.
    """
    model = DRAFT_MODELS[section]
    for field in model._meta.many_to_many:
        through: Any = field.remote_field.through
        source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
        target_section = section_of(section, field.name)
        target_ids = ids[target_section]
        stays = models.Q(**{f"{source}__in": out[section]})
        to_what_is_out = models.Q(**{f"{target}__in": out[target_section]})
        if field.name in CELLS and issubclass(model, Cells):
            # A cell that the catalogue has empty is to be empty, whatever it named.
            filled = [ids[section][entry.slug] for entry in getattr(catalogue, section) if getattr(entry, field.name)]
            to_what_is_out &= models.Q(**{f"{source}__in": filled})
        through.objects.exclude(stays | to_what_is_out).delete()
        through.objects.bulk_create(
            through(**{f"{source}_id": ids[section][entry.slug], f"{target}_id": target_ids[slug]})
            for entry in getattr(catalogue, section)
            for slug in getattr(entry, field.name)
        )
