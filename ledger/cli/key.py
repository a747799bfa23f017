"""`sillok key list|rotate|compromised|undo`: the agency's signing keys on the chain."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.cli.client import ServiceClient, operator_client, service_url
from ledger.cli.console import NEGATIVE, invoke, new_app, say
from ledger.cli.options import AgencyOption, DataOption, KeyFileOption, UrlOption, the_agency
from ledger.errors import FormatError, InfrastructureError
from ledger.values import parse_instant

app = new_app("key", "List, rotate or declare compromised the agency's signing keys.")
WAIT_S: Final = 120
POLL_S: Final = 0.3


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "key", argv)


@app.command("list")
def list_keys(*, agency: AgencyOption = None, data: DataOption = Path("sillok-data"), url: UrlOption = None) -> int:
    """List the agency's keys with their windows, as the chain has them."""
    code = the_agency(agency, data, None)
    with ServiceClient(service_url(data, url)) as client:
        for key in client.get(f"/v1/agencies/{code}/keys")["keys"]:
            until = key.get("notAfter") or "no end"
            since = f"  COMPROMISED since {key['compromisedSince']}" if key.get("compromisedSince") else ""
            say(f"{key['role']:<8} {key['keyId']}  {key['notBefore']} to {until}{since}")
    return 0


@app.command()
def rotate(
    *,
    role: Annotated[str, typer.Argument(help="note, receipt, anchor or status.")],
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Draw a new key, register it on the chain, sign with it from now on, and end the old one."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        key = client.post(f"/v1/agencies/{code}/keys", {"role": role})
    say(f"The {role} key of {code} is now {key['keyId']}. Write the trust file anew: sillok trust.")
    return 0


@app.command()
def compromised(
    *,
    key_id: Annotated[str, typer.Argument(help="The key's id, 64 hex digits.")],
    since: Annotated[str | None, typer.Option(help="Since when, YYYY-MM-DDTHH:MM:SSZ [default: now].")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Declare a key compromised: what it signs at or after that instant is void. It can't be undone."""
    code = the_agency(agency, data, key_file)
    checked(key_id)
    if since is not None:
        parse_instant(since)
    if not yes:
        typer.confirm(f"Declare {key_id} of {code} compromised for ever?", abort=True, err=True)
    with operator_client(data, url, key_file) as client:
        path = f"/v1/agencies/{code}/keys/{key_id}/compromised"
        key = client.post(path, {"since": since} if since else {})
    say(f"{key['keyId']} counts as compromised since {key['compromisedSince']}. Write the trust file anew.")
    if key["role"] in ("status", "officer"):
        say("What it revoked or superseded since then is void. Revoke first what the office itself wants revoked.")
        say(f"That counts at once. Then take the key's acts back on chain too: sillok key undo {key_id}")
    return 0


@app.command()
def undo(
    *,
    key_id: Annotated[str, typer.Argument(help="The compromised STATUS or OFFICER key's id, 64 hex digits.")],
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Take back on chain what a compromised key revoked or superseded, newest first, and wait until it is done."""
    code = the_agency(agency, data, key_file)
    path = f"/v1/agencies/{code}/keys/{checked(key_id)}/undo"
    deadline, first = time.monotonic() + WAIT_S, None
    with operator_client(data, url, key_file) as client:
        while True:
            state = client.post(path, {})
            first = state["standing"] if first is None else first
            if state["problem"]:
                say(f"{state['standing']} acts are still to be undone: {state['problem']}")
                return NEGATIVE
            if not state["standing"] and not state["onTheWay"]:
                say(f"Undone: {first}. No act of this key stands on the chain since it was compromised.")
                return 0
            if time.monotonic() > deadline:
                raise InfrastructureError(
                    f"{state['standing']} acts are still to be undone; the chain takes its time.",
                    fix="They are void already in every verdict. Give the same command again.",
                )
            time.sleep(POLL_S)


def checked(key_id: str) -> str:
    """A key's id as it was typed.

    Raises:
        FormatError: it is none.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", key_id):
        raise FormatError(f"{key_id[:80]!r} is no key's id.", fix="It has 64 hex digits. See: sillok key list")
    return key_id
