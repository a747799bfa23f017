"""Asks a service for what `sillok verify` can't know offline: today's status, and what the chain says.

What the service answers is its word. Everything that can be computed from evidence is computed here all the same; the
service's own verdict is shown only where it has nothing to compute from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.cli.client import ServiceClient, service_url
from ledger.errors import InfrastructureError
from ledger.records.evidence import MEDIA_TYPE
from ledger.values import Digest32, Instant, format_instant
from ledger.verification.answers import Answers
from ledger.verification.answers_json import answers_from_json
from ledger.verification.report import Report
from ledger.verification.report_json import report_from_json

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a service answered.

    Attributes:
        url: its address.
        answers: what chain and service know of the record; both None where its log is not the service's.
        evidence: the public evidence of a look-up, or None.
        report: the service's own report.
    """

    url: str
    answers: Answers
    evidence: bytes | None
    report: Report


def ask(
    *,
    data: str,
    url: str | None,
    evidence: bytes | None,
    document: Digest32 | None,
    number: str | None,
    as_of: Instant | None,
) -> Asked:
    """POST the evidence, or look the record up by digest and number.

    Raises:
        InfrastructureError: no service is known, it does not answer, or its chain does not.
        InputError: the service could not read what it was sent.
    """
    address = service_url(Path(data), url)
    query = {
        "sha256": None if document is None else document.hex(),
        "number": number,
        "asOf": None if as_of is None else format_instant(as_of),
    }
    given = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    path = "/v1/verifications" + (f"?{given}" if given else "")
    with ServiceClient(address, timeout_s=TIMEOUT_S) as client:
        try:
            answer = client.get(path) if evidence is None else client.post_bytes(path, evidence, MEDIA_TYPE)
        except ValueError as error:
            raise InfrastructureError(f"The service at {address} answered no JSON.") from error
    text = answer.get("evidence") if isinstance(answer, dict) else None
    answers = answer.get("answers", {}) if isinstance(answer, dict) else {}
    return Asked(
        url=address,
        answers=answers_from_json(answers),
        evidence=text.encode("utf-8") if isinstance(text, str) else None,
        report=report_from_json(answer),
    )
