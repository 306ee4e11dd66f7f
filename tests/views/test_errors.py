from __future__ import annotations

import logging
from pathlib import Path
from typing import NoReturn
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from advisor import published
from advisor.models import Release
from tests.content.shipped import CATALOGUE
from tests.views.conftest import snapshot_of
from tests.views.markup import FORM, Element, parse, see

SHIPPED = snapshot_of(CATALOGUE).to_text()
RESULT = "/advice/?industry=law-finance&need=chatbot&modality=text&fact=none"


@pytest.fixture
def patient(client: Client) -> Client:
    """A client that takes the error page, as a visitor would, instead of the exception."""
    client.raise_request_exception = False
    return client


def check_error_page(page: Element, status: int) -> None:
    """It says what happened and where to go, in words of ours."""
    assert page.one("title").text == f"{page.one('h1').text} – Signpost"
    assert f"Code {status}" in page.text
    links = [link["href"] for link in page.one("ul", class_="links").all("a")]
    assert links == ["/", "/advice/industry/"]
    assert page.one("meta", name="robots")["content"] == "noindex"
    assert not {"Traceback", "Exception", "Django"} & set(page.text.split())


class TestNotFound:
    @pytest.mark.parametrize("address", ["/nothing/", "/advice/budget/", "/advice/goals/find/more/", "/nothing?x=1"])
    def test_it_has_a_page(self, client: Client, address: str) -> None:
        response = client.get(address, follow=True)

        assert response.status_code == 404
        assert response["Cache-Control"] == "no-store"
        check_error_page(parse(response.content.decode()), 404)

    def test_the_address_is_not_repeated(self, client: Client) -> None:
        html = client.get("/<script>alert(1)</script>/").content.decode()

        assert "alert(1)" not in html

    def test_a_slash_that_is_missing_is_added(self, client: Client) -> None:
        response = client.get("/advice/goals?industry=other")

        assert response.status_code == 301
        assert response["Location"] == "/advice/goals/?industry=other"


class TestBadRequest:
    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("need=" + "a" * 200, "A part of this address is longer than any that our questions make."),
            ("&".join(f"need=goal-{number}" for number in range(400)), "more parts than our questions make"),
            ("&".join(f"n{number}={'x' * 60}" for number in range(200)), "longer than any that our questions make"),
            ("industry=other%00", "This address holds characters that our questions never make."),
            ("industry=other&need=chat%E2%80%AEbot", "This address holds characters that our questions never make."),
            ("__class__=1", "This address holds characters that our questions never make."),
            ("industry__startswith=o", "This address holds characters that our questions never make."),
            ("=x", "This address holds characters that our questions never make."),
        ],
    )
    @pytest.mark.parametrize("path", ["/advice/", "/advice/check/", "/advice/industry/", "/advice/so-far/"])
    def test_it_says_what_is_wrong(self, client: Client, path: str, query: str, says: str) -> None:
        page = see(client, f"{path}?{query}", status=400)

        check_error_page(page, 400)
        assert says in page.text

    def test_so_it_does_for_a_search(self, client: Client) -> None:
        response = client.post(
            "/advice/goals/find/", {"industry": "x" * 500}, headers={"Sec-Fetch-Site": "same-origin"}
        )

        assert response.status_code == 400
        check_error_page(parse(response.content.decode()), 400)

    def test_another_host_name_is_refused(self, client: Client) -> None:
        response = client.get("/", headers={"Host": "evil.example"})

        assert response.status_code == 400
        assert "evil.example" not in response.content.decode()
        check_error_page(parse(response.content.decode()), 400)

    def test_with_htmx_it_is_a_fragment(self, client: Client) -> None:
        response = client.get("/advice/?=x", headers={"HX-Request": "true"})

        assert response.status_code == 400
        assert not parse(response.content.decode()).all("html")


