"""What no example reaches, and where it can be reached."""

from __future__ import annotations

from urllib.parse import parse_qsl

from advisor.decision.answers import read
from advisor.decision.coverage import Coverage, coverage
from advisor.decision.domain import Domain
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from tests.content.shipped import CATALOGUE
from tests.decision.factory import make_example, make_release, make_rule
from tests.decision.findings import shown_in


def covered(release: Release) -> Coverage:
    return coverage(release, Domain(release.catalogue))


def unreached(found: Coverage) -> set[tuple[str, str]]:
    return {(item.section, item.row.slug) for item in found.unreached}


def test_what_an_example_reaches_is_left_out_and_all_else_is_listed() -> None:
    release = make_release()

    found = covered(release)

    listed = unreached(found)
    assert ("rules", "law-review") not in listed
    assert ("caveats", "everyone") not in listed
    assert {("rules", "any-text"), ("gates", "personal-first"), ("caveats", "faces")} <= listed
    assert (found.reached["rules"], found.total["rules"]) == (1, 6)


def test_an_example_more_takes_its_rows_off_the_list() -> None:
    examples = [make_example("law", "industry=law&need=review", "words")]
    before = unreached(covered(make_release(examples=examples)))

    examples.append(make_example("shop", "industry=shop&need=banners&fact=personal", "media"))
    after = unreached(covered(make_release(examples=examples)))

    assert before - after == {
        ("rules", "any-images"),
        ("gates", "personal-first"),
        ("gates", "banners-first"),
        ("caveats", "faces"),
    }


def test_each_address_reaches_its_row() -> None:
    for release in (make_release(examples=[]), Release.of_draft(CATALOGUE)):
        for item in covered(release).unreached:
            answers, notices = read(parse_qsl(item.address.partition("?")[2]), release.catalogue)
            assert not notices
            assert item.row.slug in shown_in(recommend(release, answers), item.section)


def test_a_rule_that_never_wins_has_no_address() -> None:
    release = make_release(rules=[make_rule("any", "words"), make_rule("shadow", "words")], examples=[])

    assert {item.row.slug: item.address for item in covered(release).unreached}["shadow"] == ""


def test_an_example_that_leads_nowhere_reaches_nothing() -> None:
    examples = [make_example(f"bad-{n}", query, "words") for n, query in enumerate(("need=x%00", "industry=law", "x"))]

    assert covered(make_release(examples=examples)).reached == {"rules": 0, "gates": 0, "caveats": 0}
