"""A recalled release: its text stands first on every page, and in place of its advice in every form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from advisor import published, recalls
from advisor.decision.answers import read
from advisor.decision.recommend import recommend
from advisor.links import pairs_in
from advisor.models import Recall, Release, SavedResult
from advisor.models import recalls as stored_recalls
from advisor.models.results import view_token
from tests.factory import make_example

pytestmark = pytest.mark.django_db
QUERY = "industry=law-finance&need=contract-review"
TEXT = "Let a lawyer read each contract. Our advice was wrong."


@pytest.fixture
def release(no_data: Any, load: Callable[..., None]) -> Release:
    load()
    release = Release.publish(note="First.")
    published.sync()
    recalls.forget()
    return release


def kept_result() -> str:
    """The manage token of a result kept under the current release."""
    release = published.current()
    answers, notices = read(pairs_in(QUERY), release.catalogue)
    return SavedResult.keep(recommend(release, answers, notices), "key", timedelta(days=30))


def recall(release: Release) -> None:
    Recall(release=release, text=TEXT).save()
    Recall.sync()


def newer(load: Callable[..., None]) -> Release:
    load(terms=[])
    newer = Release.publish(note="Second.")
    published.sync()
    return newer


def get(address: str) -> Any:
    return Client().get(address)


@pytest.mark.parametrize("address", ["/", "/advice/industry/", "/about/", "/how-it-decides/", "/privacy/"])
def test_every_page_says_it_first_while_the_release_is_current(
    release: Release, address: str, django_assert_num_queries: Any
) -> None:
    before = get(address)
    recall(release)

    with django_assert_num_queries(0):
        page = get(address)

    assert TEXT not in before.content.decode()
    main = page.content.decode().partition('<main id="main"')[2]
    assert TEXT in main
    assert main.index(TEXT) < main.index("<h1")
    assert before.headers["ETag"] != page.headers["ETag"]


@pytest.mark.parametrize(
    "address",
    [f"/advice/?{QUERY}", f"/advice/record/?{QUERY}", f"/advice/record.pdf?{QUERY}", f"/advice/to-do/?{QUERY}"],
)
def test_it_stands_in_place_of_the_advice_of_the_day(release: Release, address: str) -> None:
    recall(release)

    page = get(address)

    assert page.status_code == 410
    assert TEXT in page.content.decode()
    assert "Use language model" not in page.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "saved",
        "saved-record",
        "saved-record-pdf",
        "saved-record-md",
        "saved-record-json",
        "saved-to-do",
        "saved-review",
    ],
)
def test_it_stands_in_place_of_kept_advice_in_every_form(
    release: Release, load: Callable[..., None], name: str
) -> None:
    token = view_token(kept_result())
    newer(load)
    address = reverse(name, args=[token])
    assert get(address).status_code == 200
    recall(release)

    page = get(address)

    assert page.status_code == 410
    assert TEXT in page.content.decode()
    assert "Use language model" not in page.content.decode()
    assert page.headers["Cache-Control"] == "private, no-store"


def test_data_says_it_as_data(release: Release) -> None:
    recall(release)

    reply = get(f"/advice/?{QUERY}&format=json")

    assert (reply.status_code, reply.json()["detail"]) == (410, TEXT)


def test_what_other_releases_say_is_not_touched(release: Release, load: Callable[..., None]) -> None:
    newer(load)
    recall(release)

    assert TEXT not in get("/").content.decode()
    assert get(f"/advice/?{QUERY}").status_code == 200


def test_a_release_that_says_the_same_is_recalled_with_it(release: Release, load: Callable[..., None]) -> None:
    newer(load)
    again = Release.roll_back(release, note="Back.")
    published.sync()
    recall(again)

    assert recalls.of(published.release(1)) == recalls.of(published.release(3))
    assert recalls.of(published.release(2)) is None


def test_a_comparison_with_it_says_why_it_can_not_be_opened(release: Release, load: Callable[..., None]) -> None:
    token = view_token(kept_result())
    newer(load)
    recall(release)

    page = get(f"/compare/?one={token}&two={QUERY.replace('&', '%26').replace('=', '%3D')}")

    assert page.status_code == 422
    assert TEXT in page.content.decode()


def test_whoever_kept_it_can_still_delete_it_and_reads_why(release: Release, load: Callable[..., None]) -> None:
    manage = reverse("manage", args=[kept_result()])
    newer(load)
    recall(release)

    assert TEXT in get(manage).content.decode()
    Client().post(manage, {"action": "delete"}, headers={"Sec-Fetch-Site": "same-origin"})

    assert not SavedResult.objects.still_open().exists()


def test_an_enquiry_that_was_being_typed_is_not_lost(release: Release) -> None:
    recall(release)

    assert get(f"/talk/?{QUERY}").status_code == 410


def test_another_process_learns_of_it_from_the_file(release: Release) -> None:
    assert recalls.of(published.current()) is None
    recalled = stored_recalls.Recalled(1, TEXT, "2026-11-24T12:00:00+00:00")

    stored_recalls.path().write_text(stored_recalls.to_text({release.sha256: recalled}), encoding="utf-8")

    assert recalls.of(published.current()) == recalled


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": {"number": 1}}', '{"a": {"number": "1", "text": "x", "at": "y"}}']
)
def test_a_broken_file_is_written_anew_from_the_database(release: Release, text: str) -> None:
    recall(release)
    stored_recalls.path().write_text(text, encoding="utf-8")

    assert recalls.of(published.current())
    assert TEXT in stored_recalls.path().read_text(encoding="utf-8")


def test_a_missing_file_is_written_from_the_database(release: Release) -> None:
    recall(release)
    stored_recalls.path().unlink()

    assert recalls.of(published.current())
    assert stored_recalls.path().exists()


def test_a_kept_link_leads_to_todays_advice_for_the_same_answers(release: Release, load: Callable[..., None]) -> None:
    token = view_token(kept_result())
    newer(load)
    recall(release)

    page = get(reverse("saved", args=[token])).content.decode()

    assert f'<a href="/advice/?{QUERY.replace("&", "&amp;")}">Today’s advice for the same answers</a>' in page
    assert get(f"/advice/?{QUERY}").status_code == 200


def test_it_offers_no_advice_of_today_that_is_withdrawn_too(release: Release) -> None:
    token = view_token(kept_result())
    recall(release)

    assert "Today’s advice" not in get(reverse("saved", args=[token])).content.decode()


def test_the_post_beside_a_question_points_nowhere(release: Release) -> None:
    addresses = [f"/advice/so-far/?{QUERY}", "/advice/goals/?industry=law-finance&need=contract-review"]
    before = [get(address).content.decode() for address in addresses]
    recall(release)
    after = [get(address).content.decode() for address in addresses]

    assert all("So far, your answers point here" in page for page in before)
    assert not any("point here" in page or 'class="post"' in page for page in after)


def test_the_start_page_shows_no_finished_advice(release: Release, load: Callable[..., None]) -> None:
    load(examples=[make_example("law", QUERY, "language-model", on_home=True)])
    newest = Release.publish(note="With an example.")
    published.sync()
    before = get("/").content.decode()
    recall(newest)

    assert "See a finished one" in before
    assert "See a finished one" not in get("/").content.decode()


def test_the_command_gives_none_of_its_advice(release: Release) -> None:
    recall(release)

    with pytest.raises(CommandError, match=r"Release 1 was withdrawn on .*Let a lawyer read each contract\."):
        call_command("advise", *QUERY.split("&"))
