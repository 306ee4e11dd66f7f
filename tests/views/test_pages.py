from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from advisor import published, site
from advisor.decision.catalogue import Gate, Rule
from advisor.decision.domain import figures
from advisor.models import Release
from advisor.views.pages import INDEXED
from tests.content.shipped import CATALOGUE
from tests.views.conftest import OnDay, snapshot_of
from tests.views.markup import Element, is_our_script, parse, see

TEXT = "industry=law-finance&need=chatbot&modality=text"
PAGES = {
    "home": "/",
    "industry": "/advice/industry/",
    "goals": "/advice/goals/?industry=other",
    "output": "/advice/output/?industry=other&need=chatbot",
    "circumstances": f"/advice/circumstances/?{TEXT}",
    "check": f"/advice/check/?{TEXT}&fact=none",
    "result": f"/advice/?{TEXT}&fact=none",
    "rules": "/how-it-decides/",
    "kinds": "/kinds-of-ai/",
    "tools": "/tools/",
    "glossary": "/glossary/",
    "about": "/about/",
    "talk": "/talk/",
    "privacy": "/privacy/",
    "accessibility": "/accessibility/",
    "report": "/report-a-mistake/",
}
every_page = pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)


@pytest.fixture
def stored(db: None) -> Release:
    """The shipped release as a row, for the pages that list releases."""
    snapshot = snapshot_of(CATALOGUE)
    return Release.objects.create(
        number=1,
        document=snapshot.document,
        sha256=snapshot.sha256,
        published_at=snapshot.published_at,
        note=snapshot.note,
    )


def description(page: Element) -> str:
    return page.one("meta", name="description")["content"]


class TestEveryPage:
    @every_page
    def test_it_is_a_whole_page_with_one_heading(self, client: Client, address: str) -> None:
        page = see(client, address)

        assert page.one("html")["lang"] == "en"
        assert len(page.all("h1")) == 1
        assert page.one("main")["id"] == "main"
        assert page.all("a")[0]["href"] == "#main", "the first link skips to the content"
        assert page.one("title").text.endswith(" – Signpost")
        assert "Release 1, published 24 November 2026." in page.one("footer").text
        ids = [element["id"] for element in page.walk() if element.get("id")]
        assert len(ids) == len(set(ids))

    @every_page
    def test_every_link_of_ours_leads_somewhere(self, client: Client, address: str) -> None:
        page = see(client, address)

        ids = {element.get("id") for element in page.walk()}
        links = {link["href"] for link in page.all("a")} - {"/how-it-decides/changes/"}
        assert {link for link in links if link.startswith("#")} <= {f"#{name}" for name in ids}
        for path in {link.partition("#")[0] for link in links if link.startswith("/")}:
            assert client.head(path).status_code == 200, path

    def test_titles_and_descriptions_are_its_own(self, client: Client) -> None:
        pages = [see(client, address) for address in PAGES.values()]

        assert len({page.one("title").text for page in pages}) == len(PAGES)
        assert len({description(page) for page in pages}) == len(PAGES)
        assert all(20 <= len(description(page)) <= 320 for page in pages)

    @pytest.mark.django_db
    def test_so_are_those_of_the_list_of_changes(self, client: Client, stored: Release) -> None:
        page = see(client, "/how-it-decides/changes/")

        others = [see(client, address) for address in PAGES.values()]
        assert page.one("title").text not in [other.one("title").text for other in others]
        assert description(page) not in [description(other) for other in others]

    @pytest.mark.parametrize("name", ["industry", "goals", "output", "circumstances", "check", "result"])
    def test_a_visitors_own_pages_are_not_for_search_engines(self, client: Client, name: str) -> None:
        assert see(client, PAGES[name]).one("meta", name="robots")["content"] == "noindex"

    @pytest.mark.parametrize("name", ["home", "rules", "kinds", "tools", "glossary", "about", "privacy"])
    def test_what_others_show_of_a_page(self, client: Client, name: str) -> None:
        page = see(client, PAGES[name])

        assert page.one("link", rel="canonical")["href"] == f"{settings.SIGNPOST_SITE_URL}{PAGES[name]}"
        assert page.one("meta", property="og:image")["content"].startswith(settings.SIGNPOST_SITE_URL)
        assert page.one("meta", property="og:image:alt")["content"]

    @every_page
    def test_nothing_comes_from_another_host(self, client: Client, address: str) -> None:
        page = see(client, address)

        assert all(is_our_script(script) for script in page.all("script"))
        fetched = [element.get("src") for element in page.walk() if element.tag in ("img", "iframe", "source")]
        fetched += [link["href"] for link in page.all("link") if link.get("rel") != "canonical"]
        assert all(source and source.startswith("/static/") for source in fetched)
        assert not [sheet for sheet in page.all("style") if "//" in sheet.text]

    @every_page
    def test_a_fragment_is_the_main_part_with_a_title(self, client: Client, address: str) -> None:
        whole = see(client, address)

        fragment = parse(client.get(address, headers={"HX-Request": "true"}).content.decode())

        assert [element.tag for element in fragment.children if isinstance(element, Element)] == ["title", "main"]
        assert fragment.one("title").text == whole.one("title").text
        assert fragment.one("main").text == whole.one("main").text
        assert "autofocus" in fragment.one("h1").attributes, "the new heading takes the focus"
        assert "autofocus" not in whole.one("h1").attributes


