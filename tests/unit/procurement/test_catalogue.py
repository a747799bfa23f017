"""The plan and the notices of a running service: opened once, gone on from there, nothing personal, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from support.service import Office, running_office

from ledger.cli.demo import procurement
from ledger.errors import NotFoundError
from ledger.procurement.plan import NOT_ITEMISED, Sort, Wanted, of_sort, total


def record(office: Office, *lines: object) -> None:
    for line in lines:
        office.issue(dict(line))  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("catalogue")) as running:
        record(running, {"kind": "certificate", "sha256": "ab" * 32, "facts": {"holder.name": "홍길동"}})
        record(running, *procurement.submissions())
        yield running


def test_the_figures_of_the_city_are_there_and_add_up(office: Office) -> None:
    """Seoul's plan of 2020: 1,014억 by field, of which 312억 itemised by nobody; 3,626억 by owner."""
    entries = office.services.catalogue.plans()
    fields, owners = of_sort(entries, Sort.FIELD), of_sort(entries, Sort.OWNER)
    assert (len(fields), total(fields).amount) == (7, Decimal(101_400_000_000))
    assert [one.amount for one in fields if one.text("plan.field") == NOT_ITEMISED] == [Decimal(31_200_000_000)]
    assert (len(owners), total(owners).amount) == (3, Decimal(362_600_000_000))
    assert sum(int(str(owner.facts["plan.projects"])) for owner in owners) == 1158
    projects = total(of_sort(entries, Sort.PROJECT))
    assert (projects.entries, projects.priced, projects.amount) == (8, 1, Decimal(11_600_000_000))
    assert not any("홍길동" in str(entry.facts) for entry in entries)


def test_a_reader_gets_what_he_asks_for(office: Office) -> None:
    entries = office.services.catalogue.plans()

    def titles(wanted: Wanted) -> set[str]:
        return {entry.title("ko") for entry in entries if wanted.fits(entry) and entry.sort is Sort.PROJECT}

    assert titles(Wanted(field="wifi")) == {"서울시 전역 공공 와이파이(WiFi) 조성"}
    assert titles(Wanted(words="POE 챗봇")) == set()
    assert titles(Wanted(words="예약 챗봇")) == {"공공서비스 예약 챗봇"}
    assert titles(Wanted(year="2021")) == set()
    assert len(titles(Wanted(agency="6110000"))) == 8


def test_an_award_is_found_by_its_notice_with_and_without_its_degree(office: Office) -> None:
    catalogue = office.services.catalogue
    assert catalogue.process_of_notice("20200312345-00") == procurement.process_id(1)
    assert catalogue.process_of_notice(" 20200312345 ") == procurement.process_id(1)
    with pytest.raises(NotFoundError):
        catalogue.process_of_notice("20200312345-01")


def test_what_is_recorded_later_is_seen_and_the_newest_word_counts(office: Office) -> None:
    catalogue, ocid = office.services.catalogue, "ocds-000000-6110000-2021-001"
    before = len(catalogue.plans())
    plan = {"plan.title": "새 사업", "plan.amount": "100", "plan.currency": "KRW", "plan.year": 2021}
    for seq, amount in ((1, "100"), (2, "250")):
        facts = plan | {"plan.amount": amount}
        record(office, {"kind": "procurement/plan", "process": {"id": ocid, "seq": seq}, "facts": facts})
    found = [entry for entry in catalogue.plans() if entry.process_id == ocid]
    assert len(catalogue.plans()) == before + 1
    assert [(entry.amount, entry.steps) for entry in found] == [(Decimal(250), 2)]
    notice = {"tender.notice": "20210000001-00"}
    record(office, {"kind": "procurement/tender", "process": {"id": ocid, "seq": 3}, "facts": notice})
    assert catalogue.process_of_notice("20210000001-00") == ocid
