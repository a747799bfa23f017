"""The embedded chain as a child process: it ends when this process ends, however that happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Final, Self

from ledger.errors import ChainError

_START_TIMEOUT_S: Final = 60.0
_STOP_TIMEOUT_S: Final = 20.0
_WORDS_KEPT: Final = 20


class LocalChainProcess:
    """`python -m localchain` on a folder. A second start, after the child died, keeps the port of the first.

    The child reads its standard input and stops when it closes, so that it never outlives a service that was killed.
    """

    def __init__(self, data: Path, *, dev: bool = False, chain_id: int | None = None, port: int = 0) -> None:
        """Nothing runs yet.

        Args:
            data: the chain's own folder; made where it is missing.
            dev: begin a development chain (time travel, snapshots); kept in the folder for ever.
            chain_id: chain id of a new chain; None: its own default.
            port: port on 127.0.0.1; 0: a free one.
        """
        self._data = data
        self._dev = dev
        self._chain_id = chain_id
        self._port = self._given_port = port
        self._url: str | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._answer: Queue[bytes] | None = None
        """Where the first line of a child comes that was launched and has not answered yet."""
        self._words: list[str] = []
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens. Raises ChainError where it was never started."""
        if self._url is None:
            raise ChainError("The embedded chain was not started.")
        return self._url

    @property
    def pid(self) -> int | None:
        """The child's process id; None where it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def launch(self) -> None:
        """Start the child and go on: it loads its libraries beside whatever the caller does until `start`."""
        if self._answer is None and self.pid is None:
            self.stop()
            self._launch()

    def start(self) -> str:
        """Start the child unless it runs, wait until it answers; its URL.

        Raises:
            ChainError: it did not start (another process has the folder, the folder is damaged): in its own words.
        """
        self.launch()
        if self._answer is None:
            return self.url
        try:
            return self._answered()
        except ChainError:
            if self._port == self._given_port:
                raise
        # Somebody else may have the port of before: any other will do, whoever asks for the URL again finds it.
        self._port = self._given_port
        self.launch()
        return self._answered()

    def _launch(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "localchain", "--data", str(self._data)]
        command += ["--port", str(self._port), "--exit-with-stdin"]
        command += ["--dev"] if self._dev else []
        command += ["--chain-id", str(self._chain_id)] if self._chain_id is not None else []
        self._words = []
        # A session of its own, so that Ctrl-C in the terminal reaches the service first and the child last.
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # The chain needs none of the service's secrets: not the keystore's password above all.
            env={name: value for name, value in os.environ.items() if not name.startswith("SILLOK_")},
        )
        self._child = child
        self._answer = Queue()
        assert child.stdout is not None
        assert child.stderr is not None
        threading.Thread(target=_first_line, args=(child.stdout, self._answer), daemon=True).start()
        self._reader = threading.Thread(target=self._listen, args=(child.stderr,), daemon=True)
        self._reader.start()

    def _answered(self) -> str:
        assert self._answer is not None
        answer, self._answer = self._answer, None
        try:
            ready = json.loads(answer.get(timeout=_START_TIMEOUT_S))
            self._url = str(ready["url"])
        except (Empty, ValueError, KeyError, TypeError) as error:
            self.stop()
            raise self._did_not("start") from error
        self._port = urllib.parse.urlsplit(self._url).port or self._port
        return self._url

    def check(self) -> None:
        """Raise ChainError where the child is not running any more, with its last words."""
        if self._child is not None and self._child.poll() is not None:
            raise self._did_not("keep running")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the child ends; whether it did."""
        if self._child is None:
            return True
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Let the child finish its block and end; kill it where it does not. Doing it again does nothing."""
        child, self._answer = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if self._reader is not None:
            self._reader.join(_STOP_TIMEOUT_S)
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()

    def kill(self) -> None:
        """End the child at once, as a power cut would; for tests of what survives."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _listen(self, stream: IO[bytes]) -> None:
        """Keep the child's last words; a pipe that nobody reads would stop it."""
        try:
            for line in stream:
                self._words = [*self._words, line.decode(errors="replace").rstrip()][-_WORDS_KEPT:]
        except ValueError:
            # The stream was closed by `stop`.
            return

    def _did_not(self, what: str) -> ChainError:
        assert self._child is not None
        code = self._child.poll()
        words = [line for line in self._words if line] or ["it said nothing."]
        # Its own errors are two lines, what and what to do; of anything else the last line says most.
        if len(words) > 2 or words[0].startswith("Traceback"):
            words = words[-1:]
        return ChainError(
            f"The embedded chain did not {what} (exit code {code}): {words[0]}",
            where=str(self._data),
            fix=words[1] if len(words) == 2 else None,
        )


def _first_line(stream: IO[bytes], lines: Queue[bytes]) -> None:
    """Read the one line that the child writes when it is ready; what follows is read and dropped."""
    try:
        lines.put(stream.readline())
        while stream.read(65536):
            pass
    except ValueError:
        return
