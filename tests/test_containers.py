"""The files for containers. Nothing here can run them: they are read, and held to what must not be missing.

Hadolint reads the Containerfile too, in `make check`.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from advisor.environment import BASE_DIR, VARIABLES

CONTAINERFILE = BASE_DIR / "deploy/Containerfile"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((BASE_DIR / "deploy/compose.yaml").read_text())["services"]
    return found


def test_it_holds_what_the_site_needs_and_is_nobody_in_particular() -> None:
    text = CONTAINERFILE.read_text()

    copied = re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE)
    assert {"manage.py", "advisor", "deploy", "fixtures", "static", "templates", "requirements/run.txt"} == set(copied)
    assert all((BASE_DIR / name).exists() for name in copied)
    assert "--require-hashes" in text
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001"]
    for variables in re.findall(r"^(?:ENV|    )\s*(SIGNPOST_\w+)=", text, re.MULTILINE):
        assert variables in {*VARIABLES, "SIGNPOST_ENV_FILE"}


def test_only_nginx_has_open_ports(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert {name for name, service in services.items() if service.get("network_mode") == "none"} == {
        "database",
        "setup",
        "web",
        "backup",
    }


def test_what_is_mounted_is_there(services: dict[str, dict[str, Any]]) -> None:
    volumes = yaml.safe_load((BASE_DIR / "deploy/compose.yaml").read_text())["volumes"]
    for service in services.values():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert source in volumes or source in ("./nginx", "./nginx-site.conf", "./tls")
    assert (BASE_DIR / "deploy/nginx").is_dir()


@pytest.mark.parametrize("name", ["setup", "jobs", "backup"])
def test_commands_are_ours(services: dict[str, dict[str, Any]], name: str) -> None:
    (command,) = re.findall(r"manage\.py (\w+)", " ".join(services[name]["command"]))

    assert (BASE_DIR / f"advisor/management/commands/{command}.py").is_file()


def test_what_systemd_runs_by_a_timer_runs_here_too(services: dict[str, dict[str, Any]]) -> None:
    timers = (BASE_DIR / "deploy/systemd").glob("*.timer")
    wanted = {re.findall(r"manage\.py (.+)", path.with_suffix(".service").read_text())[0] for path in timers}

    loops = {" ".join(service["command"]) for service in services.values() if "command" in service}
    assert wanted
    assert [words for words in wanted if not any(f"manage.py {words};" in loop for loop in loops)] == []
