"""What `sillok verify` says of a report, in Korean and English.

Sentences say what is known and no more: a record that was found is not yet the paper in somebody's hand, and a check
that could not be made says nothing against a document.
"""

from __future__ import annotations

from typing import Final, Literal

from ledger.values import Verdict, format_instant
from ledger.verification.report import Check, Outcome, Report, Source

Language = Literal["ko", "en"]

_OUTCOMES: Final[dict[Language, dict[Outcome, str]]] = {
    "en": {Outcome.PASSED: "✓ passed", Outcome.FAILED: "✗ failed", Outcome.NOT_RUN: "– not run"},
    "ko": {Outcome.PASSED: "✓ 통과", Outcome.FAILED: "✗ 실패", Outcome.NOT_RUN: "– 확인 안 함"},
}
_SOURCES: Final[dict[Language, dict[Source, str]]] = {
    "en": {
        Source.DEVICE: "this device",
        Source.TRUST_FILE: "trust file",
        Source.OFFICE: "the office's word",
        Source.CHAIN: "the chain",
        Source.SERVICE: "the service's word",
    },
    "ko": {
        Source.DEVICE: "이 기기",
        Source.TRUST_FILE: "신뢰 파일",
        Source.OFFICE: "발급 기관의 말",
        Source.CHAIN: "체인",
        Source.SERVICE: "서비스의 답",
    },
}
_TITLES_KO: Final = (
    "증거 형식",
    "기록 형식",
    "사실",
    "사실의 요약값",
    "증명 형식",
    "기록부에 포함",
    "발급 기관",
    "서명",
    "증인",
    "원장 확정",
    "두 얼굴 여부",
    "시대",
    "열쇠의 기간",
    "상태의 근거",
    "상태",
    "유효기간",
    "문서",
    "번호",
    "그 밖의 형식",
)
_SENTENCES: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.VALID: (
        "이 파일은 {agency}이 {issued}에 발급한 파일과 같고, {time} 기준 취소·정지·만료되지 않았습니다.",
        "This file is identical to the one {agency} issued on {issued}; at {time} it was not revoked, suspended or "
        "expired.",
    ),
    Verdict.ALTERED: (
        "이 파일은 {number}로 발급된 파일과 다릅니다.",
        "This file differs from the one issued under {number}.",
    ),
    Verdict.REVOKED: ("{agency}이 {changed}에 이 문서를 {revoked}했습니다.", "{Agency} revoked this document{on}."),
    Verdict.SUSPENDED: (
        "{agency}이 {changed}부터 이 문서의 사용을 정지했습니다.",
        "{Agency} has suspended this document{since}.",
    ),
    Verdict.SUPERSEDED: (
        "{changed}에 이 문서를 대신하는 새 문서가 발급되었습니다.",
        "A newer document replaced this one{on}.",
    ),
    Verdict.EXPIRED: ("이 문서의 유효기간은 {until}에 끝났습니다.", "This document expired on {until}."),
    Verdict.NOT_YET_IN_FORCE: (
        "이 문서는 {from_}부터 효력이 시작됩니다.",
        "This document takes effect on {from_}.",
    ),
    Verdict.ERASED: (
        "발급 기록은 있으나 {agency}이 내용을 파기하여 대조할 수 없습니다.",
        "A record exists, but {agency} erased its content, so it cannot be compared.",
    ),
    Verdict.UNKNOWN_ISSUER: (
        "발급 기관을 등록 명부에서 확인하지 못했습니다.",
        "We could not find the issuer in the register.",
    ),
    Verdict.NOT_ANCHORED_YET: (
        "접수되었으나 아직 원장에 확정되지 않았습니다{due_ko}.",
        "Received, but not yet final in the ledger{due}.",
    ),
    Verdict.NOT_FOUND: (
        "{time} 현재 이 원장에서 발급 기록을 찾지 못했습니다.",
        "At {time} we found no record in this ledger.",
    ),
    Verdict.CANNOT_CHECK: ("지금은 판단할 수 없습니다: {reason}", "We cannot tell now: {reason}"),
}
_ABOUT_RECORD: Final = (
    "{agency}의 발급 기록이 있고, {time} 기준 취소·정지·만료되지 않았습니다. "
    "손에 든 문서와는 아직 대조하지 않았습니다.",
    "{Agency} has a record of issue; at {time} it was not revoked, suspended or expired. "
    "The document in your hand was not compared with it.",
)
_ABOUT_EVIDENCE: Final = (
    "이 증거 파일은 맞지 않습니다: {reason}",
    "This evidence does not hold: {reason}",
)
_NEXT: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.VALID: ("제출한 사람이 본인인지는 따로 확인하세요.", "Check separately who presents it."),
    Verdict.ALTERED: (
        "다시 저장된 사본일 수 있으니 처음 받은 파일을 요청하세요.",
        "It may be a re-saved copy; ask for the original file.",
    ),
    Verdict.REVOKED: ("사용하지 말고 발급 기관에 문의하세요.", "Do not use it; ask the office."),
    Verdict.SUSPENDED: ("정지가 풀렸는지 확인한 뒤 사용하세요.", "Use it only once the suspension is lifted."),
    Verdict.SUPERSEDED: ("제출자에게 새 문서를 요청하세요.", "Ask the presenter for the new one."),
    Verdict.EXPIRED: ("새로 발급받은 문서를 요청하세요.", "Ask for a newly issued one."),
    Verdict.NOT_YET_IN_FORCE: ("그 날짜 뒤에 다시 확인하세요.", "Check again after that date."),
    Verdict.ERASED: (
        "위조라는 뜻이 아닙니다. 재발급을 요청하세요.",
        "Not a sign of forgery; ask for a reissue.",
    ),
    Verdict.UNKNOWN_ISSUER: (
        "받지 말고, 직접 찾은 대표번호로 기관에 문의하세요.",
        "Do not accept it; call the agency on a number you looked up yourself.",
    ),
    Verdict.NOT_ANCHORED_YET: (
        "기한 뒤에 다시 확인하고, 그대로이면 발급 기관에 알려 주세요.",
        "Check again later; if it stays so, tell the office.",
    ),
    Verdict.NOT_FOUND: (
        "번호를 다시 보세요. 다른 곳에서 발급된 문서는 그곳에서 확인하세요.",
        "Recheck the number; verify papers issued elsewhere there.",
    ),
    Verdict.CANNOT_CHECK: (
        "문서가 잘못되었다는 뜻이 아닙니다. 나중에 다시 확인하세요.",
        "This says nothing against the document; try again later.",
    ),
}


