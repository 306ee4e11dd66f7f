"""What the server itself answers and writes down, seen without a browser."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.browser.conftest import copy_of
from tests.browser.site import PATIENCE, ROOT, WORKERS, Site, _free_port, ask, environment, manage, served

ONCE = [
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Cross-Origin-Embedder-Policy",
    "Permissions-Policy",
    "X-Request-ID",
]
RESULT = "/advice/?industry=law-finance&need=chatbot&modality=text&fact=none"


def static_file(site: Site) -> str:
    (script,) = sorted((site.data / "static" / "js").glob("signpost.*.js"))[:1]
    return f"/static/js/{script.name}"


class TestHeaders:
    @pytest.mark.parametrize(
        ("method", "address", "status"),
        [
            ("GET", "/", 200),
            ("HEAD", RESULT, 200),
            ("GET", f"{RESULT}&format=json", 200),
            ("GET", "/advice/goals", 301),
            ("GET", "/advice/", 302),
            ("GET", "/advice/?=x", 400),
            ("POST", "/advice/goals/find/", 403),
            ("GET", "/nothing/", 404),
            ("GET", "/static/nothing.js", 404),
            ("POST", "/advice/", 403),
            ("OPTIONS", "/advice/", 405),
            ("GET", "/advice/industry/?answered=industry", 422),
            ("GET", "/admin/", 302),
            ("GET", "/admin/login/", 200),
            ("GET", "/readyz", 200),
        ],
    )
    def test_each_response_has_each_once(self, site: Site, method: str, address: str, status: int) -> None:
        reply = site.get(address, method=method)

        assert reply.status == status
        assert {name: len(reply.all(name)) for name in ONCE} == dict.fromkeys(ONCE, 1)
        assert not reply.all("Strict-Transport-Security"), "this site is reached by http"
        if not address.startswith("/admin/"):
            assert not reply.all("Set-Cookie")

    def test_so_have_static_files_and_what_has_not_changed(self, site: Site) -> None:
        file, page = site.get(static_file(site)), site.get("/")
        unchanged = site.get("/", {"If-None-Match": page.all("ETag")[0]})

        assert (file.status, unchanged.status) == (200, 304)
        for reply in (file, unchanged):
            assert {name: len(reply.all(name)) for name in ONCE} == dict.fromkeys(ONCE, 1)
            assert not reply.all("Set-Cookie")
        assert "immutable" in file.all("Cache-Control")[0]
        assert not file.all("Access-Control-Allow-Origin")

    def test_pages_and_files_travel_compressed(self, site: Site) -> None:
        assert site.get("/", {"Accept-Encoding": "gzip"}).all("Content-Encoding") == ["gzip"]
        assert site.get("/", {"Accept-Encoding": "gzip, br"}).all("Content-Encoding") == ["br"]
        assert site.get(static_file(site), {"Accept-Encoding": "br"}).all("Content-Encoding") == ["br"]


EXPOSED = [
    "/.git/config",
    "/.git/HEAD",
    "/.env",
    "/.env.example",
    "/.well-known/",
    "/secret-key",
    "/data/secret-key",
    "/signpost.sqlite3",
    "/data/signpost.sqlite3",
    "/current-release.json",
    "/figures/",
    "/backup.sql",
    "/manage.py",
    "/advisor/settings.py",
    "/requirements/run.txt",
    "/static/",
    "/static/css/",
    "/static/staticfiles.json/",
    "/static/../manage.py",
    "/static/%2e%2e/secret-key",
    "/static/..%2fsecret-key",
    "/static//etc/passwd",
    "/metrics",
    "/debug",
    "/__debug__/",
    "/server-status",
    "/admin/doc/",
    "/admin/jsi18n/../../secret-key",
    "/phpinfo.php",
    "/wp-login.php",
]


@pytest.mark.parametrize("address", EXPOSED)
def test_nothing_is_to_be_had_that_is_not_a_page(site: Site, address: str) -> None:
    """Neither what is behind the site, nor a list of files, nor a version."""
    reply = site.get(address)

    assert reply.status in (301, 302, 404)
    if reply.status == 302:
        assert reply.all("Location")[0].startswith("/admin/login/")
    if reply.status == 301:
        assert reply.all("Location") == [f"{address}/"]
    assert (site.data / "secret-key").read_text() not in reply.text
    assert not any(
        word in reply.text.lower() for word in ("traceback", "django", "gunicorn/", "python/", "sqlite", "index of")
    )
    assert not any("/" in server for server in reply.all("Server")), "no version"


class TestLog:
    def test_it_holds_no_answer_and_no_words(self, set_up: Path, tmp_path: Path) -> None:
        with served(copy_of(set_up, tmp_path)) as site:
            for address in ("/advice/?need=canary", "/advice/?canary=1&=x", "/canary-free/?q=canary", "/?canary"):
                site.get(address)
            site.get("/advice/industry/?answered=industry&need=canary")
            site.get("/advice/?" + "canary=1&" * 2000)
            log = site.log.read_text()

        assert "Not Found: /canary-free/" in log
        assert "canary" not in log.replace("/canary-free/", "")

    @pytest.mark.parametrize("form", ["json", "text"])
    def test_nor_when_a_page_breaks_over_them_with_a_line_for_each_request(
        self, set_up: Path, tmp_path: Path, form: str
    ) -> None:
        """A page that breaks, and whose exception quotes an answer and the token of the link."""
        (tmp_path / "broken_settings.py").write_text(
            "from advisor.settings import *\nROOT_URLCONF = 'broken_urls'\n", encoding="utf-8"
        )
        (tmp_path / "broken_urls.py").write_text(
            "from django.urls import path\nfrom django.views.decorators.csrf import csrf_exempt\n"
            "from advisor.urls import *\n@csrf_exempt\n"
            "def break_it(request, token):\n    raise ValueError(f'{token} {request.GET} {request.POST}')\n"
            "urlpatterns = [path('r/<str:token>/', break_it), *urlpatterns]\n",
            encoding="utf-8",
        )
        own = {"PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "broken_settings"}
        own |= {"SIGNPOST_LOG_FORMAT": form, "SIGNPOST_ACCESS_LOG": "true"}
        headers = {"Referer": "http://canary.example/", "User-Agent": "canary", "X-Request-ID": "canary-canary"}

        with served(copy_of(set_up, tmp_path), **own) as site:
            broken = [site.get("/r/canarytoken/?need=canary", headers), site.post("/r/canarytoken/", [("a", "canary")])]
            site.get("/advice/?industry=canary", headers)
            site.get("/advice/?=canary", headers)
            site.get("/watch/canary%0Acanary/", headers)
            site.get("/advice/?" + "canary=1&" * 2000, headers)
            numbers = [reply.all("X-Request-ID")[0] for reply in broken]
        lines = site.log.read_text().splitlines()

        assert [reply.status for reply in broken] == [500, 500]
        assert "canary" not in "".join(lines).lower()
        for number, reply in zip(numbers, broken, strict=True):
            assert number in reply.text
            told = [line for line in lines if number in line]
            assert len(told) == 2, "what broke, and the request"
            assert any("/r/***/" in line and "500" in line for line in told)
        if form == "json":
            said = [json.loads(line) for line in lines]
            assert all(line["time"].endswith("Z") for line in said)
            (first, _) = [line["exception"] for line in said if "exception" in line]
            assert first[0] == "builtins.ValueError"
            assert "break_it" in first[-1]
            (visit,) = [
                line for line in said if line.get("request") == numbers[1] and line["logger"] == "gunicorn.access"
            ]
            assert (visit["method"], visit["path"], visit["status"]) == ("POST", "/r/***/", 500)
            assert {"ms", "bytes"} <= visit.keys()


def _answers(site: Site) -> bool:
    try:
        site.get("/metrics")
    except OSError:
        return False
    return True


class TestFigures:
    def test_they_are_served_at_an_address_of_their_own_and_kept_for_the_report(
        self, set_up: Path, tmp_path: Path
    ) -> None:
        port = _free_port()

        with served(copy_of(set_up, tmp_path), SIGNPOST_METRICS_PORT=str(port)) as site:
            metrics = Site(f"http://127.0.0.1:{port}", site.data, site.process, site.log)
            site.get(RESULT)
            deadline = time.monotonic() + PATIENCE
            told = ""
            while 'signpost_requests_total{page="result",status="2xx"}' not in told:
                assert time.monotonic() < deadline, told
                with suppress(OSError):
                    told = metrics.get("/metrics").text
                site.get(RESULT)  # it may have begun to count after the first one was written down
            hidden = [site.get(address).status for address in ("/metrics", "/metrics/", "/admin/metrics/")]
        assert hidden == [404, 404, 302]
        assert "law-finance" not in told
        assert json.loads(manage(site.data, "report", "--json"))["requests"] > 2, "also what was counted last"
        while _answers(metrics):  # it ends with the server, within a second
            assert time.monotonic() < deadline

    def test_nothing_serves_them_unless_a_port_is_set(self, site: Site) -> None:
        master = site.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()

        assert len(children) == WORKERS


class TestNothingPublished:
    def test_page_and_log_name_the_command(self, set_up: Path, tmp_path: Path) -> None:
        for folder in ("static", "static-names"):
            (tmp_path / folder).symlink_to(set_up / folder)

        with served(tmp_path, ready="/healthz") as site:
            reply = site.get("/")
            ready = site.get("/readyz")
            log = site.log.read_text()

        assert (reply.status, ready.status) == (503, 503)
        for told in (reply.text.replace("&#x27;", "'"), log):
            assert "The database can't be reached or has no tables. Run `make run`, or `manage.py migrate`" in told
        # The database may be among them: two workers that make the same empty file get into each other's way.
        assert '"migrations", "release"]' in ready.text
        assert {name: len(reply.all(name)) for name in ONCE} == dict.fromkeys(ONCE, 1)


@contextmanager
def only(worker: int, workers: list[int]) -> Iterator[None]:
    """While the others are held, whatever reaches the server is answered by this one."""
    others = [pid for pid in workers if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def test_a_new_release_reaches_every_process_within_two_seconds(own_site: Site) -> None:
    workers = own_site.workers
    assert len(workers) == WORKERS
    connections = {}
    for worker in workers:
        with only(worker, workers):
            connections[worker] = http.client.HTTPConnection(own_site.host, timeout=20)
            assert "Release 1," in ask(connections[worker], "/about/").text

    def seen() -> dict[int, bool]:
        """Which process shows the new release, each asked over its own open connection."""
        return {worker: "Release 2," in ask(connection, "/about/").text for worker, connection in connections.items()}

    publish = """
