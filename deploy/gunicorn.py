"""How gunicorn serves the site, in `make run` as in production."""

# ruff: noqa: E402  garbage is looked for until it is told not to, and the path is set before ours is found

import gc
import subprocess
import sys
from datetime import timedelta
from logging import LogRecord, getLogger
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

gc.disable()  # until the first process is made: there is no garbage yet, and looking for it takes a tenth of the start
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.core.exceptions import ImproperlyConfigured

from advisor import figures, staticnames
from advisor.environment import BASE_DIR, read_environment
from advisor.logs import FORMATTERS, WithoutVisitors, event, masked
from deploy import warmup
from deploy.health import tell_systemd

warmup.keep_one_heap()

try:
    environment = read_environment()
except ImproperlyConfigured as error:
    sys.exit(str(error))
if environment.debug:
    sys.exit("SIGNPOST_DEBUG is on, which shows code to visitors. Unset it, or use `manage.py runserver` to develop.")
if not staticnames.path(environment.data).is_file():
    sys.exit("The static files are not prepared. Run `make run`, or `manage.py setup_site` first.")


class WithoutNoise(WithoutVisitors):
    """Leaves out one line altogether: that the body of a page was not sent to a HEAD request, as is right."""

    def filter(self, record: LogRecord) -> bool:
        return super().filter(record) and "no-body response (method=HEAD" not in record.msg


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Its lines look like the site's own."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log, getLogger("gunicorn.http.wsgi")):
            logger.addFilter(WithoutNoise())
            for handler in logger.handlers:
                handler.setFormatter(FORMATTERS[environment.log_format]())

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """One line for a request: the path alone, neither the query nor the visitor's address nor their browser."""
        if not self.access_log_enabled:
            return
        sent = {name.lower(): value for name, value in resp.headers}
        found = {
            "method": masked(environ["REQUEST_METHOD"]),
            "path": masked(environ["PATH_INFO"]),
            "status": resp.status_code,
            "ms": round(request_time.total_seconds() * 1000),
            "bytes": resp.sent,
        }
        told = " ".join(str(found[name]) for name in ("method", "path", "status"))
        self.access_log.info(told, extra=event(request=sent.get("x-request-id", ""), **found))


wsgi_app = "advisor.wsgi:application"
chdir = str(BASE_DIR)
bind = environment.bind

# Two processes, so that one can be replaced while the other answers.
workers = 2
worker_class = "gthread"
# Each PDF that waits holds one, and press.py lets 20 in. Each wait for the database holds one, and patience.py lets 20
# wait. So eight are left for pages, come what may.
threads = 48
preload_app = True  # errors stop the start at once, and the processes share the memory of the code
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  a heartbeat file must not wait for a disk
timeout = 30
graceful_timeout = 20
keepalive = 5

# An address holds every answer, but nothing longer.
limit_request_line = 8190
limit_request_fields = 60

# X-Forwarded-Proto is believed from our own proxies only; a socket file is on this machine by its nature.
forwarded_allow_ips = ",".join(environment.proxies)
control_socket_disable = True

accesslog = "-" if environment.access_log else None
errorlog = "-"
loglevel = "warning"
logger_class = QuietLogger


def pre_fork(server: Any, worker: Any) -> None:
    """The processes share the code's memory for as long as the collector leaves it alone: ten megabytes each.

    They share no connection to the database.
    """
    from django.db import connections

    connections.close_all()
    gc.freeze()
    gc.set_threshold(700, 10, 2)  # what is left to look through is little, so it is done before much has gathered
    gc.enable()


def post_worker_init(worker: Any) -> None:
    from advisor import database, lookout  # not before the settings, which choose the SQLite

    tell_systemd(environment)
    database.open_only()
    lookout.start()
    figures.write_regularly()


def worker_exit(server: Any, worker: Any) -> None:
    figures.write()


def on_exit(server: Any) -> None:
    for process in _metrics:
        process.terminate()


_metrics: list[subprocess.Popen[bytes]] = []
"""The process that serves the figures, if there is one."""


def when_ready(server: Any) -> None:
    warmup.get_ready(environment)
    if environment.metrics_port:
        command = [sys.executable, "manage.py", "serve_metrics"]
        _metrics.append(subprocess.Popen(command, cwd=BASE_DIR))  # noqa: S603  our own
    where = environment.bind if environment.bind.startswith("unix:") else f"http://{environment.bind}/"
    if environment.log_format == "json":
        getLogger("advisor.start").info("Signpost is ready: %s", where)
    else:
        print(f"\nSignpost is ready: {where}  (Ctrl+C stops it)", flush=True)
