"""The way to the mail server, with a limit on how long handing over a whole mail may take.

smtplib limits the wait for each piece of an answer. A server that answers slowly, or letter by letter, would keep a
visitor waiting for many times that, and with them one of the site's few threads.
"""

from __future__ import annotations

import smtplib
import socket
from time import monotonic
from typing import Any

from django.core.mail.backends.smtp import EmailBackend


class TooSlow(smtplib.SMTPServerDisconnected):
    """The time for this mail is over. Of this sort, it fails no mail that the server has taken already."""

    def __init__(self) -> None:
        super().__init__("The mail server took too long.")


class _Answers:
    """What the server says, line by line, until the time is over. Stands in for the file that smtplib reads from."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection, self._until = connection, until
        self._read = b""

    def readline(self, most: int) -> bytes:
        while b"\n" not in self._read[:most] and len(self._read) < most:
            _allow(self._connection, self._until)
            piece = self._connection.recv(1024)
            if not piece:
                most = len(self._read)
                break
            self._read += piece
        end = self._read.find(b"\n", 0, most) + 1 or most
        line, self._read = self._read[:end], self._read[end:]
        return line

    def close(self) -> None:
        """The connection is smtplib's to close."""


def _allow(connection: socket.socket, until: float) -> None:
    """Let the next step take the time that is left. Raises TooSlow when there is none."""
    seconds = until - monotonic()
    if seconds <= 0:
        raise TooSlow
    connection.settimeout(seconds)


class _Limited(smtplib.SMTP):
    """`timeout` is for all of it, from the first answer on. Connecting may take as long once more."""

    def __init__(self, host: str, port: int, *, timeout: float, **options: Any) -> None:
        self._until = monotonic() + timeout
        super().__init__(host, port, timeout=timeout, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = _Answers(self.sock, self._until)
        return super().getreply()

    def send(self, s: Any) -> None:
        if self.sock:
            _allow(self.sock, self._until)
        super().send(s)


class _LimitedSSL(_Limited, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


class Backend(EmailBackend):
    """Django's own, with that limit."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _LimitedSSL if self.use_ssl else _Limited
