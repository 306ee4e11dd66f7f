"""Whether a catalogue is sound: exact over its whole domain, by reasoning over cells instead of trying answers.

A cell is one industry x need x modality that the need can produce, and has one bit here; a row is the set of cells it
accepts, as one integer. No cell of a row tests for absence, so ticking more circumstances only brings in more rows and
the hardest case for a row is always that nothing was ticked but what it asks for. That removes the 2^n sets of
circumstances: `Domain.cover` is all that is needed. It holds as long as any circumstances can be true together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from urllib.parse import parse_qsl, urlencode

from advisor.decision.answers import Answers, MalformedAnswers, read
from advisor.decision.catalogue import Catalogue, Caveat, Cells, Condition, Example, Gate, Rule, Tool
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.release import Release
from advisor.decision.table import Cell, Gap, bits, lowest

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an editor has to know. Errors refuse a release; warnings are recorded with it.

    `section` and `slug` name the record to look at. `address` is the path of a page that shows an example.
    """

    kind: str
    severity: str
    section: str
    slug: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The size of the whole domain and where its cells end when no circumstance is ticked."""

    cells: int
    rows: int
    gaps: int
    conflicts: int
    never_wins: int
    shares: Mapping[str, int]


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
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity != ERROR))


def figures(catalogue: Catalogue) -> Figures:
    """The counts that the page on how the site decides shows."""
    domain = Domain(catalogue)
    ends = dict.fromkeys((category.slug for category in catalogue.categories), 0)
    decided = 0
    plain = sorted((row for row in domain.rows if not row.rule.circumstances), key=lambda row: -row.specificity)
    for row in plain:
        ends[row.rule.category] += (row.cells & ~decided).bit_count()
        decided |= row.cells
    return Figures(
        cells=len(domain.cells),
        rows=len(catalogue.rules),
        gaps=domain.gaps.bit_count(),
        conflicts=len(list(domain.conflicts())),
        never_wins=len(domain.dead),
        shares=ends,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with the cells it accepts, as a mask."""

    rule: Rule
    specificity: int
    cells: int


