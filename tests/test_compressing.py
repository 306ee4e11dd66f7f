"""Pages travel in brotli where it is read. Its padding has to be as good as that of Django's gzip."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from advisor.compressing import Compressed, in_brotli

TEXT = b"Because you want to answer questions. " * 50
FIREFOX = "gzip, deflate, br, zstd"


def answered(accepted: str, response: HttpResponseBase) -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepted})
    return Compressed(lambda _request: response).process_response(request, response)


@pytest.mark.parametrize("accepted", ["br", FIREFOX, "gzip,br", "br;q=0.5", "br ; q=1, gzip", "identity;q=0, br"])
def test_whoever_reads_brotli_gets_it(accepted: str) -> None:
    response = answered(accepted, HttpResponse(TEXT))

    assert isinstance(response, HttpResponse)
    assert response["Content-Encoding"] == "br"
    assert brotli.decompress(response.content) == TEXT
    assert int(response["Content-Length"]) == len(response.content)
    assert response["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate", "br;q=0, gzip", "gzip, br; q=0.0", "gzip, bread", "gzip, x-br"]
)
def test_all_others_get_gzip(accepted: str) -> None:
    response = answered(accepted, HttpResponse(TEXT))

    assert isinstance(response, HttpResponse)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == TEXT
    assert response["Vary"] == "Accept-Encoding"


def test_the_same_page_has_many_lengths() -> None:
    lengths = {len(in_brotli(TEXT, 100)) for _ in range(2000)}

    assert max(lengths) - min(lengths) == 99
    assert len(lengths) > 90


@pytest.mark.parametrize("most", [1, 2, 4, 5, 255, 256])
def test_what_pads_is_skipped(most: int) -> None:
    assert {brotli.decompress(in_brotli(TEXT, most)) for _ in range(300)} == {TEXT}


def test_what_is_short_or_compressed_already_stays() -> None:
    short, done = HttpResponse(b"x" * 199), HttpResponse(TEXT, headers={"Content-Encoding": "zstd"})

    assert answered(FIREFOX, short).headers == HttpResponse(b"").headers
    assert answered(FIREFOX, done)["Content-Encoding"] == "zstd"
    assert done.content == TEXT


def test_what_would_grow_stays() -> None:
    noise = bytes(range(256))
    response = answered("br", HttpResponse(noise))

    assert "Content-Encoding" not in response.headers
    assert isinstance(response, HttpResponse)
    assert response.content == noise


def test_a_checksum_of_the_bytes_becomes_one_of_the_content() -> None:
    assert answered("br", HttpResponse(TEXT, headers={"ETag": '"abc"'}))["ETag"] == 'W/"abc"'
    assert answered("br", HttpResponse(TEXT, headers={"ETag": 'W/"abc"'}))["ETag"] == 'W/"abc"'


def test_a_stream_goes_on_as_one() -> None:
    response = answered(FIREFOX, StreamingHttpResponse([TEXT]))

    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Encoding"] == "gzip"
