"""The real service as a process of its own: started, killed, started again; and the command line beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
START_S = 120.0


def sillok(*words: str | Path, cwd: Path | None = None, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    """Run `sillok …` as a person would; answers exit code, output and errors."""
    command = [sys.executable, "-m", "ledger", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout_s, env=environment, check=False
    )


def done(*words: str | Path, cwd: Path | None = None, timeout_s: float = 240) -> str:
    """The same, where it must succeed; answers its standard output."""
    result = sillok(*words, cwd=cwd, timeout_s=timeout_s)
    assert result.returncode == 0, (
        f"sillok {' '.join(map(str, words))}: {result.returncode}\n{result.stdout}{result.stderr}"
    )
    return result.stdout


@dataclass
class Service:
    """`sillok up` on one data folder."""

    data: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> float:
        """Start and wait until it is ready; answers how long that took, in seconds."""
        begin = time.monotonic()
        self.data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "ledger", "up", "--data", str(self.data), "--port", "0", *self.options]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with (self.data / "test.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        while time.monotonic() - begin < START_S:
            assert self.process.poll() is None, f"sillok up ended:\n{(self.data / 'test.log').read_text()[-4000:]}"
            if self._ready():
                return time.monotonic() - begin
            time.sleep(0.05)
        raise AssertionError(f"sillok up is not ready:\n{(self.data / 'test.log').read_text()[-4000:]}")

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(json.loads((self.data / "service.json").read_text())["url"])

    def get(self, path: str) -> object:
        """A JSON document of the API."""
        with urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """`kill -9`, as a power cut would look to everything but the disk."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop as an operator does (SIGTERM)."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _ready(self) -> bool:
        try:
            document = json.loads((self.data / "service.json").read_text())
            if document["pid"] != self.process.pid:  # type: ignore[union-attr]
                return False
            with urlopen(document["url"] + "/readyz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, ValueError, KeyError, URLError):
            return False


@contextmanager
def running(data: Path, *options: str) -> Iterator[Service]:
    """A service for the time of a test."""
    service = Service(data, options)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def add_seoul(service: Service) -> None:
    """Register the agency of the stories."""
    done(
        "agency", "add", "6110000", "--name-ko", "서울특별시", "--name-en", "Seoul", "--contact", "02-120",
        "--data", service.data,
    )  # fmt: skip
