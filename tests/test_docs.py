"""The documents keep up with the code: links lead somewhere, and whatever can be listed is listed in full."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.core.management import load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from advisor import draftsheets
from advisor.decision import checks
from advisor.decision.answers import read
from advisor.decision.catalogue import Catalogue, Claim, Condition, Rule, fields_of
from advisor.decision.jsonform import to_json
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.environment import VARIABLES
from advisor.models import fixtures

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
REFERENCE = DOCS / "reference"
COMMANDS = sorted(
    path.stem for path in (ROOT / "advisor/management/commands").glob("*.py") if not path.stem.startswith("_")
)

ADDRESSES = [
    "industry=law-finance&need=contract-review",
    "industry=other&need=forecast&need=chatbot&modality=text&modality=figures",
    "industry=healthcare&need=diagnosis&need=chatbot&modality=figures&fact=health-data&fact=no-checker",
    "industry=marketing-advertising&need=personal-campaigns&modality=text&modality=images&modality=figures&fact=none",
    "industry=other&need=not-listed&need=nope&modality=none&modality=text&modality=text&fact=no-own-data&colour=red",
]


def text(name: str) -> str:
    return (REFERENCE / name).read_text()


def prose(page: Path) -> Iterator[str]:
    """The lines of a page that are not in a block of code."""
    in_code = False
    for line in page.read_text().splitlines():
        in_code ^= line.lstrip().startswith("```")
        if not in_code:
            yield line


def links(page: Path) -> Iterator[str]:
    for line in prose(page):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"[a-z]+:", target):
                yield target


@functools.cache
def anchors(page: Path) -> set[str]:
    """The anchors that a forge makes of a page's headings."""
    titles = [re.sub(r"^#+ ", "", line) for line in prose(page) if re.match(r"#+ ", line)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def section(page: str, title: str) -> str:
    """What stands under a heading of a reference page."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text(page), re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no heading “{title}”"
    return found[1]


def first_column(markdown: str) -> list[str]:
    """What stands between backquotes in the first cell of each row."""
    return re.findall(r"^\| `([^`]+)` \|", markdown, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    wrong = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            wrong.append(target)

    assert wrong == []


def test_the_index_names_every_page() -> None:
    named = {(DOCS / target.partition("#")[0]).resolve() for target in links(DOCS / "README.md")}

    assert [page for page in PAGES if page.parent.is_relative_to(DOCS) and page not in named] == [DOCS / "README.md"]


def test_every_command_is_documented_and_no_other() -> None:
    headings = re.findall(r"^## (\w+)$", text("commands.md"), re.MULTILINE)

    assert sorted(headings) == sorted([*COMMANDS, "make"])
    for command in COMMANDS:
        assert f"| `{command}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_documented_and_no_other(command: str) -> None:
    own = load_command_class("advisor", command).create_parser("manage.py", command)._actions
    common = {"help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color"}
    options = {
        (action.option_strings or [action.dest])[0] for action in own if action.dest not in {*common, "skip_checks"}
    }

    # How the answers of `advise` are written stands above its table.
    assert set(first_column(section("commands.md", command))) == options - {"answers"}


def test_every_setting_is_documented_and_no_other() -> None:
    known = {*VARIABLES, "SIGNPOST_ENV_FILE"}
    for page in (REFERENCE / "settings.md", ROOT / "README.md"):
        settings = [name for name in first_column(page.read_text()) if name == "PORT" or name.startswith("SIGNPOST")]
        assert sorted(settings) == sorted(known)

    for page in PAGES:
        named = set(re.findall(r"SIGNPOST_[A-Z]+(?:_[A-Z]+)*", page.read_text()))
        assert {name for name in named if name not in known and name.removesuffix("_FILE") not in known} == set()


def _in_capitals(part: re.Match[str]) -> str:
    """How the page writes a part that changes."""
    return {"pk": "NUMBER"}.get(part[1], part[1].upper())


def test_every_address_is_documented_and_no_other() -> None:
    documented = set(first_column(section("addresses.md", "Pages")))
    patterns = [pattern for pattern in get_resolver().url_patterns if isinstance(pattern, URLPattern | URLResolver)]
    steps = {"/advice/industry/", "/advice/goals/", "/advice/output/", "/advice/circumstances/"}
    known = {"/" + re.sub(r"<(?:str|int|uuid):(\w+)>", _in_capitals, str(pattern.pattern)) for pattern in patterns}

    assert documented == (known - {"/advice/<slug:step>/"}) | steps


def test_every_kind_of_notice_is_documented_and_no_other() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "advisor/decision").glob("*.py"))
    kinds = set(re.findall(r"Notice\(\s*\"([a-z-]+)\"", sources))

    assert set(first_column(section("addresses.md", "What was not counted"))) == kinds
    assert set(schema()["$defs"]["notice"]["properties"]["kind"]["enum"]) == kinds


def test_every_kind_of_finding_is_documented_with_its_severity_and_no_other() -> None:
    models = ROOT / "advisor/models"
    code = "".join(path.read_text() for path in (Path(checks.__file__), models / "releases.py", models / "links.py"))
    found = re.findall(r"Finding\(\s*(?:kind=)?\"([a-z-]+)\",\s*(?:severity=)?(ERROR|WARNING)", code)

    documented = re.findall(r"^\| `([a-z-]+)` \| (error|warning) \|", text("findings.md"), re.MULTILINE)

    assert sorted(documented) == sorted((kind, severity.lower()) for kind, severity in found)


@pytest.mark.parametrize("name", Catalogue.SECTIONS)
def test_every_field_of_a_record_is_documented_and_no_other(name: str) -> None:
    kind = Catalogue.SECTIONS[name]
    shared = {field for parent in (Claim, Condition) if issubclass(kind, parent) for field in parent.__annotations__}
    if issubclass(kind, Rule | Condition):
        shared |= {"industries", "needs", "modalities", "circumstances"}

    assert set(first_column(section("document.md", "Shared fields"))) >= shared
    assert set(first_column(section("document.md", name))) == set(fields_of(kind)) - shared


@pytest.mark.parametrize("name", Catalogue.SECTIONS)
def test_every_column_of_the_spreadsheet_is_documented_and_no_other(name: str) -> None:
    rows = [f"| {own.title} | {own.how()} | `{own.name}` |" for own in draftsheets.columns_of(name)]

    documented = section("spreadsheet.md", draftsheets.sheet_title(name)).splitlines()
    assert [line for line in documented if line.startswith("|")][2:] == rows


@functools.cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text("recommendation.schema.json"))
    return found


def problems(value: Any, rule: dict[str, Any], where: str = "$") -> Iterator[str]:
    """What is wrong with a value by the part of JSON Schema that our schema uses. An unknown word is an error."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    for word, wants in rule.items():
        if word == "$ref":
            yield from problems(value, schema()["$defs"][wants.removeprefix("#/$defs/")], where)
        elif word == "type":
            names = [wants] if isinstance(wants, str) else wants
            if type(value) not in [kinds[name] for name in names]:
                yield f"{where}: {value!r} is not of type {wants}"
        elif word in ("const", "enum"):
            if value not in (wants if word == "enum" else [wants]):
                yield f"{where}: {value!r} is not {wants}"
        elif word == "required":
            yield from (f"{where}: {name} is missing" for name in wants if name not in value)
        elif word == "properties":
            for name in value.keys() & wants.keys():
                yield from problems(value[name], wants[name], f"{where}.{name}")
        elif word == "additionalProperties":
            assert wants is False
            yield from (f"{where}: {name} is unknown" for name in value.keys() - rule["properties"].keys())
        elif word == "items":
            for number, item in enumerate(value or []):
                yield from problems(item, wants, f"{where}[{number}]")
        elif word == "minItems":
            if len(value) < wants:
                yield f"{where}: has fewer than {wants} items"
        elif word == "minimum":
            if value < wants:
                yield f"{where}: is less than {wants}"
        elif word == "pattern":
            if not re.search(wants, value):
                yield f"{where}: {value!r} does not match {wants}"
        else:
            assert word in ("description", "title", "format", "$schema", "$defs"), f"the validator does not know {word}"


@functools.cache
def shipped() -> Release:
    return Release.of_draft(fixtures.read(ROOT / "fixtures"))


def advice(query: str) -> dict[str, Any]:
    answers, notices = read(parse_qsl(query), shipped().catalogue)
    found: dict[str, Any] = json.loads(json.dumps(to_json(recommend(shipped(), answers, notices))))
    return found


@pytest.mark.parametrize("query", ADDRESSES)
def test_a_recommendation_is_what_its_schema_says(query: str) -> None:
    assert list(problems(advice(query), schema())) == []


def test_the_advice_of_every_example_is_what_the_schema_says() -> None:
    wrong = {
        example.slug: list(problems(advice(example.answers), schema())) for example in shipped().catalogue.examples
    }

    assert {slug: found for slug, found in wrong.items() if found} == {}


def test_the_schema_refuses_what_it_does_not_name() -> None:
    changed = advice(ADDRESSES[0])
    changed["needs"][0]["score"] = 0.9
    changed["readiness"]["level"] = "maybe"
    del changed["headline"]["sure"]

    assert len(list(problems(changed, schema()))) == 3


def test_every_object_of_the_schema_is_closed_and_every_field_of_it_explained() -> None:
    fields: dict[str, Any] = {}
    for part in (schema(), *schema()["$defs"].values(), *schema()["properties"].values()):
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert set(part["required"]) == set(part["properties"])
            fields |= part["properties"]

    assert [name for name, field in fields.items() if not ("description" in field or "$ref" in field)] == []
    assert set(fields) <= set(first_column(text("recommendation.md")))


def test_every_record_that_the_list_of_the_article_names_exists() -> None:
    by_slug = shipped().catalogue.by_slug
    named = re.findall(r"\[([a-z]+)/([a-z0-9-]+)\]\(\.\./\.\./fixtures/([a-z]+)\.json\)", text("article.md"))

    assert len(named) > 200
    assert [f"{name}/{slug}" for name, slug, file in named if name != file or slug not in by_slug.get(name, {})] == []
