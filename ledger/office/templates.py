"""The papers that the desk can issue: which fields each has, how it reads, and which facts are recorded. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import NotFoundError

VALID_UNTIL: Final = "valid.until"
"""The one field that is no fact: the record's own `validUntil`, the end of that day in Korea."""
HOLDER: Final = "holder.name"


class FieldKind(StrEnum):
    """How a field's value is read and checked."""

    TEXT = "text"
    DATE = "date"
    DIGITS = "digits"
    """A fixed number of digits; leading zeros belong to it."""
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a paper.

    Attributes:
        path: path of the fact.
        ko: label on the paper and in Korean tables.
        en: label on the English page and in English tables.
        size: TEXT: most characters; DIGITS: how many digits; NUMBER: the largest number; DATE: unused.
        required: whether a row without it is wrong.
    """

    path: str
    ko: str
    en: str
    kind: FieldKind
    size: int = 0
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One kind of paper.

    Attributes:
        code: names it in addresses.
        ko: its title, as it is printed.
        en: its title on the English page.
        sentence: what the office certifies, as it is printed.
    """

    code: str
    ko: str
    en: str
    sentence: str
    fields: tuple[Field, ...]


_NAME: Final = Field(path=HOLDER, ko="성명", en="Name", kind=FieldKind.TEXT, size=40)
_BIRTH: Final = Field(path="holder.birth", ko="생년월일", en="Date of birth", kind=FieldKind.DATE)
_PURPOSE: Final = Field(path="purpose", ko="제출처", en="For", kind=FieldKind.TEXT, size=60, required=False)

TEMPLATES: Final = (
    Template(
        code="completion",
        ko="교육 이수 확인서",
        en="Certificate of completion",
        sentence="위 사람은 위 과정을 마쳤음을 확인합니다.",
        fields=(
            _NAME,
            _BIRTH,
            Field(path="holder.registration", ko="등록번호", en="Registration", kind=FieldKind.DIGITS, size=8),
            Field(path="course.name", ko="과정", en="Course", kind=FieldKind.TEXT, size=80),
            Field(path="course.hours", ko="시간", en="Hours", kind=FieldKind.NUMBER, size=9999),
            Field(path="course.completed", ko="수료일", en="Completed", kind=FieldKind.DATE),
        ),
    ),
    Template(
        code="employment",
        ko="재직증명서",
        en="Certificate of employment",
        sentence="위 사람이 위와 같이 재직하고 있음을 증명합니다.",
        fields=(
            _NAME,
            _BIRTH,
            Field(path="employment.number", ko="직원번호", en="Staff number", kind=FieldKind.DIGITS, size=8),
            Field(path="employment.department", ko="소속", en="Department", kind=FieldKind.TEXT, size=60),
            Field(path="employment.position", ko="직위", en="Position", kind=FieldKind.TEXT, size=40),
            Field(path="employment.since", ko="임용일", en="Since", kind=FieldKind.DATE),
            _PURPOSE,
        ),
    ),
    Template(
        code="local-tax",
        ko="지방세 납세증명",
        en="Certificate of local tax payment",
        sentence="위와 같이 체납액이 없음을 증명합니다.",
        fields=(
            _NAME,
            _BIRTH,
            Field(path="tax.payer", ko="납세자번호", en="Taxpayer number", kind=FieldKind.DIGITS, size=10),
            _PURPOSE,
            Field(path=VALID_UNTIL, ko="유효기간", en="Valid until", kind=FieldKind.DATE),
        ),
    ),
)


def template_of(code: str) -> Template:
    """The template with this code.

    Raises:
        NotFoundError: there is none.
    """
    for template in TEMPLATES:
        if template.code == code:
            return template
    raise NotFoundError("There is no such template.", where="template")
