"""Check 13: whether the keys were good at the anchor's block time.

A note counts if its NOTE key's notAfter and compromisedSince lie after the anchor's block time; notBefore does not
matter, so that a later key may sign an anchored (size, root) again. Of the ANCHOR key only compromisedSince is
tested: what the contract accepted was in window (contracts README, "NOTE keys", "Same second"). Windows come from the
trust file; the chain may narrow one, never widen it or add a key.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.records.trust import TrustedKey
from ledger.values import Instant, KeyId, Role, Verdict, format_instant
from ledger.verification.anchor import Anchored
from ledger.verification.answers import ChainFacts, KeyFact
from ledger.verification.examination import Passed, RefusedError, UnansweredError
from ledger.verification.notes import StatusNotes, window_text
from ledger.verification.report import Source
from ledger.verification.signatures import Issuer


def check_key_window(
    note_key: TrustedKey, anchored: Anchored, issuer: Issuer, notes: StatusNotes, facts: ChainFacts | None
) -> Passed[None]:
    """13: NOTE and ANCHOR key were good at the anchor's block time, or by the latest time that it can have."""
    known = f"as known at {format_instant(issuer.trust.issued_at)}"
    on_chain = None if facts is None else facts.keys
    latest = anchored.time
    if latest is None:
        newest = notes.on_chain(anchored.chain.genesis)
        latest = None if newest is None else newest.block_time
    if latest is None:
        raise UnansweredError("The time of the anchor is not known.", demands=Verdict.CANNOT_CHECK)
    ends = _ends(note_key, _fact(note_key.key, Role.NOTE, on_chain))
    if min(ends, default=latest + 1) <= latest:
        if anchored.time is None:
            raise UnansweredError(
                "The note key ended before the status note, and when the anchor was is not known: ask the chain.",
                demands=Verdict.CANNOT_CHECK,
                source=Source.TRUST_FILE,
            )
        raise _out(f"The note key had ended when the checkpoint was anchored, {known}.", note_key, latest)
    if anchored.key_id is None:
        text = f"The note key was good, {known}; which key anchored is not known without the chain."
        return Passed(value=None, text=text, actual=window_text(note_key), source=Source.TRUST_FILE)
    _check_anchor_key(anchored.key_id, latest, issuer, on_chain, known)
    when = format_instant(latest)
    return Passed(value=None, text=f"Note key and anchor key were good at {when}, {known}.", source=Source.TRUST_FILE)


def _check_anchor_key(
    key_id: KeyId, time: Instant, issuer: Issuer, on_chain: Sequence[KeyFact] | None, known: str
) -> None:
    trusted = next((key for key in issuer.log.anchor_keys if key.key == key_id), None)
    if trusted is None:
        raise RefusedError(
            f"The checkpoint was anchored by a key that the trust file does not know, {known}.",
            demands=Verdict.UNKNOWN_ISSUER,
            actual=key_id.hex(),
            source=Source.TRUST_FILE,
        )
    fact = _fact(key_id, Role.ANCHOR, on_chain)
    since = [trusted.compromised_since, None if fact is None else fact.compromised_since]
    if any(moment is not None and moment <= time for moment in since):
        raise _out(f"The anchor key was compromised when it anchored, {known}.", trusted, time)


def _fact(key_id: KeyId, role: Role, on_chain: Sequence[KeyFact] | None) -> KeyFact | None:
    """The chain's state of a key; None where the chain was not asked."""
    if on_chain is None:
        return None
    for fact in on_chain:
        if (fact.key_id, fact.role) == (key_id, role):
            return fact
    raise RefusedError(
        f"The agency has no such {role.name} key on the chain.",
        demands=Verdict.UNKNOWN_ISSUER,
        actual=key_id.hex(),
        source=Source.CHAIN,
    )


def _ends(key: TrustedKey, fact: KeyFact | None) -> list[Instant]:
    """Every instant from which on the key is not good."""
    ends = [key.until, key.compromised_since]
    if fact is not None:
        ends += [fact.not_after, fact.compromised_since]
    return [moment for moment in ends if moment is not None]


def _out(what: str, key: TrustedKey, time: Instant) -> RefusedError:
    return RefusedError(
        what,
        demands=Verdict.UNKNOWN_ISSUER,
        expected=window_text(key),
        actual=format_instant(time),
        source=Source.TRUST_FILE,
    )
