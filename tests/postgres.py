"""A PostgreSQL server that lives as long as a block, on a socket of its own: `python -m tests.postgres COMMAND ...`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PATIENCE = 60
"""Seconds after which a server that does not answer counts as broken. Nothing is measured by it."""
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
"""For tests of what is stored, not of whether it survives a power cut. The site asks for synchronous_commit itself."""


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).parent if elsewhere else None


AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")


@dataclass
class Cluster:
    folder: Path
    bin: Path
    settings: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None

    def address(self, name: str = "postgres") -> str:
        return f"postgresql://signpost@/{name}?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """From when it takes connections. After a kill it first plays back what was acknowledged."""
        options = [word for setting in self.settings for word in ("-c", setting)]
        program, data = self.bin / "postgres", self.folder / "data"
        command = _as_its_user(program, "-D", data, "-k", self.folder, "-h", "", *options)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603  our own
        deadline = time.monotonic() + PATIENCE
        ready: list[str | Path] = [self.bin / "pg_isready", "-q", "-h", self.folder]
        while subprocess.run(ready).returncode:  # noqa: S603  our own
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # ends sessions, and writes everything down
            self.process.wait(PATIENCE)

    def kill(self) -> None:
        """The server and all its processes at once, as when the memory runs out; the system's caches stay."""
        assert self.process
        family = [self.process.pid, *self.children()]
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while any(map(_lives, family[1:])) and time.monotonic() < deadline:
            time.sleep(0.01)

    def children(self) -> list[int]:
        assert self.process
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def create(self, name: str) -> str:
        """An empty database of this name. Gives its address."""
        self.run("createdb", "-U", "signpost", name)
        return self.address(name)

    def run(self, program: str, *words: str) -> str:
        command: list[str | Path] = [self.bin / program, "-h", self.folder, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  our own


@contextmanager
def cluster(*settings: str) -> Iterator[Cluster]:
    """A server with these settings, in a folder that goes with it."""
    found = programs()
    if not found:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="signpost-postgres-"))
    own = Cluster(folder, found, settings)
    try:
        folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        make = _as_its_user(found / "initdb", "-D", folder / "data", "-U", "signpost", "-A", "trust", "-E", "UTF8")
        make += ["--locale=C.UTF-8", "--data-checksums", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True)  # noqa: S603  our own
        own.start()
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    """Not one that has ended and that nobody has asked about yet: some machines have nobody who would."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def _as_its_user(*command: str | Path) -> list[str | Path]:
    """PostgreSQL refuses to run as root."""
    return [*(AS_POSTGRES if os.geteuid() == 0 else ()), *command]


def main() -> None:
    with cluster(*FAST) as server:
        environment = {**os.environ, "SIGNPOST_DATABASE_URL": server.address()}
        sys.exit(subprocess.run(sys.argv[1:], env=environment).returncode)  # noqa: S603  our own, from dev.py


if __name__ == "__main__":
    main()
