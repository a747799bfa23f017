"""The pages: look a number up, check a file's fingerprint, read what a problem means, and the API's documentation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, FastAPI, Query
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from api.deps import Looking
from api.pages.results import Office, present
from api.pages.words import Words, choose_language, load_words
from api.problem_kinds import PROBLEMS
from ledger.errors import InputError, NotFoundError
from ledger.hashing.encodings import hex_decode
from ledger.records.number import read_number
from ledger.values import AgencyCode, Digest32
from ledger.verification.report import Report
from ledger.wiring import Services, now

router = APIRouter(include_in_schema=False)
Language = Annotated[str | None, Query(max_length=8)]
WORDS: Final = load_words()
TEMPLATES: Final = Environment(
    loader=PackageLoader("api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PRIVATE: Final = {"cache-control": "no-store", "x-robots-tag": "noindex"}
_FORM: Final = "application/x-www-form-urlencoded"


def install_pages(app: FastAPI) -> None:
    """Put the pages and their files into an application, and let its problems be shown as pages to people."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=str(files("api.pages").joinpath("static"))), name="static")
    app.mount("/docs/swagger", StaticFiles(directory=str(swagger_ui_path)), name="swagger")
    app.state.problem_page = problem_page


@router.get("/")
def start(request: Request, lang: Language = None) -> HTMLResponse:
    """The first page: two forms."""
    return _page(request, "index.html", _words(request, lang), {})


@router.get("/r")
def typed_number(number: Annotated[str, Query(max_length=64)], lang: Language = None) -> RedirectResponse:
    """A number as a person typed it goes to its own address, which is also what a QR code holds."""
    language = f"?lang={quote(lang)}" if lang else ""
    return RedirectResponse(f"/r/{read_number(number)}{language}", 303, headers=_PRIVATE)


@router.get("/r/{number}")
def by_number(request: Request, services: Looking, number: str, lang: Language = None) -> HTMLResponse:
    """What the ledger says of a number. Never green: nobody compared the paper."""
    report = services.verification.by_number(read_number(number))
    return _result(request, services, report, _words(request, lang), by_file=False)


@router.post("/check")
async def by_file(request: Request, services: Looking, lang: Language = None) -> HTMLResponse:
    """What the ledger says of a file's fingerprint, and of a number beside it. Sent in the body, so in no log."""
    words = _words(request, lang)
    form = _form(await request.body())
    if not form.get("sha256"):
        raise InputError("There is no fingerprint.", where="sha256", fix="Choose a file, or enter its fingerprint.")
    digest = Digest32(hex_decode(form["sha256"].strip().lower(), length=32, where="sha256"))
    number = read_number(form["number"]) if form.get("number") else None
    report = await run_in_threadpool(_verify, services, digest, number)
    return await run_in_threadpool(_result, request, services, report, words, by_file=True)


@router.get("/problems")
def problem_list(request: Request, lang: Language = None) -> HTMLResponse:
    """Every kind of problem."""
    words = _words(request, lang)
    kinds = [(kind.slug, kind.status, kind.title_ko if words.language == "ko" else kind.title) for kind in _kinds()]
    return _page(request, "problems.html", words, {"kinds": kinds})


@router.get("/problems/{slug}")
def problem_kind(request: Request, slug: str, lang: Language = None) -> HTMLResponse:
    """What one kind of problem means: the page that `type` of a problem document names."""
    if slug not in PROBLEMS:
        raise NotFoundError("There is no such kind of problem.", where="address", fix="See /problems.")
    return _problem(request, slug, _words(request, lang), None, 200)


@router.get("/docs")
def documentation(request: Request) -> HTMLResponse:
    """The interactive documentation, from files of this service."""
    return _page(request, "docs.html", WORDS["en"], {})


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
    return _page(request, "problem.html", words, view, status)


def _verify(services: Services, digest: Digest32, number: str | None) -> Report:
    if number is not None:
        return services.verification.by_number(number, digest)
    return services.verification.by_digest(digest)


def _result(request: Request, services: Services, report: Report, words: Words, *, by_file: bool) -> HTMLResponse:
    office = _office(services, report.about.agency, words)
    view = present(report, words, by_file=by_file, office=office, now=now())
    return _page(request, "result.html", words, {"result": view})


def _office(services: Services, code: AgencyCode | None, words: Words) -> Office | None:
    """The issuing office in the page's language; None where the report proves none, or it is not ours."""
    for agency in services.agencies.agencies() if code is not None else ():
        if agency.code == code:
            return Office(name=agency.name_ko if words.language == "ko" else agency.name_en, contact=agency.contact)
    return None


def _words(request: Request, lang: str | None) -> Words:
    return WORDS[choose_language(lang, request.headers.get("accept-language"))]


def _page(request: Request, name: str, words: Words, view: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    # A result that was posted can't be shown again by its address: its other language begins anew.
    path = request.url.path if request.method == "GET" else "/"
    other = f"{path}?lang={words.other}"
    html = TEMPLATES.get_template(name).render(words=words, other_address=other, **view)
    return HTMLResponse(html, status, headers={**_PRIVATE, "content-language": words.language})


def _form(body: bytes) -> dict[str, str]:
    """The first value of each field of a form."""
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=False, max_num_fields=8)
    except ValueError as error:
        raise InputError("The form cannot be read.", where="body") from error
    return {name: values[0] for name, values in fields.items()}
