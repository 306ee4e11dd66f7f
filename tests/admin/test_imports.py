from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import xlsxwriter
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from python_calamine import CalamineWorkbook

from advisor import unfolding
from advisor.decision.catalogue import Catalogue, canonical
from advisor.models import AuditEntry, DraftImport, Modality, Need, Rule, Term
from advisor.models.document import DRAFT_MODELS, draft_document
from tests.factory import make_document, make_rule

pytestmark = pytest.mark.django_db
Load = Callable[..., None]
Sheets = dict[str, list[list[Any]]]

PAGE = "/admin/import-export/"


@pytest.fixture
def client(editor: User, load: Load) -> Client:
    """Logged in as an editor, with a draft."""
    load()
    client = Client()
    client.force_login(editor)
    return client


def export(client: Client, form: str = "xlsx") -> bytes:
    response = client.get(f"{PAGE}draft.{form}")
    assert response.status_code == 200, response.content.decode()
    return response.content


def upload(client: Client, content: bytes, name: str = "draft.xlsx") -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content)})


def shown(response: Any) -> str:
    return str(response.content.decode())


def confirm(client: Client, address: str, action: str = "import") -> Any:
    page = client.get(address)
    return client.post(address, {"action": action, "compared_with": page.context["compared_with"]})


def bring(client: Client, content: bytes, name: str = "draft.xlsx") -> Any:
    response = upload(client, content, name)
    assert response.status_code == 302, shown(response)
    return confirm(client, response.url)


def sheets_of(content: bytes) -> Sheets:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: [list(row) for row in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}


def book_of(sheets: Sheets) -> bytes:
    """As a spreadsheet program would save it: formulas are formulas there."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, day)
                    elif cell != "":
                        sheet.write(number, place, cell)
    return file.getvalue()


@pytest.fixture
def sheets(client: Client) -> Sheets:
    return sheets_of(export(client))


def put(sheets: Sheets, name: str, row: int, title: str, value: Any) -> None:
    """Row as a spreadsheet counts it."""
    sheets[name][row - 1][sheets[name][0].index(title)] = value


def remade(content: bytes, **parts: Callable[[bytes], bytes]) -> bytes:
    """The same file with some of its parts changed, named by the end of their path."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = parts.get(name.rpartition("/")[2].partition(".")[0], bytes)
            new.writestr(name, change(old.read(name)))
    return file.getvalue()


# Going well


def test_exporting_and_bringing_back_changes_nothing(client: Client) -> None:
    for form in ("xlsx", "json"):
        content = export(client, form)
        before = canonical(draft_document())

        page = client.get(upload(client, content, f"draft.{form}").url)

        assert "says exactly what the draft says" in shown(page)
        assert "Import: change the draft" not in shown(page)
        assert canonical(draft_document()) == before


def test_export_import_export_gives_the_same_bytes(client: Client, load: Load) -> None:
    files = {form: export(client, form) for form in ("xlsx", "json")}
    for form, content in files.items():
        load(rules=[make_rule("other", "combined")], terms=[])

        bring(client, content, f"draft.{form}")

        assert {again: export(client, again) for again in files} == files


def test_what_would_change_is_shown_first_field_by_field(client: Client, sheets: Sheets) -> None:
    put(sheets, "Rules", 2, "Because", "Words <b>are</b> {{ text }}.")
    put(sheets, "Rules", 2, "Review by", date(2028, 2, 29))
    del sheets["Glossary terms"][1]
    sheets["Modalities"].append(["audio", "Audio", "audio", ""])
    sheets["Needs"].insert(1, sheets["Needs"].pop())
    before = canonical(draft_document())

    response = upload(client, book_of(sheets))
    page = client.get(response.url)

    assert canonical(draft_document()) == before
    found = {sheet.title: sheet for sheet in page.context["sheets"]}
    assert set(found) == {"Rules", "Glossary terms", "Modalities", "Needs"}
    assert [record.slug for record in found["Modalities"].came] == ["audio"]
    assert [record.slug for record in found["Glossary terms"].went] == ["token"]
    assert found["Needs"].reordered
    (rule,) = found["Rules"].changed
    assert [(field.title, field.before, field.after) for field in rule.fields] == [
        ("Because", "Because of text.", "Words <b>are</b> {{ text }}."),
        ("Review by", "2027-11-24", "2028-02-29"),
    ]
    for told in ("1 new, 1 changed, 1 deleted", "Because of text.", escape("<b>are</b> {{ text }}"), "2028-02-29"):
        assert told in shown(page)


