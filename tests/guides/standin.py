#!/usr/bin/env python3
"""Stands in for systemd where there is none: keeps one service of ours running as its unit says, and runs the others.

Takes from the units what matters to our own code: the socket, the user, the variables, the command, and that it is
started again. None of the bounds that systemd sets. Needs Python's standard library alone, as it is also copied to
machines that have nothing else, under the name of `systemctl`.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

UNITS = Path("/etc/systemd/system")
KEPT = Path("/run/standin.pid")
"""Who keeps the site, for as long as somebody does."""
SERVING = Path("/run/standin-serving.pid")
"""The process that was started last."""


def read(folder: Path, name: str) -> dict[str, list[str]]:
    """The lines of a unit and of what is dropped in, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    kind = name.rpartition(".")[2]
    for path in [folder / name, *sorted(folder.glob(f"signpost-.{kind}.d/*.conf"))]:
        for line in path.read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                found[key].append(value)
    return found


def listen(path: Path, backlog: int = 512) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    listening.bind(str(path))
    listening.listen(backlog)
    return listening


def start(
    command: list[str],
    variables: Mapping[str, str],
    folder: Path,
    listening: socket.socket | None,
    user: str | None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """As systemd hands a socket over: as file 3, with the number of the process in its environment."""

    def hand_over() -> None:
        if listening is not None:
            os.dup2(listening.fileno(), 3)

    environment = {**variables, **({"LISTEN_FDS": "1"} if listening else {})}
    group = pwd.getpwnam(user).pw_gid if user else None
    return subprocess.Popen(  # noqa: S603  our own units
        ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *command],
        cwd=folder,
        env=environment,
        stdout=output,
        stderr=output,
        user=user,
        group=group,
        extra_groups=[] if user else None,
        preexec_fn=hand_over,
        pass_fds=(3,) if listening is not None else (),
        start_new_session=True,
    )


def _service(name: str, listening: socket.socket | None = None) -> subprocess.Popen[bytes]:
    unit = read(UNITS, name)
    told = dict(line.split("=", 1) for line in unit["Environment"])
    base = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    os.umask(int(unit["UMask"][0], 8))
    command = shlex.split(unit["ExecStart"][0])
    return start(command, {**base, **told}, Path(unit["WorkingDirectory"][0]), listening, unit["User"][0])


def _keep() -> None:
    """The site, for as long as this process lives."""
    unit = read(UNITS, "signpost-web.socket")
    path = Path(unit["ListenStream"][0])
    path.parent.mkdir(exist_ok=True)
    listening = listen(path)
    os.chown(path, pwd.getpwnam(unit["SocketUser"][0]).pw_uid, grp.getgrnam(unit["SocketGroup"][0]).gr_gid)
    path.chmod(int(unit["SocketMode"][0], 8))
    going = True
    process = _service("signpost-web.service", listening)

    def end(number: int, _frame: object) -> None:
        nonlocal going
        going = number == signal.SIGHUP
        process.terminate()

    signal.signal(signal.SIGHUP, end)
    signal.signal(signal.SIGTERM, end)
    while going:
        SERVING.write_text(str(process.pid))
        process.wait()
        time.sleep(1)
        if going:
            process = _service("signpost-web.service", listening)
    KEPT.unlink()


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        if time.monotonic() > deadline:
            sys.exit("what was asked for has not happened within a minute")
        time.sleep(0.1)


def _serve_anew() -> None:
    """Until another process serves: whoever asks then waits for its answer."""
    before = SERVING.read_text()
    os.kill(int(KEPT.read_text()), signal.SIGHUP)
    _until(lambda: SERVING.read_text() not in ("", before))


def main(words: list[str]) -> None:
    verb, names = words[0], [word for word in words[1:] if not word.startswith("-")]
    if verb == "keep":
        _keep()
        return
    for name in names:
        unit = name if "." in name else f"{name}.service"
        if verb in ("enable", "start") and unit.endswith(".timer"):
            unit = unit.replace(".timer", ".service")  # once, as after a start of the machine
        if unit == "nginx.service":
            running = Path("/run/nginx.pid").is_file() and Path("/run/nginx.pid").read_text().strip()
            subprocess.run(["nginx", *(["-s", "reload"] if running else [])], check=True)  # noqa: S603, S607
        elif verb in ("enable", "start") and unit == "signpost-web.service":
            log = open("/var/log/standin.log", "ab")  # noqa: SIM115  the process that stays writes to it
            keeper = subprocess.Popen([sys.executable, __file__, "keep"], stdout=log, stderr=log)  # noqa: S603
            KEPT.write_text(str(keeper.pid))
        elif verb == "restart" and unit == "signpost-web.service":
            _serve_anew()
        elif verb == "stop" and unit == "signpost-web.service":
            os.kill(int(KEPT.read_text()), signal.SIGTERM)
            _until(lambda: not KEPT.exists())
        elif verb in ("enable", "start", "restart") and unit.endswith(".service") and (code := _service(unit).wait()):
            sys.exit(f"{unit} ended with {code}")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1:])
