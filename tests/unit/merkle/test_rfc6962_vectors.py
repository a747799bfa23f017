"""Every vector of transparency-dev's `merkle`, good and bad; a file's name says its defect."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from support.shared import SHARED, shared

from ledger.errors import EvidenceError
from ledger.merkle.verify import verify_consistency, verify_inclusion
from ledger.values import Digest32, LeafHash, LogIndex, Root, TreeSize

FOLDER = "vectors/rfc6962"


def vectors(kind: str) -> list[str]:
    for base in (SHARED, SHARED.parent.parent / "shared"):
        if (base / FOLDER).exists():
            return sorted(str(p.relative_to(base / FOLDER)) for p in (base / FOLDER / kind).rglob("*.json"))
    return ["LICENSE"]


def load(name: str) -> dict[str, object]:
    found = json.loads(Path(shared(f"{FOLDER}/{name}")).read_text())
    assert isinstance(found, dict)
    return found


def raw(text: object) -> bytes:
    return base64.b64decode(str(text or ""))


def path(vector: dict[str, object]) -> list[Digest32]:
    return [Digest32(raw(item)) for item in vector["proof"] or []]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", vectors("inclusion"))
def test_inclusion(name: str) -> None:
    vector = load(name)

    def check() -> None:
        verify_inclusion(
            leaf_hash=LeafHash(raw(vector["leafHash"])),
            index=LogIndex(int(str(vector["leafIdx"]))),
            size=TreeSize(int(str(vector["treeSize"]))),
            path=path(vector),
            root=Root(raw(vector["root"])),
        )

    if not vector["wantErr"]:
        check()
        return
    with pytest.raises(EvidenceError):
        check()


@pytest.mark.parametrize("name", vectors("consistency"))
def test_consistency(name: str) -> None:
    vector = load(name)

    def check() -> None:
        verify_consistency(
            old_size=TreeSize(int(str(vector["size1"]))),
            size=TreeSize(int(str(vector["size2"]))),
            path=path(vector),
            old_root=Root(raw(vector["root1"])),
            root=Root(raw(vector["root2"])),
        )

    if not vector["wantErr"]:
        check()
        return
    with pytest.raises(EvidenceError):
        check()