def test_it_becomes_the_draft_when_confirmed_and_the_log_says_so(client: Client, sheets: Sheets) -> None:
    rule = Rule.objects.get(slug="text")
    put(sheets, "Rules", 2, "Because", "Another reason.")
    del sheets["Glossary terms"][1]
    sheets["Modalities"].append(["audio", "Audio", "audio", ""])

    response = bring(client, book_of(sheets), "monday.xlsx")

    assert "1 new, 1 changed, 1 deleted" in shown(client.get(response.url))
    assert Rule.objects.get(slug="text").because == "Another reason."
    assert Rule.objects.get(slug="text").pk == rule.pk
    assert list(Modality.objects.values_list("slug", flat=True)) == ["text", "images", "figures", "audio"]
    assert not Term.objects.exists()
    entries = {(entry.object_repr, entry.action_flag, entry.change_message) for entry in LogEntry.objects.all()}
    assert entries == {
        ("text", CHANGE, "Imported “monday.xlsx”. Changed: Because."),
        ("Token", DELETION, "Imported “monday.xlsx”."),
        ("Audio", ADDITION, "Imported “monday.xlsx”."),
        ("The draft", CHANGE, "Imported “monday.xlsx”: 1 new, 1 changed, 1 deleted."),
    }
    trail = list(AuditEntry.objects.order_by("pk").values_list("who", "what", "record", "changes"))[-4:]
    assert trail == [
        ("ada", "Added by importing “monday.xlsx”", "modality: Audio", {}),
        (
            "ada",
            "Changed by importing “monday.xlsx”",
            "rule: text",
            {"Because": ["Because of text.", "Another reason."]},
        ),
        ("ada", "Deleted by importing “monday.xlsx”", "glossary term: Token", {}),
        ("ada", "Imported “monday.xlsx”: 1 new, 1 changed, 1 deleted.", "", {}),
    ]
    assert not list(AuditEntry.objects.broken())
    assert not DraftImport.objects.exists()


def test_nothing_changes_when_the_editor_says_so(client: Client, sheets: Sheets) -> None:
    put(sheets, "Rules", 2, "Because", "Another reason.")
    before = canonical(draft_document())

    response = confirm(client, upload(client, book_of(sheets)).url, "forget")

    assert response.status_code == 302
    assert canonical(draft_document()) == before
    assert not DraftImport.objects.exists()


def test_what_a_spreadsheet_program_makes_of_cells_is_understood(client: Client, sheets: Sheets) -> None:
    put(sheets, "Sources", 2, "Title", 2026)
    put(sheets, "Sources", 2, "Opened and read", False)
    put(sheets, "Sources", 3, "Opened and read", "No")
    put(sheets, "Rules", 2, "Checked on", "2026-11-01")
    put(sheets, "Rules", 2, "Sources", "editors\narticle ;")
    put(sheets, "Rules", 2, "Because", "  A cell with spaces around.  ")
    sheets["Rules"].insert(2, [""] * len(sheets["Rules"][0]))
    sheets["Needs"][0][1] = " NAME "

    bring(client, book_of(sheets))

    document = draft_document()
    assert document["sources"][0]["title"] == "2026"
    assert [source["opened"] for source in document["sources"]] == [False, False]
    rule = document["rules"][0]
    assert (rule["checked_on"], rule["because"]) == ("2026-11-01", "A cell with spaces around.")
    assert sorted(rule["sources"]) == ["article", "editors"]


