"""Whether the address of a finding really shows what the finding says."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from advisor.decision.answers import Answers, read
from advisor.decision.catalogue import Catalogue
from advisor.decision.checks import Finding
from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.table import Cell, Gap, Table
from tests.decision.brute_force import Situation, fits, winners


def assert_shown(finding: Finding, catalogue: Catalogue) -> None:
    path, _, query = finding.address.partition("?")
    if finding.kind == "example":
        assert finding.address == f"/advice/?{catalogue.by_slug['examples'][finding.slug].answers}"
        return
    if not query:
        assert path in ("/kinds-of-ai/", "/glossary/", "/tools/")
        assert finding.kind in ("unreachable-category", "overdue")
        assert finding.section in ("categories", "terms", "tools")
        return

    answers, notices = read(parse_qsl(query, strict_parsing=True), catalogue)
    assert not notices
    if finding.kind == "need-without-modalities":
        assert path == "/advice/goals/"
        assert answers.needs == (finding.slug,)
        assert catalogue.by_slug["needs"][finding.slug].modalities == ()
        return

    assert path == "/advice/"
    release = Release.of_draft(catalogue)
    if finding.kind == "gap":
        with pytest.raises(Gap):
            recommend(release, answers)
        assert finding.slug in answers.needs
        return
    situation = situation_of(answers)
    rules = catalogue.by_slug["rules"]
    if finding.kind == "conflict":
        tied = winners(catalogue, situation)
        assert rules[finding.slug] in tied
        assert len({rule.category for rule in tied}) > 1
        return
    if finding.kind == "never-wins":
        assert fits(rules[finding.slug], situation)
        assert rules[finding.slug] is not Table(catalogue).decide(situation.cell, situation.circumstances)
        return
    advice = recommend(release, answers)
    if finding.kind in ("unreachable-gate", "never-shown"):
        row = catalogue.by_slug[finding.section][finding.slug]
        assert row.circumstances <= set(answers.circumstances or ())
        assert finding.slug not in shown_in(advice, finding.section)
    elif finding.kind == "category-without-tools":
        assert finding.slug in [case.category.slug for case in advice.verdicts[0].cases]
        assert advice.tools == ()
    elif finding.kind == "case-without-caveat":
        assert finding.slug in shown_in(advice, "rules")
        assert advice.caveats == ()
    elif finding.kind == "missing-look-for":
        assert finding.slug in shown_in(advice, "rules")
        assert not advice.verdicts[0].category.uses_ai
    else:
        assert finding.kind == "overdue"
        assert finding.slug in shown_in(advice, finding.section)


def situation_of(answers: Answers) -> Situation:
    (need,), (modality,) = answers.needs, answers.modalities or ()
    return Situation(Cell(answers.industry or "", need, modality), frozenset(answers.circumstances or ()))


def shown_in(advice: Recommendation, section: str) -> list[str]:
    """The slugs of the section's records that the advice shows."""
    if section == "rules":
        return [case.rule.slug for verdict in advice.verdicts for case in verdict.cases]
    if section == "gates":
        return [gate.gate.slug for gate in advice.readiness.gates]
    if section == "caveats":
        return [caveat.caveat.slug for caveat in advice.caveats]
    return [tool.tool.slug for tool in advice.tools]