class TestServerError:
    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: object, **kwargs: object) -> NoReturn:
            raise RuntimeError("a secret of ours")

        monkeypatch.setattr("advisor.recent.recommend", fail)

    def test_it_has_a_page_that_gives_nothing_away(self, patient: Client, broken: None) -> None:
        response = patient.get(RESULT)

        assert response.status_code == 500
        assert response["Cache-Control"] == "no-store"
        page = parse(response.content.decode())
        check_error_page(page, 500)
        assert "so they are safe" in page.text
        assert "secret" not in page.text

    def test_the_log_names_the_path_and_not_the_answers(
        self, patient: Client, broken: None, caplog: pytest.LogCaptureFixture
    ) -> None:
        patient.get(RESULT)

        (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert record.getMessage() == "Internal Server Error: /advice/"
        assert "law-finance" not in caplog.text


@pytest.mark.django_db
class TestNothingPublished:
    @pytest.mark.parametrize(
        "address", ["/", "/advice/industry/", RESULT, "/how-it-decides/", "/how-it-decides/changes/"]
    )
    def test_the_page_and_the_log_name_the_command(
        self, client: Client, no_data: Path, caplog: pytest.LogCaptureFixture, address: str
    ) -> None:
        response = client.get(address)

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        page = parse(response.content.decode())
        check_error_page(page, 503)
        assert page.one("h1").text == "Nothing is published here yet"
        for told in (page.text, caplog.text):
            assert "Run `make run`, or `manage.py load_content` and `manage.py publish --note TEXT`." in told

    def test_without_tables_migrate_is_named_too(
        self, client: Client, no_data: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with mock.patch.object(Release, "sync_snapshot", side_effect=OperationalError("no such table")):
            response = client.get("/")

        assert response.status_code == 503
        for told in (parse(response.content.decode()).text, caplog.text):
            assert "Run `make run`, or `manage.py migrate`, `manage.py load_content`" in told
            assert "no such table" not in told

    def test_pages_that_need_no_release_are_there(self, client: Client, no_data: Path) -> None:
        assert client.get("/healthz").status_code == 200
        assert client.get("/robots.txt").status_code == 200
        assert client.get("/nothing/").status_code == 404

    def test_with_the_first_release_the_pages_are_there(self, client: Client, no_data: Path) -> None:
        assert client.get("/").status_code == 503

        (no_data / "current-release.json").write_text(SHIPPED, encoding="utf-8")

        assert client.get("/").status_code == 200


class TestWithoutTheDatabase:
    """The release is in a file, so visitors notice nothing. No test of this class may make a query."""

    def test_a_process_that_starts_anew_serves_all_pages(self, client: Client) -> None:
        published.forget()

        for address in ("/", "/advice/industry/", RESULT, "/how-it-decides/", "/tools/"):
            assert client.get(address).status_code == 200

    def test_a_broken_file_leaves_the_last_good_release_in_use(
        self, client: Client, no_data: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = no_data / "current-release.json"
        file.write_text(SHIPPED, encoding="utf-8")
        assert client.get(RESULT).status_code == 200

        file.write_text(SHIPPED.replace("language", "longuage"), encoding="utf-8")

        assert client.get(RESULT).status_code == 200
        assert "Snapshot file refused" in caplog.text


class TestNumber:
    """By which a visitor and whoever runs the site talk about the same mistake."""

    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.recent.recommend", None)

    def test_the_page_names_the_one_that_the_response_carries(self, patient: Client, broken: None) -> None:
        response = patient.get(RESULT)

        number = response["X-Request-ID"]
        page = parse(response.content.decode())
        assert f"Tell us this number: {number}." in page.text
        assert page.one("main").one("a", href="/report-a-mistake/").text == "Tell us"

    def test_so_does_the_data(self, patient: Client, broken: None) -> None:
        response = patient.get(f"{RESULT}&format=json")

        assert response.json()["request"] == response["X-Request-ID"]

    def test_nothing_published_is_told_with_one_too(self, client: Client, no_data: Path) -> None:
        with mock.patch.object(Release, "sync_snapshot", side_effect=OperationalError("no such table")):
            response = client.get("/")

        assert response["X-Request-ID"] in parse(response.content.decode()).text

    @pytest.mark.django_db
    def test_the_editors_page_has_it_as_well(
        self, patient: Client, editor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patient.force_login(editor)
        monkeypatch.setattr("advisor.admin.firstpage.context", None)

        response = patient.get("/admin/")

        assert response.status_code == 500
        assert response["X-Request-ID"] in parse(response.content.decode()).text

    def test_where_there_is_nothing_to_find_there_is_none(self, client: Client) -> None:
        response = client.get("/nothing/")

        assert response["X-Request-ID"] not in response.content.decode()


class TestTooLarge:
    @pytest.mark.parametrize("address", ["/talk/", "/advice/keep/", "/advice/useful/"])
    @pytest.mark.parametrize(
        "body", ["message=" + "a" * 3_000_000, "&".join(f"a{number}=b" for number in range(6000))], ids=["long", "many"]
    )
    def test_it_says_so_and_where_the_words_are(self, client: Client, address: str, body: str) -> None:
        reply = client.post(address, body, FORM, headers={"Sec-Fetch-Site": "same-origin"})

        assert reply.status_code == 413
        assert "what you typed is still there" in reply.content.decode()
        assert "no-store" in reply.headers["Cache-Control"]


class TestOtherRefusals:
    @pytest.mark.parametrize("address", ["/advice/", "/about/", "/healthz"])
    def test_a_page_that_takes_no_forms_says_so(self, client: Client, address: str) -> None:
        response = client.delete(address, headers={"Sec-Fetch-Site": "same-origin"})

        assert response.status_code == 405
        assert "GET" in response["Allow"]
        check_error_page(parse(response.content.decode()), 405)

    @pytest.mark.django_db
    def test_a_page_of_the_workplace_says_that_it_is_not_for_this_role(self, client: Client) -> None:
        client.force_login(User.objects.create_user("eve", is_staff=True))

        response = client.get("/admin/shelf-life/")

        assert response.status_code == 403
        page = parse(response.content.decode())
        assert page.one("h1").text == "This page is not open to you"
        assert page.one("ul", class_="links").one("a")["href"] == "/admin/"
