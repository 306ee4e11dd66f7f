from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from advisor import draftsheets
from advisor.decision.catalogue import Catalogue, canonical
from advisor.models import Rule, Source, fixtures
from advisor.models.document import DRAFT_MODELS, draft_document, replace_draft
from advisor.models.fields import tidy, tidy_line

FORMULAS = ["=1+1", "'=1+1", "''=1+1", "+1", "-1 to 5", "@SUM(A1)", "＝1", "a\n=b"]
OTHERS = ["'quoted", "_x000D_", "_x005F_", "_x000D_x", "007", "2026-11-24", "TRUE", "<b>&amp;</b>", "1e5", "no", "; ;"]
OTHERS += ["{{ settings.SECRET_KEY }}", "𝄞 é \u2028"]

ROOT = Path(__file__).resolve().parent.parent


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read(name).decode()


@pytest.fixture
def shipped(db: None) -> None:
    replace_draft(fixtures.read(ROOT / "fixtures"))


@pytest.mark.usefixtures("shipped")
def test_what_was_exported_reads_back_as_the_same_draft() -> None:
    before = draft_document()
    read = draftsheets.read(draftsheets.write(before))

    assert read.document == before
    replace_draft(Catalogue.from_document(read.document))
    assert canonical(draft_document()) == canonical(before)


@pytest.mark.usefixtures("shipped")
def test_export_import_export_gives_the_same_bytes() -> None:
    first = draftsheets.write(draft_document())
    replace_draft(Catalogue.from_document(draftsheets.read(first).document))

    assert draftsheets.write(draft_document()) == first


@pytest.mark.usefixtures("shipped")
def test_there_is_a_sheet_a_table_with_a_row_a_record_and_one_that_explains() -> None:
    found = sheets(draftsheets.write(draft_document()))

    titles = [str(model._meta.verbose_name_plural).capitalize() for model in DRAFT_MODELS.values()]
    assert list(found) == ["Read me", *titles]
    assert len(found["Rules"]) == Rule.objects.count() + 1
    explained = {(row[0], row[1]) for row in found["Read me"]}
    for title in titles:
        assert {(title, name) for name in found[title][0]} <= explained


def test_columns_are_named_as_in_the_admin() -> None:
    titles = [column.title for column in draftsheets.columns_of("needs")]

    assert titles == ["Slug", "Name", "Phrase", "Help", "Modalities", "Usual modality", "Words"]
    assert "Sources of the other side" in [column.title for column in draftsheets.columns_of("rules")]
    assert "Official page" in [column.title for column in draftsheets.columns_of("tools")]


@pytest.mark.usefixtures("shipped")
def test_references_and_fixed_words_have_a_list_to_choose_from() -> None:
    content = draftsheets.write(draft_document())

    sheet = part(content, f"xl/worksheets/sheet{2 + list(DRAFT_MODELS).index('examples')}.xml")
    assert "OFFSET('Categories'!$A$2,0,0,MAX(1,COUNTA('Categories'!$A:$A)-1),1)" in sheet
    assert '"ready,prepare,not-yet"' in sheet
    assert '"yes,no"' in sheet


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*FORMULAS, *OTHERS])
def test_any_text_comes_back_as_it_was_and_none_is_a_formula(load: Any, text: str) -> None:
    load()
    Source.objects.filter(slug="article").update(title=tidy_line(text))
    Rule.objects.filter(slug="text").update(because=tidy(text), contested=tidy(text))
    before = draft_document()

    content = draftsheets.write(before)

    assert draftsheets.read(content).document == before
    assert "<f>" not in "".join(part(content, f"xl/worksheets/sheet{number}.xml") for number in range(1, 14))
    assert not any(
        str(cell).startswith(("=", "+", "-", "@")) for rows in sheets(content).values() for row in rows for cell in row
    )


@given(st.text())
def test_marking_a_text_can_be_undone_exactly(text: str) -> None:
    assert draftsheets.unescaped(draftsheets.escaped(text)) == text


@pytest.mark.django_db
def test_an_empty_draft_and_an_incomplete_one_can_be_exported(load: Any) -> None:
    assert draftsheets.read(draftsheets.write(draft_document())).document == draft_document()

    load()
    Rule.objects.get(slug="text").sources.clear()
    assert draftsheets.read(draftsheets.write(draft_document())).document == draft_document()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["long " * 7000, "\uffff", "_x005F_x000D_"])
def test_a_text_that_no_cell_holds_is_named(load: Any, text: str) -> None:
    load()
    Rule.objects.filter(slug="text").update(because=text)

    with pytest.raises(draftsheets.Unwritable, match="Sheet “Rules”, row 2, column “Because”"):
        draftsheets.write(draft_document())


@pytest.mark.django_db
def test_a_day_is_a_day_and_one_before_spreadsheets_began_is_text(load: Any) -> None:
    load()
    Rule.objects.filter(slug="text").update(checked_on="0099-01-01")

    content = draftsheets.write(draft_document())

    assert draftsheets.read(content).document == draft_document()
    rows = sheets(content)["Rules"]
    column = rows[0].index("Checked on")
    assert rows[1][column] == "0099-01-01"
    assert rows[2][column].isoformat() == "2026-11-24"