class TestHome:
    def test_it_says_what_this_is_and_who_runs_it(self, client: Client) -> None:
        page = see(client, "/")

        assert page.one("h1").text == "Which kind of AI fits the job? Sometimes, none."
        (button,) = page.of_class("btn")
        assert button["href"] == "/advice/industry/"
        assert "A marketing agency runs this." in page.text
        assert "No name, no email, no cookies." in page.text

    def test_it_shows_three_finished_results(self, client: Client) -> None:
        links = see(client, "/").one("ul", class_="lines").all("a")

        assert [link.text for link in links] == ["Large language model", "Language and media together", "Not yet"]
        for link in links:
            assert see(client, link["href"]).of_class("plate")

    def test_not_yet_is_one_of_the_six_ways(self, client: Client) -> None:
        assert [item.text for item in see(client, "/").by_id("six").all("h3")][-1] == "Not yet"


class TestHowItDecides:
    def test_it_gives_the_figures_of_the_whole_domain(self, client: Client) -> None:
        page = see(client, PAGES["rules"])

        counted = figures(CATALOGUE)
        assert f"{counted.rows} rows decide {counted.cells:,} cases." in page.text or (
            f"{counted.rows} rows decide {counted.cells} cases." in page.text
        )
        assert "0 cases have no row. 0 pairs of rows disagree." in page.text
        shares = page.one("table", class_="shares").all("tr")
        assert [row.one("th").text for row in shares] == [category.name for category in CATALOGUE.categories]
        assert sum(int(row.all("td")[0].text.rstrip("%")) for row in shares) in range(97, 104)

    def test_every_rule_and_gate_can_be_read_with_its_source(self, client: Client) -> None:
        page = see(client, PAGES["rules"])

        read = {row["id"]: row.text for row in page.all("tr") if row.get("id")}
        sources = CATALOGUE.by_slug["sources"]
        rows: tuple[Rule | Gate, ...] = (*CATALOGUE.rules, *CATALOGUE.gates)
        for row in rows:
            assert row.because in read[row.slug]
            assert "Checked 24 Nov 2026" in read[row.slug]
            for source in (sources[slug] for slug in row.sources):
                assert source.title in read[row.slug]
                assert not source.dated or f", {source.dated}" in read[row.slug]


class TestWhatChanged:
    def test_it_lists_the_releases_with_their_notes(self, client: Client, stored: Release) -> None:
        item = see(client, "/how-it-decides/changes/").by_id("release-1")

        assert "First release" in item.text
        assert stored.sha256[:12] in item.text
        assert "In use now" in item.text

    def test_it_counts_what_differs_from_the_release_before(self, client: Client, stored: Release) -> None:
        first, *others = CATALOGUE.terms
        changed = snapshot_of(replace(CATALOGUE, terms=(replace(first, meaning="Another meaning."), *others)), number=2)
        Release.objects.create(
            number=2,
            document=changed.document,
            sha256=changed.sha256,
            published_at=changed.published_at,
            note="A word.",
        )

        page = see(client, "/how-it-decides/changes/")

        assert "Words explained: 1 changed" in page.by_id("release-2").text
        assert page.by_id("release-1").all("li") == []

    @pytest.mark.django_db
    def test_while_the_database_is_away_it_shows_the_current_release(self, client: Client) -> None:
        with mock.patch("django.db.backends.utils.CursorWrapper.execute", side_effect=DatabaseError("gone")):
            page = see(client, "/how-it-decides/changes/")

        assert "In use now" in page.by_id("release-1").text


class TestContent:
    def test_the_kinds_are_compared(self, client: Client) -> None:
        page = see(client, PAGES["kinds"])

        for category in CATALOGUE.categories:
            text = page.by_id(category.slug).text
            assert all(line in text for line in (*category.strengths, *category.limits, category.training))
            assert category.contested in text
        names = [tool.name for tool in CATALOGUE.tools if tool.kind == "technique"]
        assert all(name in page.by_id("techniques").text for name in names)

    def test_every_tool_is_listed_with_its_limits(self, client: Client) -> None:
        page = see(client, PAGES["tools"])

        cards = {card["id"]: card.text for card in page.all("li") if card.get("id")}
        for tool in CATALOGUE.tools:
            if tool.kind == "product":
                assert tool.limits in cards[tool.slug]
                assert tool.maker in cards[tool.slug]
                assert tool.contested in cards[tool.slug]

    def test_every_word_is_explained_in_order(self, client: Client) -> None:
        names = [term.text for term in see(client, PAGES["glossary"]).all("dt")]

        assert names == sorted((term.name for term in CATALOGUE.terms), key=str.casefold)

    @pytest.mark.parametrize("name", ["rules", "kinds", "tools", "glossary"])
    def test_an_overdue_check_shows(self, client: Client, on_day: OnDay, name: str) -> None:
        on_day("2030-01-01")

        assert "Check overdue since" in see(client, PAGES[name]).text


