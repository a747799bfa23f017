"""Runs a program under the recorder; the recorder is compiled where a test needs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from support.powercut.replay import Op, read_trace

SOURCE = Path(__file__).with_name("disk_recorder.c")
TESTS = Path(__file__).resolve().parents[2]


@cache
def recorder() -> Path:
    """The compiled recorder, once a process."""
    library = Path(mkdtemp(prefix="powercut-")) / "disk_recorder.so"
    command = [
        "gcc",
        "-O1",
        "-Wall",
        "-Wno-format-truncation",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(library),
        str(SOURCE),
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return library


def environment(root: Path, trace: Path) -> Mapping[str, str]:
    """What a process and its children need so that what they do below `root` is recorded in `trace`."""
    return os.environ | {
        "LD_PRELOAD": str(recorder()),
        "POWERCUT_ROOT": str(root.resolve()),
        "POWERCUT_TRACE": str(trace),
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def record(command: Sequence[str | Path], root: Path, *, timeout_s: float = 120) -> list[Op]:
    """Run a program to its end; everything that it did below `root`, which is empty before."""
    trace = root.with_name(root.name + ".trace")
    done = subprocess.run(
        command, env=environment(root, trace), capture_output=True, text=True, timeout=timeout_s, check=False
    )
    assert done.returncode == 0, done.stderr
    return read_trace(trace)
