from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from advisor import published
from advisor.site import this_site
from tests.factory import make_need
from tests.views.conftest import OnDay, Serve
from tests.views.markup import see
from tests.views.test_pages import PAGES

KEPT = ["home", "industry", "goals", "output", "circumstances", "check", "result", "rules", "tools", "about"]
kept_pages = pytest.mark.parametrize("address", [PAGES[name] for name in KEPT], ids=KEPT)


class TestUnchangedPages:
    @kept_pages
    def test_the_same_bytes_each_time(self, client: Client, address: str) -> None:
        assert client.get(address).content == client.get(address).content

    @kept_pages
    def test_a_copy_that_still_holds_is_not_sent_again(self, client: Client, address: str) -> None:
        page = client.get(address)

        again = client.get(address, headers={"If-None-Match": page["ETag"]})

        assert again.status_code == 304
        assert not again.content
        assert page["Cache-Control"] == again["Cache-Control"] == "public, no-cache"
        assert "HX-Request" in page["Vary"].split(", ")
        assert set(page["Vary"].split(", ")) <= set(again["Vary"].split(", "))

    def test_no_two_pages_share_a_tag(self, client: Client) -> None:
        tags = [client.get(address)["ETag"] for address in PAGES.values()]

        assert len(set(tags)) == len(tags)

    @pytest.mark.parametrize(
        "headers",
        [
            {"HX-Request": "true"},
            {"Accept": "application/json"},
            {"Host": "127.0.0.1"},
        ],
    )
    def test_another_form_of_the_page_has_another_tag(
        self, client: Client, settings: Any, headers: dict[str, str]
    ) -> None:
        settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]

        assert client.get(PAGES["result"])["ETag"] != client.get(PAGES["result"], headers=headers)["ETag"]

    @pytest.mark.parametrize("what", ["number", "owner", "code", "language"])
    def test_a_copy_ends_with_whatever_else_a_page_shows(self, client: Client, what: str) -> None:
        """A roll-back brings an old document under a new number, and an owner may get another name."""
        tag = client.get(PAGES["result"])["ETag"]
        later = replace(published.current(), number=7)
        change: Any = {
            "number": mock.patch("advisor.published.current", return_value=later),
            "owner": mock.patch("advisor.site.this_site", return_value=replace(this_site(), owner="Another")),
            "code": mock.patch("advisor.views.caching.code_version", return_value="another"),
            "language": mock.patch("advisor.views.caching.get_language", return_value="de"),
        }[what]

        with change:
            response = client.get(PAGES["result"], headers={"If-None-Match": tag})

        assert response.status_code == 200
        assert response["ETag"] != tag

    def test_tomorrow_a_check_may_be_overdue_so_the_copy_no_longer_holds(self, client: Client, on_day: OnDay) -> None:
        on_day("2027-05-23")
        tag = client.get(PAGES["result"])["ETag"]

        on_day("2027-05-24")

        assert client.get(PAGES["result"], headers={"If-None-Match": tag}).status_code == 200

    def test_an_error_is_not_kept(self, client: Client) -> None:
        for address in ("/nothing/", "/advice/?=x"):
            response = client.get(address)
            assert response["Cache-Control"] == "no-store"
            assert "ETag" not in response


@pytest.mark.django_db
class TestQueries:
    @pytest.mark.parametrize("name", ["home", "industry", "goals", "output", "circumstances", "check", "result"])
    def test_a_page_makes_no_query(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries, name: str
    ) -> None:
        client.get(PAGES[name])

        with django_assert_num_queries(0):
            assert client.get(PAGES[name]).status_code == 200
            assert client.get(PAGES[name], headers={"HX-Request": "true"}).status_code == 200

    def test_nor_does_the_data_or_a_search(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            client.get(f"{PAGES['result']}&format=json")
            client.get("/advice/so-far/?industry=other&need=chatbot")
            client.post(
                "/advice/goals/find/", {"find": "late", "industry": "other"}, headers={"Sec-Fetch-Site": "same-origin"}
            )


class TestANewRelease:
    def test_the_next_request_sees_it(self, client: Client, serve: Serve) -> None:
        serve()
        before = client.get("/advice/goals/?industry=other")
        assert "Release 1," in before.content.decode()

        serve(
            needs=[make_need("contract-review", "text"), make_need("calculators", "figures"), make_need("new", "text")]
        )

        after = client.get("/advice/goals/?industry=other", headers={"If-None-Match": before["ETag"]})
        assert after.status_code == 200
        assert "Release 2," in after.content.decode()
        assert see(client, "/advice/goals/?industry=other").by_id("need-new")

    def test_pieces_that_were_kept_for_the_old_one_are_not_used(self, client: Client, serve: Serve) -> None:
        """Choices, symbols and finished results are rendered once a release."""
        serve()
        see(client, "/advice/goals/?industry=other")

        serve(
            needs=[
                make_need("calculators", "figures", name="Do our sums"),
                make_need("social-posts", "text", "images"),
                make_need("contract-review", "text"),
            ]
        )

        assert "Do our sums" in see(client, "/advice/goals/?industry=other").text
