"""A recommendation as it is kept: what was composed stands in it as text, and records of the release by their slug.

Reading it back needs the release alone, which never changes. So a kept result says the same for as long as it is kept,
whatever later code would compose. `read_back(to_stored(r), r.release) == r` for every recommendation.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from advisor.decision.answers import Answers, Notice
from advisor.decision.catalogue import Catalogue, Entry
from advisor.decision.recommendation import (
    AppliedCaveat,
    Change,
    Headline,
    Readiness,
    Recommendation,
    SuggestedTool,
    Verdict,
    WhyNot,
)
from advisor.decision.release import Release

FORM = 1
"""Goes up when a form that was stored before could no longer be read. Then this module has to read both."""

LONGEST = 2_000_000
"""Bytes that a stored form may unfold to. The largest advice that the shipped content can give takes a tenth of it."""

LEVEL = 3
"""Of compression: 9 saves a tenth of the bytes, and takes more than twice as long, while a visitor waits."""

_PARTS: Mapping[str, Any] = {
    "answers": Answers,
    "headline": Headline,
    "readiness": Readiness,
    "verdicts": tuple[Verdict, ...],
    "caveats": tuple[AppliedCaveat, ...],
    "tools": tuple[SuggestedTool, ...],
    "notices": tuple[Notice, ...],
    "what_if": tuple[Change, ...],
    "why_not": tuple[WhyNot, ...],
}
_SECTION_OF = {kind: name for name, kind in Catalogue.SECTIONS.items()}


class StoredFormIsBroken(ValueError):
    """What was stored cannot be read, or names something that its release does not have."""


def to_stored(recommendation: Recommendation) -> bytes:
    """The compressed form, the same bytes for the same recommendation."""
    parts = {name: getattr(recommendation, name) for name in _PARTS}
    text = json.dumps(
        {"form": FORM, **parts},
        ensure_ascii=False,
        separators=(",", ":"),
        default=lambda value: _stands_for[type(value)](value),
        check_circular=False,
    )
    return zlib.compress(text.encode(), LEVEL)


class _StandsFor(dict[Any, Callable[[Any], Any]]):
    """For each type that JSON does not know what stands for a value of it. Any tuple JSON takes for a list.

    Found out once for each type: advice has two thousand values of a dozen types.
    """

    def __missing__(self, kind: Any) -> Callable[[Any], Any]:
        names = ["slug"] if issubclass(kind, Entry) else [field.name for field in dataclasses.fields(kind)]
        self[kind] = attrgetter(*names)
        return self[kind]


_stands_for = _StandsFor()


def read_back(stored: bytes, release: Release) -> Recommendation:
    """What was stored under this release. Raises StoredFormIsBroken rather than giving half of it."""
    try:
        unfolding = zlib.decompressobj()
        text = unfolding.decompress(bytes(stored), LONGEST)
        if not unfolding.eof:
            raise StoredFormIsBroken("The stored advice is cut off or too long.")
        values = json.loads(text)
        if values["form"] != FORM:
            raise StoredFormIsBroken(f"The stored advice has form {values['form']}, and this code reads form {FORM}.")
        parts = {name: _decode(kind, values[name], release.catalogue) for name, kind in _PARTS.items()}
    except (zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoredFormIsBroken(f"The stored advice can't be read: {error!r}") from error
    what_if, why_not = parts.pop("what_if"), parts.pop("why_not")
    return Recommendation(release=release, explain_changes=lambda: what_if, explain_others=lambda: why_not, **parts)


def _decode(kind: Any, value: Any, catalogue: Catalogue) -> Any:
    """The value of this type. Raises KeyError, TypeError or ValueError for what is none."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):  # something, or None
        if value is None:
            return None
        return _decode(next(argument for argument in arguments if argument is not NoneType), value, catalogue)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple([_decode(arguments[0], item, catalogue) for item in value])
        return tuple([_decode(part, item, catalogue) for part, item in zip(arguments, value, strict=True)])
    if kind in _SECTION_OF:
        return catalogue.by_slug[_SECTION_OF[kind]][value]
    fields = _fields(kind)
    if fields:
        return kind(*[_decode(part, item, catalogue) for part, item in zip(fields, value, strict=True)])
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


@cache
def _fields(kind: Any) -> tuple[Any, ...]:
    """The types of the fields of a dataclass or a named tuple, in their order. None for anything else."""
    if not (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")):
        return ()
    return tuple(get_type_hints(kind).values())
