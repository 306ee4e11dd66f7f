"""Opens links to see whether they still lead somewhere. Nowhere else does this project ask the web for anything.

It runs from a command on the operator's word, never in a request. Whoever writes a link into the draft must not reach
the machine's own network through it: every name is resolved here, private addresses are refused at each step, and what
was looked at is what is connected to.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit, urlunsplit

HOSTS_AT_ONCE = 8
SECONDS = 20
"""For one step of a link: looking the name up aside, connecting and the head of the answer together."""

PAUSE = 1.0
"""Seconds between two questions to one host."""

MOST_REDIRECTS = 5
TRIED_FIRST = 5
"""When none of so many hosts can be reached, there is no network, and the rest need not be tried."""

NO_ADDRESS = "is no address that can be opened"
DEFAULT_PORTS = {"https": 443, "http": 80}
PERMANENT = (301, 308)
REDIRECTS = (*PERMANENT, 302, 303, 307)
GONE = (404, 410)
NOT_FOR_PROGRAMS = (401, 403, 405, 406, 429)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NoNetwork(Exception):
    """Nothing at all could be reached."""


class _Trouble(Exception):
    """No answer. The message follows “The link”. `unreachable` when it may be the network's fault."""

    def __init__(self, told: str, *, unreachable: bool = False) -> None:
        super().__init__(told)
        self.unreachable = unreachable


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a link. `problem` follows “The link”; empty when it opened."""

    url: str
    status: int | None = None
    problem: str = ""
    moved_to: str = ""
    unreachable: bool = False


@dataclass
class Checker:
    """Asks one question at a time of each host, with a pause in between.

    `own_hosts` may be private and speak http: a test's own server. Nothing but tests ever sets it.
    """

    agent: str
    seconds: float = SECONDS
    pause: float = PAUSE
    own_hosts: frozenset[str] = frozenset()
    _turns: Mapping[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock), init=False)

    def check_all(self, urls: Iterable[str]) -> Iterator[Answer]:
        """Each link's answer, in the order in which they come. Raises NoNetwork when nothing answers at all."""
        by_host: dict[str, list[str]] = {}
        for url in dict.fromkeys(urls):
            by_host.setdefault(urlsplit(url).hostname or "", []).append(url)
        first: list[Answer] = []
        for host in list(by_host)[:TRIED_FIRST]:
            first.append(self.check(by_host[host].pop(0)))
            if not first[-1].unreachable:
                break
        else:
            if first:
                raise NoNetwork
        yield from first
        with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
            for done in as_completed([pool.submit(self._in_turn, rest) for rest in by_host.values() if rest]):
                yield from done.result()

    def _in_turn(self, urls: Iterable[str]) -> list[Answer]:
        return [self.check(url) for url in urls]

    def check(self, url: str) -> Answer:
        """Follow it to its end, a few redirects at most."""
        here, seen, moved_to, status = url, {url}, "", None
        for_good = True
        try:
            while True:
                status, target = self._ask(here)
                if status not in REDIRECTS or not target:
                    return Answer(url, status, _problem_of(status), moved_to)
                here = _without_fragment(urljoin(here, target))
                for_good = for_good and status in PERMANENT
                moved_to = here if for_good else moved_to
                if here in seen:
                    raise _Trouble("leads round in a circle")
                if len(seen) > MOST_REDIRECTS:
                    raise _Trouble("is passed on too many times")
                seen.add(here)
        except _Trouble as trouble:
            return Answer(url, status, str(trouble), unreachable=trouble.unreachable)
        except ValueError:  # from urllib's functions
            return Answer(url, status, NO_ADDRESS)

    def _ask(self, url: str) -> tuple[int, str]:
        """The status, and where a redirect leads. Some servers answer HEAD wrongly, so a bad answer is asked again."""
        status, target = self._request("HEAD", url)
        return (status, target) if status < 400 else self._request("GET", url)

    def _request(self, method: str, url: str) -> tuple[int, str]:
        """The head of the answer. No body is ever read, so none can be too large."""
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        own = host in self.own_hosts
        if parts.scheme != "https" and not (own and parts.scheme == "http"):
            raise _Trouble("leads to a page that is not encrypted (https)")
        if not host or parts.username is not None or parts.password is not None:
            raise _Trouble(NO_ADDRESS)
        with self._turns[host]:
            try:
                return self._answer(method, parts.scheme, host, port, _target(url), _public(host, port, own=own))
            finally:
                time.sleep(self.pause)

    def _answer(self, method: str, scheme: str, host: str, port: int, target: str, address: str) -> tuple[int, str]:
        late = threading.Event()
        connection: http.client.HTTPConnection | None = None
        timer: threading.Timer | None = None
        try:
            raw = socket.create_connection((address, port), timeout=self.seconds)
        except TimeoutError as error:
            raise _Trouble("does not answer", unreachable=True) from error
        except ConnectionRefusedError as error:
            raise _Trouble("is refused by the server") from error
        except OSError as error:
            raise _Trouble("can't be reached", unreachable=True) from error
        try:
            # A timeout of the socket is for each piece. A server that sends letter by letter needs a stop of its own.
            timer = threading.Timer(self.seconds, _stop, [raw, late])
            timer.daemon = True
            timer.start()
            stream = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if scheme == "https" else raw
            connection = http.client.HTTPConnection(host, port)
            connection.sock = stream
            named = f"[{host}]" if ":" in host else host
            head = {"Host": named if port == DEFAULT_PORTS[scheme] else f"{named}:{port}"}
            head |= {"User-Agent": self.agent, "Accept": "text/html,*/*;q=0.5", "Connection": "close"}
            connection.request(method, target, headers=head)
            response = connection.getresponse()
            if late.is_set():  # what had come by then reads like a whole answer
                raise _Trouble("does not answer in time")
            return response.status, response.headers.get("Location") or ""
        except (OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise _Trouble("does not answer in time") from error
            if isinstance(error, ssl.SSLCertVerificationError):
                raise _Trouble("has a certificate that does not hold") from error
            if isinstance(error, ssl.SSLError):
                raise _Trouble("does not speak https as it should") from error
            raise _Trouble("gets an answer that can't be read") from error
        finally:
            if timer:
                timer.cancel()
            if connection:
                connection.close()
            raw.close()


def _public(host: str, port: int, *, own: bool) -> str:
    """An address of this host to connect to. When one of its addresses is private, none is taken."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Trouble("names a server that is not known", unreachable=True) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not own and not all(map(_is_public, addresses)):
        raise _Trouble("leads into a private network")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return address.is_global and not address.is_multicast


def _target(url: str) -> str:
    """What to ask for, in ASCII. What is escaped already stays."""
    parts = urlsplit(url)
    whole = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return "".join(
        letter if 32 < ord(letter) < 127 else "".join(f"%{byte:02X}" for byte in letter.encode(errors="replace"))
        for letter in whole
    )


def _without_fragment(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(fragment=""))


def _stop(stream: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):  # closed already
        stream.shutdown(socket.SHUT_RDWR)


def _problem_of(status: int) -> str:
    if status < 300:
        return ""
    if status in GONE:
        return f"leads to a page that is gone ({status})"
    if status in NOT_FOR_PROGRAMS:
        return f"opens for people only, so open it by hand ({status})"
    if status >= 500:
        return f"leads to a server in trouble ({status})"
    return f"gets an answer that is no page ({status})"
