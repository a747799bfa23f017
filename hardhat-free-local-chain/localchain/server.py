"""HTTP/1.1 for JSON-RPC on loopback: POST, kept-alive connections, one write for one answer.

The standard library's `http.server` without TCP_NODELAY and with an unbuffered answer gives 7 calls/s instead of
thousands (Nagle's algorithm meets delayed acknowledgement), so the little of HTTP that is needed is here.

A browser on the same machine could be led to post here. It cannot: `application/json` makes it ask first (and no
answer allows it), and a name that was rebound to loopback fails at the Host check.
"""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import threading
from typing import IO, Final, cast

from localchain.dispatch import Dispatcher
from localchain.errors import INVALID_REQUEST

MAX_BODY: Final = 32 * 2**20
"""Bytes of one request: a batch of a few hundred transactions with long call data."""
_MAX_HEAD: Final = 16 * 2**10
_IDLE_S: Final = 600.0
_STACK_BYTES: Final = 64 * 2**20
"""Address space of a thread's stack, of which only what is used counts. py-evm raises Python's recursion limit
tenfold for nested calls of contracts; on the usual 8 MB deeply nested JSON would end the process, not the request."""
_MAX_CONNECTIONS: Final = 256
_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LOGGER: Final = logging.getLogger("localchain")


class _Refused(Exception):  # noqa: N818 - turned into an answer a few lines below
    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Connection(socketserver.BaseRequestHandler):
    """One client connection: requests one after the other until it closes."""

    def handle(self) -> None:
        """Answer until the client closes, idles too long, or sends what cannot be read."""
        connection = cast(socket.socket, self.request)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(_IDLE_S)
        server = cast(RpcServer, self.server)
        stream = cast(IO[bytes], connection.makefile("rb", buffering=64 * 1024))
        try:
            with server.counted(connection):
                while self._serve_one(server, connection, stream):
                    pass
        except _Refused as refusal:
            _send_refusal(connection, refusal)
        except (OSError, ValueError):
            return  # the client went away
        finally:
            stream.close()

    @staticmethod
    def _serve_one(server: RpcServer, connection: socket.socket, stream: IO[bytes]) -> bool:
        head = _read_head(stream)
        if head is None:
            return False
        body, keep = _read_body(head, connection, stream)
        answer = server.dispatcher.answer(body)
        end = "keep-alive" if keep else "close"
        status = "200 OK" if answer else "204 No Content"
        kind = "Content-Type: application/json\r\n" if answer else ""
        text = f"HTTP/1.1 {status}\r\n{kind}Content-Length: {len(answer)}\r\nConnection: {end}\r\n\r\n"
        connection.sendall(text.encode() + answer)
        return keep


def _read_head(stream: IO[bytes]) -> tuple[str, dict[str, str]] | None:
    """Request line and headers; None where the client closed between requests."""
    line = stream.readline(_MAX_HEAD)
    if not line:
        return None
    size = len(line)
    headers: dict[str, str] = {}
    while True:
        header = stream.readline(_MAX_HEAD)
        size += len(header)
        if size > _MAX_HEAD or not header.endswith(b"\n"):
            raise _Refused("431 Request Header Fields Too Large", f"headers may have {_MAX_HEAD} bytes")
        if header in (b"\r\n", b"\n"):
            return line.decode("latin-1").strip(), headers
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()


def _read_body(head: tuple[str, dict[str, str]], connection: socket.socket, stream: IO[bytes]) -> tuple[bytes, bool]:
    """Body of a request, and whether the connection stays open after it."""
    line, headers = head
    method, _, rest = line.partition(" ")
    if not rest.startswith("/") or not rest.rpartition(" ")[2].startswith("HTTP/1."):
        raise _Refused("400 Bad Request", "this is no HTTP/1.1 request")
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if headers.get("host") and host not in _HOSTS:
        raise _Refused("403 Forbidden", "this server answers on 127.0.0.1 and localhost only")
    if method != "POST":
        raise _Refused("405 Method Not Allowed", "send JSON-RPC 2.0 with POST")
    if not headers.get("content-type", "").lower().startswith("application/json"):
        raise _Refused("415 Unsupported Media Type", "send Content-Type: application/json")
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise _Refused("411 Length Required", "send a Content-Length")
    if int(length) > MAX_BODY:
        raise _Refused("413 Content Too Large", f"a request may have {MAX_BODY} bytes")
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = stream.read(int(length))
    if body is None or len(body) < int(length):
        raise OSError("the client closed inside a request")
    return body, headers.get("connection", "").lower() != "close" and not rest.endswith("HTTP/1.0")


def _send_refusal(connection: socket.socket, refusal: _Refused) -> None:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": INVALID_REQUEST, "message": refusal.text}}
    body = json.dumps(error).encode()
    allow = "Allow: POST\r\n" if refusal.status.startswith("405") else ""
    head = (
        f"HTTP/1.1 {refusal.status}\r\n{allow}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    try:
        connection.sendall(head.encode() + body)
        # Take what is still on its way, or closing would reset the connection before the answer is read.
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(1.0)
        for _ in range(2 * MAX_BODY // 65536):
            if not connection.recv(65536):
                break
    except OSError:
        _LOGGER.debug("a client left before its refusal was sent")


class _Counted:
    """Counts a connection while it is open, and refuses one too many."""

    def __init__(self, server: RpcServer, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection

    def __enter__(self) -> None:
        with self._server.open_lock:
            if len(self._server.open) >= _MAX_CONNECTIONS:
                raise _Refused("503 Service Unavailable", f"{_MAX_CONNECTIONS} connections are open")
            self._server.open.add(self._connection)

    def __exit__(self, *_: object) -> None:
        with self._server.open_lock:
            self._server.open.discard(self._connection)


class RpcServer(socketserver.ThreadingTCPServer):
    """JSON-RPC server on 127.0.0.1; a thread for each connection.

    Attributes:
        url: where it answers.
        open: the connections that are open, to end them at the stop.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, dispatcher: Dispatcher, port: int) -> None:
        """Listen on a port; 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        self.dispatcher = dispatcher
        self.open: set[socket.socket] = set()
        self.open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Serve a connection in a thread whose stack fits to the recursion limit."""
        before = threading.stack_size(_STACK_BYTES)
        try:
            super().process_request(request, client_address)
        finally:
            threading.stack_size(before)

    def counted(self, connection: socket.socket) -> _Counted:
        """Count a connection for as long as the returned context lasts."""
        return _Counted(self, connection)

    def stop(self) -> None:
        """Take no more connections and end those that are open."""
        self.shutdown()
        with self.open_lock:
            connections = list(self.open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                _LOGGER.debug("a connection was closed already")
        self.server_close()
