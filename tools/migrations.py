"""Refuse migrations that the version before could not live with: `.venv/bin/python -m tools.migrations`.

Looks at the statements that a migration would send, so the answer is the one for this database: `make check` asks
SQLite, and tests/test_migrations.py asks PostgreSQL too. django-migration-linter judges statements; what follows from
the operation alone, and what SQLite hides by building a table anew, is judged here. See migrations.toml.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    DeleteModel,
    Migration,
    RemoveField,
    RemoveIndex,
    RunPython,
    RunSQL,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django_migration_linter.migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements

APP = "advisor"
RULES = Path(__file__).with_suffix(".toml")
NOT_ASKED = {"RUNPYTHON_ARGS_NAMING_CONVENTION", "RUNPYTHON_MODEL_VARIABLE_NAME"}
"""Names of variables."""
OF_A_NEW_TABLE = {"sqlite": {"NOT_NULL"}, "postgresql": set[str]()}
"""SQLite builds the table anew for many a change, with every column that it had. AddField is judged here instead."""
WORDS = {
    "NOT_NULL": "a new column that old code must fill in; give it a db_default",
    "ALTER_COLUMN": "a column changes under old code",
    "DROP_COLUMN": "a column goes that old code names",
    "DROP_TABLE": "a table goes that old code names",
    "RENAME_COLUMN": "a column goes that old code names",
    "RENAME_TABLE": "a table goes that old code names",
    "ADD_CONSTRAINT": "old code may write what this refuses, and old rows may hold it",
    "ADD_UNIQUE": "old code may write what this refuses, and old rows may hold it",
    "CREATE_INDEX": "nobody can write while it is made; use AddIndexConcurrently",
    "DROP_INDEX": "nobody can read or write while it goes; use RemoveIndexConcurrently",
    "ROWS_AND_TABLES": "rows and tables change in one migration, so the lock on the table lasts as long as both",
    "RUNPYTHON_REVERSIBLE": "there is no way back",
    "RUNSQL_REVERSIBLE": "there is no way back",
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    migration: str
    code: str


def problems(found: set[Finding], rules: dict[str, Any], *, all_shown: bool) -> Iterator[str]:
    """Every finding that is not allowed, then every allowance that nothing needs.

    SQLite does not show all: there an allowance may be for what PostgreSQL alone does.
    """
    allowed = {Finding(entry["migration"], code): entry["why"] for entry in rules["allowed"] for code in entry["codes"]}
    yield from (f"{one.migration}: the allowance of {one.code} gives no reason" for one in allowed if not allowed[one])
    for one in sorted(found - set(allowed)):
        yield f"{one.migration}: {one.code}: {WORDS.get(one.code, 'see django-migration-linter')}"
    if all_shown:
        yield from (
            f"{one.migration}: {one.code} is allowed, but not there any more" for one in sorted(set(allowed) - found)
        )


def findings() -> Iterator[Finding]:
    """What stands in our migrations' files, allowed or not. Not to be called within a transaction."""
    linter = MigrationLinter(exclude_migration_tests=NOT_ASKED | OF_A_NEW_TABLE[connection.vendor], no_output=True)
    for (app, name), migration in sorted(linter.migration_loader.disk_migrations.items()):
        if app == APP:
            yield from (Finding(name, code) for code in codes(linter, migration))


def codes(linter: MigrationLinter, migration: Migration) -> Iterator[str]:
    changes_rows = any(isinstance(operation, RunPython) for operation in migration.operations)
    if changes_rows and not all(isinstance(operation, RunPython | RunSQL) for operation in migration.operations):
        yield "ROWS_AND_TABLES"
    errors, _, warnings = linter.analyse_data_migration(migration)
    yield from (issue.code for issue in [*errors, *warnings])
    state = linter.migration_loader.project_state((migration.app_label, migration.name), at_end=False)
    new: set[str] = set()
    for operation in migration.operations:
        sent = statements(migration, operation, state)
        if isinstance(operation, CreateModel):
            new.add(operation.name_lower)
        elif getattr(operation, "model_name_lower", None) not in new:
            yield from own(operation, sent)
            errors, _, warnings = analyse_sql_statements(
                linter.sql_analyser_class, sent, linter.exclude_migration_tests
            )
            yield from (issue.code for issue in [*errors, *warnings])


def statements(migration: Migration, operation: Operation, state: ProjectState) -> list[str]:
    """What it would send. Takes the state past the operation. Nothing is changed in the database."""
    before = state.clone()
    operation.state_forwards(migration.app_label, state)
    if not operation.reduces_to_sql:
        return []
    with connection.schema_editor(collect_sql=True, atomic=bool(migration.atomic)) as editor:
        operation.database_forwards(migration.app_label, editor, before, state)
    return [line for line in editor.collected_sql if not line.startswith("--")]


def own(operation: Operation, sent: list[str]) -> Iterator[str]:
    match operation:
        case AddField(field=field) if not (field.null or field.many_to_many or field.has_db_default()):
            yield "NOT_NULL"
        case AlterField() if sent:
            yield "ALTER_COLUMN"
        case RemoveField():
            yield "DROP_COLUMN"
        case DeleteModel():
            yield "DROP_TABLE"
        case AddConstraint():
            yield "ADD_CONSTRAINT"
        case AddIndex() if not isinstance(operation, AddIndexConcurrently):
            yield "CREATE_INDEX"
        case RemoveIndex() if not isinstance(operation, RemoveIndexConcurrently):
            yield "DROP_INDEX"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisor.settings")
    django.setup()
    rules = tomllib.loads(RULES.read_text("utf-8"))
    if found := list(problems(set(findings()), rules, all_shown=connection.vendor == "postgresql")):
        sys.exit("\n".join([*found, 'See "Migrations" in CONTRIBUTING.md, or name it in tools/migrations.toml.']))


if __name__ == "__main__":
    main()
