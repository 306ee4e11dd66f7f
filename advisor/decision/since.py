"""What a later release would say otherwise to the same answers, and which row did it.

Compared is what the releases say, not how a page words it: new code alone makes no difference. Nor do a check that was
renewed, a source that was added, or what would follow from other answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from advisor.decision import wording
from advisor.decision.answers import SECTION_OF, read
from advisor.decision.catalogue import Caveat, Entry, Gate, Need, Rule, Tool
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Case, Recommendation, Verdict
from advisor.decision.release import Release


class News(NamedTuple):
    """One thing that is otherwise now. `row`: the rule or gate of the later release that did it, if one did.

    `about`: answer, goal, headline, step, caveat, tool, sure or words.
    """

    about: str
    sentence: str
    row: Rule | Gate | None = None


_Applied = tuple[Caveat | Tool, tuple[Need, ...]]
"""A record and the needs that it is there for."""

_SHOWN: Mapping[type[Entry], tuple[str, ...]] = {
    Rule: ("because", "look_for", "contested"),
    Gate: ("name", "level", "because", "action", "contested"),
    Caveat: ("name", "severity", "text", "action", "status", "certainty", "contested"),
    Tool: ("name", "maker", "what_for", "limits", "price_model", "data_use", "offered", "url", "tie"),
}
"""The texts of a record that advice shows."""


def under(release: Release, before: Recommendation) -> Recommendation | None:
    """What this release says to the answers of that advice. None when it no longer knows the industry or any goal."""
    answers, notices = read(before.answers.pairs(), release.catalogue)
    try:
        return recommend(release, answers, notices)
    except Incomplete:
        return None


def since(before: Recommendation, after: Recommendation | None) -> tuple[News, ...]:
    """All that is otherwise, the most telling first. Empty when the advice still holds."""
    if after is None:
        return (News("answer", wording.NOT_KNOWN_ANY_MORE),)
    found = [
        *_answers(before, after),
        *_goals(before, after),
        *_headline(before, after),
        *_steps(before, after),
        *_caveats(before, after),
        *_tools(before, after),
        *_sure(before, after),
    ]
    return tuple(found) if found else tuple(_words(before, after))


def _answers(before: Recommendation, after: Recommendation) -> Iterator[News]:
    """Answers that the later release doesn't know. What it no longer counts has its own consequences below."""
    kept = set(after.answers.pairs())
    for key, slug in before.answers.pairs():
        section = before.release.catalogue.by_slug[SECTION_OF[key]]
        if (key, slug) not in kept and slug in section:
            yield News("answer", wording.answer_gone(section[slug].name))


def _goals(before: Recommendation, after: Recommendation) -> Iterator[News]:
    now = {verdict.need.slug: verdict for verdict in after.verdicts}
    for was in before.verdicts:
        verdict = now.get(was.need.slug)
        if verdict is None:
            continue
        row = _deciding(verdict)
        if was.category.slug != verdict.category.slug:
            sentence = wording.goal_points_elsewhere(was.need, was.category, verdict.category)
            yield News("goal", f"{sentence} {_which_row(before, after, _deciding(was), row)}", row)
        elif [_case(case) for case in was.cases] != [_case(case) for case in verdict.cases]:
            before_row, row = _first_that_differs(was, verdict)
            yield News("goal", wording.goal_decided_anew(was.need, _which_row(before, after, before_row, row)), row)


def _deciding(verdict: Verdict) -> Rule:
    """The rule of the case that gives the verdict its kind; a joined kind has it from its first case."""
    return next((case.rule for case in verdict.cases if case.category is verdict.category), verdict.cases[0].rule)


def _first_that_differs(was: Verdict, verdict: Verdict) -> tuple[Rule, Rule]:
    pairs = zip(was.cases, verdict.cases, strict=False)
    differing = next(((old.rule, new.rule) for old, new in pairs if _case(old) != _case(new)), None)
    return differing or (_deciding(was), _deciding(verdict))


def _case(case: Case) -> tuple[Any, ...]:
    return case.modality.slug, case.category.slug, case.assumed, case.rule.slug, _shown(case.rule)


