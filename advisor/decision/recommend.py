"""From answers to advice: cases, verdicts, headline, readiness, caveats, tools, and a reason for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple, TypeVar

from advisor.decision import whatif, whynot, wording
from advisor.decision.answers import Answers, Notice
from advisor.decision.catalogue import (
    LEVELS,
    NOT_YET,
    READY,
    Catalogue,
    Category,
    Caveat,
    Circumstance,
    Gate,
    Industry,
    Modality,
    Need,
    Rule,
    Tool,
)
from advisor.decision.flow import counted, is_answered, is_asked, modalities_of
from advisor.decision.merge import Leading, lead, leading
from advisor.decision.recommendation import (
    CLOSE,
    CONFIDENCES,
    LIKELY,
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
from advisor.decision.table import Cell, Gap, Table, bits, lowest


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
    verdicts, gates, caveats, tools = _verdicts(release, effective)
    headline = _headline(release, answers.needs, verdicts)
    return Recommendation(
        release=release,
        answers=answers,
        headline=headline,
        readiness=_readiness(verdicts, gates),
        verdicts=verdicts,
        caveats=caveats,
        tools=tools,
        notices=(*notices, *set_aside, *_filled_in(release, answers, verdicts)),
        explain_changes=lambda: whatif.what_would_change(release, answers),
        explain_others=lambda: whynot.why_not_the_others(release, answers, verdicts, headline),
    )


def cases(release: Release, answers: Answers) -> tuple[tuple[Case, ...], ...]:
    """For each chosen need its cases, each decided by the table. `answers` must be those that count."""
    table, by_slug, industry = release.table, release.catalogue.by_slug, answers.industry or ""
    needs, modalities, categories = by_slug["needs"], by_slug["modalities"], by_slug["categories"]
    of_industry, ticked = by_slug["industries"].get(industry), answers.modalities or ()
    here = table.rules.industries[industry] & table.rules.allowed(answers.circumstances or ())
    rows, of_case, by_category = table.rules.rows, table.of_case, table.by_category
    found = []
    for slug in sorted(answers.needs, key=table.positions["needs"].__getitem__):
        need = needs[slug]
        of_need = []
        for modality in modalities_of(need, answers):
            matching = here & of_case[slug, modality].rules
            if not matching:
                raise Gap(Cell(industry, slug, modality))
            rule = rows[lowest(matching)]
            rivals = matching & by_category[rule.category] != matching
            made, assumed = modalities[modality], modality not in ticked and len(need.modalities) > 1
            reason = case_reason(rule, need, made, of_industry, _facts(table, rule.circumstances), assumed=assumed)
            doubts, sure = _DOUBTS[rivals, bool(rule.contested), assumed]
            of_need.append(Case(need, made, categories[rule.category], rule, reason, assumed, doubts, sure))
        found.append(tuple(of_need))
    return tuple(found)


def _doubts(rivals: bool, contested: bool, assumed: bool) -> tuple[tuple[str, ...], str]:
    told = ((rivals, "rival"), (contested, "contested"), (assumed, "assumed"))
    doubts = tuple(name for holds, name in told if holds)
    return doubts, CONFIDENCES[min(len(doubts), len(CONFIDENCES) - 1)]


_DOUBTS = {each: _doubts(*each) for each in product((False, True), repeat=3)}


def case_reason(
    rule: Rule,
    need: Need,
    modality: Modality,
    industry: Industry | None,
    facts: Sequence[Circumstance],
    *,
    assumed: bool = False,
) -> Sentence:
    """Why a rule fits a case, naming the visitor's answers that it asks for."""
    parts = [_BECAUSE, _repeated(need.phrase, "need", need.slug)]
    if assumed:
        parts.append(Part(f", which usually means {modality.phrase}"))
    elif rule.modalities and len(need.modalities) > 1:
        parts += (_AND_TICKED, _repeated(modality.phrase, "modality", modality.slug))
    if rule.industries and industry:
        parts += (_FOR, _repeated(industry.phrase, "industry", industry.slug))
    if facts:
        parts += _said(facts, ", and you said ")
    parts.append(_ending(rule.because))
    return tuple(parts)


_BECAUSE, _AND_TICKED, _FOR = Part("Because you want to "), Part(" and ticked "), Part(", for ")


