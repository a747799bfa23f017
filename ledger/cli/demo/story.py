"""What the demo does, step by step, through the same API that a clerk uses; a second run changes nothing.

Drawn values (numbers, the day) are kept in the demo's folder before anything is sent, and every submission and status
change has a fixed key: so an interrupted demo goes on where it stopped.
"""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any, Final

from ledger.cli.agency import register
from ledger.cli.anchor import quiet_anchor, wait_until_anchored, write_evidence
from ledger.cli.client import ServiceClient, local_key
from ledger.cli.console import tell
from ledger.cli.demo import certificates, procurement
from ledger.cli.demo.certificates import COUNT, Paper
from ledger.cli.demo.people import PEOPLE, add_people
from ledger.cli.status import post_change
from ledger.documents.certificate import CertificatePrinter
from ledger.hashing.digests import sha256
from ledger.settings import demo_folder
from ledger.values import Instant

AGENCY: Final = "6110000"
CONTACT: Final = "02-120 (시연)"
REVOKED_FROM_THE_START: Final = (3, 11)
REVOKED_FROM_NOW_ON: Final = (5,)
SUSPENDED: Final = (8, 13)
SUPERSEDED: Final = 17
REPLACEMENT: Final = COUNT
"""Position of the paper that replaces the superseded one: after the last of the run."""


class Demo:
    """A small Seoul inside one service."""

    def __init__(self, data: Path, url: str, printed: str) -> None:
        """`data` is the service's data folder, `url` its address now, `printed` the address on new papers."""
        self._data, self._url, self._printed = data, url, printed
        self._folder = demo_folder(data)
        self._papers_folder = self._folder / "certificates"

    def tell_all(self) -> list[str]:
        """Do everything and answer what to try next, as lines."""
        self._papers_folder.mkdir(parents=True, exist_ok=True)
        with ServiceClient(self._url, key=local_key(self._data, "operator")) as operator:
            tell(
                "  "
                + register(
                    operator,
                    self._data,
                    code=AGENCY,
                    name_ko=certificates.AGENCY_NAME,
                    name_en="Seoul (demonstration)",
                    contact=CONTACT,
                )
            )
            password = add_people(operator, AGENCY, self._folder)
        with ServiceClient(self._url, key=local_key(self._data, f"clerk-{AGENCY}")) as clerk:
            plan = [_line(submission) for submission in procurement.submissions()]
            quiet_anchor(clerk, AGENCY, "demo-procurement", plan, self._folder / "procurement.ndjson")
            papers = self._papers()
            batch, indexes = self._certificates(clerk, papers)
            wait_until_anchored(clerk, AGENCY)
            self._change(clerk, papers, indexes)
            wait_until_anchored(clerk, AGENCY)
            write_evidence(clerk, AGENCY, batch, self._papers_folder, self._named(papers[:COUNT], indexes))
            (self._folder / "trust.note").write_bytes(clerk.get_bytes("/v1/trust"))
        return self._advice(papers) + self._desk(password)

    def _papers(self) -> list[Paper]:
        kept = self._folder / "papers.json"
        if not kept.exists():
            drawn = certificates.draw_papers(
                [secrets.randbelow(10**15) for _ in range(COUNT + 1)], Instant(int(time.time()))
            )
            draft = kept.with_suffix(".new")
            document = {"address": self._printed, "papers": [paper.kept() for paper in drawn]}
            draft.write_text(json.dumps(document, ensure_ascii=False))
            draft.replace(kept)
        document = json.loads(kept.read_text())
        self._printed = document["address"]
        return [Paper(**paper) for paper in document["papers"]]

    def _certificates(self, clerk: ServiceClient, papers: list[Paper]) -> tuple[int, dict[int, int]]:
        """Set and record the run; answers its batch and the index of each position."""
        printer = CertificatePrinter()
        lines = []
        for paper in papers[:COUNT]:
            lines.append(_line(self._set(printer, paper)))
        results = self._folder / "certificates.ndjson"
        summary = quiet_anchor(clerk, AGENCY, "demo-certificates", lines, results)
        indexes = {result["line"] - 1: result["index"] for result in map(json.loads, results.open())}
        corrected = [_line(self._set(printer, papers[REPLACEMENT], supersedes=indexes[SUPERSEDED]))]
        results = self._folder / "replacement.ndjson"
        quiet_anchor(clerk, AGENCY, "demo-replacement", corrected, results)
        indexes[REPLACEMENT] = json.loads(results.read_text())["index"]
        return int(str(summary["batch"])), indexes

    def _set(self, printer: CertificatePrinter, paper: Paper, supersedes: int | None = None) -> dict[str, object]:
        pdf = printer.render(certificates.certificate(paper, self._printed))
        (self._papers_folder / paper.file_name).write_bytes(pdf)
        return certificates.submission(paper, sha256(pdf).hex(), len(pdf), supersedes)

    def _change(self, clerk: ServiceClient, papers: list[Paper], indexes: dict[int, int]) -> None:
        def act(name: str, positions: tuple[int, ...], **body: object) -> None:
            chosen = sorted(indexes[position] for position in positions)
            self._post(clerk, {"indexes": chosen, **body}, f"demo-{name}")

        act("revoke", REVOKED_FROM_THE_START, to="revoked", reason="issued-in-error", retroactive=True)
        act("withdraw", REVOKED_FROM_NOW_ON, to="revoked", reason="legal-order", retroactive=False)
        act("suspend", SUSPENDED, to="suspended", reason="process-or-key-failure")
        act("supersede", (SUPERSEDED,), to="superseded", reason="replaced", successors=[indexes[REPLACEMENT]])
        tell(f"  {len(papers)} certificates: some revoked, withdrawn, suspended, superseded, expired")

    def _post(self, clerk: ServiceClient, body: dict[str, Any], key: str) -> None:
        post_change(clerk, AGENCY, body, key)

    def _named(self, papers: list[Paper], indexes: dict[int, int]) -> Path:
        """A result file that names evidence after the PDFs."""
        path = self._folder / "names.ndjson"
        with path.open("w") as stream:
            for paper in papers:
                place = {"index": indexes[paper.position], "input": str(self._papers_folder / paper.file_name)}
                stream.write(json.dumps(place) + "\n")
        return path

    def _desk(self, password: str | None) -> list[str]:
        """How to sign in to the clerk's pages; nothing where there are no demonstration accounts."""
        if password is None:
            return []
        logins = ", ".join(login for login, _, _ in PEOPLE)
        return [f"The clerk's pages:          {self._printed}/clerk  ({logins}; password {password})"]

    def _advice(self, papers: list[Paper]) -> list[str]:
        good, revoked = papers[0], papers[REVOKED_FROM_THE_START[0]]
        trust = f"--trust {self._folder / 'trust.note'}"
        data = "" if str(self._data) == "sillok-data" else f" --data {self._data}"
        return [
            f"A number to look up:        {self._printed}/r/{good.number}",
            f"A file to verify:           sillok verify {self._papers_folder / good.file_name} {trust}{data}",
            "The same without network:   … --offline    (its evidence lies beside it)",
            f"A revoked one:              sillok verify {self._papers_folder / revoked.file_name} {trust}{data}",
            f"A procurement to follow:    sillok trace {procurement.process_id(1)}{data}",
            f"A status to change:         sillok status revoke {papers[30].number} --mode from-now-on{data}",
        ]


def _line(submission: object) -> bytes:
    return json.dumps(submission, ensure_ascii=False, separators=(",", ":")).encode()
