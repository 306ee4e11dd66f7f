from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from tests.content.shipped import CATALOGUE
from tests.views.markup import answers, choices, fields, goes_to, parse, see, send

LAW = "industry=law-finance"
CHATBOT = f"{LAW}&need=chatbot"
TEXT = f"{CHATBOT}&modality=text"
ALL = f"{TEXT}&fact=none"


class TestWhichQuestionComesNext:
    @pytest.mark.parametrize(
        ("address", "leads_to"),
        [
            pytest.param(f"/advice/industry/?{LAW}", f"/advice/goals/?{LAW}", id="industry to goals"),
            pytest.param(f"/advice/goals/?{CHATBOT}", f"/advice/output/?{CHATBOT}", id="goals to output"),
            pytest.param(f"/advice/output/?{TEXT}", f"/advice/circumstances/?{TEXT}", id="output to circumstances"),
            pytest.param(f"/advice/circumstances/?{ALL}", f"/advice/check/?{ALL}", id="circumstances to check"),
            pytest.param(
                f"/advice/goals/?{LAW}&need=summaries",
                f"/advice/circumstances/?{LAW}&need=summaries",
                id="nothing to choose, so output is not asked",
            ),
            pytest.param(
                f"/advice/output/?{CHATBOT}",
                f"/advice/circumstances/?{CHATBOT}&modality=none",
                id="nothing ticked is an answer to output",
            ),
            pytest.param(
                f"/advice/circumstances/?{TEXT}",
                f"/advice/check/?{TEXT}&fact=none",
                id="nothing ticked is an answer to circumstances",
            ),
            pytest.param(f"/advice/industry/?{ALL}", f"/advice/check/?{ALL}", id="one changed: back to the check"),
        ],
    )
    def test_a_form_that_came_back_leads_on(self, client: Client, address: str, leads_to: str) -> None:
        step = urlsplit(address).path.split("/")[2]
        key = {"industry": "industry", "goals": "need", "output": "modality", "circumstances": "fact"}[step]

        assert goes_to(client, f"{address}&answered={key}") == leads_to

    @pytest.mark.parametrize(
        ("address", "leads_to"),
        [
            ("/advice/goals/", "/advice/industry/"),
            ("/advice/output/", "/advice/industry/"),
            (f"/advice/output/?{LAW}", f"/advice/goals/?{LAW}"),
            ("/advice/goals/?need=chatbot", "/advice/industry/?need=chatbot"),
            (f"/advice/circumstances/?{CHATBOT}", f"/advice/output/?{CHATBOT}"),
            ("/advice/check/", "/advice/industry/"),
            (f"/advice/check/?{TEXT}", f"/advice/circumstances/?{TEXT}"),
            ("/advice/", "/advice/industry/"),
            (f"/advice/?{LAW}&fact=none", f"/advice/goals/?{LAW}&fact=none"),
            ("/advice/?need=chatbot", "/advice/industry/?need=chatbot"),
        ],
    )
    def test_a_skipped_question_is_asked_first(self, client: Client, address: str, leads_to: str) -> None:
        assert goes_to(client, address) == leads_to

    def test_a_question_with_nothing_to_choose_is_passed_over(self, client: Client) -> None:
        one_kind = f"{LAW}&need=summaries"

        assert goes_to(client, f"/advice/output/?{one_kind}") == f"/advice/circumstances/?{one_kind}"

    def test_the_address_it_leads_to_has_one_form(self, client: Client) -> None:
        """Same answers, same address: whatever order the parts came in, and without what only our pages add."""
        jumbled = "fact=none&answered=fact&modality=text&need=chatbot&find=&industry=law-finance"

        assert goes_to(client, f"/advice/circumstances/?{jumbled}") == f"/advice/check/?{ALL}"

    def test_an_answer_to_another_question_does_not_count_as_this_one(self, client: Client) -> None:
        page = see(client, f"/advice/output/?{CHATBOT}&answered=need")

        assert page.one("h1").text == "What should come out?"

    def test_there_is_no_other_question(self, client: Client) -> None:
        assert client.get("/advice/budget/").status_code == 404


