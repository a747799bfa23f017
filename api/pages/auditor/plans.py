"""`/plans`: the published plan with filters and totals, and the same as CSV, JSON, iCalendar and Atom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.deps import Looking
from api.pages.auditor.plan_files import as_atom, as_calendar, as_csv, as_json
from api.pages.auditor.plan_view import PlanView, choices, group_tables, lead, project_row, query_of
from api.pages.auditor.steps import field_names, is_demo
from api.pages.rendering import Language, page, words_of
from api.pages.words import Words
from ledger.procurement.plan import PlanEntry, Sort, Wanted, of_sort
from ledger.values import Status
from ledger.wiring import Services, now

router = APIRouter(include_in_schema=False)
PAGE: Final = 50
"""Projects on one page."""
FILES: Final = (("csv", "CSV"), ("json", "JSON"), ("ics", "iCalendar"), ("atom", "Atom"))
Text = Annotated[str, Query(max_length=100)]


async def _wanted(year: Text = "", field: Text = "", agency: Text = "", q: Text = "") -> Wanted:
    return Wanted(year=year or None, field=field or None, agency=agency or None, words=q)


Asked = Annotated[Wanted, Depends(_wanted)]


@router.get("/plans")
def plans(
    request: Request,
    services: Looking,
    wanted: Asked,
    first: Annotated[int, Query(alias="from", ge=0, le=1_000_000)] = 0,
    lang: Language = None,
) -> HTMLResponse:
    """The plan for people."""
    words, entries = words_of(request, lang), services.catalogue.plans()
    view = _view(services, entries, wanted, first, words)
    return page(request, "auditor/plans.html", words, {"plan": view, "wanted": wanted})


@router.get("/plans.csv")
def plans_csv(services: Looking, wanted: Asked) -> Response:
    """The plan as a table; no cell can be taken for a formula."""
    headers = {"content-disposition": 'attachment; filename="plans.csv"'}
    return Response(as_csv(_chosen(services, wanted)), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/plans.json")
def plans_json(request: Request, services: Looking, wanted: Asked) -> JSONResponse:
    """The plan with every public fact."""
    return JSONResponse(as_json(_chosen(services, wanted), _address(services, request)))


@router.get("/plans.ics")
def plans_calendar(request: Request, services: Looking, wanted: Asked, lang: Language = None) -> Response:
    """The plan's days."""
    content = as_calendar(_chosen(services, wanted), _address(services, request), words_of(request, lang))
    return Response(content, media_type="text/calendar; charset=utf-8")


@router.get("/plans.atom")
def plans_feed(request: Request, services: Looking, wanted: Asked, lang: Language = None) -> Response:
    """The plan as a feed, what changed last first."""
    address, words = _address(services, request), words_of(request, lang)
    here = f"{address}/plans.atom?{urlencode({**query_of(wanted), 'lang': words.language})}"
    content = as_atom(_chosen(services, wanted), address, here, words, now())
    return Response(content, media_type="application/atom+xml; charset=utf-8")


def _chosen(services: Services, wanted: Wanted) -> Sequence[PlanEntry]:
    return [entry for entry in services.catalogue.plans() if wanted.fits(entry)]


def _address(services: Services, request: Request) -> str:
    return (services.settings.public_url or str(request.base_url)).rstrip("/")


def _view(services: Services, entries: Sequence[PlanEntry], wanted: Wanted, first: int, words: Words) -> PlanView:
    chosen = [entry for entry in entries if wanted.fits(entry)]
    projects = of_sort(chosen, Sort.PROJECT)
    shown = projects[first : first + PAGE]
    query = {**query_of(wanted), "lang": words.language}
    names = {agency.code: agency for agency in services.agencies.agencies()}
    return PlanView(
        groups=group_tables(chosen, words),
        lead=lead(chosen, words),
        rows=tuple(project_row(entry, _status(services, entry, words), words) for entry in shown),
        shown=words.say(
            "plans_shown", first=min(first + 1, len(projects)), last=first + len(shown), total=len(projects)
        ),
        before=f"/plans?{urlencode({**query, 'from': max(0, first - PAGE)})}" if first else None,
        after=f"/plans?{urlencode({**query, 'from': first + PAGE})}" if first + PAGE < len(projects) else None,
        years={year: year for year in choices(entries, "plan.year")},
        fields=field_names(words, choices(entries, "plan.field")),
        agencies={
            code: names[code].name_ko if words.language == "ko" else names[code].name_en
            for code in sorted({entry.agency for entry in entries})
            if code in names
        },
        files=tuple((name, f"/plans.{suffix}?{urlencode(query)}") for suffix, name in FILES),
        sources=tuple(choices(chosen, "plan.source")),
        demo=any(is_demo(entry.process_id) for entry in chosen),
    )


def _status(services: Services, entry: PlanEntry, words: Words) -> str | None:
    log = services.lookup.log_of(entry.origin)
    status = services.status.status_now(log.log_no, entry.index).worse
    return None if status is Status.ACTIVE else words[f"verdicts.{status.name.lower()}.word"]
