"""The running service, or one started for the time of a command."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.cli.client import SERVICE_FILE, ServiceClient, service_url
from ledger.errors import InfrastructureError

START_S: Final = 90.0
STOP_S: Final = 30.0


@contextmanager
def service(data: Path, url: str | None) -> Iterator[tuple[str, bool]]:
    """The address of a service that answers, and whether it was started here (it is stopped at the end then).

    Raises:
        InfrastructureError: the one that was named does not answer, or none could be started.
    """
    if url or _answers(data):
        yield service_url(data, url), False
        return
    command = [sys.executable, "-m", "ledger", "up", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        try:
            _wait(child, data)
            yield service_url(data, None), True
        finally:
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()


def _answers(data: Path) -> bool:
    try:
        with ServiceClient(service_url(data, None), timeout_s=5.0) as client:
            client.get_bytes("/readyz")
    except InfrastructureError:
        return False
    return True


def _wait(child: subprocess.Popen[bytes], data: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        if _pid(data) == child.pid and _answers(data):
            return
        time.sleep(0.1)
    raise InfrastructureError(
        "The service could not be started.",
        where=str(data),
        fix=f"Run `sillok up --data {data}` and see what it says.",
    )


def _pid(data: Path) -> int | None:
    try:
        return int(json.loads((data / SERVICE_FILE).read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None
