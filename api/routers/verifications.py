"""Verification: by number, by digest, by evidence; now or as of a past instant."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.deps import Looking, desk_of
from api.routers.evidence import EVIDENCE_TYPE
from api.schemas.reports import ReportShown
from ledger.errors import InputError
from ledger.hashing.encodings import hex_decode
from ledger.records.number import read_number
from ledger.values import Digest32, parse_instant

router = APIRouter(tags=["verification"])
_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {EVIDENCE_TYPE: {"schema": {"type": "object"}}}}
}
Number = Annotated[str | None, Query(max_length=64, description="document number, with or without dashes")]
Sha256 = Annotated[str | None, Query(max_length=64, description="digest of the file in hand, 64 hex digits")]
AsOf = Annotated[str | None, Query(alias="asOf", max_length=20, description="the instant to ask about; default: now")]


@router.get("/v1/verifications", summary="Verify by number or digest", responses={200: {"model": ReportShown}})
async def verify(
    request: Request, services: Looking, number: Number = None, sha256: Sha256 = None, as_of: AsOf = None
) -> JSONResponse:
    """Run the nineteen checks on what the ledger has. A negative verdict is a 200; 503 is no answer from the chain.

    A number alone checks the record and not the paper: only with `sha256` is a document compared.
    """
    document = Digest32(hex_decode(sha256, length=32, where="sha256")) if sha256 is not None else None
    moment = parse_instant(as_of) if as_of is not None else None
    verification, came = services.verification, time.monotonic()
    if number is not None:
        ask = partial(verification.by_number, read_number(number), document, moment, came=came)
    elif document is not None:
        ask = partial(verification.by_digest, document, moment, came=came)
    else:
        raise InputError("Give a number or a digest.", where="query", fix="Write ?number= or ?sha256=.")
    return await run_sync(lambda: JSONResponse(ask().to_json()), limiter=desk_of(request).verifying)


@router.post(
    "/v1/verifications",
    summary="Verify an evidence file",
    openapi_extra=_BODY,
    responses={200: {"model": ReportShown}},
)
async def verify_evidence(
    request: Request, services: Looking, number: Number = None, sha256: Sha256 = None, as_of: AsOf = None
) -> JSONResponse:
    """Run the nineteen checks on an evidence file (the body), and on a file's digest and a number beside it."""
    document = Digest32(hex_decode(sha256, length=32, where="sha256")) if sha256 is not None else None
    moment = parse_instant(as_of) if as_of is not None else None
    wanted = read_number(number) if number is not None else None
    data = await request.body()
    report = await run_in_threadpool(
        services.verification.by_evidence, data, document=document, number=wanted, as_of=moment
    )
    return JSONResponse(report.to_json())
