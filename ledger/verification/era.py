"""Checks 11 and 12: whether the log shows two faces, and whether an ended era leads to a pin."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.merkle.verify import verify_consistency
from ledger.records.checkpoint import Checkpoint
from ledger.records.evidence import Part, part_format
from ledger.records.parts import CONSISTENCY, Renewal, parse_renewal
from ledger.records.trust import Pin, TrustFile
from ledger.values import Verdict
from ledger.verification.anchor import Anchored
from ledger.verification.examination import Passed, RefusedError, UnansweredError
from ledger.verification.report import Source


def check_fork(checkpoint: Checkpoint, anchored: Anchored | None, trust: TrustFile) -> Passed[None]:
    """11: no anchored root is known that the checkpoint contradicts.

    Compared are the anchored root that the chain gave, and the pins of the trust file that have the same size.
    """
    compared: list[str] = []
    source = Source.TRUST_FILE
    for pin in trust.pins:
        if (pin.origin, pin.size) == (checkpoint.origin, checkpoint.size):
            _same_root(pin.root, checkpoint, Source.TRUST_FILE)
            compared.append("a pin of the trust file")
    if anchored is not None and anchored.root is not None:
        source = anchored.source
        if anchored.link is None:
            _same_root(anchored.root, checkpoint, source)
        else:
            verify_consistency(
                old_size=checkpoint.size,
                size=anchored.size,
                path=anchored.link.path,
                old_root=checkpoint.root,
                root=anchored.root,
            )
        compared.append(f"the root anchored at size {anchored.size}")
    if not compared:
        raise UnansweredError("No anchored root is at hand to compare with: the chain was not asked.", demands=None)
    return Passed(value=None, text=f"The checkpoint agrees with {' and '.join(compared)}.", source=source)


def _same_root(anchored: bytes, checkpoint: Checkpoint, source: Source) -> None:
    if anchored != checkpoint.root:
        raise RefusedError(
            f"The log signed another root for size {checkpoint.size} than the one that is anchored.",
            expected=anchored.hex(),
            actual=checkpoint.root.hex(),
            source=source,
        )


def check_era(
    parts: Sequence[Part], checkpoint: Checkpoint, anchored: Anchored, trust: TrustFile
) -> Passed[Pin | None]:
    """12: the registry still counts, or a consistency proof leads from the checkpoint to its era's pin."""
    registry = anchored.registry
    # Read even where none is needed: a malformed part of a known format is refused wherever it stands.
    renewals = [parse_renewal(part) for part in parts if part_format(part) == CONSISTENCY]
    if registry.until is None:
        text = f"The registry counts since block {registry.from_}."
        return Passed(value=None, text=text, source=Source.TRUST_FILE)
    pins = [
        pin
        for pin in trust.pins
        if (pin.chain, pin.registry, pin.origin) == (anchored.chain.genesis, registry.address, checkpoint.origin)
        and pin.size >= checkpoint.size
    ]
    if not pins:
        raise UnansweredError(
            f"The registry's era ended at block {registry.until}, and the trust file pins no head of it.",
            demands=Verdict.CANNOT_CHECK,
            source=Source.TRUST_FILE,
        )
    pin = min(pins, key=lambda pin: pin.size)
    _lead_to(pin, renewals, checkpoint)
    text = f"The registry's era ended at block {registry.until}; the checkpoint leads to its pin of size {pin.size}."
    return Passed(value=pin, text=text, actual=pin.root.hex(), source=Source.TRUST_FILE)


def _lead_to(pin: Pin, renewals: Sequence[Renewal], checkpoint: Checkpoint) -> None:
    path = next((renewal.path for renewal in renewals if renewal.size == pin.size), None)
    if path is None and pin.size != checkpoint.size:
        raise UnansweredError(
            f"The evidence has no consistency proof to the pin of size {pin.size}: renew it.",
            demands=Verdict.CANNOT_CHECK,
            source=Source.TRUST_FILE,
        )
    verify_consistency(
        old_size=checkpoint.size,
        size=pin.size,
        path=path or (),
        old_root=checkpoint.root,
        root=pin.root,
    )
