"""Load on a server from the other core: by wrk where it is installed, else by our own generator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


def generator() -> str:
    return (
        "wrk" if shutil.which("wrk") else "our own generator, as wrk is not installed (the Debian package wrk has it)"
    )


def load(server: Server, paths: Sequence[str], seconds: float, headers: Mapping[str, str] | None = None) -> Load:
    """Ask for the paths in turn over 16 connections. Raises when a reply was an error."""
    before = server.cpu_seconds()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as order:
        json.dump({"port": server.port, "paths": paths, "headers": dict(headers or {}), "seconds": seconds}, order)
        order.flush()
        found = _wrk(server.port, paths, headers or {}, seconds) if shutil.which("wrk") else _own(order.name)
    if found["errors"]:
        raise RuntimeError(f"{found['errors']} of {found['requests']} replies for {paths[0]} were errors")
    count = int(found["requests"])
    if not count:
        raise RuntimeError(f"No reply within {seconds} seconds, the first asked for was {paths[0]}")
    cpu = (server.cpu_seconds() - before) / count
    return Load(count, count / found["seconds"], found["p50"], found["p99"], cpu)


def _wrk(port: int, paths: Sequence[str], headers: Mapping[str, str], seconds: float) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
        lines.writelines([f"{len(paths)}\n", *(f"{path}\n" for path in paths)])
        lines.flush()
        command = [
            *pin(LOAD_CORE),
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--timeout",
            f"{PATIENCE}s",
            "-s",
            str(SCRIPT),
        ]
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        command += [f"http://127.0.0.1:{port}", "--", lines.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _own(order: str) -> dict[str, float]:
    command = [*pin(LOAD_CORE), sys.executable, "-m", "tests.benchmarks.generator", order]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found
