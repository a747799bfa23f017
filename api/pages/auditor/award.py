"""`/p/<ocid>`: one award from plan to payment, its verification in one click, and a pack to check at home."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Looking
from api.pages.assets import award_module
from api.pages.auditor.pack import make_pack
from api.pages.auditor.steps import present_award
from api.pages.rendering import PRIVATE, Language, page, words_of
from ledger.errors import ChainError, ConflictError, InputError
from ledger.log.evidence import Disclose
from ledger.procurement.trace import Entry, Trace
from ledger.verification.report import Report
from ledger.wiring import Services, now

router = APIRouter(include_in_schema=False)
MAX_VERIFIED: Final = 200
"""Steps that one click verifies here: about two seconds; a longer award is verified from its pack."""
_NOTICE: Final = re.compile(r"[0-9A-Za-z]{6,20}(?:-[0-9]{1,3})?")


@router.get("/p")
def find(
    request: Request,
    services: Looking,
    q: Annotated[str, Query(max_length=128)] = "",
    lang: Language = None,
) -> Response:
    """Find an award by its OCID or its notice number; without either, the form to do so."""
    words = words_of(request, lang)
    if not q.strip():
        return page(request, "auditor/find.html", words, {})
    return _to_award(_ocid(services, q.strip()), lang)


@router.get("/p/{ocid}")
def award(request: Request, services: Looking, ocid: str, lang: Language = None) -> Response:
    """The timeline of an award."""
    found = _ocid(services, ocid)
    if found != ocid:
        return _to_award(found, lang)
    words = words_of(request, lang)
    view = present_award(services.tracing.trace(ocid), words)
    return page(request, "auditor/award.html", words, {"award": view, "award_module": None})


@router.get("/p/{ocid}/verification")
def verification(request: Request, services: Looking, ocid: str, lang: Language = None) -> HTMLResponse:
    """The same, with the nineteen checks run on the evidence of every step."""
    words, traced = words_of(request, lang), services.tracing.trace(ocid)
    if len(traced.steps) > MAX_VERIFIED:
        raise InputError(
            f"This award has {len(traced.steps)} steps; at most {MAX_VERIFIED} are verified on a page.",
            where="address",
            fix="Take its pack and run: sillok trace OCID --from export.json --trust trust.note",
        )
    view = present_award(traced, words, reports=_reports(services, traced), asked_at=now())
    return page(request, "auditor/award.html", words, {"award": view, "award_module": award_module()})


@router.get("/p/{ocid}/pack.zip")
def pack(request: Request, services: Looking, ocid: str) -> Response:
    """Everything that is needed to check the award without this service."""
    address = services.settings.public_url or str(request.base_url).rstrip("/")
    content = make_pack(services, ocid, f"{address}/p/{quote(ocid)}")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", ocid)[:100]
    headers = {**PRIVATE, "content-disposition": f'attachment; filename="{name}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


def _ocid(services: Services, text: str) -> str:
    """The OCID that a person means: a known process, else the one with this notice number."""
    if not services.records.process(text) and _NOTICE.fullmatch(text):
        return services.catalogue.process_of_notice(text)
    return text


def _to_award(ocid: str, lang: str | None) -> RedirectResponse:
    language = f"?lang={quote(lang)}" if lang else ""
    return RedirectResponse(f"/p/{quote(ocid, safe='')}{language}", 303, headers=PRIVATE)


def _reports(services: Services, traced: Trace) -> list[Report | None]:
    return [_report(services, step.entry) for step in traced.steps]


def _report(services: Services, entry: Entry) -> Report | None:
    """The report on one step; None where the chain does not answer, or the office erased what it would disclose."""
    log = services.lookup.log_of(entry.origin)
    try:
        return services.verification.by_evidence(services.evidence.make(log.log_no, entry.index, Disclose.PUBLIC))
    except (ChainError, ConflictError):
        return None