@lru_cache(maxsize=4096)  # a case's reason is put together of the same few parts again and again
def _repeated(phrase: str, key: str, slug: str) -> Part:
    """Words that repeat one of the visitor's answers."""
    return Part(phrase, (key, slug))


@lru_cache(maxsize=4096)
def _ending(because: str) -> Part:
    return Part(f". {because}")


def _facts(table: Table, circumstances: Collection[str]) -> Sequence[Circumstance]:
    """In the editors' order."""
    if not circumstances:
        return ()
    by_slug = table.catalogue.by_slug["circumstances"]
    return [by_slug[slug] for slug in sorted(circumstances, key=table.bit_of.__getitem__)]


def _said(facts: Sequence[Circumstance], lead: str) -> list[Part]:
    """The visitor's own circumstances as the end of a sentence."""
    parts: list[Part] = []
    for fact in facts:
        parts += [Part(" and " if parts else lead), _repeated(fact.phrase, "fact", fact.slug)]
    return parts


class _Rows(NamedTuple):
    """The gates, caveats and tools that apply to one need, as masks."""

    gates: int
    caveats: int
    tools: int


def _verdicts(
    release: Release, answers: Answers
) -> tuple[tuple[Verdict, ...], tuple[AppliedGate, ...], tuple[AppliedCaveat, ...], tuple[SuggestedTool, ...]]:
    table, circumstances = release.table, answers.circumstances or ()
    industry = answers.industry or ""
    here = _Rows(
        *[
            index.industries[industry] & index.allowed(circumstances)
            for index in (table.gates, table.caveats, table.tools)
        ]
    )
    decided = cases(release, answers)
    applying = [_applying(table, of_need, here) for of_need in decided]
    needs = [of_need[0].need for of_need in decided]
    gates = _gates(table, _needs_of(needs, [rows.gates for rows in applying]))
    caveats = _caveats(table, _needs_of(needs, [rows.caveats for rows in applying]))
    tools: tuple[SuggestedTool, ...] = ()
    if all(gate.gate.level != NOT_YET for gate in gates):
        tools = _tools(table, _needs_of(needs, [rows.tools for rows in applying]), circumstances)
    gates_of, tools_of = _by_need(gates), _by_need(tools)
    verdicts = tuple(
        [
            _verdict(table.catalogue, of_need, tuple(gates_of.get(need.slug, ())), tuple(tools_of.get(need.slug, ())))
            for need, of_need in zip(needs, decided, strict=True)
        ]
    )
    return verdicts, gates, caveats, tools


def _applying(table: Table, decided: Sequence[Case], here: _Rows) -> _Rows:
    gates = caveats = tools = 0
    for_gates, for_caveats, for_tools = table.gates.categories, table.caveats.categories, table.tools.categories
    for case in decided:
        _, of_gates, of_caveats, of_tools = table.of_case[case.need.slug, case.modality.slug]
        category = case.category.slug
        gates |= of_gates & for_gates[category]
        caveats |= of_caveats & for_caveats[category]
        tools |= of_tools & for_tools[category]
    return _Rows(gates & here.gates, caveats & here.caveats, tools & here.tools)


_Group = tuple[int, tuple[Need, ...]]
"""Rows, as a mask, that apply to the same needs."""


def _needs_of(needs: Sequence[Need], masks: Sequence[int]) -> dict[int, tuple[Need, ...]]:
    """For each row that applies to some need: those needs. `masks` holds each need's rows."""
    groups: list[_Group] = []
    union = 0
    for need, mask in zip(needs, masks, strict=True):
        parted: list[_Group] = [(mask & ~union, (need,))]
        for rows, of_rows in groups:
            parted += [(rows & mask, (*of_rows, need)), (rows & ~mask, of_rows)]
        groups = [group for group in parted if group[0]]
        union |= mask
    return {number: of_rows for rows, of_rows in groups for number in bits(rows)}


_ForNeeds = TypeVar("_ForNeeds", AppliedGate, SuggestedTool)


def _by_need(rows: Iterable[_ForNeeds]) -> dict[str, list[_ForNeeds]]:
    found: dict[str, list[_ForNeeds]] = {}
    for row in rows:
        for need in row.needs:
            found.setdefault(need.slug, []).append(row)
    return found