def test_a_draft_that_changed_meanwhile_is_not_overwritten(client: Client, sheets: Sheets) -> None:
    put(sheets, "Rules", 2, "Because", "Mine.")
    address = upload(client, book_of(sheets)).url
    seen = client.get(address).context["compared_with"]
    Rule.objects.filter(slug="images").update(because="Hers.")

    response = client.post(address, {"action": "import", "compared_with": seen})

    assert response.status_code == 409
    assert "someone has changed the draft" in shown(response)
    assert [rule.because for rule in Rule.objects.all()][:2] == ["Because of text.", "Hers."]
    (changes,) = response.context["sheets"]
    assert [record.slug for record in changes.changed] == ["text", "images"]
    assert client.post(address, {"action": "import"}).status_code == 409

    confirm(client, address)
    assert [rule.because for rule in Rule.objects.all()][:2] == ["Mine.", "Because of images."]


def test_a_file_of_an_older_draft_is_told_so(client: Client) -> None:
    content = export(client)
    assert "has changed since this file was exported" not in shown(client.get(upload(client, content).url))

    Rule.objects.filter(slug="images").update(because="Hers.")

    assert "has changed since this file was exported" in shown(client.get(upload(client, content).url))


def test_what_is_confirmed_is_what_was_shown_and_only_by_who_saw_it(client: Client, sheets: Sheets) -> None:
    put(sheets, "Rules", 2, "Because", "Mine.")
    address = upload(client, book_of(sheets)).url
    other = Client()
    other.force_login(User.objects.create_superuser("grace", "grace@example.org", "correct horse battery"))

    for response in (other.get(address, follow=True), other.post(address, {"action": "import"}, follow=True)):
        assert "That file is no longer waiting." in shown(response)
    assert Rule.objects.get(slug="text").because == "Because of text."
    assert DraftImport.objects.exists()


def test_a_file_waits_for_a_day_and_no_longer(client: Client) -> None:
    address = upload(client, export(client)).url
    DraftImport.objects.update(at=timezone.now() - timedelta(days=1))

    assert "That file is no longer waiting." in shown(client.get(address, follow=True))
    call_command("run_jobs", verbosity=0)
    assert not DraftImport.objects.exists()


def test_an_incomplete_draft_goes_out_as_a_spreadsheet_alone(client: Client) -> None:
    Rule.objects.get(slug="text").sources.clear()

    content = export(client)
    response = client.get(f"{PAGE}draft.json")
    again = upload(client, content)

    assert response.status_code == 409
    assert "rules, text: field “sources” must name at least one source." in shown(response)
    assert "Sheet “Rules”, row 2, column “Sources”: Must name at least one source." in shown(again)


def test_the_release_document_is_the_one_that_would_be_published(client: Client) -> None:
    document = Catalogue.from_document(make_document()).to_document()

    response = client.get(f"{PAGE}draft.json")

    assert response.content == canonical(document)
    assert response.headers["Content-Disposition"] == 'attachment; filename="draft.json"'
    assert "no-store" in response.headers["Cache-Control"]


def test_the_index_leads_there(client: Client) -> None:
    assert f'href="{PAGE}"' in shown(client.get("/admin/"))
    assert "Show what it would change" in shown(client.get(PAGE))


def test_a_page_makes_as_many_queries_for_many_rows_as_for_few(client: Client, load: Load) -> None:
    def queries() -> list[int]:
        counts = []
        for address in (f"{PAGE}draft.xlsx", upload(client, content).url):
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(len(captured))
        return counts

    content = export(client)
    few = queries()
    load(rules=[make_rule(f"rule-{number}", "combined", needs=["calculators"]) for number in range(30)])

    assert queries() == few


# Who may


