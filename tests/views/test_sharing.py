"""How a result is handed on: the link and the ways to send it, and what others show of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from PIL import Image

from advisor.views.preview import PICTURES
from tests.conftest import Publish
from tests.content.shipped import CATALOGUE
from tests.factory import make_category, make_rule
from tests.views.conftest import Serve
from tests.views.markup import Element, parse, see
from tests.views.test_results import AGENCY, CLINIC, EVERY_RESULT, HALF, LAW_FIRM, SALON, TIE
from tests.views.test_saved import kept

FORECAST = "/advice/?industry=other&need=forecast&fact=none"
MUSIC = "/advice/?industry=other&need=music&fact=none"
LINK = "https://advice.example.org/r/AbCdEfGhIjKlMnOpQrStUvWx/"


def plate_of(category: str) -> str:
    plate: str = CATALOGUE.by_slug["categories"][category].plate
    return plate


def preview(page: Element) -> dict[str, str]:
    """What a robot that draws previews reads."""
    tags = page.one("head").all("meta")
    found = {tag.get("property") or tag.get("name") or "": tag["content"] for tag in tags if tag.get("content")}
    return {"title": page.one("head").one("title").text, **found}


class TestPreviews:
    @pytest.mark.parametrize(
        ("address", "title", "picture"),
        [
            pytest.param(LAW_FIRM, plate_of("language-model"), "language-model", id="language"),
            pytest.param(MUSIC, plate_of("generative-media"), "generative-media", id="media"),
            pytest.param(AGENCY, plate_of("combined"), "combined", id="combined"),
            pytest.param(FORECAST, plate_of("analytical"), "analytical", id="analytical"),
            pytest.param(SALON, plate_of("ordinary-software"), "ordinary-software", id="ordinary software"),
            pytest.param(CLINIC, "Not yet", "not-yet", id="not yet"),
            pytest.param(HALF, "Not yet", "not-yet", id="not yet for one goal"),
            pytest.param(
                TIE, "A tie between a large language model and analytical AI", "language-model", id="tie, first named"
            ),
        ],
    )
    def test_title_and_picture_name_the_verdict(self, client: Client, address: str, title: str, picture: str) -> None:
        shown = preview(see(client, address))

        assert shown["og:title"] == title
        assert shown["title"] == f"{title} – Your advice – Signpost"
        assert shown["og:image"] == f"{settings.SIGNPOST_SITE_URL}/static/img/preview-{picture}.png"
        assert shown["og:image:alt"] == PICTURES[picture]
        assert (shown["og:image:width"], shown["og:image:height"]) == ("1200", "630")
        assert shown["twitter:card"] == "summary_large_image"

    @EVERY_RESULT
    def test_no_answer_stands_in_any_of_it(self, client: Client, address: str) -> None:
        page = see(client, address)
        shown = preview(page)

        advice = client.get(f"{address}&format=json").json()
        industry = CATALOGUE.by_slug["industries"][advice["answers"]["industry"]]
        needs = [CATALOGUE.by_slug["needs"][need["need"]] for need in advice["needs"]]
        words = [
            industry.phrase,
            *[word for need in needs for word in (need.name, need.phrase)],
            "need=",
            "?",
            "goals.",
        ]
        assert [word for word in words for text in shown.values() if word.lower() in text.lower()] == []
        assert "og:url" not in shown
        assert not page.all("link", rel="canonical")

    def test_the_text_is_the_same_for_every_result(self, client: Client) -> None:
        texts = {
            text
            for address in (LAW_FIRM, CLINIC, TIE)
            for name, text in preview(see(client, address)).items()
            if "description" in name
        }

        (text,) = texts
        assert 20 <= len(text) <= 160

    def test_a_robot_gets_it_without_a_cookie_and_is_told_not_to_list_it(self) -> None:
        response = Client(headers={"User-Agent": "facebookexternalhit/1.1"}).get(LAW_FIRM)

        assert not response.cookies
        assert preview(parse(response.content.decode()))["og:title"]
        assert "noindex" in response["X-Robots-Tag"]
        assert "Disallow: /advice" not in Client().get("/robots.txt").content.decode()

    def test_a_kind_that_editors_added_takes_the_picture_of_the_site(self, client: Client, serve: Serve) -> None:
        serve(
            categories=[
                make_category("robotics"),
                make_category("language-model"),
                make_category("generative-media"),
                make_category("combined", parts=["generative-media", "language-model"]),
                make_category("ordinary-software", uses_ai=False),
            ],
            rules=[make_rule("all", "robotics")],
            examples=[],
        )

        shown = preview(see(client, "/advice/?industry=other&need=contract-review"))

        assert shown["og:title"] == "Use robotics"
        assert shown["og:image"].endswith("/static/img/social.png")

    @pytest.mark.parametrize("picture", PICTURES)
    def test_the_pictures_are_there_and_light(self, picture: str) -> None:
        file = settings.BASE_DIR / f"static/img/preview-{picture}.png"

        with Image.open(file) as image:
            assert (image.format, image.size) == ("PNG", (1200, 630))
        assert file.stat().st_size < 60_000

    def test_each_kind_of_ai_that_ships_has_one(self) -> None:
        assert {category.slug for category in CATALOGUE.categories} | {"not-yet"} == set(PICTURES)


class TestPreviewsOfKeptResults:
    @pytest.fixture
    def show(self, client: Client, no_data: Path, publish: Publish) -> str:
        publish()
        return kept(client)[0]

    def test_a_robot_gets_title_text_and_picture_and_no_answers(self, show: str) -> None:
        response = Client(headers={"User-Agent": "Twitterbot/1.0"}).get(show)
        shown = preview(parse(response.content.decode()))

        assert shown["og:title"] == "Use language model"
        assert shown["og:description"] == shown["description"]
        assert shown["og:image"].endswith("/static/img/preview-language-model.png")
        assert not response.cookies
        answers = ("law", "contract", "need=", "release")
        assert not [word for word in answers for text in shown.values() if word in text.lower()]

    def test_search_engines_are_told_no_and_may_come_to_hear_it(self, client: Client, show: str) -> None:
        assert client.get(show)["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert "/r/" not in client.get("/robots.txt").content.decode()


class TestTheLink:
    def test_it_opens_this_very_result(self, client: Client) -> None:
        page = see(client, LAW_FIRM)

        link = page.by_id("link")
        assert "readonly" in link.attributes
        assert page.one("label", for_="link").text == "Link to this advice"
        again = see(client, link["value"].removeprefix("http://testserver"))
        assert again.one("main").text == page.one("main").text

    def test_the_page_says_what_it_holds_and_what_it_will_show(self, client: Client) -> None:
        text = see(client, LAW_FIRM).by_id("keep").text

        assert "The long address stores nothing here: it holds your answers itself." in text
        assert "It shows what our rules say on the day it is opened." in text

    @pytest.mark.parametrize("address", [LAW_FIRM, "/advice/?industry=other&need=chatbot&need=a%26b%3Fc%20%22d%22"])
    def test_the_mail_holds_the_link_whatever_stands_in_it(self, client: Client, address: str) -> None:
        page = see(client, address)

        (mail,) = [link["href"] for link in page.all("a") if link["href"].startswith("mailto:")]
        parts = urlsplit(mail)
        assert parts.path == ""
        assert set(parse_qs(parts.query)) == {"subject", "body"}
        assert "+" not in mail, "mail programs show a plus as a plus"
        assert parse_qs(parts.query)["body"] == [page.by_id("link")["value"]]

    def test_without_scripts_no_button_shows_that_needs_them(self, client: Client) -> None:
        for button in see(client, LAW_FIRM).by_id("keep").all("button"):
            assert button.has_class("js")

    def test_sharing_shows_only_once_the_script_has_seen_that_it_works(self, client: Client) -> None:
        (button,) = [
            button for button in see(client, LAW_FIRM).by_id("keep").all("button") if "data-share" in button.attributes
        ]

        assert "hidden" in button.attributes

    def test_a_short_link_comes_with_a_code_and_a_long_address_without(self, client: Client) -> None:
        short = parse(render_to_string("advisor/_share.html", {"share_url": LINK, "qr": True}))
        long = parse(render_to_string("advisor/_share.html", {"share_url": LINK + "x" * 600, "qr": True}))

        (code,) = short.all("svg", role="img")
        assert code["aria-label"] == "QR code of this link"
        assert [path.get("fill") for path in code.all("path")] == ["#fff", "none"]
        assert not [element for element in short.walk() if element.get("style")]
        assert not long.all("svg")
        assert not see(client, LAW_FIRM).by_id("keep").all("svg"), "the long address has no code"

    def test_two_links_on_one_page_do_not_mix(self) -> None:
        both = "".join(
            render_to_string("advisor/_share.html", {"share_url": LINK, "link_id": name, "link_name": name})
            for name in ("see", "manage")
        )

        page = parse(both)
        ids = [element["id"] for element in page.walk() if element.get("id")]
        assert sorted(ids) == ["manage", "manage-said", "see", "see-said"]
        assert [button["data-copy"] for button in page.all("button") if button.get("data-copy")] == ["see", "manage"]
