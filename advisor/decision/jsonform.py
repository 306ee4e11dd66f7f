"""The one JSON form of a recommendation. `docs/reference/recommendation.md` documents it, field by field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Claim, Entry
from advisor.decision.recommendation import AppliedGate, Case, Change, Recommendation, Verdict, WhyNot, plain

SCHEMA = 1


def to_json(recommendation: Recommendation) -> dict[str, Any]:
    """Plain dicts, lists, texts, numbers and booleans; records are named by slug, with their name beside it."""
    release, headline = recommendation.release, recommendation.headline
    form = {
        "schema": SCHEMA,
        "release": {"number": release.number, "sha256": release.sha256, "published_at": release.published_at},
        "answers": _answers(recommendation.answers),
        "headline": {
            "category": headline.category.slug,
            "name": headline.category.name,
            "sentence": headline.sentence,
            "tie": _slugs(headline.tie),
            "shares": [{"category": share.category.slug, "needs": _slugs(share.needs)} for share in headline.shares],
            "sure": headline.sure,
            "sure_because": headline.sure_because,
        },
        "readiness": {
            "level": recommendation.readiness.level,
            "sentence": recommendation.readiness.sentence,
            "gates": [_gate(gate) for gate in recommendation.readiness.gates],
        },
        "needs": [_verdict(verdict) for verdict in recommendation.verdicts],
        "caveats": [
            {
                "slug": applied.caveat.slug,
                "name": applied.caveat.name,
                "severity": applied.caveat.severity,
                "text": applied.caveat.text,
                "action": applied.caveat.action,
                "status": applied.caveat.status,
                "certainty": applied.caveat.certainty,
                "reason": plain(applied.reason),
                "needs": _slugs(applied.needs),
                **_claim(applied.caveat),
            }
            for applied in recommendation.caveats
        ],
        "tools": [
            {
                "slug": suggested.tool.slug,
                "name": suggested.tool.name,
                "maker": suggested.tool.maker,
                "what_for": suggested.tool.what_for,
                "limits": suggested.tool.limits,
                "price_model": suggested.tool.price_model,
                "data_use": suggested.tool.data_use,
                "offered": list(suggested.tool.offered),
                "url": suggested.tool.url,
                "tie": suggested.tool.tie,
                "fit": suggested.fit,
                "needs": _slugs(suggested.needs),
                **_claim(suggested.tool),
            }
            for suggested in recommendation.tools
        ],
        "what_if": [_change(change) for change in recommendation.what_if],
        "why_not": [_why_not(other) for other in recommendation.why_not],
        "notices": [
            {"kind": notice.kind, "key": notice.key, "value": notice.value, "text": notice.text}
            for notice in recommendation.notices
        ],
    }
    return {**form, "sources": _sources(recommendation)}


def _sources(recommendation: Recommendation) -> list[dict[str, Any]]:
    """Every source that the recommendation cites, in the editors' order."""
    claims: list[Claim] = [case.rule for verdict in recommendation.verdicts for case in verdict.cases]
    claims += [applied.gate for applied in recommendation.readiness.gates]
    claims += [applied.caveat for applied in recommendation.caveats]
    claims += [suggested.tool for suggested in recommendation.tools]
    cited = {slug for claim in claims for slug in (*claim.sources, *claim.contested_sources)}
    return [
        {
            "slug": source.slug,
            "title": source.title,
            "publisher": source.publisher,
            "url": source.url,
            "dated": source.dated,
            "opened": source.opened,
        }
        for source in recommendation.release.catalogue.sources
        if source.slug in cited
    ]


def _slugs(entries: Iterable[Entry]) -> list[str]:
    return [entry.slug for entry in entries]


def _answers(answers: Answers) -> dict[str, Any]:
    return {
        "industry": answers.industry,
        "need": list(answers.needs),
        "modality": None if answers.modalities is None else list(answers.modalities),
        "fact": None if answers.circumstances is None else list(answers.circumstances),
        "query": urlencode(answers.pairs()),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "sources": list(claim.sources),
        "checked_on": claim.checked_on.isoformat(),
        "review_by": claim.review_by.isoformat(),
        "contested": claim.contested,
        "contested_sources": list(claim.contested_sources),
    }


def _gate(applied: AppliedGate) -> dict[str, Any]:
    gate = applied.gate
    return {
        "slug": gate.slug,
        "name": gate.name,
        "level": gate.level,
        "because": plain(applied.reason),
        "action": gate.action,
        "needs": _slugs(applied.needs),
        **_claim(gate),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "need": verdict.need.slug,
        "name": verdict.need.name,
        "category": verdict.category.slug,
        "also": [{"category": also.category.slug, "modalities": _slugs(also.modalities)} for also in verdict.also],
        "level": verdict.level,
        "gates": [applied.gate.slug for applied in verdict.gates],
        "sure": verdict.sure,
        "tools": [suggested.tool.slug for suggested in verdict.tools],
        "cases": [_case(case) for case in verdict.cases],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "modality": case.modality.slug,
        "assumed": case.assumed,
        "category": case.category.slug,
        "rule": case.rule.slug,
        "because": plain(case.reason),
        "look_for": case.rule.look_for,
        "sure": case.sure,
        **_claim(case.rule),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "key": change.key,
        "value": change.slug,
        "name": change.name,
        "category": change.category.slug,
        "tie": _slugs(change.tie),
        "level": change.level,
        "query": urlencode(change.answers.pairs()),
    }


def _why_not(other: WhyNot) -> dict[str, Any]:
    return {
        "category": other.category.slug,
        "rule": other.rule.slug if other.rule else None,
        "need": other.need.slug if other.need else None,
        "missing": [{"key": key, "values": list(values)} for key, values in other.missing],
        "sentence": other.sentence,
    }
