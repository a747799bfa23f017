"""Processes that make records of bulk lines beside the service: Python runs on one core a process.

They are started by the first large job and end with the service. A worker that dies loses nothing: its chunk is made
again here, since nothing is recorded before the sequencer has it.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import Final

from ledger.log.making import Made, Task, dump_task, load_made, make
from ledger.log.preparing import Random
from ledger.log.worker import read_frame, write_frame

INLINE_CHUNKS: Final = 2
"""Chunks of a job that are made here: a small job isn't worth the start of a process."""

_Item = tuple[Task, "Future[list[Made]]"]


class Workers:
    """Makes chunks of lines, in `count` other processes; with 0 of them, in the caller's thread."""

    def __init__(self, count: int, random: Random) -> None:
        """Nothing is started yet."""
        self._count = count
        self._random = random
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def make(self, task: Task, *, chunk_no: int) -> Future[list[Made]]:
        """What becomes of each line of a chunk.

        Args:
            task: the chunk.
            chunk_no: how many chunks of this job came before.
        """
        answer: Future[list[Made]] = Future()
        if self._count == 0 or chunk_no < INLINE_CHUNKS or not all(isinstance(line, bytes) for line in task.lines):
            answer.set_result(make(task, self._random))
            return answer
        with self._lock:
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._serve, name=f"worker {number}", daemon=True)
                    for number in range(self._count)
                ]
                for thread in self._threads:
                    thread.start()
            self._queue.put((task, answer))
        return answer

    def close(self) -> None:
        """Finish what was asked, and end the processes."""
        with self._lock:
            threads, self._threads = self._threads, []
            for _ in threads:
                self._queue.put(None)
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        process: subprocess.Popen[bytes] | None = None
        while (item := self._queue.get()) is not None:
            task, answer = item
            if process is None or process.poll() is not None:
                process = start_process("ledger.log.worker")
            made = _ask(process, task)
            answer.set_result(make(task, self._random) if made is None else made)
        if process is not None:
            end_process(process)


def start_process(module: str) -> subprocess.Popen[bytes]:
    """A helper of ours with a pipe to and from it."""
    # -P: a folder named ledger where the service was started must not be taken for the program.
    return subprocess.Popen([sys.executable, "-P", "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask(process: subprocess.Popen[bytes], task: Task) -> list[Made] | None:
    """The worker's answer; None where it died."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        write_frame(process.stdin, dump_task(task))
        data = read_frame(process.stdout)
    except OSError:
        data = None
    if data is None:
        process.kill()
        process.wait()
        return None
    return load_made(data)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Close its input, on which it ends, and wait for that."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.close()
    except OSError:
        process.kill()
    process.wait()
    process.stdout.close()
