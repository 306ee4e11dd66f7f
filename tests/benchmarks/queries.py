"""How many SQL statements a page takes, counted in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.benchmarks.context import Context


def most(context: Context, paths: Sequence[str]) -> int:
    """The most statements that any of these pages took, once the release has been read."""
    context.django  # noqa: B018  sets up
    from django.db import connection
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.get(paths[0])
    worst = 0
    for path in paths:
        statements: list[str] = []
        with connection.execute_wrapper(_counting(statements)):
            response = client.get(path)
        if response.status_code != 200:
            raise AssertionError(f"{path} answers {response.status_code}")
        worst = max(worst, len(statements))
    return worst


def _counting(statements: list[str]) -> Callable[..., Any]:
    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    return count
