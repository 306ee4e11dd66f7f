"""P10: how long until the site's commands and first page answer, against an empty Django project's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks import report, rounds, servers
from tests.benchmarks.context import ROOT, Context, environment, plain_environment
from tests.benchmarks.report import Line
from tests.benchmarks.rounds import Compared

FLOOR_PACKAGES = ("django", "gunicorn")
UV_ROUNDS = 3


def run(context: Context) -> list[Line]:
    empty = context.folder / "empty"
    empty.mkdir()
    _run([sys.executable, "-m", "django", "startproject", "empty", str(empty)], empty, plain_environment())
    ours = environment(context.data)
    check = rounds.compare(
        context.rounds,
        lambda: _took([sys.executable, "manage.py", "check"], ROOT, ours),
        lambda: _took([sys.executable, "manage.py", "check"], empty, plain_environment()),
    )
    page = rounds.compare(
        context.rounds,
        lambda: _site_to_page(sys.executable, ROOT, context.data),
        lambda: _empty_to_page(sys.executable, empty),
    )
    return [
        _line("manage.py check", check, 1.6),
        _line("gunicorn to the first page", page, 1.6),
        _from_clone(context, empty),
    ]


def _line(what: str, found: Compared, limit: float) -> Line:
    return report.judged(
        "P10",
        f"{what}; floor: an empty Django project",
        report.milliseconds(found.figure),
        report.milliseconds(found.floor),
        report.times(found.ratio),
        f"<= {limit}x",
        is_met=found.ratio <= limit,
    )


def _from_clone(context: Context, empty: Path) -> Line:
    what = "clone to first page with uv"
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        return report.not_measured("P10", what, "uv is not installed")
    if not (ROOT / ".git").exists():
        return report.not_measured("P10", what, "this is no clone")
    try:
        _site_from_clone(uv)  # fills uv's cache
        count = 1 if context.quick else UV_ROUNDS
        found = rounds.compare(count, lambda: _site_from_clone(uv), lambda: _empty_from_copy(uv, empty))
    except RuntimeError as error:
        return report.not_measured("P10", what, str(error).splitlines()[0])
    return _line(f"{what}, packages cached, content published", found, 2)


def _site_from_clone(uv: str) -> float:
    """Clone, install, make the site ready, serve. What is not committed is not in it."""
    with tempfile.TemporaryDirectory() as folder:
        clone, data = Path(folder) / "clone", Path(folder) / "data"
        begin = time.monotonic()
        _run(["git", "clone", "--quiet", str(ROOT), str(clone)], Path(folder), plain_environment())
        python = _installed(uv, clone, ["--require-hashes", "-r", "requirements/run.txt"])
        _run([python, "manage.py", "setup_site"], clone, environment(data))
        return time.monotonic() - begin + _site_to_page(python, clone, data)


def _empty_from_copy(uv: str, empty: Path) -> float:
    """The empty project in the same steps, with the same versions of Django and gunicorn."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        begin = time.monotonic()
        shutil.copytree(empty, copy, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
        python = _installed(uv, copy, [_pinned(name) for name in FLOOR_PACKAGES])
        _run([python, "manage.py", "migrate"], copy, plain_environment())
        return time.monotonic() - begin + _empty_to_page(python, copy)


def _installed(uv: str, folder: Path, what: Sequence[str]) -> str:
    """The Python of a new environment with these packages."""
    python = str(folder / ".venv" / "bin" / "python")
    _run([uv, "venv", "--quiet", "--python", sys.executable, ".venv"], folder, plain_environment())
    _run([uv, "pip", "install", "--quiet", "--python", python, *what], folder, plain_environment())
    return python


def _pinned(name: str) -> str:
    from importlib.metadata import version

    return f"{name}=={version(name)}"


def _site_to_page(python: str, root: Path, data: Path) -> float:
    port = servers.free_port()
    return _to_page([python, "-m", "gunicorn", "-c", "deploy/gunicorn.py"], root, environment(data, port), port)


def _empty_to_page(python: str, empty: Path) -> float:
    port = servers.free_port()
    command = [python, "-m", "gunicorn", *servers.WORKERS, "-b", f"127.0.0.1:{port}", "empty.wsgi"]
    return _to_page(command, empty, plain_environment(), port)


def _to_page(command: Sequence[str], folder: Path, env: Mapping[str, str], port: int) -> float:
    begin = time.monotonic()
    with servers.serving(command, env, port, cwd=folder, pinned=False):
        return time.monotonic() - begin


def _took(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    begin = time.monotonic()
    _run(command, folder, env)
    return time.monotonic() - begin


def _run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} failed: {(done.stdout + done.stderr).strip()[-300:]}")
