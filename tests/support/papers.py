"""One issued certificate for each verdict, and its file on the citizen's disk."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.office import small_office
from support.reader import SECRET
from support.service import SEOUL, Office

from ledger.errors import ChainError
from ledger.store.record_keys import open_record_keys
from ledger.values import AgencyCode, LogIndex
from ledger.verification.gathering import HEAD_AGE_S


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A file, and beside it what was issued with it."""

    file: Path
    number: str
    index: int
    evidence: Path

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Desk:
    """Issues into one office, and keeps the files in one folder."""

    office: Office
    folder: Path

    def file(self, name: str) -> Path:
        path = self.folder / f"{name}.pdf"
        path.write_bytes(b"%PDF-1.7 /Font " + SECRET + str(self.folder).encode() + name.encode())
        return path

    def issue(self, name: str, **members: object) -> Paper:
        file = self.file(name)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        facts = {"holder.name": "홍길동"}
        record = self.office.issue({"kind": "certificate", "sha256": sha256, "facts": facts, **members})
        evidence = self.folder / f"{name}.evidence.json"
        return Paper(file=file, number=str(record["number"]), index=int(str(record["index"])), evidence=evidence)

    def keep_evidence(self, paper: Paper) -> None:
        """What the citizen took home on the day of issue."""
        self.office.wait_anchored(paper.index + 1)
        got = self.office.get(f"/v1/agencies/{SEOUL}/records/{paper.index}/evidence")
        assert got.status_code == 200, got.text
        paper.evidence.write_bytes(got.content)

    def change(self, to: str, *papers: Paper, **more: object) -> None:
        """A status act, final before this returns."""
        asked = {"to": to, "reason": "unspecified", "indexes": [paper.index for paper in papers], **more}
        answer = self.office.call("POST", f"/v1/agencies/{SEOUL}/status", role="clerk", json=asked)
        assert answer.status_code == 202, answer.text
        end = time.monotonic() + 60
        while self.office.get(f"/v1/agencies/{SEOUL}/status/{answer.json()['act']}").json()["state"] != "final":
            assert time.monotonic() < end
            time.sleep(0.05)

    def erase(self, paper: Paper) -> None:
        keys = open_record_keys(self.office.settings.data / "record-keys.db")
        log = self.office.services.agencies.log(AgencyCode(SEOUL))
        keys.destroy(log.log_no, LogIndex(paper.index))
        keys.close()

    @contextmanager
    def unanchored(self, name: str) -> Iterator[Paper]:
        """A paper of which nothing is final yet: the chain's turn comes only after the story."""
        self.office.services.loop.stop()
        try:
            yield self.issue(name)
        finally:
            self.office.services.loop.start()


def one_of_each(office: Office, folder: Path) -> dict[str, Paper]:
    """A paper for each verdict that a record can have by itself, by the verdict's name, and `withdrawn`."""
    desk = Desk(office, folder)
    papers = {
        name: desk.issue(name) for name in ("valid", "revoked", "withdrawn", "suspended", "superseded", "erased")
    }
    papers["expired"] = desk.issue("expired", validUntil="2026-01-31T15:00:00Z")
    papers["not-yet-in-force"] = desk.issue("not-yet-in-force", validFrom="2099-01-01T00:00:00Z")
    newer = desk.issue("newer", supersedes=papers["superseded"].index)
    for paper in (*papers.values(), newer):
        desk.keep_evidence(paper)
    papers["newer"] = newer
    desk.change("revoked", papers["revoked"], retroactive=True)
    desk.change("revoked", papers["withdrawn"])
    desk.change("suspended", papers["suspended"])
    desk.change("superseded", papers["superseded"], successors=[newer.index])
    desk.erase(papers["erased"])
    return papers


def stranger(folder: Path) -> Paper:
    """A paper with evidence of a log that this service's trust file does not know."""
    desk = small_office()
    file, evidence = folder / "stranger.pdf", folder / "stranger.evidence.json"
    file.write_bytes(b"a certificate, byte for byte")
    evidence.write_bytes(desk.evidence())
    return Paper(file=file, number="", index=0, evidence=evidence)


@contextmanager
def silent_chain(office: Office) -> Iterator[None]:
    """The chain answers nobody, and what it answered a moment ago is no longer taken for new."""

    def silent() -> None:
        raise ChainError("The chain does not answer.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.services.chain, "head", silent)
        time.sleep(HEAD_AGE_S)
        yield
