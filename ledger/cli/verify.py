"""`sillok verify`: recomputes a verdict on this machine, with a service's answers or without.

Its wiring is its own and small: nothing of chain, store or web is imported, and the network part only when asked for.
Paths are plain text here: `pathlib` costs as much of the start as the signatures' library (ADR 0012).
Without a trust file an issuer is unknown: this program believes nobody by itself.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from ledger.cli.verify_trust import memory_folder, read_trust
from ledger.cli.verify_words import Language, render
from ledger.errors import InfrastructureError, InputError
from ledger.hashing.digests import sha256, sha256_file
from ledger.plain import dataclass
from ledger.records.evidence import MAX_BYTES
from ledger.records.number import read_number
from ledger.records.trust import TrustFile
from ledger.values import Digest32, Instant, Verdict, parse_instant
from ledger.verification.report import Report
from ledger.verification.verifier import verify_evidence

if TYPE_CHECKING:
    from ledger.cli import verify_online

EXIT_VALID: Final = 0
EXIT_NEGATIVE: Final = 1
EXIT_CANNOT_CHECK: Final = 3
SUFFIX: Final = ".evidence"
DATA: Final = "sillok-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the caller asks: any of document, evidence and number, and the instant."""

    document: Digest32 | None
    evidence: bytes | None
    number: str | None
    as_of: Instant | None


