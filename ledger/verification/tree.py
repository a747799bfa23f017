"""Check 6: whether the record stands at its index in the checkpoint's tree."""

from __future__ import annotations

from ledger.merkle.nodes import leaf_hash
from ledger.merkle.verify import verify_inclusion
from ledger.records.record import Record
from ledger.verification.examination import Passed, RefusedError
from ledger.verification.form import Proof


def check_inclusion(leaf: bytes, record: Record | None, proof: Proof) -> Passed[None]:
    """6: RFC 9162, section 2.1.3.2; and a record erases or supersedes only records before it.

    Args:
        leaf: the record's bytes as they are in the file; they are hashed even where they can't be read as a record.
        record: the record, where check 2 passed.
        proof: what check 5 took apart.
    """
    parsed, checkpoint = proof.proof, proof.checkpoint
    verify_inclusion(
        leaf_hash=leaf_hash(leaf),
        index=parsed.index,
        size=checkpoint.size,
        path=parsed.path,
        root=checkpoint.root,
    )
    if record is not None:
        for name, other in (("erases", record.erases), ("supersedes", record.supersedes)):
            if other is not None and other >= parsed.index:
                raise RefusedError(
                    f"The record says that it {name} one that is not before it.",
                    expected=f"an index below {parsed.index}",
                    actual=str(other),
                )
    text = f"The record is number {parsed.index} of the {checkpoint.size} that the checkpoint counts."
    return Passed(value=None, text=text, actual=checkpoint.root.hex())
