"""From answers to advice: cases, verdicts, headline, readiness, caveats, tools, and a reason for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from advisor.decision import whatif, wording
from advisor.decision.answers import Answers, Notice
from advisor.decision.catalogue import Catalogue, Category, Condition, Need, Rule, Tool
from advisor.decision.flow import counted, is_answered, is_asked, modalities_of
from advisor.decision.merge import Leading, lead, leading
from advisor.decision.recommendation import (
    CLOSE,
    CONFIDENCES,
    LEVELS,
    LIKELY,
    NOT_YET,
    READY,
    Also,
    AppliedCaveat,
    AppliedGate,
    Case,
    Headline,
    Part,
    Readiness,
    Recommendation,
    Sentence,
    Share,
    SuggestedTool,
    Verdict,
)
from advisor.decision.release import Release
from advisor.decision.table import Cell, Gap, Index, Table, bits, lowest


class Incomplete(ValueError):
    """There is no advice without an industry and at least one need. `missing` holds the keys that lack an answer."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"no answer for {' and '.join(missing)}")


def recommend(release: Release, answers: Answers, notices: Sequence[Notice] = ()) -> Recommendation:
    """The advice for these answers under this release. `notices` are those of reading the answers, passed on.

    The order in which choices were ticked changes nothing but which category a tie names first. Raises Incomplete
    without an industry or a need, and Gap where the draft has no row.
    """
    missing = [key for key in ("industry", "need") if not is_answered(answers, key)]
    if missing:
        raise Incomplete(missing)
    effective, set_aside = counted(release, answers)
    verdicts, caveats, tools = _verdicts(release, effective)
    headline = _headline(release, answers.needs, verdicts)
    return Recommendation(
        release=release,
        answers=answers,
        headline=headline,
        readiness=_readiness(verdicts),
        verdicts=verdicts,
        caveats=caveats,
        tools=tools,
        notices=(*notices, *set_aside, *_filled_in(release, answers, verdicts)),
        explain_changes=lambda: whatif.what_would_change(release, answers),
        explain_others=lambda: whatif.why_not_the_others(release, answers, verdicts, headline),
    )


def cases(release: Release, answers: Answers) -> tuple[tuple[Case, ...], ...]:
    """For each chosen need its cases, each decided by the table. `answers` must be those that count."""
    table = release.table
    allowed = table.rules.allowed(answers.circumstances or ())
    needs, industry, ticked = release.catalogue.by_slug["needs"], answers.industry or "", answers.modalities or ()
    found = []
    for slug in sorted(answers.needs, key=table.positions["needs"].__getitem__):
        need = needs[slug]
        of_need = []
        for modality in modalities_of(need, answers):
            assumed = modality not in ticked and len(need.modalities) > 1
            of_need.append(_case(table, Cell(industry, slug, modality), allowed, assumed))
        found.append(tuple(of_need))
    return tuple(found)


def _case(table: Table, cell: Cell, allowed: int, assumed: bool) -> Case:
    matching = table.rules.accepting(cell) & allowed
    if not matching:
        raise Gap(cell)
    number = lowest(matching)
    rule = table.rules.rows[number]
    rivals = bool(matching & ~table.by_category[rule.category])
    key = ("case", cell, number, assumed, rivals)
    known = table.memo.get(key)
    if known is None:
        by_slug = table.catalogue.by_slug
        known = table.memo[key] = Case(
            need=by_slug["needs"][cell.need],
            modality=by_slug["modalities"][cell.modality],
            category=by_slug["categories"][rule.category],
            rule=rule,
            reason=_case_reason(table.catalogue, rule, cell, assumed),
            assumed=assumed,
            rivals=rivals,
        )
    case: Case = known
    return case


def _case_reason(catalogue: Catalogue, rule: Rule, cell: Cell, assumed: bool) -> Sentence:
    by_slug = catalogue.by_slug
    parts = [Part("Because you want to "), Part(by_slug["needs"][cell.need].phrase, ("need", cell.need))]
    modality = by_slug["modalities"][cell.modality]
    if assumed:
        parts.append(Part(f", which usually means {modality.phrase}"))
    elif rule.modalities and len(by_slug["needs"][cell.need].modalities) > 1:
        parts += [Part(" and ticked "), Part(modality.phrase, ("modality", cell.modality))]
    if rule.industries:
        parts += [Part(", for "), Part(by_slug["industries"][cell.industry].phrase, ("industry", cell.industry))]
    parts += _said(catalogue, rule.circumstances, ", and you said ")
    return (*parts, Part(f". {rule.because}"))


def _said(catalogue: Catalogue, circumstances: Collection[str], lead: str) -> list[Part]:
    """The visitor's own circumstances, in the editors' order, as the end of a sentence."""
    parts: list[Part] = []
    for entry in catalogue.circumstances:
        if entry.slug in circumstances:
            parts += [Part(" and " if parts else lead), Part(entry.phrase, ("fact", entry.slug))]
    return parts


