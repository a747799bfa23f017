"""Status acts, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import HexDigest, Index, InstantText, NumberText, Schema, when
from ledger.log.status_rules import StatusChange
from ledger.log.status_view import HistoryEntry, StatusView
from ledger.ports.chain_store import StatusRequest
from ledger.values import LogIndex, Reason, Status

StatusWord = Literal["active", "suspended", "revoked", "superseded"]
ReasonWord = Literal["unspecified", "issued-in-error", "replaced", "process-or-key-failure", "legal-order"]
Indexes = Annotated[list[Index], Field(max_length=100_000)]


class StatusAsked(Schema):
    """A status act: where records, or one issuing batch, are to go."""

    to: StatusWord = Field(description="active resumes what was suspended; revoked and superseded are final")
    reason: ReasonWord = "unspecified"
    retroactive: bool = Field(
        default=False, description="revoked only: true leaves no earlier instant valid (취소), false does (철회)"
    )
    indexes: Indexes | None = Field(default=None, description="records by their place in the log")
    numbers: Annotated[list[NumberText], Field(max_length=100_000)] | None = Field(
        default=None, description="records by their document numbers, instead of indexes"
    )
    batch: int | None = Field(default=None, ge=1, description="a whole issuing batch, instead of records")
    successors: Indexes | None = Field(
        default=None, description="superseded only: the newer record of each, in the same order"
    )

    def change(self, indexes: list[LogIndex]) -> StatusChange:
        """What the ledger is asked, with the records found."""
        return StatusChange(
            after=Status[self.to.upper()],
            indexes=tuple(indexes),
            batch=self.batch,
            reason=Reason[self.reason.upper().replace("-", "_")],
            retroactive=self.retroactive,
            successors=tuple(LogIndex(index) for index in self.successors or ()),
        )


class StatusActView(Schema):
    """How far a status act has come. It counts as in force once it is accepted, except that a resumption waits."""

    act: int = Field(description="number of the act, for asking again")
    state: str = Field(description="accepted, sent, final or refused", examples=["accepted"])
    problem: str | None = Field(description="why the contract refused; null otherwise")
    accepted_at: InstantText
    touched: int = Field(description="records that it names, or for a batch all its records")

    @classmethod
    def of(cls, request: StatusRequest, touched: int) -> StatusActView:
        """From what the ledger answers."""
        return cls(
            act=request.act_no,
            state=str(request.state),
            problem=request.problem,
            accepted_at=when(request.accepted_at) or "",
            touched=touched,
        )


class StatusNow(Schema):
    """The status of one record; what counts is the worse of record and batch."""

    record: StatusWord
    batch: StatusWord | None = Field(description="null where the record has no batch")
    worse: StatusWord
    pending: bool = Field(description="an accepted act that is not final yet decides it")
    as_of: InstantText

    @classmethod
    def of(cls, view: StatusView) -> StatusNow | None:
        """From what the ledger answers; None before the chain was ever read."""
        if view.block is None:
            return None
        return cls.model_validate(
            {
                "record": view.record.name.lower(),
                "batch": view.batch.name.lower() if view.batch is not None else None,
                "worse": view.worse.name.lower(),
                "pending": view.pending,
                "asOf": when(view.block.time),
            }
        )


class ActRow(Schema):
    """One act in a record's history."""

    time: InstantText = Field(description="block time; of an act that is not final, when it was accepted")
    from_: StatusWord = Field(alias="from")
    to: StatusWord
    reason: ReasonWord
    retroactive: bool
    batch: bool = Field(description="the act was on the whole issuing batch")
    final: bool
    void: bool = Field(description="it counts for nothing: its key is declared compromised since then or earlier")
    block: int | None
    transaction: HexDigest | None

    @classmethod
    def of(cls, entry: HistoryEntry) -> ActRow:
        """From what the ledger answers."""
        return cls.model_validate(
            {
                "time": when(entry.time),
                "from": entry.before.name.lower(),
                "to": entry.after.name.lower(),
                "reason": entry.reason.word,
                "retroactive": entry.retroactive,
                "batch": entry.batch,
                "final": entry.final,
                "void": entry.void,
                "block": entry.block.number if entry.block else None,
                "transaction": entry.transaction.hex() if entry.transaction else None,
            }
        )


class History(Schema):
    """Everything that happened to the status of one record, oldest first."""

    origin: str
    index: Index
    anchored_at: InstantText | None
    acts: list[ActRow]
    status: StatusNow | None