def _verdict(
    catalogue: Catalogue,
    decided: tuple[Case, ...],
    gates: tuple[AppliedGate, ...],
    tools: tuple[SuggestedTool, ...],
) -> Verdict:
    need = decided[0].need
    by_default = next((case for case in decided if case.modality.slug == need.default_modality), decided[0])
    slug = lead([case.category.slug for case in decided], by_default.category.slug, catalogue)
    category = catalogue.by_slug["categories"][slug]
    others: dict[str, list[Case]] = {}
    for case in decided:
        if case.category.slug != slug and case.category.slug not in category.parts:
            others.setdefault(case.category.slug, []).append(case)
    return Verdict(
        need=need,
        category=category,
        cases=decided,
        also=tuple([Also(of[0].category, tuple([case.modality for case in of])) for of in others.values()]),
        level=_strictest([gate.gate.level for gate in gates]),
        gates=gates,
        sure=max([case.sure for case in decided], key=CONFIDENCES.index),
        tools=tools,
    )


def _strictest(levels: Iterable[str]) -> str:
    return max(levels, key=LEVELS.index, default=READY)


def _gates(table: Table, found: Mapping[int, tuple[Need, ...]]) -> tuple[AppliedGate, ...]:
    """The strictest first, then in the editors' order."""
    rows = table.gates.rows
    return tuple(
        [
            AppliedGate(rows[number], found[number], _row_reason(table, rows[number], found[number]))
            for number in sorted(found, key=table.gate_order.__getitem__)
        ]
    )


def _caveats(table: Table, found: Mapping[int, tuple[Need, ...]]) -> tuple[AppliedCaveat, ...]:
    """What must be minded first, then in the editors' order."""
    rows = table.caveats.rows
    return tuple(
        [
            AppliedCaveat(rows[number], found[number], _row_reason(table, rows[number], found[number]))
            for number in sorted(found, key=table.caveat_order.__getitem__)
        ]
    )


def _row_reason(table: Table, row: Gate | Caveat, needs: Sequence[Need]) -> Sentence:
    if row.needs and not row.circumstances:
        return row_reason(row, (), needs)
    key = ("reason", type(row), row.slug)
    known: Sentence | None = table.memo.get(key)
    if known is None:
        known = table.memo[key] = row_reason(row, _facts(table, row.circumstances), needs)
    return known


def row_reason(row: Gate | Caveat, facts: Sequence[Circumstance], needs: Sequence[Need]) -> Sentence:
    """Which answers a gate or caveat is tied to, from the cells that it fills, and then a gate's own reason."""
    because = row.because if isinstance(row, Gate) else ""
    if not row.needs or facts:
        return _ended(_said(facts, "Because you said "), because)
    parts = [Part("Because you want to ")]
    for need in needs:
        parts += [Part(" and to ")] if len(parts) > 1 else []
        parts.append(Part(need.phrase, ("need", need.slug)))
    return _ended(parts, because)


def _ended(parts: list[Part], because: str) -> Sentence:
    if not parts:
        return (Part(because),) if because else ()
    return (*parts, Part(f". {because}" if because else "."))


def _tools(
    table: Table, found: Mapping[int, tuple[Need, ...]], circumstances: Collection[str]
) -> tuple[SuggestedTool, ...]:
    """By fit, then by name. Tools that are not offered in a way that the circumstances ask for are left out."""
    facts = table.catalogue.by_slug["circumstances"]
    demands = [frozenset(facts[slug].offers) for slug in circumstances if facts[slug].offers]
    rows, fits = table.tools.rows, table.tools.specificities
    return tuple(
        [
            SuggestedTool(rows[number], found[number], fits[number])
            for number in sorted(found, key=table.tool_order.__getitem__)
            if not demands or _is_offered(rows[number], demands)
        ]
    )


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
        sure_because=wording.sure(word, why, alone=len(result.shares) == 1),
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


def _readiness(verdicts: Sequence[Verdict], gates: tuple[AppliedGate, ...]) -> Readiness:
    level = _strictest([verdict.level for verdict in verdicts])
    strict = sum(1 for gate in gates if gate.gate.level == level)
    held_up = sum(1 for verdict in verdicts if verdict.level == NOT_YET)
    return Readiness(level, wording.readiness(level, strict, held_up, len(verdicts)), gates)


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
