"""Keeping a result, opening its link, and managing it."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from advisor import formkeys, links, published, recent, spam
from advisor.decision.answers import read
from advisor.decision.catalogue import canonical, checksum
from advisor.decision.recommend import recommend
from advisor.decision.release import Release as CompiledRelease
from advisor.decision.since import under
from advisor.models import Release, SavedResult
from advisor.models.results import view_token
from advisor.views.private import PRIVATE
from tests.conftest import Publish
from tests.content.shipped import CATALOGUE
from tests.decision.test_since import mutated, random_advice, reads_otherwise
from tests.factory import make_caveat, make_document, make_rule
from tests.views.markup import FORM, Element, parse, see

OURS = {"Sec-Fetch-Site": "same-origin"}
ANSWERS = "industry=law-finance&need=contract-review&modality=text&fact=none"
YEAR = timedelta(days=365)
RULES = make_document()["rules"]
A_PICTURE = make_rule(
    "law-review", "generative-media", needs=["contract-review"], modalities=["text"], because="It is a picture."
)


@pytest.fixture(autouse=True)
def _one_release(no_data: Path, publish: Publish) -> None:
    publish()


def post(client: Client, address: str, **sent: Any) -> Any:
    return client.post(address, urlencode(sent, doseq=True), FORM, headers=OURS)


def keep_form(client: Client, query: str = ANSWERS) -> dict[str, Any]:
    """What the form for keeping this result sends."""
    page = see(client, f"/advice/keep/?{query}")
    sent: dict[str, Any] = {}
    for control in page.one("form", action="/advice/keep/").all("input"):
        sent.setdefault(control["name"], []).append(control["value"])
    return sent


def kept(client: Client, query: str = ANSWERS) -> tuple[str, str]:
    """The address that shows a kept result, and the one that manages it."""
    response = post(client, "/advice/keep/", **keep_form(client, query))
    assert response.status_code == 303
    manage = response["Location"]
    return f"/r/{view_token(manage.split('/')[2])}/", manage


def advice_in(page: Element) -> str:
    """The words of the advice, from the verdict to why not the others."""
    text = page.one("main").text
    return text[text.index("How sure?") : text.index("Why not the others")]


def notice(page: Element) -> Element:
    (found,) = page.of_class("since")
    return found


class TestKeeping:
    def test_the_result_leads_to_the_form_and_the_form_to_both_links(self, client: Client) -> None:
        (link,) = [a for a in see(client, f"/advice/?{ANSWERS}").all("a") if a.text == "Keep this result"]
        page = see(client, link["href"])
        assert "It works until" in page.text
        assert "a year" not in page.text, "the owner settles for how long"

        show, manage = kept(client)

        page = see(client, manage)
        assert page.by_id("link")["value"] == f"http://testserver{show}"
        assert page.by_id("own-link")["value"] == f"http://testserver{manage}"
        assert see(client, show).one("main").text.count("Because you want to") >= 1

    def test_only_the_hash_of_the_link_is_stored(self, client: Client) -> None:
        show, manage = kept(client)

        row = SavedResult.objects.values_list().get()

        stored = " ".join(map(str, row))
        assert show.split("/")[2] not in stored
        assert manage.split("/")[2] not in stored

    def test_ten_thousand_links_are_random_and_all_different(self) -> None:
        release = published.current()
        advice = recommend(release, read(parse_qsl(ANSWERS), release.catalogue)[0])
        tokens = set()
        for _time in range(100):  # what is left of 10,000 is made without storing each
            tokens.add(SavedResult.keep(advice, formkeys.read(formkeys.new()).secret, YEAR))
        tokens |= {view_token(formkeys.read(formkeys.new()).secret) for _time in range(9_900)}

        assert len(tokens) == 10_000
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{24}", token) for token in tokens)

    @pytest.mark.parametrize("times", [2, 20])
    def test_sent_twice_it_makes_one_record_and_gives_the_same_link(self, client: Client, times: int) -> None:
        form = keep_form(client)

        places = {post(client, "/advice/keep/", **form)["Location"] for _time in range(times)}

        assert len(places) == 1
        assert SavedResult.objects.count() == 1

    def test_two_visitors_get_two_links(self, client: Client) -> None:
        assert kept(client) != kept(client)
        assert SavedResult.objects.count() == 2

    def test_going_back_finds_the_same_form(self, client: Client) -> None:
        """A page that must not be stored would be asked for anew, with another key."""
        response = client.get(f"/advice/keep/?{ANSWERS}")

        assert response["Cache-Control"] == "private, no-cache"
        assert response["X-Robots-Tag"] == PRIVATE["X-Robots-Tag"]

    def test_what_was_shown_is_kept_also_when_a_release_came_meanwhile(self, client: Client, publish: Publish) -> None:
        form = keep_form(client)
        publish(rules=[*RULES, A_PICTURE], examples=[])

        show = f"/r/{view_token(post(client, '/advice/keep/', **form)['Location'].split('/')[2])}/"

        assert SavedResult.objects.get().release_id == 1
        assert "Because of text." in advice_in(see(client, show))

    def test_nothing_is_stored_but_by_the_form(self, client: Client) -> None:
        client.get(f"/advice/?{ANSWERS}")
        client.get(f"/advice/keep/?{ANSWERS}")
        client.head(f"/advice/keep/?{ANSWERS}")

        assert not SavedResult.objects.exists()

    @pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
    def test_another_site_cannot_send_it(self, client: Client, headers: dict[str, str]) -> None:
        response = client.post("/advice/keep/", urlencode(keep_form(client), doseq=True), FORM, headers=headers)

        assert response.status_code == 403
        assert not SavedResult.objects.exists()

    @pytest.mark.parametrize("key", ["", "x", "a.1.b:c", "\x00", "é" * 400])
    def test_a_form_with_a_key_that_is_not_ours_is_shown_again(self, client: Client, key: str) -> None:
        response = post(client, "/advice/keep/", **{**keep_form(client), "form_key": key})

        page = parse(response.content.decode())
        assert response.status_code == 422
        (trouble,) = page.of_class("trouble")
        assert "nothing was kept" in trouble.text
        assert trouble["role"] == "group", "it takes the focus, so a live region would say it twice"
        assert page.one("title").text.startswith("Error:")
        again = {control["name"]: control["value"] for control in page.one("form").all("input")}
        assert post(client, "/advice/keep/", **again).status_code == 303

    def test_a_form_of_the_day_before_is_shown_again(self, client: Client, on_day: Any) -> None:
        on_day("2026-11-24")
        form = keep_form(client)
        on_day("2026-11-26")

        response = post(client, "/advice/keep/", **form)

        assert response.status_code == 422
        assert "more than a day old" in response.content.decode()
        assert not SavedResult.objects.exists()

    @pytest.mark.parametrize("release", ["99", "0", "-1", "x", "9" * 40])
    def test_a_release_that_does_not_exist_is_refused(self, client: Client, release: str) -> None:
        response = client.get(f"/advice/keep/?{ANSWERS}&release={release}")

        assert response.status_code == 400
        assert "names a release that does not exist" in response.content.decode()

    def test_without_a_goal_it_asks_for_one(self, client: Client) -> None:
        assert client.get("/advice/keep/?industry=other")["Location"] == "/advice/goals/?industry=other"

    def test_a_full_disk_keeps_nothing_by_half_and_the_form_as_it_was(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("database or disk is full")

        form = keep_form(client)
        monkeypatch.setattr(SavedResult, "save", full)

        response = post(client, "/advice/keep/", **form)

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        page = parse(response.content.decode())
        assert "Nothing was kept by half" in page.text
        assert page.one("input", name="form_key")["value"] == form["form_key"][0]
        assert not SavedResult.objects.exists()
        monkeypatch.undo()
        assert post(client, "/advice/keep/", **form).status_code == 303


class TestManyAtOnce:
    @pytest.fixture(autouse=True)
    def _room_for_two(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.SIGNPOST_SITE_URL = "https://advice.example.org"
        settings.ALLOWED_HOSTS = ["testserver"]
        limits = spam.Limits(replace(spam.KEPT.from_one, most=2), spam.KEPT.from_all)
        monkeypatch.setattr(spam, "KEPT", limits)

    def test_the_third_is_told_when_to_press_again_and_nothing_is_kept(self, client: Client) -> None:
        replies = [self.keep(client, keep_form(client)) for _ in range(3)]

        assert [reply.status_code for reply in replies] == [303, 303, 429]
        assert int(replies[2].headers["Retry-After"]) > 60
        assert "Press again in" in replies[2].content.decode()
        assert SavedResult.objects.count() == 2

    def test_the_same_form_again_is_not_one_more(self, client: Client) -> None:
        form = keep_form(client)

        assert {self.keep(client, form).status_code for _ in range(5)} == {303}
        assert self.keep(client, keep_form(client)).status_code == 303

    def test_another_network_has_room_and_a_made_up_address_gives_none(self, client: Client) -> None:
        for _ in range(2):
            self.keep(client, keep_form(client))

        assert self.keep(client, keep_form(client), forwarded="203.0.113.7").status_code == 429
        assert self.keep(client, keep_form(client), network="203.0.113.7").status_code == 303

    def keep(self, client: Client, form: dict[str, Any], network: str = "198.51.100.9", forwarded: str = "") -> Any:
        headers = {**OURS, **({"X-Forwarded-For": forwarded} if forwarded else {})}
        return client.post("/advice/keep/", urlencode(form, doseq=True), FORM, headers=headers, REMOTE_ADDR=network)


class TestOpening:
    def test_it_shows_the_very_advice_that_was_on_the_page(self, client: Client) -> None:
        fresh = advice_in(see(client, f"/advice/?{ANSWERS}"))

        show, _manage = kept(client)

        assert advice_in(see(client, show)) == fresh

    def test_a_year_and_twenty_releases_later_it_still_does(
        self, client: Client, publish: Publish, on_day: Any
    ) -> None:
        on_day("2026-11-25")
        fresh = advice_in(see(client, f"/advice/?{ANSWERS}"))
        show, _manage = kept(client)

        for number in range(20):
            publish(caveats=[make_caveat("check-facts", text=f"Mind number {number}.")])
        on_day("2027-11-24")  # past the day by which every claim of the catalogue had to be checked again

        page = see(client, show)
        assert advice_in(page) == fresh
        assert "You are reading advice from 25 November 2026" in notice(page).text
        assert "This advice: release 1" in page.text
        assert "Current: release 21" in page.text

    def test_new_code_that_words_it_otherwise_changes_nothing(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        show, _manage = kept(client)
        before = advice_in(see(client, show))
        recent.advice.cache_clear()  # newer code comes with a new process
        monkeypatch.setattr("advisor.decision.wording.sure", lambda *args, **kwargs: "Worded by newer code.")
        assert "Worded by newer code." in see(client, f"/advice/?{ANSWERS}").text

        page = see(client, show)

        assert advice_in(page) == before
        assert notice(page)["data-since"] == "holds"

    def test_with_no_newer_rules_it_says_so(self, client: Client) -> None:
        page = see(client, kept(client)[0])

        assert notice(page)["data-since"] == "holds"
        assert "No newer rules have come since release 1." in notice(page).text

    def test_with_newer_rules_that_say_the_same_it_says_so(self, client: Client, publish: Publish) -> None:
        show, _manage = kept(client)
        publish(note="Nothing that this visitor meets.")

        assert "It still holds: release 2, today’s rules, says the same" in notice(see(client, show)).text

    def test_what_today_would_say_and_which_rule_did_it_stand_on_top(self, client: Client, publish: Publish) -> None:
        show, _manage = kept(client)
        publish(rules=[*RULES, A_PICTURE], examples=[])

        found = notice(see(client, show))

        assert found["data-since"] == "changed"
        assert "“Contract review” pointed to language model. Today it points to generative media." in found.text
        assert "A new rule decides: It is a picture." in found.text
        assert found.of_class("arm")[0].text == "The same answers, release 2 Generative media"
        assert [a["href"] for a in found.all("a") if a.text == "See that rule"] == ["/how-it-decides/#law-review"]
        assert f"/advice/?{ANSWERS}" in [a["href"] for a in found.all("a")]

    def test_it_makes_one_query_and_writes_nothing(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        show, _manage = kept(client)
        see(client, show)

        with django_assert_num_queries(1) as made:
            see(client, show)

        assert made.captured_queries[0]["sql"].startswith("SELECT")

    def test_a_robot_gets_title_text_and_picture_and_search_engines_are_told_no(self, client: Client) -> None:
        response = Client(headers={"User-Agent": "LinkPreview/1.0"}).get(kept(client)[0])

        assert response.status_code == 200
        assert {name: response[name] for name in PRIVATE} == PRIVATE
        assert response["Referrer-Policy"] == "same-origin"
        assert not response.cookies
        assert "/r/" not in client.get("/robots.txt").content.decode()

    def test_links_to_other_sites_tell_them_nothing(self, client: Client) -> None:
        page = see(client, kept(client)[0])

        away = [link for link in page.all("a") if link["href"].startswith("https:")]
        assert [link for link in away if link.get("rel") != "noopener noreferrer"] == []


def freeze(number: int, document: dict[str, Any]) -> CompiledRelease:
    """A release of any document, sound or not."""
    text = canonical(document).decode()
    now = timezone.now()
    Release(number=number, document=text, sha256=checksum(document), published_at=now, note="For a test.").save()
    return published.sync()


class TestManyResults:
    def test_after_three_releases_all_say_the_same_and_the_notice_stands_exactly_where_advice_changed(
        self, client: Client
    ) -> None:
        chance = random.Random(1)  # noqa: S311  a seed, so that a failure can be repeated
        first = freeze(2, CATALOGUE.to_document())
        advice = [random_advice(first, chance) for _visitor in range(40)]
        fresh = [advice_in(see(client, links.result_url(item.answers))) for item in advice]
        tokens = [view_token(SavedResult.keep(item, f"key-{place}", YEAR)) for place, item in enumerate(advice)]
        document = CATALOGUE.to_document()
        for _release in range(3):
            document = mutated(document, chance)
            current = freeze(published.current().number + 1, document)

        changed = 0
        for item, shown, token in zip(advice, fresh, tokens, strict=True):
            page = see(client, f"/r/{token}/")
            assert advice_in(page) == shown
            differs = reads_otherwise(item, under(current, item))
            assert notice(page)["data-since"] == ("changed" if differs else "holds")
            changed += differs
        assert 0 < changed < len(advice)


class TestLinksThatDoNotOpen:
    @pytest.mark.parametrize(
        "token", ["x", "A" * 24, "A" * 4000, "../../etc", "%00", "é", "' OR 1=1 --", "<script>", "a/b"]
    )
    def test_what_is_no_link_of_ours_is_not_found(self, client: Client, token: str) -> None:
        for kind in ("r", "manage"):
            response = client.get(f"/{kind}/{token}/")
            assert response.status_code == 404
            assert "<script>" not in response.content.decode().split("<main")[1]

    def test_a_link_of_the_other_kind_is_not_found(self, client: Client) -> None:
        show, manage = kept(client)

        assert client.get(show.replace("/r/", "/manage/")).status_code == 404
        assert client.get(manage.replace("/manage/", "/r/")).status_code == 404

    @pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token + "A", str.swapcase])
    def test_a_link_that_was_changed_is_not_found(self, client: Client, change: Any) -> None:
        for address in kept(client):
            _empty, kind, token, _end = address.split("/")
            assert client.get(f"/{kind}/{change(token)}/").status_code == 404

    def test_its_time_over_it_says_so_and_how_to_go_on(self, client: Client, on_day: Any) -> None:
        on_day("2026-11-24")
        addresses = kept(client)
        on_day("2027-11-25")

        for address in addresses:
            page = see(client, address, 410)
            assert "This result is no longer kept" in page.one("h1").text
            assert "/advice/industry/" in [link["href"] for link in page.all("a")]
            assert "Because of text." not in page.text

    def test_unknown_and_expired_look_alike_from_outside(self, client: Client, on_day: Any) -> None:
        on_day("2026-11-24")
        show, _manage = kept(client)
        on_day("2027-11-25")

        unknown, expired = client.get(f"/r/{'A' * 24}/"), client.get(show)

        assert (unknown.status_code, expired.status_code) == (404, 410)
        assert abs(len(unknown.content) - len(expired.content)) < 100
        assert {name: unknown[name] for name in PRIVATE} == {name: expired[name] for name in PRIVATE} == PRIVATE

    def test_a_release_whose_document_was_tampered_with_is_not_shown(
        self, client: Client, publish: Publish, caplog: pytest.LogCaptureFixture
    ) -> None:
        show, _manage = kept(client)
        publish(caveats=[make_caveat("check-facts", text="Other words.")])
        connection.check_constraints()  # PostgreSQL would refuse to change a table for what is still unchecked
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("ALTER TABLE advisor_release DISABLE TRIGGER USER")
            else:
                cursor.execute("DROP TRIGGER advisor_release_refuse_update")
            cursor.execute(
                "UPDATE advisor_release SET document = replace(document, 'Mind', 'Never mind') WHERE number = 1"
            )
        published.forget()

        page = see(client, show, 500)

        assert "We can’t show this result" in page.one("h1").text
        assert "damaged on our side" in page.text
        assert "does not have the checksum" in caplog.text
        assert show.split("/")[2] not in caplog.text

    def test_advice_that_was_damaged_is_not_shown_by_half(self, client: Client) -> None:
        show, _manage = kept(client)
        saved = SavedResult.objects.get()
        saved.document = bytes(saved.document)[:-20]
        saved.save()

        assert "We can’t show this result" in see(client, show, 500).one("h1").text

    def test_while_the_database_is_away_it_says_to_wait(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        show, _manage = kept(client)

        def away(*args: Any) -> None:
            raise OperationalError("unable to open database file")

        monkeypatch.setattr("advisor.models.results.SavedResultQuerySet.of_token", away)

        response = client.get(show)

        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        assert "This page has to wait" in response.content.decode()

    def test_guesses_find_nothing(self, client: Client) -> None:
        kept(client)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
        chance = random.Random(16)  # noqa: S311  a seed, so that a failure can be repeated

        for _guess in range(2_000):
            with pytest.raises(SavedResult.DoesNotExist):
                SavedResult.objects.of_token("".join(chance.choices(letters, k=24)))


class TestManaging:
    def test_what_is_damaged_can_be_deleted_all_the_same(self, client: Client) -> None:
        show, manage = kept(client)
        SavedResult.objects.update(document=b"x")
        page = see(client, manage, 500)
        assert "damaged on our side" in page.text
        assert page.one("input", name="action")["value"] == "delete"
        assert post(client, manage, action="extend").status_code == 500

        response = post(client, manage, action="delete")

        assert response.status_code == 200
        assert f"/advice/?{ANSWERS}" in [link["href"] for link in parse(response.content.decode()).all("a")]
        assert not SavedResult.objects.get().answers
        assert client.get(show).status_code == 410

    def test_extending_keeps_it_for_a_year_from_today(self, client: Client, on_day: Any) -> None:
        on_day("2026-11-24")
        show, manage = kept(client)
        assert "From tomorrow on you can extend it" in see(client, manage).text
        on_day("2027-06-01")
        assert "Keep it until 31 May 2028" in see(client, manage).text

        response = post(client, manage, action="extend")

        assert response.status_code == 303
        page = see(client, response["Location"])
        assert "Its time has been extended." in page.text
        assert "works until 31 May 2028" in page.text
        on_day("2028-05-30")
        assert see(client, show)

    def test_deleting_leaves_nothing_and_both_links_say_so(self, client: Client) -> None:
        show, manage = kept(client)

        page = parse(post(client, manage, action="delete").content.decode())

        assert "The result is deleted" in page.one("h1").text
        saved = SavedResult.objects.get()
        assert (saved.answers, bytes(saved.document)) == ("", b"")
        for address in (show, manage):
            assert "This result was deleted" in see(client, address, 410).one("h1").text
        assert post(client, manage, action="delete").status_code == 410

    def test_a_form_sent_again_brings_nothing_deleted_back(self, client: Client) -> None:
        form = keep_form(client)
        manage = post(client, "/advice/keep/", **form)["Location"]
        post(client, manage, action="delete")

        again = post(client, "/advice/keep/", **form)["Location"]

        assert again == manage
        assert client.get(manage).status_code == 410

    def test_opening_the_page_changes_nothing(self, client: Client) -> None:
        _show, manage = kept(client)
        before = SavedResult.objects.values().get()

        client.get(f"{manage}?action=delete")

        assert SavedResult.objects.values().get() == before

    @pytest.mark.parametrize("action", ["", "burn", "delete "])
    def test_an_unknown_action_does_nothing(self, client: Client, action: str) -> None:
        _show, manage = kept(client)

        assert post(client, manage, action=action).status_code == 200
        assert SavedResult.objects.get().is_open

    @pytest.mark.parametrize("action", ["extend", "delete"])
    def test_another_site_can_do_nothing(self, client: Client, action: str) -> None:
        _show, manage = kept(client)

        response = client.post(manage, {"action": action}, headers={"Sec-Fetch-Site": "cross-site"})

        assert response.status_code == 403
        assert SavedResult.objects.get().is_open
