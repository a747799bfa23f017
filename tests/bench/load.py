"""A load generator in a process of its own: many connections, each sends its next request once it has its answer.

    python tests/bench/load.py < JSON       {"host", "port", "connections", "seconds", "head", "bodies"}

Written on sockets and epoll, since a client library would take more of the two cores than the server that it asks.
Requests are made before the clock starts. It prints one JSON object: answers, seconds, and every latency's histogram.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

BUFFER = 65536


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one run did: `latencies` in seconds, in the order of the answers; `answered`: when."""

    answers: int
    seconds: float
    latencies: list[float]
    answered: list[float]
    failed: int
    cpu_s: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def quantile(self, part: float) -> float:
        """The latency that `part` of the answers kept, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def run(url: str, requests: list[bytes], *, connections: int = 64, per_second: float = 0) -> Load:
    """Send every request once, over `connections` kept-alive connections, from a process of its own.

    With `per_second`, requests start at that rate whatever the answers do, and wait for a free connection if they
    must: a latency counts from when the request should have started.
    """
    host, port = url.removeprefix("http://").split(":")
    task = {
        "host": host,
        "port": int(port),
        "connections": connections,
        "perSecond": per_second,
        "requests": [r.decode() for r in requests],
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve())],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
    )
    return Load(**json.loads(done.stdout))


def get(path: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST request with a JSON body."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{more}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class _Connection:
    __slots__ = ("begun", "held", "socket")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""
        self.begun = 0.0

    def send(self, request: bytes) -> None:
        self.begun = perf_counter()
        self.socket.sendall(request)

    def read(self) -> bool | None:
        """Whether the answer is a success; None while it is not whole."""
        data = self.socket.recv(BUFFER)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.held += data
        at = self.held.find(b"\r\n\r\n")
        if at < 0:
            return None
        head = self.held[:at].lower()
        start = head.find(b"content-length:") + 15
        if start < 15:
            raise ValueError(f"an answer without a length: {head[:200]!r}")
        length = int(head[start : head.find(b"\r\n", start) if head.find(b"\r\n", start) > 0 else None])
        if len(self.held) < at + 4 + length:
            return None
        self.held = self.held[at + 4 + length :]
        return head[9:10] == b"2"


def main() -> None:
    """Work off one task from standard input."""
    task = json.load(sys.stdin)
    requests = [request.encode() for request in task["requests"]]
    pace = 1 / task["perSecond"] if task["perSecond"] else 0.0
    poll = select.epoll()
    open_: dict[int, _Connection] = {}
    idle: list[_Connection] = []
    latencies: list[float] = []
    answered: list[float] = []
    failed = sent = 0
    for _ in range(task["connections"]):
        one = _Connection(task["host"], task["port"])
        open_[one.socket.fileno()] = one
        idle.append(one)
        poll.register(one.socket.fileno(), select.EPOLLIN)
    begin, cpu = perf_counter(), sum(os.times()[:2])
    while len(latencies) < len(requests):
        now = perf_counter()
        while idle and sent < len(requests) and begin + sent * pace <= now:
            one = idle.pop()
            one.send(requests[sent])
            if pace:
                one.begun = begin + sent * pace
            sent += 1
        wait = begin + sent * pace - now if pace and idle and sent < len(requests) else 1
        for descriptor, _ in poll.poll(max(0.0, wait)):
            one = open_[descriptor]
            if (good := one.read()) is None:
                continue
            answered.append(perf_counter())
            latencies.append(answered[-1] - one.begun)
            failed += not good
            idle.append(one)
    result = {
        "answers": len(latencies), "seconds": perf_counter() - begin, "latencies": latencies, "answered": answered,
        "failed": failed, "cpu_s": sum(os.times()[:2]) - cpu,
    }  # fmt: skip
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
