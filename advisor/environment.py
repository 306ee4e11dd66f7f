"""What the environment says: every variable is read, checked and explained here.

All wrong values are reported at once. A variable may also be given as a file, `NAME_FILE=/path`, as secrets often are.
`python -m advisor.environment` checks the environment, and that the port is free, without starting anything.
"""

import difflib
import ipaddress
import logging
import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, FileAwareEnv, ValidationError

from advisor import database

BASE_DIR = Path(__file__).resolve().parent.parent

# Each variable and what to write in it: the error message says so, and the README's table lists the same names.
VARIABLES = {
    "PORT": "a number from 1 to 65535, for example 8000",
    "SIGNPOST_BIND": (
        "where the proxy on this machine finds the server: unix:/run/signpost/signpost.sock, 127.0.0.1:8000, "
        "[::1]:8000, or nothing: then it is PORT on 127.0.0.1"
    ),
    "SIGNPOST_DATA": "a folder that this user may write to, for example /var/lib/signpost",
    "SIGNPOST_DATABASE_URL": (
        "postgresql://user:password@host:5432/name, postgresql:///name for a server on this machine, or nothing: then "
        "a file in SIGNPOST_DATA is the database. In the user and the password write @ as %40, : as %3A and / as %2F"
    ),
    "SIGNPOST_SITE_URL": "the address visitors type, without a path, for example https://advice.example.com",
    "SIGNPOST_OWNER": "the name of who runs the site, in at most 100 characters on one line",
    "SIGNPOST_OWNER_SELLS": "what that business sells, in at most 200 characters on one line",
    "SIGNPOST_CONTACT": "a mail address or an https:// page, or nothing",
    "SIGNPOST_MAIL_URL": (
        "smtp://user:password@host:587 (STARTTLS is required), smtps://host:465, smtp://localhost:25, or nothing. In "
        "the user and the password write @ as %40, : as %3A and / as %2F"
    ),
    "SIGNPOST_MAIL_FROM": "the mail address that mails come from, for example signpost@example.com",
    "SIGNPOST_SECRET_KEY": "at least 50 random characters, or nothing: then a key file is made in SIGNPOST_DATA",
    "SIGNPOST_SECRET_KEY_FALLBACKS": "the keys from before, each as long as the key, with commas between, or nothing",
    "SIGNPOST_DEBUG": "true or false; true only on a developer's own machine",
    "SIGNPOST_ALLOW_HTTP": "true or false; true lets a public address be without https, as on a network of your own",
    "SIGNPOST_PROXIES": "the addresses or networks of your own proxies, for example 127.0.0.1,::1,10.0.0.5",
    "SIGNPOST_LOG_FORMAT": "json or text, or nothing: json on a public site, text on this machine",
    "SIGNPOST_METRICS_PORT": "a port that is not the site's own, for example 9464, or nothing: then there are none",
    "SIGNPOST_ACCESS_LOG": "true or false; true writes a line for each request, without answers and addresses",
}
RENAMED: dict[str, str] = {}
"""Variables of older releases, and what to write in place of each: one that is still set stops the start."""
CONTACT = re.compile(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+|https://[^\s<>\"']+")
LOCAL_HOSTS = database.LOCAL_HOSTS
MAIL_ADDRESS = re.compile(r"[^@\s<>()\[\]\"',;:\\]+@[^@\s<>\"']+\.[^@\s<>\"',;]+")

logger = logging.getLogger("advisor.environment")


@dataclass(frozen=True, slots=True)
class MailServer:
    """How mails leave. `secure` is how the way there is encrypted: starttls, tls, or nothing on this machine alone."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    secure: Literal["starttls", "tls", ""] = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """The checked values; `site_url` has no slash at its end, `mail` is None when no mail server was named."""

    port: int
    bind: str
    data: Path
    database_url: str
    site_url: str
    owner: str
    owner_sells: str
    contact: str
    mail: MailServer | None
    mail_from: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    debug: bool
    proxies: tuple[str, ...]
    log_format: Literal["json", "text"]
    access_log: bool
    metrics_port: int | None

    @property
    def public(self) -> bool:
        return is_public(self.site_url)

    @property
    def https(self) -> bool:
        return self.site_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.site_url).hostname or ""

    @property
    def allowed_hosts(self) -> list[str]:
        """The site's own name; all names of this machine while the site is one that nobody else reaches."""
        names = (self.host,) if self.public else LOCAL_HOSTS
        return [f"[{name}]" if ":" in name else name for name in names]


def is_public(site_url: str) -> bool:
    """Whether others than this machine reach a site at this address."""
    return urlsplit(site_url).hostname not in LOCAL_HOSTS


def read_environment() -> Environment:
    """Return the checked environment, or raise ImproperlyConfigured naming every wrong variable and its remedy."""
    # What is set already wins over the file. The tests name an empty file, so that nobody's .env changes their result.
    named = os.environ.get("SIGNPOST_ENV_FILE")
    env_file = Path(named or BASE_DIR / ".env")
    problems = _unreadable_files(env_file)
    # FileAwareEnv would stop at the first file that it cannot read; with Env, the other variables are still checked.
    env = Env(eager=False) if problems else FileAwareEnv(eager=False, strip_whitespace=True)
    if _is_readable(env_file):
        env.read_env(env_file, recurse=False)
    elif named or env_file.exists():
        problems["SIGNPOST_ENV_FILE"] = [f"{env_file} cannot be read. Name a file that this user may read, or nothing"]
    problems |= {name: [f"it is now called {new}"] for name, new in RENAMED.items() if name in os.environ}
    for line in unknown(list(os.environ)):
        logger.warning(line)
    port = env.int("PORT", 8000, validate=_is_port)
    bind = env.str("SIGNPOST_BIND", "", validate=_is_on_this_machine)
    data = env.path("SIGNPOST_DATA", BASE_DIR / "data")
    database_url = env.str("SIGNPOST_DATABASE_URL", "", validate=_is_database)
    site_url = env.str("SIGNPOST_SITE_URL", "", validate=_is_site_address)
    owner = env.str("SIGNPOST_OWNER", "A marketing agency", validate=_is_line(100))
    owner_sells = env.str("SIGNPOST_OWNER_SELLS", "marketing and help with AI", validate=_is_line(200))
    contact = env.str("SIGNPOST_CONTACT", "", validate=_is_contact)
    mail_url = env.str("SIGNPOST_MAIL_URL", "", validate=_is_mail_server)
    mail_from = env.str("SIGNPOST_MAIL_FROM", "", validate=_is_mail_address)
    secret_key = env.str("SIGNPOST_SECRET_KEY", "", validate=_is_secret)
    old_keys = env.str("SIGNPOST_SECRET_KEY_FALLBACKS", "", validate=_are_secrets)
    debug = env.bool("SIGNPOST_DEBUG", False)
    allow_http = env.bool("SIGNPOST_ALLOW_HTTP", False)
    proxies = env.str("SIGNPOST_PROXIES", "127.0.0.1,::1", validate=_are_proxies)
    log_format = env.str("SIGNPOST_LOG_FORMAT", "", validate=_is_one_of("json", "text", ""))
    access_log = env.bool("SIGNPOST_ACCESS_LOG", False)
    metrics_port = env.str("SIGNPOST_METRICS_PORT", "", validate=_is_port_or_nothing)
    try:
        env.seal()
    except EnvValidationError as error:
        problems |= _messages(error)
    if "SIGNPOST_DATA" not in problems:
        data = BASE_DIR / data.expanduser()
        problems |= _folder_problems(data)
    mail_from = mail_from or (contact if contact and "@" in contact else "")  # a wrong one is None here
    if mail_url and not mail_from and not {"SIGNPOST_MAIL_FROM", "SIGNPOST_CONTACT"} & problems.keys():
        problems["SIGNPOST_MAIL_FROM"] = ["a mail server is set, but no address that mails come from"]
    if metrics_port and metrics_port == str(port):
        problems["SIGNPOST_METRICS_PORT"] = ["the site itself is at this port"]
    public = bool(site_url) and is_public(site_url)
    if public and "SIGNPOST_SITE_URL" not in problems:
        problems |= _unsafe_in_public(site_url, debug=debug, allow_http=allow_http)
    if problems:
        raise ImproperlyConfigured(_explained(problems))
    return Environment(
        port=port,
        bind=bind or f"127.0.0.1:{port}",
        data=data,
        database_url=database_url,
        site_url=site_url.rstrip("/") or f"http://127.0.0.1:{port}",
        owner=owner,
        owner_sells=owner_sells,
        contact=contact,
        mail=_mail_server(mail_url) if mail_url else None,
        mail_from=mail_from,
        secret_key=secret_key or kept_secret_key(data / "secret-key"),
        secret_key_fallbacks=tuple(_listed(old_keys)),
        debug=debug,
        proxies=tuple(_networks(proxies)),
        log_format="json" if log_format == "json" or (public and not log_format) else "text",
        access_log=access_log,
        metrics_port=int(metrics_port) if metrics_port else None,
    )


def kept_secret_key(path: Path) -> str:
    """Return the key in this file, made on the first call. Two processes that start at once get the same key."""
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-key-", delete=False) as draft:
            draft.write(secrets.token_urlsafe(64))  # the file has mode 0600 from its first byte
            draft.flush()
            os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)  # fails when the name is taken, so the first one wins
        except FileExistsError:
            pass
        finally:
            os.unlink(draft.name)
    key = path.read_text().strip()
    if len(key) < 50:
        raise ImproperlyConfigured(f"{path} holds no usable key. Delete it and start again: editors must log in anew.")
    return key