class TestContact:
    """What can be written to whoever runs the site depends on whether they gave an address."""

    @pytest.fixture
    def contact(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = replace(site.this_site(), owner="Ada & Co", sells="advice", contact="ada@example.org")
        monkeypatch.setattr(site, "this_site", lambda: there)

    @pytest.mark.parametrize("name", ["talk", "report", "privacy", "accessibility"])
    def test_without_one_the_page_says_so(self, client: Client, name: str) -> None:
        assert "has not set a contact yet" in see(client, PAGES[name]).text

    @pytest.mark.parametrize("name", ["talk", "report", "privacy", "accessibility"])
    def test_with_one_it_can_be_used(self, client: Client, contact: None, name: str) -> None:
        page = see(client, PAGES[name])

        assert [link for link in page.all("a") if link["href"] == "mailto:ada@example.org"]
        assert "has not set a contact yet" not in page.text

    def test_the_owner_is_named(self, client: Client, contact: None) -> None:
        assert "Ada & Co runs Signpost. They sell advice." in see(client, PAGES["about"]).text


class TestForMachines:
    def test_robots_may_read_all_but_the_admin(self, client: Client) -> None:
        response = client.get("/robots.txt")

        assert response["Content-Type"].startswith("text/plain")
        assert response.content.decode().splitlines() == [
            "User-agent: *",
            "Disallow: /admin/",
            "Sitemap: http://testserver/sitemap.xml",
        ]

    @pytest.mark.django_db
    def test_the_sitemap_lists_pages_that_are_there(self, client: Client, stored: Release) -> None:
        response = client.get("/sitemap.xml")

        addresses = [place.text for place in parse(response.content.decode().split("?>")[1]).all("loc")]
        assert len(addresses) == len(INDEXED)
        for address in addresses:
            page = see(client, address.removeprefix("http://testserver"))
            assert not page.all("meta", name="robots")

    def test_browsers_find_the_icon_where_they_look(self, client: Client) -> None:
        response = client.get("/favicon.ico")

        assert response.status_code == 301
        assert response["Location"] == "/static/img/favicon.ico"


class TestHealth:
    def test_the_process_is_up(self, client: Client) -> None:
        assert client.get("/healthz").json() == {"status": "up"}

    @pytest.mark.django_db
    def test_it_is_ready_with_a_release(self, client: Client, stored: Release) -> None:
        response = client.get("/readyz")

        assert response.json()["failing"] in ([], ["disk"]), "this machine's disk may be full"

    @pytest.mark.django_db
    def test_without_a_release_it_is_not(self, client: Client, no_data: object) -> None:
        response = client.get("/readyz")

        assert response.status_code == 503
        assert "release" in response.json()["failing"]
        assert published.current.__name__ not in response.content.decode()


class TestSecurityTxt:
    """RFC 9116."""

    ADDRESS = "/.well-known/security.txt"

    @pytest.mark.parametrize(
        ("contact", "url"),
        [
            ("hello@example.org", "mailto:hello@example.org"),
            ("https://example.org/contact", "https://example.org/contact"),
        ],
    )
    def test_it_names_the_owners_contact_and_until_when_it_holds(
        self, client: Client, on_day: OnDay, monkeypatch: pytest.MonkeyPatch, contact: str, url: str
    ) -> None:
        there = replace(site.this_site(), contact=contact, url="https://advice.example.org")
        monkeypatch.setattr(site, "this_site", lambda: there)
        on_day("2026-11-25")

        response = client.get(self.ADDRESS)

        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response.content.decode().splitlines() == [
            f"Contact: {url}",
            "Expires: 2027-05-24T00:00:00Z",
            "Preferred-Languages: en",
            "Canonical: https://advice.example.org/.well-known/security.txt",
            "Policy: https://advice.example.org/report-a-mistake/#security",
        ]

    def test_without_a_contact_there_is_none(self, client: Client) -> None:
        assert client.get(self.ADDRESS).status_code == 404

    def test_what_it_calls_the_policy_is_there(self, client: Client) -> None:
        assert see(client, "/report-a-mistake/").one("h2", id="security").text == "A hole in the site’s security"
