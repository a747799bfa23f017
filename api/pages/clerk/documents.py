"""One issued document: what is recorded, how far it has come, its paper, what can be done; and finding it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Clerk, acting
from api.pages.clerk.views import STAGES, label, stage_of
from api.pages.results import moment
from ledger.errors import InputError, NotFoundError
from ledger.log.evidence import Disclose
from ledger.log.lookup import RecordView
from ledger.office.finding import Found, find_names
from ledger.office.templates import TEMPLATES, VALID_UNTIL
from ledger.records.disclosure import NUMBER_PATH, SHA256_PATH
from ledger.records.number import read_number
from ledger.values import LogIndex, Status

router = APIRouter(include_in_schema=False)
Reader = Annotated[Clerk, acting(Act.READ_WHOLE)]
Index = Annotated[int, Path(ge=0, lt=2**53)]
_TONES: Final = {Status.ACTIVE: "accept", Status.SUSPENDED: "ask", Status.SUPERSEDED: "ask", Status.REVOKED: "refuse"}
_SHAPES: Final = {Status.ACTIVE: "✓", Status.SUSPENDED: "!", Status.SUPERSEDED: "!", Status.REVOKED: "✕"}


@router.get("/clerk/documents/{index}")
def document(clerk: Reader, index: Index) -> Response:
    """One document with everything that this office knows of it."""
    view = record_of(clerk, LogIndex(index))
    clerk.services.desk.activity.looked(clerk.account, "document", str(index))
    return clerk.page("document.html", _view(clerk, view))


@router.get("/clerk/documents/{index}/paper.pdf")
def paper(clerk: Reader, index: Index) -> Response:
    """Its paper, byte for byte as it was issued, while the desk still has it."""
    batch = record_of(clerk, LogIndex(index)).record.batch
    found = clerk.services.desk.run_of_record(clerk.account, LogIndex(index), batch)
    if found is None:
        raise NotFoundError("The desk no longer has this paper.", where="index", fix="Issue a correction.")
    clerk.services.desk.activity.looked(clerk.account, "paper", str(index))
    pdf = clerk.services.desk.paper(*found)
    headers = {"content-disposition": f'inline; filename="sillok-{index}.pdf"', "cache-control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/clerk/documents/{index}/evidence.json")
def evidence(clerk: Reader, index: Index) -> Response:
    """Its evidence with every fact, for the holder."""
    view = record_of(clerk, LogIndex(index))
    clerk.services.desk.activity.looked(clerk.account, "evidence", str(index))
    made = clerk.services.evidence.make(view.log.log_no, view.index, Disclose.ALL)
    headers = {"content-disposition": f'attachment; filename="sillok-{index}.evidence.json"'}
    return Response(made, media_type="application/json", headers={**headers, "cache-control": "no-store"})


@router.get("/clerk/search")
def search(clerk: Reader, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """By number, by place in the ledger, or by name among what the desk still has."""
    asked = q.strip()
    if not asked:
        return clerk.page("search.html", _found(clerk, asked, (), None))
    digits = asked.replace("-", "").replace(" ", "")
    if digits.isdecimal() and len(digits) < 16:
        return clerk.go(f"/clerk/documents/{int(digits)}")
    if digits.isdecimal():
        try:
            view = clerk.services.lookup.by_number(read_number(asked))
        except InputError as error:
            told = "search_none" if isinstance(error, NotFoundError) else "search_number_wrong"
            return clerk.page("search.html", _found(clerk, asked, (), clerk.words[told]))
        if view.record.agency != clerk.account.agency:
            return clerk.page("search.html", _found(clerk, asked, (), clerk.words["search_other_agency"]))
        return clerk.go(f"/clerk/documents/{view.index}")
    clerk.services.desk.activity.looked(clerk.account, "search", "")
    hits = find_names(clerk.services.desk, clerk.account, asked)
    return clerk.page("search.html", _found(clerk, asked, hits, None if hits else clerk.words["search_none"]))


def record_of(clerk: Clerk, index: LogIndex) -> RecordView:
    """A certificate of the person's agency.

    Raises:
        NotFoundError: there is none at this place.
    """
    view = clerk.services.lookup.by_index(clerk.account.agency, index)
    if view.record.kind == "activity":
        raise NotFoundError("This record is an entry of the activity log, no document.", where="index")
    return view


def status_view(status: Status, words_of: Clerk) -> dict[str, str]:
    """A status as a page shows it: word, tone and shape."""
    return {
        "word": words_of.words[f"status_{status.name.lower()}"],
        "tone": _TONES[status],
        "shape": _SHAPES[status],
    }


def _found(clerk: Clerk, asked: str, hits: tuple[Found, ...], told: str | None) -> dict[str, object]:
    return {"q": asked, "hits": hits, "told": told, "days": clerk.services.settings.upload_days}


def _view(clerk: Clerk, view: RecordView) -> dict[str, object]:
    services, words = clerk.services, clerk.words
    log_no, index, record = view.log.log_no, view.index, view.record
    status = services.status.status_now(log_no, index)
    found = services.desk.run_of_record(clerk.account, index, record.batch)
    anchor = services.chain_store.anchor_covering(log_no, index)
    history = [
        {
            "time": moment(entry.time),
            "what": words[f"act_{entry.after.name.lower()}{'_start' if entry.retroactive else ''}"],
            "reason": words[f"public_reason_{entry.reason.name.lower()}"],
            "batch": entry.batch,
            "final": entry.final,
        }
        for entry in services.status.history(log_no, index)
    ]
    stage = stage_of(services, view.log, index)
    return {
        "index": index,
        "number": view.number,
        "sha256": view.sha256.hex() if view.sha256 else None,
        "facts": _facts(clerk, view),
        "erased": view.erased,
        "until": moment(record.valid_until) if record.valid_until is not None else None,
        "supersedes": record.supersedes,
        "successor": status.successor[1] if status.successor else None,
        "accepted_at": moment(view.accepted_at),
        "anchored_at": moment(anchor.anchor.time) if anchor else None,
        "status": status_view(status.worse, clerk),
        "pending": status.pending,
        "stage": stage,
        "stages": [(name, words[f"stage_{name}"]) for name in STAGES],
        "history": history,
        "paper": found is not None,
        "run": found[0].run_no if found else None,
        "template": next((t.code for t in TEMPLATES if t.ko == _fact(view, "certificate.type")), None),
        "active": status.worse is Status.ACTIVE,
        "suspended": status.record is Status.SUSPENDED,
        "standing": status.worse in (Status.ACTIVE, Status.SUSPENDED),
    }


def _facts(clerk: Clerk, view: RecordView) -> list[tuple[str, str]]:
    """Facts with the labels and in the order of their template; what is no field of it follows with its path."""
    kind = _fact(view, "certificate.type")
    fields = next((template.fields for template in TEMPLATES if template.ko == kind), ())
    named = {"certificate.type": clerk.words["facts_type"]}
    named |= {asked.path: label(asked, clerk.words) for asked in fields if asked.path != VALID_UNTIL}
    order = list(named)
    facts = [
        fact
        for fact in view.disclosures or ()
        if fact.path not in (SHA256_PATH, NUMBER_PATH) and not fact.path.startswith(("pad.", "document."))
    ]
    facts.sort(key=lambda fact: order.index(fact.path) if fact.path in named else len(order))
    return [(named.get(fact.path, fact.path), str(fact.value)) for fact in facts]


def _fact(view: RecordView, path: str) -> str | None:
    return next((str(fact.value) for fact in view.disclosures or () if fact.path == path), None)
