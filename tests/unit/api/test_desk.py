"""The clerk's pages without script, on the real service: one paper, a table, two persons, acts, and who may what."""

from __future__ import annotations

import hashlib
import io
import re
import time
import zipfile

import pytest
from starlette.datastructures import UploadFile
from support.clerks import Person, hire
from support.service import BUSAN, SEOUL, Office
from support.tables import HEADER, csv_bytes, people, person, xlsx

from ledger.errors import ChainError
from ledger.ports.agencies import ApiRole
from ledger.records.disclosure import Disclosure
from ledger.records.evidence import parse_evidence

TYPED = {
    "holder.name": "홍길동",
    "holder.birth": "1990. 1. 2.",
    "holder.registration": "00001234",
    "course.name": "정보보호 기본 과정",
    "course.hours": "8",
    "course.completed": "2026-11-02",
}


@pytest.fixture(scope="module")
def clerk(office: Office) -> Person:
    return hire(office, "desk-clerk")


@pytest.fixture(scope="module")
def approver(office: Office) -> Person:
    return hire(office, "desk-approver", ApiRole.APPROVER)


def issue_one(clerk: Person, **changes: str) -> str:
    """Issue one paper and end on its document's page."""
    clerk.get("/clerk/issue/completion")
    return clerk.send("/clerk/issue/completion", **(TYPED | changes))


def upload(clerk: Person, table: bytes, name: str = "표.xlsx") -> int:
    """Upload a table; answers the run's number."""
    clerk.get("/clerk/bulk")
    clerk.send("/clerk/bulk", files={"table": (name, table)}, template="completion")
    found = re.fullmatch(r"/clerk/runs/(\d+)", clerk.path)
    assert found, clerk.words[:600]
    return int(found[1])


def finish(clerk: Person, run: int) -> None:
    end = time.monotonic() + 90
    while "발급 끝" not in clerk.get(f"/clerk/runs/{run}"):
        assert time.monotonic() < end, clerk.words[:600]
        time.sleep(0.1)


def issue_table(clerk: Person, table: bytes) -> int:
    run = upload(clerk, table)
    clerk.send(f"/clerk/runs/{run}/issue")
    finish(clerk, run)
    return run


