"""Python's verifier and the browser's on the same question: they must agree in everything that a reader sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from support.browser_verifier import BrowserVerifier, answers_json
from support.office import Office

from ledger.errors import FormatError
from ledger.records.trust import TrustFile, format_trust, sign_trust
from ledger.values import Digest32, Instant
from ledger.verification.answers import ChainFacts, StatusFacts
from ledger.verification.verifier import verify_evidence


@dataclass(frozen=True, kw_only=True)
class Question:
    """Everything that `verify_evidence` is asked with; `note` is a trust file's own."""

    data: bytes
    trust: TrustFile | None = None
    note: str | None = None
    document: Digest32 | None = None
    number: str | None = None
    as_of: Instant | None = None
    chain: ChainFacts | None = None
    status: StatusFacts | None = None


@lru_cache(maxsize=256)
def trust_note(trust: TrustFile) -> str | None:
    """The signed note of a trust file; None for one that has no written form and so reaches no browser."""
    try:
        format_trust(trust)
    except FormatError:
        return None
    return sign_trust(trust, [Office().trust_key])


def by_python(question: Question) -> dict[str, Any]:
    """The report of `ledger.verification`, with every answer taken as a service's word, as a browser must."""
    chain = None if question.chain is None else replace(question.chain, by_service=True)
    report = verify_evidence(
        question.data,
        trust=question.trust,
        document=question.document,
        number=question.number,
        as_of=question.as_of,
        chain=chain,
        status=question.status,
    )
    return report.to_json()


def by_browser(browser: BrowserVerifier, question: Question) -> dict[str, Any]:
    """The report of `api/pages/static/verify`, without the codes that Python's has not."""
    note = None if question.trust is None else question.note or trust_note(question.trust)
    assert note is not None or question.trust is None
    report = browser.verify(
        question.data,
        trust=note,
        document=question.document,
        number=question.number,
        as_of=question.as_of,
        answers=answers_json(question.chain, question.status),
    )
    del report["said"]
    for row in report["checks"]:
        del row["code"], row["parameters"]
    return report


def disagreements(python: dict[str, Any], browser: dict[str, Any]) -> list[str]:
    """What differs, as lines; the wording of what is malformed may, since two JSON readers stumble differently."""
    found = [
        f"{name}: {python.get(name)!r} in Python, {browser.get(name)!r} in the browser"
        for name in sorted(python.keys() | browser.keys())
        if name != "checks" and python.get(name) != browser.get(name)
    ]
    for one, other in zip(map(dict, python["checks"]), map(dict, browser["checks"]), strict=True):
        if one["outcome"] == other["outcome"] == "failed" and _malformed(one) and _malformed(other):
            del one["text"], other["text"]
        if one != other:
            found.append(f"check {one['number']}: {one} in Python, {other} in the browser")
    return found


def _malformed(row: dict[str, Any]) -> bool:
    """Whether the row is one of a text that could not be read: only those have nothing to compare."""
    return "expected" not in row and "actual" not in row


def compare(browser: BrowserVerifier, questions: Iterable[Question]) -> dict[str, int]:
    """Ask both; returns how often each verdict came out.

    Raises:
        AssertionError: they disagree; names the question.
    """
    verdicts: dict[str, int] = {}
    for question in questions:
        python = by_python(question)
        wrong = disagreements(python, by_browser(browser, question))
        assert not wrong, "\n".join([*wrong, repr(question)[:6000]])
        verdict = str(python["verdict"])
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    return verdicts
