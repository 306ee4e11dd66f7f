"""The gates of tools/gates.toml refuse what they say, and the list of what they let through stays true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.gates import ROOT, RULES, problems

RULE_BOOK: dict[str, Any] = tomllib.loads(RULES.read_text("utf-8"))
REFUSED = [
    ("advisor/page.py", "return mark_safe(text)"),
    ("advisor/page.py", "return SafeString(text)"),
    ("templates/page.html", "{{ text|safe }}"),
    ("templates/page.html", "{% autoescape off %}"),
    ("advisor/page.py", "Template(need.help).render()"),
    ("advisor/page.py", "eval(rule.condition)"),
    ("advisor/page.py", "exec(text)"),
    ("advisor/page.py", "import pickle"),
    ("deploy/run.py", "yaml.load(text)"),
    ("advisor/page.py", "Rule.objects.extra(where=[text])"),
    ("advisor/page.py", "Rule.objects.annotate(x=RawSQL(text, ()))"),
    ("advisor/page.py", "Rule.objects.filter(**request.GET.dict())"),
    ("templates/page.html", '<b hx-on:click="go()">'),
    ("templates/page.html", '<b hx-vals="js:{a: 1}">'),
    ("templates/page.html", '<a href="javascript:go()">'),
    ("templates/page.html", '<img onerror="go()">'),
    ("static/js/page.js", "place.innerHTML = text;"),
    ("advisor/settings.py", '"django.middleware.cache.UpdateCacheMiddleware",'),
    ("advisor/page.py", "@cache_page(60)"),
    ("advisor/admin/page.py", 'list_editable = ["name"]'),
    ("advisor/admin/page.py", "class Notes(GenericTabularInline):"),
    ("templates/page.html", "{{ text|urlize }}"),
    ("templates/page.html", "{{ text|truncatewords_html:9 }}"),
]


def found(folder: Path, file: str, line: str, **rules: Any) -> list[str]:
    (folder / file).parent.mkdir(parents=True)
    (folder / file).write_text(f"    {line}\n", encoding="utf-8")
    return list(problems(folder, {**RULE_BOOK, "allowed": [], **rules}))


def test_nothing_of_it_stands_in_our_code_without_a_reason() -> None:
    assert list(problems(ROOT, RULE_BOOK)) == []


@pytest.mark.parametrize(("file", "line"), REFUSED)
def test_it_is_refused_with_its_place_and_the_reason(tmp_path: Path, file: str, line: str) -> None:
    (problem,) = found(tmp_path, file, line)

    assert problem.startswith(f"{file}:1: ")
    assert line in problem


def test_every_gate_is_tried_here() -> None:
    untried = [gate["name"] for gate in RULE_BOOK["gate"] if not any(re.search(gate["pattern"], r) for _, r in REFUSED)]

    assert untried == []


def test_a_line_that_is_allowed_passes_and_no_other(tmp_path: Path) -> None:
    allowed = [{"file": "advisor/page.py", "line": "return mark_safe(ours)", "why": "It is ours."}]

    assert found(tmp_path / "same", "advisor/page.py", "return mark_safe(ours)", allowed=allowed) == []
    assert len(found(tmp_path / "other", "advisor/page.py", "return mark_safe(theirs)", allowed=allowed)) == 2


def test_an_allowance_for_what_is_gone_is_refused(tmp_path: Path) -> None:
    allowed = [{"file": "advisor/page.py", "line": "return mark_safe(ours)", "why": "It is ours."}]

    (problem,) = found(tmp_path, "advisor/page.py", "return text", allowed=allowed)

    assert problem == "advisor/page.py: allowed, but not there any more: return mark_safe(ours)"


def test_an_allowance_says_why(tmp_path: Path) -> None:
    allowed = [{"file": "advisor/page.py", "line": "return mark_safe(ours)", "why": ""}]

    assert len(found(tmp_path, "advisor/page.py", "return mark_safe(ours)", allowed=allowed)) == 1
