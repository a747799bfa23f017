"""Evidence files: for one record, or for a whole issuing batch."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.auth import Act
from api.bulk import MEDIA_TYPE, json_line
from api.deps import BEARER, Acting, InAgency, acting, admit, admit_lookup
from api.limits import MAX_PAGE
from api.schemas.base import Index
from ledger.errors import InputError
from ledger.log.evidence import Disclose
from ledger.log.lookup import RecordView
from ledger.records.kinds import is_public
from ledger.values import LogIndex

MAX_PLACES: Final = 500
"""Most records named in one address: eight kilobytes, which every proxy lets through."""
EVIDENCE_TYPE: Final = "application/vnd.sillok.evidence.v1+json"
router = APIRouter(tags=["evidence"])


Reading = Annotated[Acting, acting(Act.READ_WHOLE)]


class Disclosed(StrEnum):
    """Which facts an evidence file discloses."""

    PUBLIC = "public"
    ALL = "all"


@router.get(
    "/v1/agencies/{agency}/records/{index}/evidence",
    response_class=Response,
    responses={200: {"content": {EVIDENCE_TYPE: {}}, "description": "The evidence file"}},
    openapi_extra={"security": [{}, *BEARER]},
    summary="The evidence file of a record",
)
def evidence(
    request: Request,
    agency: InAgency,
    index: Index,
    disclose: Annotated[
        Disclosed, Query(description="all needs the agency's key, where a person's facts are in it")
    ] = Disclosed.PUBLIC,
) -> Response:
    """Everything that is needed to verify one record offline; see `sillok verify`."""
    services = admit_lookup(request)
    view = services.lookup.by_index(agency, LogIndex(index))
    if disclose is Disclosed.ALL and not is_public(view.record.kind):
        admit(request, Act.READ_WHOLE, agency)
    content = services.evidence.make(view.log.log_no, view.index, Disclose[disclose.name])
    return Response(content, media_type=EVIDENCE_TYPE)


@router.get(
    "/v1/agencies/{agency}/evidence",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "One line for each record, by place"}},
    openapi_extra={"security": BEARER},
    summary="The evidence files of an issuing batch, or of records by place",
)
def many_evidence(
    caller: Reading,
    batch: Annotated[int | None, Query(ge=1, lt=2**53, description="the issuing batch")] = None,
    index: Annotated[
        list[Index] | None, Query(max_length=MAX_PLACES, description="records by place, instead of a batch")
    ] = None,
    after: Annotated[int, Query(ge=-1, lt=2**53, description="only records behind this place")] = -1,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="records in this answer")] = 1000,
) -> StreamingResponse:
    """NDJSON `{"index", "number", "sha256", "evidence"}`, every fact disclosed. Go on with `after`."""
    services, log_no = caller.services, caller.services.lookup.log_of(caller.agency).log_no
    if (batch is None) == (index is None):
        raise InputError("Name one batch, or records by place.", where="batch, index")
    if batch is not None:
        indexes = services.records.batch_indexes(log_no, batch, LogIndex(after + 1), limit)
    else:
        indexes = [LogIndex(place) for place in sorted(set(index or ())) if place > after][:limit]
    page = services.evidence.make_many(log_no, indexes, Disclose.ALL)
    return StreamingResponse(_lines(page), media_type=MEDIA_TYPE)


def _lines(page: Iterator[tuple[RecordView, bytes]]) -> Iterator[bytes]:
    for view, content in page:
        digest = view.sha256.hex() if view.sha256 is not None else None
        yield json_line({"index": view.index, "number": view.number, "sha256": digest, "evidence": content.decode()})
