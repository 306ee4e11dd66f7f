"""The whole draft as one spreadsheet: a sheet a table, columns named as in the admin. And back.

The same draft gives the same bytes, and what was written reads back as it was. A list of references stands in one cell;
rows stand in the editors' order, so there is no column for a position.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.text import capfirst
from python_calamine import CalamineError, CalamineWorkbook

from advisor import unfolding
from advisor.decision.catalogue import FORMAT, Catalogue, checksum, fields_of
from advisor.models.bases import Entry
from advisor.models.document import DRAFT_MODELS
from advisor.models.fields import LinesField, OffersField
from advisor.models.retiring import section_of
from advisor.spreadsheets import LONGEST_CELL, harmless

TEXT, LINES, DATE, YES_NO = "text", "lines", "date", "yes or no"
WORD, WORDS, REFERENCE, REFERENCES = "word", "words", "reference", "references"

README = "Read me"
EXPORTED_FROM = "Exported from draft"
BETWEEN = "; "
LAST_ROW = 5000
"""Down to here, cells offer a list to choose from."""
OLDEST_DATE = date(1901, 1, 1)
"""Spreadsheets count days from 1900, and not all alike: an older one is written as text."""

_LOST = re.compile(r"[\ufffe\uffff]|_x[0-9a-fA-F]{4}_x[0-9a-fA-F]{4}_")
"""What does not come back from a spreadsheet: characters that its XML can't hold, and two of its own codes in a row."""

HOW = {
    TEXT: "Text.",
    LINES: "Texts, one a line (Alt+Enter starts a line).",
    DATE: "A day, such as 2026-11-24.",
    YES_NO: "yes or no.",
    REFERENCE: "One slug of the sheet “{target}”.",
    REFERENCES: "Slugs of the sheet “{target}”, with ; between them.",
    WORD: "One of: {words}.",
    WORDS: "Any of: {words}, with ; between them.",
}

