"""The report of a verification, for the documentation; `Report.to_json` is what writes it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import InstantText, Schema

VerdictWord = Literal[
    "valid",
    "altered",
    "revoked",
    "suspended",
    "superseded",
    "expired",
    "erased",
    "unknown-issuer",
    "not-anchored-yet",
    "not-yet-in-force",
    "not-found",
    "cannot-check",
]


class CheckShown(Schema):
    """One of the nineteen checks (docs/spec)."""

    number: int = Field(ge=1, le=19)
    name: str = Field(examples=["inclusion"])
    outcome: Literal["passed", "failed", "not-run"]
    text: str
    source: Literal["this-device", "trust-file", "office", "chain", "service"] = Field(description="whose word it is")
    expected: str | None = None
    actual: str | None = None


class ReportShown(Schema):
    """All nineteen checks, and the one verdict that follows from them."""

    verdict: VerdictWord
    as_of: InstantText | None = Field(default=None, description="the instant that the verdict is of")
    checks: list[CheckShown]
    about: dict[str, Any] = Field(description="what was verified, as far as it was proved")
    notes: list[str] = Field(description="what the verdict does not prove, and whose word it rests on")
    answers: dict[str, Any] | None = Field(
        default=None, description="what chain and service answered, so that you can run the checks yourself"
    )
    evidence: dict[str, Any] | str | None = Field(default=None, description="the evidence that was looked up")
