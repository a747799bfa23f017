"""Checks 17 to 19: the document and the number in somebody's hand, and what this program could not run."""

from __future__ import annotations

from typing import Final

from ledger.records.anchor_note import ANCHOR_NOTE
from ledger.records.disclosure import NUMBER_PATH, SHA256_PATH
from ledger.records.evidence import Evidence, part_format
from ledger.records.parts import CONSISTENCY, NOTE, REFERENCE
from ledger.values import Digest32, Verdict
from ledger.verification.examination import Passed, RefusedError, UnansweredError
from ledger.verification.form import Facts

ERASED: Final = "The office erased what it kept of this record."

KNOWN_FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "chain": (REFERENCE, ANCHOR_NOTE),
    "status": (NOTE,),
    "keys": (),
    "tokens": (),
    "renewals": (CONSISTENCY,),
}
"""What this program can run, by member of the evidence."""


def check_document(document: Digest32 | None, facts: Facts, *, erased: bool) -> Passed[None]:
    """17: the SHA-256 of the file is the disclosed `document.sha256`."""
    if document is None:
        why = "No document was given: this says nothing about a paper in somebody's hand."
        if erased and facts.withheld:
            raise UnansweredError(f"{why} {ERASED}", demands=Verdict.ERASED)
        raise UnansweredError(why, demands=None)
    claimed, given = _text(SHA256_PATH, facts, erased), document.hex()
    if claimed != given:
        raise RefusedError("The document is not the one that was recorded.", expected=claimed, actual=given)
    return Passed(value=None, text="The document is, byte for byte, the one that was recorded.", actual=given)


def check_number(number: str | None, facts: Facts, *, erased: bool) -> Passed[None]:
    """18: the number asked for is the disclosed `certificate.number`."""
    if number is None:
        raise UnansweredError("No number was given.", demands=None)
    claimed = _text(NUMBER_PATH, facts, erased)
    if claimed != number:
        raise RefusedError("The record has another number.", expected=number, actual=claimed)
    return Passed(value=None, text="The record has the number that was asked for.", actual=number)


def _text(path: str, facts: Facts, erased: bool) -> str:
    text = facts.text_at(path)
    if text is not None:
        return text
    if facts.withheld and erased:
        raise UnansweredError(f"{path} cannot be disclosed. {ERASED}", demands=Verdict.ERASED)
    why = f"{path} is withheld, so there is nothing to compare with."
    raise UnansweredError(why if facts.withheld else f"The record has no {path}.", demands=Verdict.CANNOT_CHECK)


def check_other_formats(evidence: Evidence) -> Passed[None]:
    """19: names every part that this program doesn't know; that is never an error."""
    lists = {
        "chain": evidence.chain,
        "status": evidence.status,
        "keys": evidence.keys,
        "tokens": evidence.tokens,
        "renewals": evidence.renewals,
    }
    strange = [
        f"{name}: {part_format(part)[:40]}"
        for name, parts in lists.items()
        for part in parts
        if part_format(part) not in KNOWN_FORMATS[name]
    ]
    if strange:
        raise UnansweredError(f"This program does not know {', '.join(strange)}.", demands=None)
    return Passed(value=None, text="The evidence holds nothing that this program does not know.")