INTRODUCTION = (
    "This file holds the whole draft: what editors see, not what visitors see.",
    "Change what you like, save the file, and choose it under “Import and export” in the workplace. "
    "You see what it would change before anything changes.",
    "Each sheet is one table, each row one record. The order of the rows is the order in the lists.",
    "A row that you delete is deleted from the draft. A row that you add becomes a record.",
    "A slug is a record's name in addresses. A record whose slug you change counts as deleted, and another as added.",
    "Where a cell names a record of another sheet, it holds that record's slug. Its name stands beside the slug there.",
    "Keep every sheet and every column, with its title. Leave no formulas: only plain text, dates and yes or no.",
    "A mark ' in front of = + - or @ keeps a text from becoming a formula. It is taken away again on import.",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a table."""

    name: str
    title: str
    form: str
    blank: bool
    help: str
    target: str = ""
    words: tuple[str, ...] = ()

    def how(self) -> str:
        """How to write its cells."""
        target = sheet_title(self.target) if self.target else ""
        words = ", ".join(word for word in self.words if word)
        return HOW[self.form].format(target=target, words=words) + (" May stay empty." if self.blank else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a spreadsheet, and where. A row and a column are left out where they do not apply."""

    text: str
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        where = [f"sheet “{self.sheet}”"] if self.sheet else []
        where += [f"row {self.row}"] if self.row else []
        where += [f"column “{self.column}”"] if self.column else []
        return f"{capfirst(', '.join(where))}: {self.text}" if where else self.text


class BadSheet(ValueError):
    """A spreadsheet that can't be the draft. `problems` lists all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


@dataclass(slots=True)
class Read:
    """What a spreadsheet holds, and where each record stands in it."""

    document: dict[str, Any]
    exported_from: str = ""
    rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def place(self, section: str, record: str, text: str) -> Problem:
        """A problem of the document, where an editor finds it."""
        if section not in DRAFT_MODELS:
            return Problem(text)
        titles = {column.name: column.title for column in columns_of(section)}
        row = self.rows.get((section, record))
        found = re.match(r"(?:field )?“?(\w+)”?:? ", text)  # most of the core's remarks begin with the field
        if found and found[1] in titles:
            return Problem(_in_words(text[found.end() :]), sheet_title(section), row, titles[found[1]])
        return Problem(_in_words(text), sheet_title(section), row)


def sheet_title(section: str) -> str:
    return capfirst(str(DRAFT_MODELS[section]._meta.verbose_name_plural))


def columns_of(section: str) -> tuple[Column, ...]:
    """The slug first, then in the order of the document."""
    model = DRAFT_MODELS[section]
    return tuple(_column(section, model, name) for name in fields_of(Catalogue.SECTIONS[section]))


def _column(section: str, model: type[Entry], name: str) -> Column:
    own: Any = model._meta.get_field(name)
    target = section_of(section, name) if own.is_relation else ""
    words = tuple(value for value, _ in own.choices) if getattr(own, "choices", None) else ()
    if own.many_to_many:
        form = REFERENCES
    elif own.is_relation:
        form = REFERENCE
    elif isinstance(own, OffersField):
        form, words = WORDS, Catalogue.SECTIONS[section].__dataclass_fields__[name].metadata["allowed"]
    elif isinstance(own, LinesField):
        form = LINES
    elif isinstance(own, models.DateField):
        form = DATE
    elif isinstance(own, models.BooleanField):
        form = YES_NO
    else:
        form = WORD if words else TEXT
    title = capfirst(str(own.verbose_name))
    return Column(name, title, form, own.blank and form != YES_NO, str(own.help_text), target, words)


# Writing


class Unwritable(ValueError):
    """A text that no cell holds. The message is fit for an editor."""


def write(document: Mapping[str, Any]) -> bytes:
    """The spreadsheet of a draft's document. Raises Unwritable."""
    import xlsxwriter  # few commands and pages write a spreadsheet

    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        # Otherwise the file holds the time at which it was written, and the same draft gives other bytes.
        book.set_properties({"title": "Signpost: the draft", "created": datetime(2026, 1, 1)})
        looks = {
            "bold": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "title": book.add_format({"bold": True, "font_size": 16}),
            "plain": book.add_format({"text_wrap": True, "valign": "top"}),
            # As text, so that a spreadsheet makes no date or number of what an editor types there.
            "text": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
            "date": book.add_format({"valign": "top", "num_format": "yyyy-mm-dd"}),
        }
        _write_readme(book.add_worksheet(README), looks, checksum(document))
        for section in DRAFT_MODELS:
            _write_section(book.add_worksheet(sheet_title(section)), looks, section, document[section])
    return file.getvalue()


def _write_readme(sheet: Any, looks: Mapping[str, Any], draft: str) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, 2, 48)
    sheet.set_column(3, 3, 80)
    sheet.write_string(0, 0, "The draft, to change and to bring back", looks["title"])
    row = 2
    for line in INTRODUCTION:
        sheet.merge_range(row, 0, row, 3, "")
        sheet.write_string(row, 0, line, looks["plain"])
        row += 1
    row += 1
    for column, title in enumerate(("Sheet", "Column", "How to write it", "What it says")):
        sheet.write_string(row, column, title, looks["bold"])
    for section in DRAFT_MODELS:
        for own in columns_of(section):
            row += 1
            for column, text in enumerate((sheet_title(section), own.title, own.how(), own.help)):
                sheet.write_string(row, column, escaped(text), looks["plain"])
    sheet.write_string(row + 2, 0, EXPORTED_FROM, looks["plain"])
    sheet.write_string(row + 2, 1, draft, looks["plain"])


def _write_section(sheet: Any, looks: Mapping[str, Any], section: str, records: Sequence[Mapping[str, Any]]) -> None:
    columns = columns_of(section)
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(columns):
        width = {TEXT: 40, LINES: 40, REFERENCES: 32, DATE: 13, YES_NO: 10}.get(column.form, 22)
        sheet.set_column(
            place, place, 28 if column.name == "slug" else width, looks["date" if _is_date(column) else "text"]
        )
        sheet.write_string(0, place, column.title, looks["bold"])
        _offer_choices(sheet, place, column)
    for row, record in enumerate(records, start=1):
        for place, column in enumerate(columns):
            _write_cell(sheet, row, place, column, record[column.name], looks)


def _is_date(column: Column) -> bool:
    return column.form == DATE


