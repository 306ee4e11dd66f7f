"""Does the server answer? Asked where its proxy finds it, so that the socket and the workers are in the question.

`python -m deploy.health` ends with 0 or 1, for containers. Under systemd a worker asks, and tells the answer: when none
comes for a minute, the unit's WatchdogSec starts the server anew.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from advisor.environment import Environment, read_environment

PATIENCE = 10
"""Seconds. A server that is busy takes its time, and one that hangs never answers."""


def answers(environment: Environment) -> bool:
    """Whether /healthz says that all is well. It is asked as the proxy would ask."""
    connection = http.client.HTTPConnection(environment.host, timeout=PATIENCE)
    try:
        connection.sock = _connect(environment.bind)
        connection.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https" if environment.https else "http"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connect(bind: str) -> socket.socket:
    if not bind.startswith("unix:"):
        host, _, port = bind.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), PATIENCE)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE)
    try:
        connection.connect(bind.removeprefix("unix:"))
    except OSError:
        connection.close()
        raise
    return connection


def tell_systemd(environment: Environment) -> None:
    """Ask and tell for as long as the process lives, when the unit wants to know."""
    if "NOTIFY_SOCKET" not in os.environ or "WATCHDOG_USEC" not in os.environ:
        return
    pause = int(os.environ["WATCHDOG_USEC"]) / 1_000_000 / 3

    def tell() -> None:
        while True:
            if answers(environment):
                _notify("WATCHDOG=1")
            threading.Event().wait(pause)

    threading.Thread(target=tell, name="watchdog", daemon=True).start()


def _notify(state: str) -> None:
    address = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        try:
            systemd.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
        except OSError:  # it is starting anew itself
            return


if __name__ == "__main__":
    sys.exit(not answers(read_environment()))
