"""How systemd and containers find out that the server answers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.environment import read_environment
from deploy.health import answers, tell_systemd
from tests.browser.conftest import copy_of
from tests.browser.site import PATIENCE, ROOT
from tests.proxy.nginx import behind_proxy, server, short_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = short_folder()
    yield folder
    shutil.rmtree(folder)


def asked(environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-m", "deploy.health"], cwd=ROOT, env=environment).returncode


def test_a_container_learns_it_from_the_command(set_up: Path, tmp_path: Path) -> None:
    data = copy_of(set_up, tmp_path)
    with server(data) as started:
        environment = behind_proxy(data, started.socket)
        assert asked(environment) == 0

    assert asked(environment) == 1


def test_systemd_is_told_while_the_server_answers(set_up: Path, tmp_path: Path, folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify.sock"))
        systemd.settimeout(PATIENCE)
        told = {"NOTIFY_SOCKET": str(folder / "notify.sock"), "WATCHDOG_USEC": "300000"}
        with server(copy_of(set_up, tmp_path), extra=told):
            heard: set[str] = set()
            while heard < {"READY=1", "WATCHDOG=1"}:
                heard.add(systemd.recv(1000).decode().splitlines()[0])


def test_whoever_takes_connections_and_says_nothing_does_not_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.health.PATIENCE", 0.2)
    hanging = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with hanging:
        hanging.bind(str(folder / "hangs.sock"))
        hanging.listen()

        assert not answers(replace(read_environment(), bind=f"unix:{folder}/hangs.sock"))
    assert not answers(replace(read_environment(), bind=f"unix:{folder}/hangs.sock"))
    assert not answers(replace(read_environment(), bind=f"unix:{folder}/nothing.sock"))


def test_without_systemd_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert "WATCHDOG_USEC" not in os.environ

    tell_systemd(read_environment())

    assert "watchdog" not in [thread.name for thread in threading.enumerate()]
