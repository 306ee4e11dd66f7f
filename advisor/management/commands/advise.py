"""The same advice without a browser."""

import difflib
import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from advisor import published, recalls
from advisor.decision.answers import NONE, SECTION_OF, Answers, MalformedAnswers, read
from advisor.decision.jsonform import to_json
from advisor.decision.recommend import Incomplete, recommend
from advisor.decision.release import Release
from advisor.decision.textform import to_text
from advisor.models import Release as StoredRelease


class Command(BaseCommand):
    help = (
        "Advise on answers given as key=value, with the keys industry, need, modality and fact: "
        "manage.py advise industry=law-finance need=contract-review modality=text. "
        "Exits 2 when a key or value is wrong or missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "answers", nargs="*", metavar="key=value", help="an answer; need, modality and fact may repeat"
        )
        parser.add_argument("--json", action="store_true", help="print the recommendation as JSON")
        parser.add_argument(
            "--release", type=int, metavar="N", help="advise under release N instead of the current one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        release = self._release(options["release"])
        recalled = recalls.of(release)
        if recalled:
            raise CommandError(f"Release {recalled.number} was withdrawn on {recalled.day:%d %B %Y}. {recalled.text}")
        recommendation = recommend(release, self._answers(release, options["answers"]))
        if options["json"]:
            self.stdout.write(json.dumps(to_json(recommendation), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(to_text(recommendation))

    def _release(self, number: int | None) -> Release:
        try:
            return published.current() if number is None else published.release(number)
        except published.NoRelease as error:
            raise CommandError(str(error)) from error
        except StoredRelease.DoesNotExist:
            numbers = ", ".join(str(known) for known in StoredRelease.objects.values_list("number", flat=True))
            _refuse(f"There is no release {number}. There are: {numbers}.")

    def _answers(self, release: Release, words: Sequence[str]) -> Answers:
        pairs = [(key, value) for key, _equals, value in (word.partition("=") for word in words)]
        problems = [
            problem for word, pair in zip(words, pairs, strict=True) for problem in _wrong(release, word, *pair)
        ]
        if problems:
            _refuse("\n".join(problems))
        try:
            answers, notices = read(pairs, release.catalogue)
        except MalformedAnswers as error:
            _refuse(str(error))
        for notice in notices:
            if notice.kind == "several":
                _refuse(notice.text)
            self.stderr.write(notice.text)
        missing = [key for key, given in (("industry", answers.industry), ("need", answers.needs)) if not given]
        if missing:
            _refuse(str(Incomplete(missing)).capitalize() + ". " + _known(release, missing[0]))
        return answers


def _wrong(release: Release, word: str, key: str, value: str) -> Iterator[str]:
    """What is wrong with one key=value, with the nearest right ones."""
    if "=" not in word:
        yield f"“{word}” is not key=value, for example need=chatbot."
    elif key not in SECTION_OF:
        yield f"“{key}” is not a key. {_nearest(key, list(SECTION_OF))}"
    else:
        slugs = list(release.catalogue.by_slug[SECTION_OF[key]]) + ([NONE] if key in ("modality", "fact") else [])
        if value not in slugs:
            yield f"“{value}” is not a value of {key}. {_nearest(value, slugs)}"


def _nearest(word: str, known: Sequence[str]) -> str:
    close = (
        difflib.get_close_matches(word, known, n=3, cutoff=0.5) or [slug for slug in known if word and word in slug][:3]
    )
    return f"Did you mean {' or '.join(close)}?" if close else f"Known are: {', '.join(known)}."


def _known(release: Release, key: str) -> str:
    return f"Give {key}= one of: {', '.join(release.catalogue.by_slug[SECTION_OF[key]])}."


def _refuse(text: str) -> NoReturn:
    raise CommandError(text, returncode=2)
