"""Content as files: one a section, in a form that a person can read, change and compare line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from advisor.decision.catalogue import Catalogue, DocumentError

LINE_LENGTH = 110
MAX_BYTES = 5_000_000


def file_of(folder: Path, section: str) -> Path:
    return folder / f"{section}.json"


def read(folder: Path) -> Catalogue:
    """The catalogue that the files of a folder hold. Raises DocumentError naming everything that is wrong with them."""
    document: dict[str, Any] = {}
    problems: list[tuple[str, str, str]] = []
    for section in Catalogue.SECTIONS:
        try:
            document[section] = _read_file(file_of(folder, section))
        except Unreadable as error:
            problems.append((section, "file", str(error)))
    if problems:
        raise DocumentError(problems)
    return Catalogue.from_document(document)


def to_text(records: Sequence[Mapping[str, Any]]) -> str:
    """One section's file: a line a field, and a line a list as long as it fits."""
    if not records:
        return "[]\n"
    return "[\n" + ",\n".join(map(_record_text, records)) + "\n]\n"


class Unreadable(ValueError):
    """Not the JSON that we write. The message follows the name of the file."""


def _read_file(path: Path) -> Any:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"can't be read: {error.strerror}") from error


def parse(content: bytes) -> Any:
    """What a file of ours holds. Raises Unreadable, also for what Python's JSON would let pass."""
    if len(content) > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES:,} bytes")
    try:
        found = json.loads(content.decode(), object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(f"line {line}: is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise Unreadable("holds half of a character (a lone surrogate)") from error
    except Unreadable:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable("holds a number that is too long") from error
    except RecursionError as error:
        raise Unreadable("nests too deeply") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise Unreadable(f"record {record.get('slug', '(no slug)')}: “{repeated}” stands twice")
    return record


def _refuse_constant(word: str) -> NoReturn:
    raise Unreadable(f"{word} is no value")


def _record_text(record: Mapping[str, Any]) -> str:
    return "  {\n" + ",\n".join(_field_text(name, value) for name, value in record.items()) + "\n  }"


def _field_text(name: str, value: Any) -> str:
    line = f"    {_json(name)}: {_json(value)}"
    if not isinstance(value, list) or len(line) + len(",") <= LINE_LENGTH:
        return line
    return f"    {_json(name)}: [\n" + ",\n".join(f"      {_json(item)}" for item in value) + "\n    ]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