def test_one_paper_is_issued_and_found_by_everybody(office: Office, clerk: Person) -> None:
    words = issue_one(clerk)
    assert clerk.path.startswith("/clerk/documents/"), words
    number = re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", words)
    assert number
    pdf = clerk.client.get(f"{clerk.path}/paper.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    office.wait_anchored(int(clerk.path.rpartition("/")[2]) + 1)
    found = office.get(f"/v1/verifications?number={number[0]}&sha256={hashlib.sha256(pdf.content).hexdigest()}")
    assert found.json()["verdict"] == "valid"
    assert "홍길동" in words
    assert "홍길동" not in office.get(f"/r/{number[0]}", accept="text/html").text
    evidence = clerk.client.get(f"{clerk.path}/evidence.json")
    facts = parse_evidence(evidence.content).facts
    assert ("holder.name", "홍길동") in [(fact.path, fact.value) for fact in facts if isinstance(fact, Disclosure)]


def test_sending_the_same_form_twice_issues_one_paper(office: Office, clerk: Person) -> None:
    clerk.get("/clerk/issue/completion")
    form = clerk.text
    clerk.send("/clerk/issue/completion", **TYPED)
    first = clerk.path
    clerk.text = form
    clerk.send("/clerk/issue/completion", **TYPED)
    assert clerk.path == first


def test_what_is_typed_wrong_is_named_beside_its_field_and_nothing_is_issued(office: Office, clerk: Person) -> None:
    size = office.services.records.tree_size(office.services.agencies.log(SEOUL).log_no)
    words = issue_one(
        clerk,
        **{"holder.name": "홍😀동", "holder.birth": "1990-02-30", "holder.registration": "1234", "course.hours": "0"},
    )
    assert clerk.status == 422
    for told in ("글꼴에 없는 글자", "달력에 없는 날", "숫자 8자리여야", "1부터 9,999까지의 수여야"):
        assert words.count(told) == 2, "once in the summary, once at the field"
    assert 'value="홍😀동"' in clerk.text, "what was typed stays"
    assert clerk.text.index('class="error-summary"') < clerk.text.index("<h1>")
    assert office.services.records.tree_size(office.services.agencies.log(SEOUL).log_no) == size


def test_a_table_is_looked_at_issued_and_taken_home(office: Office, clerk: Person) -> None:
    run = upload(clerk, xlsx(people(60)))
    assert "60건을 발급합니다" in clerk.words
    preview = clerk.client.get(f"/clerk/runs/{run}/papers/1")
    assert preview.content.startswith(b"%PDF")
    clerk.send(f"/clerk/runs/{run}/issue")
    finish(clerk, run)
    results = clerk.client.get(f"/clerk/runs/{run}/results.csv")
    assert results.content.startswith(b"\xef\xbb\xbf"), "Excel reads it as UTF-8"
    lines = results.text.splitlines()
    assert len(lines) == 61
    with zipfile.ZipFile(io.BytesIO(clerk.client.get(f"/clerk/runs/{run}/papers.zip").content)) as archive:
        assert archive.testzip() is None
        papers = {name: archive.read(name) for name in archive.namelist()}
    assert len(papers) == 60
    number = lines[1].split(",")[1]
    digest = hashlib.sha256(papers["000001.pdf"]).hexdigest()
    assert office.get(f"/v1/records?number={number}").json()["sha256"] == digest
    clerk.get(f"/clerk/runs/{run}")
    assert "표와 만들어진 PDF는 7일 뒤에 지워집니다" in clerk.words


def test_rows_with_something_to_mend_come_first_by_the_sheet_s_own_numbers_and_block_the_run(clerk: Person) -> None:
    def spoil(sheet: object) -> None:
        sheet["C17"] = 123  # type: ignore[index]
        sheet["B20"] = 45200  # type: ignore[index]
        sheet["B20"].number_format = "General"  # type: ignore[index]
        sheet["E30"] = "=4+4"  # type: ignore[index]
        sheet.row_dimensions[40].hidden = True  # type: ignore[attr-defined]

    run = upload(clerk, xlsx(people(50), spoil))
    words = clerk.words
    assert "50행 가운데 4행에 고칠 것이 있습니다" in words
    for told in ("C17(등록번호): 앞의 0이", "00000123", "B20(생년월일): 날짜가 아니라 일련번호 45200", "2023-10-01"):
        assert told in words
    assert "E30(시간): 수식" in words
    assert "숨긴 행" in words
    assert words.index("C17") < words.index("미리 보기")
    assert f"/clerk/runs/{run}/issue" not in clerk.text
    refused = clerk.client.post(f"/clerk/runs/{run}/issue", data={"csrf": _csrf(clerk), "rows": "50"})
    assert refused.status_code == 422
    told = clerk.client.get(f"/clerk/runs/{run}/problems.csv").text.splitlines()
    assert [line.split(",")[0] for line in told[1:]] == ["17", "20", "30", "40"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_a_csv_says_which_encoding_was_found(clerk: Person, encoding: str) -> None:
    upload(clerk, csv_bytes(people(2), encoding), "표.csv")
    assert f"글자 인코딩 {encoding.upper()}" in clerk.words
    assert "홍길동2" in clerk.words


def test_a_file_that_is_no_table_is_told_in_words(clerk: Person) -> None:
    for content, told in (
        (b"%PDF-1.7 \0", "CSV 파일이 아닙니다"),
        (b"", "비어 있습니다"),
        (b"\xff\xfa\xff", "인코딩"),
    ):
        clerk.get("/clerk/bulk")
        clerk.send("/clerk/bulk", files={"table": ("a.csv", content)}, template="completion")
        assert clerk.status == 422
        assert told in clerk.words
    clerk.get("/clerk/bulk")
    clerk.send(
        "/clerk/bulk", files={"table": ("a.xlsx", xlsx([[*HEADER, "비고"], person(1)]))}, template="completion"
    )
    assert "G1의 '비고'" in clerk.words


def test_exports_are_never_computed_by_a_spreadsheet(clerk: Person) -> None:
    row = person(1)
    row[0], row[3] = "+82 홍길동", "@SUM(1)"
    run = issue_table(clerk, csv_bytes([HEADER, row]))
    exported = clerk.client.get(f"/clerk/runs/{run}/results.csv").text
    assert "'+82 홍길동" in exported
    assert "'@SUM(1)" in exported


def test_a_second_person_compares_three_papers_and_approves(office: Office, clerk: Person, approver: Person) -> None:
    desk, account = office.services.desk, office.services.accounts.of_agency(SEOUL)[0]
    desk.set_two_persons(account, True)
    try:
        run = upload(clerk, xlsx(people(30)))
        clerk.send(f"/clerk/runs/{run}/issue")
        assert "결재 기다림" in clerk.words
        assert f"/clerk/runs/{run}/approve" not in clerk.text
        refused = clerk.client.post(f"/clerk/runs/{run}/approve", data={"csrf": _csrf(clerk)})
        assert refused.status_code == 403, "the maker is no approver"
        approver.get("/clerk")
        assert f"발급 작업 {run}" in approver.words
        approver.get(f"/clerk/runs/{run}")
        pictures = re.findall(rf'src="(/clerk/runs/{run}/papers/\d+\.png)"', approver.text)
        assert len(pictures) == 3
        assert approver.client.get(pictures[0]).content.startswith(b"\x89PNG")
        approver.send(f"/clerk/runs/{run}/approve")
        finish(approver, run)
        assert "이름 desk-approver" in approver.words
        other = upload(clerk, xlsx(people(3)))
        clerk.send(f"/clerk/runs/{other}/issue")
        approver.get(f"/clerk/runs/{other}")
        approver.send(f"/clerk/runs/{other}/cancel")
        assert "발급하지 않음" in approver.words
    finally:
        desk.set_two_persons(account, False)


def test_a_document_is_suspended_resumed_and_revoked_with_a_reason(office: Office, clerk: Person) -> None:
    issue_one(clerk)
    document = clerk.path
    index = document.rpartition("/")[2]
    office.wait_anchored(int(index) + 1)
    number = re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", clerk.words)
    assert number

    def act(to: str, **fields: str) -> None:
        clerk.get(f"/clerk/acts?index={index}&to={to}")
        clerk.send("/clerk/acts/confirm", **fields)
        assert "1건" in clerk.words, clerk.words
        clerk.send("/clerk/acts")
        assert clerk.path == document, clerk.words

    def settled(told: str) -> None:
        end = time.monotonic() + 30
        while told not in clerk.get(document) or "보내는 중" in clerk.words:
            assert time.monotonic() < end, clerk.words
            time.sleep(0.1)

    act("suspended", reason="process-or-key-failure")
    assert "정지됨" in clerk.words
    settled("정지됨")
    act("active", reason="unspecified")
    settled("효력 있음")
    clerk.get(f"/clerk/acts?index={index}&to=revoked")
    clerk.send("/clerk/acts/confirm")
    assert clerk.status == 422
    assert "취소인지 철회인지" in clerk.words
    act("revoked", reason="issued-in-error", mode="start")
    assert "취소·철회됨" in clerk.words
    assert office.get(f"/v1/verifications?number={number[0]}").json()["verdict"] == "revoked"
    settled("취소(처음부터)")
    clerk.get(f"/clerk/acts?index={index}&to=suspended")
    clerk.send("/clerk/acts/confirm", reason="unspecified")
    clerk.send("/clerk/acts")
    assert clerk.status == 409, "nothing follows revoked"


def test_a_correction_takes_the_place_of_the_wrong_paper(office: Office, clerk: Person) -> None:
    issue_one(clerk, **{"holder.name": "홍길똥"})
    wrong = clerk.path
    office.wait_anchored(int(wrong.rpartition("/")[2]) + 1)
    clerk.get(f"/clerk/issue/completion?corrects={wrong.rpartition('/')[2]}")
    assert 'value="홍길똥"' in clerk.text
    clerk.send("/clerk/issue/completion", **{"holder.name": "홍길동"})
    right = clerk.path
    assert right != wrong
    clerk.get(wrong)
    assert "대체됨" in clerk.words
    assert f"{right}?" in clerk.text


def test_a_batch_is_recalled_by_typing_how_many_it_touches(office: Office, clerk: Person) -> None:
    run = issue_table(clerk, xlsx(people(20)))
    batch = re.search(r"/clerk/acts\?batch=(\d+)", clerk.text)
    assert batch
    clerk.get(f"/clerk/acts?batch={batch[1]}")
    clerk.send("/clerk/acts/confirm", reason="issued-in-error", mode="start")
    assert "문서 20건이 처음부터" in clerk.words
    clerk.send("/clerk/acts", count="19")
    assert clerk.status == 422
    assert "20건입니다" in clerk.words
    clerk.send("/clerk/acts", count="20")
    assert "문서 20건을 회수했습니다" in clerk.words
    number = clerk.client.get(f"/clerk/runs/{run}/results.csv").text.splitlines()[7].split(",")[1]
    office.wait_anchored(1)
    assert office.get(f"/v1/verifications?number={number}").json()["verdict"] == "revoked"


def test_documents_are_found_by_number_place_and_name(clerk: Person) -> None:
    issue_one(clerk, **{"holder.name": "찾을사람"})
    document = clerk.path
    number = re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", clerk.words)
    assert number
    for asked in (number[0], number[0].replace("-", ""), document.rpartition("/")[2]):
        clerk.get(f"/clerk/search?q={asked}")
        assert clerk.path == document
    clerk.get("/clerk/search?q=찾을")
    assert number[0] in clerk.words
    clerk.get("/clerk/search?q=없는사람")
    assert "찾는 문서가 없습니다" in clerk.words
    clerk.get("/clerk/search?q=1234-5678-9012-3456")
    assert "번호가 잘못" in clerk.words


def test_nobody_of_another_agency_sees_or_changes_anything(office: Office, clerk: Person) -> None:
    run = issue_table(clerk, xlsx(people(3)))
    stranger = hire(office, "busan-clerk", ApiRole.CLERK, BUSAN)
    for address in (f"/clerk/runs/{run}", f"/clerk/runs/{run}/results.csv", f"/clerk/runs/{run}/papers/1"):
        assert stranger.client.get(address).status_code == 404, address
    stranger.get("/clerk/bulk")
    token = _csrf(stranger)
    assert stranger.client.post(f"/clerk/runs/{run}/cancel", data={"csrf": token}).status_code == 404
    number = clerk.client.get(f"/clerk/runs/{run}/results.csv").text.splitlines()[1].split(",")[1]
    assert "다른 기관" in stranger.get(f"/clerk/search?q={number}")


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        (ApiRole.CLERK, "/clerk/people", 403),
        (ApiRole.APPROVER, "/clerk/issue", 403),
        (ApiRole.APPROVER, "/clerk/bulk", 403),
        (ApiRole.APPROVER, "/clerk/search", 200),
        (ApiRole.ADMINISTRATOR, "/clerk/issue", 403),
        (ApiRole.ADMINISTRATOR, "/clerk/search", 403),
        (ApiRole.ADMINISTRATOR, "/clerk/runs", 403),
        (ApiRole.ADMINISTRATOR, "/clerk/acts?batch=1", 403),
        (ApiRole.ADMINISTRATOR, "/clerk", 200),
    ],
)
def test_each_role_has_its_own_pages(office: Office, role: ApiRole, address: str, status: int) -> None:
    login = f"role-{role.value}-{abs(hash(address)) % 10**8}"
    person = hire(office, login, role)
    person.get(address)
    assert person.status == status


