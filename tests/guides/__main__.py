"""Types what the how-tos say into an empty Debian 12, as root.

    python -m tests.guides fresh                  deploy.md
    python -m tests.guides fresh postgresql       the same, with its section about PostgreSQL
    python -m tests.guides upgrade                deploy.md with an older version, then upgrade.md there and back

Needs debootstrap, the ports 80 and 443, and a network for Debian's packages and Python's. BASE=FOLDER names an empty
Debian that was made before.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from advisor.environment import BASE_DIR
from tests.browser.kept import Pairs, keep
from tests.browser.site import PATIENCE, Reply, ask
from tests.drills.test_migrations import COLUMN, LAST
from tests.guides import standin
from tests.guides.pages import commands, only, script

NAME, OLD, NEW = "advice.example.net", "2026.11", "2026.12"
YOURS = {"NAME": NAME, "SOURCE": "/srv/signpost.git"}
OLDER = "906536b217687d815dae24abcf259a434cdc4271"
"""The version to upgrade from: the first to which deploy.md led word for word, with units, nginx and `signpost`."""
UNFINISHED = {"mail-none", "staff-none"}
"""What the doctor finds on a site that nobody has signed in to yet."""
LIST = "from django.db import connection; print(connection.introspection.table_names())"
# How this machine reaches packages; part of no guide.
OF_THIS_MACHINE = ["/etc/apt/apt.conf.d", "/etc/apt/sources.list.d", "/etc/pip.conf", "/root/.config/pip"]
OF_THIS_MACHINE += [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/ssl/certs/ca-certificates.crt",
    "/usr/local/share/ca-certificates",
]


def run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True)  # noqa: S603


@dataclass(frozen=True)
class Machine:
    root: Path

    def type_in(self, text: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        kept.pop("PIP_FIND_LINKS", None)
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables = {**kept, "PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        command = ["chroot", str(self.root), "/bin/bash", "-c", text]
        subprocess.run(command, env=variables, check=True)  # noqa: S603

    def get(self, address: str) -> Reply:
        return self._ask("GET", address)

    def post(self, address: str, sent: Pairs) -> Reply:
        return self._ask("POST", address, urlencode(sent).encode())

    def _ask(self, method: str, address: str, body: bytes | None = None) -> Reply:
        own = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"} if body else {}
        context = ssl.create_default_context(cafile=str(self.root / "etc/signpost/tls/fullchain.pem"))
        connection = http.client.HTTPConnection(NAME, timeout=PATIENCE)
        plain = socket.create_connection(("127.0.0.1", 443), PATIENCE)
        connection.sock = context.wrap_socket(plain, server_hostname=NAME)
        try:
            return ask(connection, address, own, method, body)
        finally:
            connection.close()

    def serving(self) -> str:
        """The version from whose folder the server runs."""
        pid = (self.root / standin.SERVING.relative_to("/")).read_text()
        return Path(f"/proc/{pid}/cwd").readlink().name

    def has_new_tables(self) -> bool:
        """Whether the newer version's migration is in the database, whichever version serves."""
        self.type_in(f"signpost shell -v0 -c '{LIST}' > /root/tables")
        return "advisor_shelf" in (self.root / "root/tables").read_text()

    def newest_backup(self) -> Path:
        return max((self.root / "var/backups/signpost").glob("signpost-*"))

    def processes(self) -> list[int]:
        """Those that were started in there: they have that folder for their root."""
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                with suppress(OSError):
                    if (process / "root").readlink() == self.root and (process / "cmdline").read_bytes():
                        found.append(int(process.name))
        return found

    def end_all(self) -> None:
        """First in order, so that a database leaves nothing in the system's memory; then whoever is still there."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self.processes():
                with suppress(OSError):
                    os.kill(process, number)
            deadline = time.monotonic() + 20
            while self.processes() and time.monotonic() < deadline:
                time.sleep(0.1)


def empty_debian(root: Path) -> None:
    if base := os.environ.get("BASE"):
        run("cp", "-a", f"{base}/.", root)
    else:
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", root)
    for name in OF_THIS_MACHINE:
        there = root / name.lstrip("/")
        if Path(name).exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            run("cp", "-rL", name, f"{there.parent}/")
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    (root / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
    services = root / "usr/sbin/policy-rc.d"
    # Of the packages PostgreSQL alone starts what it brings; nginx is started by what stands in for systemd.
    services.write_text('#!/bin/sh\n[ "$1" = postgresql ] || exit 101\n')
    services.chmod(0o755)


def bring_code(root: Path) -> Path:
    """The project as it was committed, under the name of its version."""
    there = root / "srv/signpost.git"
    run("git", "clone", "--quiet", "--bare", BASE_DIR, there)
    run("git", "-C", there, "tag", "--force", OLD, "HEAD")
    run("git", "-C", there, "config", "safe.directory", "*")
    (root / "etc/gitconfig").write_text("[safe]\n\tdirectory = *\n")
    return there


def bring_two_versions(root: Path) -> None:
    """The newer one is what was committed, with tables as the next version could have them."""
    there = bring_code(root)
    run("git", "-C", there, "tag", "--force", OLD, OLDER)
    with tempfile.TemporaryDirectory() as folder:
        run("git", "clone", "--quiet", there, folder)
        (Path(folder) / "advisor/migrations/9001_column.py").write_text(COLUMN % LAST)
        git = ["git", "-C", folder, "-c", "user.name=Guides", "-c", "user.email=guides@example.org"]
        run(*git, "add", ".")
        run(*git, "commit", "--quiet", "--message", "Add a column and a table")
        run(*git, "tag", "--force", NEW)
        run(*git, "push", "--quiet", "origin", NEW)


@contextmanager
def mounted(root: Path) -> Iterator[None]:
    places = ["proc", "dev"]
    for place in places:
        run("mount", "--rbind", "--make-rslave", f"/{place}", root / place)
    try:
        yield
    finally:
        for place in reversed(places):
            run("umount", "--recursive", "--lazy", root / place)


@contextmanager
def machine() -> Iterator[Machine]:
    root = Path(tempfile.mkdtemp(prefix="signpost-guide-"))
    try:
        root.chmod(0o755)
        empty_debian(root)
        program = root / "usr/local/sbin/systemctl"
        shutil.copy(str(standin.__file__), program)
        program.chmod(0o755)
        own = Machine(root)
        with mounted(root):
            try:
                yield own
            finally:
                own.end_all()
    finally:
        run("rm", "-rf", "--one-file-system", root)


def fresh(*kinds: str) -> None:
    """docs/how-to/deploy.md, from its first command to the page that answers."""
    with machine() as own:
        bring_code(own.root)
        start = time.monotonic()
        own.type_in(script(commands("deploy.md", *kinds), {**YOURS, "VERSION": OLD}))
        (database,) = own.newest_backup().glob("database.*")
        assert (database.suffix == ".dump") == ("postgresql" in kinds), database
        print(f"\nThe site runs, after {time.monotonic() - start:.0f} s.")


def upgrade() -> None:
    """docs/how-to/upgrade.md: to the next version, back again, and back to the backup."""
    with machine() as own:
        bring_two_versions(own.root)
        own.type_in(script(commands("deploy.md"), {**YOURS, "VERSION": OLD}))
        assert own.serving() == OLD
        first, _manage = keep(own)
        said = own.get(f"{first}record.md").text
        assert first in own.get(first).text

        start = time.monotonic()
        yours = {**YOURS, "VERSION": NEW}
        own.type_in(script(commands("upgrade.md"), yours))
        print(f"\nThe newer version serves, after {time.monotonic() - start:.0f} s.")
        assert own.serving() == NEW
        assert own.has_new_tables()
        backup = own.newest_backup()
        look(own, {first: said})
        second, _manage = keep(own)
        said_later = own.get(f"{second}record.md").text
        own.type_in("signpost doctor --json > /root/doctor.json || true")
        assert {found["id"] for found in json.loads((own.root / "root/doctor.json").read_text())} == UNFINISHED

        own.type_in(script(only("upgrade.md", "back"), {**yours, "BEFORE": OLD}))
        print("\nThe older version serves again.")
        assert own.serving() == OLD
        assert own.has_new_tables()
        third, _manage = keep(own)
        look(own, {first: said, second: said_later})

        place = f"/{backup.relative_to(own.root)}"
        own.type_in(script(only("upgrade.md", "restore"), {**yours, "BACKUP": place}))
        print("\nThe backup is back.")
        assert own.serving() == OLD
        assert not own.has_new_tables()
        look(own, {first: said})
        assert {own.get(address).status for address in (second, third)} == {404}


def look(own: Machine, shown: dict[str, str]) -> None:
    """The site is ready, and each kept link opens and says what it said."""
    assert own.get("/readyz").text == '{"status": "ready", "failing": []}'
    for address, said in shown.items():
        assert own.get(address).status == 200
        assert own.get(f"{address}record.md").text == said


if __name__ == "__main__":
    {"fresh": fresh, "upgrade": upgrade}[sys.argv[1]](*sys.argv[2:])