def run(argv: list[str]) -> int:
    """Run with the arguments after `verify`.

    Returns:
        0 valid, 1 any negative verdict, 2 usage or unreadable input, 3 cannot check.

    Raises:
        InputError: something that was given cannot be read.
    """
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has already said why, on standard error
        return stop.code if isinstance(stop.code, int) else 2
    question, trust = _question(options), _trust(options)
    report = _offline(question, trust) if options.offline else _online(question, trust, options)
    if options.json:
        sys.stdout.write(json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(render(report, cast(Language, options.lang or _language())))
    if report.verdict is Verdict.VALID:
        return EXIT_VALID
    return EXIT_CANNOT_CHECK if report.verdict is Verdict.CANNOT_CHECK else EXIT_NEGATIVE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sillok verify",
        description="Check a document, a number or an evidence file, and print every numbered check.",
        epilog="Exits 0 valid, 1 any negative verdict, 2 usage or unreadable input, 3 cannot check.",
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=_columns() - 2),
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="the document, or an evidence file; - reads a pipe")
    parser.add_argument("--evidence", metavar="E", help=f"its evidence file; default: FILE{SUFFIX} where it exists")
    parser.add_argument("--trust", metavar="T", help="trust file; without one every issuer is unknown")
    parser.add_argument("--offline", action="store_true", help="ask nobody: only the evidence and the trust file")
    parser.add_argument("--as-of", metavar="T", help="the instant asked about: YYYY-MM-DDTHH:MM:SSZ")
    parser.add_argument("--number", metavar="N", help="document number: 16 digits")
    parser.add_argument("--url", metavar="U", help="address of the service to ask")
    parser.add_argument(
        "--data", metavar="D", help=f"data folder of a service on this machine, and of its trust file (look: {DATA})"
    )
    parser.add_argument(
        "--no-trust-memory",
        dest="trust_memory",
        action="store_false",
        help="neither compare the trust file with the newest one seen on this machine, nor remember it",
    )
    parser.add_argument("--lang", choices=["ko", "en"], help="language of the answer; default: that of this terminal")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _columns() -> int:
    """Width of the terminal, for the help. Told nothing, argparse would load `shutil` to ask, help or not."""
    with suppress(KeyError, ValueError):
        return int(os.environ["COLUMNS"])
    with suppress(OSError, ValueError, AttributeError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    return 80


def _language() -> Language:
    words = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ko" if next(filter(None, words), "").startswith("ko") else "en"


def _question(options: argparse.Namespace) -> Question:
    as_of = None if options.as_of is None else parse_instant(options.as_of)
    number = None if options.number is None else read_number(options.number)
    if options.file is None and options.evidence is None and number is None:
        raise InputError("There is nothing to verify.", fix="Give a file, an evidence file, or --number.")
    document, evidence = _inputs(options.file, options.evidence)
    return Question(document=document, evidence=evidence, number=number, as_of=as_of)


def _inputs(file: str | None, evidence: str | None) -> tuple[Digest32 | None, bytes | None]:
    """(digest of the document, bytes of the evidence); FILE may be the evidence itself."""
    if evidence is not None:
        proof = _read(evidence, MAX_BYTES + 1)
        return (None if file is None else _digest(file)), proof
    if file is None:
        return None, None
    if file == "-":
        data = _pipe()
        return (None, data) if _is_evidence(data) else (sha256(data), None)
    beside, is_named_so = file + SUFFIX, file.endswith(SUFFIX)
    if not is_named_so and os.path.isfile(beside):
        return _digest(file), _read(beside, MAX_BYTES + 1)
    start = _read(file, MAX_BYTES + 1)
    if is_named_so or _is_evidence(start):
        return None, start
    return _digest(file), None


def _is_evidence(data: bytes) -> bool:
    """Whether a file says of itself that it is evidence."""
    return data[:1] == b"{" and len(data) <= MAX_BYTES and b'"sillok":"evidence/' in data


def _digest(file: str) -> Digest32:
    return sha256(_pipe()) if file == "-" else sha256_file(file)[0]


def _pipe() -> bytes:
    if sys.stdin.isatty():
        raise InputError("Nothing is piped into standard input.", where="-", fix="Name a file, or pipe one in.")
    return sys.stdin.buffer.read()


def _read(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", where=path) from error


def _trust(options: argparse.Namespace) -> TrustFile | None:
    """The trust file that was named, or that of the data folder that was named; none is believed unasked."""
    path: str | None = options.trust
    if path is None and options.data is not None:
        path = os.path.join(options.data, "trust.note")
        if not os.path.isfile(path):
            return None
    if path is None:
        return None
    return read_trust(path, memory=memory_folder() if options.trust_memory else None)


def _offline(question: Question, trust: TrustFile | None) -> Report:
    if question.evidence is None:
        raise InputError(
            "There is no evidence file to check offline.",
            fix=f"Put it beside the file as FILE{SUFFIX}, or name it with --evidence; or ask a service.",
        )
    return verify_evidence(
        question.evidence,
        trust=trust,
        document=question.document,
        number=question.number,
        as_of=question.as_of,
    )


def _online(question: Question, trust: TrustFile | None, options: argparse.Namespace) -> Report:
    """Ask the service, and compute all the same.

    Without an answer the question is still about now, and evidence alone can't say what holds now.
    """
    online = importlib.import_module("ledger.cli.verify_online")
    try:
        asked: verify_online.Asked = online.ask(
            data=options.data or os.environ.get("SILLOK_DATA") or DATA,
            url=options.url or os.environ.get("SILLOK_URL"),
            evidence=question.evidence,
            document=question.document,
            number=question.number,
            as_of=question.as_of,
        )
    except InfrastructureError as error:
        if question.evidence is None:
            raise
        sys.stderr.write(f"sillok: {error.what}\n  {error.fix or ''}\n")
        now = Instant(int(time.time())) if question.as_of is None else question.as_of
        return verify_evidence(
            question.evidence, trust=trust, document=question.document, number=question.number, as_of=now
        )
    evidence = question.evidence if question.evidence is not None else asked.evidence
    if evidence is None:
        return asked.report
    unanswered = asked.answers.status is None and question.as_of is None
    return verify_evidence(
        evidence,
        trust=trust,
        document=question.document,
        number=question.number,
        as_of=Instant(int(time.time())) if unanswered else question.as_of,
        chain=asked.answers.chain,
        status=asked.answers.status,
    )
