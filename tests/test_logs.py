"""No log line tells who read what."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.conf import settings

from advisor.logs import WithoutVisitors, masked


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
    ],
)
def test_answers_and_tokens_are_masked(line: str, written: str) -> None:
    assert masked(line) == written


def test_also_where_they_come_as_arguments() -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, "%s: %s", ("Gone", "/r/secret/"), None)

    WithoutVisitors().filter(record)

    assert record.getMessage() == "Gone: /r/***/"


def test_every_line_that_is_written_goes_through() -> None:
    logging_settings: dict[str, Any] = settings.LOGGING
    handlers = logging_settings["handlers"]
    written = [handler for handler in handlers.values() if "NullHandler" not in handler["class"]]

    assert [handler["filters"] for handler in written] == [["without_visitors"]] * len(written)