def _which_row(before: Recommendation, after: Recommendation, old: Rule, new: Rule) -> str:
    then, now = before.release.catalogue.by_slug["rules"], after.release.catalogue.by_slug["rules"]
    if old.slug == new.slug:
        return wording.row_changed(new) if _row(old) != _row(new) else wording.row_the_same(new)
    if new.slug not in then:
        return wording.row_is_new(new)
    return wording.row_took_over(new, gone=old.slug not in now)


def _row(rule: Rule) -> tuple[Any, ...]:
    return rule.category, rule.industries, rule.needs, rule.modalities, rule.circumstances, _shown(rule)


def _headline(before: Recommendation, after: Recommendation) -> Iterator[News]:
    was, now = before.headline, after.headline
    if was.category.slug != now.category.slug:
        yield News("headline", wording.headline_changed(was.category, now.category))
    elif {kind.slug for kind in was.tie} != {kind.slug for kind in now.tie}:
        yield News("headline", wording.tie_changed(now.tie))


def _steps(before: Recommendation, after: Recommendation) -> Iterator[News]:
    old = {applied.gate.slug: applied for applied in before.readiness.gates}
    new = {applied.gate.slug: applied for applied in after.readiness.gates}
    for slug, applied in new.items():
        if slug not in old:
            yield News("step", wording.step_came(applied.gate), applied.gate)
        elif _shown(applied.gate) != _shown(old[slug].gate) or _slugs(applied.needs) != _slugs(old[slug].needs):
            yield News("step", wording.step_changed(applied.gate), applied.gate)
    for slug, applied in old.items():
        if slug not in new:
            yield News("step", wording.step_went(applied.gate))


def _caveats(before: Recommendation, after: Recommendation) -> Iterator[News]:
    then = [(applied.caveat, applied.needs) for applied in before.caveats]
    yield from _listed("caveat", then, [(applied.caveat, applied.needs) for applied in after.caveats])


def _tools(before: Recommendation, after: Recommendation) -> Iterator[News]:
    then = [(suggested.tool, suggested.needs) for suggested in before.tools]
    yield from _listed("tool", then, [(suggested.tool, suggested.needs) for suggested in after.tools])


def _listed(about: str, before: Iterable[_Applied], after: Iterable[_Applied]) -> Iterator[News]:
    """What came, went and reads otherwise, each in one sentence."""
    old = {entry.slug: (entry, needs) for entry, needs in before}
    new = {entry.slug: (entry, needs) for entry, needs in after}
    came = [entry.name for slug, (entry, _needs) in new.items() if slug not in old]
    changed = [
        entry.name for slug, (entry, needs) in new.items() if slug in old and _differs(old[slug], (entry, needs))
    ]
    went = [entry.name for slug, (entry, _needs) in old.items() if slug not in new]
    for how, names in (("came", came), ("changed", changed), ("went", went)):
        if names:
            yield News(about, wording.listed_otherwise(about, how, names))


def _differs(old: _Applied, new: _Applied) -> bool:
    return _shown(old[0]) != _shown(new[0]) or _slugs(old[1]) != _slugs(new[1])


def _sure(before: Recommendation, after: Recommendation) -> Iterator[News]:
    if before.headline.sure != after.headline.sure or _doubts(before) != _doubts(after):
        yield News("sure", wording.sure_changed(after.headline.sure_because))


def _doubts(advice: Recommendation) -> list[tuple[str, ...]]:
    return [case.doubts for verdict in advice.verdicts for case in verdict.cases]


def _words(before: Recommendation, after: Recommendation) -> Iterator[News]:
    """Names that read otherwise although nothing else does."""
    if list(_names(before)) != list(_names(after)):
        yield News("words", wording.WORDS_CHANGED)


def _names(advice: Recommendation) -> Iterator[tuple[str, ...]]:
    headline = advice.headline.category
    yield headline.name, headline.plate
    for verdict in advice.verdicts:
        yield verdict.need.name, verdict.need.phrase, verdict.category.name, verdict.category.phrase, verdict.level
        for also in verdict.also:
            yield also.category.name, *(modality.phrase for modality in also.modalities)
        yield tuple(suggested.tool.slug for suggested in verdict.tools)
    yield tuple(applied.caveat.slug for applied in advice.caveats)


def _shown(entry: Entry) -> tuple[Any, ...]:
    return tuple(getattr(entry, name) for name in _SHOWN[type(entry)])


def _slugs(entries: Iterable[Entry]) -> list[str]:
    return [entry.slug for entry in entries]
