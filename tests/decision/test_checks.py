"""One fault is planted; exactly one finding says so, and its address shows it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from advisor.decision.catalogue import Catalogue
from advisor.decision.checks import ERROR, WARNING, Finding, check
from advisor.decision.domain import boxes, figures
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.decision.table import Cell
from tests.content.shipped import DOCUMENT as SHIPPED
from tests.decision.factory import (
    Document,
    make_answers,
    make_catalogue,
    make_category,
    make_caveat,
    make_document,
    make_example,
    make_gate,
    make_industry,
    make_need,
    make_rule,
    make_tool,
)
from tests.decision.findings import assert_shown

TODAY = date(2026, 11, 24)
Plant = Callable[[Document], None]


def add(section: str, record: dict[str, Any]) -> Plant:
    def plant(document: Document) -> None:
        if "sources" in record:
            record["sources"] = [document["sources"][0]["slug"]]
        document[section].append(record)

    return plant


def drop(section: str, slug: str) -> Plant:
    def plant(document: Document) -> None:
        kept = [record for record in document[section] if record["slug"] != slug]
        assert len(kept) == len(document[section]) - 1
        document[section] = kept

    return plant


def alter(section: str, slug: str, **fields: Any) -> Plant:
    def plant(document: Document) -> None:
        next(record for record in document[section] if record["slug"] == slug).update(fields)

    return plant


def without_tools_of(category: str) -> Plant:
    """Takes the category off every tool; a tool that had no other goes."""

    def plant(document: Document) -> None:
        tools = [record for record in document["tools"] if record.get("categories") != [category]]
        for tool in tools:
            tool["categories"] = [slug for slug in tool.get("categories", []) if slug != category]
        document["tools"] = tools

    return plant


def both(*plants: Plant) -> Plant:
    def plant(document: Document) -> None:
        for each in plants:
            each(document)

    return plant


def planted(document: Document, plant: Plant) -> tuple[Catalogue, tuple[Finding, ...]]:
    spoiled = deepcopy(document)
    plant(spoiled)
    catalogue = Catalogue.from_document(spoiled)
    return catalogue, check(catalogue, TODAY)


SMALL_FAULTS = [
    pytest.param(drop("rules", "any-records"), "gap", ERROR, "needs", "bookings", id="gap"),
    pytest.param(
        both(
            drop("rules", "any-records"),
            add(
                "rules",
                make_rule("shop-bookings", "plain", industries=["shop", "law"], needs=["bookings"], look_for="One."),
            ),
        ),
        "gap",
        ERROR,
        "needs",
        "bookings",
        id="gap in one industry",
    ),
    pytest.param(
        both(
            drop("rules", "any-records"),
            add("rules", make_rule("untried", "plain", needs=["bookings"], circumstances=["untried"], look_for="One.")),
        ),
        "gap",
        ERROR,
        "needs",
        "bookings",
        id="gap until a circumstance is ticked",
    ),
    pytest.param(
        add("rules", make_rule("zz-bookings", "data", needs=["bookings"])),
        "conflict",
        ERROR,
        "rules",
        "any-records",
        id="conflict",
    ),
    pytest.param(
        add("rules", make_rule("zz-untested", "data", needs=["forecast"], circumstances=["personal"])),
        "conflict",
        ERROR,
        "rules",
        "forecast-untried",
        id="conflict only when two circumstances are ticked",
    ),
    pytest.param(
        add("rules", make_rule("zz-any", "data")), "never-wins", WARNING, "rules", "zz-any", id="shadowed rule"
    ),
    pytest.param(
        lambda document: document["rules"].append({**document["rules"][0], "slug": "zz-copy"}),
        "never-wins",
        WARNING,
        "rules",
        "zz-copy",
        id="a copy of a rule",
    ),
    pytest.param(
        both(
            add("rules", make_rule("zz-texts", "data", modalities=["records"], circumstances=["personal"])),
            add(
                "rules",
                make_rule(
                    "zz-closer",
                    "plain",
                    needs=["bookings"],
                    modalities=["records"],
                    circumstances=["personal"],
                    look_for="x",
                ),
            ),
        ),
        "never-wins",
        WARNING,
        "rules",
        "zz-texts",
        id="shadowed under its own circumstance",
    ),
    pytest.param(
        add("categories", make_category("robots")),
        "unreachable-category",
        ERROR,
        "categories",
        "robots",
        id="dead outcome",
    ),
    pytest.param(
        add("gates", make_gate("zz-gate", needs=["forecast"], modalities=["text"])),
        "unreachable-gate",
        ERROR,
        "gates",
        "zz-gate",
        id="gate on what the goal cannot produce",
    ),
    pytest.param(
        add("gates", make_gate("zz-gate", needs=["bookings"], categories=["words"])),
        "unreachable-gate",
        ERROR,
        "gates",
        "zz-gate",
        id="gate on a kind that the goal never gets",
    ),
    pytest.param(
        add("gates", make_gate("zz-gate", needs=["forecast"], circumstances=["untried"], categories=["data"])),
        "unreachable-gate",
        ERROR,
        "gates",
        "zz-gate",
        id="gate whose circumstance changes the kind",
    ),
    pytest.param(
        add("caveats", make_caveat("zz-caveat", needs=["bookings"], categories=["media"])),
        "never-shown",
        WARNING,
        "caveats",
        "zz-caveat",
        id="caveat that is never shown",
    ),
    pytest.param(
        add("tools", make_tool("zz-tool", "media", needs=["bookings"])),
        "never-shown",
        WARNING,
        "tools",
        "zz-tool",
        id="tool that is never shown",
    ),
    pytest.param(
        drop("tools", "calendar"), "category-without-tools", ERROR, "categories", "plain", id="category without a tool"
    ),
    pytest.param(
        alter("tools", "calendar", kind="technique"),
        "category-without-tools",
        ERROR,
        "categories",
        "plain",
        id="category with only a technique",
    ),
    pytest.param(
        add("needs", make_need("zz-need", "text", modalities=[])),
        "need-without-modalities",
        ERROR,
        "needs",
        "zz-need",
        id="goal that produces nothing",
    ),
    pytest.param(
        alter("caveats", "everyone", modalities=["text", "images", "figures"]),
        "case-without-caveat",
        ERROR,
        "rules",
        "any-records",
        id="case without a caveat",
    ),
    pytest.param(
        alter("rules", "any-records", look_for=""),
        "missing-look-for",
        ERROR,
        "rules",
        "any-records",
        id="no AI and nothing else",
    ),
    pytest.param(
        add("examples", make_example("zz", "industry=law&need=forecast", "words")),
        "example",
        ERROR,
        "examples",
        "zz",
        id="example with another verdict",
    ),
    pytest.param(
        add("examples", make_example("zz", "industry=law&need=forecast&fact=personal", "data", readiness="ready")),
        "example",
        ERROR,
        "examples",
        "zz",
        id="example with another readiness",
    ),
    pytest.param(
        add("examples", make_example("zz", "industry=law&need=fly", "words")),
        "example",
        ERROR,
        "examples",
        "zz",
        id="example with an unknown answer",
    ),
    pytest.param(
        add("examples", make_example("zz", "industry=law", "words")),
        "example",
        ERROR,
        "examples",
        "zz",
        id="example without a goal",
    ),
    pytest.param(
        add("examples", make_example("zz", "industry=law&need=review%00", "words")),
        "example",
        ERROR,
        "examples",
        "zz",
        id="example that is malformed",
    ),
    *[
        pytest.param(
            alter(section, slug, review_by="2026-11-23"), "overdue", WARNING, section, slug, id=f"overdue in {section}"
        )
        for section, slug in (
            ("categories", "words"),
            ("rules", "forecast-untried"),
            ("gates", "house-first"),
            ("caveats", "law-privacy"),
            ("tools", "oracle"),
            ("tools", "transformer"),
            ("terms", "prompt"),
        )
    ],
]

SHIPPED_FAULTS = [
    pytest.param(drop("rules", "any-records"), "gap", ERROR, "needs", "not-listed", id="gap"),
    pytest.param(
        add("rules", make_rule("zz-forecast", "language-model", needs=["forecast"], modalities=["figures"])),
        "conflict",
        ERROR,
        "rules",
        "forecast-figures",
        id="conflict",
    ),
    pytest.param(
        add("rules", make_rule("zz-contracts", "analytical", needs=["contract-review"])),
        "never-wins",
        WARNING,
        "rules",
        "zz-contracts",
        id="shadowed rule",
    ),
    pytest.param(
        add("categories", make_category("robots")),
        "unreachable-category",
        ERROR,
        "categories",
        "robots",
        id="dead outcome",
    ),
    pytest.param(
        add("gates", make_gate("zz-gate", needs=["bookings"], categories=["analytical"])),
        "unreachable-gate",
        ERROR,
        "gates",
        "zz-gate",
        id="dead gate",
    ),
    pytest.param(
        add("caveats", make_caveat("zz-caveat", needs=["music"], modalities=["figures"])),
        "never-shown",
        WARNING,
        "caveats",
        "zz-caveat",
        id="caveat that is never shown",
    ),
    pytest.param(
        add("tools", make_tool("zz-tool", "analytical", needs=["music"])),
        "never-shown",
        WARNING,
        "tools",
        "zz-tool",
        id="tool that is never shown",
    ),
    pytest.param(
        without_tools_of("analytical"),
        "category-without-tools",
        ERROR,
        "categories",
        "analytical",
        id="category without a tool",
    ),
    pytest.param(
        add("needs", make_need("zz-need", "text", modalities=[])),
        "need-without-modalities",
        ERROR,
        "needs",
        "zz-need",
        id="goal that produces nothing",
    ),
    pytest.param(
        both(
            add("categories", make_category("robots")),
            add("tools", make_tool("robot", "robots")),
            add("rules", make_rule("zz-robots", "robots", industries=["other"], needs=["music"], modalities=["audio"])),
            # The new kind has no caveat, unless one holds for every kind.
        ),
        "case-without-caveat",
        ERROR,
        "rules",
        "zz-robots",
        id="case without a caveat",
    ),
    pytest.param(
        alter("rules", "payroll-records", look_for=""),
        "missing-look-for",
        ERROR,
        "rules",
        "payroll-records",
        id="no AI and nothing else",
    ),
    pytest.param(
        alter("examples", "law-firm", category="analytical"),
        "example",
        ERROR,
        "examples",
        "law-firm",
        id="example that fails",
    ),
    pytest.param(
        alter("rules", "finance-fraud", review_by="2026-11-23"),
        "overdue",
        WARNING,
        "rules",
        "finance-fraud",
        id="overdue",
    ),
]


def assert_only(
    document: Document, plant: Plant, kind: str, severity: str, section: str, slug: str
) -> tuple[Catalogue, Finding]:
    catalogue, findings = planted(document, plant)
    assert [(finding.kind, finding.severity, finding.section, finding.slug) for finding in findings] == [
        (kind, severity, section, slug)
    ]
    return catalogue, findings[0]


def test_a_sound_catalogue_has_no_finding() -> None:
    assert check(make_catalogue(), TODAY) == ()


@pytest.mark.parametrize(("plant", "kind", "severity", "section", "slug"), SMALL_FAULTS)
def test_a_fault_in_a_small_catalogue(plant: Plant, kind: str, severity: str, section: str, slug: str) -> None:
    catalogue, finding = assert_only(make_document(), plant, kind, severity, section, slug)

    assert finding.text.endswith(".")
    assert_shown(finding, catalogue)


@pytest.mark.parametrize(("plant", "kind", "severity", "section", "slug"), SHIPPED_FAULTS)
def test_a_fault_in_the_shipped_content(plant: Plant, kind: str, severity: str, section: str, slug: str) -> None:
    catalogue, finding = assert_only(SHIPPED, plant, kind, severity, section, slug)

    assert_shown(finding, catalogue)


def test_every_kind_of_finding_is_planted() -> None:
    kinds = {
        "need-without-modalities", "gap", "conflict", "never-wins", "unreachable-category", "unreachable-gate",
        "never-shown", "category-without-tools", "case-without-caveat", "missing-look-for", "example", "overdue",
    }  # fmt: skip

    assert {fault.values[1] for fault in SMALL_FAULTS} == kinds
    assert {fault.values[1] for fault in SHIPPED_FAULTS} == kinds


def test_every_claim_of_the_shipped_content_can_be_shown_once_it_is_overdue() -> None:
    catalogue = Catalogue.from_document(SHIPPED)

    findings = check(catalogue, date(2126, 11, 24))

    assert {(finding.section, finding.slug) for finding in findings} == {
        (section, claim.slug) for section, claim in catalogue.claims()
    }
    for finding in findings:
        assert_shown(finding, catalogue)


def test_a_claim_is_overdue_the_day_after_its_review() -> None:
    catalogue = make_catalogue()
    last = catalogue.rules[0].review_by

    assert not [finding for finding in check(catalogue, last) if finding.kind == "overdue"]
    assert [
        finding for finding in check(catalogue, date.fromordinal(last.toordinal() + 1)) if finding.kind == "overdue"
    ]


def test_errors_come_before_warnings() -> None:
    _, findings = planted(
        make_document(),
        both(
            alter("rules", "any-text", review_by="2026-01-01"),
            add("rules", make_rule("zz-any", "data")),
            alter("examples", "law-firm", category="data"),
        ),
    )

    assert [finding.severity for finding in findings] == [ERROR, WARNING, WARNING]


def test_every_fault_is_found_at_once() -> None:
    _, findings = planted(
        make_document(),
        both(
            drop("rules", "any-records"),
            add("rules", make_rule("zz-figures", "words", needs=["sorting"], modalities=["figures"])),
            add("rules", make_rule("zz-sorting", "data", needs=["sorting"], circumstances=["personal"])),
        ),
    )

    assert {(finding.kind, finding.slug) for finding in findings} == {("gap", "bookings"), ("conflict", "zz-figures")}


def test_a_draft_without_industries_is_checked_too() -> None:
    catalogue = make_catalogue(
        industries=[],
        needs=[make_need("x", "text", modalities=[])],
        rules=[],
        gates=[],
        caveats=[],
        tools=[make_tool("any")],
        examples=[],
    )

    kinds = {finding.kind for finding in check(catalogue, TODAY)}

    assert {"need-without-modalities", "unreachable-category"} <= kinds


class TestGapText:
    @pytest.mark.parametrize(
        ("rule", "text"),
        [
            pytest.param(
                {"industries": ["law"], "needs": ["bookings"]},
                "“Shop”, “Other”; “Bookings”; “Records”",
                id="one industry decided",
            ),
            pytest.param({"needs": ["posts"]}, "any industry; “Bookings”; “Records”", id="none decided"),
        ],
    )
    def test_it_names_the_block_of_cases(self, rule: dict[str, Any], text: str) -> None:
        _, findings = planted(
            make_document(),
            both(
                drop("rules", "any-records"),
                add("rules", make_rule("zz", "words", modalities=["text", "records"], **rule)),
            ),
        )

        (gap,) = (finding for finding in findings if finding.kind == "gap")
        assert text in gap.text

    def test_cells_are_gathered_into_blocks(self) -> None:
        cells = [Cell(i, n, m) for i in "ab" for n in "xy" for m in "12"] + [Cell("c", "x", "1")]

        found = boxes(cells)

        assert sorted(Cell(*cell) for box in found for cell in product_of(box)) == sorted(cells)
        assert len(found) <= 3


def product_of(box: tuple[tuple[str, ...], ...]) -> list[tuple[str, str, str]]:
    return [(i, n, m) for i in box[0] for n in box[1] for m in box[2]]


class TestReach:
    PARTS_APART = {
        "rules": [
            make_rule("any", "data"),
            make_rule("law", "words", industries=["law"]),
            make_rule("shop", "media", industries=["shop"]),
        ],
        "gates": [],
        "examples": [],
        "tools": [make_tool("any")],
        "caveats": [make_caveat("everyone")],
    }

    def test_parts_in_two_industries_never_meet(self) -> None:
        findings = check(make_catalogue(**self.PARTS_APART), TODAY)

        assert ("unreachable-category", "both") in [(finding.kind, finding.slug) for finding in findings]

    def test_parts_in_one_industry_meet(self) -> None:
        sections = {
            **self.PARTS_APART,
            "rules": [*self.PARTS_APART["rules"], make_rule("z", "words", needs=["posts"], industries=["shop"])],
        }

        catalogue = make_catalogue(**sections)

        assert ("unreachable-category", "both") not in [(found.kind, found.slug) for found in check(catalogue, TODAY)]
        release = Release.of_draft(catalogue)
        advice = recommend(release, make_answers(release, "industry=shop&need=posts&need=banners"))
        assert advice.headline.category.slug == "both"


class TestFigures:
    def test_they_count_the_small_catalogue(self) -> None:
        found = figures(make_catalogue())

        assert (found.cells, found.rows, found.gaps, found.conflicts, found.never_wins) == (24, 6, 0, 0, 0)
        assert found.shares == {"words": 9, "media": 6, "both": 0, "data": 6, "plain": 3}

    def test_shares_are_what_happens_when_nothing_is_ticked(self) -> None:
        catalogue = make_catalogue(
            rules=[
                make_rule("any", "words"),
                make_rule("law", "data", industries=["law"]),
                make_rule("personal", "media", circumstances=["personal"]),
            ],
            industries=[make_industry("law"), make_industry("shop")],
            caveats=[make_caveat("everyone")],
            examples=[],
        )

        assert figures(catalogue).shares == {"words": 8, "media": 0, "both": 0, "data": 8, "plain": 0}

    def test_they_count_faults(self) -> None:
        catalogue, _ = planted(
            make_document(),
            both(
                drop("rules", "any-records"),
                add("rules", make_rule("zz-any-sorting", "words", needs=["sorting"])),
                add("rules", make_rule("zz-nowhere", "words", needs=["forecast"], modalities=["text"])),
            ),
        )

        found = figures(catalogue)

        assert (found.gaps, found.conflicts, found.never_wins) == (3, 1, 1)
