"""Every part of the pages in every state, and a result page of each verdict: for those who build and review them.

Served only where the setting `style_pages` says so: a green sample on a real office's address could be shown to
somebody as a result.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.pages.rendering import Language, page, words_of
from api.pages.results import RECORD_EXISTS, Asked, Office, ResultView, present, unanswered
from api.pages.words import Words
from ledger.errors import NotFoundError
from ledger.values import AgencyCode, Digest32, LogIndex, Origin, Verdict, parse_instant
from ledger.verification.report import CHECK_NAMES, About, Check, Outcome, Report, Source

router = APIRouter(include_in_schema=False)
_NOW: Final = parse_instant("2026-11-25T01:00:00Z")
_ABOUT: Final = About(
    origin=Origin("sillok.example/6110000"),
    agency=AgencyCode("6110000"),
    index=LogIndex(7),
    kind="certificate",
    recorded_at=parse_instant("2026-11-20T14:59:00Z"),
    anchored_at=parse_instant("2026-11-20T15:00:01Z"),
    anchored_or_earlier=True,
    number="1234-5678-9012-3452",
    valid_from=parse_instant("2026-12-01T00:00:00Z"),
    valid_until=parse_instant("2026-11-24T15:00:00Z"),
    changed_at=parse_instant("2026-11-21T00:00:00Z"),
    due=parse_instant("2026-11-25T02:00:00Z"),
)
_DEMANDING: Final = {
    Verdict.ALTERED: 17,
    Verdict.REVOKED: 15,
    Verdict.SUSPENDED: 15,
    Verdict.SUPERSEDED: 15,
    Verdict.EXPIRED: 16,
    Verdict.NOT_YET_IN_FORCE: 16,
    Verdict.UNKNOWN_ISSUER: 7,
    Verdict.NOT_ANCHORED_YET: 10,
    Verdict.CANNOT_CHECK: 10,
}
"""Number of the check that a sample's verdict follows from."""


@router.get("/style")
def style(request: Request, lang: Language = None) -> HTMLResponse:
    """Every part in every state."""
    words = words_of(request, lang)
    results = [sample(verdict.value, words) for verdict in Verdict] + [sample(RECORD_EXISTS, words)]
    return page(request, "style.html", words, {"results": results})


@router.get("/style/result/{verdict}")
def style_result(request: Request, verdict: str, lang: Language = None) -> HTMLResponse:
    """The whole result page of one verdict, `record-exists` or `no-answer`, from a made-up report."""
    words = words_of(request, lang)
    if verdict == "no-answer":
        view = unanswered(words, reason="reason_chain", known_at=_NOW)
    elif verdict in {RECORD_EXISTS, *(known.value for known in Verdict)}:
        view = sample(verdict, words)
    else:
        raise NotFoundError("There is no such verdict.", where="address", fix="See /style.")
    return page(request, "result.html", words, {"result": view})


def sample(name: str, words: Words) -> ResultView:
    """What the page of a made-up report shows.

    Args:
        name: a verdict, or `record-exists` for the answer to a number alone.
        words: the page's language.
    """
    by_file = name != RECORD_EXISTS
    verdict = Verdict(name) if by_file else Verdict.VALID
    asked = Asked(document=Digest32(bytes(32))) if by_file else Asked(number=_ABOUT.number)
    korean = words.language == "ko"
    office = Office(name="서울특별시 (견본)" if korean else "Seoul (sample)", contact="02-120")
    return present(_report(verdict), words, asked=asked, office=office, now=_NOW)


def _report(verdict: Verdict) -> Report:
    checks = tuple(_check(number, verdict) for number in range(1, len(CHECK_NAMES) + 1))
    nothing = verdict in (Verdict.NOT_FOUND, Verdict.UNKNOWN_ISSUER)
    about = About() if nothing else _ABOUT
    return Report(verdict=verdict, as_of=None if nothing else _NOW, checks=checks, about=about)


def _check(number: int, verdict: Verdict) -> Check:
    demands = _DEMANDING.get(verdict) == number
    missing = verdict in (Verdict.NOT_ANCHORED_YET, Verdict.CANNOT_CHECK)
    outcome = Outcome.PASSED
    if demands:
        outcome = Outcome.NOT_RUN if missing else Outcome.FAILED
    elif number in (9, 12, 14, 19):
        outcome = Outcome.NOT_RUN
    return Check(
        number=number,
        name=CHECK_NAMES[number - 1],
        outcome=outcome,
        text="A sentence that says what was found.",
        expected="5f" * 32 if outcome is Outcome.FAILED else None,
        actual="a0" * 32 if outcome is Outcome.FAILED else None,
        source=tuple(Source)[number % len(Source)],
        demands=verdict if demands else None,
    )