from django.core.management import call_command
from advisor.models import Term
term = Term.objects.first(); term.meaning += " More."; term.save()
call_command("publish", note="One more word.")
"""
    command = [sys.executable, "manage.py", "shell", "-c", publish]
    with subprocess.Popen(command, cwd=ROOT, env=environment(own_site.data), stdout=subprocess.PIPE) as process:  # noqa: S603  our own command
        while process.poll() is None:
            seen()
        assert process.returncode == 0
    published_at = time.monotonic()

    while not all(seen().values()):
        assert time.monotonic() - published_at < 2

    assert own_site.workers == workers, "no process was replaced"
    for connection in connections.values():
        connection.close()


@pytest.mark.drill("F16", expected="each worker shows the recall at its next request")
def test_a_recall_shows_in_every_process_at_its_next_request(own_site: Site) -> None:
    workers = own_site.workers
    assert len(workers) == WORKERS
    for worker in workers:
        with only(worker, workers):
            assert own_site.get(RESULT).status == 200

    recall = """
from advisor.models import Recall, Release
Recall(release=Release.objects.current(), text="Let a lawyer read each contract.").save()
"""
    command = [sys.executable, "manage.py", "shell", "-c", recall]
    subprocess.run(command, cwd=ROOT, env=environment(own_site.data), check=True, capture_output=True)  # noqa: S603  our own

    for worker in workers:
        with only(worker, workers):
            assert own_site.get(RESULT).status == 410
            assert "Let a lawyer read each contract." in own_site.get("/").text
    assert own_site.workers == workers, "no process was replaced"