def _csrf(person: Person) -> str:
    return person.text.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]


def test_a_file_that_was_sent_is_closed_with_its_request_whether_a_page_wants_it_or_not(
    clerk: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[UploadFile] = []
    init = UploadFile.__init__

    def noted(self: UploadFile, *values: object, **named: object) -> None:
        init(self, *values, **named)  # type: ignore[arg-type]
        sent.append(self)

    monkeypatch.setattr(UploadFile, "__init__", noted)
    upload(clerk, xlsx(people(2)))
    clerk.get("/clerk/password")
    answer = clerk.client.post(
        "/clerk/password", data={"csrf": _csrf(clerk), "old": "x"}, files={"new": ("new.bin", b"x" * 10_000)}
    )
    assert answer.status_code == 422
    refused = clerk.client.post("/clerk/bulk", data={"csrf": "another"}, files={"table": ("table.csv", b"a")})
    assert refused.status_code == 403
    assert [file.file.closed for file in sent] == [True, True, True]


def test_what_was_done_stands_in_the_log_before_it_is_done_and_in_the_ledger(office: Office, clerk: Person) -> None:
    issue_one(clerk, **{"holder.name": "기록될사람"})
    end = time.monotonic() + 30
    while "기록하는 중" in clerk.get("/clerk/activity"):
        assert time.monotonic() < end
        time.sleep(0.1)
    entry = re.search(r'href="(/clerk/activity/\d+\.json)"', clerk.text)
    assert entry
    body = clerk.client.get(entry[1])
    assert body.json()["act"] == "issue"
    assert "기록될사람" not in body.text
    assert "이름 desk-clerk" not in body.text
    digest = hashlib.sha256(body.content).hexdigest()
    (found,) = office.get(f"/v1/records?sha256={digest}").json()["records"]
    assert found["record"]["kind"] == "activity"
    document = office.services.desk.runs(office.services.accounts.account(1))[0].first
    assert document is not None
    assert clerk.get(f"/clerk/documents/{found['index']}")
    assert clerk.status == 404, "an entry of the log is no document"


def test_only_the_administrator_sets_the_rule_and_that_is_logged_too(office: Office, clerk: Person) -> None:
    chief = hire(office, "desk-chief", ApiRole.ADMINISTRATOR)
    clerk.get("/clerk/activity")
    assert "/clerk/activity/rules" not in clerk.text
    assert clerk.client.post("/clerk/activity/rules", data={"csrf": _csrf(clerk), "two": "yes"}).status_code == 403
    chief.get("/clerk/activity")
    chief.send("/clerk/activity/rules")
    assert "만든 사람이 아닌 결재자" in chief.words
    assert "규칙 바꿈" in chief.words
    chief.send("/clerk/activity/rules")
    assert "혼자 발급할 수 있습니다" in chief.words


def test_looking_at_personal_facts_is_kept_outside_the_ledger_for_the_administrator(
    office: Office, clerk: Person
) -> None:
    issue_one(clerk)
    document = clerk.path
    log_no = office.services.agencies.log(SEOUL).log_no
    office.services.desk.activity.record_waiting()
    size = office.services.records.tree_size(log_no)
    clerk.get(document)
    clerk.client.get(f"{document}/evidence.json")
    clerk.get("/clerk/search?q=홍길동")
    office.services.desk.activity.record_waiting()
    assert office.services.records.tree_size(log_no) == size
    assert clerk.client.get("/clerk/visits").status_code == 403
    words = hire(office, "visits-chief", ApiRole.ADMINISTRATOR).get("/clerk/visits")
    for told in ("문서 열람", "증거 파일 받음", "이름으로 찾음", "로그인", "이름 desk-clerk"):
        assert told in words
    assert "홍길동" not in words


def test_live_state_is_told_until_it_is_final(clerk: Person) -> None:
    issue_one(clerk)
    with clerk.client.stream("GET", f"{clerk.path}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = "".join(stream.iter_text())
    assert '"stage": "final"' in told
    assert "event: over" in told
    assert "홍길동" not in told
    run = upload(clerk, xlsx(people(3)))
    clerk.send(f"/clerk/runs/{run}/issue")
    with clerk.client.stream("GET", f"/clerk/runs/{run}/events") as stream:
        told = "".join(stream.iter_text())
    assert '"done": 3' in told
    assert '"state": "done"' in told


def test_papers_are_issued_while_the_chain_is_silent_and_the_page_says_no_more_than_the_office_knows(
    office: Office, clerk: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise ChainError("The chain does not answer.")

    monkeypatch.setattr(office.services.chain, "log_on_chain", silent)
    monkeypatch.setattr(office.services.chain_store, "anchor_covering", lambda *_: None)
    issue_one(clerk)
    assert clerk.status == 200
    assert re.search(r'data-stage="accepted" aria-current="step"', clerk.text)
