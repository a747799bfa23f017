"""`make chaos`: every story of this folder at full length; one figure a line, and what failed.

make chaos                    all of it: hours on two cores
make chaos CHAOS=quick        what CI runs: minutes
make chaos CHAOS=power        one part: power, lives, calls, disk, chain, clock, backup, copy, kill
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
FULL = {
    "SILLOK_POWER_CUTS_EVERY": "1",
    "SILLOK_POWER_CUTS_SEEDS": "5",
    "SILLOK_POWER_CUTS_RECORDS": "200",
    "SILLOK_POWER_CUTS_SERVICE": "40",
    "SILLOK_RANDOM_KILLS": "1000",
    "SILLOK_EVERY_SYSTEM_CALL": "1",
    "SILLOK_ROTTEN_PAGES_EVERY": "1",
    "SILLOK_ALL_FORKS": "1",
}
PARTS = {
    "power": ("test_power_cut.py", "test_power_cut_service.py"),
    "lives": ("test_lives.py",),
    "calls": ("test_system_calls.py",),
    "disk": ("test_bad_disk.py",),
    "chain": ("test_bad_chain.py",),
    "clock": ("test_clock.py",),
    "copy": ("test_old_copy.py",),
    "backup": ("test_backup.py",),
    "kill": ("../e2e/test_kill.py", "../unit/log/test_crashes.py", "../unit/log_chain/test_crashes.py"),
}
FIGURES = ("power cuts", "kills at random", "records acknowledged", "system calls", "forks", "rotten pages")


def main() -> int:
    """Run what was asked for; 1 where anything failed."""
    asked = os.environ.get("CHAOS", "full")
    if asked not in {"full", "quick", *PARTS}:
        print(f"CHAOS={asked} is no part: full, quick, {', '.join(PARTS)}")
        return 2
    failed = 0
    for part, files in PARTS.items():
        if asked in {"full", "quick", part}:
            failed += run(part, files, {} if asked == "quick" else FULL)
    print("all survived" if not failed else f"{failed} parts FAILED")
    return 1 if failed else 0


def run(part: str, files: tuple[str, ...], how: dict[str, str]) -> int:
    """One part; prints its figures and its verdict. Settings of the caller's own come first."""
    begin = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        *(str(FOLDER / f) for f in files),
    ]
    done = subprocess.run(command, env=how | os.environ, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        text = line.lstrip(".F ")
        if text.startswith(FIGURES):
            print(f"{part}: {text}", flush=True)
    summary = done.stdout.strip().splitlines()[-1:] or ["nothing was run"]
    print(f"{part}: {summary[0]} ({time.monotonic() - begin:.0f} s)", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], sep="\n", flush=True)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
