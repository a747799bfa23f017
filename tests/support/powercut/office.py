"""Run under the recorder: issue records one after the other, and say each that was acknowledged.

python -m support.powercut.office FOLDER COUNT [mutant …]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from support.issuing import SEOUL, certificate, running_office

from ledger.durable import make_folder_durably
from ledger.store import database


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    # Copied back often, so that a short run has many checkpoints of the write-ahead log.
    database.CHECKPOINT_PAGES = 60  # type: ignore[misc]
    make_folder_durably(folder)
    with running_office(folder) as office:
        for first in range(0, count, 4):
            futures = [office.issuance.submit(SEOUL, certificate(str(n)), f"k{n}") for n in range(first, first + 4)]
            for n, future in enumerate(futures, first):
                accepted = future.result()
                os.write(1, f"{n} {accepted.index} {accepted.number}\n".encode())


if __name__ == "__main__":
    main()
