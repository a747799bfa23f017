"""What anybody may read: processes, the trust file, and each log as C2SP `tlog-tiles`."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.deps import InAgency, Looking, Open
from api.tile_path import TileName, parse_tile_path
from ledger.errors import NotFoundError
from ledger.ports.records import LogInfo
from ledger.records.bundle import encode_bundle
from ledger.values import AgencyCode, LogIndex
from ledger.wiring import Services, now

router = APIRouter(tags=["ledger"])
FOR_EVER: Final = {"cache-control": "public, max-age=31536000, immutable", "access-control-allow-origin": "*"}
"""A tile of a given width never changes: the log only grows."""
ASK_AGAIN: Final = {"cache-control": "no-cache", "access-control-allow-origin": "*"}
_GENERATION: Final = re.compile("[2-9]|[1-9][0-9]{1,3}")
_HASH_BYTES: Final = 32


@router.get("/v1/processes/{process:path}", summary="Every step of one process")
def process(
    services: Looking,
    process: str,
    export: Annotated[bool, Query(description="the file that `sillok trace --from` rechecks offline")] = False,
    read_all: Annotated[
        bool | None,
        Query(
            alias="readAll",
            description="read every entry of the logs, so that completeness can be claimed; "
            "by default where that is quick",
        ),
    ] = None,
) -> Response:
    """Steps in order, what changed against the step before, and every number that is missing."""
    if export:
        return Response(services.tracing.export(process), media_type="application/json")
    return JSONResponse(services.tracing.trace(process, read_all=read_all).to_json())


@router.get("/v1/trust", response_class=PlainTextResponse, summary="The trust file")
def trust(services: Open) -> PlainTextResponse:
    """What a verifier believes from the start, signed. Compare its digest with one that you got in another way."""
    return PlainTextResponse(services.trust.write(now()), headers=ASK_AGAIN)


@router.get("/log/{agency}/checkpoint", response_class=PlainTextResponse, summary="The newest signed checkpoint")
@router.get("/log/{agency}/{generation}/checkpoint", response_class=PlainTextResponse, include_in_schema=False)
def checkpoint(services: Open, agency: InAgency, generation: str | None = None) -> PlainTextResponse:
    """C2SP `tlog-checkpoint`. Later generations of a log are under `/log/{agency}/{generation}/`."""
    log = _log(services, agency, generation)
    head = services.records.head(log.log_no)
    if head is None:
        raise NotFoundError(f"The log {log.origin} has no checkpoint of its own yet.", where="checkpoint")
    return PlainTextResponse(head.checkpoint, headers=ASK_AGAIN)


@router.get("/log/{agency}/tile/{name:path}", response_class=Response, summary="A tile or an entry bundle")
@router.get("/log/{agency}/{generation}/tile/{name:path}", response_class=Response, include_in_schema=False)
def tile(services: Open, agency: InAgency, name: str, generation: str | None = None) -> Response:
    """C2SP `tlog-tiles`: `{L}/{N}[.p/{W}]` or `entries/{N}[.p/{W}]`, N in groups such as `x001/234`."""
    wanted = parse_tile_path(name)
    log = _log(services, agency, generation)
    if wanted.width > wanted.width_in(services.records.tree_size(log.log_no)):
        raise NotFoundError("The log has no such tile yet.", where="tile")
    return Response(_content(services, log, wanted), media_type="application/octet-stream", headers=FOR_EVER)


def _content(services: Services, log: LogInfo, wanted: TileName) -> bytes:
    if wanted.level is not None:
        hashes = services.records.tiles(log.log_no).read_tile(wanted.level, wanted.index)
        return hashes[: wanted.width * _HASH_BYTES]
    records = services.records.records(log.log_no, LogIndex(wanted.first), wanted.width)
    return encode_bundle(record.leaf for record in records)


def _log(services: Services, agency: AgencyCode, generation: str | None) -> LogInfo:
    """One generation of an agency's log; the first has no number in its address, as in its origin."""
    if generation is None or _GENERATION.fullmatch(generation):
        for log in services.records.logs():
            if log.agency == agency and log.generation == int(generation or 1):
                return log
    raise NotFoundError(f"There is no such log of agency {agency}.", where="address")
