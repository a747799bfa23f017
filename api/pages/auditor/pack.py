"""The pack of an award: a ZIP that can be checked on any machine, without this service and without a network."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from api.pages.rendering import WORDS
from api.pages.words import LANGUAGES
from ledger.hashing.digests import sha256
from ledger.procurement.export import Export, parse_export
from ledger.records.evidence import parse_evidence
from ledger.records.record import parse_record
from ledger.values import format_instant
from ledger.wiring import Services, now

EXPORT: Final = "export.json"
TRUST: Final = "trust.note"
SUMS: Final = "SHA256SUMS"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: the format's own zero, so that the same files make the same archive."""


def make_pack(services: Services, ocid: str, address: str) -> bytes:
    """The archive: evidence of each step, the export of them all, the trust file, how to check, and digests.

    Raises:
        NotFoundError: no record names this process.
        ConflictError: a step was erased, so there is no evidence of it any more.
    """
    content = services.tracing.export(ocid)
    export = parse_export(content)
    files = {EXPORT: content, TRUST: services.trust.write(now()).encode(), **_steps(export)}
    files |= _readmes(export, address, first=next(name for name in files if name.startswith("steps/")))
    files[SUMS] = "".join(f"{sha256(body).hex()}  {name}\n" for name, body in sorted(files.items())).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            out.writestr(entry, body)
    return archive.getvalue()


def _steps(export: Export) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for step in export.steps:
        kind = parse_record(parse_evidence(step.evidence).leaf).kind.rpartition("/")[2]
        name = f"steps/{step.place.seq:03d}-{kind}"
        # Two logs may each have a step of the same number.
        if f"{name}.evidence" in files:
            name += f"-{step.place.index}"
        files[f"{name}.evidence"] = step.evidence
    return files


def _readmes(export: Export, address: str, *, first: str) -> Mapping[str, bytes]:
    values = {
        "ocid": export.process_id,
        "count": len(export.steps),
        "address": address,
        "time": format_instant(now()),
        "first": first,
    }
    return {f"README.{language}.txt": WORDS[language].say("pack_readme", **values).encode() for language in LANGUAGES}