def _offer_choices(sheet: Any, place: int, column: Column) -> None:
    if column.form == REFERENCE:
        # Counted when the list is opened, so that a record which an editor adds is on offer at once.
        target = f"'{sheet_title(column.target)}'"
        source: Any = f"=OFFSET({target}!$A$2,0,0,MAX(1,COUNTA({target}!$A:$A)-1),1)"
    elif column.form == WORD:
        source = [word for word in column.words if word]
    elif column.form == YES_NO:
        source = ["yes", "no"]
    else:
        return
    told = {"error_title": "Not on the list", "error_message": "Choose one from the list of this cell."}
    options = {"validate": "list", "source": source, "ignore_blank": True, **told}
    sheet.data_validation(1, place, LAST_ROW, place, options)


def _write_cell(sheet: Any, row: int, place: int, column: Column, value: Any, looks: Mapping[str, Any]) -> None:
    if column.form == DATE:
        day = date.fromisoformat(value)
        if day >= OLDEST_DATE:
            sheet.write_datetime(row, place, day, looks["date"])
            return
    text = escaped(as_text(column, value))
    if len(text) > LONGEST_CELL or _LOST.search(text):
        what = f"more than {LONGEST_CELL:,} characters" if len(text) > LONGEST_CELL else "characters"
        raise Unwritable(
            f"Sheet “{sheet.get_name()}”, row {row + 1}, column “{column.title}” would hold {what} that no spreadsheet "
            "can keep. Change that text, or export the release document instead."
        )
    if text:
        sheet.write_string(row, place, text, looks["text"])


def as_text(column: Column, value: Any) -> str:
    if column.form == YES_NO:
        return "yes" if value else "no"
    if column.form == LINES:
        return "\n".join(value)
    if column.form in (REFERENCES, WORDS):
        return BETWEEN.join(value)
    return str(value)


def escaped(text: str) -> str:
    """Harmless, and such that `unescaped` gives the very same text back, marks that it had of its own too."""
    return f"'{text}" if _needs_mark(text) else text


def unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and _needs_mark(text) else text


def _needs_mark(text: str) -> bool:
    bare = text.lstrip("'")
    return harmless(bare) != bare


# Reading


def read(content: bytes) -> Read:
    """What a spreadsheet holds. Raises unfolding.Refused for a file that is not opened, BadSheet for a wrong one."""
    unfolded = unfolding.unfold(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(unfolded.content)) as book:
            names = {_key(name): name for name in book.sheet_names}
            return _Reader(book, names, unfolded.odd_cells).read()
    except CalamineError as error:
        raise unfolding.Refused(unfolding.DAMAGED) from error
    except BaseException as error:
        # A fault inside the library comes as this, which is no Exception: one file must not end the process.
        if type(error).__name__ != "PanicException":
            raise
        raise unfolding.Refused(unfolding.DAMAGED) from error


