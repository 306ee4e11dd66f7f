from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from icalendar import Calendar, Event
from PIL import Image, ImageFile
from pypdf import PdfReader
from pypdf.generic import IndirectObject
from pytest_django import Settings

from advisor import press
from advisor.colours import OURS, Colours
from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from advisor.models import SavedResult
from advisor.models.logo import Logo
from advisor.models.results import view_token
from advisor.published import current
from advisor.site import this_site
from advisor.views.recordforms import escaped
from tests.conftest import Publish
from tests.content.shipped import CATALOGUE
from tests.factory import make_caveat, make_gate, make_industry, make_need, make_rule
from tests.views.conftest import OnDay, Serve
from tests.views.markup import Element, goes_to, is_our_script, see

LAW_FIRM = "industry=law-finance&need=summaries&need=chatbot&modality=text&fact=none"
AGENCY = "industry=marketing-advertising&need=social-posts&need=ad-pictures&modality=text&modality=images&fact=none"
CLINIC = "industry=healthcare&need=diagnosis&modality=figures&fact=health-data&fact=no-checker"
INSURER = "industry=law-finance&need=fraud&fact=personal-data"
TIE = "industry=other&need=summaries&need=forecast&fact=none"
SALON = "industry=other&need=bookings&need=reminders&fact=none"
MANY = "industry=education&modality=text&modality=video&fact=children&fact=eu-customers&" + "&".join(
    f"need={need.slug}" for need in CATALOGUE.needs[::8]
)
RECORDS = {
    "language": LAW_FIRM,
    "combined": AGENCY,
    "not yet": CLINIC,
    "prepare": INSURER,
    "tie": TIE,
    "ordinary software": SALON,
    "many goals": MANY,
}
FORMS = ["record/", "record.pdf", "record.md", "record.json", "to-do/", "review.ics"]
every_record = pytest.mark.parametrize("answers", RECORDS.values(), ids=RECORDS)
both_papers = pytest.mark.parametrize("paper", ["a4", "letter"])
PLANTED = "<script>alert(1)</script> [x](javascript:y) **z** https://evil.example `c` {{ settings.SECRET_KEY }}"


