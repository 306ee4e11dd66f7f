from __future__ import annotations

import csv
import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from advisor.spreadsheets import as_csv, as_xlsx, harmless

FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://x.example","click")',
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\tplain",
    "\rplain",
    "  =1",
    "\n=1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "  ＝1",
    "\u3000=1",
]
PLAIN = [
    "",
    "Ada",
    "1 = 1",
    "a@example.com",
    "'quoted",
    "2+2",
    "https://example.com",
    "24.11.2026",
    "line\n=two",
    "ﬁne",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_a_formula_becomes_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_csv_has_every_cell_quoted_and_says_that_it_is_utf8() -> None:
    written = as_csv([("name", "text"), ("Zoë", 'say "no"\nor yes'), ("=1", "")])

    assert written.startswith(b"\xef\xbb\xbf")
    assert written.decode("utf-8-sig") == '"name","text"\r\n"Zoë","say ""no""\nor yes"\r\n"\'=1",""\r\n'


def test_csv_reads_back() -> None:
    rows = [("text",), *((text,) for text in PLAIN)]

    assert list(map(tuple, csv.reader(io.StringIO(as_csv(rows).decode("utf-8-sig"), newline="")))) == rows


def test_a_spreadsheet_holds_strings_alone() -> None:
    texts = [*FORMULAS, *PLAIN, "007", "1e5", "TRUE", "x" * 40_000]

    written = as_xlsx([("text",), *((text,) for text in texts)], "Enquiries")

    cells = [row[0] for row in CalamineWorkbook.from_filelike(io.BytesIO(written)).get_sheet_by_index(0).to_python()]
    assert all(isinstance(cell, str) for cell in cells)
    for text, cell in zip(texts, cells[1:], strict=True):
        assert str(cell).strip() == harmless(text)[:32_767].replace("\r", "\n").strip() or "\r" in text
    with zipfile.ZipFile(io.BytesIO(written)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
