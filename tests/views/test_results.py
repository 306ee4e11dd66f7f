from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from advisor import published
from tests.content.shipped import CATALOGUE
from tests.factory import make_rule
from tests.views.conftest import OnDay, Serve
from tests.views.markup import Element, see

LAW_FIRM = "/advice/?industry=law-finance&need=summaries&need=chatbot&modality=text&fact=none"
AGENCY = (
    "/advice/?industry=marketing-advertising&need=social-posts&need=ad-pictures&modality=text&modality=images&fact=none"
)
SALON = "/advice/?industry=other&need=bookings&need=reminders&fact=none"
CLINIC = "/advice/?industry=healthcare&need=diagnosis&modality=figures&fact=health-data&fact=no-checker"
INSURER = "/advice/?industry=law-finance&need=fraud&fact=personal-data"
TIE = "/advice/?industry=other&need=summaries&need=forecast&fact=none"
HALF = "/advice/?industry=other&need=forecast&need=summaries&fact=no-own-data"
EVERYTHING = "/advice/?industry=other&" + "&".join(f"need={need.slug}" for need in CATALOGUE.needs)
EVERY_RESULT = pytest.mark.parametrize(
    "address",
    [
        pytest.param(LAW_FIRM, id="language"),
        pytest.param(AGENCY, id="combined"),
        pytest.param(SALON, id="ordinary software"),
        pytest.param(CLINIC, id="not yet"),
        pytest.param(INSURER, id="prepare"),
        pytest.param(TIE, id="tie"),
        pytest.param(HALF, id="not yet for one goal"),
        pytest.param(EVERYTHING, id="every goal"),
    ],
)


def plate(page: Element) -> Element:
    (found,) = page.of_class("plate")
    return found


def section(page: Element, name: str) -> Element:
    found = page.by_id(name)
    assert found.tag == "section"
    return found


class TestTheVerdict:
    @pytest.mark.parametrize(
        ("address", "headline", "goals"),
        [
            (LAW_FIRM, "language-model", {"summaries": "language-model", "chatbot": "language-model"}),
            (AGENCY, "combined", {"social-posts": "combined", "ad-pictures": "generative-media"}),
            (SALON, "ordinary-software", {"bookings": "ordinary-software", "reminders": "ordinary-software"}),
            (CLINIC, "analytical", {"diagnosis": "analytical"}),
            (INSURER, "analytical", {"fraud": "analytical"}),
        ],
    )
    def test_headline_and_each_goal_carry_their_category(
        self, client: Client, address: str, headline: str, goals: dict[str, str]
    ) -> None:
        page = see(client, address)

        assert plate(page)["data-category"] == headline
        assert {slug: section(page, f"goal-{slug}")["data-category"] for slug in goals} == goals

    @EVERY_RESULT
    def test_page_and_data_say_the_same(self, client: Client, address: str) -> None:
        page, advice = see(client, address), client.get(f"{address}&format=json").json()
        rules = CATALOGUE.by_slug["rules"]

        assert plate(page)["data-category"] == advice["headline"]["category"]
        assert plate(page)["data-level"] == advice["readiness"]["level"]
        assert advice["headline"]["sentence"] in page.text or advice["readiness"]["level"] == "not-yet"
        for need in advice["needs"]:
            goal = section(page, f"goal-{need['need']}")
            assert goal["data-category"] == need["category"]
            for case in need["cases"]:
                assert rules[case["rule"]].because in goal.text
                assert case["because"].endswith(rules[case["rule"]].because)
        for caveat in advice["caveats"]:
            assert caveat["text"] in section(page, "mind").text
        for gate in advice["readiness"]["gates"]:
            same_level = gate["level"] == advice["readiness"]["level"]
            assert gate["action"] in section(page, "put-right" if same_level else "as-well").text
        for other in advice["why_not"]:
            assert other["sentence"] in section(page, "others").text
        assert len(section(page, "change").all("a")) == len(advice["what_if"])

    def test_one_reason_names_all_that_was_ticked_for_it(self, client: Client) -> None:
        page = see(client, "/advice/?industry=other&need=chase-invoices&modality=text&modality=records&fact=none")

        reasons = [text for text in page.by_id("goal-chase-invoices").all("p") if "Because you want" in text.text]
        assert len(reasons) == 1
        assert [mark.text for mark in reasons[0].all("mark")] == [
            "chase unpaid invoices",
            "text",
            "bookings, records and reminders",
        ]

    @EVERY_RESULT
    def test_it_has_all_its_parts(self, client: Client, address: str) -> None:
        page = see(client, address)

        headings = [heading.text for heading in page.all("h2")]
        parts = ["Goal by goal", "What to mind", "What would change this advice", "Why not the others"]
        parts += ["Keep or share this", "Want to talk it through?"]
        assert [heading for heading in headings if heading in parts] == parts
        assert len(page.all("h1")) == 1
        assert "How sure?" in page.text
        assert section(page, "mind").all("li"), "every result has a caveat"

    def test_reasons_repeat_the_visitors_own_words(self, client: Client) -> None:
        goal = section(see(client, LAW_FIRM), "goal-chatbot")

        assert [words.text for words in goal.all("mark")]

    def test_a_tie_is_shown_as_a_tie(self, client: Client) -> None:
        page = see(client, TIE)

        assert plate(page).one("h1").text == "A tie between 2 kinds"
        assert "Large language model" in page.text
        assert "Analytical AI" in page.text

    def test_several_goals_have_several_verdicts(self, client: Client) -> None:
        page = see(client, EVERYTHING)

        assert {goal["data-category"] for goal in page.of_class("goal")} == {
            category.slug for category in CATALOGUE.categories
        }
        assert len(page.of_class("goal")) == len(CATALOGUE.needs)