def render(report: Report, language: Language) -> str:
    """The whole answer for a person: verdict, instant, every numbered check, notes, and what to do next."""
    korean = language == "ko"
    lines = [f"{report.verdict.value}: {headline(report, language)}"]
    if report.as_of is not None:
        lines.append(f"{'판정 시각' if korean else 'The verdict is of'} {format_instant(report.as_of)}.")
    else:
        lines.append("판정 시각이 없습니다." if korean else "The verdict is of no instant: no status was at hand.")
    lines += ["", *(line for check in report.checks for line in _row(check, language)), ""]
    lines += [f"* {note}" for note in report.notes]
    lines.append(f"→ {_NEXT[report.verdict][0 if korean else 1]}")
    return "\n".join(lines) + "\n"


def headline(report: Report, language: Language) -> str:
    """The sentence of a verdict."""
    sentences = _SENTENCES[report.verdict]
    document = report.check(17)
    if report.verdict is Verdict.VALID and document.outcome is not Outcome.PASSED:
        sentences = _ABOUT_RECORD
    if report.verdict is Verdict.ALTERED and (document.outcome is not Outcome.FAILED or not report.about.number):
        sentences = _ABOUT_EVIDENCE
    return sentences[0 if language == "ko" else 1].format(**_fill(report, language))


def _fill(report: Report, language: Language) -> dict[str, str]:
    about, korean = report.about, language == "ko"
    agency = f"기관 {about.agency}" if korean else f"agency {about.agency}"
    if about.agency is None:
        agency = "발급 기관" if korean else "the office"
    unknown = "알려지지 않은 때" if korean else "a day not known here"
    changed = format_instant(about.changed_at) if about.changed_at is not None else None
    issued = about.anchored_at if about.anchored_at is not None else about.recorded_at
    due = None if about.due is None else format_instant(about.due)
    return {
        "agency": agency,
        "Agency": agency[0].upper() + agency[1:],
        "issued": unknown if issued is None else format_instant(issued)[:10],
        "time": unknown if report.as_of is None else format_instant(report.as_of),
        "number": about.number or "",
        "changed": changed or unknown,
        "revoked": "취소" if about.from_the_start else "철회",
        "on": f" on {changed}" if changed else "",
        "since": f" since {changed}" if changed else "",
        "until": unknown if about.valid_until is None else format_instant(about.valid_until),
        "from_": unknown if about.valid_from is None else format_instant(about.valid_from),
        "due": f" (due {due})" if due else "",
        "due_ko": f"(기한 {due})" if due else "",
        "reason": _reason(report),
    }


def _reason(report: Report) -> str:
    """Why: the first row that asks for this verdict, else the first that did not pass."""
    rows = [check for check in report.checks if check.demands is report.verdict]
    rows += [check for check in report.checks if check.outcome is not Outcome.PASSED]
    return rows[0].text if rows else "?"


def _row(check: Check, language: Language) -> list[str]:
    title = _TITLES_KO[check.number - 1] if language == "ko" else check.name
    outcome, source = _OUTCOMES[language][check.outcome], _SOURCES[language][check.source]
    lines = [f"{check.number:>2}  {outcome}  {title}: {check.text} [{source}]"]
    if check.outcome is Outcome.FAILED:
        expected, actual = ("기대", "실제") if language == "ko" else ("expected", "actual")
        lines += [f"      {expected}: {check.expected}"] if check.expected is not None else []
        lines += [f"      {actual}: {check.actual}"] if check.actual is not None else []
    return lines
