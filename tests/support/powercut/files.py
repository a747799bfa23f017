"""Run under the recorder: put files in place, replace and remove them, and say so each time.

python -m support.powercut.files FOLDER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ledger.durable import remove_durably, replace_durably


def main() -> None:
    folder = Path(sys.argv[1])
    for name in ("a", "b"):
        for version in ("1", "2"):
            replace_durably(folder / "in" / name, version.encode() * 5000)
            os.write(1, f"{name} {version}\n".encode())
    remove_durably(folder / "in" / "a")
    os.write(1, b"a gone\n")


if __name__ == "__main__":
    main()
