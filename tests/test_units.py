"""The systemd units that we ship, judged by systemd's own tools. Nothing is started: that takes a machine's systemd."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.environment import BASE_DIR
from tests.guides import standin
from tests.guides.pages import commands

SHIPPED = BASE_DIR / "deploy/systemd"
SERVICES = sorted(path.name for path in SHIPPED.glob("*.service"))
TIMERS = sorted(path.name for path in SHIPPED.glob("*.timer"))
MOST_EXPOSED = 20
"""In tenths, as systemd-analyze counts: 100 is a service that may do anything."""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The shipped units, with this folder and this Python in place of the installed ones."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "units"))
    for path in folder.rglob("*.*"):
        if path.is_file():
            text = path.read_text().replace("/opt/signpost/current/.venv/bin/python", sys.executable)
            path.write_text(text.replace("/opt/signpost/current", str(BASE_DIR)))
    return folder


def judged(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is missing. `make test` installs it, or: sudo apt-get install systemd"
    return subprocess.run(  # noqa: S603  systemd's own
        [program, *words],
        cwd=folder,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_PAGER": ""},
        capture_output=True,
        text=True,
    )


def test_systemd_understands_every_line(units: Path) -> None:
    names = sorted(str(path) for path in units.iterdir() if path.is_file())

    done = judged(units, "verify", "--man=no", *names)

    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_can_do_little(units: Path, service: str) -> None:
    done = judged(units, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(units / service))

    assert done.returncode == 0, done.stdout


def test_a_line_that_systemd_does_not_know_is_found(units: Path) -> None:
    (units / "signpost-web.service").write_text("[Service]\nExecStart=/nowhere/python\nProtectEverything=yes\n")

    done = judged(units, "verify", "--man=no", str(units / "signpost-web.service"))

    assert done.returncode != 0
    assert "ProtectEverything" in done.stderr


@pytest.mark.parametrize("timer", TIMERS)
def test_each_timer_has_its_service(timer: str) -> None:
    assert timer.replace(".timer", ".service") in SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_each_command_is_one_of_ours(service: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read(SHIPPED / service)

    command = unit["Service"]["ExecStart"].removeprefix("/opt/signpost/current/.venv/bin/python ").split()
    if command[0] == "-m":
        assert command == ["-m", "gunicorn", "-c", "deploy/gunicorn.py"]
    else:
        assert command[0] == "manage.py"
        assert (BASE_DIR / f"advisor/management/commands/{command[1]}.py").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_a_database_on_this_machine(service: str) -> None:
    """At a socket file in /run, which Debian also calls /var/run."""
    unit = standin.read(SHIPPED, service)

    assert "AF_UNIX" in unit["RestrictAddressFamilies"][-1].split()
    assert "postgresql.service" in " ".join(unit["After"]).split()
    hidden = ("PrivateNetwork", "InaccessiblePaths", "TemporaryFileSystem", "RootDirectory", "RootImage")
    assert [name for name in hidden if name in unit] == []


def test_the_backup_may_write_where_it_is_told_to() -> None:
    unit = standin.read(SHIPPED, "signpost-backup.service")

    (folder,) = unit["ReadWritePaths"]
    assert unit["ExecStart"][0].endswith(f" manage.py backup {folder}")
    assert re.search(rf"^install .*-o signpost .*{folder}$", "".join(commands("deploy.md")), re.MULTILINE)


def test_nginx_and_systemd_mean_the_same_socket() -> None:
    socket = re.search(r"^ListenStream=(.+)$", (SHIPPED / "signpost-web.socket").read_text(), re.M)
    common = (SHIPPED / "signpost-.service.d/common.conf").read_text()

    assert socket
    assert f"    server unix:{socket[1]};\n" in (BASE_DIR / "deploy/nginx/signpost.conf").read_text()
    assert f"Environment=SIGNPOST_BIND=unix:{socket[1]}\n" in common