def data_of(client: Client, answers: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/advice/record.json?{answers}").json()
    return found


def pdf_of(client: Client, answers: str, paper: str = "a4") -> PdfReader:
    response = client.get(f"/advice/record.pdf?{answers}&paper={paper}")
    assert response.status_code == 200
    return PdfReader(BytesIO(response.content))


def words_of(pdf: PdfReader) -> str:
    """All its text without white space, in which lines and columns differ."""
    return squeezed("".join(page.extract_text() for page in pdf.pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def keep(answers: str) -> str:
    """The token of the link to this advice, kept."""
    found, notices = read(parse_qsl(answers), current().catalogue)
    advice = recommend(current(), found, notices)
    return view_token(SavedResult.keep(advice, "a form", timedelta(days=365)))


def part(page: Element, title: str) -> Element:
    """The section under this heading."""
    (found,) = [s for s in page.all("section") if any(h.text == title for h in s.all("h2"))]
    return found


class TestPage:
    @every_record
    def test_it_says_all_that_the_data_say(self, client: Client, answers: str) -> None:
        page, record = see(client, f"/advice/record/?{answers}"), data_of(client, answers)["record"]

        assert record["question"] in part(page, "The question").text
        for row in record["answers"]:
            assert row["question"] in part(page, "The question").text
            assert "; ".join(row["values"]) in part(page, "The question").text
        (plate,) = page.of_class("plate")
        assert plate.one("h2").text == record["advice"]["headline"]
        assert record["advice"]["sentence"] in plate.text
        assert record["advice"]["readiness_sentence"] in plate.text
        for goal in record["reasons_for"]:
            assert goal["goal"] in part(page, "Reasons for").text
            assert all(reason in part(page, "Reasons for").text for reason in goal["reasons"])
        assert all(item["text"] in part(page, "Reasons against").text for item in record["reasons_against"])
        assert all(text in part(page, "What is not known").text for text in record["not_known"])
        assert all(step["action"] in part(page, "Put right first").text for step in record["put_right_first"])
        assert all(item["action"] in part(page, "What to mind").text for item in record["mind"])
        assert all(role in part(page, "People responsible").text for role in record["people"])
        assert record["link"] in page.text
        assert record["release"]["sha256"] in page.text

    def test_reasons_against_hold_what_is_contested_the_limits_and_the_others(self, client: Client) -> None:
        advice = data_of(client, AGENCY)
        against = {(item["sort"], item["text"]) for item in advice["record"]["reasons_against"]}
        leading = CATALOGUE.by_slug["categories"][advice["recommendation"]["headline"]["category"]]

        assert {("limit", limit) for limit in leading.limits} <= against
        assert {("other", other["sentence"]) for other in advice["recommendation"]["why_not"]} <= against
        contested = [case["contested"] for need in advice["recommendation"]["needs"] for case in need["cases"]]
        assert {("contested", text) for text in contested if text} <= against
        assert ("doubt", advice["recommendation"]["headline"]["sure_because"]) in against

    def test_what_was_not_ticked_is_not_known(self, client: Client) -> None:
        unknown = part(see(client, f"/advice/record/?{INSURER}"), "What is not known").text

        assert "We have customers in the EU" in unknown
        assert "We handle personal data" not in unknown

    def test_nor_is_what_was_filled_in(self, client: Client) -> None:
        page = see(client, "/advice/record/?industry=law-finance&need=social-posts&modality=none&fact=none")

        assert "usually means" in part(page, "What is not known").text

    def test_nor_what_is_overdue(self, client: Client, on_day: OnDay) -> None:
        on_day("2029-03-01")

        assert "is overdue since" in part(see(client, f"/advice/record/?{LAW_FIRM}"), "What is not known").text

    def test_the_code_opens_the_link(self, client: Client) -> None:
        page = see(client, f"/advice/record/?{LAW_FIRM}")

        (code,) = page.of_class("qr")
        assert code["role"] == "img"
        assert see(client, page.of_class("rec-foot")[0].one("a")["href"]).of_class("plate")

    def test_an_address_that_is_too_long_for_a_code_says_so(self, client: Client) -> None:
        everything = "industry=other&" + "&".join(f"need={need.slug}" for need in CATALOGUE.needs)

        page = see(client, f"/advice/record/?{everything}")

        assert not page.of_class("qr")
        assert "too long for a code" in page.text

    @pytest.mark.parametrize("form", ["record/", "record.pdf", "record.md", "to-do/", "review.ics"])
    def test_without_answers_it_asks_the_question(self, client: Client, form: str) -> None:
        assert goes_to(client, f"/advice/{form}?industry=other") == "/advice/goals/?industry=other"

    def test_data_without_answers_say_what_is_missing(self, client: Client) -> None:
        response = client.get("/advice/record.json?industry=other")

        assert response.status_code == 400
        assert response.json()["missing"] == ["need"]

    def test_the_result_leads_here(self, client: Client) -> None:
        result = see(client, f"/advice/?{LAW_FIRM}")

        (link,) = [link for link in result.all("a") if link.text == "Decision record, one page"]
        assert see(client, link["href"]).one("h1").text == "Decision record"

    def test_every_form_is_one_link_away(self, client: Client) -> None:
        page = see(client, f"/advice/record/?{LAW_FIRM}")

        for link in page.of_class("quiet"):
            if link.tag == "a":
                assert client.get(link["href"]).status_code == 200, link.text

    def test_the_paper_is_no_answer(self, client: Client) -> None:
        assert (
            data_of(client, f"{LAW_FIRM}&paper=letter")["record"]["not_known"]
            == (data_of(client, LAW_FIRM)["record"]["not_known"])
        )


class TestHeaders:
    @pytest.mark.parametrize(
        ("form", "content_type", "ending"),
        [
            ("record.pdf", "application/pdf", "pdf"),
            ("record.md", "text/markdown; charset=utf-8", "md"),
            ("record.json", "application/json", "json"),
            ("review.ics", "text/calendar; charset=utf-8", "ics"),
        ],
    )
    def test_a_file_has_its_type_and_a_plain_name(
        self, client: Client, on_day: OnDay, form: str, content_type: str, ending: str
    ) -> None:
        on_day("2026-12-01")
        response = client.get(f"/advice/{form}?{LAW_FIRM}")

        assert response["Content-Type"] == content_type
        assert response["Content-Disposition"] == f'attachment; filename="decision-record-2026-12-01.{ending}"'

    @pytest.mark.parametrize("form", FORMS)
    def test_search_engines_are_told_no_and_copies_must_be_asked_about(self, client: Client, form: str) -> None:
        response = client.get(f"/advice/{form}?{LAW_FIRM}")

        assert response["X-Robots-Tag"] == "noindex"
        assert response["Cache-Control"] == "public, no-cache"
        again = client.get(f"/advice/{form}?{LAW_FIRM}", headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304


@pytest.fixture
def small(no_data: Path, publish: Publish) -> str:
    """Answers for the small catalogue, which stands in the database too, where a saved result needs it."""
    publish()
    return "industry=law-finance&need=contract-review&modality=text&fact=none"


@pytest.mark.django_db
class TestKept:
    def test_it_shows_the_day_it_was_kept_and_the_short_link(self, client: Client, small: str, on_day: OnDay) -> None:
        on_day("2026-12-01")
        token = keep(small)
        on_day("2027-11-01")

        record = client.get(f"/r/{token}/record.json").json()["record"]

        assert record["as_of"] == "2026-12-01"
        assert record["kept"] is True
        assert record["link"] == f"http://testserver/r/{token}/"
        assert "As kept on 1 December 2026." in see(client, f"/r/{token}/record/").text

    def test_its_date_for_the_calendar_still_lies_ahead(self, client: Client, small: str, on_day: OnDay) -> None:
        on_day("2027-11-20")
        token = keep(small)
        on_day("2027-11-24")

        assert date_of(client, f"/r/{token}/review.ics") == date(2027, 11, 25)
        assert "Look at this again by 24 November 2027." in see(client, f"/r/{token}/record/").text

    def test_a_later_release_does_not_change_it(self, client: Client, small: str, publish: Publish) -> None:
        token = keep(small)
        before = client.get(f"/r/{token}/record.md").content

        publish(caveats=[make_caveat("check-facts", name="Something new")])

        assert client.get(f"/r/{token}/record.md").content == before
        assert "Something new" in client.get(f"/advice/record.md?{small}").content.decode()

    def test_the_kept_result_leads_here(self, client: Client, small: str) -> None:
        page = see(client, f"/r/{keep(small)}/")

        (link,) = [link for link in page.all("a") if link.text == "Decision record, one page"]
        assert see(client, link["href"]).one("h1").text == "Decision record"

    @pytest.mark.parametrize("form", FORMS)
    def test_it_is_for_its_holder_alone(self, client: Client, small: str, form: str) -> None:
        response = client.get(f"/r/{keep(small)}/{form}")

        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"

    @pytest.mark.parametrize("form", FORMS)
    def test_a_link_that_is_none_of_ours_is_unknown(self, client: Client, form: str) -> None:
        assert client.get(f"/r/AAAAAAAAAAAAAAAAAAAAAAAA/{form}").status_code == 404

    def test_a_result_that_was_deleted_has_no_record(self, client: Client, small: str) -> None:
        token = keep(small)
        SavedResult.objects.of_token(token).erase()

        assert client.get(f"/r/{token}/record.pdf").status_code == 410


class TestPdf:
    @both_papers
    @pytest.mark.parametrize("answers", [LAW_FIRM, AGENCY], ids=["law firm", "marketing agency"])
    def test_the_two_examples_of_the_article_are_one_page_each(
        self, client: Client, settings: Settings, answers: str, paper: str
    ) -> None:
        settings.ALLOWED_HOSTS = ["advice.a-marketing-agency.example"]
        pdf = PdfReader(
            BytesIO(
                client.get(
                    f"/advice/record.pdf?{answers}&paper={paper}",
                    headers={"host": "advice.a-marketing-agency.example"},
                ).content
            )
        )

        assert len(pdf.pages) == 1
        width, height = (round(float(side)) for side in (pdf.pages[0].mediabox.width, pdf.pages[0].mediabox.height))
        assert (width, height) == ((595, 842) if paper == "a4" else (612, 792))

    @both_papers
    @every_record
    def test_no_word_of_the_record_is_lost(self, client: Client, answers: str, paper: str) -> None:
        record, words = data_of(client, answers)["record"], words_of(pdf_of(client, answers, paper))
        texts = [record["question"], record["for"], record["advice"]["headline"], record["advice"]["sentence"]]
        texts += [row["question"] for row in record["answers"]] + record["people"]
        texts += [goal["kind"] for goal in record["reasons_for"]] + [goal["goal"] for goal in record["reasons_for"]]
        sentences = [reason for goal in record["reasons_for"] for reason in goal["reasons"]] + record["not_known"]
        sentences += [item["text"] for item in record["reasons_against"]]
        sentences += [f"{item['name']}. {item['action']}" for item in record["mind"]]
        sentences += [f"{step['name']} {step['reason']} {step['action']}" for step in record["put_right_first"]]

        assert [text for text in texts if squeezed(text) not in words] == []
        # A sentence may run on in the next column or on the next page, so it is looked up in pieces of three words.
        for sentence in sentences:
            pieces = [squeezed(" ".join(sentence.split()[at:][:3])) for at in range(0, len(sentence.split()) - 2)]
            lost = [piece for piece in pieces if piece not in words]
            assert len(lost) <= 4, (sentence, lost)

    def test_it_is_tagged_and_says_its_language_and_title(self, client: Client) -> None:
        pdf = pdf_of(client, LAW_FIRM)
        root: Any = pdf.trailer["/Root"]

        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == "en"
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert pdf.metadata is not None
        assert pdf.metadata.title == "Decision record: Start with a language model"
        assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()
        tags = tags_of(root["/StructTreeRoot"])
        assert tags.count("/H1") == 1
        assert tags.count("/H2") == 8
        assert {"/L", "/LI", "/P", "/Table", "/TH", "/Link"} <= set(tags)

    def test_each_picture_has_words_for_those_who_do_not_see_it(self, client: Client) -> None:
        root: Any = pdf_of(client, LAW_FIRM).trailer["/Root"]

        figures = [element for element in elements_of(root["/StructTreeRoot"]) if element.get("/S") == "/Figure"]
        assert [figure.get("/Alt") for figure in figures] == ["A QR code that opens this advice"]

    @every_record
    def test_every_font_is_ours_and_inside(self, client: Client, answers: str) -> None:
        fonts = fonts_of(pdf_of(client, answers))

        assert fonts
        for name, embedded in fonts.items():
            assert embedded, name
            assert re.match(r"/[A-Z]{6}\+(Sans1|Serif1)", name)

    def test_the_weights_of_the_type_are_apart(self, client: Client) -> None:
        names = {name.split("+")[1] for name in fonts_of(pdf_of(client, LAW_FIRM))}

        assert {"Sans1", "Sans1-Bold", "Sans1-Ultra-Bold", "Serif1", "Serif1-Semi-Bold"} <= names

    @pytest.mark.parametrize("answers", [LAW_FIRM, MANY], ids=["one page", "several"])
    def test_it_is_the_same_bytes_twice(self, client: Client, answers: str) -> None:
        first = client.get(f"/advice/record.pdf?{answers}").content
        press._finished.clear()

        assert client.get(f"/advice/record.pdf?{answers}").content == first

    @every_record
    def test_it_is_small(self, client: Client, answers: str) -> None:
        assert len(client.get(f"/advice/record.pdf?{answers}").content) < 200_000

    @every_record
    def test_the_press_finds_nothing_to_complain_about(
        self, client: Client, caplog: pytest.LogCaptureFixture, answers: str
    ) -> None:
        caplog.set_level(logging.WARNING, logger="weasyprint")
        press._finished.clear()

        pdf_of(client, answers)

        assert [record.getMessage() for record in caplog.records] == []

    def test_pages_are_counted(self, client: Client) -> None:
        pdf = pdf_of(client, MANY)
        count = len(pdf.pages)

        assert count > 1
        for number, page in enumerate(pdf.pages, start=1):
            assert f"page {number} of {count}" in page.extract_text()

    @pytest.mark.parametrize("paper", ["a3", "", "letter;x", "%00"])
    def test_paper_that_we_do_not_have_is_a4(self, client: Client, paper: str) -> None:
        response = client.get(f"/advice/record.pdf?{LAW_FIRM}&paper={paper}")

        assert response.status_code in (200, 400)
        if response.status_code == 200:
            assert PdfReader(BytesIO(response.content)).pages[0].mediabox.height > 800

    def test_it_wears_the_owners_name_logo_and_colour(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        picture = BytesIO()
        Image.new("RGB", (160, 80), "#004488").save(picture, "PNG")
        logo = Logo.of(picture.getvalue())
        ours = this_site()
        theirs = replace(ours, name="Hills & Sons", colours=Colours(sign="#8fd14f"), logo=logo)
        plain = client.get(f"/advice/record.pdf?{LAW_FIRM}").content
        monkeypatch.setattr("advisor.views.record.site_of", lambda request: theirs)

        response = client.get(f"/advice/record.pdf?{LAW_FIRM}")

        pdf = PdfReader(BytesIO(response.content))
        assert len(pdf.pages) == 1
        assert pdf.metadata is not None
        assert pdf.metadata.author == "Hills & Sons"
        assert [(image.image.size if image.image else None) for image in pdf.pages[0].images] == [(160, 80)]
        assert yellow_in(PdfReader(BytesIO(plain)))
        assert not yellow_in(pdf)
        root: Any = pdf.trailer["/Root"]
        figures = [element for element in elements_of(root["/StructTreeRoot"]) if element.get("/S") == "/Figure"]
        assert [figure.get("/Alt") for figure in figures] == ["Hills & Sons", "A QR code that opens this advice"]

    def test_pictures_that_are_cut_off_are_refused_as_before(self, client: Client) -> None:
        """WeasyPrint would have the whole process take them, an owner's logo too."""
        press._finished.clear()
        pdf_of(client, LAW_FIRM)

        assert ImageFile.LOAD_TRUNCATED_IMAGES is False

    def test_nothing_but_our_own_files_can_be_fetched(self) -> None:
        press._tools(OURS)
        fetcher = press._own_files_only(press.House())

        for address in ("https://example.org/x.png", "file:///etc/passwd", "data:text/plain,x", press.BASE + "../x"):
            with pytest.raises((ValueError, LookupError)):
                fetcher.fetch(address)


class TestPress:
    @pytest.fixture(autouse=True)
    def _nothing_finished(self) -> Iterator[None]:
        press._finished.clear()
        yield
        press._finished.clear()

    def test_a_record_that_many_want_is_made_once(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[str] = []

        def setting(html: str, paper: str, house: press.House) -> bytes:
            made.append(paper)
            return html.encode()

        monkeypatch.setattr(press, "_set", setting)

        with ThreadPoolExecutor(12) as pool:
            found = set(pool.map(lambda _: press.to_pdf("<p>The same"), range(12)))

        assert found == {b"<p>The same"}
        assert made == ["a4"]

    def test_no_more_wait_than_there_is_room_for(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        go, at_work = threading.Event(), threading.Semaphore(0)

        def slowly(html: str, paper: str, house: press.House) -> bytes:
            at_work.release()
            go.wait(30)
            return b"%PDF"

        monkeypatch.setattr(press, "_set", slowly)
        monkeypatch.setattr(press, "_queue", threading.BoundedSemaphore(3))
        waiting = [threading.Thread(target=press.to_pdf, args=(f"page {number}",)) for number in range(3)]
        for thread in waiting:
            thread.start()
        at_work.acquire()
        while press._queue.acquire(blocking=False):  # until all three are in the queue
            press._queue.release()

        response = client.get(f"/advice/record.pdf?{LAW_FIRM}")

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        assert response["Cache-Control"] == "no-store"
        assert f"/advice/record/?{LAW_FIRM}".replace("&", "&amp;") in response.content.decode()
        go.set()
        for thread in waiting:
            thread.join()
        assert client.get(f"/advice/record.pdf?{LAW_FIRM}").status_code == 200

    def test_the_oldest_are_dropped_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(press, "_set", lambda html, paper, house: b"x" * 400)
        monkeypatch.setattr(press, "MOST_KEPT", 1000)

        for number in range(5):
            press.to_pdf(f"page {number}")

        assert len(press._finished) == 2

    def test_a_machine_without_the_libraries_says_so_once(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def no_library(colours: Colours) -> None:
            raise OSError("cannot load library 'libpango-1.0-0'")

        monkeypatch.setattr(press, "_made", no_library)
        monkeypatch.setattr(press, "_missing", False)

        responses = [client.get(f"/advice/record.pdf?{LAW_FIRM}") for _ in range(2)]

        for response in responses:
            assert response.status_code == 503
            assert "cannot make PDFs" in response.content.decode()
            assert "/advice/record/?" in response.content.decode()
        (line,) = [record.getMessage() for record in caplog.records if record.name == "advisor.press"]
        assert press.PACKAGES in line
        assert "law-finance" not in line


class TestMarkdown:
    @every_record
    def test_it_says_all_that_the_data_say(self, client: Client, answers: str) -> None:
        text, record = client.get(f"/advice/record.md?{answers}").content.decode(), data_of(client, answers)["record"]

        assert text.startswith("# Decision record\n")
        said = [record["question"], record["advice"]["headline"], record["advice"]["sentence"], *record["not_known"]]
        said += [reason for goal in record["reasons_for"] for reason in goal["reasons"]]
        said += [item["text"] for item in record["reasons_against"]] + [item["action"] for item in record["mind"]]
        said += [step["action"] for step in record["put_right_first"]] + record["people"]
        assert [words for words in said if escaped(words) not in text] == []
        assert f"<{record['link']}>" in text
        assert record["release"]["sha256"] in text

    @pytest.mark.parametrize(
        ("words", "source"),
        [
            ("<b>bold</b>", "\\<b\\>bold\\</b\\>"),
            ("[x](y)", "\\[x\\](y)"),
            ("# no title", "\\# no title"),
            ("- no list", "\\- no list"),
            ("2. no list", "2\\. no list"),
            ("a_b *c* `d`", "a\\_b \\*c\\* \\`d\\`"),
            ("https://x.example", "https\\://x.example"),
            ("two\nlines", "two lines"),
            ("a | b", "a \\| b"),
        ],
    )
    def test_words_stay_words(self, words: str, source: str) -> None:
        assert escaped(words) == source


class TestToDo:
    def test_it_lists_steps_duties_and_what_to_do_next(self, client: Client) -> None:
        page = see(client, f"/advice/to-do/?{CLINIC}")
        advice = data_of(client, CLINIC)["recommendation"]

        rows = page.one("tbody").all("tr")
        expected = [gate["action"] for gate in advice["readiness"]["gates"]]
        expected += [caveat["action"] for caveat in advice["caveats"] if caveat["severity"] == "must"]
        expected += [case["look_for"] for need in advice["needs"] for case in need["cases"] if case["look_for"]]
        assert len(rows) == len(expected)
        for row, action in zip(rows, expected, strict=True):
            assert action in row.text
            assert row.of_class("rec-box")
            assert [cell.text for cell in row.all("td")] == ["", "", ""]


class TestCalendar:
    def test_it_is_the_first_review_that_lies_ahead(self, client: Client, on_day: OnDay) -> None:
        advice = data_of(client, LAW_FIRM)["recommendation"]
        claims = [*advice["caveats"], *advice["readiness"]["gates"]]
        claims += [case for need in advice["needs"] for case in need["cases"]]
        due = sorted(date.fromisoformat(claim["review_by"]) for claim in claims)

        on_day("2026-12-01")
        assert date_of(client, f"/advice/review.ics?{LAW_FIRM}") == due[0]
        on_day(due[0].isoformat())
        assert date_of(client, f"/advice/review.ics?{LAW_FIRM}") == next(day for day in due if day > due[0])

    @pytest.mark.parametrize(
        ("today", "then"),
        [("2031-01-03", date(2031, 1, 6)), ("2031-01-06", date(2031, 1, 7))],
        ids=["Friday", "Monday"],
    )
    def test_when_all_are_past_it_is_the_next_working_day(
        self, client: Client, on_day: OnDay, today: str, then: date
    ) -> None:
        on_day(today)

        assert date_of(client, f"/advice/review.ics?{LAW_FIRM}") == then
        assert "at once" in see(client, f"/advice/record/?{LAW_FIRM}").text

    def test_the_same_record_is_the_same_entry(self, client: Client, on_day: OnDay) -> None:
        on_day("2026-12-01")
        first = client.get(f"/advice/review.ics?{LAW_FIRM}").content
        on_day("2026-12-02")

        assert client.get(f"/advice/review.ics?{LAW_FIRM}").content == first

    def test_it_names_the_advice_and_its_link(self, client: Client) -> None:
        entry = entry_of(client, f"/advice/review.ics?{LAW_FIRM}")

        assert entry["summary"] == "Look again at: Start with a language model"
        assert LAW_FIRM in str(entry["description"])
        assert "law-finance" not in str(entry["uid"])
        assert entry_of(client, f"/advice/review.ics?{AGENCY}")["uid"] != entry["uid"]


class TestPlantedMarkup:
    @pytest.fixture
    def planted(self, serve: Serve) -> str:
        serve(
            industries=[make_industry("other", name=PLANTED, phrase=PLANTED), make_industry("law-finance")],
            needs=[
                make_need("contract-review", "text", name=PLANTED, phrase=PLANTED),
                make_need("social-posts", "text", "images"),
                make_need("calculators", "figures"),
            ],
            rules=[
                make_rule(
                    "text", "language-model", modalities=["text"], because=PLANTED, look_for=PLANTED, contested="x"
                ),
                make_rule("images", "generative-media", modalities=["images"]),
                make_rule("figures", "ordinary-software", modalities=["figures"], look_for="a calculator"),
            ],
            gates=[make_gate("planted", name=PLANTED, because=PLANTED, action=PLANTED)],
            caveats=[make_caveat("planted", name=PLANTED, action=PLANTED, severity="must", contested=PLANTED)],
            examples=[],
        )
        return "industry=other&need=contract-review&fact=none"

    @pytest.mark.parametrize("form", ["record/", "to-do/"])
    def test_it_stays_text_on_pages(self, client: Client, planted: str, form: str) -> None:
        page = see(client, f"/advice/{form}?{planted}")

        assert all(is_our_script(script) for script in page.all("script"))
        assert "{{ settings.SECRET_KEY }}" in page.one("main").text

    def test_it_stays_text_in_the_pdf(self, client: Client, planted: str) -> None:
        pdf = pdf_of(client, planted)

        assert squeezed("<script>alert(1)</script>") in words_of(pdf)
        assert "javascript:y" not in [link for page in pdf.pages for link in links_of(page)]

    def test_it_stays_text_in_markdown(self, client: Client, planted: str) -> None:
        text = client.get(f"/advice/record.md?{planted}").content.decode()

        assert "<script>" not in re.sub(r"\\.", "", text)
        assert "https://evil" not in text
        assert "\\*\\*z\\*\\*" in text

    def test_it_stays_text_in_the_calendar(self, client: Client, planted: str) -> None:
        calendar = client.get(f"/advice/review.ics?{planted}").content.decode()

        assert len(re.findall(r"^BEGIN:", calendar, re.MULTILINE)) == 2


def entry_of(client: Client, address: str) -> Event:
    response = client.get(address)
    assert response.status_code == 200
    calendar = Calendar.from_ical(response.content)
    (entry,) = [part for part in calendar.walk() if isinstance(part, Event)]
    return entry


def date_of(client: Client, address: str) -> date:
    found = entry_of(client, address).start
    assert type(found) is date, "it takes the whole day"
    return found


def elements_of(element: Any) -> Iterator[Any]:
    """All elements of a PDF's tree of tags."""
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        found = kid.get_object() if isinstance(kid, IndirectObject) else kid
        if isinstance(found, dict) and "/S" in found:
            yield found
            yield from elements_of(found)


def tags_of(root: Any) -> list[str]:
    return [str(element["/S"]) for element in elements_of(root)]


def fonts_of(pdf: PdfReader) -> dict[str, bool]:
    """Each font's name, and whether the PDF holds it."""
    found: dict[str, bool] = {}
    for page in pdf.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            found[str(font.get_object()["/BaseFont"])] = any(
                name in descriptor for name in ("/FontFile2", "/FontFile3")
            )
    return found


def links_of(page: Any) -> list[str]:
    return [
        str(annotation.get_object()["/A"]["/URI"])
        for annotation in page.get("/Annots", [])
        if "/URI" in annotation.get_object().get("/A", {})
    ]


def yellow_in(pdf: PdfReader) -> bool:
    """Whether anything is painted in the yellow of our own signs, #ffc629."""
    painted = b""
    for page in pdf.pages:
        resources: Any = page["/Resources"]
        for stream in (page.get_contents(), *(form.get_object() for form in resources.get("/XObject", {}).values())):
            painted += stream.get_data() if stream is not None else b""
    return b"1 0.776" in painted
