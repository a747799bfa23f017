"""A certificate's PDF: the same bytes every time, Korean as text, nothing in a field read as markup."""

from __future__ import annotations

import dataclasses
import io
import subprocess

import pytest

from ledger.documents.certificate import Certificate, CertificatePrinter
from ledger.values import parse_instant

SAMPLE = Certificate(
    title="교육 이수 확인서",
    rows=[("성명", "홍길동"), ("과정", "#panic() *굵게* $x$ [괄호]")],
    sentence="위 사람은 위 과정을 마쳤음을 확인합니다.",
    issued="2026년 11월 25일",
    issued_at=parse_instant("2026-11-25T00:00:00Z"),
    agency="서울특별시장",
    number="1234-5678-9012-3459",
    address="http://127.0.0.1:8000/r/1234-5678-9012-3459",
    demo=True,
)


def text_of(pdf: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def test_same_fields_give_the_same_bytes_from_any_printer() -> None:
    printer = CertificatePrinter()
    first = printer.render(SAMPLE)
    printer.render(dataclasses.replace(SAMPLE, number="0000-0000-0000-0000"))
    assert printer.render(SAMPLE) == first == CertificatePrinter().render(SAMPLE)
    assert b"pdfaid:part" in first or b"<pdfaid" in first


def test_every_field_stands_on_the_page_word_for_word() -> None:
    text = text_of(CertificatePrinter().render(SAMPLE))
    for words in (SAMPLE.title, "홍길동", "#panic() *굵게* $x$ [괄호]", SAMPLE.number, SAMPLE.agency, "시연용"):
        assert words in text


def test_a_real_certificate_does_not_say_that_it_is_a_demonstration() -> None:
    assert "시연용" not in text_of(CertificatePrinter().render(dataclasses.replace(SAMPLE, demo=False)))


@pytest.mark.parametrize("name", ["title", "sentence", "agency", "number", "address"])
def test_each_field_changes_the_file(name: str) -> None:
    changed = dataclasses.replace(SAMPLE, **{name: "1111-2222-3333-4444"})
    assert CertificatePrinter().render(changed) != CertificatePrinter().render(SAMPLE)


def test_rendered_file_is_a_pdf() -> None:
    assert io.BytesIO(CertificatePrinter().render(SAMPLE)).read(5) == b"%PDF-"
