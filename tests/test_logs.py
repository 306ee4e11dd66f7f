"""No log line tells who read what."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver

from advisor.logs import FORMATTERS, WithoutVisitors, event, masked, request_id


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Not Found: /r/OP6qxjIy9y1k1_w0dTZlYceT/", "Not Found: /r/***/"),
        ("Not Found: /r/OP6qxjIy9y1k1_w0dTZlYceT/record.pdf", "Not Found: /r/***/record.pdf"),
        ("Internal Server Error: /manage/abc-def/watch/", "Internal Server Error: /manage/***/watch/"),
        ('"GET /watch/nonce:signature/ HTTP/1.1" 200', '"GET /watch/***/ HTTP/1.1" 200'),
        ("Gone: /talk/sent/K7QF-3M2P-9T/", "Gone: /talk/sent/***/"),
        ("Bad Request: /admin/first-editor/token/", "Bad Request: /admin/first-editor/***/"),
        ("GET /advice/?industry=other&fact=health-data 500", "GET /advice/?... 500"),
        ("Not Found: /advice/goals/", "Not Found: /advice/goals/"),
        ("Found: /admin/not-sent/abcdef/", "Found: /admin/not-sent/***/"),
        ("Not Found: /rr/OP6qxjIy9y1k1_w0dTZlYceT/", "Not Found: /rr/***/"),
        ("Not Found: /x\r\n2026-11-25 INFO nothing\x1b[2J", r"Not Found: /x\x0d\x0a2026-11-25 INFO nothing\x1b[2J"),
    ],
)
def test_answers_and_tokens_are_masked(line: str, written: str) -> None:
    assert masked(line) == written


def test_every_address_with_a_token_is_masked() -> None:
    def routes(patterns: list[Any], before: str = "/") -> list[str]:
        found = []
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                found += routes(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                found.append(route)
        return found

    secret = [route for route in routes(get_resolver().url_patterns) if re.search(r"<str:(token|reference)>", route)]

    assert len(secret) > 10
    for route in secret:
        assert "canary" not in masked(re.sub(r"<str:\w+>", "canary", route)), route


def test_also_where_they_come_as_arguments() -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, "%s: %s", ("Gone", "/r/secret/"), None)

    WithoutVisitors().filter(record)

    assert record.getMessage() == "Gone: /r/***/"


def test_every_line_that_is_written_goes_through() -> None:
    logging_settings: dict[str, Any] = settings.LOGGING
    handlers = logging_settings["handlers"]
    written = [handler for handler in handlers.values() if "NullHandler" not in handler["class"]]

    assert [handler["filters"] for handler in written] == [["without_visitors"]] * len(written)


def written(form: str, message: str = "It broke", error: BaseException | None = None, **options: Any) -> str:
    """A line as it leaves, of something that went wrong."""
    own = {name: options.pop(name) for name in list(options) if name == "whole_exceptions"}
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger("advisor.test").makeRecord("advisor.test", 40, "x.py", 1, message, (), info, **options)
    assert WithoutVisitors().filter(record)
    return FORMATTERS[form](**own).format(record)


def broken() -> BaseException:
    try:
        try:
            int("canary")
        except ValueError as error:
            raise LookupError("canary") from error
    except LookupError as error:
        return error
    raise AssertionError


class TestForms:
    def test_json_is_one_object_a_line_in_utc(self) -> None:
        found = json.loads(written("json", "Line one\nline two"))

        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
        assert found == {"level": "ERROR", "logger": "advisor.test", "message": r"Line one\x0aline two"}

    def test_it_has_fields_of_its_own_and_the_request(self) -> None:
        of_thread = request_id.set("K7QF-3M2P-9TXA")
        try:
            line = json.loads(written("json", extra=event(event="sign-in", times=2)))
        finally:
            request_id.reset(of_thread)

        assert (line["request"], line["event"], line["times"]) == ("K7QF-3M2P-9TXA", "sign-in", 2)

    def test_nothing_else_that_is_given_along_is_written(self) -> None:
        """Django gives the whole request, whose name for itself holds the query."""
        request = HttpRequest()
        request.path, request.method = "/advice/?need=canary", "GET"

        for form in FORMATTERS:
            assert "canary" not in written(form, extra={"request": request, "other": "canary"})

    @pytest.mark.parametrize("form", FORMATTERS)
    def test_an_exception_is_told_by_its_names_and_places_and_never_by_what_it_says(self, form: str) -> None:
        line = written(form, error=broken())

        assert "canary" not in line
        assert line.index("builtins.ValueError") < line.index("builtins.LookupError")
        assert re.search(r"tests/test_logs\.py:\d+ broken", line)

    def test_a_developer_sees_the_whole_of_it(self) -> None:
        assert 'int("canary")' in written("text", error=broken(), whole_exceptions=True)

    def test_a_text_line_cannot_be_made_to_look_like_two(self) -> None:
        assert len(written("text", "a\r\n2026 ERROR b\u2028c\x85d").splitlines()) == 1
