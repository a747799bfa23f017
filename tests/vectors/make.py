"""Makes the vector files beside it, from fixed seeds: `python -m tests.vectors.make` in the project's folder.

A vector is an input and the answer that all must give: Python, Solidity, later the browser. A bad one
is named after its defect. The files are in git; a test compares them with what this writes, so that a change of a
frozen format can't pass unseen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vectors import json_cases, merkle_cases, note_cases, text_cases, trust_cases

FOLDER = Path(__file__).parent

FILES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "numbers.json": text_cases.numbers,
    "origins.json": text_cases.origins,
    "checkpoints.json": text_cases.checkpoints,
    "receipts.json": text_cases.receipts,
    "status-notes.json": text_cases.status_notes,
    "disclosures.json": json_cases.disclosures,
    "commitments.json": json_cases.commitments,
    "records.json": json_cases.records,
    "evidence.json": json_cases.evidence,
    "merkle-heads.json": merkle_cases.heads,
    "merkle-inclusion.json": merkle_cases.inclusion,
    "merkle-consistency.json": merkle_cases.consistency,
    "tiles.json": merkle_cases.tiles_of_logs,
    "keys.json": note_cases.keys,
    "notes.json": note_cases.notes,
    "tlog-proofs.json": note_cases.tlog_proofs,
    "trust-files.json": trust_cases.trust_files,
}


def render(cases: list[dict[str, Any]]) -> str:
    """One case a line, so that a change shows as a line."""
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, sort_keys=True) for case in cases)
    return f"[\n{lines}\n]\n"


def main() -> None:
    for name, cases in FILES.items():
        (FOLDER / name).write_text(render(cases()), encoding="utf-8")


if __name__ == "__main__":
    main()