def _match(index: Index[Any], found: dict[int, list[Need]], case: Case, industry: str, allowed: int) -> None:
    mask = (
        index.industries[industry]
        & index.needs[case.need.slug]
        & index.modalities[case.modality.slug]
        & index.categories[case.category.slug]
        & allowed
    )
    for number in bits(mask):
        needs = found.setdefault(number, [])
        if not needs or needs[-1] is not case.need:
            needs.append(case.need)


def _verdicts(
    release: Release, answers: Answers
) -> tuple[tuple[Verdict, ...], tuple[AppliedCaveat, ...], tuple[SuggestedTool, ...]]:
    table, industry, catalogue = release.table, answers.industry or "", release.catalogue
    circumstances = answers.circumstances or ()
    indexes: tuple[Index[Any], ...] = (table.gates, table.caveats, table.tools)
    allowed = [index.allowed(circumstances) for index in indexes]
    found: list[dict[int, list[Need]]] = [{}, {}, {}]
    decided = cases(release, answers)
    for of_need in decided:
        for case in of_need:
            for index, into, rows in zip(indexes, found, allowed, strict=True):
                _match(index, into, case, industry, rows)

    gates = _gates(table, found[0])
    held_up = any(gate.gate.level == NOT_YET for gate in gates)
    tools = () if held_up else _tools(table, found[2], circumstances)
    verdicts = tuple(_verdict(catalogue, of_need, gates, tools) for of_need in decided)
    return verdicts, _caveats(table, found[1]), tools


def _verdict(
    catalogue: Catalogue, decided: tuple[Case, ...], gates: Sequence[AppliedGate], tools: Sequence[SuggestedTool]
) -> Verdict:
    need = decided[0].need
    by_default = next((case for case in decided if case.modality.slug == need.default_modality), decided[0])
    slug = lead([case.category.slug for case in decided], by_default.category.slug, catalogue)
    category = catalogue.by_slug["categories"][slug]
    others: dict[str, list[Case]] = {}
    for case in decided:
        if case.category.slug != slug and case.category.slug not in category.parts:
            others.setdefault(case.category.slug, []).append(case)
    applying = tuple(gate for gate in gates if need in gate.needs)
    return Verdict(
        need=need,
        category=category,
        cases=decided,
        also=tuple(Also(of[0].category, tuple(case.modality for case in of)) for of in others.values()),
        level=_strictest(gate.gate.level for gate in applying),
        gates=applying,
        sure=max((case.sure for case in decided), key=CONFIDENCES.index),
        tools=tuple(tool for tool in tools if need in tool.needs),
    )


def _strictest(levels: Iterable[str]) -> str:
    return max(levels, key=LEVELS.index, default=READY)


def _level(verdicts: Sequence[Verdict]) -> str:
    return _strictest(verdict.level for verdict in verdicts)


def _gates(table: Table, found: dict[int, list[Need]]) -> tuple[AppliedGate, ...]:
    rows = table.gates.rows
    applied = [
        AppliedGate(rows[number], tuple(needs), _row_reason(table, rows[number], needs, rows[number].because))
        for number, needs in found.items()
    ]
    order = table.positions["gates"]
    return tuple(sorted(applied, key=lambda item: (-LEVELS.index(item.gate.level), order[item.gate.slug])))


def _caveats(table: Table, found: dict[int, list[Need]]) -> tuple[AppliedCaveat, ...]:
    rows = table.caveats.rows
    applied = [
        AppliedCaveat(rows[number], tuple(needs), _row_reason(table, rows[number], needs, ""))
        for number, needs in found.items()
    ]
    order = table.positions["caveats"]
    return tuple(sorted(applied, key=lambda item: (item.caveat.severity != "must", order[item.caveat.slug])))


def _row_reason(table: Table, row: Condition, needs: Sequence[Need], because: str) -> Sentence:
    """Which answers a row is tied to, from the cells that it fills, and then its own reason."""
    parts: list[Part] = []
    if row.circumstances:
        parts = _said(table.catalogue, row.circumstances, "Because you said ")
    elif row.needs:
        parts = [Part("Because you want to ")]
        for need in needs:
            parts += [Part(" and to ")] if len(parts) > 1 else []
            parts.append(Part(need.phrase, ("need", need.slug)))
    if parts:
        parts.append(Part(f". {because}" if because else "."))
    elif because:
        parts = [Part(because)]
    return tuple(parts)