class TestNotYet:
    def test_it_is_a_full_result_with_steps(self, client: Client) -> None:
        page = see(client, CLINIC)

        assert plate(page).one("h1").text == "Not yet"
        assert "This is not a no." in page.text
        assert section(page, "put-right").one("ol").all("li")
        assert section(page, "goals").of_class("goal")
        (retry,) = section(page, "put-right").of_class("btn")
        assert see(client, retry["href"]).of_class("plate")[0]["data-level"] != "not-yet"

    def test_it_names_no_tool(self, client: Client) -> None:
        page = see(client, CLINIC)

        tools = {tool.url for tool in CATALOGUE.tools if tool.url}
        sources = {source.url for source in CATALOGUE.sources}
        assert not {link.get("href") for link in page.all("a")} & (tools - sources)
        assert not client.get(f"{CLINIC}&format=json").json()["tools"]

    def test_other_goals_can_go_ahead(self, client: Client) -> None:
        page = see(client, HALF)

        assert "We name no tool until the steps above are done." in section(page, "goal-forecast").text
        assert not section(page, "goal-forecast").one(class_="side").all("a")
        assert "What you can do today" in page.text
        (today,) = [link for link in page.all("a") if link.text == "See the advice for these goals"]
        assert section(see(client, today["href"]), "goal-summaries").one(class_="side").all("a")

    def test_it_does_not_say_that_there_is_no_tool_for_a_goal_that_is_ready(self, client: Client) -> None:
        assert "We know no tool" not in section(see(client, HALF), "goal-summaries").text


class TestOrdinarySoftware:
    def test_it_names_kinds_of_software(self, client: Client) -> None:
        goal = section(see(client, SALON), "goal-bookings")

        side = goal.one(class_="side")
        assert "Kinds of ordinary software that fit" in side.text
        assert side.all("li")

    def test_it_says_what_to_do_next(self, client: Client) -> None:
        assert "Look for:" in section(see(client, SALON), "goal-bookings").text


