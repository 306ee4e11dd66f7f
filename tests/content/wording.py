"""How hard a text is to read, and which runs of words it has, without a dictionary."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

RUN = 8
"""This many words in a row are a quotation."""

_SILENT_ENDING = re.compile(r"(?:[^laeiouy]es|[^td]ed|[^laeiouy]e)$")
_SPOKEN_ENDING = re.compile(r"(?:[sxzcg]|ch|sh)es$")


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
    """The Flesch-Kincaid grade: years at school in the United States."""
    found = words(text)
    per_sentence = len(found) / len(sentences(text))
    per_word = sum(map(syllables, found)) / len(found)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def runs(text: str) -> Iterator[str]:
    """Every run of RUN words, in small letters and without marks."""
    found = re.findall(r"[a-z0-9]+", text.lower())
    for start in range(len(found) - RUN + 1):
        yield " ".join(found[start : start + RUN])


def digest(run: str) -> str:
    return hashlib.sha256(run.encode()).hexdigest()[:16]
