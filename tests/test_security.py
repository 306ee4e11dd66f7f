"""What safety.md asks of every response. What a browser has to show is in tests/browser/."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from advisor.assets import HTMX, SCRIPT, first_script, integrity
from advisor.decision.catalogue import Catalogue
from advisor.middleware import HEADERS
from advisor.styles import OF_PAGES, inline_style, inline_style_hashes
from tests.conftest import Publish
from tests.factory import make_caveat, make_document, make_industry, make_need, make_rule, make_tool
from tests.views.conftest import snapshot_of
from tests.views.markup import parse

ANSWERS = "industry=law-finance&need=contract-review&modality=text&fact=none"
VISITED = {
    "page": ("/", 200),
    "question": ("/advice/goals/?industry=other", 200),
    "result": (f"/advice/?{ANSWERS}", 200),
    "data": (f"/advice/?{ANSWERS}&format=json", 200),
    "missing slash": ("/advice/goals?industry=other", 301),
    "skipped question": ("/advice/?industry=other", 302),
    "bad request": ("/advice/?=x", 400),
    "not found": ("/nothing/", 404),
    "error": ("/advice/industry/?answered=industry", 422),
    "health": ("/healthz", 200),
    "robots": ("/robots.txt", 200),
    "sitemap": ("/sitemap.xml", 200),
}
every_response = pytest.mark.parametrize(("address", "status"), VISITED.values(), ids=VISITED)


@pytest.fixture
def client(publish: Publish) -> Client:
    """A visitor of a site with a small catalogue, who takes error pages as they come."""
    publish()
    return Client(raise_request_exception=False)


class TestHeaders:
    @every_response
    def test_every_response_has_them(self, client: Client, address: str, status: int) -> None:
        response = client.get(address)

        assert response.status_code == status
        assert {name: response[name] for name in HEADERS} == HEADERS
        assert response["Content-Security-Policy"] == (
            f"default-src 'none'; script-src 'self' {first_script().csp_hash}; "
            f"style-src 'self' {inline_style_hashes()}; img-src 'self'; font-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'"
        )

    def test_also_when_something_breaks(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.recent.recommend", None)

        response = client.get(f"/advice/?{ANSWERS}")

        assert response.status_code == 500
        assert {name: response[name] for name in HEADERS} == HEADERS
        assert "Content-Security-Policy" in response

    def test_also_a_static_file(self, settings: Settings, tmp_path: Path) -> None:
        (tmp_path / "x.css").write_text("a{}")
        settings.STATIC_ROOT = tmp_path

        response = Client().get("/static/x.css")

        assert response.getvalue() == b"a{}"
        assert {name: response[name] for name in HEADERS} == HEADERS
        assert "Access-Control-Allow-Origin" not in response

    def test_the_policy_lets_in_the_very_stylesheets_of_the_page(self, client: Client) -> None:
        response = client.get("/")

        found = re.findall(r"<style>(.*?)</style>", response.content.decode(), re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(css.encode()).digest()).decode() for css in found]
        assert found == [inline_style(), inline_style(sheet=OF_PAGES)]
        assert " ".join(f"'sha256-{digest}'" for digest in digests) == inline_style_hashes()
        assert f"style-src 'self' {inline_style_hashes()};" in response["Content-Security-Policy"]

    def test_the_questions_do_without_what_only_other_pages_need(self, client: Client) -> None:
        html = client.get("/advice/industry/").content.decode()

        assert re.findall(r"<style>(.*?)</style>", html, re.DOTALL) == [inline_style()]

    def test_the_admin_may_draw_its_icons_and_nothing_more(self, client: Client) -> None:
        site, admin = (client.get(address)["Content-Security-Policy"] for address in ("/", "/admin/login/"))

        assert admin == site.replace("img-src 'self'", "img-src 'self' data:")


class TestVisitorsStayUnknown:
    @every_response
    def test_no_cookie_is_set(self, client: Client, address: str, status: int) -> None:
        response = client.get(address)

        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")

    def test_nor_by_a_search(self, client: Client) -> None:
        sent = {"find": "clauses", "industry": "other"}

        response = client.post("/advice/goals/find/", sent, headers={"Sec-Fetch-Site": "same-origin"})

        assert response.status_code == 200
        assert not response.cookies
        assert "csrf" not in response.content.decode()

    @pytest.mark.parametrize(
        "address",
        [
            "/advice/?=x&need=canary",
            "/nothing/?need=canary",
            "/advice/industry/?answered=industry&need=canary",
            "/advice/?need=canary",
            "/advice/?industry=other&need=contract-review&fact=canary",
        ],
    )
    def test_no_log_line_holds_answers(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
    ) -> None:
        monkeypatch.setattr("advisor.views.results.render", None)  # so that the result breaks

        client.get(address)

        assert "canary" not in "".join(record.getMessage() for record in caplog.records)


class TestScripts:
    @pytest.mark.parametrize("address", ["/", "/advice/goals/?industry=other", f"/advice/?{ANSWERS}"])
    def test_only_our_own_files_run_unchanged(self, client: Client, address: str) -> None:
        response = client.get(address)
        page = parse(response.content.decode())

        first, *others = page.all("script")
        assert first.attributes == {}
        digest = base64.b64encode(hashlib.sha256(first.text.encode()).digest()).decode()
        assert f"script-src 'self' 'sha256-{digest}';" in response["Content-Security-Policy"]
        assert [(script["src"], script["integrity"]) for script in others] == [
            (f"/static/{file}", integrity(file)) for file in (SCRIPT, HTMX)
        ]
        for script in others:
            content = (settings.BASE_DIR / "static" / script["src"].removeprefix("/static/")).read_bytes()
            assert script["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
            assert not script.text
        assert not [element for element in page.walk() if element.get("style")]
        assert not [name for element in page.walk() for name in element.attributes if name.startswith(("on", "hx-on"))]

    def test_htmx_is_held_to_its_own_site(self, client: Client) -> None:
        page = parse(client.get("/").content.decode())

        config = json.loads(page.one("meta", name="htmx-config")["content"])
        assert config["mode"] == "same-origin"
        assert config["includeIndicatorCSS"] is False

    def test_no_template_and_no_script_takes_code_from_data(self) -> None:
        forbidden = re.compile(r"\|safe\b|autoescape off|hx-on|js:|hx-vals|eval\(|innerHTML|document\.write")
        files = [*(settings.BASE_DIR / "templates").rglob("*.*")]
        files += [settings.BASE_DIR / "static/js" / name for name in ("first.js", "signpost.js")]

        found = {file.name: forbidden.findall(file.read_text("utf-8")) for file in files}
        assert not {name: words for name, words in found.items() if words}

    def test_no_trigger_has_a_condition(self) -> None:
        """Under a strict policy htmx would fire it without the condition, or not at all."""
        for file in (settings.BASE_DIR / "templates").rglob("*.html"):
            assert not re.search(r'hx-trigger="[^"]*\[', file.read_text("utf-8")), file


class TestEditorsTexts:
    PLANTED = "<script>alert(1)</script><b hx-get='/x' hx-trigger='load'>{{ settings.SECRET_KEY }}{% debug %}"

    @pytest.fixture
    def pages(self, settings: Settings) -> list[str]:
        text = self.PLANTED
        document = make_document(
            industries=[make_industry("other", name=f"Other {text}", phrase=text)],
            needs=[
                make_need("contract-review", "text", name=text, phrase=text, help=text, words=["agreements"]),
                make_need("social-posts", "text", "images"),
                make_need("calculators", "figures"),
            ],
            rules=[
                make_rule("text", "language-model", modalities=["text"], because=text, look_for=text, contested=text),
                make_rule("images", "generative-media", modalities=["images"]),
                make_rule("figures", "ordinary-software", modalities=["figures"]),
            ],
            caveats=[make_caveat("check", name=text, text=text, action=text, status=text, contested=text)],
            tools=[
                make_tool("writer", "language-model", "combined", name=text, maker=text, limits=text, what_for=text),
                make_tool("painter", "generative-media"),
                make_tool("calculator", "ordinary-software"),
            ],
            examples=[],
        )
        release = snapshot_of(Catalogue.from_document(document)).to_text()
        (settings.SIGNPOST_DATA / "current-release.json").write_text(release, encoding="utf-8")
        answers = "industry=other&need=contract-review"
        addresses = ["/advice/industry/", "/advice/goals/?industry=other", f"/advice/check/?{answers}&fact=none"]
        addresses += [f"/advice/?{answers}", "/how-it-decides/", "/tools/"]
        return [Client().get(address).content.decode() for address in addresses]

    def test_they_stay_text(self, pages: list[str]) -> None:
        for html in pages:
            page = parse(html)
            assert [script.text for script in page.all("script")] == [first_script().text, "", ""]
            assert not [element for element in page.walk() if element.get("hx-trigger") == "load"]
            assert "{{ settings.SECRET_KEY }}{% debug %}" in page.one("main").text
            assert settings.SECRET_KEY not in html


class TestNoRequestsToOthers:
    """The site asks nobody for anything: a link of an editor's must not reach into its network."""

    CLIENTS = re.compile(
        r"^\s*(?:from|import) (?:http\.client|urllib\.request|requests|httpx|aiohttp|urllib3|ftplib|asyncio)\b", re.M
    )

    def test_one_module_alone_has_a_client_and_one_command_alone_has_it(self) -> None:
        root = Path(settings.BASE_DIR) / "advisor"
        sources = {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.py")}

        assert [name for name, text in sources.items() if self.CLIENTS.search(text)] == ["linkcheck.py"]
        assert [
            name for name, text in sources.items() if re.search(r"import .*\blinkcheck|linkcheck import", text)
        ] == ["management/commands/check_links.py"]
