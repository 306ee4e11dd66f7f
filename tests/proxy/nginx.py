"""A real nginx with the configuration that deploy/ ships, in front of the real server.

What is put in place of the shipped file's own words are ports, folders and nothing else.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.browser.site import PATIENCE, ROOT, Reply, ask, environment

CONFIGURATION = ROOT / "deploy/nginx"
NAME = "advice.example.com"
"""As the shipped file has it."""

Pairs = Mapping[str, str] | Sequence[tuple[str, str]]
HTTP, HTTPS, TOLD = 80, 443, 0
"""The last one stands for a port at which a connection may begin by saying from which client it comes."""


@dataclass(frozen=True)
class Proxy:
    """Answers clients of any address, so that the limits of one test don't meet another's."""

    folder: Path
    ports: Mapping[int, int]
    authority: Path

    def logged(self, about: str, count: int = 1) -> list[str]:
        """The lines of the log of requests that have this in them, once there are so many. nginx answers first."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            whole = (self.folder / "log/signpost.log").read_text().rpartition("\n")[0]
            lines = [line for line in whole.splitlines() if about in line]
            if len(lines) >= count:
                return lines
        raise AssertionError(f"nginx logged nothing about {about}: {self.logs}")

    @property
    def logs(self) -> str:
        """All that nginx wrote down."""
        return "".join(path.read_text() for path in sorted((self.folder / "log").iterdir()))

    def get(
        self, address: str, headers: Mapping[str, str] | None = None, method: str = "GET", client: str = "127.0.0.1"
    ) -> Reply:
        return self.send(method, address, headers=headers, client=client)

    def post(
        self, address: str, sent: Pairs, headers: Mapping[str, str] | None = None, client: str = "127.0.0.1"
    ) -> Reply:
        own = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        return self.send("POST", address, urlencode(sent).encode(), {**own, **(headers or {})}, client=client)

    def send(
        self,
        method: str,
        address: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        port: int = HTTPS,
        client: str = "127.0.0.1",
    ) -> Reply:
        connection = http.client.HTTPConnection(NAME, timeout=PATIENCE)
        connection.sock = self.connect(port, client)
        try:
            return ask(connection, address, dict(headers or {}), method, body)
        finally:
            connection.close()

    def raw(self, text: bytes, port: int = HTTPS, client: str = "127.0.0.1") -> bytes:
        """Whatever comes back on one connection until it is closed."""
        with self.connect(port, client) as connection:
            connection.sendall(text)
            received = b""
            try:
                while part := connection.recv(65536):
                    received += part
            except (ConnectionError, ssl.SSLError):
                pass
            return received

    def connect(self, port: int = HTTPS, client: str = "127.0.0.1", name: str = NAME) -> socket.socket:
        told = port == HTTPS and client != "127.0.0.1"
        plain = socket.create_connection(("127.0.0.1", self.ports[TOLD if told else port]), PATIENCE)
        if port == HTTP:
            return plain
        if told:
            six = ":" in client
            plain.sendall(f"PROXY TCP{6 if six else 4} {client} {'::1' if six else '127.0.0.1'} 9 443\r\n".encode())
        context = ssl.create_default_context(cafile=str(self.authority))
        return context.wrap_socket(plain, server_hostname=name)


@dataclass(frozen=True)
class Server:
    """gunicorn behind a socket file, as the unit starts it."""

    data: Path
    socket: Path
    process: subprocess.Popen[str] | subprocess.Popen[bytes]
    log: Path


def short_folder() -> Path:
    """The name of a socket file may have a hundred characters, and pytest's folders are longer."""
    return Path(tempfile.mkdtemp(prefix="signpost-"))


def behind_proxy(data: Path, socket_file: Path) -> dict[str, str]:
    return {
        **environment(data),
        "SIGNPOST_SITE_URL": f"https://{NAME}",
        "SIGNPOST_BIND": f"unix:{socket_file}",
    }


