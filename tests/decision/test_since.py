"""What a later release says otherwise, and which row did it."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from advisor.decision.answers import read
from advisor.decision.catalogue import Catalogue
from advisor.decision.jsonform import to_json
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.since import since, under
from tests.content.shipped import CATALOGUE
from tests.decision.factory import make_answers, make_catalogue, make_gate, make_rule, make_tool

TEXT_OF_LAW = make_rule(
    "law-text", "data", industries=["law"], needs=["review"], modalities=["text"], because="It counts."
)
QUERY = "industry=law&need=review&need=posts&modality=text&fact=none"


def released(number: int, document: dict[str, Any]) -> Release:
    catalogue = Catalogue.from_document(document)
    return Release(
        number=number, sha256=str(number), published_at="2026-11-24T12:00:00+00:00", note="", catalogue=catalogue
    )


def advice(release: Release, query: str) -> Recommendation:
    return recommend(release, make_answers(release, query))


def document() -> dict[str, Any]:
    return copy.deepcopy(make_catalogue().to_document())


def told(changed: dict[str, Any], query: str = QUERY) -> list[str]:
    """The sentences after a release with this document."""
    before = advice(released(1, document()), query)
    return [news.sentence for news in since(before, under(released(2, changed), before))]


def test_the_same_document_under_a_new_number_still_holds() -> None:
    assert told(document()) == []


def test_a_rule_that_leads_elsewhere_is_named_with_its_reason() -> None:
    changed = document()
    changed["rules"].append(TEXT_OF_LAW)

    before = advice(released(1, document()), "industry=law&need=review")
    (goal, headline, *_others) = since(before, under(released(2, changed), before))

    assert goal.sentence == "“Review” pointed to words. Today it points to data. A new rule decides: It counts."
    assert goal.row is not None
    assert goal.row.slug == "law-text"
    assert headline.sentence == "Over all, the advice named words first. Today it names data."


def test_a_rule_that_went_is_said_to_be_gone() -> None:
    changed = document()
    changed["rules"].append(TEXT_OF_LAW)
    before = advice(released(1, changed), "industry=law&need=review")

    sentences = [news.sentence for news in since(before, under(released(2, document()), before))]

    assert sentences[0] == (
        "“Review” pointed to data. Today it points to words. "
        "The rule that decided then is gone. Now this one does: Because of law-review."
    )


@pytest.mark.parametrize(
    ("section", "field", "about"),
    [
        ("rules", "because", "“Review” points the same way, for another reason. The rule that decides was changed"),
        ("caveats", "text", "To mind, with other words"),
        ("tools", "limits", "Tools with other facts"),
    ],
)
def test_a_text_that_reads_otherwise_is_named(section: str, field: str, about: str) -> None:
    changed = document()
    for row in changed[section]:
        row[field] = "Something else."

    assert any(sentence.startswith(about) for sentence in told(changed))


def test_a_new_step_names_its_gate() -> None:
    changed = document()
    changed["gates"].append(make_gate("sign", name="Sign a contract", needs=["review"]))

    before = advice(released(1, document()), QUERY)
    found = [news for news in since(before, under(released(2, changed), before)) if news.about == "step"]

    assert [news.sentence for news in found] == ["One more thing to put right first: Sign a contract."]
    assert found[0].row is not None
    assert found[0].row.slug == "sign"


def without_posts() -> Release:
    changed = document()
    changed["needs"] = [need for need in changed["needs"] if need["slug"] != "posts"]
    return released(2, changed)


def test_a_goal_that_is_no_longer_known_is_said_to_be_gone() -> None:
    before = advice(released(1, document()), QUERY)

    sentences = [news.sentence for news in since(before, under(without_posts(), before))]

    assert "“Posts” is no longer among the answers, so it does not count today." in sentences


def test_without_any_goal_left_there_is_no_advice_today() -> None:
    before = advice(released(1, document()), "industry=law&need=posts")

    after = under(without_posts(), before)

    assert after is None
    assert [news.about for news in since(before, after)] == ["answer"]


@pytest.mark.parametrize("field", ["checked_on", "review_by"])
def test_a_check_that_was_renewed_is_no_news(field: str) -> None:
    changed = document()
    for section in ("rules", "gates", "caveats", "tools"):
        for row in changed[section]:
            row[field] = "2027-11-24"

    assert told(changed) == []


def test_what_the_answers_do_not_meet_is_no_news() -> None:
    changed = document()
    changed["rules"].append(make_rule("shop-review", "data", industries=["shop"], needs=["review"]))
    changed["tools"].append(make_tool("counter", "data"))

    assert told(changed) == []


LEFT_OUT = {"release", "what_if", "why_not", "sources", "contested_sources", "checked_on", "review_by", "fit"}
"""What no news is made of: other numbers, other paths, renewed checks, and the count by which tools are ordered."""


def what_it_says(value: Any) -> Any:
    """The JSON form of advice without that."""
    if isinstance(value, dict):
        return {key: what_it_says(item) for key, item in value.items() if key not in LEFT_OUT}
    return [what_it_says(item) for item in value] if isinstance(value, list) else value


def reads_otherwise(before: Recommendation, after: Recommendation | None) -> bool:
    """The same question as `since`, asked of the whole JSON form and not record by record."""
    return after is None or what_it_says(to_json(before)) != what_it_says(to_json(after))


def mutated(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The document with a few random changes, as an editor might make them."""
    changed = copy.deepcopy(document)
    for _time in range(chance.randint(1, 6)):
        section = chance.choice(["rules", "rules", "gates", "caveats", "tools", "needs"])
        row = chance.choice(changed[section])
        how = chance.random()
        if section == "needs":
            row["name" if how < 0.5 else "phrase"] += " again"
        elif how < 0.2 and section != "rules":
            changed[section].remove(row)
            for example in changed["examples"] if section == "caveats" else ():
                example["caveats"] = [slug for slug in example.get("caveats", ()) if slug != row["slug"]]
        elif how < 0.5 and section == "rules":
            row["category"] = chance.choice(changed["categories"])["slug"]
            row["look_for"] = row.get("look_for") or "something"
        elif how < 0.75:
            texts = {"rules": "because", "gates": "action", "caveats": "text", "tools": "limits"}
            row[texts[section]] += " Not always."
        else:
            row["review_by"] = "2029-01-01"
    return changed


@pytest.mark.parametrize("seed", range(60))
def test_there_is_news_exactly_where_the_whole_advice_reads_otherwise(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a seed, so that a failure can be repeated
    shipped = Release.of_draft(CATALOGUE)
    later = released(2, mutated(CATALOGUE.to_document(), chance))

    for _visitor in range(6):
        before = random_advice(shipped, chance)
        after = under(later, before)
        assert bool(since(before, after)) == reads_otherwise(before, after)


def random_advice(release: Release, chance: random.Random) -> Recommendation:
    def some(section: str, most: int) -> list[str]:
        return chance.sample(sorted(CATALOGUE.by_slug[section]), chance.randint(0, most))

    pairs = [("industry", chance.choice(CATALOGUE.industries).slug)]
    pairs += [("need", slug) for slug in some("needs", 4) or [CATALOGUE.needs[0].slug]]
    pairs += [("modality", slug) for slug in some("modalities", 3)]
    pairs += [("fact", slug) for slug in some("circumstances", 5)]
    return recommend(release, *read(pairs, release.catalogue))
