"""Answers to an address, and back. Answers live in the query of the address and nowhere else."""

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest
from django.urls import reverse

from advisor.decision.answers import MAX_PAIRS, Answers, MalformedAnswers, Notice, read
from advisor.decision.release import Release

STEPS = {"industry": "industry", "need": "goals", "modality": "output", "fact": "circumstances"}
"""Each question's key and its name in the path."""

KEYS = {step: key for key, step in STEPS.items()}

BESIDE = "with"
"""The key of a kept result's token, which goes along while a colleague answers, to compare the two in the end."""

PAGE_KEYS = frozenset({"answered", "find", "format", "form_key", "paper", "release", BESIDE})
"""Keys that our pages add for themselves. None is an answer, and only the token of `BESIDE` is ever kept."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{24}")
"""What the token of a kept result looks like."""


def pairs_in(query: str) -> list[tuple[str, str]]:
    """The key=value pairs of a query string, in its order. Raises MalformedAnswers when there are far too many."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PAIRS + len(PAGE_KEYS))
    except ValueError as error:
        raise MalformedAnswers("This address has more parts than our questions make.") from error


def answers_in(request: HttpRequest, release: Release) -> tuple[Answers, tuple[Notice, ...]]:
    """What the address of this request answers, or its form when one was posted, with a notice for what does not count.

    Raises MalformedAnswers, which the site shows as a page with status 400.
    """
    if request.method == "POST":
        return _read([(key, value) for key, values in request.POST.lists() for value in values], release)
    return answers_of(request.META.get("QUERY_STRING", ""), release)


def answers_of(query: str, release: Release) -> tuple[Answers, tuple[Notice, ...]]:
    """As `answers_in`, for a query by itself."""
    return _read(pairs_in(query), release)


def _read(pairs: Sequence[tuple[str, str]], release: Release) -> tuple[Answers, tuple[Notice, ...]]:
    return read([pair for pair in pairs if pair[0] not in PAGE_KEYS], release.catalogue)


def page_key(request: HttpRequest, key: str) -> str:
    """The value of one of our pages' own keys, empty when it is not there."""
    return (request.POST if request.method == "POST" else request.GET).get(key, "")


def beside(request: HttpRequest) -> str:
    """The token of the result that this visitor answers to compare with, empty for all others."""
    token = page_key(request, BESIDE)
    return token if TOKEN.fullmatch(token) else ""


def query(answers: Answers, ignored: Sequence[Notice] = (), beside: str = "") -> str:
    """The query string of these answers. Pairs that were ignored are kept for the next page to say so.

    `beside` is a token, which needs no quoting.
    """
    kept = [(notice.key, notice.value) for notice in ignored if notice.kind in ("unknown-key", "unknown-value")]
    kept += [(notice.key, slug) for notice in ignored if notice.kind == "several" for slug in notice.value.split(", ")]
    return "&".join(filter(None, (answers.query, urlencode(kept), f"{BESIDE}={beside}" if beside else "")))


def with_query(path: str, answers: Answers, ignored: Sequence[Notice] = (), beside: str = "") -> str:
    parameters = query(answers, ignored, beside)
    return f"{path}?{parameters}" if parameters else path


@cache
def path(name: str, *args: str) -> str:
    """The path of a page. What pages link to never changes while the site runs."""
    return reverse(name, args=args)


def question_url(key: str, answers: Answers, ignored: Sequence[Notice] = (), beside: str = "") -> str:
    return with_query(path("question", STEPS[key]), answers, ignored, beside)


def check_url(answers: Answers, ignored: Sequence[Notice] = (), beside: str = "") -> str:
    return with_query(path("check"), answers, ignored, beside)


def keep_url(answers: Answers, release_number: int) -> str:
    """Where these answers and the advice of that release can be kept under a short link."""
    return f"{with_query(path('keep'), answers)}&release={release_number}"


def about(answers: Answers, release_number: int, beside: str = "") -> str:
    """What names the advice of that release for these answers, as a query."""
    return f"{query(answers, beside=beside)}&release={release_number}"


def result_url(answers: Answers, ignored: Sequence[Notice] = (), beside: str = "") -> str:
    return with_query(path("result"), answers, ignored, beside)


class ResultsBeside:
    """Addresses of the advice for answers that differ in one from these: many at little cost."""

    def __init__(self, answers: Answers, beside: str = "") -> None:
        self._answers, self._beside = answers, beside
        self._parts = {key: "" for key in STEPS}
        for key, slug in answers.pairs():
            self._parts[key] += f"&{key}={slug}"

    def of(self, action: str, key: str, slug: str) -> str:
        """`action`, `key` and `slug` as in `Answers.changed`."""
        if action == "add" and self._answers.picked(key):
            part = f"{self._parts[key]}&{key}={slug}"
        elif action in ("add", "swap"):
            part = f"&{key}={slug}"
        else:
            return result_url(self._answers.changed(action, key, slug), beside=self._beside)
        pairs = "".join([part if of == key else text for of, text in self._parts.items()])
        return f"{path('result')}?{pairs[1:]}{f'&{BESIDE}={self._beside}' if self._beside else ''}"


def compare_url(one: str = "", two: str = "") -> str:
    """The page that shows two results side by side, or its form. Each is a token, or answers as in an address."""
    pairs = [(key, reference) for key, reference in (("one", one), ("two", two)) if reference]
    return f"{path('compare')}?{urlencode(pairs)}" if pairs else path("compare")