class TestWhereItComesFrom:
    def test_both_sides_of_what_is_contested_are_shown(self, client: Client) -> None:
        goal = section(see(client, INSURER), "goal-fraud")

        rule = next(rule for rule in CATALOGUE.rules if rule.slug == "finance-fraud")
        assert rule.contested
        assert "Contested" in [flag.text for flag in goal.of_class("flag")]
        assert rule.contested in goal.text
        assert rule.because in goal.text

    @EVERY_RESULT
    def test_every_claim_names_source_and_dates(self, client: Client, address: str) -> None:
        page = see(client, address)

        claims = [*section(page, "mind").one(class_="items").all("li"), *page.of_class("goal")]
        claims += [step for steps in page.all(class_="steps") for step in steps.all("li")]
        assert all("Checked 24 Nov 2026, review by" in claim.text for claim in claims)
        titles = {source.title for source in CATALOGUE.sources}
        assert all(any(title in claim.text for title in titles) for claim in claims)

    def test_caveats_stand_by_severity(self, client: Client) -> None:
        page = see(client, "/advice/?industry=law-finance&need=credit-decisions&fact=personal-data&fact=eu-customers")

        flags = [item.of_class("flag")[0].text for item in section(page, "mind").one(class_="items").all("li")]
        assert flags == sorted(flags, key=["Must", "Mind"].index)
        assert set(flags) == {"Must", "Mind"}

    def test_nothing_is_overdue_on_the_day_of_its_review(self, client: Client, on_day: OnDay) -> None:
        on_day(min(caveat.review_by for caveat in CATALOGUE.caveats).isoformat())

        assert "Check overdue" not in section(see(client, LAW_FIRM), "mind").text

    def test_an_overdue_check_shows_beside_the_claim(self, client: Client, on_day: OnDay) -> None:
        on_day("2030-01-01")

        page = see(client, INSURER)

        for name in ("put-right", "goals", "mind"):
            assert "Check overdue since" in section(page, name).text, name
        (first, *_) = section(page, "goal-fraud").one(class_="side").all("li")
        assert "Check overdue since" in first.text, "a tool's check too"

    def test_the_release_is_named(self, client: Client) -> None:
        record = see(client, LAW_FIRM).of_class("record")[0].text

        release = published.current()
        assert f"Release 1, fingerprint {release.sha256[:12]}." in record
        assert "Published 24 Nov 2026." in record
        assert "Fixed rules written by people; no AI model reads your answers." in record

    def test_who_runs_it_and_sells_what_is_said_after_the_advice(self, client: Client) -> None:
        page = see(client, LAW_FIRM)

        text = page.one("main").text
        assert "You have the whole advice already. We sell marketing and help with AI, so keep that in mind." in text
        assert text.index("Why not the others") < text.index("Want to talk it through?")
        assert "General information, not legal" in text
        (talk,) = [link for link in page.all("a") if link.text == "Ask for a talk"]
        assert talk["href"] == LAW_FIRM.replace("/advice/", "/talk/")

    def test_links_to_other_sites_do_not_hand_over_the_window(self, client: Client) -> None:
        outward = [link for link in see(client, LAW_FIRM).all("a") if link["href"].startswith("http")]

        assert outward
        assert all("noopener" in (link.get("rel") or "") for link in outward)


LEVEL_WORDS = {"ready": "Ready", "prepare": "Some steps first", "not-yet": "Not yet"}


