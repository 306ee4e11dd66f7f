"""Tables for a spreadsheet. What a visitor wrote stays text there, whatever it looks like."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

Row = Sequence[str]

LONGEST_CELL = 32_767
"""Characters that a spreadsheet's cell holds."""

_STARTS_A_FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@]")


def harmless(text: str) -> str:
    """With a quotation mark in front where a spreadsheet would take the text for a formula.

    Also after spaces, and for the full-width forms that some programs read as = + - @.
    """
    formula = text.startswith(("\t", "\r")) or _STARTS_A_FORMULA.match(unicodedata.normalize("NFKC", text))
    return f"'{text}" if formula else text


def as_csv(rows: Iterable[Row]) -> bytes:
    """Every cell in quotation marks, and a mark at the beginning by which spreadsheets know that it is UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([[harmless(cell) for cell in row] for row in rows])
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Row], title: str) -> bytes:
    """Every cell a string: no formula, no number, no link. The first row is the heading."""
    import xlsxwriter  # few commands and pages write a spreadsheet

    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(title)
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        widest = 0
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, harmless(cell)[:LONGEST_CELL], wrapped if number else bold)
            widest = max(widest, len(row))
        sheet.freeze_panes(1, 0)
        if widest:
            sheet.set_column(0, widest - 1, 24)
    return file.getvalue()
