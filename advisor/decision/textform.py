"""A recommendation as text, for a terminal or a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from advisor.decision.recommendation import Recommendation, Verdict, plain

WIDTH = 88


def to_text(recommendation: Recommendation) -> str:
    return "\n".join(_lines(recommendation))


def _lines(r: Recommendation) -> Iterator[str]:
    release = r.release
    yield _plate(r)
    yield from _wrapped(r.headline.sentence)
    yield from _wrapped(r.headline.sure_because)
    yield ""
    yield r.readiness.sentence
    for number, applied in enumerate(r.readiness.gates, start=1):
        yield from _wrapped(f"{number}. {applied.gate.name} [{applied.gate.level}]")
        yield from _wrapped(plain(applied.reason), "   ")
        yield from _wrapped(applied.gate.action, "   ")
    yield from _titled("Goal by goal")
    for verdict in r.verdicts:
        yield from _verdict(verdict)
    yield from _titled("What to mind")
    for item in r.caveats:
        yield from _wrapped(
            f"- {item.caveat.name} [{item.caveat.severity}]. {item.caveat.text} {item.caveat.action}", "  "
        )
        where = "; ".join(release.catalogue.by_slug["sources"][slug].title for slug in item.caveat.sources)
        known = f"{item.caveat.status} {where}. Checked {item.caveat.checked_on}, review by {item.caveat.review_by}."
        yield from _wrapped(known.strip(), "  ", "  ")
    yield from _titled("What would change this advice")
    yield from _changes(r)
    yield from _titled("Why not the others")
    for other in r.why_not:
        yield from _wrapped(f"- {other.sentence}", "  ")
    for notice in r.notices:
        yield from _wrapped(f"Note: {notice.text}")
    yield ""
    yield f"Release {release.number}, {release.published_at[:10]}, sha256 {release.sha256[:12]}."
    yield "Fixed rules written by people; no AI model reads your answers."
    yield "General information, not legal, medical or financial advice."


def _plate(r: Recommendation) -> str:
    tie = f" (a tie with {', '.join(category.name for category in r.headline.tie[1:])})" if r.headline.tie else ""
    lead = "NOT YET: " if r.readiness.level == "not-yet" else ""
    return f"{lead}{r.headline.category.name}{tie}"


def _verdict(verdict: Verdict) -> Iterator[str]:
    yield from _wrapped(f"- {verdict.need.name}: {verdict.category.name} [{verdict.sure}, {verdict.level}]", "  ")
    for case in verdict.cases:
        yield from _wrapped(f"{plain(case.reason)} {case.rule.look_for}".rstrip(), "  ", "  ")
        if case.rule.contested:
            yield from _wrapped(f"Contested: {case.rule.contested}", "  ", "  ")
    if verdict.tools:
        yield from _wrapped(f"Tools: {', '.join(item.tool.name for item in verdict.tools[:5])}", "  ", "  ")


def _changes(r: Recommendation) -> Iterator[str]:
    """Changes of one kind with one outcome in one line, by slug, so that they can be tried at once."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for change in r.what_if:
        tie = f" (a tie with {', '.join(category.name for category in change.tie[1:])})" if change.tie else ""
        outcome = f"{change.category.name}{tie}, {change.level}"
        groups.setdefault((change.action, change.key, outcome), []).append(change.slug)
    for (action, key, outcome), slugs in groups.items():
        yield from _wrapped(f"- {outcome}: {action} {key} {', '.join(slugs)}", "  ")


def _titled(title: str) -> Iterator[str]:
    yield ""
    yield title
    yield "-" * len(title)


def _wrapped(text: str, indent: str = "", first: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False) or [""]
