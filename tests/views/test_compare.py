"""Two results side by side: every way to name them, every way to get one wrong, and what the page says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from advisor import links, published
from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from advisor.models import SavedResult
from advisor.models.results import view_token
from tests.conftest import Publish
from tests.factory import make_caveat, make_circumstance, make_document, make_gate, make_rule, make_term
from tests.views.markup import Element, parse, see

Keep = Callable[..., str]

REVIEW = "industry=law-finance&need=contract-review&fact=none"
POSTS = "industry=other&need=social-posts&need=contract-review&modality=text&modality=images&fact=personal-data"
LAW = "industry=law-finance&need=summaries&need=chatbot&modality=text&fact=personal-data"
AGENCY = "industry=marketing-advertising&need=social-posts&need=chatbot&modality=images&fact=none"


def address(one: str, two: str | None = None) -> str:
    return f"/compare/?{urlencode({'one': one} if two is None else {'one': one, 'two': two})}"


def arms(page: Element) -> list[str]:
    """What each side says, in a few words."""
    return [page.by_id(f"side-{place}").of_class("big")[0].text for place in (1, 2)]


def differing(page: Element) -> list[Element]:
    return page.of_class("differs")


def cells(row: Element) -> list[Element]:
    return row.of_class("card")


def errors(page: Element) -> dict[str, str]:
    """What is wrong, by field."""
    return {
        name.removesuffix("-error"): page.by_id(name).text for name in ("one-error", "two-error") if page.all(id=name)
    }


@pytest.fixture
def first_release(no_data: Path, publish: Publish) -> None:
    publish("The first one.")


@pytest.fixture
def keep(first_release: None) -> Keep:
    """Keeps the advice for these answers under the release of the day, and gives the token that shows it."""

    def keep(query: str, kept_for: timedelta = timedelta(days=365), *, manage: bool = False) -> str:
        release = published.current()
        answers, _notices = read(links.pairs_in(query), release.catalogue)
        manage_token = SavedResult.keep(recommend(release, answers), f"key of {query}", kept_for)
        return manage_token if manage else view_token(manage_token)

    return keep


def publish_second(publish: Publish) -> None:
    """A release in which contracts are for ordinary software in a law firm, with a step first, and it may rain."""
    sections = make_document()
    publish(
        "Contracts of law firms need no AI.",
        rules=[
            *sections["rules"],
            make_rule(
                "law-contracts",
                "ordinary-software",
                industries=["law-finance"],
                needs=["contract-review"],
                look_for="A list.",
            ),
        ],
        gates=[*sections["gates"], make_gate("read-it-first", needs=["contract-review"])],
        circumstances=[*sections["circumstances"], make_circumstance("rain")],
        caveats=[*sections["caveats"], {**sections["caveats"][0], "slug": "umbrella", "circumstances": ["rain"]}],
        examples=[],
    )


class TestWithoutTheDatabase:
    """These pages take the release from the file, so results without a link of their own need no query."""

    def test_two_addresses_stand_side_by_side(self, client: Client) -> None:
        page = see(client, address(LAW, AGENCY))

        assert [heading.text for heading in page.all("h1")] == ["Two results side by side"]
        assert "Start with a language model" in arms(page)[0]
        assert "law, finance or insurance firm" in arms(page)[0]
        assert "marketing or advertising business" in arms(page)[1]
        assert len(differing(page)) == 6
        assert page.one("p", class_="t lead").text.startswith("6 answers differ.")

    @pytest.mark.parametrize("value", ["", "/compare/?one=", "/compare/?one=&two=", "/compare/?x=1"])
    def test_the_form_asks_for_two_links(self, client: Client, value: str) -> None:
        status = 422 if "one=" in value else 200
        page = see(client, value or "/compare/", status)

        assert [field["name"] for field in page.one("form").all("input")] == ["one", "two"]
        assert all(page.all("label", for_=name) for name in ("one", "two"))
        assert len(page.of_class("btn")) == 1

    def test_neither_side_is_yellow(self, client: Client) -> None:
        page = see(client, address(LAW, AGENCY))

        assert not page.of_class("yes")
        assert not page.of_class("btn")

    def test_nobody_keeps_a_copy_and_no_robot_lists_it(self, client: Client) -> None:
        for path in ("/compare/", address(LAW, AGENCY), address("nope=1")):
            response = client.get(path)

            assert response["Cache-Control"] == "private, no-store"
            assert "noindex" in response["X-Robots-Tag"]
            assert 'name="robots" content="noindex' in response.content.decode()
            assert not response.cookies

    def test_no_other_method_is_taken(self, client: Client) -> None:
        assert client.post("/compare/").status_code == 405
        assert client.head("/compare/").status_code == 200

    def test_swapping_the_two_swaps_the_columns_and_nothing_else(self, client: Client) -> None:
        page, swapped = see(client, address(LAW, AGENCY)), see(client, address(AGENCY, LAW))

        assert arms(swapped) == arms(page)[::-1]
        assert page.one("p", class_="t lead").text == swapped.one("p", class_="t lead").text
        for pair, mirrored in zip(page.of_class("pair"), swapped.of_class("pair"), strict=True):
            columns = [content(child) for child in pair.children if isinstance(child, Element)]
            assert [content(child) for child in mirrored.children if isinstance(child, Element)] == columns[::-1]
        outside = [without_pairs(each.one("main")) for each in (page, swapped)]
        assert outside[0] == outside[1]

    def test_each_difference_says_who_said_what_and_what_it_changes(self, client: Client) -> None:
        page = see(client, address(LAW, LAW.replace("personal-data", "none")))

        (row,) = differing(page)
        assert row["data-changes"] == "yes"
        assert row.one("h4").text == "We handle personal data"
        one, two = cells(row)
        assert "Ticked" in one.text
        assert "Not ticked" in two.text
        assert "The other answer would turn this to: Ready" in one.text
        assert "The other answer would turn this to: Some steps first" in two.text
        assert "“Sum up long papers” turns to: Large language model." in one.text
        assert one.one("a").text.startswith("Take over: do not tick it")
        assert two.one("a").text.startswith("Take over: tick it")

    def test_a_difference_that_changes_nothing_is_said_to(self, client: Client) -> None:
        page = see(client, address(LAW, LAW.replace("law-finance", "other")))

        (row,) = differing(page)
        assert row["data-changes"] == "no"
        assert [cell.text.count("changes nothing in the advice") for cell in cells(row)] == [1, 1]
        assert "Taken over alone, none of them would change the advice." in page.text

    def test_not_answered_is_no_tick(self, client: Client) -> None:
        page = see(
            client, address(LAW.replace("fact=personal-data", "fact=none"), LAW.replace("&fact=personal-data", ""))
        )

        (row,) = differing(page)
        assert "Nothing ticked" in cells(row)[0].text
        assert "Question not answered" in cells(row)[1].text

    def test_the_only_goal_cannot_be_dropped(self, client: Client) -> None:
        page = see(client, address("industry=other&need=chatbot", "industry=other&need=bookings"))

        rows = {row.one("h4").text: row for row in differing(page)}
        assert "It is the only goal here." in cells(rows["Answer customers' questions"])[0].text
        assert not cells(rows["Answer customers' questions"])[0].all("a")
        assert cells(rows["Answer customers' questions"])[1].all("a")

    @pytest.mark.parametrize("column", [0, 1])
    def test_step_by_step_the_two_come_together(self, client: Client, column: int) -> None:
        page, steps = see(client, address(LAW, AGENCY)), 0

        while differing(page):
            before = len(differing(page))
            link = next(
                cells(row)[column].all("a")[0] for row in reversed(differing(page)) if cells(row)[column].all("a")
            )
            page = see(client, link["href"])
            assert len(differing(page)) == before - 1
            steps += 1

        assert steps == 6
        assert "The two agree" in page.text
        (button,) = page.of_class("btn")
        staying = AGENCY if column == 0 else LAW
        assert set(parse_qsl(urlsplit(button["href"]).query)) == set(parse_qsl(staying))
        assert see(client, button["href"]).of_class("plate")
        (keep,) = page.by_id("end").of_class("quiet")
        assert keep.text == "Keep this result"
        assert keep["href"].startswith("/advice/keep/?")
        assert keep["href"].endswith("&release=1")

    def test_goals_stand_side_by_side(self, client: Client) -> None:
        goals = see(client, address(LAW, AGENCY)).by_id("goals")

        rows = {
            item.one("h3").text: [arm.text for arm in item.of_class("arm")]
            for item in goals.one("ul", class_="items").all("li")
        }
        assert "Not a goal here" in rows["Make social media posts"][0]
        assert "Generative AI for media" in rows["Make social media posts"][1]

    def test_what_was_left_out_of_a_link_is_said(self, client: Client) -> None:
        page = see(client, address(f"{LAW}&need=teleport", AGENCY))

        assert "“teleport”" in page.by_id("side-1").text
        assert "teleport" not in page.by_id("side-2").text

    def test_the_result_leads_here(self, client: Client) -> None:
        result = see(client, f"/advice/?{LAW}")

        (link,) = [link for link in result.by_id("keep").all("a") if link.text == "Compare with another result"]
        page = see(client, link["href"])
        assert page.by_id("one")["value"] == LAW
        assert "Start with a language model" in page.text
        assert not page.all("a", class_="btn"), "only a kept result can wait for a colleague's answers"


def content(element: Element) -> str:
    """The words of one column, without what names its place."""
    return element.text.replace("The first", "SIDE").replace("The second", "SIDE")


def without_pairs(element: Element) -> str:
    return " ".join(
        child if isinstance(child, str) else "" if child.has_class("pair") else without_pairs(child)
        for child in element.children
    )


@pytest.mark.django_db
class TestEveryWayToNameOne:
    @pytest.mark.parametrize(
        "written",
        [
            "{token}",
            "  {token}\n",
            "/r/{token}/",
            "/r/{token}",
            "https://advice.example/r/{token}/",
            "http://other.test:8000/r/{token}/record/?paper=letter#top",
            "advice.example/r/{token}/",
            "1~{query}",
            "{query}",
            "?{query}",
            "/advice/?{query}",
            "https://advice.example/advice/?{query}",
            "advice.example/advice/check/?{query}#goals",
            "/advice/?{query}&with={token}&answered=need&format=json&utm_source=mail",
        ],
    )
    def test_it_opens_that_result(self, client: Client, keep: Keep, written: str) -> None:
        token = keep(POSTS)
        reference = written.format(token=token, query=POSTS)

        for page in (see(client, address(reference, REVIEW)), see(client, address(REVIEW, reference))):
            assert len(differing(page)) == 5
            assert sorted(arms(page)) == [
                "For a law finance business with one goal. Use language model",
                "For a other business with two goals. Use combined",
            ]
            assert not page.of_class("notes-in")
            assert "We ignored it" not in page.text

    def test_a_kept_result_stays_as_it_was_kept(self, client: Client, publish: Publish, keep: Keep) -> None:
        token = keep(REVIEW)
        publish_second(publish)
        renamed = [{**record, "plate": "Try another"} for record in make_document()["categories"]]
        publish("Other words.", categories=renamed)

        page = see(client, address(token, REVIEW))

        assert "Use language model" in arms(page)[0]
        assert "Try another" in arms(page)[1]
        assert "(release 1)" in page.by_id("side-1").text
        assert "Today’s rules (release 3)" in page.by_id("side-2").text

    def test_one_by_number_is_recomputed_under_that_release(self, client: Client, publish: Publish, keep: Keep) -> None:
        publish_second(publish)

        page = see(client, address(f"1~{REVIEW}", f"2~{REVIEW}"))

        assert ["Use language model" in arms(page)[0], "Use ordinary software" in arms(page)[1]] == [True, True]
        assert page.by_id("side-1").one("h2").text == "Earlier rules (release 1)"
        assert page.by_id("side-2").one("h2").text == "Today’s rules (release 2)"


@pytest.mark.django_db
class TestWhatCannotBeOpened:
    @pytest.mark.parametrize(
        ("written", "said"),
        [
            ("", "Paste the link to a result here."),
            ("   ", "Paste the link to a result here."),
            ("x" * 24, "Nothing is kept under this link."),
            ("{token}x", "Nothing is kept under this link."),
            ("{cut}", "Nothing is kept under this link."),
            ("/r/{cut}/", "Nothing is kept under this link."),
            ("https://advice.example/r/{tampered}/", "Nothing is kept under this link."),
            ("{manage}", "Nothing is kept under this link."),
            ("/r/{manage}/", "Nothing is kept under this link."),
            ("https://advice.example/manage/{manage}/", "This is the private link that manages a result."),
            ("99~industry=other&need=chatbot", "There is no release of our rules with this number."),
            ("0~industry=other&need=contract-review", "There is no release of our rules with this number."),
            ("1234567890123456789012345~industry=other", "There is no release of our rules with this number."),
            ("1~", "This link holds no answers."),
            ("1~x", "This link holds no answers."),
            ("industry=other", "One answer is missing: Goals."),
            ("need=contract-review", "One answer is missing: Industry."),
            ("industry=nope&need=contract-review", "One answer is missing: Industry."),
            ("/advice/?", "This link holds no answers."),
            ("https://advice.example/how-it-decides/", "This link leads to no result."),
            ("https://advice.example/", "This link leads to no result."),
            ("/compare/?one=a&two=b", "This link holds no answers."),
            ("y" * 9000, "This is longer than any link of ours."),
            ("industry=other&" + "need=contract-review&" * 390, "This address has more parts than our questions make."),
            ("industry=other&need=" + "a" * 200, "A part of this address is longer than any that our questions make."),
            ("industry=other&need=a%00b", "This address holds characters that our questions never make."),
            (
                "1~industry=other&need=a%0d%0aSet-Cookie:x",
                "This address holds characters that our questions never make.",
            ),
            ("//evil.test", "This link leads to no result."),
            ("https:/evil.test/x", "This link leads to no result."),
            ("javascript:alert(1)", "Nothing is kept under this link."),
            ("http://[::1/r/", "This link leads to no result."),
            ("\\\\evil.test\\r\\x", "Nothing is kept under this link."),
            ("\x00", "Nothing is kept under this link."),
        ],
    )
    @pytest.mark.parametrize("name", ["one", "two"])
    def test_the_field_says_why_and_nothing_typed_is_lost(
        self, client: Client, keep: Keep, name: str, written: str, said: str
    ) -> None:
        token, manage = keep(REVIEW), keep(REVIEW, manage=True)
        tampered = ("A" if token[0] != "A" else "B") + token[1:]
        text = written.format(token=token, cut=token[:-1], tampered=tampered, manage=manage)
        other = "two" if name == "one" else "one"

        page = see(client, f"/compare/?{urlencode({name: text, other: POSTS})}", 422)

        assert list(errors(page)) == [name]
        assert said in errors(page)[name]
        assert said in page.of_class("trouble")[0].text
        field = page.by_id(name)
        assert field["aria-invalid"] == "true"
        assert f"{name}-error" in field["aria-describedby"].split()
        assert field["value"] == text
        assert page.by_id(other)["value"] == POSTS
        assert page.one("title").text.startswith("Error: ")

    def test_both_are_told(self, client: Client, keep: Keep) -> None:
        page = see(client, address("nope", "also=nope"), 422)

        assert list(errors(page)) == ["one", "two"]
        links = page.of_class("trouble")[0].all("a")
        assert [link.text.partition(":")[0] for link in links] == [
            "Link to the first result",
            "Link to the second result",
        ]

    def test_expired_and_deleted_are_told_apart(self, client: Client, keep: Keep) -> None:
        expired, deleted = keep(REVIEW, timedelta(0)), keep(POSTS)
        SavedResult.objects.of_token(deleted).erase()

        said = errors(see(client, address(expired, deleted), 422))

        assert "This result is no longer kept" in said["one"]
        assert "This result was deleted" in said["two"]

    def test_a_damaged_one_is_not_shown(self, client: Client, keep: Keep) -> None:
        token = keep(REVIEW)
        SavedResult.objects.update(document=b"half of it")

        said = errors(see(client, address(token, REVIEW), 422))

        assert "damaged" in said["one"]

    def test_nobody_is_sent_anywhere(self, client: Client, keep: Keep) -> None:
        """Whatever host a link names, its pages are never opened."""
        for link in ("https://evil.test/r/abc/", "//evil.test/advice/?industry=other", "https://evil.test/"):
            response = client.get(address(link, link))

            assert response.status_code == 422
            page = parse(response.content.decode())
            assert not [element for element in page.walk() if "evil" in (element.get("href") or "")]

    def test_while_the_database_is_away_the_page_has_to_wait(
        self, client: Client, keep: Keep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = keep(REVIEW)
        monkeypatch.setattr("advisor.kept.by_token", mock.Mock(side_effect=DatabaseError))

        response = client.get(address(token, POSTS))

        assert response.status_code == 503
        assert response["Retry-After"]
        assert response["Cache-Control"] == "private, no-store"

    def test_expired_in_between_changes_nothing_for_the_other(self, client: Client, keep: Keep) -> None:
        token = keep(REVIEW)
        SavedResult.objects.update(expires_at=timezone.now())

        page = see(client, address(token, POSTS), 422)

        assert page.by_id("two")["value"] == POSTS


@pytest.mark.django_db
class TestTwoReleases:
    @pytest.fixture
    def token(self, keep: Keep, publish: Publish) -> str:
        """Kept under release 1. Release 2 is the current one."""
        token = keep(REVIEW)
        publish_second(publish)
        return token

    def test_then_and_today_name_the_rules_that_differ(self, client: Client, token: str) -> None:
        page = see(client, address(token, REVIEW))

        assert "The answers are the same. What differs comes from the rules alone." in page.text
        assert not differing(page)
        one, two = page.by_id("rules").of_class("card")
        assert "Because of text." in one.text
        assert "Rule: text" in one.text
        assert "Nothing must be put right first." in one.text
        assert "Because of law-contracts." in two.text
        assert "read-it-first" in two.text
        assert [link["href"] for link in two.all("a")] == [
            "/how-it-decides/#law-contracts",
            "/how-it-decides/#read-it-first",
        ]
        assert not one.all("a"), "today's page of rules does not hold yesterday's"

    def test_it_tells_the_releases_their_days_and_the_editors_notes(self, client: Client, token: str) -> None:
        page = see(client, address(token, REVIEW))

        assert "Release 1, published" in page.by_id("side-1").text
        assert "Release 2, published" in page.by_id("side-2").text
        assert "Contracts of law firms need no AI." in page.by_id("releases").text
        assert "The first one." not in page.text

    def test_taking_over_leaves_each_side_under_its_own_rules(self, client: Client, token: str) -> None:
        (row,) = differing(see(client, address(token, REVIEW.replace("none", "personal-data"))))

        into_one, into_two = (dict(parse_qsl(urlsplit(cell.one("a")["href"]).query)) for cell in cells(row))
        assert into_one == {
            "one": f"1~{REVIEW.replace('none', 'personal-data')}",
            "two": REVIEW.replace("none", "personal-data"),
        }
        assert into_two == {"one": token, "two": REVIEW}

    def test_what_the_older_rules_do_not_know_cannot_be_taken_over(self, client: Client, token: str) -> None:
        (row,) = differing(see(client, address(token, REVIEW.replace("none", "rain"))))

        assert "Release 1 does not know this answer" in cells(row)[0].text
        assert not cells(row)[0].all("a")
        assert "Take over: do not tick it" in cells(row)[1].text

    def test_rules_that_changed_nothing_for_it_are_said_to(self, client: Client, publish: Publish, keep: Keep) -> None:
        token = keep(POSTS)
        publish("The same again.", terms=[make_term("token"), make_term("prompt")])

        page = see(client, address(token, POSTS))

        assert "both releases give the same advice" in page.text
        assert "The two agree" in page.text
        assert "Nothing. Both releases decide these goals alike." in page.text

    def test_swapping_swaps_the_columns_and_nothing_else(self, client: Client, token: str) -> None:
        other = REVIEW.replace("none", "rain") + "&need=social-posts"
        page, swapped = see(client, address(token, other)), see(client, address(other, token))

        for pair, mirrored in zip(
            page.by_id("answers").of_class("pair"), swapped.by_id("answers").of_class("pair"), strict=True
        ):
            columns = [content(child) for child in pair.children if isinstance(child, Element)]
            assert [content(child) for child in mirrored.children if isinstance(child, Element)] == columns[::-1]
        assert page.by_id("releases").text == swapped.by_id("releases").text

    def test_then_and_today_tell_all_that_is_otherwise(self, client: Client, token: str) -> None:
        page = see(client, address(token, REVIEW))

        kept_page = see(client, f"/r/{token}/")
        news = [item.text for item in kept_page.of_class("since")[0].all("li")]
        assert news
        assert [item.text for item in page.by_id("news").all("li")] == news
        (button,) = page.by_id("end").of_class("btn")
        assert button["href"] == f"/advice/?{REVIEW}"
        assert page.by_id("end").of_class("quiet")[0]["href"] == f"/advice/keep/?{REVIEW}&release=2"

    def test_a_text_that_changed_is_no_agreement(self, client: Client, publish: Publish, keep: Keep) -> None:
        """Kind and readiness are the same, and yet the kept page says that something changed. So does this one."""
        token = keep(REVIEW)
        publish("One caution more.", caveats=[*make_document()["caveats"], make_caveat("another")])

        page = see(client, address(token, REVIEW))

        assert "The two agree" not in page.text
        assert "Another" in page.by_id("rules").text

    def test_the_kept_page_leads_here(self, client: Client, token: str) -> None:
        links = {link.text: link["href"] for link in see(client, f"/r/{token}/").one("main").all("a")}

        assert links["The two side by side"] == address(token, REVIEW)
        assert links["Compare with another result"] == address(token)
        assert links["Answer the questions yourself and compare"] == f"/advice/industry/?with={token}"

    def test_a_kept_side_leads_to_its_page(self, client: Client, token: str) -> None:
        page = see(client, address(token, POSTS))

        assert [page.by_id(f"side-{place}").one("a")["href"] for place in (1, 2)] == [
            f"/r/{token}/",
            f"/advice/?{POSTS}",
        ]

    def test_old_rules_with_other_answers_can_be_kept(self, client: Client, token: str) -> None:
        page = see(client, address(f"1~{POSTS}", f"1~{POSTS}"))

        (button,) = page.of_class("btn")
        assert button["href"] == f"/advice/keep/?{POSTS}&release=1"
        assert client.get(button["href"]).status_code == 200

    def test_two_kept_results_that_agree_lead_to_one_page_whichever_comes_first(
        self, client: Client, first_release: None
    ) -> None:
        release = published.current()
        answers, _notices = read(links.pairs_in(REVIEW), release.catalogue)
        one, two = (
            view_token(SavedResult.keep(recommend(release, answers), key, timedelta(days=9))) for key in ("a", "b")
        )

        ends = [see(client, each).by_id("end").one("a")["href"] for each in (address(one, two), address(two, one))]

        assert ends[0] == ends[1]
        assert ends[0] in (f"/r/{one}/", f"/r/{two}/")

    def test_kept_by_two_people_on_one_day(self, client: Client, keep: Keep) -> None:
        page = see(client, address(keep(REVIEW), keep(POSTS)))

        assert [page.by_id(f"side-{place}").one("h2").text for place in (1, 2)] == ["The first", "The second"]


@pytest.mark.django_db
class TestAColleague:
    def test_a_kept_result_offers_to_answer_and_compare(self, client: Client, keep: Keep) -> None:
        token = keep(REVIEW)

        page = see(client, address(token))

        (button,) = page.of_class("btn")
        assert button.text == "Answer the questions yourself and compare"
        assert button["href"] == f"/advice/industry/?with={token}"
        assert "Use language model" in page.text
        assert page.by_id("one")["value"] == token

    def test_what_was_pasted_may_be_the_whole_link(self, client: Client, keep: Keep) -> None:
        token = keep(REVIEW)

        page = see(client, address(f"https://advice.example/r/{token}/"))

        (button,) = page.of_class("btn")
        assert button["href"] == f"/advice/industry/?with={token}"


def test_a_token_stands_in_no_log(
    client: Client, caplog: pytest.LogCaptureFixture, db: Any, first_release: None
) -> None:
    client.get(address("canary-token-canary-token", quote("industry=canary")))

    assert "canary" not in "".join(record.getMessage() for record in caplog.records)
