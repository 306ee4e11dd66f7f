"""What the server does once, before its processes begin: they share what it leaves in memory, and no visitor waits."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from advisor.environment import Environment

LATER = (
    *("PIL.Image", "PIL.ImageOps", "icalendar", "segno", "snowballstemmer.english_stemmer", "xlsxwriter"),
    "django_otp_webauthn.helpers",
)
"""What the site imports only where it is used, as commands need none of it. A process is to go on with the version that
it began with: what it imported later could be of the next one."""

M_ARENA_MAX = -8
"""The number that the C library knows it by."""


def keep_one_heap() -> None:
    """Or else glibc keeps one for each of sixteen threads, and leaves most of each unused: ten megabytes in all.

    Python lets one thread at a time ask for memory, so none waits. Other C libraries have nothing of the kind.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def get_ready(environment: Environment) -> None:
    from advisor.views import caching  # not before the settings

    for name in (*LATER, "advisor.urls"):
        import_module(name)
    caching.code_version()
    make_start_page(environment)


def make_start_page(environment: Environment) -> bytes:
    """Read the release, fill the templates, and let Python adapt the code that each page runs.

    Only where everything can be read from files, as it can whenever `setup_site` has run: the database may be away, and
    a connection that is made here would be each process's.
    """
    from django.db import connections

    from advisor import figures
    from advisor.models import files, owner, recalls, snapshot
    from advisor.wsgi import application

    if not all(files.stamp(path()) for path in (snapshot.path, owner.path, recalls.path)):
        return b""
    connection: Any = connections["default"]
    connection.ensure_connection = _refuse
    try:
        return b"".join(application(_request(environment), lambda *_: None))
    finally:
        del connections["default"]
        figures.forget()  # nobody asked for it


def _refuse() -> NoReturn:
    """Not an error of the database's, after which a process would go on for some seconds with what it has."""
    raise RuntimeError("The database is not asked before the server's processes begin")


def _request(environment: Environment) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": environment.host,
        "SERVER_PORT": str(environment.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": environment.allowed_hosts[0],
        "HTTP_ACCEPT_ENCODING": "gzip",
        "wsgi.url_scheme": "https" if environment.https else "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
