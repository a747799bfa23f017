"""Every target by name. A target's module is loaded when it is made: a worker needs only its own."""

from __future__ import annotations

import importlib

from fuzz.target import Target

FORMS = (
    "number", "origin", "checkpoint", "receipt", "status-note", "vkey", "tlog-proof", "trust-text", "disclosure",
    "record", "evidence",
)  # fmt: skip
"""Frozen formats with vectors of their own."""
MAKERS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(FORMS, ("texts", "form")),
    "anchor-note": ("texts", "anchor_note"),
    "canonical-json": ("texts", "canonical"),
    "note": ("texts", "note"),
    "trust-note": ("texts", "trust_note"),
    "inclusion-proof": ("texts", "inclusion"),
    "verdict": ("texts", "verdict"),
    "process-export": ("texts", "export"),
    "submission": ("inputs", "line"),
    "ndjson-file": ("inputs", "ndjson_file"),
    "csv-file": ("inputs", "csv_file"),
    "keystore": ("inputs", "keystore_file"),
    "keystore-entries": ("inputs", "keystore_entries"),
    "table": ("sheets", "table"),
    "sheet": ("sheets", "sheet"),
    "chain-calls": ("calls", "chain_calls"),
}
"""Module and function that make a target."""
WEIGHTS = {
    "verdict": 0.08, "chain-calls": 0.04, "ndjson-file": 0.15, "csv-file": 0.15, "trust-note": 0.4, "trust-text": 0.5,
    "keystore-entries": 0.3, "table": 0.1, "sheet": 0.02,
}  # fmt: skip
"""Share of a run; 1 where it is not named. Smaller where an input costs more: 10^7 inputs are to fit into minutes."""


def make(name: str) -> Target:
    """The target with this name."""
    module, function = MAKERS[name]
    maker = getattr(importlib.import_module(f"fuzz.{module}"), function)
    target: Target = maker(name) if name in FORMS else maker()
    return target
