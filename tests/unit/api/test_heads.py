"""A head has an end, in bytes and in seconds: whoever sends more is told so, and holds neither memory nor a place."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send
from support.http import serving

from api.limits import MAX_HEAD_BYTES

KEPT = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"a" * 65_536


async def counting(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how many bytes the body had."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(str(size)))]}
    )
    await send({"type": "http.response.body", "body": str(size).encode()})


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, int]]:
    with serving(counting) as url:
        address = urlsplit(url)
        yield str(address.hostname), int(address.port or 0)


def answer(place: tuple[str, int], *pieces: bytes) -> bytes:
    """Everything that comes back until the server closes, or nothing more comes."""
    with socket.create_connection(place, timeout=5) as connection:
        for piece in pieces:
            connection.sendall(piece)
        got = b""
        try:
            while more := connection.recv(65_536):
                got += more
                if b"\r\n\r\n" in got and not got.startswith(b"HTTP/1.1 4"):
                    return got
        except TimeoutError:
            return got + b" and then silence"
        return got


def refused(got: bytes) -> None:
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 "), got[:200]
    assert json.loads(body)["type"] == "/problems/head-too-large"


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.server.MAX_DRAIN_S", 0.5)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /" + PIECE] + [PIECE] * 30,
        [KEPT + b"X: "] + [PIECE] * 30,
        [KEPT] + [b"a: b\r\n" * 10_000] * 30,
        [KEPT + b"X: " + PIECE + PIECE + b"\r\n\r\n"],
        [KEPT + b"a: b\r\n" * 20_000 + b"\r\n"],
    ],
    ids=["an address without end", "a header without end", "headers without end", "one long header", "many headers"],
)
def test_a_head_over_the_limit_is_told_so_even_if_it_is_sent_to_its_end_first(
    place: tuple[str, int], pieces: list[bytes]
) -> None:
    refused(answer(place, *pieces))


@pytest.mark.parametrize(
    "pieces",
    [
        [b"1;x="] + [PIECE] * 60,
        [b"1\r\na\r\n0\r\n"] + [b"a: b\r\n" * 10_000] * 60,
        [b"1\r\na\r\n0\r\nX: "] + [PIECE] * 60,
    ],
    ids=["a chunk's extension", "trailers", "one trailer"],
)
def test_what_stands_between_and_behind_a_body_has_an_end_too(place: tuple[str, int], pieces: list[bytes]) -> None:
    with pytest.raises((ConnectionError, AssertionError)):
        assert answer(place, CHUNKED, *pieces).startswith(b"HTTP/1.1 200")


def test_an_ordinary_head_and_a_long_body_pass(place: tuple[str, int]) -> None:
    long = b"X: " + b"a" * (MAX_HEAD_BYTES - 100) + b"\r\n"
    assert answer(place, KEPT + long + b"\r\n").endswith(b"\r\n\r\n0")
    body = b"".join(b"10000\r\n" + PIECE + b"\r\n" for _ in range(20))
    got = answer(place, CHUNKED + body, b"0\r\nX: y\r\n\r\n")
    assert got.endswith(b"\r\n\r\n%d" % (20 * len(PIECE)))
    with socket.create_connection(place, timeout=5) as connection:
        for _ in range(200):
            connection.sendall(KEPT + b"X: " + b"a" * 1000 + b"\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [b"", KEPT, KEPT + b"\r\n" + KEPT], ids=["nothing", "half", "one and a half"])
def test_a_head_that_never_ends_loses_its_connection(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr("api.server.MAX_HEAD_S", 0.3)
    with serving(counting) as url:
        address = urlsplit(url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as connection:
            connection.sendall(sent)
            while connection.recv(65_536):
                pass
