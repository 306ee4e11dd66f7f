"""Whether a catalogue is sound: every finding an editor has to know, exact over the whole domain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

from advisor.decision import texts
from advisor.decision.answers import Answers, MalformedAnswers, read
from advisor.decision.catalogue import (
    NOT_YET,
    PREPARE,
    READY,
    Catalogue,
    Caveat,
    Condition,
    Example,
    Gate,
    Rule,
    Tool,
)
from advisor.decision.domain import Domain, address, boxes, union
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.recommendation import Recommendation
from advisor.decision.release import Release
from advisor.decision.sentences import heading_of
from advisor.decision.table import Cell, Gap, bits, lowest
from advisor.decision.wording import number

ERROR = "error"
WARNING = "warning"

_PAGES = {
    "terms": "/glossary/",
    "tools": "/tools/",
    "sources": "/how-it-decides/",
    "industries": "/advice/industry/",
    "needs": "/advice/goals/",
    "modalities": "/advice/output/",
    "circumstances": "/advice/circumstances/",
}
"""The page that shows a section's records, where it is not a result."""

_FILLED = ("no filled cells", "one filled cell", *[f"{number(count)} filled cells" for count in range(2, 5)])
"""How specific a rule is, in words."""

LEVEL_NAMES = {READY: "ready", PREPARE: "prepare first", NOT_YET: "not yet"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an editor has to know. Errors refuse a release; warnings are recorded with it.

    `section` and `slug` name the record to look at, `also` another of that section that has a part in it. `address` is
    the path of a page that shows an example.
    """

    kind: str
    severity: str
    section: str
    slug: str
    text: str
    address: str
    also: str = ""


def check(catalogue: Catalogue, today: date) -> tuple[Finding, ...]:
    """Every finding, errors first, in the order of the sections."""
    domain = Domain(catalogue)
    findings = [
        *_needs_without_modalities(catalogue),
        *_gaps(domain),
        *_conflicts(domain),
        *_never_wins(domain),
        *_unreachable_categories(domain),
        *_unreachable_gates(domain),
        *_never_shown(domain),
        *_categories_without_tools(domain),
        *_cases_without_caveat(domain),
        *_missing_look_for(domain),
        *_examples(catalogue, domain),
        *_overdue(domain, today),
        *_texts(domain),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity != ERROR))


def _needs_without_modalities(catalogue: Catalogue) -> Iterator[Finding]:
    for need in catalogue.needs:
        if not need.modalities:
            text = f"The goal “{need.name}” can produce nothing. Tick what it can produce."
            answers = Answers(next((industry.slug for industry in catalogue.industries), None), (need.slug,))
            where = "/advice/goals/?" + urlencode(answers.pairs())
            yield Finding("need-without-modalities", ERROR, "needs", need.slug, text, where)


def _gaps(domain: Domain) -> Iterator[Finding]:
    for industries, needs, modalities in boxes([domain.cells[place] for place in bits(domain.gaps)]):
        names = [
            _names(domain, "industries", industries, "any industry"),
            _names(domain, "needs", needs, "any goal"),
            _names(domain, "modalities", modalities, "anything it produces"),
        ]
        text = f"No rule decides this case: {'; '.join(names)}. Write a rule for it."
        yield Finding(
            "gap", ERROR, "needs", needs[0], text, domain.address(Cell(industries[0], needs[0], modalities[0]))
        )


def _names(domain: Domain, section: str, slugs: Sequence[str], every: str) -> str:
    entries = domain.catalogue.by_slug[section]
    if len(slugs) == len(entries) > 1:
        return every
    return ", ".join(f"“{entries[slug].name}”" for slug in slugs)


def _conflicts(domain: Domain) -> Iterator[Finding]:
    told: dict[str, str] = {}  # one rule may be in hundreds of conflicts
    for row, other, disputed in domain.conflicts():
        a, b = row.rule, other.rule
        for rule in (a, b):
            if rule.slug not in told:
                told[rule.slug] = _told(domain, rule)
        text = (
            f"Two rules fit this case with {_FILLED[row.specificity]} each, and disagree. "
            f"{told[a.slug]}. {told[b.slug]}. Make one more specific, or let them agree."
        )
        where = domain.address(domain.cells[lowest(disputed)], a.circumstances | b.circumstances)
        yield Finding("conflict", ERROR, "rules", a.slug, text, where, also=b.slug)


def _told(domain: Domain, rule: Rule) -> str:
    return heading_of(rule, domain.catalogue)


def _never_wins(domain: Domain) -> Iterator[Finding]:
    for row in domain.dead:
        fits = row.cells.bit_count()
        what = f"fits {fits} cases, and other rules take each of them" if fits else "fits no case at all"
        text = f"A rule {what}. {_told(domain, row.rule)}. Make it more specific, or delete it."
        yield Finding("never-wins", WARNING, "rules", row.rule.slug, text, domain.example_of(row))


def _reachable(domain: Domain) -> set[str]:
    """The categories that some rule leads to, and those whose parts one visitor's cases can come to."""
    dead = {row.rule.slug for row in domain.dead}
    found = {row.rule.category for row in domain.rows if row.rule.slug not in dead}
    joined = {
        category.slug
        for category in domain.catalogue.categories
        if category.parts and (category.slug in found or domain.meet(category.parts))
    }
    return found | joined


def _unreachable_categories(domain: Domain) -> Iterator[Finding]:
    reachable = _reachable(domain)
    for category in domain.catalogue.categories:
        if category.slug not in reachable:
            text = f"No answers lead to “{category.name}”. Write a rule that does, or delete the category."
            yield Finding("unreachable-category", ERROR, "categories", category.slug, text, "/kinds-of-ai/")


def _unreachable_gates(domain: Domain) -> Iterator[Finding]:
    for gate in domain.catalogue.gates:
        if domain.where(gate) is None:
            text = f"Gate “{gate.name}” can never apply: no case meets all its cells. Widen a cell, or delete the gate."
            yield Finding("unreachable-gate", ERROR, "gates", gate.slug, text, _nearby(domain, gate))


def _nearby(domain: Domain, condition: Condition) -> str:
    """An address that meets the circumstances and as much of the cells as one case can."""
    cells = domain.mask(condition) or domain.all
    return domain.address(domain.cells[lowest(cells)], condition.circumstances) if cells else address(Answers())


def _never_shown(domain: Domain) -> Iterator[Finding]:
    """Rows that show nowhere, unless a gap or a need that produces nothing may be all that hides them."""
    catalogue = domain.catalogue
    rows: list[tuple[str, Caveat | Tool]] = [("caveats", caveat) for caveat in catalogue.caveats]
    rows += [("tools", tool) for tool in catalogue.tools if tool.kind == "product"]
    reachable = _reachable(domain)
    mute = {need.slug for need in catalogue.needs if not need.modalities}
    for section, row in rows:
        only_unreachable = row.categories and not row.categories & reachable
        in_a_hole = domain.mask(row) & domain.gaps or row.needs & mute
        if not only_unreachable and not in_a_hole and domain.where(row) is None:
            text = f"“{row.name}” can never be shown: no case meets all its cells. Widen a cell, or delete it."
            yield Finding("never-shown", WARNING, section, row.slug, text, _nearby(domain, row))


def _categories_without_tools(domain: Domain) -> Iterator[Finding]:
    reachable = _reachable(domain)
    products = [tool for tool in domain.catalogue.tools if tool.kind == "product"]
    for category in domain.catalogue.categories:
        if category.slug not in reachable:
            continue
        if not any(not tool.categories or category.slug in tool.categories for tool in products):
            text = f"No tool is named for “{category.name}”. Add one, or add the category to a tool."
            yield Finding(
                "category-without-tools", ERROR, "categories", category.slug, text, _leading_to(domain, category.slug)
            )


def _leading_to(domain: Domain, category: str) -> str:
    dead = {row.rule.slug for row in domain.dead}
    for row in domain.rows:
        if row.rule.category == category and row.rule.slug not in dead:
            return domain.example_of(row)
    return "/kinds-of-ai/"


def _cases_without_caveat(domain: Domain) -> Iterator[Finding]:
    minded: dict[tuple[str, frozenset[str]], int] = {}
    caveats = [(caveat, domain.mask(caveat)) for caveat in domain.catalogue.caveats]
    for row in domain.rows:
        category, circumstances = row.rule.category, row.rule.circumstances
        if (category, circumstances) not in minded:
            minded[category, circumstances] = union(
                accepted
                for caveat, accepted in caveats
                if (not caveat.categories or category in caveat.categories) and caveat.circumstances <= circumstances
            )
        cells = domain.live(row, circumstances) & ~minded[category, circumstances]
        if cells:
            text = f"Where this rule decides, a result can have no caveat. {_told(domain, row.rule)}. Add a caveat."
            where = domain.address(domain.cells[lowest(cells)], circumstances)
            yield Finding("case-without-caveat", ERROR, "rules", row.rule.slug, text, where)


def _missing_look_for(domain: Domain) -> Iterator[Finding]:
    """A visitor who is told that ordinary software will do has to hear which kind."""
    categories = domain.catalogue.by_slug["categories"]
    for row in domain.rows:
        if not categories[row.rule.category].uses_ai and not row.rule.look_for:
            text = f"A rule says that no AI is needed, but not which software to look for. {_told(domain, row.rule)}."
            yield Finding("missing-look-for", ERROR, "rules", row.rule.slug, text, domain.example_of(row))


def _examples(catalogue: Catalogue, domain: Domain) -> Iterator[Finding]:
    release = Release.of_draft(catalogue)
    for example in catalogue.examples:
        problem = _problem_of(release, example)
        if problem:
            where = "/advice/?" + example.answers
            yield Finding("example", ERROR, "examples", example.slug, f"“{example.name}” {problem}", where)


def _problem_of(release: Release, example: Example) -> str:
    try:
        answers, notices = read(parse_qsl(example.answers, keep_blank_values=True), release.catalogue)
        if notices:
            return f"has answers that do not count: {notices[0].text}"
        advice = recommend(release, answers)
    except (MalformedAnswers, Incomplete) as error:
        return f"has answers that lead to no advice: {error}."
    except Gap:
        return ""  # reported as a gap
    wrong = [f"{expected} and now gets {got}" for expected, got in _misses(release.catalogue, example, advice)]
    return f"expects {'; it expects '.join(wrong)}. {_remedy(example, advice)}" if wrong else ""


def _misses(catalogue: Catalogue, example: Example, advice: Recommendation) -> Iterator[tuple[str, str]]:
    """What an example expects and what it gets instead, in words."""
    category = advice.headline.category
    if category.slug != example.category:
        yield catalogue.by_slug["categories"][example.category].name, category.name
    level = advice.readiness.level
    if example.readiness and example.readiness != level:
        yield f"“{LEVEL_NAMES[example.readiness]}”", f"“{LEVEL_NAMES[level]}”"
    shown = {applied.caveat.slug for applied in advice.caveats}
    missing = [f"“{caveat.name}”" for caveat in catalogue.caveats if caveat.slug in example.caveats - shown]
    if missing:
        caveats = "the caveat" if len(missing) == 1 else "the caveats"
        yield f"{caveats} {' and '.join(missing)}", "a result without"


def _remedy(example: Example, advice: Recommendation) -> str:
    """Which row to look at first."""
    if advice.headline.category.slug != example.category:
        return "Change a rule, or the example."
    if example.readiness and example.readiness != advice.readiness.level:
        return "Change a gate, or the example."
    return "Change a caveat, or the example."


def _overdue(domain: Domain, today: date) -> Iterator[Finding]:
    for section, claim in domain.catalogue.claims():
        if claim.is_overdue(today):
            told = f"A rule ({_told(domain, claim)})" if isinstance(claim, Rule) else f"“{claim.name}”"
            text = f"{told} was due for review on {claim.review_by.isoformat()}. Check its source, then set new dates."
            yield Finding("overdue", WARNING, section, claim.slug, text, _showing(domain, section, claim))


def _texts(domain: Domain) -> Iterator[Finding]:
    for section, slug, text in texts.hard_to_read(domain.catalogue):
        where = _showing(domain, section, domain.catalogue.by_slug[section][slug])
        yield Finding("hard-to-read", WARNING, section, slug, text, where)
    for section, slug, text in texts.bad_links(domain.catalogue):
        where = _showing(domain, section, domain.catalogue.by_slug[section][slug])
        yield Finding("bad-link", WARNING, section, slug, text, where)


def _showing(domain: Domain, section: str, claim: object) -> str:
    """A page that shows the record."""
    if isinstance(claim, Rule):
        return domain.example_of(next(row for row in domain.rows if row.rule is claim))
    if isinstance(claim, Gate | Caveat) or (isinstance(claim, Tool) and claim.kind == "product"):
        found = domain.where(claim)
        if found:
            return domain.address(*found)
    return _PAGES.get(section, "/kinds-of-ai/")