def unknown(names: Iterable[str]) -> list[str]:
    """A line for each SIGNPOST_* variable that nothing reads: a typing error, or left from another release.

    It stops nothing: going back to the release before must work with the settings of this one.
    """
    known = {*VARIABLES, *(f"{name}_FILE" for name in VARIABLES), "SIGNPOST_ENV_FILE"}
    lines = []
    for name in sorted(names):
        if name.startswith("SIGNPOST_") and name not in known and name not in RENAMED:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {nearest[0]}?" if nearest else ""
            lines.append(f"{name} is set, but is no setting of Signpost.{hint}")
    return lines


def is_free(bind: str) -> bool:
    """Whether the server could listen there. A socket file that is left over does not count: gunicorn replaces it."""
    if bind.startswith("unix:"):
        return True
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except PermissionError as error:
            sys.exit(f"Port {port} cannot be opened ({error.strerror}). Choose one above 1023: PORT=8000 make run")
        except OSError:
            return False
    return True


def _messages(error: EnvValidationError) -> dict[str, list[str]]:
    found = error.error_messages
    return {name: list(found[name]) for name in found} if isinstance(found, Mapping) else {"environment": list(found)}


def _explained(problems: dict[str, list[str]]) -> str:
    lines = ["Signpost cannot start. Wrong in the environment:"]
    for name, messages in sorted(problems.items()):
        told = " ".join(message.rstrip(".") for message in messages)
        lines.append(f"  {name}: {told}. Write {VARIABLES[name]}." if name in VARIABLES else f"  {name}: {told}.")
    return "\n".join(lines)