class Domain:
    """Every cell of a catalogue, and what its rules do with them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.cells = [
            Cell(industry.slug, need.slug, modality)
            for industry in catalogue.industries
            for need in catalogue.needs
            for modality in need.modalities
        ]
        self.all = (1 << len(self.cells)) - 1
        self._of = [self._masks(position) for position in range(3)]
        self.rows = [Row(rule, rule.specificity, self.mask(rule)) for rule in catalogue.rules]
        self._by_specificity: dict[int, list[Row]] = {}
        for row in self.rows:
            self._by_specificity.setdefault(row.specificity, []).append(row)
        self._covers: dict[tuple[int, frozenset[str]], int] = {}
        self.gaps = self.all & ~self.cover(-1, frozenset())
        self.dead = [row for row in self.rows if not self.live(row, row.rule.circumstances) & ~self._doubled(row)]

    def _masks(self, position: int) -> dict[str, int]:
        """For each slug at this position of a cell, the cells that have it."""
        found: dict[str, int] = {}
        for number, cell in enumerate(self.cells):
            found[cell[position]] = found.get(cell[position], 0) | 1 << number
        return found

    def mask(self, row: Cells) -> int:
        """The cells that a row accepts."""
        mask = self.all
        for slugs, of in zip((row.industries, row.needs, row.modalities), self._of, strict=True):
            if slugs:
                accepted = 0
                for slug in slugs:
                    accepted |= of.get(slug, 0)
                mask &= accepted
        return mask

    def cover(self, specificity: int, circumstances: frozenset[str]) -> int:
        """The cells that rules more specific than this decide when just these circumstances are ticked."""
        key = (specificity, circumstances)
        if key not in self._covers:
            cells = 0
            for level, rows in self._by_specificity.items():
                if level > specificity:
                    for row in rows:
                        if row.rule.circumstances <= circumstances:
                            cells |= row.cells
            self._covers[key] = cells
        return self._covers[key]

    def live(self, row: Row, circumstances: frozenset[str]) -> int:
        """The cells where no more specific rule beats this row when just these circumstances are ticked."""
        return row.cells & ~self.cover(row.specificity, circumstances)

    def _doubled(self, row: Row) -> int:
        """The cells where an equally specific rule before this one leads to the same, whenever this one matches."""
        cells = 0
        for other in self._by_specificity[row.specificity]:
            if other is row:
                break
            if other.rule.category == row.rule.category and other.rule.circumstances <= row.rule.circumstances:
                cells |= other.cells
        return cells

    def conflicts(self) -> Iterator[tuple[Row, Row, int]]:
        """Pairs of equally specific rules with different outcomes, and the cells where neither is beaten."""
        for rows in self._by_specificity.values():
            for row, other in _overlapping(rows):
                together = row.rule.circumstances | other.rule.circumstances
                disputed = row.cells & other.cells & ~self.cover(row.specificity, together)
                if disputed:
                    yield row, other, disputed

    def where(self, condition: Condition) -> tuple[Cell, frozenset[str]] | None:
        """A cell and circumstances under which a gate, caveat or tool applies, or None when it never can."""
        accepted = self.mask(condition)
        if not condition.categories and accepted & ~self.gaps:
            return self.cells[lowest(accepted & ~self.gaps)], condition.circumstances
        for row in self.rows:
            if accepted & row.cells and (not condition.categories or row.rule.category in condition.categories):
                together = row.rule.circumstances | condition.circumstances
                possible = accepted & self.live(row, together)
                if possible:
                    return self.cells[lowest(possible)], together
        return None

    def meet(self, categories: Iterable[str]) -> bool:
        """Whether cases of one industry, under the same circumstances, can come to each of these categories."""
        for rows in product(*([row for row in self.rows if row.rule.category == category] for category in categories)):
            together = frozenset().union(*(row.rule.circumstances for row in rows))
            live = [self.live(row, together) for row in rows]
            if any(all(cells & industry for cells in live) for industry in self._of[0].values()):
                return True
        return False

    def address(self, cell: Cell, circumstances: Iterable[str] = ()) -> str:
        answers = Answers(cell.industry, (cell.need,), (cell.modality,), tuple(sorted(circumstances)))
        return address(answers)

    def example_of(self, row: Row) -> str:
        """An address where this rule wins; where it never does, one where it matches."""
        cells = self.live(row, row.rule.circumstances) or row.cells
        return self.address(self.cells[lowest(cells)], row.rule.circumstances) if cells else address(Answers())


def address(answers: Answers) -> str:
    """The path and query of the result page for these answers."""
    return "/advice/?" + "&".join([f"{key}={slug}" for key, slug in answers.pairs()])


def _overlapping(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Pairs that share a cell and disagree. Rows that share no cell with another outcome are passed over at once."""
    of_outcome: dict[str, int] = {}
    for row in rows:
        of_outcome[row.rule.category] = of_outcome.get(row.rule.category, 0) | row.cells
    disputed = {
        outcome: _union(cells for other, cells in of_outcome.items() if other != outcome) for outcome in of_outcome
    }
    candidates = [row for row in rows if row.cells & disputed[row.rule.category]]
    for number, row in enumerate(candidates):
        cells, outcome = row.cells, row.rule.category
        for other in candidates[number + 1 :]:
            if cells & other.cells and other.rule.category != outcome:
                yield row, other


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _needs_without_modalities(catalogue: Catalogue) -> Iterator[Finding]:
    for need in catalogue.needs:
        if not need.modalities:
            text = f"The goal “{need.name}” can produce nothing. Tick what it can produce."
            answers = Answers(next((industry.slug for industry in catalogue.industries), None), (need.slug,))
            where = "/advice/goals/?" + urlencode(answers.pairs())
            yield Finding("need-without-modalities", ERROR, "needs", need.slug, text, where)


def _gaps(domain: Domain) -> Iterator[Finding]:
    for industries, needs, modalities in boxes([domain.cells[number] for number in bits(domain.gaps)]):
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


Box = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def boxes(cells: Sequence[Cell]) -> list[Box]:
    """Cells gathered into as few blocks of industries x needs x modalities as merging equal sides gives."""
    blocks: list[Box] = [((cell.industry,), (cell.need,), (cell.modality,)) for cell in cells]
    for side in (0, 2, 1):
        merged: dict[tuple[tuple[str, ...], ...], list[str]] = {}
        for block in blocks:
            rest = tuple(part for position, part in enumerate(block) if position != side)
            merged.setdefault(rest, []).extend(block[side])
        blocks = []
        for rest, slugs in merged.items():
            sides = list(rest)
            sides.insert(side, tuple(slugs))
            blocks.append((sides[0], sides[1], sides[2]))
    return blocks


