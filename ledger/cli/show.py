"""`sillok show NUMBER|SHA256|FILE|INDEX`: what the ledger holds of one record, as strangers may see it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.client import ServiceClient, service_url
from ledger.cli.console import invoke, new_app, say
from ledger.cli.options import AgencyOption, DataOption, JsonOption, UrlOption, the_agency
from ledger.errors import InputError, NotFoundError
from ledger.hashing.digests import sha256_file
from ledger.records.number import read_number

app = new_app("show", "Show what the ledger holds of one record.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "show", argv)


@app.command()
def show(
    *,
    what: Annotated[str, typer.Argument(help="Document number, SHA-256 in hex, a file, or a log index.")],
    agency: AgencyOption = None,
    as_json: JsonOption = False,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
) -> int:
    """Show what the ledger holds of one record."""
    with ServiceClient(service_url(data, url)) as client:
        found = _find(client, what, agency, data)
    if as_json:
        say(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for view in found:
            _print(view)
    return 0


def _find(client: ServiceClient, what: str, agency: str | None, data: Path) -> list[dict[str, Any]]:
    is_digest = re.fullmatch(r"[0-9a-f]{64}", what) is not None
    if is_digest or Path(what).is_file():
        digest = what if is_digest else sha256_file(Path(what))[0].hex()
        records = list(client.get("/v1/records", sha256=digest)["records"])
        if not records:
            raise NotFoundError("No record has this SHA-256.", where=digest, fix="Show the file as it was anchored.")
        return records
    if re.fullmatch(r"[0-9 -]{16,}", what):
        return [client.get("/v1/records", number=read_number(what))]
    if what.isascii() and what.isdigit():
        return [client.get(f"/v1/agencies/{the_agency(agency, data, None)}/records/{int(what)}")]
    raise InputError(
        f"{what!r} is no document number, SHA-256, file or log index.",
        fix="A number has 16 digits, a SHA-256 64 hex digits.",
    )


def _print(view: dict[str, Any]) -> None:
    record, status, anchor = view["record"], view["status"], view["anchor"]
    say(f"Record {view['index']} of {view['origin']}")
    rows = [
        ("kind", record["kind"]),
        ("number", view.get("number")),
        ("recorded", f"{record['recordedAt']} (claimed)"),
        ("anchored", f"{anchor['time']} in block {anchor['block']}, size {anchor['size']}" if anchor else "not yet"),
        ("status", f"{status['worse']} (as of {status['asOf']})" if status else "not on the chain yet"),
        ("in force from", record.get("validFrom")),
        ("in force until", record.get("validUntil")),
        ("process", "{id}, step {seq}".format(**record["process"]) if "process" in record else None),
        ("supersedes", record.get("supersedes")),
    ]
    for name, value in rows:
        if value is not None:
            say(f"  {name:<16}{value}")
    withheld = 0
    for fact in view["facts"]:
        if "path" in fact:
            say(f"  {fact['path']:<16} {fact['value']}")
        else:
            withheld += int(fact["withheld"])
    if view.get("erased"):
        say("  The office erased the facts of this record.")
    elif withheld:
        say(f"  {withheld} facts are withheld from strangers.")