def _unreadable_files(env_file: Path) -> dict[str, list[str]]:
    env = Env()
    if _is_readable(env_file):
        env.read_env(env_file, recurse=False)
    files = {f"{name}_FILE": env.str(f"{name}_FILE", "") for name in VARIABLES}
    return {name: [f"{path} cannot be read"] for name, path in files.items() if path and not _is_readable(Path(path))}


def _is_readable(path: Path) -> bool:
    return os.access(path, os.R_OK) and not path.is_dir()


def _folder_problems(folder: Path) -> dict[str, list[str]]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return {"SIGNPOST_DATA": [f"the folder {folder} cannot be made ({error.strerror})"]}
    if not os.access(folder, os.W_OK | os.X_OK):
        return {"SIGNPOST_DATA": [f"the folder {folder} cannot be written to"]}
    return {}


def _is_port(port: int) -> None:
    if not 1 <= port <= 65535:
        raise ValidationError("no port has this number")


def _is_on_this_machine(text: str) -> None:
    """Whoever reaches the server directly could claim any address and https: so nobody but this machine may."""
    if not text or re.fullmatch(r"unix:/[^\0]{1,100}", text):
        return
    found = re.fullmatch(r"(127\.0\.0\.1|\[::1\]):([0-9]{1,5})", text)
    if not found or not 1 <= int(found[2]) <= 65535:
        raise ValidationError("this is no socket file and no port on this machine itself")