QUESTIONS = [
    pytest.param("/advice/industry/", "industry", id="industry"),
    pytest.param(f"/advice/goals/?{LAW}", "need", id="goals"),
    pytest.param(f"/advice/output/?{CHATBOT}", "modality", id="output"),
    pytest.param(f"/advice/circumstances/?{TEXT}", "fact", id="circumstances"),
]
every_question = pytest.mark.parametrize(("address", "key"), QUESTIONS)


class TestAQuestion:
    @every_question
    def test_it_asks_one_thing(self, client: Client, address: str, key: str) -> None:
        page = see(client, address)

        (legend,) = page.one("fieldset").all("legend")
        assert legend.one("h1").get("tabindex") == "-1"
        assert {name for name, _ in choices(page)} == {key}
        assert {control.get("type") for control in page.all("input", name=key)} == {
            "radio" if key == "industry" else "checkbox"
        }
        assert page.by_id(page.one("fieldset")["aria-describedby"]).text
        assert "Why we ask" in page.text
        assert page.of_class("btn")[0].text == "Continue"

    @every_question
    def test_nothing_is_ticked_beforehand_or_required(self, client: Client, address: str, key: str) -> None:
        page = see(client, address)

        assert not [control for control in page.all("input") if "checked" in control.attributes]
        assert not [control for control in page.all("input") if "required" in control.attributes]
        assert "novalidate" in page.one("form").attributes

    @every_question
    def test_every_control_is_labelled(self, client: Client, address: str, key: str) -> None:
        page = see(client, address)

        wrapped = {control.get("id") for label in page.all("label") for control in label.all("input")}
        named = wrapped | {label.get("for") for label in page.all("label")}
        assert {control.get("id") for control in page.all("input") if control.get("type") != "hidden"} <= named

    @every_question
    def test_it_names_where_back_leads(self, client: Client, address: str, key: str) -> None:
        back = see(client, address).of_class("back")[0].one("a")

        assert back.text.startswith("Back to:")
        assert client.get(back["href"]).status_code == 200

    def test_it_says_how_far_along_one_is(self, client: Client) -> None:
        assert "Question 2 of about 4" in see(client, f"/advice/goals/?{LAW}").text
        assert "Question 3 of about 3" in see(client, f"/advice/circumstances/?{LAW}&need=summaries").text

    def test_what_is_uncertain_can_be_left_open(self, client: Client) -> None:
        for address, key in [(f"/advice/output/?{CHATBOT}", "modality"), (f"/advice/circumstances/?{TEXT}", "fact")]:
            assert choices(see(client, address))[-1] == (key, "none")
        assert ("industry", "other") in choices(see(client, "/advice/industry/"))

    def test_all_goals_are_on_the_page_and_the_usual_ones_come_first(self, client: Client) -> None:
        offered = [slug for _, slug in choices(see(client, f"/advice/goals/?{LAW}"))]

        usual = next(industry for industry in CATALOGUE.industries if industry.slug == "law-finance").needs
        assert set(offered[: len(usual)]) == usual
        assert sorted(offered) == sorted(need.slug for need in CATALOGUE.needs)

    def test_a_goal_that_was_ticked_is_never_folded_away(self, client: Client) -> None:
        page = see(client, f"/advice/goals/?{LAW}&need=music")

        folded = {control["value"] for control in page.one("details").all("input")}
        assert "music" not in folded
        assert "checked" in page.by_id("need-music").attributes

    @every_question
    def test_what_was_picked_before_is_ticked(self, client: Client, address: str, key: str) -> None:
        pick = choices(see(client, address))[1]
        joined = "&" if "?" in address else "?"

        page = see(client, f"{address}{joined}{pick[0]}={pick[1]}")

        assert [control["value"] for control in page.all("input") if "checked" in control.attributes] == [pick[1]]

    @every_question
    def test_the_form_sends_all_other_answers_along(self, client: Client, address: str, key: str) -> None:
        path = urlsplit(address).path
        everything = f"{TEXT}&fact=personal-data&fact=eu-customers"

        sent = fields(see(client, f"{path}?{everything}"))

        assert sorted(pair for pair in sent if pair != ("find", "")) == sorted(
            [*parse_qsl(everything), ("answered", key)]
        )

    def test_it_shows_what_is_settled_so_far(self, client: Client) -> None:
        page = see(client, f"/advice/goals/?{LAW}&need=summaries")

        (arm,) = page.by_id("so-far").of_class("arm")
        assert arm["data-category"] == "language-model"


