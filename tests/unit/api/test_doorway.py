"""What holds for every request: limits answer politely, failures say nothing of themselves, the log keeps secrets."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import structlog
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from support.http import serving

from api import problems
from api.doorway import Doorway
from api.limits import MAX_BODY_BYTES, MAX_QUERY_BYTES
from api.logs import configure_logs
from api.problem_kinds import PROBLEMS
from ledger import errors

MARKER = "1234-5678-9012-3456"
MEMBERS = {"type", "title", "status", "detail", "where", "fix", "instance"}


class Named(BaseModel):
    name: str


def strange_app() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Doorway)

    @app.get("/v1/things/{thing}")
    def thing(thing: str, q: int = 0) -> dict[str, str]:
        if thing == "bug":
            raise RuntimeError(f"the secret is {MARKER}")
        if thing == "chain":
            raise errors.ChainError("The chain does not answer.", where="rpc")
        if thing == "conflict":
            raise errors.ConflictError("The number belongs to another document.", where="number", fix="Draw another.")
        return {"thing": thing}

    @app.post("/v1/named")
    def named(body: Named) -> dict[str, str]:
        return {"name": body.name}

    @app.post("/v1/raw")
    async def raw(request: Request) -> Response:
        return Response(str(len(await request.body())), media_type="text/html")

    @app.post("/v1/unread")
    async def unread(request: Request) -> Response:
        raise problems.Problem("unauthorized", "The request carries no API key.", where="authorization")

    return app


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(stream, delayed=False)
    yield stream
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def url(log: io.StringIO) -> Iterator[str]:
    with serving(strange_app()) as url:
        yield url


def problem(response: httpx.Response, status: int, slug: str) -> dict[str, str]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    content: dict[str, str] = response.json()
    assert set(content) == MEMBERS
    assert all(content.values())
    assert content["type"] == f"/problems/{slug}"
    assert content["status"] == status
    return content


def test_every_error_of_the_ledger_has_a_page_and_no_failure_of_ours_is_blamed_on_the_caller() -> None:
    def all_of(kind: type[errors.SillokError]) -> list[type[errors.SillokError]]:
        # Those of other rooms are internal to them and never reach a caller.
        found = [kind, *(one for sub in kind.__subclasses__() for one in all_of(sub))]
        return [one for one in found if one.__module__ == errors.__name__]

    for kind in all_of(errors.SillokError):
        status = problems.kind_of(kind.__new__(kind)).status  # some need more than words to be made
        if issubclass(kind, errors.InputError):
            assert 400 <= status < 500
        elif issubclass(kind, errors.InfrastructureError):
            assert status == 503 or kind.slug == "chain-refused"
        else:
            assert status == 500
        assert kind.slug in PROBLEMS, f"no page describes {kind.slug}"


def test_an_unknown_address_and_a_wrong_method_are_problems(url: str) -> None:
    problem(httpx.get(f"{url}/nowhere"), 404, "not-found")
    refused = httpx.delete(f"{url}/v1/things/a")
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "GET"


def test_an_error_of_the_ledger_keeps_its_words_where_and_fix(url: str) -> None:
    content = problem(httpx.get(f"{url}/v1/things/conflict"), 409, "conflict")
    assert content["detail"] == "The number belongs to another document."
    assert content["where"] == "number"
    assert content["fix"] == "Draw another."


def test_no_answer_from_the_chain_is_503_with_a_time_to_come_back(url: str) -> None:
    response = httpx.get(f"{url}/v1/things/chain")
    problem(response, 503, "chain")
    assert int(response.headers["retry-after"]) > 0


def test_unreadable_parameters_and_bodies_say_where_and_never_repeat_what_was_sent(url: str) -> None:
    for response in (
        httpx.get(f"{url}/v1/things/a", params={"q": MARKER}),
        httpx.post(f"{url}/v1/named", json={"name": {"a": MARKER}}),
        httpx.post(f"{url}/v1/named", content=f"{{{MARKER}".encode()),
    ):
        content = problem(response, 422, "input")
        assert MARKER not in response.text
        assert content["where"].startswith(("query", "body"))


def test_a_bug_is_a_problem_without_a_word_of_the_bug_and_the_operator_finds_it_by_its_instance(
    url: str, log: io.StringIO
) -> None:
    response = httpx.get(f"{url}/v1/things/bug")
    content = problem(response, 500, "error")
    assert MARKER not in response.text
    assert "RuntimeError" not in response.text
    [line] = [json.loads(line) for line in log.getvalue().splitlines() if content["instance"] in line]
    assert line["error"] == "RuntimeError"
    assert any("test_doorway.py" in frame for frame in line["frames"])


def test_the_log_has_templates_and_never_a_number_a_query_or_a_message(url: str, log: io.StringIO) -> None:
    with httpx.Client() as client:
        client.get(f"{url}/v1/things/{MARKER}", params={"q": 7, "digest": MARKER})
        client.get(f"{url}/v1/things/bug", params={"digest": MARKER})
        client.get(f"{url}/nowhere/{MARKER}?x={MARKER}", headers={"referer": MARKER})
        client.post(f"{url}/v1/named", json={"name": MARKER})
    assert MARKER not in log.getvalue()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    routes = [(line["method"], line["route"], line["status"]) for line in lines if line["event"] == "request"]
    assert ("GET", "/v1/things/{thing}", 200) in routes
    assert ("GET", "none", 404) in routes
    assert ("POST", "/v1/named", 200) in routes


@pytest.mark.parametrize("path", ["/v1/named", "/v1/raw"])
def test_a_body_over_the_limit_gets_its_problem_even_if_it_is_sent_to_the_end_first(url: str, path: str) -> None:
    body = b"x" * (20 * MAX_BODY_BYTES)
    problem(httpx.post(url + path, content=body), 413, "too-large")
    # Without a length, only counting finds it.
    problem(httpx.post(url + path, content=(body[:1000] for _ in range(1500))), 413, "too-large")


def test_the_connection_is_not_reset_under_a_client_that_is_still_sending(url: str) -> None:
    # More than the buffers of both sockets hold: unless somebody goes on reading, sending breaks before the end.
    size, piece = 500 * MAX_BODY_BYTES, b"x" * MAX_BODY_BYTES
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as connection:
        connection.sendall(b"POST /v1/raw HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            connection.sendall(piece)
        answer = b""
        while more := connection.recv(65536):
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head
    assert json.loads(body)["type"] == "/problems/too-large"


def test_a_body_of_exactly_the_limit_passes(url: str) -> None:
    response = httpx.post(f"{url}/v1/raw", content=b"x" * MAX_BODY_BYTES)
    assert response.text == str(MAX_BODY_BYTES)
    problem(httpx.post(f"{url}/v1/raw", content=b"x" * (MAX_BODY_BYTES + 1)), 413, "too-large")


def test_a_client_that_waits_for_continue_is_refused_without_sending(url: str) -> None:
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/raw HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 900000000\r\n\r\n"
        )
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"too-large" in answer
    assert b"100 Continue" not in answer


def test_an_answer_that_came_before_the_body_was_read_is_still_received(url: str) -> None:
    with httpx.Client() as client:
        for _ in range(3):
            problem(client.post(f"{url}/v1/unread", content=b"x" * MAX_BODY_BYTES), 401, "unauthorized")
    response = httpx.post(f"{url}/v1/unread", content=b"x" * MAX_BODY_BYTES, headers={"connection": "close"})
    problem(response, 401, "unauthorized")


def test_what_is_no_http_gets_a_problem_too(url: str) -> None:
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(f"{MARKER} is no method\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    content = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert set(content) == MEMBERS
    assert content["status"] == 400
    assert MARKER.encode() not in answer


def test_a_query_over_the_limit_is_a_problem(url: str) -> None:
    problem(httpx.get(f"{url}/v1/things/a?{'x' * (MAX_QUERY_BYTES + 1)}"), 414, "query-too-long")
    assert httpx.get(f"{url}/v1/things/a?{'x' * MAX_QUERY_BYTES}").status_code == 200


def test_every_answer_carries_the_security_headers_and_is_not_stored(url: str) -> None:
    for path in ("/v1/things/a", "/nowhere", "/v1/things/bug"):
        headers = httpx.get(url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers
    page = httpx.post(f"{url}/v1/raw", content=b"x").headers["content-security-policy"]
    assert "script-src 'self'" in page
    assert "unsafe" not in page
