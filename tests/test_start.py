"""What a command waits for before it begins, and what the server has ready before its first visitor."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module

import pytest

from advisor.environment import BASE_DIR

EVERYTHING = "import django, sys; django.setup(); import advisor.urls; print(*sys.modules)"


def _shared() -> tuple[str, ...]:
    """Read, not imported: the module starts a server."""
    tree = ast.parse((BASE_DIR / "deploy" / "gunicorn.py").read_text(encoding="utf-8"))
    found = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SHARED"
    ]
    names: tuple[str, ...] = ast.literal_eval(found[0])
    return names


def test_what_few_commands_need_is_imported_by_none_before_it_needs_it() -> None:
    command = [sys.executable, "-c", EVERYTHING]
    env = {**os.environ, "SIGNPOST_DATABASE_URL": ""}  # a site with the one file
    done = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=True)  # noqa: S603  ours
    loaded = done.stdout.split()
    assert "advisor.views.record" in loaded
    assert not set(_shared()) & set(loaded)
    assert not {"dj_database_url", "psycopg", "weasyprint", "prometheus_client"} & set(loaded)


@pytest.mark.parametrize("name", _shared())
def test_what_the_server_shares_out_is_there(name: str) -> None:
    assert import_module(name)
