"""Checks 17 to 19: the document and the number in somebody's hand, and what this program could not run."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.records.anchor_note import ANCHOR_NOTE
from ledger.records.disclosure import NUMBER_PATH, SHA256_PATH, Disclosure
from ledger.records.evidence import Evidence, part_format
from ledger.records.parts import CONSISTENCY, NOTE, REFERENCE
from ledger.values import Digest32, Verdict
from ledger.verification.examination import Passed, RefusedError, UnansweredError

KNOWN_FORMATS = {
    "chain": (REFERENCE, ANCHOR_NOTE),
    "status": (NOTE,),
    "keys": (),
    "tokens": (),
    "renewals": (CONSISTENCY,),
}
"""What this program can run, by member of the evidence."""


def check_document(
    document: Digest32 | None, disclosed: Sequence[Disclosure], withheld: int, *, erased: bool
) -> Passed[None]:
    """17: the SHA-256 of the file is the disclosed `document.sha256`."""
    if document is None:
        _not_given("No document was given: this says nothing about a paper in somebody's hand.", withheld, erased)
    claimed = _value(SHA256_PATH, disclosed, withheld, erased)
    given = document.hex() if document is not None else ""
    if claimed != given:
        raise RefusedError("The document is not the one that was recorded.", expected=claimed, actual=given)
    return Passed(value=None, text="The document is, byte for byte, the one that was recorded.", actual=given)


def check_number(number: str | None, disclosed: Sequence[Disclosure], withheld: int, *, erased: bool) -> Passed[None]:
    """18: the number asked for is the disclosed `certificate.number`."""
    if number is None:
        raise UnansweredError("No number was given.", demands=None)
    claimed = _value(NUMBER_PATH, disclosed, withheld, erased)
    if claimed != number:
        raise RefusedError("The record has another number.", expected=number, actual=claimed)
    return Passed(value=None, text="The record has the number that was asked for.", actual=number)


def _not_given(why: str, withheld: int, erased: bool) -> None:
    raise UnansweredError(_erased(why) if erased else why, demands=Verdict.ERASED if erased and withheld else None)


def _value(path: str, disclosed: Sequence[Disclosure], withheld: int, erased: bool) -> str:
    for disclosure in disclosed:
        if disclosure.path == path and isinstance(disclosure.value, str):
            return disclosure.value
    if withheld and erased:
        raise UnansweredError(_erased(f"{path} cannot be disclosed."), demands=Verdict.ERASED)
    why = f"{path} is withheld, so there is nothing to compare with." if withheld else f"The record has no {path}."
    raise UnansweredError(why, demands=Verdict.CANNOT_CHECK)


def _erased(why: str) -> str:
    return f"{why} The office erased what it kept of this record."


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
