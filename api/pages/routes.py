"""The citizen's pages: look a number up, check a file's fingerprint or evidence, read what a problem means.

Where the chain does not answer there is no verdict but `cannot-check`, with the last instant of which something is
known; a person is shown that, and never an error page, since nothing is wrong with the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, FastAPI, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from api.deps import Looking
from api.pages import assets, registry, style
from api.pages.auditor.install import install_auditor
from api.pages.clerk.install import install_clerk
from api.pages.rendering import PRIVATE, WORDS, Language, page, words_of
from api.pages.results import KOREA, Asked, Office, ResultView, command, present, unanswered
from api.pages.words import LANGUAGES, Words, choose_language
from api.problem_kinds import PROBLEMS
from ledger.errors import ChainError, FormatError, InputError, NotFoundError
from ledger.hashing.encodings import hex_decode
from ledger.log.lookup import RecordView
from ledger.records.number import read_number
from ledger.values import AgencyCode, Digest32, Instant, Status
from ledger.verification.report import Report
from ledger.wiring import Services, now

router = APIRouter(include_in_schema=False)
SECONDS_OF_DAY: Final = 86400


def install_pages(app: FastAPI, *, style_pages: bool) -> None:
    """Put the pages and their files into an application, and let its problems be shown as pages to people.

    Args:
        app: the application.
        style_pages: whether made-up results are shown under /style.
    """
    # Made before the first reader waits for them.
    assets.module()
    for language in LANGUAGES:
        assets.script_words(language)
    app.include_router(router)
    app.include_router(assets.router)
    app.include_router(registry.router)
    install_clerk(app)
    install_auditor(app)
    if style_pages:
        app.include_router(style.router)
    app.mount("/static", StaticFiles(directory=str(files("api.pages").joinpath("static"))), name="static")
    app.mount("/docs/swagger", StaticFiles(directory=str(swagger_ui_path)), name="swagger")
    app.state.problem_page = problem_page


@router.get("/")
def start(request: Request, lang: Language = None) -> HTMLResponse:
    """The first page: by number, by file, by evidence. It carries the answer for a service that is gone later."""
    return _start(request, words_of(request, lang))


def _start(request: Request, words: Words, *, typed: str | None = None) -> HTMLResponse:
    """The first page; with a number that was typed wrong it says so beside its field, as the script does earlier."""
    url = _url(request)
    down = unanswered(words, reason="reason_service", url=url)
    view = {"down": down, "command": command(words, Asked(), url), "typed": typed}
    return page(request, "index.html", words, view, 200 if typed is None else 422)


@router.get("/r")
def typed_number(request: Request, number: Annotated[str, Query(max_length=64)], lang: Language = None) -> Response:
    """A number as a person typed it goes to its own address, which is also what a QR code holds."""
    language = f"?lang={quote(lang)}" if lang else ""
    try:
        return RedirectResponse(f"/r/{read_number(number)}{language}", 303, headers=PRIVATE)
    except FormatError:
        return _start(request, words_of(request, lang), typed=number)


@router.get("/r/{number}")
def by_number(
    request: Request,
    services: Looking,
    number: str,
    lang: Language = None,
    on: Annotated[str | None, Query(max_length=10)] = None,
) -> HTMLResponse:
    """What the ledger says of a number, now or at the end of a past day. Never green: nobody compared the paper."""
    words, as_of = words_of(request, lang), _end_of_day(on)
    try:
        wanted = read_number(number)
    except FormatError:
        return _start(request, words, typed=number)
    return _result(
        request,
        services,
        words,
        lambda: services.verification.by_number(wanted, as_of=as_of),
        asked=Asked(number=wanted, as_of=as_of),
    )


@router.post("/check")
async def by_file(request: Request, services: Looking, lang: Language = None) -> HTMLResponse:
    """What the ledger says of a file's fingerprint, and of a number beside it. Sent in the body, so in no log."""
    words = words_of(request, lang)
    form = _form(await request.body())
    if not form.get("sha256"):
        raise InputError("There is no fingerprint.", where="sha256", fix="Choose a file, or enter its fingerprint.")
    digest = Digest32(hex_decode(form["sha256"].strip().lower(), length=32, where="sha256"))
    number = read_number(form["number"]) if form.get("number") else None
    asked = Asked(document=digest, number=number, as_of=_end_of_day(form.get("on")))
    return await run_in_threadpool(
        _result, request, services, words, lambda: _verify(services, digest, asked), asked=asked
    )


@router.post("/check/evidence")
async def by_evidence(
    request: Request,
    services: Looking,
    lang: Language = None,
    document: Annotated[str | None, Header(alias="x-document-sha256", max_length=64)] = None,
) -> HTMLResponse:
    """What the nineteen checks say of an evidence file; green only with the document's digest beside it.

    The script sends the evidence as the body, and the digest in a header, so that it is in no log of addresses.
    Without script a form sends both.
    """
    words = words_of(request, lang)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        data, document = await _sent_by_form(request)
    else:
        data = await request.body()
    digest = Digest32(hex_decode(document, length=32, where="sha256")) if document else None
    return await run_in_threadpool(
        _result,
        request,
        services,
        words,
        lambda: services.verification.by_evidence(data, document=digest),
        asked=Asked(document=digest),
    )


