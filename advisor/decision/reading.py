"""How hard a text is to read, without a dictionary: its words, its sentences and its Flesch-Kincaid grade."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

GOAL = 8.0
"""The highest grade of what visitors read: eight years at school."""

GOALS: Mapping[str, float] = {"caveats": 10.0, "needs": 10.0}
"""The goal of a section, where it is another: caveats name laws, and the help of a need is a bare list."""

LONGEST_SENTENCE = 25
"""In words."""

FEWEST_WORDS = 12
"""A shorter text has no grade of its own: one long word would decide it."""

READ: Mapping[str, tuple[str, ...]] = {
    "categories": ("summary", "strengths", "limits", "training", "contested"),
    "industries": ("help",),
    "needs": ("help",),
    "modalities": ("help",),
    "circumstances": ("help",),
    "rules": ("because", "look_for", "contested"),
    "gates": ("because", "action", "contested"),
    "caveats": ("text", "action", "contested"),
    "tools": ("what_for", "limits", "data_use", "contested"),
    "terms": ("meaning", "contested"),
}
"""The fields of each section that a visitor reads as sentences."""

_SILENT_ENDING = re.compile(r"(?:[^laeiouy]es|[^td]ed|[^laeiouy]e)$")
_SPOKEN_ENDING = re.compile(r"(?:[sxzcg]|ch|sh)es$")
_SHORT = re.compile(r"\b[A-Z]{2,6}\b")

_KNOWN_SHORT = frozenset("AI CEO CV DIY EU FAQ GPS HR ID IT OK PC PDF PR QR TV UK UN US USA USB VAT".split())  # noqa: SIM905  a list would take a line for each
_TECHNICAL = (
    "algorithm",
    "backend",
    "bandwidth",
    "batch",
    "benchmark",
    "big data",
    "byte",
    "clustering",
    "compute",
    "computer vision",
    "context window",
    "corpus",
    "data lake",
    "data warehouse",
    "dataset",
    "deep learning",
    "diffusion model",
    "embedding",
    "encryption",
    "endpoint",
    "few-shot",
    "firewall",
    "foundation model",
    "framework",
    "frontend",
    "generative adversarial network",
    "guardrail",
    "hyperparameter",
    "inference",
    "interface",
    "labelled data",
    "latency",
    "metadata",
    "middleware",
    "multi-agent",
    "natural language processing",
    "neural network",
    "on-premises",
    "overfitting",
    "parameter",
    "pipeline",
    "plug-in",
    "predictive analytics",
    "quantisation",
    "regression",
    "reinforcement learning",
    "repository",
    "retrieval-augmented generation",
    "scalable",
    "sentiment analysis",
    "supervised learning",
    "synthetic data",
    "throughput",
    "token",
    "transformer",
    "unsupervised learning",
    "use case",
    "vector database",
    "virtual machine",
    "webhook",
    "workflow",
    "zero-shot",
)
"""What people who make AI say, and a business owner may not know. Words of everyday use are not here."""


@cache
def _technical_words() -> re.Pattern[str]:
    """Made when a text is first looked at: it takes as long as to import ten modules."""
    return re.compile(rf"\b({'|'.join(map(re.escape, _TECHNICAL))})s?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """`grade` is None when the text is too short to have one. `longest` counts the words of the longest sentence."""

    words: int
    grade: float | None
    longest: int


@lru_cache(maxsize=8192)
def read(text: str) -> Reading:
    # Kept, as the whole draft is checked at each change of one of its texts.
    found = words(text)
    longest = max((len(words(sentence)) for sentence in sentences(text)), default=0)
    return Reading(len(found), grade(text) if len(found) >= FEWEST_WORDS else None, longest)


def as_text(value: str | Iterable[str]) -> str:
    """A text as it is; a list of short texts as one sentence each."""
    if isinstance(value, str):
        return value
    return " ".join(line if line.endswith((".", "?", "!")) else f"{line}." for line in value)


def goal_of(section: str) -> float:
    return GOALS.get(section, GOAL)


def sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text.strip()) if sentence]


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-zÀ-ÿ0-9][A-Za-zÀ-ÿ0-9'’-]*", text)


def syllables(word: str) -> int:
    """About as many as a person speaks: groups of vowels, without a silent ending."""
    return sum(_syllables(part) for part in word.split("-"))


def _syllables(part: str) -> int:
    letters = re.sub(r"[^a-z]", "", re.sub(r"['’]s$", "", part.lower()))
    if len(letters) <= 3:
        return 1
    if _SPOKEN_ENDING.search(letters):
        letters = letters[:-1]
    else:
        letters = _SILENT_ENDING.sub(lambda ending: ending[0][0], letters)
    return max(1, len(re.findall(r"[aeiouy]+", letters)))


def grade(text: str) -> float:
    """The Flesch-Kincaid grade: years at school in the United States. The text must have a word."""
    found = words(text)
    per_sentence = len(found) / len(sentences(text))
    per_word = sum(map(syllables, found)) / len(found)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def unexplained(text: str, terms: Iterable[str]) -> Sequence[str]:
    """Technical words and abbreviations in a text that none of these names of glossary terms explains."""
    explained = {name for term in terms for name in _names(term)}
    found = [match[1] for match in _technical_words().finditer(text)]
    found += [short for short in _SHORT.findall(text) if short not in _KNOWN_SHORT]
    first = {word.lower(): word for word in reversed(found)}
    return [word for key, word in reversed(first.items()) if key not in explained]


def _names(term: str) -> set[str]:
    """“Large language model (LLM)” explains both."""
    return {part.strip().lower() for part in re.split(r"[()]", term) if part.strip()}
