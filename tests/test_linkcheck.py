"""Opening links, against a server of our own that behaves badly."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from advisor import linkcheck
from advisor.admin.draft import current_draft
from advisor.linkcheck import Answer, Checker, NoNetwork
from advisor.management.commands import check_links
from advisor.models import CheckedLink, Source, Tool
from advisor.models.document import draft_document

AGENT = "Signpost link check (+https://advice.example.com)"


class Handler(BaseHTTPRequestHandler):
    """Each path behaves as it is called."""

    server: Server

    def do_HEAD(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["User-Agent"]))
        code, _, target = self.path.strip("/").partition("/")
        if code == "hang":
            self.server.over.wait(10)
        elif code == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not self.server.over.wait(0.05):
                try:
                    self.wfile.write(b"X-Drip: 1\r\n")
                except OSError:
                    return
        elif code == "nonsense":
            self.wfile.write(b"\x00\xff\r\n\r\n")
        elif code == "head-refused":
            self._say(405 if self.command == "HEAD" else 200)
        elif code == "circle":
            self._say(302, "/circle")
        elif code == "for-ever":
            self._say(302, f"/for-ever/{len(self.path)}{target}")
        elif code == "to":
            number, _, rest = target.partition("/")
            self._say(int(number), rest if ":" in rest else f"/{rest}")
        else:
            self._say(int(code))

    do_GET = do_HEAD

    def _say(self, status: int, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, str]] = []
        self.over = threading.Event()

    def handle_error(self, *args: Any) -> None:
        """A client that hangs up is what some tests are about."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.over.set()
        server.shutdown()


def make_checker(**options: Any) -> Checker:
    """May reach the test's own server, which no setting can allow."""
    return Checker(AGENT, **{"seconds": 1.0, "pause": 0, "own_hosts": frozenset({"127.0.0.1"}), **options})


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("200", ""),
        ("204", ""),
        ("head-refused", ""),
        ("404", "leads to a page that is gone (404)"),
        ("410", "leads to a page that is gone (410)"),
        ("403", "opens for people only, so open it by hand (403)"),
        ("429", "opens for people only, so open it by hand (429)"),
        ("500", "leads to a server in trouble (500)"),
        ("400", "gets an answer that is no page (400)"),
        ("circle", "leads round in a circle"),
        ("for-ever/0", "is passed on too many times"),
        ("hang", "does not answer in time"),
        ("drip", "does not answer in time"),
        ("nonsense", "gets an answer that can't be read"),
        ("to/302/404", "leads to a page that is gone (404)"),
        ("to/302/ftp://example.org/x", "leads to a page that is not encrypted (https)"),
        ("to/302/http://10.0.0.1/", "leads to a page that is not encrypted (https)"),
        ("to/302/https://10.0.0.1/", "leads into a private network"),
        ("to/302/https://[::1]/", "leads into a private network"),
        ("to/302/https://[broken/", "is no address that can be opened"),
    ],
)
def test_what_becomes_of_a_link(server: Server, path: str, problem: str) -> None:
    answer = make_checker().check(server.url(path))

    assert (answer.problem, answer.moved_to) == (problem, "")


def test_a_page_that_moved_for_good_says_where_to(server: Server) -> None:
    for_good = make_checker().check(server.url("to/301/to/308/200"))
    for_now = make_checker().check(server.url("to/302/to/301/200"))

    assert for_good == Answer(server.url("to/301/to/308/200"), 200, "", server.url("200"))
    assert for_now.moved_to == ""


def test_it_asks_for_the_head_first_and_says_who_asks(server: Server) -> None:
    make_checker().check(server.url("200"))
    make_checker().check(server.url("404"))

    assert server.asked == [("HEAD", "/200", AGENT), ("HEAD", "/404", AGENT), ("GET", "/404", AGENT)]


def test_a_server_that_does_not_speak_https(server: Server) -> None:
    answer = make_checker().check(server.url("200").replace("http:", "https:"))

    assert answer.problem == "does not speak https as it should"


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"

    assert make_checker().check(url).problem == "is refused by the server"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",  # noqa: S104  as a link, not to listen
        "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_no_name_leads_into_a_private_network(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Also when just one of its addresses is private: which of them is taken is not ours to hope for."""
    asked: list[Any] = []
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: asked.append(args))

    answer = Checker(AGENT, pause=0).check("https://innocent.example.com/")

    assert answer.problem == "leads into a private network"
    assert not asked