def _tools(table: Table, found: dict[int, list[Need]], circumstances: Collection[str]) -> tuple[SuggestedTool, ...]:
    facts = table.catalogue.by_slug["circumstances"]
    demands = [frozenset(facts[slug].offers) for slug in circumstances if facts[slug].offers]
    rows = table.tools.rows
    fitting = [
        SuggestedTool(rows[number], tuple(needs), rows[number].specificity)
        for number, needs in found.items()
        if _is_offered(rows[number], demands)
    ]
    return tuple(sorted(fitting, key=lambda item: (-item.fit, item.tool.name.casefold(), item.tool.slug)))


def _is_offered(tool: Tool, demands: Sequence[frozenset[str]]) -> bool:
    return all(demand.intersection(tool.offered) for demand in demands)


def _headline(release: Release, needs: Sequence[str], verdicts: Sequence[Verdict]) -> Headline:
    """`needs` gives the visitor's order, which decides what a tie names first."""
    catalogue = release.catalogue
    categories = catalogue.by_slug["categories"]
    of_need = {verdict.need.slug: verdict.category.slug for verdict in verdicts}
    result = leading([of_need[slug] for slug in needs], catalogue)
    category: Category = categories[result.category]
    tie = tuple(categories[slug] for slug in result.tie)
    word, why = _headline_sureness(category, result, verdicts)
    order = release.table.positions["categories"]
    return Headline(
        category=category,
        sentence=_headline_sentence(catalogue, result, len(verdicts)),
        tie=tie,
        shares=tuple(
            Share(categories[slug], tuple(verdict.need for verdict in verdicts if verdict.category.slug == slug))
            for slug in sorted(
                result.shares, key=lambda slug: (slug != result.category, -result.shares[slug], order[slug])
            )
        ),
        sure=word,
        sure_because=wording.sure(word, why),
    )


def _headline_sentence(catalogue: Catalogue, result: Leading, total: int) -> str:
    categories = catalogue.by_slug["categories"]
    category = categories[result.category]
    if len(result.shares) == 1:
        return wording.headline_alone(total)
    if result.tie:
        tied = [categories[slug] for slug in result.tie]
        return wording.headline_tie(tied, result.shares[result.category], category)
    if _joins_all(category, result):
        words, media = (result.shares.get(part.slug, 0) for part in catalogue.categories if part.slug in category.parts)
        return wording.headline_together(words, media, result.shares.get(category.slug, 0))
    others = [(categories[slug], count) for slug, count in result.shares.items() if slug != result.category]
    return wording.headline_lead(result.shares[result.category], total, others)


def _joins_all(category: Category, result: Leading) -> bool:
    """Whether the headline joins language and media, instead of naming the kind that serves most."""
    return bool(category.parts) and set(result.shares) <= category.parts | {category.slug}


def _headline_sureness(category: Category, result: Leading, verdicts: Sequence[Verdict]) -> tuple[str, list[str]]:
    """The least sure verdict's word, lowered by a tie or a lead of one goal; with what lowers it."""
    word = max((verdict.sure for verdict in verdicts), key=CONFIDENCES.index)
    counts = sorted(result.shares.values(), reverse=True)
    why = []
    if result.tie:
        word, why = CLOSE, [wording.TIED]
    elif len(counts) > 1 and not _joins_all(category, result) and counts[0] - counts[1] == 1:
        word, why = max(word, LIKELY, key=CONFIDENCES.index), [wording.SPLIT]
    doubts = {doubt for verdict in verdicts for case in verdict.cases for doubt in case.doubts}
    return word, [*why, *(text for doubt, text in wording.DOUBTS.items() if doubt in doubts)]


def _readiness(verdicts: Sequence[Verdict]) -> Readiness:
    gates = {gate.gate.slug: gate for verdict in verdicts for gate in verdict.gates}
    ordered = tuple(sorted(gates.values(), key=lambda item: -LEVELS.index(item.gate.level)))
    level = _level(verdicts)
    strict = sum(1 for gate in ordered if gate.gate.level == level)
    held_up = sum(1 for verdict in verdicts if verdict.level == NOT_YET)
    return Readiness(level, wording.readiness(level, strict, held_up, len(verdicts)), ordered)


def _filled_in(release: Release, answers: Answers, verdicts: Sequence[Verdict]) -> list[Notice]:
    """A notice for each need whose modalities were all left unticked, and one when circumstances were not asked."""
    notices = []
    if is_asked(release, answers, "modality"):
        ticked = answers.modalities or ()
        notices = [
            Notice("filled-in", "modality", case.modality.slug, wording.filled_in(case.need, case.modality, not ticked))
            for case in (verdict.cases[0] for verdict in verdicts)
            if case.assumed or (ticked and case.modality.slug not in ticked)
        ]
    if answers.circumstances is None and is_asked(release, answers, "fact"):
        notices.append(Notice("not-asked", "fact", "", wording.NOT_ASKED))
    return notices
