"""`sillok status suspend|resume|revoke|supersede|show`: the status of single records."""

from __future__ import annotations

import json
import secrets
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ledger.cli.client import ServiceClient, local_key, service_url
from ledger.cli.console import NEGATIVE, invoke, new_app, say
from ledger.cli.options import AgencyOption, DataOption, JsonOption, KeyFileOption, UrlOption, the_agency
from ledger.errors import InfrastructureError, InputError
from ledger.records.number import read_number
from ledger.values import Reason

app = new_app("status", "Suspend, resume, revoke or supersede records, or show the history of one.")
WAIT_S: Final = 120
POLL_S: Final = 0.3

Records = Annotated[list[str], typer.Argument(help="Document numbers or log indexes.")]
WhyOption = Annotated[str, typer.Option(help="Reason: " + ", ".join(reason.word for reason in Reason))]


class Mode(StrEnum):
    """Whether a revocation reaches back: 취소 or 철회."""

    FROM_THE_START = "from-the-start"
    FROM_NOW_ON = "from-now-on"


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "status", argv)


@app.command()
def suspend(
    *,
    records: Records,
    reason: WhyOption = "unspecified",
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Take records out of force until they are resumed (정지)."""
    body = {"to": "suspended", "reason": reason, **select(records)}
    return change(body, agency, data, url, key_file)


@app.command()
def resume(
    *,
    records: Records,
    reason: WhyOption = "unspecified",
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """End a suspension (정지 해제)."""
    body = {"to": "active", "reason": reason, **select(records)}
    return change(body, agency, data, url, key_file)


@app.command()
def revoke(
    *,
    records: Records,
    mode: Annotated[Mode, typer.Option(help="취소: from-the-start; 철회: from-now-on.")],
    reason: WhyOption = "unspecified",
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Revoke records for ever: from the start (취소) or from now on (철회)."""
    body = {"to": "revoked", "retroactive": mode is Mode.FROM_THE_START, "reason": reason, **select(records)}
    return change(body, agency, data, url, key_file)


@app.command()
def supersede(
    *,
    record: Annotated[str, typer.Argument(help="Number or index of the old record.")],
    successor: Annotated[int, typer.Argument(help="Log index of the new record, which names the old one.")],
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Say that a newer record replaces this one (대체)."""
    body = {"to": "superseded", "reason": "replaced", "successors": [successor], **select([record])}
    return change(body, agency, data, url, key_file)


@app.command()
def show(
    *,
    record: Annotated[int, typer.Argument(help="Log index of the record.")],
    agency: AgencyOption = None,
    as_json: JsonOption = False,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
) -> int:
    """Show every change of a record's status, oldest first."""
    code = the_agency(agency, data, None)
    with ServiceClient(service_url(data, url)) as client:
        history = client.get(f"/v1/agencies/{code}/records/{record}/history")
    if as_json:
        say(json.dumps(history, ensure_ascii=False, indent=2))
        return 0
    for act in history["acts"]:
        reach = " from the start" if act.get("retroactive") else ""
        whole = " (whole batch)" if act.get("batch") else ""
        say(f"{act['time']}  {act['from']} → {act['to']}{reach}{whole}, {act['reason']}, block {act['block']}")
    say(f"Now: {history['status']['worse']} (as of {history['status']['asOf']})")
    return 0


def select(records: list[str]) -> dict[str, object]:
    """Which records are meant, as the API takes them: all by number, or all by index.

    Raises:
        InputError: both kinds are mixed.
    """
    indexes = [int(text) for text in records if text.isascii() and text.isdigit() and len(text) < 16]
    if indexes and len(indexes) != len(records):
        raise InputError("Numbers and log indexes are mixed.", fix="Name all records in the same way.")
    return {"indexes": sorted(indexes)} if indexes else {"numbers": [read_number(text) for text in records]}


def change(body: dict[str, object], agency: str | None, data: Path, url: str | None, key_file: Path | None) -> int:
    """Send one change and wait until the chain has it; prints what was touched."""
    code = the_agency(agency, data, key_file)
    with ServiceClient(service_url(data, url), key=local_key(data, f"clerk-{code}", key_file)) as client:
        act = post_change(client, code, body, secrets.token_hex(16))
    if act["state"] == "refused":
        say(f"Act {act['act']} was refused by the contract: {act['problem']}")
        return NEGATIVE
    say(f"{act['touched']} now {body['to']}; act {act['act']} is final on the chain.")
    return 0


def post_change(client: ServiceClient, agency: str, body: dict[str, object], key: str) -> dict[str, Any]:
    """Send one change and wait until it is final or refused.

    Raises:
        InfrastructureError: the chain took too long. The act is kept and counts as in force already.
    """
    act: dict[str, Any] = client.post(f"/v1/agencies/{agency}/status", body, idempotency_key=key)
    number, deadline = act["act"], time.monotonic() + WAIT_S
    while act["state"] not in {"final", "refused"}:
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"Act {number} is accepted and counts as in force, but is not final on the chain yet.",
                fix="Nothing is lost: the service goes on sending it.",
            )
        time.sleep(POLL_S)
        act = client.get(f"/v1/agencies/{agency}/status/{number}")
    return act