def _conflicts(domain: Domain) -> Iterator[Finding]:
    names = domain.catalogue.by_slug["categories"]
    for row, other, disputed in domain.conflicts():
        a, b = row.rule, other.rule
        text = (
            f"Rules “{a.slug}” ({names[a.category].name}) and “{b.slug}” ({names[b.category].name}) both fit this case "
            f"with {row.specificity} filled cells, and disagree. Make one more specific, or let them agree."
        )
        where = domain.address(domain.cells[lowest(disputed)], a.circumstances | b.circumstances)
        yield Finding("conflict", ERROR, "rules", a.slug, text, where)


def _never_wins(domain: Domain) -> Iterator[Finding]:
    for row in domain.dead:
        fits = row.cells.bit_count()
        what = f"fits {fits} cases, and other rules take each of them" if fits else "fits no case at all"
        text = f"Rule “{row.rule.slug}” {what}. Make it more specific, or delete it."
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
    for row in domain.rows:
        circumstances = row.rule.circumstances
        cells = domain.live(row, circumstances)
        for caveat in domain.catalogue.caveats:
            fits = not caveat.categories or row.rule.category in caveat.categories
            if cells and fits and caveat.circumstances <= circumstances:
                cells &= ~domain.mask(caveat)
        if cells:
            text = f"Where rule “{row.rule.slug}” decides, a result can have no caveat. Add one that holds there."
            where = domain.address(domain.cells[lowest(cells)], circumstances)
            yield Finding("case-without-caveat", ERROR, "rules", row.rule.slug, text, where)


def _missing_look_for(domain: Domain) -> Iterator[Finding]:
    """A visitor who is told that ordinary software will do has to hear which kind."""
    categories = domain.catalogue.by_slug["categories"]
    for row in domain.rows:
        if not categories[row.rule.category].uses_ai and not row.rule.look_for:
            text = f"Rule “{row.rule.slug}” says that no AI is needed, but not which software to look for."
            yield Finding("missing-look-for", ERROR, "rules", row.rule.slug, text, domain.example_of(row))


def _examples(catalogue: Catalogue, domain: Domain) -> Iterator[Finding]:
    release = Release.of_draft(catalogue)
    for example in catalogue.examples:
        problem = _problem_of(release, example)
        if problem:
            where = "/advice/?" + example.answers
            yield Finding("example", ERROR, "examples", example.slug, f"“{example.name}” {problem}", where)


def _problem_of(release: Release, example: Example) -> str:
    names = release.catalogue.by_slug["categories"]
    try:
        answers, notices = read(parse_qsl(example.answers, keep_blank_values=True), release.catalogue)
        if notices:
            return f"has answers that do not count: {notices[0].text}"
        advice = recommend(release, answers)
    except (MalformedAnswers, Incomplete) as error:
        return f"has answers that lead to no advice: {error}."
    except Gap:
        return ""  # reported as a gap
    found = advice.headline.category
    if found.slug != example.category:
        return f"expects {names[example.category].name} and now gets {found.name}. Change a rule, or the example."
    if example.readiness and example.readiness != advice.readiness.level:
        return f"expects “{example.readiness}” and now gets “{advice.readiness.level}”. Change a gate, or the example."
    return ""


def _overdue(domain: Domain, today: date) -> Iterator[Finding]:
    for section, claim in domain.catalogue.claims():
        if claim.is_overdue(today):
            name = getattr(claim, "name", claim.slug)
            text = (
                f"“{name}” was due for review on {claim.review_by.isoformat()}. Check its source, then set new dates."
            )
            yield Finding("overdue", WARNING, section, claim.slug, text, _showing(domain, section, claim))


def _showing(domain: Domain, section: str, claim: object) -> str:
    """A page that shows the claim."""
    if isinstance(claim, Rule):
        return domain.example_of(next(row for row in domain.rows if row.rule is claim))
    if isinstance(claim, Gate | Caveat) or (isinstance(claim, Tool) and claim.kind == "product"):
        found = domain.where(claim)
        if found:
            return domain.address(*found)
    return {"terms": "/glossary/", "tools": "/tools/"}.get(section, "/kinds-of-ai/")
