"""What a body claims to be must not break the page that it is sent to."""

from __future__ import annotations

import pytest

from advisor.wsgi import is_readable

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        FORM,
        f"{FORM}; charset=UTF-8",
        f"{FORM};charset=utf8",
        "multipart/form-data; boundary=zq",
        "application/json",
    ],
)
def test_what_browsers_and_programs_send_is_read(content_type: str) -> None:
    assert is_readable(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        f"{FORM}; charset=rot13",
        "text/plain; charset=hex",
        "text/plain; charset=undefined",
        f"{FORM}; charset=utf-16",
        "text/plain; charset=utf-7",
        "text/plain; charset=\x80",
        "text/plain; x*=zq''a",
        "text/plain; x*=undefined''%FF",
    ],
)
def test_an_encoding_that_no_page_of_ours_sends_is_not(content_type: str) -> None:
    assert not is_readable(content_type)