class _Reader:
    def __init__(self, book: CalamineWorkbook, names: Mapping[str, str], odd: Sequence[unfolding.OddCell]) -> None:
        self.book = book
        self.names = names
        self.odd = odd
        self.problems: list[Problem] = []
        self.found = Read({"format": FORMAT})

    def read(self) -> Read:
        sections = {_key(sheet_title(section)): section for section in DRAFT_MODELS}
        titles = ", ".join(sheet_title(section) for section in DRAFT_MODELS)
        for key, name in self.names.items():
            if key not in sections and key != _key(README):
                self.problems.append(Problem(f"This sheet is unknown. The sheets are {README}, {titles}.", name))
        for key, section in sections.items():
            if key in self.names:
                self.found.document[section] = list(self._records(section, self._rows(self.names[key])))
            else:
                self.problems.append(
                    Problem(
                        "This sheet is missing. To delete all that it held, keep it with its titles.",
                        sheet_title(section),
                    )
                )
        if self.problems:
            raise BadSheet(self.problems)
        self._read_readme()
        return self.found

    def _read_readme(self) -> None:
        if _key(README) in self.names:
            for row in self._rows(self.names[_key(README)]):
                if len(row) > 1 and row[0] == EXPORTED_FROM:
                    self.found.exported_from = str(row[1])

    def _rows(self, name: str) -> list[list[Any]]:
        return self.book.get_sheet_by_name(name).to_python(skip_empty_area=False)

    def _records(self, section: str, rows: list[list[Any]]) -> Iterator[dict[str, Any]]:
        sheet = sheet_title(section)
        columns = {_key(column.title): column for column in columns_of(section)}
        heading = [str(cell).strip() for cell in rows[0]] if rows else []
        places: list[Column | None] = [columns.get(_key(title)) for title in heading]
        wrong = list(self._wrong_headings(sheet, heading, rows, columns))
        wrong += self._odd_cells(sheet, heading)
        self.problems += wrong
        if wrong:
            return
        for number, row in enumerate(rows[1:], start=2):
            if all(cell == "" for cell in row):
                continue
            record = {}
            for column, cell in zip(places, row, strict=False):
                if column is None:
                    continue
                try:
                    value = _value(column, section, cell)
                except ValueError as error:
                    self.problems.append(Problem(str(error), sheet, number, column.title))
                    continue
                if value is not None:
                    record[column.name] = value
            slug = record.get("slug", "")
            first = self.found.rows.setdefault((section, slug or f"record {number}"), number)
            if first != number:
                told = f"“{slug}” stands in row {first} already. A slug names one record."
                self.problems.append(Problem(told, sheet, number, columns[_key("slug")].title))
            elif slug:
                yield record
            else:
                self.problems.append(Problem("The slug is empty.", sheet, number, columns[_key("slug")].title))

    def _wrong_headings(
        self, sheet: str, heading: list[str], rows: list[list[Any]], columns: Mapping[str, Column]
    ) -> Iterator[Problem]:
        keys = [_key(title) for title in heading]
        for key, column in columns.items():
            if key not in keys:
                yield Problem("This column is missing. Keep it with its title in row 1.", sheet, 1, column.title)
        for place, key in enumerate(keys):
            if key and key not in columns:
                yield Problem("This column is unknown.", sheet, 1, heading[place][:80])
            elif key and key in keys[:place]:
                yield Problem("This column stands twice.", sheet, 1, heading[place])
            elif not key and any(len(row) > place and row[place] != "" for row in rows):
                yield Problem(f"Column {place + 1} has no title in row 1.", sheet, 1)

    def _odd_cells(self, sheet: str, heading: list[str]) -> Iterator[Problem]:
        for odd in self.odd:
            if _key(odd.sheet) == _key(sheet):
                title = heading[odd.column - 1] if odd.column <= len(heading) else f"number {odd.column}"
                what = (
                    "a formula. Put its value there instead"
                    if odd.kind == unfolding.FORMULA
                    else "an error such as #REF!"
                )
                yield Problem(f"The cell holds {what}.", sheet, odd.row, title)


def _key(title: str) -> str:
    return " ".join(title.split()).casefold()


def _value(column: Column, section: str, cell: Any) -> Any:
    """A cell as the document has it, None for left out. Raises ValueError with words for the editor."""
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        cell = cell.date()
    if column.form == DATE:
        if type(cell) is date:
            return cell.isoformat()
        if isinstance(cell, str):
            return unescaped(cell.strip()) or None
        raise ValueError("This is no day. Write one like 2026-11-24.")
    if isinstance(cell, bool):
        if column.form == YES_NO:
            return cell
        cell = "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        cell = str(int(cell)) if cell == int(cell) else str(cell)
    if not isinstance(cell, str):
        raise ValueError(
            "The spreadsheet has made a date or time of this text. Format the cell as text, then type it again."
        )
    return _from_text(column, section, unescaped(cell))


def _from_text(column: Column, section: str, text: str) -> Any:
    if column.form == YES_NO:
        words = {"yes": True, "true": True, "no": False, "false": False}
        if text.strip().lower() not in words:
            raise ValueError("Write yes or no.")
        return words[text.strip().lower()]
    if column.form in (REFERENCES, WORDS):
        return [word.strip() for word in re.split(r"[;\n]", text) if word.strip()]
    if column.form not in (TEXT, LINES):
        return text.strip()
    # Tidied as in the admin's form: a space at the end of a cell is no mistake worth a refusal.
    own: Any = DRAFT_MODELS[section]._meta.get_field(column.name)
    return own.to_python(text)


def _in_words(text: str) -> str:
    """The core's remark on a field, as a sentence of its own."""
    if text == "is missing":
        return "This cell must not be empty."
    for section in DRAFT_MODELS:
        if text.endswith(f"which is not in {section}"):
            text = text.removesuffix(section) + f"the sheet “{sheet_title(section)}”"
    text = text if len(text) <= 300 else text[:299] + "…"
    return f"{capfirst(text).rstrip('.')}."
