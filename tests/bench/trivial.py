"""The peer of the HTTP figures: FastAPI endpoints without any work, behind the same server as Sillok's.

    python tests/bench/trivial.py           prints the address that it listens on

`POST /v1/agencies/{agency}/records` takes a JSON body and answers as many bytes as a real one does;
`GET /trivial` is FastAPI's own first example.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from fastapi import FastAPI, Request

from api.server import server_for

ANSWER_BYTES = 1_800
app = FastAPI()


@app.get("/trivial")
async def trivial() -> dict[str, str]:
    return {"Hello": "World"}


@app.post("/v1/agencies/{agency}/records", status_code=201)
async def submit(agency: str, request: Request) -> dict[str, str]:
    body = await request.json()
    return {"agency": agency, "kind": body["kind"], "answer": "x" * ANSWER_BYTES}


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A running peer."""

    url: str
    pid: int


@contextmanager
def running_trivial() -> Iterator[Peer]:
    """A peer in a process of its own."""
    process = subprocess.Popen([sys.executable, str(Path(__file__).resolve())], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Peer(url=process.stdout.readline().strip(), pid=process.pid)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    server_for(app, host="127.0.0.1", port=port).run(sockets=[listener])


if __name__ == "__main__":
    main()