def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def connect(address: Any, **kwargs: Any) -> socket.socket:
        asked.append(address)
        raise ConnectionRefusedError

    found = [(2, 1, 6, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    monkeypatch.setattr(socket, "create_connection", connect)

    Checker(AGENT, pause=0).check("https://example.com/")

    assert asked == [("93.184.216.34", 443)] * len(asked)


def test_its_own_machine_is_private_too(server: Server) -> None:
    checker = Checker(AGENT, pause=0)

    assert checker.check(server.url("200")).problem == "leads to a page that is not encrypted (https)"
    assert checker.check("https://127.0.0.1/").problem == "leads into a private network"
    assert checker.check("https://user:secret@example.com/").problem == "is no address that can be opened"
    assert server.asked == []


def test_one_question_at_a_time_for_each_host(server: Server) -> None:
    at_once: list[int] = []
    now = 0

    class Counting(Checker):
        def _answer(self, *args: Any) -> tuple[int, str]:
            nonlocal now
            now += 1
            at_once.append(now)
            time.sleep(0.01)
            now -= 1
            return super()._answer(*args)

    checker = Counting(AGENT, pause=0, own_hosts=frozenset({"127.0.0.1"}))
    answers = list(checker.check_all([server.url("200"), server.url("404"), server.url("200"), server.url("204")]))

    assert {answer.status for answer in answers} == {200, 204, 404}
    assert len(answers) == 3
    assert max(at_once) == 1


def without_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def unknown(host: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    return asked


def test_without_a_network_it_gives_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = without_network(monkeypatch)

    with pytest.raises(NoNetwork):
        list(Checker(AGENT, pause=0).check_all(f"https://site-{number}.example/" for number in range(200)))

    assert len(asked) == linkcheck.TRIED_FIRST


def every_link() -> list[str]:
    """Of the test's own server too, which speaks http."""
    return [url for model in (Source, Tool) for url in model.objects.exclude(url="").values_list("url", flat=True)]


@pytest.mark.django_db
class TestCommand:
    @pytest.fixture(autouse=True)
    def _draft(self, load: Callable[..., None], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        load()
        monkeypatch.setattr(check_links, "make_checker", make_checker)
        monkeypatch.setattr(
            check_links,
            "links_of_the_draft",
            lambda: [
                url for model in (Source, Tool) for url in model.objects.exclude(url="").values_list("url", flat=True)
            ],
        )
        Source.objects.filter(slug="article").update(url=server.url("404"))
        Source.objects.filter(slug="editors").update(url=server.url("200"))
        Tool.objects.filter(slug="writer").update(url=server.url("to/301/200"))

    def run(self, *words: str) -> str:
        out = io.StringIO()
        call_command("check_links", *words, stdout=out)
        return out.getvalue()

    def test_it_notes_what_it_found_and_changes_nothing(self, server: Server) -> None:
        before = draft_document()

        told = self.run()

        assert f"  {server.url('404')}: The link leads to a page that is gone (404).\n" in told
        assert f"The page has moved to {server.url('200')}." in told
        assert "3 links opened in 0 s: 1 need a look, 1 moved." in told
        assert CheckedLink.objects.count() == 3
        assert draft_document() == before

    def test_each_round_replaces_the_one_before(self, server: Server) -> None:
        self.run()
        Source.objects.filter(slug="article").update(url=server.url("204"))

        self.run()

        assert {link.status for link in CheckedLink.objects.all()} == {200, 204}

    def test_without_a_network_it_says_so_once_and_keeps_what_was_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run()
        without_network(monkeypatch)

        with pytest.raises(CommandError, match="no way to the web"):
            self.run()

        assert CheckedLink.objects.findings().count() == 2

    def test_a_dry_run_opens_none(self, server: Server) -> None:
        assert "3 links. None was opened." in self.run("--dry-run")
        assert server.asked == []
        assert not CheckedLink.objects.exists()

    def test_only_links_to_other_sites_are_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        Source.objects.filter(slug="article").update(url="/about/")
        Source.objects.filter(slug="editors").update(url="https://example.org/a")
        Tool.objects.update(url="https://example.org/a")

        assert check_links.links_of_the_draft() == ["https://example.org/a"]

    def test_editors_see_it_in_the_queue_beside_the_record_and_in_the_check(self, editor: User) -> None:
        fresh = current_draft().findings
        self.run()
        client = Client()
        client.force_login(editor)

        queue = client.get("/admin/shelf-life/").content.decode()
        source = Source.objects.get(slug="article")
        record = client.get(reverse("admin:advisor_source_change", args=[source.pk])).content.decode()
        found = [(finding.section, finding.slug) for finding in current_draft().findings if finding.kind == "link"]

        for page in (queue, record):
            assert "The link leads to a page that is gone (404)." in page
        assert found == [("sources", "article"), ("tools", "writer")]
        assert not [finding for finding in fresh if finding.kind == "link"]
