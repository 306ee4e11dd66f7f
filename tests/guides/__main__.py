"""Types what the how-tos say into an empty Debian 12, as root: `python -m tests.guides fresh`.

Needs debootstrap, the ports 80 and 443, and a network for Debian's packages and Python's. BASE=FOLDER names an empty
Debian that was made before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from advisor.environment import BASE_DIR
from tests.guides import standin
from tests.guides.pages import commands, script

YOURS = {"NAME": "advice.example.net", "SOURCE": "/srv/signpost.git", "VERSION": "2026.11"}
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
    services.write_text("#!/bin/sh\nexit 101\n")  # packages start nothing
    services.chmod(0o755)


def bring_code(root: Path) -> None:
    """The project as it was committed, under the name of its version."""
    there = root / "srv/signpost.git"
    run("git", "clone", "--quiet", "--bare", BASE_DIR, there)
    run("git", "-C", there, "tag", "--force", YOURS["VERSION"], "HEAD")
    run("git", "-C", there, "config", "safe.directory", "*")
    (root / "etc/gitconfig").write_text("[safe]\n\tdirectory = *\n")


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


def type_in(root: Path, text: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and name != "PIP_FIND_LINKS"}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    variables = {**kept, "PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["chroot", str(root), "/bin/bash", "-c", text], env=variables, check=True)  # noqa: S603, S607


def fresh() -> None:
    """docs/how-to/deploy.md, from its first command to the page that answers."""
    root = Path(tempfile.mkdtemp(prefix="signpost-guide-"))
    try:
        empty_debian(root)
        bring_code(root)
        program = root / "usr/local/sbin/systemctl"
        shutil.copy(str(standin.__file__), program)
        program.chmod(0o755)
        with mounted(root):
            try:
                start = time.monotonic()
                type_in(root, script(commands("deploy.md"), YOURS))
                print(f"\nThe site runs, after {time.monotonic() - start:.0f} s.")
            finally:
                end_all(root)
    finally:
        run("rm", "-rf", "--one-file-system", root)


def end_all(root: Path) -> None:
    """Ends what was started in there, and nothing else: whoever has that folder for its root."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if (process / "root").readlink() == root:
                    os.kill(int(process.name), 9)
            except OSError:
                continue


if __name__ == "__main__":
    {"fresh": fresh}[sys.argv[1]]()
