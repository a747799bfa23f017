"""Whatever a clerk gives to `sillok anchor` keeps its place, and what can't be read says why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ledger.cli.inputs import UNREADABLE, Defaults, count, entries, expand, job_name
from ledger.errors import InputError


def read(paths: list[Path], defaults: Defaults | None = None) -> list[tuple[str, object]]:
    return [
        (e.name, str(e.problem) if e.problem else json.loads(e.line)) for e in entries(paths, defaults or Defaults())
    ]


def test_a_folder_is_walked_in_the_order_of_names_without_hidden_and_own_files(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.pdf", ".hidden", "a.pdf.evidence", "sub/c.pdf", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [p.relative_to(tmp_path).as_posix() for p in expand([tmp_path])] == ["a.pdf", "b.pdf", "sub/c.pdf"]


def test_a_file_becomes_its_digest_size_and_type(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    [(_, line)] = read([tmp_path / "a.pdf"], Defaults(kind="certificate", valid_until="2027-01-31T15:00:00Z"))
    assert line == {
        "sha256": hashlib.sha256(b"%PDF").hexdigest(),
        "facts": {"document.size": 4, "document.mediaType": "application/pdf"},
        "kind": "certificate",
        "validUntil": "2027-01-31T15:00:00Z",
    }


BAD_TABLES = {
    "plain CSV of a Korean spreadsheet": (
        "sha256,kind,holder.name\n00,document,홍길동\n".encode("cp949"),
        "UTF-8",
    ),
    "a quote that never ends": (b'sha256,kind\n"00,document\n', "cannot be read"),
    "a cell without end": (b"sha256,kind\n" + b"0" * 200_000 + b",document\n", "cannot be read"),
}


@pytest.mark.parametrize(("table", "words"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, table: bytes, words: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(table)
    with pytest.raises(InputError, match=words) as counted:
        count([path])
    with pytest.raises(InputError, match=words):
        read([path])
    assert str(path) in (counted.value.where or "")


def test_a_line_that_names_no_possible_file_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.ndjson"
    path.write_bytes(b'{"path":"a\\u0000b"}\n{"path":"\\ud800"}\n' + b"[" * 100_000 + b'\n{"sha256":"00"}\n')
    lines = read([path])
    assert [isinstance(line, str) for _, line in lines] == [True, True, True, False]
    assert all("No file can have this name" in str(line) for _, line in lines[:2])


def test_a_number_without_end_goes_to_the_service_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("sha256,kind,supersedes\n00,document," + "1" * 5000 + "\n")
    assert read([path])[0][1]["supersedes"] == "1" * 5000  # type: ignore[index]


def test_an_ndjson_line_may_name_a_file_beside_it_or_a_digest(tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_bytes(b"x")
    digest = "ab" * 32
    (tmp_path / "list.ndjson").write_text(f'{{"path":"doc.txt","kind":"dataset"}}\n\n{{"sha256":"{digest}"}}\n')
    lines = read([tmp_path / "list.ndjson"])
    assert lines[0][1]["sha256"] == hashlib.sha256(b"x").hexdigest()  # type: ignore[index]
    assert lines[0][1]["kind"] == "dataset"  # type: ignore[index]
    assert lines[1] == (f"{tmp_path / 'list.ndjson'}:3", {"sha256": digest, "kind": "document"})
    assert count([tmp_path / "list.ndjson"]) == 2


def test_bad_lines_keep_their_place_and_say_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "list.ndjson"
    path.write_text('not json\n[1]\n{"path":"missing.pdf"}\n{"sha256":"' + "00" * 32 + '"}\n')
    found = list(entries([path], Defaults()))
    assert [entry.line == UNREADABLE for entry in found] == [True, True, True, False]
    assert "not a JSON object" in str(found[0].problem)
    assert "list.ndjson:2" in str(found[1].problem)
    assert "missing.pdf" in str(found[2].problem)
    assert count([path]) == len(found)


def test_a_digest_that_is_not_the_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_bytes(b"x")
    (tmp_path / "list.ndjson").write_text('{"path":"doc.txt","sha256":"' + "00" * 32 + '"}\n')
    [entry] = entries([tmp_path / "list.ndjson"], Defaults())
    assert entry.line == UNREADABLE
    assert "not the SHA-256" in str(entry.problem)


def test_csv_columns_become_members_and_facts(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    text = (
        "sha256,kind,holder.name,process.id,process.seq,validUntil\n"
        + "0a" * 32
        + ",procurement/plan,김가온,ocds-1,2,\n"
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    [(name, line)] = read([path])
    assert name.endswith("list.csv:2")
    assert line == {
        "sha256": "0a" * 32,
        "kind": "procurement/plan",
        "process": {"id": "ocds-1", "seq": 2},
        "facts": {"holder.name": "김가온"},
    }
    assert count([path]) == 1


def test_an_unknown_column_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("sha256,nmae\n")
    with pytest.raises(InputError, match="'nmae'"):
        list(entries([tmp_path / "list.csv"], Defaults()))


def test_the_same_command_gets_the_same_job_and_another_content_another(tmp_path: Path) -> None:
    path = tmp_path / "list.ndjson"
    path.write_text("{}\n")
    first = job_name("6110000", [path], Defaults())
    assert job_name("6110000", [path], Defaults()) == first
    assert job_name("6110000", [path], Defaults(kind="dataset")) != first
    path.write_text("{} \n")
    assert job_name("6110000", [path], Defaults()) != first


def test_nothing_to_anchor_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nothing to anchor"):
        expand([tmp_path])
    with pytest.raises(InputError, match="no such file"):
        expand([tmp_path / "none"])
