"""The server as systemd keeps it: its socket stays open, and it is started again whenever it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.site import PATIENCE, ROOT
from tests.guides import standin
from tests.proxy.nginx import Server, behind_proxy, short_folder, wait_for_server

(_WAIT,) = standin.read(ROOT / "deploy/systemd", "signpost-web.service")["RestartSec"]
RESTART_SEC = float(_WAIT.removesuffix("ms")) / 1000 if _WAIT.endswith("ms") else float(_WAIT)


class Supervised:
    """Stands for systemd, which can't run here; what it takes from the unit is how long it waits."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.socket, self.log = data, folder / "signpost.sock", folder / "signpost.log"
        self._listening = standin.listen(self.socket)
        self._over = threading.Event()
        self.process = self._start()
        self._keeper = threading.Thread(target=self._keep)
        self._keeper.start()

    def kill(self) -> None:
        """The master and all its workers at once: they are one group."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        self._over.set()
        self.process.terminate()
        self._keeper.join(PATIENCE)
        self._listening.close()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py"]
        with self.log.open("ab") as log:
            return standin.start(command, behind_proxy(self.data, self.socket), ROOT, self._listening, None, output=log)

    def _keep(self) -> None:
        while True:
            self.process.wait()
            if self._over.wait(RESTART_SEC):
                return
            self.process = self._start()


@contextmanager
def supervised(data: Path) -> Iterator[Supervised]:
    folder = short_folder()
    kept = Supervised(data, folder)
    try:
        wait_for_server(Server(data, kept.socket, kept.process, kept.log))
        yield kept
    finally:
        kept.stop()
        shutil.rmtree(folder)
