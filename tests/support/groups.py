"""Group commits of made-up records, for tests of the store alone: nothing in them is a real tree or signature."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ledger.ports.records import GroupCommit, LogInfo, NewRecord
from ledger.values import AgencyCode, Digest32, Instant, LeafHash, LogId, Origin, Root, TreeSize


def digest(text: str) -> Digest32:
    return Digest32(hashlib.sha256(text.encode()).digest())


def number(value: int) -> str:
    digits = f"{value:016d}"
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def new_record(
    name: str,
    *,
    sha256: Digest32 | None = None,
    number: str | None = None,
    key: str | None = None,
    kind: str = "certificate",
    batch: int | None = None,
    process: tuple[str, int] | None = None,
) -> NewRecord:
    return NewRecord(
        leaf=b'{"name":"%s"}' % name.encode(),
        leaf_hash=LeafHash(digest("leaf " + name)),
        sealed_facts=b"sealed " + name.encode(),
        sha256=sha256,
        number=number,
        idempotency_key=key,
        request_digest=digest("request " + name),
        kind=kind,
        batch=batch,
        process_id=process[0] if process else None,
        process_seq=process[1] if process else None,
    )


def group(log: LogInfo | int, old_size: int, records: Sequence[NewRecord], *, at: int = 1_000) -> GroupCommit:
    size = old_size + len(records)
    return GroupCommit(
        log_no=log if isinstance(log, int) else log.log_no,
        old_size=TreeSize(old_size),
        size=TreeSize(size),
        root=Root(digest(f"root {size}")),
        records=records,
        tiles={(0, size // 256): digest(f"tile {size}")},
        checkpoint=f"checkpoint {size}",
        receipt=f"receipt {size}",
        signed_at=Instant(at),
        deadline=Instant(at + 3600),
    )


def log_values(agency: str, generation: int = 1, start: int = 0) -> dict[str, object]:
    origin = f"sillok.example/{agency}" + (f"/{generation}" if generation > 1 else "")
    return {
        "origin": Origin(origin),
        "log_id": LogId(digest(origin)),
        "agency": AgencyCode(agency),
        "generation": generation,
        "max_delay_s": 3600,
        "start": TreeSize(start),
    }
