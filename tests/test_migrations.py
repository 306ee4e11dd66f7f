"""A migration that the version before could not live with is refused: tools/migrations.py.

SQLite and PostgreSQL send other statements for the same change, so these run on both.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tools.migrations import RULES, Finding, findings, problems

pytestmark = pytest.mark.django_db

OURS = Path(__file__).parents[1] / "advisor/migrations"
FILE = """
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations import *

def paint(apps, editor):
    pass

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("advisor", "{last}")]
    operations = [{operations}]
"""
CHAR = "models.CharField(max_length={}, {})"
SHELF = 'CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), ("words", models.TextField())])'
INDEX = 'models.Index(fields=["at"], name="made_at")'
REFUSED = {
    "a_column_that_old_code_must_fill": (f'AddField("term", "x", {CHAR.format(9, "default=1")})', "NOT_NULL"),
    "a_column_that_may_not_be_empty_any_more": (f'AlterField("mail", "week", {"models.DateField()"})', "ALTER_COLUMN"),
    "a_narrower_column": (f'AlterField("term", "name", {CHAR.format(3, "")})', "ALTER_COLUMN"),
    "a_wider_column": (f'AlterField("term", "name", {CHAR.format(3000, "")})', "ALTER_COLUMN"),
    "a_column_that_goes": ('RemoveField("term", "name")', "DROP_COLUMN"),
    "a_column_that_points_elsewhere_and_goes": ('RemoveField("unsent", "by")', "DROP_COLUMN"),
    "a_column_that_is_renamed": ('RenameField("term", "name", "title")', "RENAME_COLUMN"),
    "a_table_that_goes": ('DeleteModel("Unsent")', "DROP_TABLE"),
    "a_table_that_is_renamed": ('RenameModel("Unsent", "Kept")', "RENAME_TABLE"),
    "a_table_that_is_stored_elsewhere": ('AlterModelTable("unsent", "kept")', "RENAME_TABLE"),
    "a_rule_for_rows_that_are_there": (
        'AddConstraint("unsent", models.CheckConstraint(condition=models.Q(path__gt=""), name="x"))',
        "ADD_CONSTRAINT",
    ),
    "an_index_that_locks": (f'AddIndex("unsent", {INDEX})', "CREATE_INDEX"),
    "an_index_that_goes": ('RemoveIndex("savedresult", "saved_result_answers")', "DROP_INDEX"),
    "rows_without_a_way_back": ("RunPython(paint)", "RUNPYTHON_REVERSIBLE"),
    "rows_and_tables": (f"{SHELF}, RunPython(paint, paint)", "ROWS_AND_TABLES"),
    "statements_without_a_way_back": ('RunSQL("UPDATE advisor_term SET name = 1")', "RUNSQL_REVERSIBLE"),
    "statements_that_take_a_column": (
        'RunSQL("ALTER TABLE advisor_term DROP COLUMN name", RunSQL.noop)',
        "DROP_COLUMN",
    ),
}
FINE = {
    "a_column_that_may_be_empty": f'AddField("term", "x", {CHAR.format(9, "null=True")})',
    "a_column_that_the_database_fills": f'AddField("term", "x", {CHAR.format(9, "db_default=1, default=2")})',
    "a_column_with_other_words_for_staff": 'AlterField("mail", "week", models.DateField(null=True, help_text="New"))',
    "a_table_that_is_new": f'{SHELF}, AddIndex("shelf", models.Index(fields=["words"], name="of_words"))',
    "rows_that_can_go_back": "RunPython(paint, paint)",
    "a_permission": 'AlterModelOptions("term", {"permissions": [("read_term", "Can read")]})',
}
ON_POSTGRESQL = {
    "an_index_that_does_not_lock": f'AddIndexConcurrently("unsent", {INDEX})',
    "an_index_that_goes_without_a_lock": 'RemoveIndexConcurrently("savedresult", "saved_result_answers")',
}


@pytest.fixture(scope="module")
def ours(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> set[Finding]:
    with django_db_blocker.unblock():
        return set(findings())


@pytest.fixture(scope="module")
def planted(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """What is found in each: all of them come after our last one."""
    folder = tmp_path_factory.mktemp("planted")
    package = shutil.copytree(OURS, folder / "with_planted", ignore=shutil.ignore_patterns("__pycache__"))
    last = max(OURS.glob("0*.py")).stem
    also = ON_POSTGRESQL if connection.vendor == "postgresql" else {}
    every = {**{name: text for name, (text, _) in REFUSED.items()}, **FINE, **also}
    for name, operations in every.items():
        (package / f"{name}.py").write_text(FILE.format(last=last, operations=operations), encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patch,
        override_settings(MIGRATION_MODULES={"advisor": "with_planted"}),
        django_db_blocker.unblock(),
    ):
        patch.syspath_prepend(folder)
        found = set(findings())
    return {name: {one.code for one in found if one.migration == name} for name in every}


def rules() -> dict[str, Any]:
    return tomllib.loads(RULES.read_text("utf-8"))


def test_each_of_ours_suits_the_version_before_or_says_why_not(ours: set[Finding]) -> None:
    assert list(problems(ours, rules(), all_shown=connection.vendor == "postgresql")) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_old_code_could_not_live_with_is_found(planted: dict[str, set[str]], name: str) -> None:
    assert REFUSED[name][1] in planted[name]


@pytest.mark.parametrize("name", [*FINE, *ON_POSTGRESQL])
def test_what_it_can_live_with_is_not(planted: dict[str, set[str]], name: str) -> None:
    assert planted.get(name, set()) == set()


class TestAllowances:
    found = frozenset({Finding("0020_shelf", "DROP_TABLE")})

    def test_what_is_not_allowed_is_said(self) -> None:
        assert list(problems(set(self.found), {"allowed": []}, all_shown=True)) == [
            "0020_shelf: DROP_TABLE: a table goes that old code names"
        ]

    def test_it_holds_for_this_migration_and_this_alone(self) -> None:
        one = {"migration": "0020_shelf", "codes": ["DROP_TABLE"], "why": "Nobody used it."}
        other = Finding("0021_book", "DROP_TABLE")

        assert list(problems(set(self.found), {"allowed": [one]}, all_shown=True)) == []
        assert len(list(problems({*self.found, other}, {"allowed": [one]}, all_shown=True))) == 1

    def test_it_gives_a_reason(self) -> None:
        one = {"migration": "0020_shelf", "codes": ["DROP_TABLE"], "why": ""}

        assert "gives no reason" in "".join(problems(set(self.found), {"allowed": [one]}, all_shown=True))

    def test_one_that_nothing_needs_is_said(self) -> None:
        one = {"migration": "0020_shelf", "codes": ["DROP_TABLE"], "why": "Nobody used it."}

        assert "not there any more" in "".join(problems(set(), {"allowed": [one]}, all_shown=True))
        assert list(problems(set(), {"allowed": [one]}, all_shown=False)) == []
