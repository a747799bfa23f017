"""Bulk: a result for each line, in order, whoever reads late, sends slowly or goes away."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from support.http import serving

from api import problems
from api.bulk import BulkDesk, BulkResponse, json_line
from api.doorway import Doorway
from api.limits import MAX_BULK_BYTES
from ledger.errors import StoreError

LONGEST = 1000


class Echo:
    """Answers each line with its number and length, and keeps what it was given."""

    def __init__(self, *, padding: int = 0) -> None:
        self.lines: list[bytes] = []
        self.padding = "x" * padding
        self.ended = threading.Event()

    def answers(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        try:
            for line in lines:
                if line == b"break":
                    raise StoreError("The disk is full.", where="ledger.db", fix="Make room.")
                if line == b"bug":
                    raise RuntimeError("secret 1234-5678")
                self.lines.append(line)
                yield json_line({"line": len(self.lines), "length": len(line), "padding": self.padding})
        finally:
            self.ended.set()

    def summary(self) -> dict[str, int]:
        return {"accepted": len(self.lines)}


def app_around(echo: Echo, desk: BulkDesk) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Doorway)

    @app.post("/v1/agencies/6110000/records:bulk")
    async def bulk(request: Request) -> BulkResponse:
        return BulkResponse(desk, echo, longest_line=LONGEST)

    return app


class Office:
    """One server with one bulk address."""

    def __init__(self, url: str, echo: Echo) -> None:
        self.address = urlsplit(url)
        self.echo = echo

    def connect(self) -> http.client.HTTPConnection:
        assert self.address.hostname
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=20)

    def post(self, body: bytes) -> tuple[int, list[dict[str, object]]]:
        with closing(self.connect()) as connection:
            connection.request("POST", "/v1/agencies/6110000/records:bulk", body)
            response = connection.getresponse()
            return response.status, [json.loads(line) for line in response.read().splitlines()]

    def open_socket(self) -> socket.socket:
        return socket.create_connection((str(self.address.hostname), int(self.address.port or 0)), timeout=20)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    echo = Echo(padding=getattr(request, "param", 0))
    with serving(app_around(echo, BulkDesk(places=2))) as url:
        yield Office(url, echo)


HEAD = b"POST /v1/agencies/6110000/records:bulk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_each_line_has_its_result_in_order_and_the_last_line_counts(office: Office) -> None:
    status, results = office.post(b"a\n\nccc\nlast without line feed")
    assert status == 200
    assert [(r["line"], r["length"]) for r in results[:-1]] == [(1, 1), (2, 0), (3, 3), (4, 22)]
    assert results[-1] == {"done": True, "accepted": 4}


def test_a_line_over_the_limit_is_cut_so_that_it_costs_no_memory_and_is_still_one_line(office: Office) -> None:
    _, results = office.post(b"x" * 300_000 + b"\nshort\n" + b"y" * LONGEST)
    assert [r["length"] for r in results[:-1]] == [LONGEST + 1, 5, LONGEST]


@pytest.mark.parametrize("office", [2000], indirect=True)
def test_a_client_that_sends_everything_before_it_reads_anything_is_not_locked_up(office: Office) -> None:
    lines = 20_000  # 40 MB of results: more than all socket buffers hold
    _, results = office.post(b"line\n" * lines)
    assert [r["line"] for r in results[:-1]] == list(range(1, lines + 1))
    assert results[-1]["done"] is True


def test_results_come_while_the_client_is_still_sending(office: Office) -> None:
    with office.open_socket() as connection:
        connection.sendall(HEAD + chunk(b"one\ntwo\nthr"))
        answer = b""
        while b'"line":2' not in answer:
            answer += connection.recv(65536)
        assert b'"line":3' not in answer
        connection.sendall(chunk(b"ee\n") + b"0\r\n\r\n")
        while b'"done":true' not in answer:
            answer += connection.recv(65536)
    assert office.echo.lines == [b"one", b"two", b"three"]


def test_a_connection_that_breaks_keeps_whole_lines_and_drops_the_half_one(office: Office) -> None:
    connection = office.open_socket()
    connection.sendall(HEAD + chunk(b"one\ntwo\nthr"))
    answer = b""
    while b'"line":2' not in answer:
        answer += connection.recv(65536)
    connection.close()
    assert office.echo.ended.wait(10)
    assert office.echo.lines == [b"one", b"two"]
    office.echo.ended.clear()
    assert office.post(b"again\n")[0] == 200


def test_a_failure_in_the_middle_ends_with_a_problem_instead_of_done(office: Office) -> None:
    status, results = office.post(b"one\nbreak\nthree\n")
    assert status == 200
    assert [r.get("line") for r in results] == [1, None]
    last = results[-1]
    assert last["done"] is False
    assert isinstance(last["problem"], dict)
    assert last["problem"]["type"] == "/problems/store"
    assert last["problem"]["where"] == "ledger.db"


def test_a_bug_in_the_middle_breaks_the_answer_off_and_says_nothing_of_itself(office: Office) -> None:
    with closing(office.connect()) as connection:
        connection.request("POST", "/v1/agencies/6110000/records:bulk", b"one\nbug\n")
        response = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
    assert b"done" not in caught.value.partial
    assert b"1234-5678" not in caught.value.partial
    assert office.post(b"next\n")[0] == 200


def test_the_third_request_is_told_to_wait_and_gets_its_place_later(office: Office) -> None:
    held = [office.open_socket() for _ in range(2)]
    for connection in held:
        connection.sendall(HEAD + chunk(b"one\n"))
        assert b"200" in connection.recv(1000)
    with closing(office.connect()) as waiting:
        waiting.request("POST", "/v1/agencies/6110000/records:bulk", b"x\n" * 100_000)
        refused = waiting.getresponse()
        assert refused.status == 503
        assert refused.getheader("retry-after") == "5"
        assert json.loads(refused.read())["type"] == "/problems/busy"
    for connection in held:
        connection.sendall(b"0\r\n\r\n")
        answer = b""
        while not answer.endswith(b"0\r\n\r\n"):
            answer += connection.recv(65536)
        connection.close()
    assert office.post(b"now\n")[0] == 200


def test_a_body_announced_over_the_limit_is_refused_before_anything_is_taken(office: Office) -> None:
    with office.open_socket() as connection:
        head = b"POST /v1/agencies/6110000/records:bulk HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % (MAX_BULK_BYTES + 1))
        assert b" 413 " in connection.recv(65536)
    assert office.echo.lines == []
