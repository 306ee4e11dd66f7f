"""Servers that live for one benchmark, on 127.0.0.1 and on the first core."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import processes
from tests.benchmarks.context import ROOT, environment, plain_environment

SERVER_CORE, LOAD_CORE = "0", "1"
PATIENCE = 60
WORKERS = ["-k", "gthread", "-w", "2", "--threads", "4", "--preload", "--log-level", "warning", "--no-control-socket"]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        return get(self.port, path, headers)

    @property
    def workers(self) -> list[int]:
        return processes.children(self.pid)

    def cpu_seconds(self) -> float:
        return sum(processes.cpu_seconds(pid) for pid in self.workers)

    def pss_per_worker(self) -> float:
        workers = self.workers
        return sum(processes.pss_bytes(pid) for pid in workers) / len(workers)


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


@contextmanager
def serving(
    command: Sequence[str], env: Mapping[str, str], port: int, *, cwd: Path = ROOT, pinned: bool = True
) -> Iterator[Server]:
    """The server that a command starts, from its first reply until it has ended."""
    start = [*(pin(SERVER_CORE) if pinned else []), *command]
    process = subprocess.Popen(start, cwd=cwd, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(process, port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            get(port, "/")
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"The server ended: {process.communicate()[1].decode()}") from None
            time.sleep(0.01)
    raise RuntimeError("The server did not answer")


@contextmanager
def product(data: Path, database: str = "", *, pinned: bool = True) -> Iterator[Server]:
    """The site as `make run` serves it, with the database of this address or its own file."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py"]
    with serving(command, environment(data, port, database), port, pinned=pinned) as server:
        yield server


@contextmanager
def page_floor(filling: Path, size: int) -> Iterator[Server]:
    """The plain page: `size` bytes, of which the template's own share is topped up from `filling`."""
    port = free_port()
    env = {**plain_environment(), "PAGE_FILLING": str(filling), "PAGE_SIZE": str(size)}
    command = [sys.executable, "-m", "gunicorn", *WORKERS, "-b", f"127.0.0.1:{port}"]
    with serving([*command, "tests.benchmarks.floors.page.site:application"], env, port) as server:
        yield server


@contextmanager
def storing_floor(folder: Path, database: str = "") -> Iterator[Server]:
    """The plain form, which stores a row for each POST."""
    port = free_port()
    env = {**plain_environment(), "STORE_FOLDER": str(folder), "STORE_DATABASE": database}
    command = [sys.executable, "-m", "gunicorn", *WORKERS, "-b", f"127.0.0.1:{port}"]
    with serving([*command, "tests.benchmarks.floors.store.site:application"], env, port) as server:
        yield server


def pin(core: str) -> list[str]:
    """What to put before a command so that it stays on one core."""
    return ["taskset", "-c", core] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
