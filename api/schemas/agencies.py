"""Agencies, their logs, signing keys and API keys, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import AgencyText, HexDigest, InstantText, Schema, Size, when
from ledger.log.agencies import NewApiKey, Registered
from ledger.log.agency_keys import AgencyKey
from ledger.log.undoing import Undoing
from ledger.ports.agencies import Agency, ApiKey
from ledger.ports.chain import AnchorEvent
from ledger.ports.records import CommitInfo, LogInfo
from ledger.values import Role, TreeSize

Line = Annotated[str, Field(min_length=1, max_length=200)]
RoleWord = Literal["note", "receipt", "anchor", "status"]


class NewAgency(Schema):
    """An agency to be registered."""

    code: AgencyText
    name_ko: Line = Field(description="name in Korean", examples=["서울특별시"])
    name_en: Line = Field(description="name in English", examples=["Seoul Metropolitan Government"])
    contact: Line = Field(description="where people ask: a telephone number or an address", examples=["02-120"])


class AgencyRegistered(Schema):
    """A registered agency; the first clerk's API key is told once."""

    code: AgencyText
    origin: str = Field(description="name of its log, for ever", examples=["sillok.example/6110000"])
    api_key: str | None = Field(description="the first clerk's API key; null when it was told before")

    @classmethod
    def of(cls, registered: Registered) -> AgencyRegistered:
        """From what the ledger answers."""
        secret = registered.api_key.secret if registered.api_key else None
        return cls(code=registered.agency.code, origin=registered.log.origin, api_key=secret)


class AgencyBrief(Schema):
    """An agency in a list."""

    code: AgencyText
    name_ko: str
    name_en: str
    contact: str

    @classmethod
    def of(cls, agency: Agency) -> AgencyBrief:
        """From what the ledger answers."""
        return cls(code=agency.code, name_ko=agency.name_ko, name_en=agency.name_en, contact=agency.contact)


class AgencyList(Schema):
    """All agencies of this service, by code."""

    agencies: list[AgencyBrief]


class AnchorBrief(Schema):
    """The anchor that holds a log's head or covers a record."""

    size: Size
    time: InstantText
    block: int = Field(ge=0, description="block number")
    transaction: HexDigest

    @classmethod
    def of(cls, event: AnchorEvent) -> AnchorBrief:
        """From an event of the chain."""
        return cls(
            size=event.size,
            time=when(event.anchor.time) or "",
            block=event.place.block.number,
            transaction=event.place.transaction.hex(),
        )


class LogHead(Schema):
    """The newest log of an agency and how far it is anchored."""

    origin: str
    generation: int = Field(ge=1, description="1, or the number in the origin")
    size: Size
    max_delay_seconds: int = Field(description="longest time from a receipt to its anchor")
    anchored: AnchorBrief | None
    receipt_deadline: InstantText | None = Field(description="by when the newest record must be anchored")

    @classmethod
    def of(cls, log: LogInfo, size: TreeSize, head: CommitInfo | None, anchor: AnchorEvent | None) -> LogHead:
        """From what store and chain say of a log."""
        return cls(
            origin=log.origin,
            generation=log.generation,
            size=size,
            max_delay_seconds=log.max_delay_s,
            anchored=AnchorBrief.of(anchor) if anchor else None,
            receipt_deadline=when(head.deadline) if head else None,
        )


class AgencyWhole(AgencyBrief):
    """An agency with its log."""

    log: LogHead


class CheckpointRow(Schema):
    """One anchored size of a log."""

    size: Size
    root: HexDigest
    previous_size: Size
    time: InstantText
    block: int
    transaction: HexDigest
    key_id: HexDigest

    @classmethod
    def of(cls, event: AnchorEvent) -> CheckpointRow:
        """From an event of the chain."""
        return cls(
            size=event.size,
            root=event.anchor.root.hex(),
            previous_size=event.anchor.previous_size,
            time=when(event.anchor.time) or "",
            block=event.place.block.number,
            transaction=event.place.transaction.hex(),
            key_id=event.anchor.key_id.hex(),
        )


class CheckpointList(Schema):
    """Anchored sizes, oldest first, and the newest signed checkpoint."""

    origin: str
    checkpoint: str | None = Field(description="the newest signed checkpoint; null for an empty log")
    anchored: list[CheckpointRow]
    next: int | None = Field(description="ask again with after= this size for more; null at the end")


class KeyRow(Schema):
    """A signing key of an agency with its window on chain."""

    key_id: HexDigest
    role: str = Field(examples=["note"])
    not_before: InstantText
    not_after: InstantText | None
    compromised_since: InstantText | None
    current: bool = Field(description="whether this service signs with it now")

    @classmethod
    def of(cls, key: AgencyKey) -> KeyRow:
        """From what the ledger answers."""
        return cls(
            key_id=key.key_id.hex(),
            role=key.role.name.lower(),
            not_before=when(key.not_before) or "",
            not_after=when(key.not_after),
            compromised_since=when(key.compromised_since),
            current=key.current,
        )


class KeyList(Schema):
    """Signing keys of an agency."""

    keys: list[KeyRow]


class Rotation(Schema):
    """Which key is to be replaced."""

    role: RoleWord

    @property
    def value(self) -> Role:
        """The role."""
        return Role[self.role.upper()]


class Compromise(Schema):
    """Since when a key counts as stolen."""

    since: InstantText | None = Field(default=None, description="default: from now on")


class UndoingView(Schema):
    """How far the acts of a compromised key are undone on chain."""

    standing: int = Field(description="acts since the compromise that the contract still holds")
    on_the_way: int = Field(description="transactions that undo some of them and are not final yet")
    problem: str | None = Field(description="why it does not go on, in the contract's words")

    @classmethod
    def of(cls, undoing: Undoing) -> UndoingView:
        """From what the ledger answers."""
        return cls(standing=undoing.standing, on_the_way=undoing.on_the_way, problem=undoing.problem)


class NewKey(Schema):
    """An API key to be made."""

    role: Literal["clerk", "approver", "administrator"]
    label: Line = Field(description="whose key it is, for lists", examples=["counter 3"])


class ApiKeyMade(Schema):
    """A new API key; the secret is told once and kept nowhere."""

    key_no: int
    role: str
    api_key: str

    @classmethod
    def of(cls, made: NewApiKey) -> ApiKeyMade:
        """From what the ledger answers."""
        return cls(key_no=made.key.key_no, role=made.key.role.value, api_key=made.secret)


class ApiKeyRow(Schema):
    """An API key without its secret."""

    key_no: int
    role: str
    label: str
    created_at: InstantText
    revoked_at: InstantText | None

    @classmethod
    def of(cls, key: ApiKey) -> ApiKeyRow:
        """From what the ledger answers."""
        return cls(
            key_no=key.key_no,
            role=key.role.value,
            label=key.label,
            created_at=when(key.created_at) or "",
            revoked_at=when(key.revoked_at),
        )


class ApiKeyList(Schema):
    """API keys of an agency, revoked ones too."""

    keys: list[ApiKeyRow]
