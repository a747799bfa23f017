"""A hundred certificates of people who don't exist, set as real PDFs.

Names and numbers are drawn once and kept in the demo's folder, so that a second run makes the same files, byte for
byte, and the service answers with the same records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from ledger.documents.certificate import Certificate
from ledger.records.number import check_digit
from ledger.values import Instant

COUNT: Final = 100
AGENCY_NAME: Final = "서울특별시 (시연)"
FAMILY: Final = ("김", "이", "박", "최", "정", "강", "조", "윤", "장", "임")
GIVEN: Final = ("가온", "나래", "다솜", "라온", "마루", "바다", "새봄", "아름", "재하", "한별")
TYPES: Final = (
    ("주민등록표 등본", "위와 같이 주민등록표에 기재되어 있음을 증명합니다."),
    ("소득금액증명", "위와 같이 소득금액이 있음을 증명합니다."),
    ("지방세 납세증명", "위와 같이 체납액이 없음을 증명합니다."),
    ("건축물대장 등본", "이 등본은 건축물대장의 원본 내용과 같음을 증명합니다."),
    ("사업자등록증명", "위와 같이 사업자등록이 되어 있음을 증명합니다."),
)
EXPIRED: Final = frozenset({7, 19})
NOT_YET: Final = frozenset({23})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One certificate before it is set.

    Attributes:
        position: place in the run, from 0; the replacement of a wrong one comes after the last.
        number: its document number, on paper and in the record.
        holder: an invented name.
        issued_at: when the run was made.
    """

    position: int
    number: str
    holder: str
    issued_at: int

    @property
    def file_name(self) -> str:
        """Name of the PDF in the demo's folder."""
        return f"certificate-{self.position + 1:03d}.pdf"

    @property
    def valid_from(self) -> str | None:
        """First instant in force; only where it is not from the start."""
        return "2099-01-01T00:00:00Z" if self.position in NOT_YET else None

    @property
    def valid_until(self) -> str | None:
        """First instant no longer in force."""
        return "2020-12-31T15:00:00Z" if self.position in EXPIRED else None

    def kept(self) -> dict[str, object]:
        """The form in which the demo's folder keeps it."""
        return asdict(self)


def draw_papers(numbers: Sequence[int], now: Instant) -> list[Paper]:
    """The papers of a run: names by position, numbers as drawn (each below 10^15)."""
    papers = []
    for position, drawn in enumerate(numbers):
        digits = f"{drawn:015d}"
        number = digits + str(check_digit(digits))
        papers.append(
            Paper(
                position=position,
                number="-".join(number[at : at + 4] for at in range(0, 16, 4)),
                holder=FAMILY[position % 10] + GIVEN[position // 10 % 10],
                issued_at=now,
            )
        )
    return papers


def certificate(paper: Paper, address: str) -> Certificate:
    """What stands on a paper; `address` is where the service's pages are."""
    title, sentence = TYPES[paper.position % len(TYPES)]
    day = datetime.fromtimestamp(paper.issued_at, UTC)
    return Certificate(
        title=title,
        rows=[("성명", paper.holder), ("발급 목적", "시연"), ("발급 차례", f"{paper.position + 1}번째")],
        sentence=sentence,
        issued=f"{day.year}년 {day.month}월 {day.day}일",
        issued_at=Instant(paper.issued_at),
        agency=AGENCY_NAME,
        number=paper.number,
        address=f"{address}/r/{paper.number}",
        demo=True,
    )


def submission(paper: Paper, sha256: str, size: int, supersedes: int | None = None) -> dict[str, object]:
    """The bulk line of a paper that was set."""
    line: dict[str, object] = {
        "kind": "certificate",
        "sha256": sha256,
        "number": paper.number,
        "facts": {
            "certificate.type": TYPES[paper.position % len(TYPES)][0],
            "holder.name": paper.holder,
            "document.size": size,
            "document.mediaType": "application/pdf",
        },
    }
    if paper.valid_from:
        line["validFrom"] = paper.valid_from
    if paper.valid_until:
        line["validUntil"] = paper.valid_until
    if supersedes is not None:
        line["supersedes"] = supersedes
    return line