class TestErrors:
    @pytest.mark.parametrize(
        ("address", "key"), [("/advice/industry/?", "industry"), (f"/advice/goals/?{LAW}&", "need")]
    )
    def test_nothing_picked_is_said_twice_in_the_same_words(self, client: Client, address: str, key: str) -> None:
        page = see(client, f"{address}answered={key}", status=422)

        assert page.one("title").text.startswith("Error: ")
        summary = page.of_class("trouble")[0]
        assert summary.one("h2").text == "There is a problem"
        assert summary.get("tabindex") == "-1"
        assert "autofocus" in summary.attributes
        link = summary.one("a")
        assert page.by_id(link["href"].removeprefix("#")).get("name") == key
        assert page.by_id("error").text == link.text
        assert "error" in page.one("fieldset")["aria-describedby"].split()

    def test_the_summary_stands_above_the_question(self, client: Client) -> None:
        page = see(client, "/advice/industry/?answered=industry", status=422)

        headings = [element.tag for element in page.one("main").walk() if element.tag in ("h1", "h2")]
        assert headings[:2] == ["h2", "h1"]

    def test_the_other_answers_are_kept(self, client: Client) -> None:
        page = see(client, "/advice/goals/?industry=other&modality=text&fact=children&answered=need", status=422)

        assert {("industry", "other"), ("modality", "text"), ("fact", "children")} <= set(fields(page))

    def test_the_form_of_the_goals_says_the_same_when_it_was_posted(self, client: Client) -> None:
        """As it is without scripts, so that the finder's words stand in no address."""
        sent, ours = {"industry": "other", "fact": "children", "answered": "need"}, {"Sec-Fetch-Site": "same-origin"}

        posted = client.post("/advice/goals/", sent, headers=ours)
        foreign = client.post("/advice/goals/", sent, headers={"Sec-Fetch-Site": "cross-site"})

        assert (posted.status_code, foreign.status_code) == (422, 403)
        page = parse(posted.content.decode())
        assert page.by_id("error").text == page.of_class("trouble")[0].one("a").text
        assert {("industry", "other"), ("fact", "children")} <= set(fields(page))

    def test_a_page_without_an_error_says_so_nowhere(self, client: Client) -> None:
        page = see(client, "/advice/industry/")

        assert not page.of_class("trouble")
        assert not page.one("title").text.startswith("Error")


class TestSetAside:
    """An answer that no longer applies never counts, and comes back when the visitor turns back."""

    ASIDE = f"{LAW}&need=summaries&modality=audio&fact=none"

    def test_it_stays_in_the_address(self, client: Client) -> None:
        page = see(client, f"/advice/goals/?{CHATBOT}&modality=audio&fact=none")

        address = send(client, page, "need-summaries", untick=("need-chatbot",))

        assert sorted(answers(address)) == sorted(parse_qsl(self.ASIDE))

    def test_it_is_said_and_does_not_count(self, client: Client) -> None:
        page = see(client, f"/advice/check/?{self.ASIDE}")
        advice = client.get(f"/advice/?{self.ASIDE}&format=json").json()
        without = client.get(f"/advice/?{LAW}&need=summaries&fact=none&format=json").json()

        assert "You ticked “Audio and music”. None of your goals produces it, so we left it out." in page.text
        assert advice["needs"] == without["needs"]
        assert [notice["kind"] for notice in advice["notices"]] == ["set-aside"]

    def test_it_comes_back(self, client: Client) -> None:
        page = see(client, f"/advice/goals/?{self.ASIDE}")

        address = send(client, page, "need-chatbot", untick=("need-summaries",))

        assert ("modality", "audio") in answers(address)
        (verdict,) = client.get(f"/advice/?{urlsplit(address).query}&format=json").json()["needs"]
        assert [case["modality"] for case in verdict["cases"]] == ["audio"]

    def test_it_comes_back_when_that_very_question_is_asked_again(self, client: Client) -> None:
        """Of two things to produce one is set aside: the form of this question sends it along unseen."""
        page = see(client, f"/advice/output/?{CHATBOT}&modality=images&modality=text&fact=none")

        assert ("modality", "images") in fields(page)
        assert ("modality", "images") not in choices(page)
        address = send(client, page, "modality-audio")
        assert {("modality", "images"), ("modality", "text"), ("modality", "audio")} <= set(answers(address))

    def test_a_circumstance_is_set_aside_too(self, client: Client) -> None:
        software = "industry=other&need=bookings&fact=own-the-rights"

        page = see(client, f"/advice/check/?{software}")

        assert "You ticked “We need to own what it makes”." in page.text
        assert "so we left it out." in page.text
        assert ("fact", "own-the-rights") in answers(page.of_class("btn")[0]["href"])


