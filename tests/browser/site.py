"""The site as it runs: gunicorn with deploy/gunicorn.py, in a data folder of its own, on a port that was free."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
WORKERS = 2
"""As deploy/gunicorn.py says."""
PATIENCE = 60
"""Seconds after which a server that does not answer counts as broken. Nothing is measured by it."""


@dataclass(frozen=True)
class Site:
    url: str
    data: Path
    process: subprocess.Popen[str]
    log: Path

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def workers(self) -> list[int]:
        """The ids of the processes that answer."""
        master = self.process.pid
        children = map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())
        return [pid for pid in children if not _serves_metrics(pid)]

    def post(self, address: str, sent: Sequence[tuple[str, str]], headers: dict[str, str] | None = None) -> Reply:
        """Sends a form as a browser sends one of our own."""
        own = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        try:
            return ask(connection, address, {**own, **(headers or {})}, "POST", urlencode(sent).encode())
        finally:
            connection.close()

    def get(self, address: str, headers: dict[str, str] | None = None, method: str = "GET") -> Reply:
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        try:
            return ask(connection, address, headers, method)
        finally:
            connection.close()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    text: str

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


def _serves_metrics(pid: int) -> bool:
    try:
        return b"serve_metrics" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return False


def ask(
    connection: http.client.HTTPConnection,
    address: str,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    body: bytes | None = None,
) -> Reply:
    connection.request(method, address, body=body, headers=headers or {})
    response = connection.getresponse()
    return Reply(response.status, response.getheaders(), response.read().decode(errors="replace"))


def environment(data: Path, port: int = 8000, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nothing of the tests' own settings, nor of the developer's; then `own` ones."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SIGNPOST_", "DJANGO_", "PYTEST_")) and name != "PORT"
    }
    # A mail server that is not there: forms that need one are shown, and what they send waits in the outbox.
    mail = {"SIGNPOST_MAIL_URL": "smtp://127.0.0.1:9", "SIGNPOST_MAIL_FROM": "signpost@example.org"}
    return {
        **kept,
        **mail,
        "SIGNPOST_ENV_FILE": os.devnull,
        "SIGNPOST_DATA": str(data),
        "PORT": str(port),
        **(own or {}),
    }


def manage(data: Path, *words: str, code: str | Path = ROOT, **own: str) -> str:
    """What a command of the project, or of another version's `code`, prints, run with settings of its `own`."""
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=code, env=environment(data, own=own), capture_output=True, text=True)  # noqa: S603  our own
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def served(data: Path, *, ready: str = "/readyz", log: str = "", code: str | Path = ROOT, **own: str) -> Iterator[Site]:
    """The site over this folder, from when it says that it is ready until the end of the block.

    `own` are settings such as SIGNPOST_DATABASE_URL. What it says goes to `log`, or to a file in the folder. `code` is
    the folder of another version.
    """
    port = _free_port()
    told = Path(log) if log else data / "server.log"
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py"]
    with (
        told.open("w") as file,
        subprocess.Popen(  # noqa: S603  our own server
            command, cwd=code, env=environment(data, port, own), stdout=file, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        site = Site(f"http://127.0.0.1:{port}", data, process, told)
        try:
            _wait_until_ready(site, ready)
            yield site
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(site: Site, address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    said = ""
    while time.monotonic() < deadline:
        assert site.process.poll() is None, site.log.read_text()
        try:
            reply = site.get(address)
        except ConnectionError:
            continue
        if reply.status == 200 and len(site.workers) == WORKERS:  # the first may answer before the second is there
            return
        said = json.dumps(reply.text)
    raise AssertionError(f"The server did not become ready: {said} {site.log.read_text()}")
