"""The sentences that the decision itself composes, kept in one place so that another language can replace them."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.decision.catalogue import Category, Circumstance, Gate, Industry, Modality, Need, Rule

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(items: Sequence[str], last: str = "and") -> str:
    """Items as a person would say them: a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def goals(count: int) -> str:
    return f"{number(count)} goal" if count == 1 else f"{number(count)} goals"


def headline_alone(count: int) -> str:
    if count == 1:
        return "It fits your goal."
    return "It fits both of your goals." if count == 2 else f"It fits all {number(count)} of your goals."


def headline_together(words: int, media: int, both: int) -> str:
    parts = [
        f"{goals(count)} {'calls' if count == 1 else 'call'} for {what}"
        for count, what in ((words, "words"), (media, "media"), (both, "both at once"))
        if count
    ]
    return capital(listed(parts)) + ", so the two belong together."


def headline_tie(tied: Sequence[Category], each: int, first: Category) -> str:
    names = listed([category.phrase for category in tied])
    serves = f"{capital(names)} serve {goals(each)} each." if each > 1 else f"One goal each for {names}."
    return f"A tie. {serves} We name {first.phrase} first because its goal comes first in your list."


def headline_lead(leading: int, total: int, others: Sequence[tuple[Category, int]]) -> str:
    """How many goals the leading kind fits, then how many need another kind, then how many need none."""
    with_ai = sum(count for category, count in others if category.uses_ai)
    without = sum(count for category, count in others if not category.uses_ai)
    said = [f"It fits {number(leading)} of your {number(total)} goals."]
    if with_ai:
        kind = (
            "another kind of AI" if sum(1 for category, _ in others if category.uses_ai) == 1 else "other kinds of AI"
        )
        said.append(f"{capital(number(with_ai))} {'needs' if with_ai == 1 else 'need'} {kind}.")
    if without:
        said.append(f"{capital(number(without))} {'needs' if without == 1 else 'need'} no AI.")
    return " ".join(said)


def also(category: Category, modalities: Sequence[Modality]) -> str:
    return f"and, for {listed([modality.phrase for modality in modalities])}, {category.phrase}"


def readiness(level: str, steps: int, held_up: int, total: int) -> str:
    if level == "ready":
        return "Ready: nothing to put right first."
    things = "one thing" if steps == 1 else f"{number(steps)} things"
    if level == "prepare":
        return f"Prepare first: {things}."
    must = f"{capital(things)} must be true first"
    return f"{must}." if held_up == total else f"{must}, for {number(held_up)} of your {number(total)} goals."


def sure(word: str, why: Sequence[str], *, alone: bool) -> str:
    """How sure the table is, in a sentence. `why` lists what makes it less than clear; `alone`: all goals agree."""
    if not why and alone:
        return "Clear: every row of the table that fits your answers points here."
    if not why:
        return "Clear: no goal is in doubt, and no other kind comes close."
    return f"{capital(word)}: {'; '.join(why)}."


DOUBTS = {
    "rival": "a broader row points elsewhere, and the closer row wins",
    "contested": "part of it is contested, as shown below",
    "assumed": "you left open what a goal should produce, so we took what it usually does",
}
TIED = "two or more kinds serve equally many of your goals"
SPLIT = "one goal fewer could make it a tie"


NOT_ASKED = "You have not told us what is true for your business yet, so none of that counts here."


def filled_in(need: Need, modality: Modality, asked_none: bool) -> str:
    if asked_none:
        return f"You left open what “{need.name}” should produce. It usually means {modality.phrase}, so we count that."
    return f"You did not tick {modality.phrase}, but “{need.name}” usually means {modality.phrase}. We count that."


def why_not_yet(
    category: Category,
    need: Need,
    *,
    adds_need: bool,
    modality: Modality | None,
    ticked: Sequence[Circumstance],
    industry: Industry | None,
) -> str:
    """Names every answer that is missing until the category would fit."""
    conditions = [f"you also wanted to {need.phrase}"] if adds_need else []
    if modality:
        conditions.append(f"it should produce {modality.phrase}")
    if ticked:
        conditions.append(f"you also said that {listed([fact.phrase for fact in ticked])}")
    what = "" if adds_need else f" “{need.name}”"
    where = f" for {industry.phrase}" if industry else ""
    when = f" if {listed(conditions)}" if conditions else ""
    return f"{category.name} would fit{what}{where}{when}."


def why_not_part(category: Category, need: Need, parts: Sequence[Modality], whole: Category) -> str:
    made = listed([modality.phrase for modality in parts])
    return f"{category.name} fits part of “{need.name}”: {made}. As a whole the goal calls for {whole.phrase}."


