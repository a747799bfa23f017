"""Run as a child: issue records one after the other, print each that was acknowledged, die at a chosen step.

    python crashing_office.py FOLDER STEP NTH COUNT

The production code knows nothing of this: the step's function is replaced here by one that kills the process.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.issuing import SEOUL, certificate, running_office

from ledger.log import sequencer
from ledger.store import commits
from ledger.store.record_keys import SqlRecordKeys
from ledger.store.records import SqlRecords

# step → where the function hangs, its name, and whether the process dies before or after it ran
STEPS: dict[str, tuple[Any, str, bool]] = {
    "before the keys": (SqlRecordKeys, "put", False),
    "after the keys": (SqlRecordKeys, "put", True),
    "before the tree": (sequencer, "append", False),
    "after the tree": (sequencer, "append", True),
    "after signing": (sequencer, "sign_note", True),
    "before the commit": (SqlRecords, "commit_group", False),
    "inside the commit, records written": (commits, "_write_records", True),
    "inside the commit, tiles written": (commits, "_write_tiles", True),
    "inside the commit, all written": (commits, "_count_batches", True),
    "after the commit": (SqlRecords, "commit_group", True),
    "before the answers": (sequencer, "answer", False),
    "after the answers": (sequencer, "answer", True),
}


def die_at(step: str, nth: int) -> None:
    holder, name, after = STEPS[step]
    whole: Callable[..., Any] = getattr(holder, name)
    calls = 0

    def deadly(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = whole(*args, **kwargs)
        if calls == nth and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(holder, name, deadly)


def main() -> None:
    folder, step, nth, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    die_at(step, nth)
    with running_office(folder) as office:
        for first in range(0, count, 5):
            futures = [office.issuance.submit(SEOUL, certificate(str(n)), f"k{n}") for n in range(first, first + 5)]
            for n, future in enumerate(futures, first):
                accepted = future.result()
                print(n, accepted.index, accepted.number, flush=True)


if __name__ == "__main__":
    main()
