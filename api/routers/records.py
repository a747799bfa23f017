"""Records: submit one, submit many, look up by number, digest or place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Act
from api.bulk import MEDIA_TYPE, BulkResponse, json_line
from api.deps import BEARER, Acting, InAgency, Looking, admit
from api.problems import error_document
from api.routers.views import shown
from api.schemas.base import Index
from api.schemas.records import RecordAccepted, RecordShown, RecordsShown
from api.schemas.status import ActRow, History, StatusNow
from api.schemas.submission import BULK_EXAMPLE, SUBMISSION
from ledger.errors import InputError
from ledger.hashing.encodings import b64u_encode, hex_decode
from ledger.log.accepted import Accepted, LineResult
from ledger.log.intake import parse_line
from ledger.log.limits import MAX_LINE_BYTES
from ledger.records.number import read_number
from ledger.values import Digest32, LogIndex, format_instant, parse_agency

router = APIRouter(tags=["records"])

_ONE: Final[dict[str, Any]] = {
    "security": BEARER,
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]+$"},
            "description": "a retry with the same key and body gets the same record; another body is a conflict",
        }
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": SUBMISSION}}},
}
_MANY: Final[dict[str, Any]] = {
    "security": BEARER,
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": BULK_EXAMPLE}},
    },
}


@router.post(
    "/v1/agencies/{agency}/records",
    status_code=201,
    openapi_extra=_ONE,
    responses={201: {"model": RecordAccepted}, 200: {"model": RecordAccepted, "description": "It was there already"}},
    summary="Record one document",
)
async def submit(request: Request, agency: str = "") -> Response:
    """Record one document or step. Answered once it is on disk; the receipt promises by when it is anchored."""
    # `agency` is only for the documentation: `api.lane` hands over nothing but the request.
    caller = admit(request, Act.ISSUE, parse_agency(request.path_params["agency"]))
    submission = parse_line(await request.body())
    key = request.headers.get("idempotency-key")
    accepted = await caller.desk.mail.wait_for(caller.services.issuance.submit(caller.agency, submission, key))
    return Response(_accepted_json(accepted), 201 if accepted.created else 200, media_type="application/json")


def _accepted_json(accepted: Accepted) -> bytes:
    """`RecordAccepted` without its model: the leaf is JSON already, and this is the hottest path."""
    members = {
        "origin": accepted.log.origin,
        "index": accepted.index,
        "number": accepted.number,
        "batch": accepted.batch,
        "created": accepted.created,
        "receipt": accepted.receipt,
        "size": accepted.size,
        "proof": [b64u_encode(node) for node in accepted.proof or ()],
    }
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    return text[:-1] + b',"record":' + accepted.leaf + b"}"


@router.post(
    "/v1/agencies/{agency}/records:bulk",
    openapi_extra=_MANY,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "One result a line, in order; the last says done"}},
    summary="Record many documents",
)
async def submit_many(
    request: Request,
    agency: InAgency,
    job: Annotated[str, Query(min_length=1, max_length=200, description="names the job; one job is one batch")],
    first_line: Annotated[
        int, Query(alias="firstLine", ge=1, lt=2**53, description="number of the first line, in a job sent in parts")
    ] = 1,
) -> BulkResponse:
    """Record a line at a time (NDJSON), streamed both ways: results come while lines are still being sent.

    Sending the same job again, from any line on, gives the records that are there and goes on with the rest. A line
    that is refused has a `problem` and stops nothing. Results may lag some thousand lines behind.
    """
    caller = admit(request, Act.ISSUE, agency)
    return BulkResponse(caller.desk.bulk, BulkAnswers(caller, job, first_line), longest_line=MAX_LINE_BYTES)


class BulkAnswers:
    """Turns the ledger's results of one bulk request into lines, and counts them."""

    def __init__(self, caller: Acting, job: str, first_line: int) -> None:
        """Nothing runs before `answers`."""
        self._caller = caller
        self._job = job
        self._first_line = first_line
        self._accepted = self._created = self._failed = 0

    def answers(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """One line of result for each line."""
        issuance, agency = self._caller.services.issuance, self._caller.agency
        for result in issuance.submit_many(agency, self._job, lines, self._first_line):
            yield self._answer(result)

    def summary(self) -> dict[str, int]:
        """What the last line says; the batch also where a job that is whole already was sent without a line."""
        batch = self._caller.services.issuance.batch_of(self._caller.agency, self._job)
        return {"batch": batch, "accepted": self._accepted, "created": self._created, "failed": self._failed}

    def _answer(self, result: LineResult) -> bytes:
        accepted = result.accepted
        if accepted is None:
            self._failed += 1
            error = result.error or InputError("The line was refused.")
            return json_line({"line": result.line, "problem": error_document(error, f"line {result.line}")})
        self._accepted += 1
        self._created += accepted.created
        number = f'"{accepted.number}"' if accepted.number else "null"
        created = "true" if accepted.created else "false"
        # The shape is fixed and its values need no escapes: written out, a line costs a fifth of json.dumps.
        return (f'{{"line":{result.line},"index":{accepted.index},"number":{number},"created":{created}}}\n').encode()


@router.get("/v1/records", summary="Look a record up by number or digest", responses={200: {"model": RecordShown}})
def look_up(
    services: Looking,
    number: Annotated[str | None, Query(max_length=64, description="document number, with or without dashes")] = None,
    sha256: Annotated[str | None, Query(max_length=64, description="digest of the document, 64 hex digits")] = None,
) -> RecordShown | RecordsShown:
    """Look up by number (one record) or by digest (every record of that document, oldest first).

    Of a personal document only its digest and its number are shown. Answers are never stored, and neither number nor
    digest is written to a log.
    """
    if (number is None) == (sha256 is None):
        raise InputError("Give either a number or a digest.", where="query", fix="Write ?number= or ?sha256=.")
    if number is not None:
        return shown(services, services.lookup.by_number(read_number(number)))
    digest = Digest32(hex_decode(sha256 or "", length=32, where="sha256"))
    return RecordsShown(records=[shown(services, view) for view in services.lookup.by_digest(digest)])


@router.get("/v1/agencies/{agency}/records/{index}", summary="Look a record up by its place")
def by_index(services: Looking, agency: InAgency, index: Index) -> RecordShown:
    """One record by its place in the agency's log."""
    return shown(services, services.lookup.by_index(agency, LogIndex(index)))


@router.get("/v1/agencies/{agency}/records/{index}/history", summary="Every change of a record's status")
def history(services: Looking, agency: InAgency, index: Index) -> History:
    """Every act on the record and on its issuing batch, oldest first."""
    view = services.lookup.by_index(agency, LogIndex(index))
    status = services.status.status_now(view.log.log_no, view.index)
    return History(
        origin=view.log.origin,
        index=view.index,
        anchored_at=format_instant(status.anchor.anchor.time) if status.anchor else None,
        acts=[ActRow.of(entry) for entry in services.status.history(view.log.log_no, view.index)],
        status=StatusNow.of(status),
    )