class TestJourney:
    def test_from_the_first_question_to_the_advice(self, client: Client) -> None:
        address = see(client, "/").of_class("btn")[0]["href"]
        for tick in ("industry-law-finance", "need-chatbot", "modality-text", "fact-personal-data"):
            address = send(client, see(client, address), tick)

        page = see(client, address)
        assert page.one("h1").text == "Check your answers"
        address = page.of_class("btn")[0]["href"]
        assert address == f"/advice/?{TEXT}&fact=personal-data"
        assert see(client, address).of_class("plate")[0]["data-category"] == "language-model"

    def test_one_changed_answer_leaves_the_others(self, client: Client) -> None:
        check = see(client, f"/advice/check/?{TEXT}&fact=personal-data")

        for row, tick in zip(
            check.of_class("change"), ["industry-other", "need-fraud", "", "fact-children"], strict=True
        ):
            question = see(client, row.one("a")["href"])
            address = send(client, question, *filter(None, [tick]))
            kept = set(parse_qsl(f"{TEXT}&fact=personal-data")) - {("industry", "law-finance")}
            assert urlsplit(address).path == "/advice/check/"
            assert kept <= set(answers(address))


class TestCheck:
    def test_every_answer_has_a_change_link_that_says_what_it_changes(self, client: Client) -> None:
        page = see(client, f"/advice/check/?{TEXT}&fact=personal-data&fact=children")

        rows = page.one("dl").all("div")
        assert [row.one("dt").text for row in rows] == ["Industry", "Goals", "What it should produce", "True for you"]
        assert [row.one("a").text for row in rows] == [f"Change {row.one('dt').text}" for row in rows]
        assert [value.text for value in rows[3].all("b")] == ["We handle personal data", "Children use what we offer"]

    def test_what_is_not_asked_is_not_listed(self, client: Client) -> None:
        page = see(client, f"/advice/check/?{LAW}&need=summaries&fact=none")

        assert "What it should produce" not in page.text

    def test_what_was_filled_in_is_said(self, client: Client) -> None:
        page = see(client, f"/advice/check/?{LAW}&need=chatbot&need=fraud&modality=audio&fact=none")

        assert "You did not tick figures" in page.text

    def test_it_counts_the_goals(self, client: Client) -> None:
        page = see(client, f"/advice/check/?{LAW}&need=summaries&need=fraud&fact=none")

        assert "Goals, 2" in page.text