@router.get("/problems")
def problem_list(request: Request, lang: Language = None) -> HTMLResponse:
    """Every kind of problem."""
    words = words_of(request, lang)
    kinds = [(kind.slug, kind.status, kind.title_ko if words.language == "ko" else kind.title) for kind in _kinds()]
    return page(request, "problems.html", words, {"kinds": kinds})


@router.get("/problems/{slug}")
def problem_kind(request: Request, slug: str, lang: Language = None) -> HTMLResponse:
    """What one kind of problem means: the page that `type` of a problem document names."""
    if slug not in PROBLEMS:
        raise NotFoundError("There is no such kind of problem.", where="address", fix="See /problems.")
    return _problem(request, slug, words_of(request, lang), None, 200)


@router.get("/docs")
def documentation(request: Request) -> HTMLResponse:
    """The interactive documentation, from files of this service."""
    return page(request, "docs.html", WORDS["en"], {})


@router.get("/robots.txt")
def robots() -> Response:
    """Results are nobody's search result."""
    return Response("User-agent: *\nDisallow: /r\nDisallow: /v1/\n", media_type="text/plain")


def problem_page(request: Request, content: Mapping[str, Any]) -> HTMLResponse:
    """A problem as a page, for a person who was looking at pages."""
    asked = request.query_params.get("lang")
    language = choose_language(asked if asked in WORDS else None, request.headers.get("accept-language"))
    slug = str(content["type"]).rpartition("/")[2]
    return _problem(request, slug, WORDS[language], content, int(content["status"]))


def _kinds() -> list[Any]:
    return list(PROBLEMS.values())


def _problem(
    request: Request, slug: str, words: Words, occurrence: Mapping[str, Any] | None, status: int
) -> HTMLResponse:
    kind, korean = PROBLEMS[slug], words.language == "ko"
    view = {
        "title": kind.title_ko if korean else kind.title,
        "meaning": kind.meaning_ko if korean else kind.meaning,
        "fix": kind.fix_ko if korean else kind.fix,
        "default_fix": kind.fix,
        "occurrence": occurrence,
    }
    return page(request, "problem.html", words, view, status)


def _verify(services: Services, digest: Digest32, asked: Asked) -> Report:
    if asked.number is not None:
        return services.verification.by_number(asked.number, digest, asked.as_of)
    return services.verification.by_digest(digest, asked.as_of)


def _end_of_day(day: str | None) -> Instant | None:
    """The last second of a day in Korea; None for today and where no day is given: then it is about now."""
    if not day:
        return None
    try:
        last = datetime.strptime(day, "%Y-%m-%d").replace(hour=23, minute=59, second=59, tzinfo=KOREA)
    except ValueError as error:
        raise InputError("This is no day.", where="on", fix="Write it as 2026-11-25.") from error
    instant = Instant(int(last.timestamp()))
    return None if instant - now() in range(SECONDS_OF_DAY) else instant


def _result(
    request: Request,
    services: Services,
    words: Words,
    ask: Callable[[], Report],
    *,
    asked: Asked,
) -> HTMLResponse:
    """The page of a verification; where the chain does not answer, what is known of an earlier instant."""
    try:
        report = ask()
    except ChainError:
        # Of a past day the newest status says nothing.
        known_at = _known(services, asked) if asked.as_of is None else None
        view: ResultView = unanswered(words, reason="reason_chain", known_at=known_at, asked=asked, url=_url(request))
        return page(request, "result.html", words, {"result": view}, 503)
    office = _office(services, report.about.agency, words)
    view = present(report, words, asked=asked, office=office, now=now(), url=_url(request))
    return page(request, "result.html", words, {"result": view})


def _url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _known(services: Services, asked: Asked) -> Instant | None:
    """The last instant of which what was asked about is known to be active; None where that is not known.

    Known is what the store's copy of the chain says; of a file that is not the recorded one it says nothing.
    """
    found: Sequence[RecordView] = ()
    if asked.number is not None:
        try:
            found = [services.lookup.by_number(asked.number)]
        except NotFoundError:
            return None
    elif asked.document is not None:
        found = services.lookup.by_digest(asked.document)
    instants = []
    for view in found:
        status = services.status.status_now(view.log.log_no, view.index)
        other = asked.document is not None and view.sha256 != asked.document
        if other or status.block is None or status.worse is not Status.ACTIVE:
            return None
        instants.append(status.block.time)
    return min(instants, default=None)


def _office(services: Services, code: AgencyCode | None, words: Words) -> Office | None:
    """The issuing office in the page's language; None where the report proves none, or it is not ours."""
    for agency in services.agencies.agencies() if code is not None else ():
        if agency.code == code:
            return Office(name=agency.name_ko if words.language == "ko" else agency.name_en, contact=agency.contact)
    return None


async def _sent_by_form(request: Request) -> tuple[bytes, str | None]:
    """Evidence and the document's digest from the form of a browser without script."""
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            evidence, digest = form.get("evidence"), form.get("sha256")
            if not isinstance(evidence, UploadFile) or not evidence.filename:
                raise InputError("There is no evidence file.", where="evidence", fix="Choose the evidence file.")
            return await evidence.read(), digest.strip().lower() if isinstance(digest, str) else None
    except HTTPException as error:  # what Starlette says of a form that it cannot read
        raise InputError("The form cannot be read.", where="body") from error


def _form(body: bytes) -> dict[str, str]:
    """The first value of each field of a form."""
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=False, max_num_fields=8)
    except ValueError as error:
        raise InputError("The form cannot be read.", where="body") from error
    return {name: values[0] for name, values in fields.items()}