@contextmanager
def server(data: Path, *, code: Path = ROOT, extra: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The server with this data folder, from when it is ready until the end of the block."""
    folder = short_folder()
    socket_file, log = folder / "signpost.sock", folder / "signpost.log"
    variables = {**behind_proxy(data, socket_file), **(extra or {})}
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py"]
    with (
        log.open("w") as file,
        subprocess.Popen(  # noqa: S603  our own server
            command, cwd=code, env=variables, stdout=file, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        started = Server(data, socket_file, process, log)
        try:
            wait_for_server(started)
            yield started
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            shutil.rmtree(folder)


def wait_for_server(started: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert started.process.poll() is None, started.log.read_text()
        if ask_socket(started.socket, "/readyz") == 200:
            return
    raise AssertionError(f"The server did not become ready: {started.log.read_text()}")


def ask_socket(path: Path, address: str) -> int | None:
    """The status, or None while nobody answers."""
    connection = http.client.HTTPConnection(NAME, timeout=PATIENCE)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(PATIENCE)
    try:
        connection.sock.connect(str(path))
        return ask(connection, address, {"X-Forwarded-Proto": "https"}).status
    except OSError:
        return None
    finally:
        connection.close()


@contextmanager
def proxy(*places: Path | str, cached: bool = False) -> Iterator[Proxy]:
    """nginx in front of these socket files or ports, in turn."""
    folder = short_folder()
    try:
        (folder / "log").mkdir()
        authority = make_certificate(folder)
        ports = {HTTP: free_port(), HTTPS: free_port(), TOLD: free_port()}
        shipped = placed((CONFIGURATION / "signpost.conf").read_text(), folder, ports, places, cached)
        (folder / "signpost.conf").write_text(shipped)
        for path in CONFIGURATION.glob("*.conf"):
            if path.name != "signpost.conf":
                (folder / path.name).write_text(placed(path.read_text(), folder, ports, places, cached))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
        yield from running(Proxy(folder, ports, authority))
    finally:
        shutil.rmtree(folder)


# What Debian's nginx.conf has around a site, as far as it can matter to one.
MAIN = """
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/log/error.log;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ssl_prefer_server_ciphers on;
    access_log {folder}/log/access.log;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    # For the tests alone: a client may have any address.
    set_real_ip_from 127.0.0.1;
    real_ip_header proxy_protocol;
    include {folder}/signpost.conf;
}}
"""


def placed(text: str, folder: Path, ports: Mapping[int, int], places: Sequence[Path | str], cached: bool) -> str:
    """The shipped file for this place. What is replaced must be there, so that the two can't drift apart."""
    for line in ("    listen [::]:80;\n", "    listen [::]:443 ssl http2;\n"):  # not every machine has IPv6
        text = text.replace(line, "").replace(line.replace(";", " default_server;"), "")
    told = f"    listen {ports[TOLD]} ssl proxy_protocol;\n"
    text = text.replace("    listen 443 ssl http2;\n", f"    listen 443 ssl http2;\n{told}")
    for port in (HTTP, HTTPS):
        text = text.replace(f"listen {port} ", f"listen {ports[port]} ").replace(
            f"listen {port};", f"listen {ports[port]};"
        )
    behind = "".join(f"    server {f'unix:{place}' if isinstance(place, Path) else place};\n" for place in places)
    text = text.replace("    server unix:/run/signpost/signpost.sock;\n", behind)
    text = text.replace("/opt/signpost/current/deploy/nginx/pages/", f"{CONFIGURATION}/pages/")
    text = text.replace("/opt/signpost/current/deploy/nginx/", f"{folder}/")
    text = text.replace("/etc/signpost/tls/", f"{folder}/")
    text = text.replace("/var/log/nginx/", f"{folder}/log/")
    text = text.replace("/dev/shm/signpost-cache", f"{folder}/cache")  # noqa: S108  the shipped file's
    if cached:
        text = text.replace("default off; # or signpost", "default signpost;")
    for left in ("/opt/", "/etc/signpost", "/var/log", "/dev/shm", "/run/"):  # noqa: S108
        assert left not in text
    return text


def make_certificate(folder: Path) -> Path:
    """As docs/how-to/deploy.md makes one to begin with."""
    certificate = folder / "fullchain.pem"
    words = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN={NAME}"
    made = ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(folder / "privkey.pem"), "-out", str(certificate)]
    subprocess.run(["openssl", *words.split(), *made], check=True, capture_output=True)  # noqa: S603, S607
    return certificate


def program() -> str:
    """Debian puts nginx where only root looks."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, "nginx is missing. `make test` installs it, or: sudo apt-get install nginx-light"
    return found


def running(proxy: Proxy) -> Iterator[Proxy]:
    command = [program(), "-e", str(proxy.folder / "log/error.log"), "-c", str(proxy.folder / "nginx.conf")]
    output = proxy.folder / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as process,  # noqa: S603
    ):
        try:
            wait_for_nginx(proxy, process, output)
            yield proxy
        finally:
            process.terminate()
            process.wait(PATIENCE)


def wait_for_nginx(proxy: Proxy, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, output.read_text() + proxy.logs
        try:
            proxy.connect(HTTP).close()
            return
        except OSError:
            continue
    raise AssertionError("nginx did not start: " + output.read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port
