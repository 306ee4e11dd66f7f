"""The finder: a sentence in, the needs that fit out, by the editors' own words. No AI model, nothing stored."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from advisor.decision.catalogue import Catalogue, Need

MAX_LENGTH = 100
MAX_MATCHES = 5

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_STOP = frozenset(
    [
        "a",
        "about",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "better",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "get",
        "give",
        "has",
        "have",
        "help",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "like",
        "make",
        "me",
        "more",
        "my",
        "need",
        "of",
        "on",
        "or",
        "our",
        "out",
        "over",
        "own",
        "should",
        "so",
        "some",
        "that",
        "the",
        "their",
        "them",
        "then",
        "they",
        "thing",
        "things",
        "this",
        "to",
        "too",
        "up",
        "us",
        "use",
        "want",
        "we",
        "what",
        "when",
        "where",
        "which",
        "who",
        "will",
        "with",
        "without",
        "work",
        "would",
        "you",
        "your",
    ]
)


def find(catalogue: Catalogue, text: str) -> tuple[Need, ...]:
    """The needs that fit the text best, at most MAX_MATCHES, best first; equally good ones in the editors' order.

    A word counts for as much as it is rare among the needs; one that stands in a need's own words or name counts twice
    as much as one that stands in its help line. A word nobody used is read as the closest one in spelling, if any.
    """
    index = _Index.of(catalogue)
    scores: dict[str, float] = {}
    for stem in _stems(text[:MAX_LENGTH]):
        for known in index.closest(stem):
            of_need = index.weights[known]
            for slug, weight in of_need.items():
                scores[slug] = scores.get(slug, 0) + weight / len(of_need)
    best = max(scores.values(), default=0)
    order = {need.slug: number for number, need in enumerate(catalogue.needs)}
    found = sorted((slug for slug in scores if scores[slug] >= best / 2), key=lambda slug: (-scores[slug], order[slug]))
    return tuple(catalogue.by_slug["needs"][slug] for slug in found[:MAX_MATCHES])


def _stem(word: str) -> str:
    """A stemmer of its own: one is not safe between threads. Nothing is kept, as visitors' words pass through."""
    from snowballstemmer.english_stemmer import EnglishStemmer  # commands have no use for it

    stem: str = EnglishStemmer().stemWord(word)
    return stem


def _stems(text: str) -> list[str]:
    words = (word.replace("'s", "").replace("'", "") for word in _WORD.findall(text.lower().replace("’", "'")))
    return list(dict.fromkeys(_stem(word) for word in words if word and word not in _STOP))


class _Index:
    """Stem to need to weight, for one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.weights: dict[str, dict[str, float]] = {}
        for need in catalogue.needs:
            self._add(need.slug, [need.name, *need.words], 2)
            self._add(need.slug, [need.help], 1)

    def _add(self, slug: str, texts: Iterable[str], weight: float) -> None:
        for text in texts:
            for stem in _stems(text):
                of_need = self.weights.setdefault(stem, {})
                of_need[slug] = max(of_need.get(slug, 0), weight)

    def closest(self, stem: str) -> list[str]:
        if stem in self.weights:
            return [stem]
        return difflib.get_close_matches(stem, self.weights, n=1, cutoff=0.8) if len(stem) > 3 else []

    _latest: tuple[Catalogue, _Index] | None = None

    @classmethod
    def of(cls, catalogue: Catalogue) -> _Index:
        """The index of this catalogue. The latest one is kept: a process asks for the current release's only."""
        latest = cls._latest
        if latest is None or latest[0] is not catalogue:
            latest = cls._latest = (catalogue, cls(catalogue))
        return latest[1]
