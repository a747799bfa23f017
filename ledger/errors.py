"""The one exception tree of Sillok, grouped by who must act.

    SillokError
    ├── InputError           the caller sent something that cannot be used: mend it and try again
    │   ├── FormatError      bytes of a frozen format that are not well formed
    │   │   └── UnknownVersionError   well formed as far as can be told, of a version that this program does not know
    │   ├── NotFoundError    what was asked for is not in this ledger
    │   └── ConflictError    what was sent contradicts what is already recorded
    ├── EvidenceError        a proof does not hold; carries what was found and what was computed
    └── InfrastructureError  nothing is wrong with the input: chain, store or keys did not answer
        ├── ChainError       the chain refused, or did not answer
        │   └── ChainRefusedError     the chain answered, and will not take this transaction
        ├── StoreError       the disk or the database refused
        ├── BusyError        too much waits already, or the writer is stopping: try again
        └── KeystoreError    a key could not be opened or is not there

`ledger` never prints, exits or knows HTTP: the command line and the API turn these into words for people.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


def printable(text: str) -> str:
    """The text with lone surrogates written out: a stranger's word may hold one, and no answer could carry it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


class SillokError(Exception):
    """Base of everything that Sillok raises on purpose.

    Attributes:
        slug: public, stable name of the problem; the last part of its documentation page.
        what: one sentence: what was wrong. Never holds a key, a document's content or a personal fact.
        where: the place in the input (a member, a line, a file), or None where there is only one.
        fix: one sentence: what the reader can do about it, or None.
    """

    slug: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        what = printable(what)
        super().__init__(what)
        self.what = what
        self.where = None if where is None else printable(where)
        self.fix = None if fix is None else printable(fix)

    def __str__(self) -> str:
        """What was wrong, where, and what to do, as one line."""
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.fix}" if self.fix else ""
        return f"{place}{self.what}{remedy}"


class InputError(SillokError):
    """The caller sent something that cannot be used."""

    slug = "input"


class FormatError(InputError):
    """Bytes of a frozen format that are not well formed."""

    slug = "format"


class UnknownVersionError(FormatError):
    """A version of a frozen format that this program does not know; never a reason to call anything altered."""

    slug = "unknown-version"


class NotFoundError(InputError):
    """What was asked for is not in this ledger."""

    slug = "not-found"


class ConflictError(InputError):
    """What was sent contradicts what is already recorded."""

    slug = "conflict"


class EvidenceError(SillokError):
    """A proof does not hold.

    Attributes:
        expected: what the proof claims, as text (a root, an index, a key), or None.
        actual: what was computed from it, as text, or None.
    """

    slug = "evidence"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        fix: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.expected = expected
        self.actual = actual


class InfrastructureError(SillokError):
    """Chain, store or keys did not answer; the input may be right."""

    slug = "infrastructure"


class ChainError(InfrastructureError):
    """The chain refused, or did not answer."""

    slug = "chain"


class Refusal(StrEnum):
    """Why a chain did not take a transaction; what the sender does next depends on it."""

    NONCE_USED = "nonce-used"
    """Another transaction of this sender has the nonce: sign again with the next one."""
    UNDERPRICED = "underpriced"
    """The fee is too low, alone or as a replacement: sign again with a higher bump."""
    NO_FUNDS = "no-funds"
    """The sender cannot pay: somebody has to fund the key."""
    REVERTED = "reverted"
    """A contract refused; `what` is its notice."""
    DELAYED = "delayed"
    """The act is scheduled, and can be executed from the instant that `what` names: ask again then."""
    SIGNATURES = "signatures"
    """The act waits for signatures of council members whose keys are elsewhere: ask again once they signed."""
    OTHER = "other"
    """Anything else; `what` is the chain's own message."""


class ChainRefusedError(ChainError):
    """The chain answered, and will not take this transaction or call.

    Attributes:
        refusal: which kind of refusal it is.
        transaction: hash of the refused transaction, 32 bytes; None for a call.
    """

    slug = "chain-refused"

    def __init__(
        self,
        what: str,
        *,
        refusal: Refusal = Refusal.OTHER,
        transaction: bytes | None = None,
        where: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.refusal = refusal
        self.transaction = transaction


class StoreError(InfrastructureError):
    """The disk or the database refused."""

    slug = "store"


class BusyError(InfrastructureError):
    """Too much waits already, or the log's writer is stopping; the same request may pass in a moment."""

    slug = "busy"


class KeystoreError(InfrastructureError):
    """A key could not be opened, or is not there."""

    slug = "keystore"