class TestChanges:
    @EVERY_RESULT
    def test_each_leads_to_the_advice_that_it_names(self, client: Client, address: str) -> None:
        page, advice = see(client, address), client.get(f"{address}&format=json").json()

        lines = section(page, "change").all("li")
        label_of = {link["href"]: line.text for line in lines for link in line.all("a")}
        promised = {f"/advice/?{change['query']}": change for change in advice["what_if"]}
        names = {category.slug: category.name for category in CATALOGUE.categories}
        levels = {"ready": "Ready", "prepare": "Some steps first", "not-yet": "Not yet"}
        now, level = advice["headline"], advice["readiness"]["level"]
        assert label_of.keys() == promised.keys()
        for href, change in list(promised.items())[:12]:
            then = client.get(f"{href}&format=json").json()
            assert (then["headline"]["category"], then["readiness"]["level"]) == (change["category"], change["level"])
            if (change["category"], set(change["tie"])) != (now["category"], set(now["tie"])):
                assert ("A tie" if change["tie"] else names[change["category"]]) in label_of[href]
            if change["level"] != level:
                assert levels[change["level"]] in label_of[href]

    def test_one_answer_can_be_changed_from_the_result(self, client: Client) -> None:
        page = see(client, LAW_FIRM)

        (back,) = [link for link in page.all("a") if link.text == "See your answers"]
        assert back["href"] == LAW_FIRM.replace("/advice/", "/advice/check/")

    def test_the_link_to_keep_holds_the_answers_and_nothing_else(self, client: Client) -> None:
        assert see(client, f"{LAW_FIRM}&utm_source=mail").by_id("link")["value"] == f"http://testserver{LAW_FIRM}"


@pytest.mark.django_db
class TestAsData:
    @EVERY_RESULT
    def test_the_command_gives_the_same(self, client: Client, address: str, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("advise", *urlsplit(address).query.split("&"), "--json")

        assert client.get(f"{address}&format=json").json() == json.loads(capsys.readouterr().out)

    def test_accept_and_format_give_the_same_bytes_each_time(self, client: Client) -> None:
        asked = [
            client.get(f"{AGENCY}&format=json"),
            client.get(f"{AGENCY}&format=json"),
            client.get(AGENCY, headers={"Accept": "application/json"}),
        ]

        assert len({response.content for response in asked}) == 1
        assert {response["Content-Type"] for response in asked} == {"application/json"}

    def test_a_browser_gets_the_page(self, client: Client) -> None:
        accept = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"

        assert client.get(AGENCY, headers={"Accept": accept})["Content-Type"] == "text/html; charset=utf-8"

    def test_caches_keep_page_and_data_apart(self, client: Client) -> None:
        for accept in ("text/html", "application/json"):
            assert "Accept" in client.get(AGENCY, headers={"Accept": accept})["Vary"].split(", ")
        page, data = client.get(AGENCY), client.get(AGENCY, headers={"Accept": "application/json"})
        assert page["ETag"] != data["ETag"]

    def test_missing_answers_are_a_problem_not_a_redirect(self, client: Client) -> None:
        response = client.get("/advice/?format=json&need=chatbot")

        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["missing"] == ["industry"]

    def test_notices_are_in_the_data_too(self, client: Client) -> None:
        (notice,) = client.get(f"{LAW_FIRM}&budget=9&format=json").json()["notices"]

        assert (notice["kind"], notice["key"]) == ("unknown-key", "budget")

    def test_a_result_is_not_for_search_engines(self, client: Client) -> None:
        for address in (LAW_FIRM, f"{LAW_FIRM}&format=json"):
            assert client.get(address)["X-Robots-Tag"] == "noindex"


class TestUnderAnotherTable:
    def test_a_goal_without_a_tool_says_so(self, client: Client, serve: Serve) -> None:
        serve(tools=[])

        side = section(see(client, "/advice/?industry=other&need=social-posts&modality=text"), "goal-social-posts")

        assert "We know no tool that fits all your answers." in side.text

    def test_other_kinds_are_named_beside_the_lead(self, client: Client, serve: Serve) -> None:
        serve(
            rules=[
                make_rule("text", "language-model", modalities=["text"]),
                make_rule("images", "ordinary-software", modalities=["images"]),
                make_rule("figures", "ordinary-software", modalities=["figures"]),
            ]
        )

        address = "/advice/?industry=other&need=social-posts&modality=text&modality=images"
        goal = section(see(client, address), "goal-social-posts")

        assert goal["data-category"] == "language-model"
        assert "And ordinary software for this part: images" in goal.text