def why_not_share(category: Category, count: int, leading: Category, *, tied: bool, joined: bool) -> str:
    """`joined`: the leading kind leads because it joins this one with another, and not by count."""
    if tied:
        return f"{category.name} fits {goals(count)} of yours too. It is tied with the kind named first."
    if joined:
        return f"{category.name} fits {goals(count)} of yours. With your other goals it adds up to {leading.phrase}."
    return f"{category.name} fits {goals(count)} of yours, but another kind serves more."


def why_not_together(category: Category, parts: Sequence[Category], have: Sequence[Category]) -> str:
    missing = [part.phrase for part in parts if part not in have]
    if not have or not missing:
        return f"{category.name} would lead if your goals were for {listed([part.phrase for part in parts])} only."
    return f"{category.name} would lead if one more goal called for {listed(missing)}, and none for any other kind."


def why_not_never(category: Category) -> str:
    return f"No row of this release leads to {category.phrase}."


NOT_KNOWN_ANY_MORE = (
    "Today’s rules no longer know your industry or any of your goals, so they give no advice to these answers."
)
KNOWN_AGAIN = "Our rules know your answers again, and give advice to them."
WORDS_CHANGED = "Names or the order of a list were changed. The advice itself is the same."


def answer_gone(name: str) -> str:
    return f"“{name}” is no longer among the answers, so it does not count today."


def goal_points_elsewhere(need: Need, was: Category, now: Category) -> str:
    return f"“{need.name}” pointed to {was.phrase}. Today it points to {now.phrase}."


def goal_decided_anew(need: Need, which_row: str) -> str:
    return f"“{need.name}” points the same way, for another reason. {which_row}"


def row_is_new(row: Rule) -> str:
    return f"A new rule decides: {row.because}"


def row_changed(row: Rule) -> str:
    return f"The rule that decides was changed: {row.because}"


def row_the_same(row: Rule) -> str:
    return f"The same rule decides, but for other things to produce: {row.because}"


def row_took_over(row: Rule, *, gone: bool) -> str:
    why = "The rule that decided then is gone. Now this one does" if gone else "Another rule decides now"
    return f"{why}: {row.because}"


def headline_changed(was: Category, now: Category) -> str:
    return f"Over all, the advice named {was.phrase} first. Today it names {now.phrase}."


def tie_changed(tied: Sequence[Category]) -> str:
    if not tied:
        return "There was a tie. Today one kind leads."
    return f"Today there is a tie between {listed([category.phrase for category in tied])}."


def step_came(gate: Gate) -> str:
    return f"One more thing to put right first: {gate.name}."


def step_changed(gate: Gate) -> str:
    return f"What to put right first reads otherwise: {gate.name}."


def step_went(gate: Gate) -> str:
    return f"No longer asked for: {gate.name}."


_LISTED = {
    ("caveat", "came"): "New to mind",
    ("caveat", "changed"): "To mind, with other words",
    ("caveat", "went"): "No longer listed to mind",
    ("tool", "came"): "New among the tools",
    ("tool", "changed"): "Tools with other facts",
    ("tool", "went"): "No longer among the tools",
}


def listed_otherwise(about: str, how: str, names: Sequence[str], most: int = 5) -> str:
    """Names of caveats or tools. Of a long list, the first ones and a count of the others."""
    shown = [*names[:most], f"{number(len(names) - most)} more"] if len(names) > most else names
    return f"{_LISTED[about, how]}: {listed(shown)}."


def sure_changed(sure_because: str) -> str:
    return f"How sure we are reads otherwise today. {sure_because}"


WINS_ALONE = "Wins: no other rule fits."
WINS_A_CONFLICT = "A conflict: another rule has as many filled cells and points elsewhere. A release may not have this."
IN_CONFLICT = "A conflict: it has as many filled cells as the rule above, and points elsewhere."
SAYS_THE_SAME = "It has as many filled cells as the rule that wins, and points the same way."
NO_TOOL_YET = "Not shown: while the answer is “not yet”, no tool is named."


def filled_cells(count: int) -> str:
    return f"{number(count)} filled {'cell' if count == 1 else 'cells'}"


def wins(cells: int, *, shared: bool) -> str:
    if shared:
        return f"Wins: {filled_cells(cells)}. Others have as many and point the same way; this one comes first."
    return f"Wins: {filled_cells(cells)}, more than any other rule that fits."


def loses(cells: int, winning: int, winner: Rule) -> str:
    return f"Loses: {filled_cells(cells)}. “{winner.slug}” has {number(winning)}."


def not_offered(fact: Circumstance) -> str:
    return f"Not shown: it is not offered in a way that fits “{fact.name}”."
