"""What is looked at before a spreadsheet from outside is read: its size unfolded, its cells, and what it must not hold.

A small file can unfold to gigabytes, say one thing in its directory and another in its content, or name a cell a
million rows down. So it is unfolded here, within limits, and only what came out of that goes on to be read.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MAX_BYTES = 5_000_000
MAX_UNFOLDED = 30_000_000
MAX_PARTS = 200
MAX_CELLS = 200_000
MAX_ROWS = 10_000
MAX_COLUMNS = 100

FORMULA = "formula"
ERROR = "error"

_CHUNK = 65_536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

TOO_LARGE = f"The file is larger than {MAX_BYTES // 1_000_000} MB, so it was not opened. A whole draft takes far less."
OLD = "This is a spreadsheet in the old form (.xls). Open it, save it as “Excel workbook (.xlsx)” and choose that file."
PASSWORD = "This spreadsheet is locked with a password. Save it without one and choose that file."  # noqa: S105  no password
MACROS = "This spreadsheet holds macros, which are small programs. Save it as “Excel workbook (.xlsx)”, without macros."
NO_SHEET = "This is no spreadsheet in the form .xlsx. Choose a file that was exported here."
DAMAGED = "The spreadsheet is damaged and can't be read. Export it again, or save it anew with your program."
BOMB = "The spreadsheet unfolds to more than a draft can be, so it was not read. Export it again and copy your changes."


class Refused(ValueError):
    """A file that is not read. The message is fit for an editor."""


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that holds no plain value. Row and column count from 1."""

    sheet: str
    row: int
    column: int
    kind: str


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A spreadsheet that may be read."""

    content: bytes
    odd_cells: tuple[OddCell, ...]


def unfold(content: bytes) -> Unfolded:
    """The same spreadsheet, made anew of what is in it. Raises Refused."""
    if len(content) > MAX_BYTES:
        raise Refused(TOO_LARGE)
    if content.startswith(_OLE):
        raise Refused(PASSWORD if _ENCRYPTED in content else OLD)
    parts = _parts(content)
    kinds = parts.get("[Content_Types].xml", b"")
    if b"macroEnabled" in kinds or any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise Refused(MACROS)
    if "xl/workbook.xml" not in parts or not kinds:
        raise Refused(NO_SHEET)
    odd = _look_through(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as plain:
        for name, part in parts.items():
            plain.writestr(zipfile.ZipInfo(name), part)
    return Unfolded(file.getvalue(), tuple(odd))


def _parts(content: bytes) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    room = MAX_UNFOLDED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as folded:
            entries = folded.infolist()
            if len(entries) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNFOLDED:
                raise Refused(BOMB)
            for entry in entries:
                if entry.flag_bits & 1:
                    raise Refused(PASSWORD)
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.filename in parts:
                    raise Refused(DAMAGED)
                parts[entry.filename] = _read(folded, entry, room)
                room -= len(parts[entry.filename])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, UnicodeError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(DAMAGED if content.startswith(b"PK") else NO_SHEET) from error
    return parts


def _read(folded: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    pieces = []
    with folded.open(entry) as part:
        while piece := part.read(_CHUNK):
            room -= len(piece)
            if room < 0:
                raise Refused(BOMB)
            pieces.append(piece)
    return b"".join(pieces)


def _look_through(parts: Mapping[str, bytes]) -> list[OddCell]:
    names = _sheet_names(parts)
    strings = _Strings()
    for name, part in parts.items():
        if name.startswith("xl/") and "sharedstrings" in name.lower():
            _parse(part, strings.start, strings.end, strings.text)
    odd: list[OddCell] = []
    cells = _Cells(strings.lengths, odd)
    for name, part in parts.items():
        if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml"):
            cells.begin(names.get(name, posixpath.basename(name)))
            _parse(part, cells.start, cells.end, cells.text)
    return odd


def _sheet_names(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Each part that holds a sheet, and what the sheet is called."""
    ids: dict[str, str] = {}
    found: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            own = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            ids[own] = attributes.get("name", "")

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Id") in ids:
            part = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
            found[part] = ids[attributes["Id"]]

    _parse(parts["xl/workbook.xml"], sheet)
    _parse(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"), relation)
    return found


@dataclass(slots=True)
class _Strings:
    """How long each of the strings is that cells share."""

    lengths: list[int] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "si":
            self.lengths.append(0)

    def end(self, tag: str) -> None:
        pass

    def text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


@dataclass(slots=True)
class _Cells:
    """Counts cells and their text over all sheets, and notes the odd ones."""

    lengths: list[int]
    odd: list[OddCell]
    sheet: str = ""
    count: int = 0
    room: int = MAX_UNFOLDED
    row: int = 0
    column: int = 0
    shared: bool = False
    value: str | None = None

    def begin(self, sheet: str) -> None:
        self.sheet, self.row, self.column, self.value = sheet, 0, 0, None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            given = attributes.get("r", "")
            self.row, self.column = int(given) if given.isdecimal() else self.row + 1, 0
        elif tag == "c":
            self.count += 1
            place = _CELL.fullmatch(attributes.get("r", ""))
            self.column = _number(place[1]) if place else self.column + 1
            self.row = int(place[2]) if place else self.row
            if self.count > MAX_CELLS or self.row > MAX_ROWS or self.column > MAX_COLUMNS:
                raise Refused(BOMB)
            self.shared = attributes.get("t") == "s"
            if attributes.get("t") == "e":
                self.odd.append(OddCell(self.sheet, self.row, self.column, ERROR))
        elif tag == "f":
            self.odd.append(OddCell(self.sheet, self.row, self.column, FORMULA))
        elif tag == "v":
            self.value = ""

    def end(self, tag: str) -> None:
        if tag != "v" or self.value is None:
            return
        if self.shared and self.value.strip().isdecimal() and len(self.value) < 10:
            number = int(self.value)
            self.room -= self.lengths[number] if number < len(self.lengths) else 0
        if self.room < 0:
            raise Refused(BOMB)
        self.value = None

    def text(self, text: str) -> None:
        if self.value is not None and len(self.value) < 20:
            self.value += text


def _number(letters: str) -> int:
    """Of a column: A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _parse(
    part: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Without the definitions by which XML can swell or read other files: a spreadsheet has none."""

    def refuse(*args: Any) -> None:
        raise Refused(DAMAGED)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = text
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(DAMAGED) from error
