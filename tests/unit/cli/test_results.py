"""The result file is the memory of a job: it survives a crash in the middle of a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.cli.results import ResultFile
from ledger.errors import InputError


def test_a_half_written_line_is_cut_and_the_job_goes_on_behind_the_whole_ones(tmp_path: Path) -> None:
    path = tmp_path / "results.ndjson"
    with ResultFile(path) as kept:
        kept.write({"line": 1, "index": 0})
        kept.write({"line": 2, "error": "no"})
    path.write_bytes(path.read_bytes() + b'{"line":3,"ind')
    with ResultFile(path) as kept:
        assert kept.done == 2
        kept.write({"line": 3, "index": 1})
        assert kept.failures()[0] == 1
    assert [json.loads(line)["line"] for line in path.read_bytes().splitlines()] == [1, 2, 3]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        ResultFile(tmp_path / "missing" / "results.ndjson")
