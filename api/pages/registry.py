"""Pages about who issues: the agencies, their keys and windows, and how far their logs are final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.deps import InAgency, Open
from api.pages.rendering import Language, page, words_of
from api.pages.results import Moment, moment
from api.pages.words import Words
from ledger.values import AgencyCode, Instant
from ledger.wiring import Services

router = APIRouter(include_in_schema=False)
ANCHORS_SHOWN: Final = 50
"""Newest anchors on a page; `/v1/agencies/{agency}/checkpoints` has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRow:
    """One agency in the list."""

    code: str
    name: str
    contact: str
    recorded: int
    final: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One signing key with its window."""

    role: str
    key_id: str
    start: Moment
    end: Moment | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRow:
    """One size that became final."""

    size: int
    time: Moment
    block: int
    transaction: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """An agency with its log, its keys and its anchors."""

    agency: AgencyRow
    origin: str
    promise: str
    health: str
    health_words: str
    keys: tuple[KeyRow, ...]
    anchors: tuple[AnchorRow, ...]
    anchors_lead: str
    checkpoint: str | None


@router.get("/agencies")
def agencies(request: Request, services: Open, lang: Language = None) -> HTMLResponse:
    """Every agency of this service."""
    words = words_of(request, lang)
    rows = [_row(services, agency.code, words) for agency in services.agencies.agencies()]
    return page(request, "agencies.html", words, {"rows": rows})


@router.get("/agencies/{agency}")
def one_agency(request: Request, services: Open, agency: InAgency, lang: Language = None) -> HTMLResponse:
    """One agency: keys with their windows, what became final, and whether it does so in time."""
    words = words_of(request, lang)
    return page(request, "agency.html", words, {"log": _log(services, agency, words)})


@router.get("/log/{agency}/")
def log_for_people(request: Request, services: Open, agency: InAgency, lang: Language = None) -> HTMLResponse:
    """The log for people: its newest signed checkpoint, and where each was anchored."""
    words = words_of(request, lang)
    view = _log(services, agency, words)
    heading = words.say("log_heading", agency=view.agency.name)
    return page(request, "log.html", words, {"log": view, "heading": heading})


def _row(services: Services, code: AgencyCode, words: Words) -> AgencyRow:
    agency, log = services.agencies.agency(code), services.agencies.log(code)
    anchor = services.chain_store.last_anchor(log.log_no)
    return AgencyRow(
        code=code,
        name=agency.name_ko if words.language == "ko" else agency.name_en,
        contact=agency.contact,
        recorded=services.records.tree_size(log.log_no),
        final=anchor.size if anchor else log.start,
    )


def _log(services: Services, code: AgencyCode, words: Words) -> LogView:
    row, log = _row(services, code, words), services.agencies.log(code)
    head, events = services.records.head(log.log_no), services.chain_store.anchors(log.log_no)
    part = next(
        (part for part in services.health.snapshot().components if part.name == f"anchoring {log.origin}"), None
    )
    state = part.state.value if part is not None else "failing"
    shown = events[-ANCHORS_SHOWN:][::-1]
    lead = words.say("anchors_lead", shown=len(shown), total=len(events)) if shown else words["anchors_none"]
    return LogView(
        agency=row,
        origin=log.origin,
        promise=words.say("health_delay", minutes=log.max_delay_s // 60),
        health=state,
        health_words=words[f"health_{state}"],
        keys=_keys(services, code, words),
        anchors=tuple(
            AnchorRow(
                size=event.size,
                time=moment(event.anchor.time),
                block=event.place.block.number,
                transaction=event.place.transaction.hex(),
                root=event.anchor.root.hex(),
            )
            for event in shown
        ),
        anchors_lead=lead,
        checkpoint=head.checkpoint if head else None,
    )


def _keys(services: Services, code: AgencyCode, words: Words) -> tuple[KeyRow, ...]:
    rows = []
    for key in services.agencies.keys(code):
        state = "key_current" if key.current else "key_spare" if key.spare else "key_past"
        rows.append(
            KeyRow(
                role=words[f"role_{key.role.name.lower()}"],
                key_id=key.key_id.hex(),
                start=moment(key.not_before),
                end=_end(key.not_after),
                state=words[state]
                if key.compromised_since is None
                else words.say("key_compromised", time=moment(key.compromised_since).people),
            )
        )
    return tuple(rows)


def _end(instant: Instant | None) -> Moment | None:
    return moment(instant) if instant is not None else None