def test_an_editor_without_every_right_may_not_import(client: Client) -> None:
    content = export(client)
    reader = User.objects.create_user("bob", is_staff=True)
    other = Client()
    other.force_login(reader)
    assert [other.get(PAGE + end).status_code for end in ("", "draft.xlsx", "draft.json")] == [403] * 3

    names = [model._meta.model_name for model in DRAFT_MODELS.values()]
    reader.user_permissions.set(Permission.objects.filter(codename__in=[f"view_{name}" for name in names]))
    assert other.get(f"{PAGE}draft.xlsx").content == content
    assert "Show what it would change" not in shown(other.get(PAGE))
    assert upload(other, content).status_code == 403
    waiting = DraftImport.objects.create(by=reader, file_name="x", document=export(client, "json").decode())
    assert other.get(f"{PAGE}{waiting.pk}/").status_code == 403

    all_but_one = [f"{action}_{name}" for action in ("view", "add", "change", "delete") for name in names]
    reader.user_permissions.set(Permission.objects.filter(codename__in=all_but_one).exclude(codename="delete_term"))
    assert upload(other, content).status_code == 403
    reader.user_permissions.set(Permission.objects.filter(codename__in=all_but_one))
    assert upload(other, content).status_code == 302


def test_a_visitor_has_to_log_in(client: Client) -> None:
    for address in (PAGE, f"{PAGE}draft.xlsx", f"{PAGE}draft.json", f"{PAGE}5d0f6c1e-0000-4000-8000-000000000000/"):
        response = Client().get(address)
        assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/admin/login/")


# Bad files: one clear error each, and nothing changed


def refused(client: Client, content: bytes, name: str = "draft.xlsx") -> list[str]:
    """Everything that is said to be wrong, after looking that nothing changed."""
    before = canonical(draft_document())
    response = upload(client, content, name)
    assert response.status_code == 422
    assert canonical(draft_document()) == before
    assert not DraftImport.objects.exists()
    page = shown(response)
    assert "was not imported. The draft is as it was." in page
    problems = list(response.context["problems"])
    assert problems
    for problem in problems:
        assert escape(problem) in page
    return problems


def test_a_sheet_that_is_unknown_or_missing_is_named(client: Client, sheets: Sheets) -> None:
    del sheets["Gates"]
    sheets["Portals"] = [["Slug"]]

    unknown, missing = refused(client, book_of(sheets))

    assert unknown.startswith("Sheet “Portals”: This sheet is unknown. The sheets are Read me, Sources, Categories")
    assert missing == "Sheet “Gates”: This sheet is missing. To delete all that it held, keep it with its titles."


def test_another_spreadsheet_altogether_is_refused(client: Client) -> None:
    problems = refused(client, book_of({"Sheet1": [["Name", "Turnover"], ["Ada", 12]]}))

    assert "Sheet “Sheet1”: This sheet is unknown." in problems[0]
    assert len(problems) == 13


def test_columns_that_are_unknown_missing_twice_or_untitled_are_named(client: Client, sheets: Sheets) -> None:
    sheets["Rules"][0][sheets["Rules"][0].index("Because")] = "Why"
    sheets["Sources"][0][2] = "Title"
    sheets["Modalities"][1].append("a note")

    problems = refused(client, book_of(sheets))

    assert problems == [
        "Sheet “Sources”, row 1, column “Publisher”: This column is missing. Keep it with its title in row 1.",
        "Sheet “Sources”, row 1, column “Title”: This column stands twice.",
        "Sheet “Modalities”, row 1: Column 5 has no title in row 1.",
        "Sheet “Rules”, row 1, column “Because”: This column is missing. Keep it with its title in row 1.",
        "Sheet “Rules”, row 1, column “Why”: This column is unknown.",
    ]