class TestFind:
    def find(self, client: Client, words: str, query: str = LAW, **headers: str) -> str:
        sent: dict[str, list[str]] = {"find": [words], "answered": ["need"]}
        for key, value in parse_qsl(query):
            sent.setdefault(key, []).append(value)
        response = client.post("/advice/goals/find/", sent, headers=headers or {"Sec-Fetch-Site": "same-origin"})
        assert response.status_code == 200
        assert "Location" not in response
        return response.content.decode()

    def test_it_shows_the_goals_that_use_these_words(self, client: Client) -> None:
        page = parse(self.find(client, "my customers pay late"))

        found = page.by_id("found")
        assert "autofocus" in found.attributes, "what was found takes the focus"
        links = [link["href"].removeprefix("#") for link in found.all("a")]
        assert "need-chase-invoices" in links
        folded = {control["id"] for control in page.one("details").all("input")}
        assert not folded & set(links), "what was found is in sight"
        assert "checked" not in page.by_id("need-chase-invoices").attributes, "nothing is ticked for the visitor"

    def test_it_keeps_what_was_ticked_and_typed(self, client: Client) -> None:
        page = parse(self.find(client, "late payers", f"{LAW}&need=music&need=chatbot&modality=audio&fact=children"))

        kept = {("need", "music"), ("need", "chatbot"), ("modality", "audio"), ("fact", "children")}
        assert kept <= set(fields(page))
        assert page.by_id("find")["value"] == "late payers"

    def test_no_match_says_what_to_try(self, client: Client) -> None:
        page = parse(self.find(client, "xyzzy plugh"))

        assert "No goal uses those words. Try the job itself" in page.by_id("found").text

    def test_no_words_is_no_search(self, client: Client) -> None:
        assert not parse(self.find(client, "  ")).all(id="found")

    def test_long_text_is_cut(self, client: Client) -> None:
        assert len(parse(self.find(client, "late " * 1000)).by_id("find")["value"]) <= 100

    def test_words_are_text_and_nothing_else(self, client: Client) -> None:
        html = self.find(client, '"><script>alert(1)</script>')

        assert "<script>alert" not in html
        assert parse(html).by_id("find")["value"] == '"><script>alert(1)</script>'

    def test_the_words_reach_no_address(self, client: Client) -> None:
        """Not even when Continue is pressed, which sends the whole form."""
        page = parse(self.find(client, "late payers"))

        address = send(client, page, "need-chase-invoices")

        assert "late" not in address
        assert "find" not in address
        assert "find" not in see(client, address).one("main").text

    def test_the_reply_is_kept_in_no_cache_but_the_browsers_own(self, client: Client) -> None:
        sent = {"find": "late", "industry": "other"}

        response = client.post("/advice/goals/find/", sent, headers={"Sec-Fetch-Site": "same-origin"})

        assert response["Cache-Control"] == "private, no-cache"

    def test_without_an_industry_that_is_asked_first(self, client: Client) -> None:
        response = client.post("/advice/goals/find/", {"find": "late"}, headers={"Sec-Fetch-Site": "same-origin"})

        assert response["Location"] == "/advice/industry/"

    def test_its_address_opened_anew_asks_for_goals(self, client: Client) -> None:
        """Without scripts, a search leaves this address behind: to be reloaded, or kept as a bookmark."""
        assert goes_to(client, "/advice/goals/find/") == "/advice/goals/"
        assert goes_to(client, f"/advice/goals/find/?{CHATBOT}&find=late") == f"/advice/goals/?{CHATBOT}"

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "none"}, 200),
            ({"Origin": "http://testserver"}, 200),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "http://["}, 403),
            ({}, 403),
        ],
    )
    def test_only_our_own_pages_may_send_it(self, client: Client, headers: dict[str, str], status: int) -> None:
        sent = {"find": "late", "industry": "other"}

        response = client.post("/advice/goals/find/", sent, headers=headers)

        assert response.status_code == status
        if status == 403:
            assert parse(response.content.decode()).one("h1").text == "This form was not sent from our page"


class TestSoFar:
    def test_it_is_a_piece_of_page_with_one_polite_line(self, client: Client) -> None:
        response = client.get(f"/advice/so-far/?{LAW}&need=fraud&need=summaries")

        page = parse(response.content.decode())
        assert not page.all("html")
        assert page.one(role="status").text == "So far: 2 goals settled"
        assert response["Cache-Control"] == "no-store"

    def test_a_goal_stays_open_while_a_later_answer_could_turn_it(self, client: Client) -> None:
        page = see(client, "/advice/so-far/?industry=other&need=social-posts&need=summaries")

        assert page.one(role="status").text == "So far: 1 goal settled, 1 open"
        assert [arm.get("data-category") for arm in page.of_class("arm")] == ["language-model", None]

    def test_it_brings_the_counts_for_the_bar(self, client: Client) -> None:
        counts = see(client, "/advice/so-far/?industry=other&need=forecast&need=summaries").by_id("counts")

        assert counts.get("hx-swap-oob") == "true"
        assert [item.text for item in counts.all("li")] == ["1", "1"]
