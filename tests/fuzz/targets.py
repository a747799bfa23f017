"""Every target by name; each is made only where it runs."""

from __future__ import annotations

from functools import partial

from fuzz import inputs, texts
from fuzz.target import Makers

MAKERS: Makers = {
    **{name: partial(texts.form, name) for name in (
        "number", "origin", "checkpoint", "receipt", "status-note", "vkey", "tlog-proof", "trust-text", "disclosure",
        "record", "evidence",
    )},
    "anchor-note": texts.anchor_note,
    "canonical-json": texts.canonical,
    "note": texts.note,
    "trust-note": texts.trust_note,
    "inclusion-proof": texts.inclusion,
    "verdict": texts.verdict,
    "process-export": texts.export,
    "submission": inputs.line,
    "ndjson-file": inputs.ndjson_file,
    "csv-file": inputs.csv_file,
    "keystore": inputs.keystore_file,
    "keystore-entries": inputs.keystore_entries,
    "chain-calls": inputs.chain_calls,
}  # fmt: skip
WEIGHTS = {
    "verdict": 0.08, "chain-calls": 0.04, "ndjson-file": 0.15, "csv-file": 0.15, "trust-note": 0.4, "trust-text": 0.5,
    "keystore-entries": 0.3,
}  # fmt: skip