def _is_database(text: str) -> None:
    try:
        if text:
            database.postgresql(text)
    except database.WrongAddress as problem:
        raise ValidationError(str(problem)) from None


def _is_port_or_nothing(text: str) -> None:
    if not text:
        return
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text):
        raise ValidationError("this is no number of a port")
    _is_port(int(text))


def _is_site_address(text: str) -> None:
    if not text:
        return
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises when it is no number
    except ValueError:
        raise ValidationError("this is no web address") from None
    # A dot in front would let in every host below: Django takes it for a wildcard.
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w:][\w.:-]*", parts.hostname or ""):
        raise ValidationError("this is no address that starts with https:// or http:// and a host name")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValidationError("this has more in it than scheme, host and port")


def _unsafe_in_public(site_url: str, *, debug: bool, allow_http: bool) -> dict[str, list[str]]:
    found = {}
    if debug:
        found["SIGNPOST_DEBUG"] = ["it shows code and settings to whoever meets a mistake, and this address is public"]
    if site_url.startswith("http://") and not allow_http:
        found["SIGNPOST_SITE_URL"] = [
            "this public address has no https; where that is meant, set SIGNPOST_ALLOW_HTTP=true"
        ]
    return found


def _is_one_of(*choices: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text not in choices:
            raise ValidationError("this is not one of the choices")

    return check


def _networks(text: str) -> list[str]:
    """Raises ValueError."""
    return [str(ipaddress.ip_network(part.strip())) for part in text.split(",")]


def _are_proxies(text: str) -> None:
    try:
        networks = _networks(text)
    except ValueError:
        raise ValidationError("these are not addresses or networks, with commas between") from None
    if any(network.endswith("/0") for network in networks):
        raise ValidationError("this would believe everybody who claims to be a proxy")


def _is_line(longest: int) -> Callable[[str], None]:
    def check(text: str) -> None:
        if not 1 <= len(text.strip()) <= longest or not text.isprintable():
            raise ValidationError("this is empty, too long, or has characters that cannot be printed")

    return check


def _is_mail_server(text: str) -> None:
    """The text itself is never repeated: a password may be in it."""
    if not text:
        return
    try:
        parts = urlsplit(text)
        port = parts.port  # raises when it is no number
    except ValueError:
        raise ValidationError("this is no address of a mail server") from None
    if parts.scheme not in ("smtp", "smtps") or not re.fullmatch(r"[\w.:-]+", parts.hostname or "") or port == 0:
        raise ValidationError("this is no address that starts with smtp:// or smtps:// and a host name")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValidationError("this has more in it than user, password, host and port")
    if bool(parts.username) != bool(parts.password):
        raise ValidationError("a user needs a password, and a password a user")


def _mail_server(url: str) -> MailServer:
    """Without encryption a mail goes no further than this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure: Literal["starttls", "tls", ""] = "tls" if parts.scheme == "smtps" else "starttls"
    if secure == "starttls" and host in LOCAL_HOSTS:
        secure = ""
    port = parts.port or {"tls": 465, "starttls": 587, "": 25}[secure]
    return MailServer(host, port, unquote(parts.username or ""), unquote(parts.password or ""), secure)


def _is_mail_address(text: str) -> None:
    if text and not MAIL_ADDRESS.fullmatch(text):
        raise ValidationError("this is no mail address")


def _is_contact(text: str) -> None:
    if text and not CONTACT.fullmatch(text):
        raise ValidationError("this is neither a mail address nor an https:// page")


def _is_secret(text: str) -> None:
    if text and (len(text) < 50 or len(set(text)) < 5 or text.startswith("django-insecure-")):
        raise ValidationError("this is too short, too simple, or an example's")


def _are_secrets(text: str) -> None:
    for key in _listed(text):
        _is_secret(key)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def main() -> None:
    try:
        environment = read_environment()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    if not is_free(environment.bind):
        port = environment.bind.rpartition(":")[2]
        sys.exit(f"Port {port} is in use. Stop what runs there, or choose another: PORT=8001 make run")


if __name__ == "__main__":
    main()
