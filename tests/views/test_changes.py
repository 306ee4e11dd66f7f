"""What visitors read of releases: two compared, and the feed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from advisor import published, recalls
from advisor.models import Recall, Release, Rule
from advisor.models.snapshot import SnapshotIsBroken
from tests.conftest import Publish
from tests.factory import make_term
from tests.views.markup import see

pytestmark = pytest.mark.django_db
LIST = "/how-it-decides/changes/"
FEED = f"{LIST}feed.atom"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def three(no_data: Path, publish: Publish) -> Iterator[None]:
    """A reason changes with release 2, a word comes with release 3."""
    publish("The first.")
    rule = Rule.objects.get(slug="text")
    rule.because = "A better reason."
    rule.save()
    Release.publish(note="A clearer reason.")
    publish("One word <b>&</b> a reason.", terms=[make_term("scribe")])
    recalls.forget()
    yield
    recalls.forget()


def recall(number: int, text: str = "This was wrong. Ask a doctor.") -> None:
    Recall.objects.create(release=Release.objects.get(number=number), text=text)
    Recall.sync()


@pytest.mark.usefixtures("three")
class TestCompare:
    def test_it_says_what_differs_and_links_to_where_that_stands(self, client: Client) -> None:
        page = see(client, f"{LIST}1-2/")

        assert "Because: from “Because of text.” to “A better reason.”" in page.one("main").text
        assert "A clearer reason." in page.one("main").text
        (link,) = [link for link in page.one("main").all("a") if "Rule changed." in link.text]
        assert link["href"] == "/how-it-decides/#text"

    def test_far_apart_releases_show_all_that_came_between(self, client: Client) -> None:
        text = see(client, f"{LIST}1-3/").one("main").text

        assert "Word “Scribe” is new." in text

    def test_the_older_one_comes_first(self, client: Client) -> None:
        assert client.get(f"{LIST}3-1/").headers["Location"] == f"{LIST}1-3/"

    def test_the_list_offers_any_two(self, client: Client) -> None:
        page = see(client, LIST)

        answer = client.get(LIST, {"one": 1, "two": 3})

        assert [option.text for option in page.all("option")] == ["3", "2", "1"] * 2
        assert answer.headers["Location"] == f"{LIST}1-3/"
        assert f"{LIST}1-2/" in [link["href"] for link in page.by_id("release-2").all("a")]

    @pytest.mark.parametrize("address", ["1-9/", "0-1/", "77-99/", "1-99999999999999999999/"])
    def test_a_number_without_a_release_leads_on(self, client: Client, address: str) -> None:
        answer = client.get(LIST + address)

        assert answer.status_code == 404
        assert f'href="{LIST}"' in answer.content.decode()

    @pytest.mark.parametrize("one", ["", "x", "-1", "²", "9" * 400])
    def test_a_form_that_was_not_ours_finds_no_page(self, client: Client, one: str) -> None:
        assert client.get(LIST, {"one": one, "two": "1"}).status_code == 404

    def test_equal_ones_say_so(self, client: Client) -> None:
        assert "Both say exactly the same." in see(client, f"{LIST}2-2/").one("main").text

    def test_a_recalled_one_is_marked_here_and_in_the_list(self, client: Client) -> None:
        tags = [client.get(address).headers["ETag"] for address in (f"{LIST}1-2/", LIST)]

        recall(2)

        for address, tag in zip((f"{LIST}1-2/", LIST), tags, strict=True):
            answer = client.get(address, headers={"If-None-Match": tag})
            assert answer.status_code == 200
            assert "Withdrawn on" in answer.content.decode()
            assert "This was wrong. Ask a doctor." in answer.content.decode()

    def test_markup_in_a_text_is_shown_as_text(self, client: Client) -> None:
        Rule.objects.filter(slug="text").update(because="<script>alert(1)</script>")
        Release.publish(note="<i>Slanted</i>")
        published.sync()

        answer = client.get(f"{LIST}3-4/").content.decode()

        assert "&lt;script&gt;alert(1)" in answer
        assert "&lt;i&gt;Slanted" in answer

    def test_a_copy_that_still_holds_costs_no_query(self, client: Client) -> None:
        page = client.get(f"{LIST}1-2/")
        published.forget()

        with CaptureQueriesContext(connection) as made:
            again = client.get(f"{LIST}1-2/", headers={"If-None-Match": page["ETag"]})

        assert (again.status_code, len(made)) == (304, 0)

    def test_it_reads_each_old_release_once(self, client: Client) -> None:
        published.forget()
        with CaptureQueriesContext(connection) as first:
            client.get(f"{LIST}1-2/")
        with CaptureQueriesContext(connection) as second:
            client.get(f"{LIST}1-2/")

        assert (len(first), len(second)) == (2, 0)

    def test_a_damaged_release_is_said_to_be_and_leads_on(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def damaged(number: int) -> Any:
            raise SnapshotIsBroken("damaged")

        monkeypatch.setattr(published, "release", damaged)

        answer = client.get(f"{LIST}1-2/")

        assert answer.status_code == 500
        assert f'href="{LIST}"' in answer.content.decode()


def entries(client: Client) -> list[ET.Element]:
    answer = client.get(FEED)
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314  what we wrote ourselves


def said(entry: ET.Element, name: str) -> str:
    return entry.findtext(f"{ATOM}{name}") or ""


@pytest.mark.usefixtures("three")
class TestFeed:
    def test_it_holds_the_notes_newest_first(self, client: Client) -> None:
        found = entries(client)

        assert [said(entry, "title") for entry in found] == ["Release 3", "Release 2", "Release 1"]
        assert said(found[0], "summary") == "<p>One word &lt;b&gt;&amp;&lt;/b&gt; a reason.</p>"

    def test_it_has_what_the_standard_asks_for(self, client: Client, settings: Any) -> None:
        root = ET.fromstring(client.get(FEED).content)  # noqa: S314  the same

        assert said(root, "id")
        assert said(root, "title")
        assert said(root, "updated")
        assert root.find(f"{ATOM}author/{ATOM}name") is not None
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
        assert links["self"] == f"{settings.SIGNPOST_SITE_URL}{FEED}"
        for entry in root.findall(f"{ATOM}entry"):
            assert all(said(entry, name) for name in ("id", "title", "updated", "summary"))
            link = entry.find(f"{ATOM}link")
            assert link is not None
            assert (link.get("href") or "").startswith(f"{settings.SIGNPOST_SITE_URL}{LIST}#release-")

    def test_an_entry_keeps_its_id(self, client: Client, publish: Publish) -> None:
        before = [said(entry, "id") for entry in entries(client)]
        assert all(name.startswith("tag:") for name in before)

        publish("Another.")
        recall(1)

        assert [said(entry, "id") for entry in entries(client)][1:] == before
        assert len(set(before)) == 3

    def test_a_recalled_release_says_so_first(self, client: Client) -> None:
        recall(2)

        entry = entries(client)[1]

        assert said(entry, "title").startswith("Release 2, withdrawn on ")
        assert said(entry, "summary").startswith("<p>This was wrong. Ask a doctor.</p>")
        assert said(entry, "updated") >= said(entry, "published")

    def test_a_copy_that_still_holds_is_not_sent_again(self, client: Client) -> None:
        page = client.get(FEED)

        again = client.get(FEED, headers={"If-None-Match": page["ETag"]})

        assert again.status_code == 304
        assert page["Cache-Control"] == "public, no-cache"

    def test_the_list_names_it_for_feed_readers(self, client: Client) -> None:
        page = see(client, LIST)

        (link,) = [link for link in page.all("link") if link.get("rel") == "alternate"]
        assert (link["type"], link["href"]) == ("application/atom+xml", FEED)
