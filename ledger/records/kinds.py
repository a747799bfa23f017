"""Kinds of record, version 1 (section 3). A verifier that doesn't know a kind verifies it all the same."""

from __future__ import annotations

from typing import Final

CERTIFICATE: Final = "certificate"
DOCUMENT: Final = "document"
ERASURE: Final = "erasure"

PROCUREMENT: Final = (
    "procurement/plan",
    "procurement/tender",
    "procurement/award",
    "procurement/contract",
    "procurement/amendment",
    "procurement/payment",
)

KINDS: Final = frozenset(
    {CERTIFICATE, DOCUMENT, *PROCUREMENT, "ocds-release", "dataset", "device-batch", "activity", ERASURE}
)
"""Every kind that this version knows."""

_PUBLIC: Final = frozenset({DOCUMENT, *PROCUREMENT, "ocds-release", "dataset"})


def is_personal(kind: str) -> bool:
    """Whether a record is about a person: strangers see only its number and its document's digest."""
    return kind == CERTIFICATE


def is_public(kind: str) -> bool:
    """Whether a record's facts are public, or listed as withheld. False for a kind that isn't known."""
    return kind in _PUBLIC or kind.startswith("procurement/")