WRONG_CELLS: list[tuple[str, int, str, Any, str]] = [
    ("Rules", 3, "Category", "magic", "Names “magic”, which is not in the sheet “Categories”."),
    ("Rules", 3, "Needs", "contract-review; chatbot", "Names “chatbot”, which is not in the sheet “Needs”."),
    ("Rules", 3, "Sources", "", "Must name at least one source."),
    ("Rules", 3, "Sources", "article; article", "Names something twice."),
    ("Rules", 3, "Because", "", "Must not be empty."),
    ("Rules", 3, "Because", "x" * 601, "Ensure this value has at most 600 characters (it has 601)."),
    ("Rules", 3, "Checked on", "", "This cell must not be empty."),
    ("Rules", 3, "Checked on", "24.11.2026", "Must be a date like 2026-11-24, not '24.11.2026'."),
    ("Rules", 3, "Checked on", 46000.5, "This is no day. Write one like 2026-11-24."),
    ("Rules", 3, "Review by", date(2020, 1, 1), "This day lies before the day on which it was checked."),
    ("Rules", 3, "Slug", "text", "“text” stands in row 2 already. A slug names one record."),
    ("Rules", 3, "Slug", "", "The slug is empty."),
    ("Rules", 3, "Slug", "Two Words", "Must be lower-case letters, digits and single hyphens, 64 at most."),
    ("Rules", 3, "Slug", "none", "“none” is reserved: addresses use it for nothing ticked."),
    ("Gates", 2, "Level", "maybe", "Must be prepare or not-yet, not 'maybe'."),
    ("Needs", 2, "Usual modality", "images", "“images” is not among its modalities."),
    (
        "Tools",
        2,
        "Offered",
        "hosted; rented",
        "Must be hosted or self-hosted or open-weights or built-in, not 'rented'.",
    ),
    ("Sources", 2, "Opened and read", "perhaps", "Write yes or no."),
    ("Sources", 2, "Address", "javascript:alert(1)", "Write a whole address that starts with https://."),
    (
        "Sources",
        2,
        "Dated",
        date(2026, 8, 2),
        "The spreadsheet has made a date or time of this text. Format the cell as text, then type it again.",
    ),
    ("Sources", 2, "Title", "=1+1", "The cell holds a formula. Put its value there instead."),
    ("Sources", 2, "Title", "=HYPERLINK(A1)", "The cell holds a formula. Put its value there instead."),
]


@pytest.mark.drill("F12", "Cells that hold what they must not", expected="sheet, row and column are named")
@pytest.mark.parametrize(
    ("sheet", "row", "title", "value", "told"), WRONG_CELLS, ids=[str(c[3])[:20] for c in WRONG_CELLS]
)
def test_a_wrong_cell_is_named_by_sheet_row_and_column(
    client: Client, sheets: Sheets, sheet: str, row: int, title: str, value: Any, told: str
) -> None:
    put(sheets, sheet, row, title, value)

    assert refused(client, book_of(sheets)) == [f"Sheet “{sheet}”, row {row}, column “{title}”: {told}"]


def test_all_errors_are_told_at_once_and_none_that_only_follows_from_another(client: Client, sheets: Sheets) -> None:
    put(sheets, "Needs", 2, "Name", "")
    put(sheets, "Rules", 2, "Category", "magic")
    put(sheets, "Rules", 3, "Checked on", "soon")

    assert refused(client, book_of(sheets)) == [
        "Sheet “Needs”, row 2, column “Name”: Must not be empty.",
        "Sheet “Rules”, row 3, column “Checked on”: Must be a date like 2026-11-24, not 'soon'.",
        "Sheet “Rules”, row 2, column “Category”: Names “magic”, which is not in the sheet “Categories”.",
    ]


def test_very_many_errors_are_counted(client: Client, sheets: Sheets) -> None:
    heading, row = sheets["Rules"][0], sheets["Rules"][1]
    sheets["Rules"] = [heading, *([f"rule-{number}", "magic", *row[2:]] for number in range(80))]

    response = upload(client, book_of(sheets))

    assert len(response.context["problems"]) == 50
    assert "And 30 more." in shown(response)


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return file.getvalue()


