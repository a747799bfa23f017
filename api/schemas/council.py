"""Acts of the council on their way from member to member."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from api.schemas.base import InstantText, Ordinal, Schema
from ledger.council_act import FORMAT, ActFile

Hex = Annotated[str, Field(pattern="^([0-9a-f]{2})*$", max_length=60_000)]
AddressText = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]


class ActDocument(Schema):
    """One act with the signatures that it has: what `sillok council sign` reads and writes."""

    sillok: str = Field(pattern=f"^{FORMAT}$")
    chain_id: Ordinal
    council: AddressText
    target: AddressText = Field(description="the contract that is called")
    data: Hex = Field(description="call data")
    nonce: int = Field(ge=0, lt=2**53, description="acts happen in the order of these")
    deadline: InstantText
    signatures: dict[str, Hex] = Field(max_length=64, description="member → r, s, v over the EIP-712 digest")

    @classmethod
    def of(cls, file: ActFile) -> ActDocument:
        """From the ledger's own file."""
        return cls.model_validate(json.loads(file.encode()))

    def content(self) -> bytes:
        """The file."""
        return json.dumps(self.model_dump(by_alias=True)).encode("ascii")


class ActsWaiting(Schema):
    """Acts that wait, in the order in which they can happen."""

    needed: int = Field(description="signatures that each needs")
    acts: list[ActDocument]


class ActsDone(Schema):
    """What came of the signatures."""

    done: int = Field(description="acts that happened")
    waiting: int = Field(description="acts that still wait for signatures")
