"""What is sent at the site, and what no answer to it may be."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

import hypothesis
from django.conf import settings
from django.core.signals import got_request_exception
from hypothesis import HealthCheck
from hypothesis import strategies as st

from advisor.wsgi import application

MARKER = "<zq!\"'>"
"""Typed into everything. Where it comes back in a page, all three of its signs have to be escaped."""
LARGEST = 1_500_000
"""Bytes of the largest page of the small catalogue, with room: an answer must not grow with what was sent."""
TRACES = ("Traceback (most recent call last)", "site-packages", "DEBUG = True", "/advisor/views/")

TEXTS = [
    MARKER,
    f"a{MARKER}",
    "",
    " ",
    "0",
    "-1",
    "1",
    "007",
    "١٢",
    "1e309",
    "NaN",
    "9" * 19,
    "9" * 400,
    "00000000-0000-4000-8000-000000000000",
    "none",
    "None",
    "text",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "a\r\nSet-Cookie: zq=1",
    "\x85\u2028",
    "\u202edrawkcab",
    "\u2066",
    "\ufeff",
    "\ud7ff",
    "🚏",
    "e\u0301",
    "ﷺ" * 50,
    "..",
    "../../../etc/passwd",
    "..%2f..%2f",
    "//evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "%s%n%(x)s{0.__class__}",
    "' OR 1=1 --",
    '"; DROP TABLE advisor_rule; --',
    "=cmd|' /C calc'!A0",
    "2026-02-31",
    "9999-12-31",
    "10000-01-01",
    "a" * 65,
    "b" * 5000,
    "&lt;" * 200,
    "](x) **b** `",
]
NAMES = [
    "industry",
    "need",
    "modality",
    "fact",
    "answered",
    "format",
    "release",
    "with",
    "kept",
    "one",
    "two",
    "find",
    "paper",
    "form_key",
    "action",
    "next",
    "q",
    "p",
    "o",
    "all",
    "e",
    "_popup",
    "_to_field",
    "_changelist_filters",
    "_facets",
    "_connector",
    "_negated",
    "__class__",
    "need__in",
    "slug__regex",
    "sources__publisher__contains",
    "password__startswith",
    "id",
    "pk",
    "days",
    "owner",
    "harm",
    "row",
    "finding",
    "copy",
    "signal",
    "claim",
    "of",
    "order",
    "seen",
    "utm_source",
    "csrfmiddlewaretoken",
    "_method",
    "app_label",
    "model_name",
    "field_name",
    "term",
    "industries",
    "category",
    "contested",
    "check",
    "review",
    MARKER,
    "",
    ".",
    "a.b",
    "a[b]",
    "\x00",
]
KNOWN = [
    "other",
    "law-finance",
    "contract-review",
    "social-posts",
    "text",
    "images",
    "none",
    "json",
    "rules",
    "1",
    "up:1",
]
METHODS = ["GET"] * 12 + ["HEAD", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "ZQ"]
HEADERS: dict[str, list[str]] = {
    "ACCEPT": ["application/json", "text/html", "*/*;q=zq", "text/html;level=" + "1" * 500, "a/b," * 2000, ";;;,,,="],
    "ACCEPT_LANGUAGE": ["de", "zq-" * 900, "en;q=2", "a-b-c-d-e-f" * 90, ",".join("ab" * 400), "*;q=\xff"],
    "ACCEPT_ENCODING": ["gzip", "br;q=zq", "identity;q=0, *;q=0", "gzip," * 500],
    "HOST": ["evil.example", "testserver:99999", "[::1", "a b", "testserver:80", ".", "testserver\x80"],
    "RANGE": ["bytes=0-1", "bytes=-1", "bytes=5-1", "zq=1-", "bytes=" + "0-1," * 900],
    "IF_NONE_MATCH": ['"zq"', "*", 'W/"' + "a" * 3000 + '"', '"' * 99, "zq"],
    "IF_MODIFIED_SINCE": ["Wed, 21 Oct 2015 07:28:00 GMT", "zq", "Mon, 99 Zzz 9999 99:99:99 GMT", "0" * 500],
    "HX_REQUEST": ["true", "zq"],
    "HX_BOOSTED": ["true"],
    "HX_CURRENT_URL": ["http://testserver/", "//evil", "http://[::1", "http://testserver/%FF?%FF"],
    "HX_CURRENT_URL_URI_AUTOENCODED": ["true"],
    "HX_TARGET": ["main", "zq%FF"],
    "HX_TARGET_URI_AUTOENCODED": ["true"],
    "HX_TRIGGERING_EVENT": ["{", '{"a":1}'],
    "X_FORWARDED_FOR": ["127.0.0.1", "zq, 1.2.3.4", "," * 500, "1.2.3.4:99999", "fe80::1%eth0"],
    "X_FORWARDED_PROTO": ["https", "https,http", "zq"],
    "X_FORWARDED_HOST": ["evil.example"],
    "X_REQUEST_ID": ["zq\x1b", "a" * 3000],
    "X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "X_REQUESTED_WITH": ["XMLHttpRequest"],
    "REFERER": ["http://testserver/", "http://[", "zq"],
    "ORIGIN": ["http://testserver", "null", "http://[::1", "http://evil.example"],
    "SEC_FETCH_SITE": ["same-origin", "cross-site", "none", "zq"],
    "USER_AGENT": ["", "zq\xff", "a" * 4000],
    "COOKIE": ["zq", "signpost-session=zq", "signpost-csrf=\xff", "=;=;=", "a=b;" * 900],
    "IDEMPOTENCY_KEY": ["zq", "\xff" * 300],
}
CONTENT_TYPES = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=zq",
    "application/json",
    "application/json; charset=rot13",
    "text/plain; charset=hex",
    "text/plain; charset=zip",
    "text/plain; charset=utf-7",
    "text/plain; charset=undefined",
    "text/plain; charset=idna",
    "text/plain; charset=\x80",
    "text/plain; charset*=zq''a",
    "text/plain; x*=undefined''%FF",
    "multipart/form-data",
    "multipart/form-data; boundary=zq",
    "multipart/form-data; boundary=zq; charset=utf-16",
    "multipart/form-data; boundary=" + "z" * 300,
    "multipart/form-data; boundary*=utf-8''%FF",
    "zq",
    "",
    "text/html",
]
BODIES = [
    b"",
    b"a=b",
    b"\xff\xfe\x00",
    b"a=%FF&b=%00",
    b"&" * 900,
    b"=&=&=",
    b"{" * 500,
    b'{"a": NaN, "a": 1e999}',
    b'--zq\r\nContent-Disposition: form-data; name="find"\r\n\r\nzq\r\n--zq--\r\n',
    b'--zq\r\nContent-Disposition: form-data; name="find"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + b"a" * 4001
    + b"\r\n--zq--\r\n",
    b'--zq\r\nContent-Disposition: form-data; name="find"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + b" " * 9000
    + b"\r\n--zq--\r\n",
    b'--zq\r\nContent-Disposition: form-data; name="file"; filename="../../zq\x00.xlsx"\r\n'
    b"Content-Type: text/html; charset=hex\r\n\r\nzq\r\n--zq--\r\n",
    b"--zq\r\nContent-Disposition: form-data; name*=utf-8''%FF; filename*=zq''%41\r\n\r\nzq\r\n--zq--\r\n",
    b'--zq\r\nContent-Disposition: form-data; name="a"\r\n' + b"X: y\r\n" * 2000 + b"\r\nzq\r\n--zq--\r\n",
    b"--zq\r\n" * 900,
    b"--zq",
]

LONG = os.environ.get("FUZZ")
"""How many examples each test tries, when `make fuzz` says so: others each time. Otherwise few, and always the same."""


def tries(quick: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=int(LONG) if LONG else quick,
        derandomize=not LONG,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


any_text = st.sampled_from(TEXTS) | st.sampled_from(KNOWN) | st.text(max_size=30)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | any_text, any_text), max_size=6)
raw_query = st.text(alphabet="abn=&%+;?#/<>\"'0F2 \\[]._", max_size=60).map(
    lambda text: quote(text, safe="=&%+;?/[]._")
)


def encoded(sent: list[tuple[str, str]]) -> str:
    """As a browser encodes a form. Half a surrogate goes out as the bytes it would have."""
    return "&".join(
        f"{quote_plus(name, errors='surrogatepass')}={quote_plus(text, errors='surrogatepass')}" for name, text in sent
    )


queries = st.just("") | pairs.map(encoded) | raw_query | st.just("a=1&" * 900)
latin = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=40)
headers = st.dictionaries(st.sampled_from(sorted(HEADERS)), st.none(), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from([*HEADERS[name], MARKER]) | latin for name in names})
)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes


@dataclass
class Sender:
    """Sends as a server hands a request on: the path decoded to bytes, everything else as it came.

    Not Django's test client, which starts behind `advisor.wsgi`, and whose requests no server would make.
    """

    cookies: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, method: str, path: str, *, query: str = "", body: bytes = b"", kind: str = "", **around: str
    ) -> Answer:
        broken: list[BaseException | None] = []

        def note(**_: Any) -> None:
            broken.append(sys.exc_info()[1])

        environ = self._environ(method, path, query, body, kind) | {
            f"HTTP_{name}": text for name, text in around.items()
        }
        begun: list[Any] = []
        got_request_exception.connect(note)
        try:
            response = application(environ, lambda *told: begun.extend(told))
            content = b"".join(response)
            response.close()  # type: ignore[attr-defined]
        finally:
            got_request_exception.disconnect(note)
        for error in broken:
            raise AssertionError(f"{method} {path}?{query} {around} {kind} {body!r}") from error
        return Answer(int(begun[0].split()[0]), dict(begun[1]), content)

    def _environ(self, method: str, path: str, query: str, body: bytes, kind: str) -> dict[str, Any]:
        own = (
            {"HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if self.cookies
            else {}
        )
        if token := self.cookies.get(settings.CSRF_COOKIE_NAME):
            own["HTTP_X_CSRFTOKEN"] = token
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            **own,
        }


def check(answer: Answer, what: str) -> None:
    """An honest answer: no breakdown, no code, nothing of what was sent as markup, no way off the site."""
    assert answer.status < 500 or answer.status == 503, f"{answer.status} for {what}"
    assert answer.status != 503 or "Retry-After" in answer.headers, what
    assert answer.headers["X-Content-Type-Options"] == "nosniff", what
    assert len(answer.content) < LARGEST, f"{len(answer.content)} bytes for {what}"
    text = answer.content.decode(errors="replace")
    assert not [trace for trace in TRACES if trace in text], what
    kind = answer.headers.get("Content-Type", "")
    assert kind or not answer.content, what
    if "html" in kind or "xml" in kind or "svg" in kind:
        # With a mark that no token of ours holds: "zq" alone ends one in a few thousand of them.
        for unescaped in ("<zq", 'zq!"', "zq!'"):
            at = text.find(unescaped)
            assert at < 0, f"{unescaped} in {text[max(at - 200, 0) : at + 60]!r} after {what}"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], what
    target = answer.headers.get("Location", "/")
    assert target.startswith("/"), f"{target} for {what}"
    assert not target.startswith(("//", "/\\")), f"{target} for {what}"