def hostile() -> Iterator[tuple[str, str, Callable[[bytes], bytes], str]]:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    macros = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    spaces = b" " * (unfolding.MAX_UNFOLDED + 1)
    yield "nothing", "draft.xlsx", lambda good: b"", "The file is empty."
    yield "50 MB", "draft.xlsx", lambda good: b"P" * 50_000_000, unfolding.TOO_LARGE
    yield "50 MB of JSON", "draft.json", lambda good: b"[" * 50_000_000, unfolding.TOO_LARGE
    yield "old form", "draft.xls", lambda good: ole, unfolding.OLD
    yield "old form, renamed", "draft.xlsx", lambda good: ole, unfolding.OLD
    locked = ole + "EncryptedPackage".encode("utf-16-le")
    yield "encrypted", "draft.xlsx", lambda good: locked, unfolding.PASSWORD
    yield "macro file by its name", "draft.xlsm", lambda good: good, unfolding.MACROS
    yield (
        "macro file by its type",
        "draft.xlsx",
        lambda good: remade(good, **{"[Content_Types]": lambda old: old + macros}),
        unfolding.MACROS,
    )
    yield "text", "draft.xlsx", lambda good: b"slug,name\n", unfolding.NO_SHEET
    yield "a picture", "logo.png", lambda good: b"\x89PNG\r\n\x1a\n", "This is neither a spreadsheet"
    yield "another zip", "draft.xlsx", lambda good: zipped(a=b"b"), unfolding.NO_SHEET
    yield "half a file", "draft.xlsx", lambda good: good[: len(good) // 2], unfolding.DAMAGED
    yield (
        "a flipped byte",
        "draft.xlsx",
        lambda good: good[:400] + bytes([good[400] ^ 255]) + good[401:],
        unfolding.DAMAGED,
    )
    yield "zip bomb", "draft.xlsx", lambda good: remade(good, sheet2=lambda old: old + spaces), unfolding.BOMB
    yield (
        "zip bomb that lies",
        "draft.xlsx",
        lambda good: lying(remade(good, sheet2=lambda old: old + spaces), len(spaces)),
        "",
    )
    yield (
        "no UTF-8",
        "draft.xlsx",
        lambda good: remade(good, sharedStrings=lambda old: old.replace(b"Slug", b"Sl\xfcg")),
        unfolding.DAMAGED,
    )
    yield "no XML", "draft.xlsx", lambda good: remade(good, sheet3=lambda old: old[:-20]), unfolding.DAMAGED
    entity = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    yield (
        "swelling XML",
        "draft.xlsx",
        lambda good: remade(good, sheet3=lambda old: old.replace(b"<worksheet", entity + b"<worksheet", 1)),
        unfolding.DAMAGED,
    )
    yield (
        "a cell far down",
        "draft.xlsx",
        lambda good: remade(good, sheet3=lambda old: old.replace(b'r="A2"', b'r="A1048576"')),
        unfolding.BOMB,
    )
    yield (
        "a cell far right",
        "draft.xlsx",
        lambda good: remade(good, sheet3=lambda old: old.replace(b'r="A2"', b'r="XFD2"')),
        unfolding.BOMB,
    )
    many = b"<row r='9'>" + b"<c/>" * (unfolding.MAX_CELLS + 1) + b"</row></sheetData>"
    yield (
        "many cells",
        "draft.xlsx",
        lambda good: remade(good, sheet3=lambda old: old.replace(b"</sheetData>", many)),
        unfolding.BOMB,
    )
    text = b"<si><t>" + b"x" * 1_000_000 + b"</t></si></sst>"
    yield "one text in many cells", "draft.xlsx", lambda good: often(good, text), unfolding.BOMB


def lying(content: bytes, by: int) -> bytes:
    """Its directory says of the part that swells that it is small."""
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        size = next(entry.file_size for entry in made.infolist() if entry.file_size > by)
    return content.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def often(good: bytes, text: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(good)) as made:
        number = made.read("xl/sharedStrings.xml").count(b"<si>")
    cells = b"<row r='9'>" + b"<c t='s'><v>%d</v></c>" % number * 90 + b"</row></sheetData>"
    return remade(
        good,
        sharedStrings=lambda old: old.replace(b"</sst>", text),
        sheet3=lambda old: old.replace(b"</sheetData>", cells),
    )


HOSTILE = list(hostile())


@pytest.mark.drill(
    "F12", "Spreadsheets that are cut off, swollen or planted", expected="one clear error, nothing changed"
)
@pytest.mark.parametrize(("name", "make", "told"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_or_broken_spreadsheet_gets_one_clear_error(
    client: Client, name: str, make: Callable[[bytes], bytes], told: str
) -> None:
    (problem,) = refused(client, make(export(client)), name)

    assert problem.startswith(told)


def no_json() -> Iterator[tuple[str, bytes, str]]:
    good = canonical(Catalogue.from_document(make_document()).to_document())
    record = '{"slug": "a", "slug": "b"}'
    yield "not a number", b'{"format": NaN}', "The file can't be read: it is no sound JSON. NaN is no value."
    yield (
        "a key twice",
        f'{{"format": 1, "rules": [{record}]}}'.encode(),
        "The file can't be read: it is no sound JSON. Record b: “slug” stands twice.",
    )
    yield "too deep", b'{"format": 1, "rules": ' + b"[" * 100_000, "The file can't be read: it nests too deeply."
    yield (
        "another format",
        good.replace(b'"format":1', b'"format":2'),
        "This is no release document: it does not say “format”: 1.",
    )
    yield "a list", b"[]", "This is no release document: it does not say “format”: 1."
    yield "half a file", good[:200], "The file can't be read: it is no sound JSON. Line 1, column"
    yield (
        "UTF-16",
        good.decode().encode("utf-16"),
        "The file can't be read: it is no sound JSON. Line 1: is not UTF-8 text.",
    )
    yield (
        "Latin-1",
        good.replace(b"Token", b"T\xf6ken"),
        "The file can't be read: it is no sound JSON. Line 1: is not UTF-8 text.",
    )
    yield (
        "half a character",
        good.replace(b"Token", b"\\ud800"),
        "The file can't be read: it holds half of a character (a lone surrogate).",
    )
    yield (
        "a long number",
        b'{"format": ' + b"9" * 5000 + b"}",
        "The file can't be read: it holds a number that is too long.",
    )
    empty = b'{"format": 1, "rules": [' + b"{}," * 1_000_000 + b"{}]}"
    yield "a million wrong records", empty, "The file holds far more than a draft can be"
    yield (
        "a dangling reference",
        good.replace(b'"category":"language-model"', b'"category":"magic"', 1),
        "examples, law-firm: field “category” names “magic”, which is not in categories.",
    )
    yield (
        "an unknown field",
        good.replace(b'"meaning"', b'"score"'),
        "terms, token: field “score” is unknown; known are",
    )


NO_JSON = list(no_json())


@pytest.mark.drill("F12", "Release documents that are broken", expected="one clear error, nothing changed")
@pytest.mark.parametrize(("content", "told"), [case[1:] for case in NO_JSON], ids=[case[0] for case in NO_JSON])
def test_a_broken_release_document_gets_a_clear_error(client: Client, content: bytes, told: str) -> None:
    problems = refused(client, content, "draft.json")

    assert problems[0].startswith(told)


def test_a_mark_at_the_beginning_of_json_is_no_fault(client: Client) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(make_document(terms=[])).encode()

    bring(client, content, "draft.json")

    assert not Term.objects.exists()
    assert Need.objects.exists()


def test_nothing_chosen_is_told(client: Client) -> None:
    response = client.post(PAGE)

    assert response.status_code == 422
    assert "Choose a file first." in shown(response)


def test_a_fault_half_way_leaves_the_draft_as_it_was(client: Client, sheets: Sheets, monkeypatch: Any) -> None:
    put(sheets, "Rules", 2, "Because", "Mine.")
    address = upload(client, book_of(sheets)).url
    before = canonical(draft_document())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(LogEntry.objects, "create", fail)
    with pytest.raises(RuntimeError, match="planted"):
        confirm(client, address)

    assert canonical(draft_document()) == before
    assert DraftImport.objects.count() == 1
