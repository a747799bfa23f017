"""The form of a submission, for the documentation; `ledger.log.intake` is what reads it."""

from __future__ import annotations

from typing import Any, Final

from ledger.records.kinds import KINDS

_EXAMPLE: Final = {
    "kind": "certificate",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "facts": {"certificate.type": "주민등록표 등본", "holder.name": "홍길동"},
    "validUntil": "2027-11-30T15:00:00Z",
}

SUBMISSION: Final[dict[str, Any]] = {
    "title": "Submission",
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": {"type": "string", "enum": sorted(KINDS)},
        "sha256": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256 of the exact bytes as issued; needed for certificate and document",
        },
        "number": {
            "type": "string",
            "pattern": "^[0-9]{4}(-[0-9]{4}){3}$",
            "description": "document number, unused and with its check digit; left out, one is drawn",
        },
        "facts": {
            "type": "object",
            "maxProperties": 62,
            "description": "path: value; a text of at most 4,096 bytes, an integer or a boolean; money is text",
            "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]},
        },
        "process": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id"],
            "properties": {
                "id": {"type": "string", "maxLength": 128, "description": "OCID of the process"},
                "seq": {"type": "integer", "minimum": 1, "description": "left out, the next one"},
                "gap": {"type": "boolean", "description": "numbers before this one are left out on purpose"},
            },
        },
        "validFrom": {"type": "string", "description": "instant in UTC"},
        "validUntil": {"type": "string", "description": "instant in UTC; never one that derives from a person"},
        "supersedes": {"type": "integer", "minimum": 0, "description": "index of the record that this one corrects"},
    },
    "example": _EXAMPLE,
}

BULK_EXAMPLE: Final = (
    '{"kind":"document","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}\n'
    '{"kind":"procurement/plan","process":{"id":"ocds-213czf-1"},"facts":{"plan.amount":"11600000000"}}\n'
)
