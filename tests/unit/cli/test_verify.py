"""`sillok verify` as people run it: files, exit codes, words; offline, and with a service that answers or not."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from support.office import DOCUMENT, NUMBER, T0, Office, act, digest, small_office, status_facts

from ledger.cli import main, verify
from ledger.values import Instant, Status, Verdict, format_instant
from ledger.verification.examination import unexamined
from ledger.verification.report import About, Report
from ledger.verification.verifier import verify_evidence


@pytest.fixture
def office() -> Office:
    return small_office()


@pytest.fixture
def folder(tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder: a document with its evidence beside it, and a trust file."""
    monkeypatch.chdir(tmp_path)
    for name in ("SILLOK_DATA", "SILLOK_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "paper.pdf").write_bytes(DOCUMENT)
    (tmp_path / "paper.pdf.evidence").write_bytes(office.evidence())
    (tmp_path / "trust.note").write_text(office.trust_note())
    return tmp_path


OFFLINE = ["--offline", "--trust", "trust.note"]


def run(*argv: str) -> int:
    return main.main(["verify", *argv])


@pytest.mark.usefixtures("folder")
class TestOffline:
    def test_a_document_with_its_evidence_beside_it_is_valid(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("paper.pdf", *OFFLINE) == 0
        shown = capsys.readouterr().out
        assert shown.startswith("valid: This file is identical to the one agency 6110000 issued on 2026-11-24")
        assert "2026-11-24T00:05:00Z" in shown.splitlines()[1]
        for number in range(1, 20):
            assert f"\n{number:>2}  " in shown
        assert "one operator" in shown.lower()

    def test_evidence_can_be_named_or_be_the_file_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("elsewhere.json").write_bytes(Path("paper.pdf.evidence").read_bytes())
        Path("paper.pdf.evidence").rename("moved.evidence")
        assert run("paper.pdf", "--evidence", "elsewhere.json", *OFFLINE) == 0
        for itself in ("elsewhere.json", "moved.evidence"):
            capsys.readouterr()
            assert run(itself, *OFFLINE) == 0
            assert "was not compared" in capsys.readouterr().out

    def test_another_document_is_altered(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("paper.pdf").write_bytes(DOCUMENT + b"\n")
        assert run("paper.pdf", *OFFLINE) == 1
        shown = capsys.readouterr().out
        assert shown.startswith(f"altered: This file differs from the one issued under {NUMBER}.")
        assert digest(DOCUMENT).hex() in shown
        assert digest(DOCUMENT + b"\n").hex() in shown

    def test_without_a_trust_file_the_issuer_is_unknown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("paper.pdf", "--offline") == 1
        assert capsys.readouterr().out.startswith("unknown-issuer: ")

    def test_a_data_folder_that_is_named_brings_its_trust_file(self) -> None:
        assert run("paper.pdf", "--offline", "--data", ".") == 0

    def test_another_instant_cannot_be_checked(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("paper.pdf", *OFFLINE, "--as-of", "2026-11-24T00:05:00Z") == 0
        assert run("paper.pdf", *OFFLINE, "--as-of", "2026-11-24T00:05:01Z") == 3
        assert run("paper.pdf", *OFFLINE, "--as-of", "2027-02-28T15:00:00Z") == 1
        assert "expired: " in capsys.readouterr().out

    def test_json_is_the_report(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("paper.pdf", *OFFLINE, "--json", "--number", NUMBER.replace("-", "")) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["verdict"] == "valid"
        assert report["asOf"] == "2026-11-24T00:05:00Z"
        assert [row["number"] for row in report["checks"]] == list(range(1, 20))
        assert {row["outcome"] for row in report["checks"]} == {"passed", "not-run"}

    def test_korean_by_wish_or_by_locale(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run("paper.pdf", *OFFLINE, "--lang", "ko") == 0
        korean = capsys.readouterr().out
        assert "취소·정지·만료되지 않았습니다" in korean
        monkeypatch.setenv("LANG", "ko_KR.UTF-8")
        assert run("paper.pdf", *OFFLINE) == 0
        assert capsys.readouterr().out == korean

    @pytest.mark.parametrize(
        "argv",
        [
            [],
            ["nothing.pdf"],
            ["paper.pdf", "--evidence", "nothing.evidence"],
            ["paper.pdf", "--as-of", "yesterday"],
            ["paper.pdf", "--number", "1234-5678-9012-3450"],
            ["paper.pdf", "--trust", "nothing.note"],
            ["paper.pdf", "--trust", "paper.pdf.evidence"],
            ["paper.pdf", "--strange"],
            ["--number", NUMBER],
            ["trust.note"],
        ],
    )
    def test_what_cannot_be_used_is_a_usage_error_with_words(
        self, argv: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(*argv, "--offline") == 2
        said = capsys.readouterr()
        assert said.err
        assert not said.out

    def test_a_trust_file_that_nobody_signed_is_not_believed(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = Path("trust.note").read_text()
        Path("trust.note").write_text(text.replace('"sequence":1', '"sequence":2'))
        assert run("paper.pdf", *OFFLINE) == 2
        assert "trust file" in capsys.readouterr().err

    def test_a_pipe_is_read_and_a_terminal_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Pipe(io.TextIOWrapper):
            terminal = False

            def isatty(self) -> bool:
                return self.terminal

        monkeypatch.setattr(sys, "stdin", Pipe(io.BytesIO(Path("paper.pdf.evidence").read_bytes())))
        assert run("-", *OFFLINE) == 0
        monkeypatch.setattr(sys, "stdin", Pipe(io.BytesIO(DOCUMENT)))
        assert run("-", "--evidence", "paper.pdf.evidence", *OFFLINE) == 0
        monkeypatch.setattr(Pipe, "terminal", True)
        assert run("-", *OFFLINE) == 2

    def test_every_flipped_bit_of_the_files_is_refused(self) -> None:
        """A sample through the files and the exit code; every bit is flipped in test_bit_flips."""
        right = Path("paper.pdf.evidence").read_bytes()
        for place in range(0, len(right), 97):
            Path("paper.pdf.evidence").write_bytes(
                right[:place] + bytes([right[place] ^ 1 << place % 8]) + right[place + 1 :]
            )
            assert run("paper.pdf", *OFFLINE) in (1, 2, 3)


def test_every_verdict_has_its_exit_code_and_its_words(
    office: Office, monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = verify_evidence(office.evidence(), trust=office.trust())
    for verdict in Verdict:
        told = Report(verdict=verdict, as_of=None, checks=whole.checks, about=About())
        monkeypatch.setattr(verify, "verify_evidence", lambda *_, told=told, **__: told)
        expected = {"valid": 0, "cannot-check": 3}.get(verdict.value, 1)
        for language in ("ko", "en"):
            assert run("paper.pdf", *OFFLINE, "--lang", language) == expected
            shown = capsys.readouterr().out
            assert shown.startswith(f"{verdict.value}: ")
            assert "{" not in shown


# -- with a service --


class Answering(BaseHTTPRequestHandler):
    """A service that knows the office: a real server on the loopback, because the client is real too."""

    office: Office
    answer: Any = None
    asked: ClassVar[list[tuple[str, dict[str, list[str]], bytes]]] = []

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((parts.path, parse_qs(parts.query), body))
        status, document = self.answer(body)
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(office: Office) -> Iterator[tuple[str, type[Answering]]]:
    class Handler(Answering):
        asked: ClassVar[list[Any]] = []

    Handler.office = office
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", Handler
        server.shutdown()
        thread.join()


def answers_with(office: Office, *acts: Any, evidence: bytes | None = None) -> Any:
    def answer(body: bytes) -> tuple[int, Any]:
        report = verify_evidence(
            body or evidence or b"",
            trust=office.trust(),
            chain=office.chain_facts(),
            status=status_facts(*acts),
        )
        told = report.to_json()
        if evidence is not None:
            told["evidence"] = evidence.decode()
        return 200, told

    return answer


@pytest.mark.usefixtures("folder")
class TestOnline:
    def test_the_services_word_is_called_so_and_the_rest_is_computed_here(
        self, office: Office, service: tuple[str, type[Answering]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        url, handler = service
        handler.answer = staticmethod(answers_with(office))
        assert run("paper.pdf", "--trust", "trust.note", "--url", url, "--json") == 0
        report = json.loads(capsys.readouterr().out)
        assert report["asOf"] == format_instant(Instant(T0 + 600))
        sources = {row["number"]: row["source"] for row in report["checks"]}
        assert sources[10] == sources[15] == "service"
        assert sources[6] == sources[17] == "this-device"
        (path, query, body), *_ = handler.asked
        assert path == "/v1/verifications"
        assert query == {"sha256": [digest(DOCUMENT).hex()]}
        assert body == office.evidence()

    def test_a_revocation_of_today_reaches_yesterdays_evidence(
        self, office: Office, service: tuple[str, type[Answering]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        url, handler = service
        handler.answer = staticmethod(answers_with(office, act(400, Status.REVOKED)))
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 1
        assert capsys.readouterr().out.startswith("revoked: Agency 6110000 revoked this document on 2026-11-24")
        assert run("paper.pdf", "--trust", "trust.note", "--url", url, "--as-of", "2026-11-24T00:06:39Z") == 0

    def test_a_document_alone_is_looked_up_and_verified_here(
        self, office: Office, service: tuple[str, type[Answering]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        url, handler = service
        public = office.evidence(withhold=["holder.name"])
        handler.answer = staticmethod(answers_with(office, evidence=public))
        Path("paper.pdf.evidence").unlink()
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 0
        assert "identical" in capsys.readouterr().out
        assert run("--number", NUMBER, "--trust", "trust.note", "--url", url) == 0
        assert "was not compared" in capsys.readouterr().out
        assert run("paper.pdf", "--url", url) == 1
        assert "unknown-issuer" in capsys.readouterr().out

    def test_a_file_that_matches_nothing_is_not_found(
        self, service: tuple[str, type[Answering]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        url, handler = service
        nothing = Report(verdict=Verdict.NOT_FOUND, as_of=Instant(T0), checks=unexamined("No record."), about=About())
        handler.answer = staticmethod(lambda _: (200, nothing.to_json()))
        Path("paper.pdf.evidence").unlink()
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 1
        assert capsys.readouterr().out.startswith("not-found: At 2026-11-24T00:00:00Z")

    def test_without_an_answer_good_evidence_cannot_be_checked_and_bad_evidence_is_still_bad(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 3
        said = capsys.readouterr()
        assert "does not answer" in said.err
        assert said.out.startswith("cannot-check: ")
        assert "then: active" in said.out
        Path("paper.pdf").write_bytes(b"another")
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 1
        Path("paper.pdf.evidence").unlink()
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 3

    def test_a_chain_that_is_down_at_the_service_gives_no_verdict(
        self, service: tuple[str, type[Answering]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        url, handler = service
        problem = {"title": "chain", "detail": "The chain does not answer.", "status": 503}
        handler.answer = staticmethod(lambda _: (503, problem))
        assert run("paper.pdf", "--trust", "trust.note", "--url", url) == 3
        assert "The chain does not answer." in capsys.readouterr().err

    def test_no_service_at_all_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("paper.pdf.evidence").unlink()
        assert run("paper.pdf") == 3
        assert "sillok up" in capsys.readouterr().err


# What a check of one file on a citizen's machine must not wait for: each costs a part of a bare interpreter's
# start, or a hundred times as much.
HEAVY = {
    *("web3", "eth", "eth_abi", "eth_account", "rlp", "coincurve"),
    *("sqlalchemy", "sqlite3", "typer", "rich", "pydantic", "fastapi", "structlog", "rfc8785"),
    *("asyncio", "http.client", "httpx", "email", "socket", "ssl", "subprocess", "selectors"),
    *(
        "dataclasses",
        "inspect",
        "ast",
        "dis",
        "tokenize",
        "pathlib",
        "urllib.parse",
        "ipaddress",
        "shutil",
        "tempfile",
        "uuid",
        "_strptime",
        "importlib.metadata",
    ),
    *("cryptography.x509", "cryptography.hazmat.backends.openssl", "cryptography.hazmat.primitives.ciphers"),
    *("ledger.verification.gathering", "ledger.ports.chain", "ledger.ports.records", "ledger.merkle.tiles"),
}


def test_offline_nothing_heavy_is_imported(folder: Path) -> None:
    code = (
        "import sys; from ledger.cli.main import main\n"
        "assert main(['verify', 'paper.pdf', '--offline', '--trust', 'trust.note']) == 0\n"
        f"sys.exit(', '.join({HEAVY!r} & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
