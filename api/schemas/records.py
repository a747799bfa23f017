"""Records as JSON: what a clerk gets back, and what strangers see."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from api.schemas.agencies import AnchorBrief
from api.schemas.base import AgencyText, HexDigest, Index, InstantText, NumberText, Schema, Size
from api.schemas.status import StatusNow

Leaf = Annotated[dict[str, Any], Field(description="the record exactly as it stands in the log")]


class FactShown(Schema):
    """A fact that strangers may see, or how many they may not."""

    path: str | None = None
    value: str | bool | int | None = None
    withheld: int | None = Field(default=None, ge=1, description="number of facts that are withheld")

    @model_serializer(mode="wrap")
    def _only_what_is_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


class Successor(Schema):
    """The record that superseded another."""

    origin: str
    index: Index


class RecordShown(Schema):
    """One record with its status and its anchor, as strangers see it."""

    origin: str = Field(examples=["sillok.example/6110000"])
    agency: AgencyText
    index: Index
    record: Leaf
    number: NumberText | None
    sha256: HexDigest | None
    facts: list[FactShown]
    status: StatusNow | None
    anchor: AnchorBrief | None
    accepted_at: InstantText = Field(description="when this service took it; a claim, decides nothing")
    erased: bool
    superseded_by: Successor | None


class RecordsShown(Schema):
    """Every record of one document."""

    records: list[RecordShown]


class RecordAccepted(Schema):
    """A record that is on disk, with a receipt that promises its anchor."""

    origin: str
    index: Index
    number: NumberText | None
    batch: int | None
    created: bool = Field(description="false: the record was there already (a retry)")
    record: Leaf
    receipt: str = Field(description="signed note: by when it will be anchored")
    size: Size = Field(description="size of the tree that the receipt speaks of")
    proof: list[str] = Field(description="inclusion path of the record in that tree, base64url without padding")


def leaf_json(leaf: bytes) -> dict[str, Any]:
    """A leaf as JSON, exactly as it stands in the log."""
    content: dict[str, Any] = json.loads(leaf)
    return content
