"""`make flood`: strangers flood a real service on loopback, one way after the other, while somebody else verifies.

    python -m flood.run --seconds 20

wrk (Debian) floods from 127.0.0.1; the other one comes from 127.0.0.3, so that it is another caller to the limits.
For each flood: what the strangers got, and how the other one's verifications went, beside the same without a flood.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from support.service_process import Service, add_seoul, running

from ledger.accounts.service import csrf_of

A = "/v1/agencies/6110000"
DIGEST = "0f" * 32
OTHER = "127.0.0.3"
WRONG_KEY = ("Authorization", "Bearer wrong")
GUESS = f"csrf={csrf_of('before')}&login=official&password=guess"
PATIENCE_S = 30.0
BETWEEN_S = 0.05
SLOW_CLIENTS = 400
CONNECTIONS = 48
LUA = """
wrk.method = "{method}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["{header}"] = "{value}"
wrk.body = string.rep("{body}", {times})
"""


@dataclass(kw_only=True)
class Others:
    """What became of the verifications of somebody who floods nobody."""

    took_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def at(self, share: float) -> float:
        """A quantile of the times, in ms."""
        ordered = sorted(self.took_s) or [float("nan")]
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One flood: what came back to the strangers, and how the others fared."""

    name: str
    sent: int
    refused: int
    others: Others

    def text(self) -> str:
        """The row as it is printed."""
        return (
            f"{self.name:<44}{self.sent:>9,} sent {self.refused:>9,} refused   others: "
            f"{len(self.others.took_s):>4} verified, {len(self.others.wrong)} not; "
            f"median {self.others.at(0.5):6.1f} ms, 95 % {self.others.at(0.95):7.1f} ms"
        )


Flood = Callable[[str, float], tuple[int, int]]
"""Given the service's URL and a time, floods; answers (sent, refused)."""


def by_wrk(
    path: str, *, method: str = "GET", body: str = "x", times: int = 0, header: tuple[str, str] = ("X-Nothing", "1")
) -> Flood:
    """A flood of one request, as fast as wrk can; the body is `body` so many times."""

    def flood(url: str, seconds: float) -> tuple[int, int]:
        lua = LUA.format(method=method, header=header[0], value=header[1], body=body, times=times)
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(lua)
            script.flush()
            command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{max(1, round(seconds))}s"]
            command += ["--timeout", f"{PATIENCE_S:.0f}s", "-s", script.name, url + path]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        sent = re.search(r"(\d+) requests in", said)
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
        assert sent is not None, said
        return int(sent[1]), int(refused[1]) if refused else 0

    return flood


def slow_clients(url: str, seconds: float) -> tuple[int, int]:
    """Hundreds of connections that begin a request and never end it."""
    address = urlsplit(url)
    opened = [socket.create_connection((str(address.hostname), int(address.port or 0))) for _ in range(SLOW_CLIENTS)]
    closed = 0
    end = time.monotonic() + seconds
    for connection in opened:
        connection.setblocking(False)
        connection.send(b"POST /v1/verifications HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    while time.monotonic() < end:
        for connection in opened:
            try:
                connection.send(b"x")
            except OSError:
                closed += 1
        time.sleep(1.0)
    for connection in opened:
        connection.close()
    return len(opened), closed


FLOODS: dict[str, Flood] = {
    "nobody": lambda _url, seconds: (time.sleep(seconds) or 0, 0),
    "look-ups by digest": by_wrk(f"/v1/verifications?sha256={DIGEST}"),
    "evidence that is none": by_wrk("/v1/verifications", method="POST", times=200_000),
    "evidence that never ends": by_wrk("/v1/verifications", method="POST", body='[\\\\\\"', times=80_000),
    "bodies over the limit": by_wrk("/v1/verifications", method="POST", times=400_000),
    "submissions with a wrong key": by_wrk(f"{A}/records", method="POST", times=400, header=WRONG_KEY),
    "bulk with a wrong key": by_wrk(f"{A}/records:bulk?job=x", method="POST", times=100_000, header=WRONG_KEY),
    "guesses at a password": by_wrk(
        "/clerk/sign-in", method="POST", body=GUESS, times=1, header=("Cookie", "sillok-before=before")
    ),
    "the first page": by_wrk("/"),
    "addresses that are none": by_wrk("/nowhere"),
    "requests that never end": slow_clients,
}
"""Every way to flood; the first is none, to compare with."""


@contextmanager
def flooded(folder: Path) -> Iterator[Service]:
    """A service as `sillok up` starts it, limits and all, with one anchored record."""
    with running(folder) as service:
        add_seoul(service)
        key = (service.data / "clerk-6110000.key").read_text().strip()
        status, told = ask(
            service.url, "POST", f"{A}/records", json.dumps({"kind": "document", "sha256": DIGEST}), f"Bearer {key}"
        )
        assert status == 201, told
        end = time.monotonic() + 120
        while verify(service.url) != "valid":
            assert time.monotonic() < end, "the record was not anchored"
            time.sleep(0.2)
        yield service


def ask(url: str, method: str, path: str, body: str | None = None, key: str = "") -> tuple[int, str]:
    """One request of the other one, on a connection of its own."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        str(address.hostname), int(address.port or 0), timeout=PATIENCE_S, source_address=(OTHER, 0)
    )
    try:
        connection.request(method, path, body, {"Authorization": key} if key else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def verify(url: str) -> str:
    """What the other one is told of the record."""
    status, told = ask(url, "GET", f"/v1/verifications?sha256={DIGEST}")
    return str(json.loads(told)["verdict"]) if status == 200 else told


def _verify(url: str, others: Others, stop: threading.Event) -> None:
    """Verify again and again."""
    while not stop.is_set():
        begin = time.monotonic()
        try:
            verdict = verify(url)
        except OSError as error:
            verdict = repr(error)
        if verdict == "valid":
            others.took_s.append(time.monotonic() - begin)
        else:
            others.wrong.append(verdict)
        stop.wait(BETWEEN_S)


def run(service: Service, name: str, seconds: float) -> Outcome:
    """One flood."""
    others, stop = Others(), threading.Event()
    verifying = threading.Thread(target=_verify, args=(service.url, others, stop))
    verifying.start()
    try:
        sent, refused = FLOODS[name](service.url, seconds)
    finally:
        stop.set()
        verifying.join()
    return Outcome(name=name, sent=sent, refused=refused, others=others)


def main() -> int:
    """Flood in every way; exit code 1 where the others were not served."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    assert shutil.which("wrk"), "install wrk (Debian: apt-get install wrk)"
    failed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="sillok-flood-") as folder, flooded(Path(folder) / "data") as service:
        for name in FLOODS:
            outcome = run(service, name, given.seconds)
            print(outcome.text(), flush=True)
            failed.update(outcome.others.wrong)
    print("everybody else was served" if not failed else f"others were refused: {failed.most_common(5)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
