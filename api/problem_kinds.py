"""The kinds of problem that the interface can answer, each with its page at `/problems/{slug}`.

A slug is public and stable: programs decide by it. The slugs of `ledger.errors` are all here (a test compares).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """One kind of problem: its HTTP status, and what its page says in both languages."""

    slug: str
    status: int
    title: str
    title_ko: str
    meaning: str
    meaning_ko: str
    fix: str
    fix_ko: str


def _kind(slug: str, status: int, english: tuple[str, str, str], korean: tuple[str, str, str]) -> ProblemKind:
    """A kind from (title, meaning, fix) in English and in Korean."""
    return ProblemKind(
        slug=slug,
        status=status,
        title=english[0],
        title_ko=korean[0],
        meaning=english[1],
        meaning_ko=korean[1],
        fix=english[2],
        fix_ko=korean[2],
    )


_ALL: Final = (
    _kind(
        "input",
        422,
        (
            "What was sent cannot be used",
            "The request was read, but something in it has a form or a value that this ledger does not take. "
            "Nothing was recorded.",
            "Mend the place that is named and send it again.",
        ),
        (
            "보낸 내용을 쓸 수 없습니다",
            "요청은 읽었지만 이 원장이 받지 않는 형식이나 값이 있습니다. 아무것도 기록되지 않았습니다.",
            "표시된 곳을 고쳐 다시 보내세요.",
        ),
    ),
    _kind(
        "format",
        422,
        (
            "The bytes are not well formed",
            "A file or text of a frozen format (evidence, note, number) does not follow its specification, so "
            "nothing can be said about what it claims.",
            "Mend the place that is named; send a file exactly as it was received, without saving it again.",
        ),
        (
            "형식에 맞지 않습니다",
            "증명 파일이나 번호가 정해진 형식과 달라서, 그 내용에 대해 아무것도 말할 수 없습니다.",
            "표시된 곳을 고치세요. 파일은 열어 다시 저장하지 말고 받은 그대로 보내세요.",
        ),
    ),
    _kind(
        "unknown-version",
        422,
        (
            "A version that this program does not know",
            "The bytes look like a newer format. That says nothing against them.",
            "Use a newer version of Sillok.",
        ),
        (
            "알지 못하는 판입니다",
            "더 새로운 형식으로 보입니다. 문서가 잘못되었다는 뜻이 아닙니다.",
            "더 새로운 판의 실록을 쓰세요.",
        ),
    ),
    _kind(
        "not-found",
        404,
        (
            "Not in this ledger",
            "There is no such record, agency, process or page here. Another ledger may have it.",
            "Check the number or the address.",
        ),
        (
            "이 원장에 없습니다",
            "그런 기록이나 기관, 절차, 화면이 여기에는 없습니다. 다른 원장에는 있을 수 있습니다.",
            "번호나 주소를 다시 보세요.",
        ),
    ),
    _kind(
        "method-not-allowed",
        405,
        (
            "This address does not take that method",
            "The address exists, but not for this HTTP method; the header Allow lists those that it takes.",
            "See the documentation at /docs.",
        ),
        (
            "이 주소에서는 쓸 수 없는 방식입니다",
            "주소는 있지만 이 HTTP 메서드는 받지 않습니다. 받는 것은 Allow 헤더에 있습니다.",
            "/docs의 설명을 보세요.",
        ),
    ),
    _kind(
        "conflict",
        409,
        (
            "It contradicts what is already recorded",
            "The same idempotency key with another body, a number that belongs to another document, or a change that "
            "the present status does not allow. Nothing was recorded.",
            "Look up what is recorded, then send what fits it.",
        ),
        (
            "이미 기록된 것과 어긋납니다",
            "같은 멱등 키로 다른 내용을 보냈거나, 다른 문서의 번호이거나, 지금 상태에서 할 수 없는 변경입니다. "
            "아무것도 기록되지 않았습니다.",
            "기록된 것을 조회한 뒤 그에 맞게 보내세요.",
        ),
    ),
    _kind(
        "too-slow",
        408,
        (
            "The body did not come in time",
            "The request announced a body and then sent nothing, or hardly anything, for too long. A single record "
            "was not taken; of a bulk request the lines that were answered were.",
            "Send it again with the same idempotency key.",
        ),
        (
            "본문이 제때 오지 않았습니다",
            "본문이 있다고 알린 뒤 너무 오래 보내지 않았거나 거의 보내지 않았습니다. 한 건짜리 기록은 접수되지 "
            "않았고, 일괄 요청에서는 답을 받은 줄까지 접수되었습니다.",
            "같은 멱등 키로 다시 보내세요.",
        ),
    ),
    _kind(
        "too-large",
        413,
        (
            "The body is larger than this address takes",
            "Every address has a size limit, with its reason in the documentation. Nothing was recorded.",
            "Send less at once; a bulk job can be sent in parts under the same job name.",
        ),
        (
            "한 번에 보낼 수 있는 크기를 넘었습니다",
            "주소마다 크기 제한이 있으며 이유는 설명서에 있습니다. 아무것도 기록되지 않았습니다.",
            "나누어 보내세요. 일괄 발급은 같은 작업 이름으로 나누어 보낼 수 있습니다.",
        ),
    ),
    _kind(
        "query-too-long",
        414,
        (
            "The question is too long",
            "The part of the address after the question mark is limited, because no question needs more.",
            "Shorten the query.",
        ),
        (
            "질문이 너무 깁니다",
            "주소에서 물음표 뒤의 길이는 제한됩니다.",
            "질의를 줄이세요.",
        ),
    ),
    _kind(
        "head-too-large",
        431,
        (
            "The request's head is too large",
            "Address and headers together are limited, because no request needs more.",
            "Send fewer and shorter headers and cookies.",
        ),
        (
            "요청의 머리글이 너무 깁니다",
            "주소와 머리글을 합한 길이는 제한됩니다.",
            "머리글과 쿠키를 줄이세요.",
        ),
    ),
    _kind(
        "unsupported-media-type",
        415,
        (
            "The body is of a type that this address does not read",
            "The header Content-Type names something that is not read here.",
            "Send the type that the documentation names.",
        ),
        (
            "이 주소에서 읽지 않는 형식입니다",
            "Content-Type 헤더의 형식을 이 주소에서는 읽지 않습니다.",
            "설명서에 있는 형식으로 보내세요.",
        ),
    ),
    _kind(
        "unauthorized",
        401,
        (
            "An API key is needed",
            "There is no API key in the request, or it is not known here, or it was revoked.",
            "Send the header Authorization: Bearer with a key of the agency.",
        ),
        (
            "API 키가 필요합니다",
            "요청에 API 키가 없거나, 여기에서 알지 못하거나, 폐지된 키입니다.",
            "Authorization: Bearer 헤더에 그 기관의 키를 넣어 보내세요.",
        ),
    ),
    _kind(
        "forbidden",
        403,
        (
            "This API key or account may not do that",
            "The key or the sign-in is right, but its role or its agency does not allow this. Nothing was done.",
            "Ask the agency's administrator for a key or an account with the needed role.",
        ),
        (
            "이 API 키나 계정으로는 할 수 없습니다",
            "키나 로그인은 맞지만 역할이나 기관이 달라서 할 수 없습니다. 아무것도 하지 않았습니다.",
            "기관 관리자에게 필요한 역할의 키나 계정을 요청하세요.",
        ),
    ),
    _kind(
        "rate-limited",
        429,
        (
            "Too many requests",
            "Look-ups are counted by address, so that nobody walks through document numbers; writes by API key.",
            "Wait for the seconds that the header Retry-After says.",
        ),
        (
            "요청이 너무 잦습니다",
            "문서번호를 훑어보지 못하도록 조회는 주소별로, 기록은 API 키별로 셉니다.",
            "Retry-After 헤더의 초만큼 기다리세요.",
        ),
    ),
    _kind(
        "evidence",
        500,
        (
            "The ledger's own evidence does not hold",
            "Something that this service keeps does not match its own proof. It answers nothing rather than "
            "something wrong.",
            "Tell the operator; `sillok fsck` names what is damaged.",
        ),
        (
            "원장 자체의 증거가 맞지 않습니다",
            "이 서비스가 보관하는 것이 그 증명과 맞지 않습니다. 틀린 답 대신 답하지 않습니다.",
            "운영자에게 알려 주세요. `sillok fsck`가 손상된 곳을 알려 줍니다.",
        ),
    ),
    _kind(
        "error",
        500,
        (
            "The service made a mistake",
            "Something went wrong that nobody expected; the operator finds it under the instance. If a record was "
            "being sent, it may or may not have been taken.",
            "Send it again with the same idempotency key: that never makes a second record.",
        ),
        (
            "서비스에 오류가 있었습니다",
            "예상하지 못한 오류입니다. 운영자는 instance 값으로 찾을 수 있습니다. 보내던 기록은 접수되었을 수도, "
            "아닐 수도 있습니다.",
            "같은 멱등 키로 다시 보내세요. 두 번 기록되지 않습니다.",
        ),
    ),
    _kind(
        "infrastructure",
        503,
        (
            "Something behind the service does not answer",
            "Nothing is wrong with the request. There is no verdict now, neither good nor bad.",
            "Try again later.",
        ),
        (
            "서비스 뒤쪽이 응답하지 않습니다",
            "요청에는 잘못이 없습니다. 지금은 좋다 나쁘다 판단할 수 없습니다.",
            "나중에 다시 해 보세요.",
        ),
    ),
    _kind(
        "chain",
        503,
        (
            "The chain does not answer",
            "The chain refused or could not be reached, so there is no verdict. That says nothing against "
            "a document.",
            "Try again later; evidence can be verified offline meanwhile.",
        ),
        (
            "체인이 응답하지 않습니다",
            "체인에 닿지 못해 판단할 수 없습니다. 문서가 잘못되었다는 뜻이 아닙니다.",
            "나중에 다시 해 보세요. 증명 파일은 그동안에도 오프라인으로 확인할 수 있습니다.",
        ),
    ),
    _kind(
        "chain-refused",
        409,
        (
            "The contract refused",
            "The chain answered, and its contract does not allow this; the detail is the contract's own sentence.",
            "Look up the present state of the key, log or record, then send what fits it.",
        ),
        (
            "계약이 거절했습니다",
            "체인은 응답했지만 그 계약이 허용하지 않습니다. 자세한 내용은 계약 자체의 문장입니다.",
            "키나 원장, 기록의 지금 상태를 조회한 뒤 그에 맞게 보내세요.",
        ),
    ),
    _kind(
        "store",
        503,
        (
            "The database does not answer",
            "The disk or the database refused. A record that was acknowledged before is safe.",
            "Try again later with the same idempotency key.",
        ),
        (
            "저장소가 응답하지 않습니다",
            "디스크나 데이터베이스에 문제가 있습니다. 이미 접수 확인된 기록은 안전합니다.",
            "나중에 같은 멱등 키로 다시 보내세요.",
        ),
    ),
    _kind(
        "keystore",
        503,
        (
            "A key of the service cannot be used",
            "A signing key is missing or could not be opened.",
            "Tell the operator.",
        ),
        (
            "서비스의 키를 쓸 수 없습니다",
            "서명 키가 없거나 열리지 않습니다.",
            "운영자에게 알려 주세요.",
        ),
    ),
    _kind(
        "busy",
        503,
        (
            "The service is busy",
            "Too much waits already: submissions of one log, or bulk requests, whose number is limited.",
            "Wait for the seconds that the header Retry-After says and send it again; nothing was taken.",
        ),
        (
            "지금은 밀려 있습니다",
            "한 원장에 접수된 것이나 동시에 진행되는 일괄 요청이 이미 많습니다.",
            "Retry-After 헤더의 초만큼 기다렸다가 다시 보내세요. 아무것도 접수되지 않았습니다.",
        ),
    ),
)

PROBLEMS: Final[dict[str, ProblemKind]] = {kind.slug: kind for kind in _ALL}
"""Slug → kind."""
