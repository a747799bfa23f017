"""What a cell may hold for each kind of field, and how what is wrong is named."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tables import HEADER, person, xlsx

from api.pages.words import load_words
from ledger.documents.certificate import CertificatePrinter
from ledger.office.rows import Row, check_form, check_table
from ledger.office.templates import TEMPLATES, Field, FieldKind, template_of
from ledger.office.values import WrongValueError, read_value
from ledger.sheets.cells import Cell, CellKind, SheetError
from ledger.sheets.reading import read_table

TEMPLATE = template_of("completion")
WORDS = load_words()
DATE = Field(path="a", ko="날", en="day", kind=FieldKind.DATE)
DIGITS = Field(path="a", ko="번호", en="number", kind=FieldKind.DIGITS, size=8)
NUMBER = Field(path="a", ko="수", en="count", kind=FieldKind.NUMBER, size=9999)
TEXT = Field(path="a", ko="글", en="text", kind=FieldKind.TEXT, size=10)
OPTIONAL = Field(path="a", ko="글", en="text", kind=FieldKind.TEXT, size=10, required=False)


def nothing_lost(_text: str) -> str:
    return ""


def read(asked: Field, text: str, kind: CellKind = CellKind.TEXT) -> str:
    return read_value(asked, Cell(0, kind, text), nothing_lost)


def wrong(asked: Field, text: str, kind: CellKind = CellKind.TEXT) -> tuple[str, dict[str, str]]:
    with pytest.raises(WrongValueError) as error:
        read(asked, text, kind)
    return error.value.kind, dict(error.value.values)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02",
        "2026-11-2",
        "2026/11/02",
        "2026.11.02",
        "2026. 11. 2.",
        "2026.11.2",
        "20261102",
        "2026년 11월 2일",
    ],
)
def test_a_date_is_read_as_people_write_it(text: str) -> None:
    assert read(DATE, text) == "2026-11-02"
    assert read(DATE, "20261102", CellKind.NUMBER) == "2026-11-02"


def test_a_day_number_is_never_taken_for_a_date_and_the_likely_day_is_named() -> None:
    assert wrong(DATE, "45200", CellKind.NUMBER) == ("serial", {"value": "45200", "date": "2023-10-01"})
    assert wrong(DATE, "61", CellKind.NUMBER)[1]["date"] == "1900-03-01", "Excel's own first right day"
    assert wrong(DATE, "45200")[0] == "not_date"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-02-30", "no_such_day"),
        ("1899-12-31", "date_range"),
        ("2200-01-01", "date_range"),
        ("26-11-02", "not_date"),
        ("2026-11-02 09:30:00", "not_date"),
        ("11/02/2026", "not_date"),
        ("어제", "not_date"),
    ],
)
def test_what_is_no_day_is_refused(text: str, kind: str) -> None:
    assert wrong(DATE, text)[0] == kind


def test_lost_zeros_are_named_with_the_likely_number_and_never_filled_in() -> None:
    assert read(DIGITS, "00001234") == "00001234"
    assert wrong(DIGITS, "1234", CellKind.NUMBER) == ("zeros", {"need": "8", "value": "1234", "guess": "00001234"})
    assert wrong(DIGITS, "1234")[0] == "not_digits", "typed too short is no lost zero"
    assert wrong(DIGITS, "123456789", CellKind.NUMBER)[0] == "not_digits"
    assert wrong(DIGITS, "1.2E+15", CellKind.NUMBER)[0] == "exponent"
    assert wrong(DIGITS, "1234567a")[0] == "not_digits"
    assert wrong(DIGITS, "١٢٣٤٥٦٧٨")[0] == "not_digits", "other scripts' digits are other characters"


def test_numbers_are_whole_and_bounded() -> None:
    assert read(NUMBER, "1,234") == "1234"
    assert read(NUMBER, "8", CellKind.NUMBER) == "8"
    for text in ("0", "10000", "1.5", "-1", "1,23", "여덟", "8시간", "9" * 400):
        assert wrong(NUMBER, text)[0] == "not_number", text


def test_formulas_and_errors_are_refused_in_every_field() -> None:
    for asked in (DATE, DIGITS, NUMBER, TEXT, OPTIONAL):
        assert wrong(asked, "=1", CellKind.FORMULA)[0] == "formula"
        assert wrong(asked, "#REF!", CellKind.ERROR)[0] == "error_value"


def test_text_is_one_line_of_printable_characters() -> None:
    assert read(TEXT, unicodedata.normalize("NFD", "홍길동")) == "홍길동"
    assert read(TEXT, "홍   길동") == "홍 길동"
    assert wrong(TEXT, "x" * 11) == ("too_long", {"most": "10", "have": "11"})
    for hidden in ("\n", "\t", "\u200b", "\u202e", "\ufeff", "\ue000", "\x00"):
        assert wrong(TEXT, f"홍{hidden}길동")[0] == "control", hex(ord(hidden))
    assert wrong(TEXT, "")[0] == "missing"
    assert read(OPTIONAL, "") == ""


def test_a_character_that_the_font_lacks_is_named_with_its_code() -> None:
    printer = CertificatePrinter()
    assert printer.missing("가각힣ABC 123 (주)·「」") == ""
    with pytest.raises(WrongValueError) as error:
        read_value(TEXT, Cell(0, CellKind.TEXT, "홍😀𠮷"), printer.missing)
    assert error.value.values == {"signs": "😀 𠮷", "codes": "U+1F600 U+20BB7"}


FIELDS = [DATE, DIGITS, NUMBER, TEXT, OPTIONAL]
FORMS = {
    FieldKind.DATE: r"\d{4}-\d\d-\d\d",
    FieldKind.DIGITS: r"[0-9]{8}",
    FieldKind.NUMBER: r"[1-9][0-9]{0,3}",
    FieldKind.TEXT: r".{0,10}",
}


@given(st.text(max_size=30), st.sampled_from(list(CellKind)), st.sampled_from(FIELDS))
def test_every_cell_gives_a_value_of_its_field_or_a_problem_with_words(
    text: str, kind: CellKind, asked: Field
) -> None:
    told: list[str] = []
    value = None
    try:
        value = read(asked, text, kind)
    except WrongValueError as error:
        told = [words.say(f"cell_{error.kind}", **error.values) for words in WORDS.values()]
    if value is not None:
        assert value == "" or re.fullmatch(FORMS[asked.kind], value)
    else:
        assert len(told) == 2


def check(table: bytes) -> list[Row]:
    return list(check_table(TEMPLATE, read_table(table), nothing_lost))


def test_columns_are_found_by_their_names_in_any_order_and_language() -> None:
    good = person(1)
    mixed = ["Course", "성 명*", "holder.birth", "등록번호", "HOURS", "수료일"]
    row = [good[3], good[0], good[1], good[2], good[4], good[5]]
    (found,) = check(xlsx([mixed, row]))
    assert found.problems == ()
    assert found.values["holder.name"] == good[0]
    assert found.number == 2


@pytest.mark.parametrize(
    ("header", "kind", "named"),
    [
        ([*HEADER, "비고"], "column_unknown", "G1"),
        ([*HEADER, "성명"], "column_twice", "G1"),
        (HEADER[:-1], "column_missing", "수료일"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_as_a_whole(header: list[str], kind: str, named: str) -> None:
    with pytest.raises(SheetError) as error:
        check(xlsx([header, person(1)]))
    assert error.value.kind == kind
    assert named in error.value.values.values()


def test_a_row_that_is_there_twice_and_a_value_without_a_column_are_named() -> None:
    found = check(xlsx([HEADER, person(1), person(2), person(1), [*person(3), None, "x"]]))
    assert [[problem.kind for problem in row.problems] for row in found] == [[], [], ["same"], ["stray"]]
    assert found[2].problems[0].values == {"row": "2"}
    assert found[3].problems[0].place == "H5"


def test_a_row_is_kept_and_read_again_as_it_was() -> None:
    for row in check(xlsx([HEADER, person(1), [None] * 5 + ["x"]])):
        assert Row.from_json(row.as_json()) == row


def test_a_form_names_fields_where_a_table_names_cells() -> None:
    row = check_form(TEMPLATE, {"holder.name": "홍길동"}, nothing_lost)
    assert [problem.place for problem in row.problems] == [f.path for f in TEMPLATE.fields if f.path != "holder.name"]


def test_every_problem_and_every_template_has_words_in_both_languages() -> None:
    for words in load_words().values():
        for kind in ("hidden", "merged", "stray", "same"):
            assert words[f"cell_{kind}"]
    assert len({template.code for template in TEMPLATES}) == len(TEMPLATES)
    for template in TEMPLATES:
        labels = [name for asked in template.fields for name in (asked.ko, asked.en)]
        assert len(set(labels)) == len(labels)
