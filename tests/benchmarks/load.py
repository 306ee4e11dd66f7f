"""Load on a server from the other core: by wrk where it is installed, else by our own generator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.context import ROOT
from tests.benchmarks.servers import LOAD_CORE, Server, pin

CONNECTIONS = 16
PATIENCE = 30
"""Seconds until a reply that does not come is an error."""
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What one spell of load found. Times in seconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    cpu: float
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A form that is sent."""

    path: str
    body: str


FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


def generator() -> str:
    return (
        "wrk" if shutil.which("wrk") else "our own generator, as wrk is not installed (the Debian package wrk has it)"
    )


def load(
    server: Server,
    asked: Sequence[str | Post],
    seconds: float,
    headers: Mapping[str, str] | None = None,
    *,
    connections: int = CONNECTIONS,
) -> Load:
    """As `tried`. Raises when a reply was an error."""
    found = tried(server, asked, seconds, headers, connections=connections)
    if found.errors:
        raise RuntimeError(f"{found.errors} of {found.requests} replies for {asked[0]} were errors")
    if not found.requests:
        raise RuntimeError(f"No reply within {seconds} seconds, the first asked for was {asked[0]}")
    return found


def tried(
    server: Server,
    asked: Sequence[str | Post],
    seconds: float,
    headers: Mapping[str, str] | None = None,
    *,
    connections: int = CONNECTIONS,
) -> Load:
    """Ask in turn over so many connections, each as fast as it is answered."""
    order = {
        "port": server.port,
        "asked": [f"{one.path}\t{one.body}" if isinstance(one, Post) else one for one in asked],
        "headers": {**(FORM if any(isinstance(one, Post) for one in asked) else {}), **(headers or {})},
        "seconds": seconds,
        "connections": connections,
    }
    return _measured(server, _wrk if shutil.which("wrk") else partial(_own, "generator"), order)


def crowd(server: Server, asked: Sequence[str], seconds: float, visitors: int, rest: float) -> Load:
    """So many visitors who ask in turn, and rest for so many seconds between two pages."""
    order = {"port": server.port, "asked": asked, "seconds": seconds, "visitors": visitors, "rest": rest}
    return _measured(server, partial(_own, "crowd"), order)


def _measured(server: Server, generate: Callable[[dict[str, Any]], dict[str, float]], order: dict[str, Any]) -> Load:
    before = server.cpu_seconds()
    found = generate(order)
    count = int(found["requests"])
    cpu = (server.cpu_seconds() - before) / max(count, 1)
    return Load(count, count / found["seconds"], found["p50"], found["p99"], cpu, int(found["errors"]))


def _wrk(order: dict[str, Any]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
        lines.writelines([f"{len(order['asked'])}\n", *(f"{line}\n" for line in order["asked"])])
        lines.flush()
        command = [*pin(LOAD_CORE), "wrk", "-t1", f"-c{order['connections']}", f"-d{order['seconds']}s"]
        command += ["--timeout", f"{PATIENCE}s", "-s", str(SCRIPT)]
        for name, value in order["headers"].items():
            command += ["-H", f"{name}: {value}"]
        command += [f"http://127.0.0.1:{order['port']}", "--", lines.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _own(name: str, order: dict[str, Any]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(order, file)
        file.flush()
        command = [*pin(LOAD_CORE), sys.executable, "-m", f"tests.benchmarks.{name}", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found
