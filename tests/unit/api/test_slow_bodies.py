"""A body that does not come has an end in time: its connection is answered 408 and let go."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from support.http import serving

from api import problems
from api.bulk import BulkDesk, BulkResponse
from api.doorway import Doorway
from api.limits import BODY_PACE, BULK_PACE, Pace, body_pace
from ledger.cli.client import ServiceClient

QUICK = Pace(purse_s=0.4, bytes_per_s=1000)
HEAD = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
BULK = b"POST /bulk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class Lengths:
    """Answers each line with its length."""

    def answers(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            yield b"%d\n" % len(line)

    def summary(self) -> dict[str, int | None]:
        return {}


def app() -> FastAPI:
    app, desk = FastAPI(), BulkDesk(places=1)
    problems.install(app)
    app.add_middleware(Doorway)

    @app.post("/read")
    async def read(request: Request) -> Response:
        return Response(str(len(await request.body())))

    @app.post("/busy")
    async def busy(request: Request) -> Response:
        await asyncio.sleep(3 * QUICK.purse_s)
        return Response(str(len(await request.body())))

    @app.post("/unread")
    async def unread() -> Response:
        return Response("no")

    @app.post("/bulk")
    async def bulk() -> BulkResponse:
        return BulkResponse(desk, Lengths(), longest_line=100)

    return app


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], socket.socket]]:
    """Opens a connection to a service that waits for no body longer than a moment."""
    monkeypatch.setattr("api.doorway.body_pace", lambda path: QUICK)
    monkeypatch.setattr("api.doorway.MAX_DRAIN_S", 0.4)
    with serving(app()) as url:
        address = urlsplit(url)
        place = (str(address.hostname), int(address.port or 0))
        yield lambda: socket.create_connection(place, timeout=20)


def rest(connection: socket.socket) -> bytes:
    """Everything until the service closes; it may well do so over what is still being sent."""
    got = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(65_536):
            got += more
    return got


@contextmanager
def trickling(connection: socket.socket) -> Iterator[None]:
    """A byte now and then, as somebody sends who wants to keep a place for ever."""
    ended = threading.Event()

    def trickle() -> None:
        while not ended.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    yield
    ended.set()
    thread.join()


def too_slow(got: bytes) -> None:
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 "), got[:200]
    assert b"connection: close" in head
    assert json.loads(body)["type"] == "/problems/too-slow"


def test_a_body_that_does_not_come_is_answered_408_and_its_connection_ends(
    connect: Callable[[], socket.socket],
) -> None:
    with connect() as connection:
        connection.sendall(HEAD % b"/read" + b"a beginning")
        too_slow(rest(connection))


def test_a_body_that_comes_by_the_byte_has_the_same_end(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(HEAD % b"/read")
        with trickling(connection):
            too_slow(connection.recv(65_536))


def test_a_body_that_comes_slowly_but_comes_is_read_to_its_end(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(HEAD % b"/read")
        for _ in range(10):
            time.sleep(QUICK.purse_s / 6)
            connection.sendall(b"x" * 100)
        assert connection.recv(65_536).endswith(b"\r\n\r\n1000")


def test_only_waiting_for_the_client_counts(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(HEAD % b"/busy" + b"x" * 1000)
        assert connection.recv(65_536).endswith(b"\r\n\r\n1000")
        # And not what comes between two requests.
        time.sleep(2 * QUICK.purse_s)
        connection.sendall(HEAD % b"/read" + b"x" * 1000)
        assert connection.recv(65_536).endswith(b"\r\n\r\n1000")


def test_a_request_that_was_answered_before_its_body_ended_keeps_no_connection(
    connect: Callable[[], socket.socket],
) -> None:
    with connect() as connection:
        connection.sendall(HEAD % b"/unread")
        with trickling(connection):
            assert rest(connection).startswith(b"HTTP/1.1 200 ")


def test_a_bulk_request_that_falls_silent_says_so_in_its_last_line_and_gives_its_place_back(
    connect: Callable[[], socket.socket],
) -> None:
    for _ in range(2):
        with connect() as connection:
            connection.sendall(BULK + b"4\r\none\n\r\n")
            got = rest(connection)
        assert got.startswith(b"HTTP/1.1 200 ")
        assert b"3\n" in got
        last = got.split(b"\r\n")[-4]
        assert json.loads(last)["problem"]["type"] == "/problems/too-slow", got


def test_bulk_is_waited_for_longer_since_a_large_file_may_be_read_between_two_lines() -> None:
    assert body_pace("/v1/agencies/6110000/records:bulk") == BULK_PACE
    assert body_pace("/v1/agencies/6110000/records") == BODY_PACE
    assert BULK_PACE.purse_s > 120  # what our own command line waits for an answer


def test_lines_that_take_long_to_make_are_sent_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.cli.client.CHUNK_S", 0.0)
    first = threading.Event()

    def lines() -> Iterator[bytes]:
        yield b"1"
        assert first.wait(20), "the first line was kept until the second was made"
        yield b"22"

    with serving(app()) as url, ServiceClient(url) as client:
        answers = client.bulk("/bulk", lines())
        assert next(answers) == 1
        first.set()
        assert next(answers) == 2


def test_a_body_in_time_costs_no_connection(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        host, port = connection.getpeername()
    with closing(HTTPConnection(host, port, timeout=20)) as kept:
        for _ in range(3):
            kept.request("POST", "/read", b"x" * 60_000)
            assert kept.getresponse().read() == b"60000"
