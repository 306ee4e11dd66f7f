"""Kept advice reads back as the very value that was kept."""

from __future__ import annotations

import json
import zlib
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.decision.answers import read
from advisor.decision.jsonform import to_json
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.storedform import LONGEST, StoredFormIsBroken, read_back, to_stored
from tests.content.shipped import CATALOGUE

SHIPPED = Release.of_draft(CATALOGUE)


def advice(query: str) -> Recommendation:
    answers, notices = read(parse_qsl(query), SHIPPED.catalogue)
    return recommend(SHIPPED, answers, notices)


def slugs(section: str, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(CATALOGUE.by_slug[section])), max_size=most, unique=True)


@given(
    industry=st.sampled_from(sorted(CATALOGUE.by_slug["industries"])),
    needs=slugs("needs", 5).filter(bool),
    modalities=slugs("modalities", 3),
    facts=slugs("circumstances", 6),
)
@settings(max_examples=150, deadline=None)
def test_any_advice_reads_back_as_itself(
    industry: str, needs: list[str], modalities: list[str], facts: list[str]
) -> None:
    pairs = [("industry", industry), *(("need", slug) for slug in needs), *(("modality", slug) for slug in modalities)]
    answers, notices = read([*pairs, *(("fact", slug) for slug in facts)], CATALOGUE)
    made = recommend(SHIPPED, answers, notices)

    kept = read_back(to_stored(made), SHIPPED)

    assert kept == made
    assert kept.what_if == made.what_if
    assert kept.why_not == made.why_not
    assert to_json(kept) == to_json(made)


def test_what_was_composed_is_read_and_not_composed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = to_stored(advice("industry=law-finance&need=chatbot&need=fraud"))
    sentence = read_back(stored, SHIPPED).headline.sentence
    monkeypatch.setattr("advisor.decision.wording.headline_tie", lambda *args: "Something else.")

    assert read_back(stored, SHIPPED).headline.sentence == sentence != "Something else."


def test_the_same_advice_gives_the_same_bytes() -> None:
    query = "industry=other&need=chatbot&modality=text&fact=personal-data"

    assert to_stored(advice(query)) == to_stored(advice(query))


GOOD = to_stored(advice("industry=other&need=chatbot"))


def altered(**parts: object) -> bytes:
    return zlib.compress(json.dumps({**json.loads(zlib.decompress(GOOD)), **parts}).encode())


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(b"", id="empty"),
        pytest.param(GOOD[:-9], id="cut off"),
        pytest.param(b"\x00" + GOOD[1:], id="not compressed"),
        pytest.param(zlib.compress(b"[1]"), id="no object"),
        pytest.param(zlib.compress(b"{}"), id="nothing in it"),
        pytest.param(zlib.compress(b" " * (LONGEST + 1)), id="unfolds to too much"),
        pytest.param(altered(form=99), id="another form"),
        pytest.param(altered(caveats=[["no-such-caveat", [], []]]), id="an unknown record"),
        pytest.param(altered(answers=[7, [], None, None]), id="another type"),
        pytest.param(altered(readiness=["ready"]), id="a field too few"),
    ],
)
def test_what_is_broken_is_refused(stored: bytes) -> None:
    with pytest.raises(StoredFormIsBroken):
        read_back(stored, SHIPPED)
