"""What all schemas share: camelCase outside, no unknown members, instants and digests as text."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ledger.values import Instant, format_instant


class Schema(BaseModel):
    """A JSON object of the interface."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, serialize_by_alias=True
    )


InstantText = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        description="an instant in UTC, whole seconds",
        examples=["2026-11-25T01:02:03Z"],
    ),
]
AgencyText = Annotated[
    str, Field(pattern="^[0-9]{7}$", description="standard administrative code", examples=["6110000"])
]
HexDigest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="32 bytes in lower-case hex")]
NumberText = Annotated[
    str,
    Field(
        pattern="^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}$",
        description="document number with its check digit",
        examples=["8351-2704-9916-0325"],
    ),
]
Index = Annotated[int, Field(ge=0, lt=2**53, description="place in the log, from 0")]
Ordinal = Annotated[int, Field(ge=1, lt=2**53, description="a number that this service counts by, from 1")]
Size = Annotated[int, Field(ge=0, lt=2**53, description="number of records in the log")]


def when(instant: Instant | None) -> str | None:
    """An instant as text; None stays None."""
    return None if instant is None else format_instant(instant)
