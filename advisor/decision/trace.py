"""How the table came to an advice: every row that fitted, and which of its cells did it.

A trace decides nothing of its own: it lists the rows that `recommend` picks from, so that an editor sees why
one of them won. Unlike a recommendation it can be drawn up of a draft with gaps and conflicts: they are
what an editor looks for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from advisor.decision import wording
from advisor.decision.answers import Answers
from advisor.decision.catalogue import NOT_YET, Category, Caveat, Cells, Gate, Modality, Need, Rule, Tool
from advisor.decision.flow import counted, modalities_of
from advisor.decision.release import Release
from advisor.decision.sentences import CELLS
from advisor.decision.table import Cell, Index, bits

R = TypeVar("R", bound=Cells)


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled cell of a row: the names in it that hold here, and how many others it names."""

    cell: str
    names: tuple[str, ...]
    others: int


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fits a case. `why` says why it wins or not; `conflicts`: it ties with the winner and disagrees."""

    rule: Rule
    category: Category
    filled: tuple[Filled, ...]
    wins: bool
    conflicts: bool
    why: str


@dataclass(frozen=True, slots=True)
class TracedCase:
    """One need x one modality and every rule that fits it, the winner first. None fits: a gap."""

    need: Need
    modality: Modality
    assumed: bool
    matches: tuple[Match, ...]

    @property
    def winner(self) -> Match | None:
        return self.matches[0] if self.matches else None


@dataclass(frozen=True, slots=True)
class Applied(Generic[R]):
    """A gate, caveat or tool that applies, for which needs and through which cells.

    `left_out` says why a tool that fits is not shown, and is empty when it is.
    """

    row: R
    needs: tuple[Need, ...]
    filled: tuple[Filled, ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """Gates, caveats and tools stand in the order in which a result shows them."""

    cases: tuple[TracedCase, ...]
    gates: tuple[Applied[Gate], ...]
    caveats: tuple[Applied[Caveat], ...]
    tools: tuple[Applied[Tool], ...]


def trace(release: Release, answers: Answers) -> Trace:
    """What every row had to do with the advice for these answers. `answers` must name an industry."""
    effective, _ = counted(release, answers)
    cases = tuple(_cases(release, effective))
    table = release.table
    gates = _applied(release, effective, cases, table.gates, table.gate_order)
    tools = _applied(release, effective, cases, table.tools, table.tool_order)
    return Trace(
        cases=cases,
        gates=gates,
        caveats=_applied(release, effective, cases, table.caveats, table.caveat_order),
        tools=tuple(_shown_or_not(release, effective, gates, tools)),
    )


def _cases(release: Release, answers: Answers) -> Iterator[TracedCase]:
    table, by_slug = release.table, release.catalogue.by_slug
    allowed = table.rules.allowed(answers.circumstances or ())
    for slug in sorted(answers.needs, key=table.positions["needs"].__getitem__):
        need: Need = by_slug["needs"][slug]
        for modality in modalities_of(need, answers):
            cell = Cell(answers.industry or "", slug, modality)
            rules = [table.rules.rows[number] for number in bits(table.rules.accepting(cell) & allowed)]
            yield TracedCase(
                need=need,
                modality=by_slug["modalities"][modality],
                assumed=modality not in (answers.modalities or ()) and len(need.modalities) > 1,
                matches=tuple(_matches(release, rules, cell)),
            )


def _matches(release: Release, rules: Sequence[Rule], cell: Cell) -> Iterator[Match]:
    categories = release.catalogue.by_slug["categories"]
    for rule in rules:
        first = rules[0]
        conflicts = rule.specificity == first.specificity and rule.category != first.category
        yield Match(
            rule=rule,
            category=categories[rule.category],
            filled=_filled(release, rule, [cell]),
            wins=rule is first,
            conflicts=conflicts,
            why=_why(rule, rules, conflicts),
        )


def _why(rule: Rule, rules: Sequence[Rule], conflicts: bool) -> str:
    first = rules[0]
    if rule is first:
        rivals = [other for other in rules[1:] if other.specificity == first.specificity]
        if any(other.category != first.category for other in rivals):
            return wording.WINS_A_CONFLICT
        if len(rules) == 1:
            return wording.WINS_ALONE
        return wording.wins(first.specificity, shared=bool(rivals))
    if conflicts:
        return wording.IN_CONFLICT
    if rule.specificity == first.specificity:
        return wording.SAYS_THE_SAME
    return wording.loses(rule.specificity, first.specificity, first)


def _filled(
    release: Release, row: Cells, cells: Iterable[Cell], categories: Collection[str] = ()
) -> tuple[Filled, ...]:
    """The filled cells of a row, with what of each holds for these cases. All of a circumstance cell holds."""
    here = {
        "industries": {cell.industry for cell in cells},
        "needs": {cell.need for cell in cells},
        "modalities": {cell.modality for cell in cells},
        "circumstances": row.circumstances,
        "categories": categories,
    }
    found = []
    for name in CELLS:
        named: Collection[str] = getattr(row, name, ())
        if named:
            entries = release.catalogue.by_slug[name].values()
            holds = tuple(entry.name for entry in entries if entry.slug in named and entry.slug in here[name])
            found.append(Filled(name, holds, len(named) - len(holds)))
    return tuple(found)


def _applied(
    release: Release,
    answers: Answers,
    cases: Sequence[TracedCase],
    index: Index[R],
    order: Sequence[object],
) -> tuple[Applied[R], ...]:
    """The rows of this index that apply to any case that a rule decided."""
    allowed = index.allowed(answers.circumstances or ())
    met: dict[int, list[tuple[TracedCase, Cell, str]]] = {}
    for case in cases:
        if case.winner is None:
            continue
        cell, category = Cell(answers.industry or "", case.need.slug, case.modality.slug), case.winner.category.slug
        for number in bits(index.accepting(cell) & index.categories[category] & allowed):
            met.setdefault(number, []).append((case, cell, category))
    return tuple(
        Applied(
            row=index.rows[number],
            needs=tuple({case.need.slug: case.need for case, _, _ in met[number]}.values()),
            filled=_filled(
                release,
                index.rows[number],
                [cell for _, cell, _ in met[number]],
                {category for _, _, category in met[number]},
            ),
        )
        for number in sorted(met, key=order.__getitem__)  # type: ignore[arg-type]  # only places that `order` has
    )


def _shown_or_not(
    release: Release, answers: Answers, gates: Sequence[Applied[Gate]], tools: Sequence[Applied[Tool]]
) -> Iterator[Applied[Tool]]:
    facts = release.catalogue.by_slug["circumstances"]
    demands = [facts[slug] for slug in answers.circumstances or () if facts[slug].offers]
    not_yet = any(gate.row.level == NOT_YET for gate in gates)
    for tool in tools:
        unmet = [fact for fact in demands if not set(fact.offers) & set(tool.row.offered)]
        why = wording.NO_TOOL_YET if not_yet else wording.not_offered(unmet[0]) if unmet else ""
        yield Applied(tool.row, tool.needs, tool.filled, why)
