"""`sillok agency add|list|show|api-key …`: agencies and their clerks' API keys; run by the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.client import ServiceClient, operator_client, service_url
from ledger.cli.console import invoke, new_app, say
from ledger.cli.options import AgencyOption, DataOption, KeyFileOption, UrlOption, the_agency
from ledger.durable import replace_durably
from ledger.values import parse_agency

app = new_app("agency", "Register agencies, list them, and manage their clerks' API keys.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "agency", argv)


@app.command()
def add(
    *,
    code: Annotated[str, typer.Argument(help="Standard administrative code, seven digits.")],
    name_ko: Annotated[str, typer.Option(help="Name in Korean.")],
    name_en: Annotated[str, typer.Option(help="Name in English.")],
    contact: Annotated[str, typer.Option(help="Where people ask: a telephone number or an address.")],
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Register an agency: draw its keys, register them on the chain, open its log."""
    with operator_client(data, url, key_file) as client:
        say(register(client, data, code=parse_agency(code), name_ko=name_ko, name_en=name_en, contact=contact))
    return 0


@app.command("list")
def list_agencies(*, data: DataOption = Path("sillok-data"), url: UrlOption = None) -> int:
    """List the agencies of this service."""
    with ServiceClient(service_url(data, url)) as client:
        for agency in client.get("/v1/agencies")["agencies"]:
            say(f"{agency['code']}  {agency['nameKo']} / {agency['nameEn']}  {agency['contact']}")
    return 0


@app.command()
def show(*, code: str, data: DataOption = Path("sillok-data"), url: UrlOption = None) -> int:
    """Show an agency's log and its keys with their windows."""
    with ServiceClient(service_url(data, url)) as client:
        agency = client.get(f"/v1/agencies/{parse_agency(code)}")
        keys = client.get(f"/v1/agencies/{code}/keys")["keys"]
    log, anchored = agency["log"], agency["log"]["anchored"]
    say(f"{agency['code']}  {agency['nameKo']} / {agency['nameEn']}  {agency['contact']}")
    say(f"  log {log['origin']}: {log['size']:,} records, {anchored['size'] if anchored else 0:,} anchored")
    for key in keys:
        until = f" until {key['notAfter']}" if key.get("notAfter") else ""
        since = f", COMPROMISED since {key['compromisedSince']}" if key.get("compromisedSince") else ""
        say(f"  {key['role']:<8}{key['keyId']} from {key['notBefore']}{until}{since}")
    return 0


@app.command()
def new_api_key(
    *,
    role: Annotated[str, typer.Option(help="clerk, approver or administrator.")] = "clerk",
    label: Annotated[str, typer.Option(help="Whose key it is, for lists.")],
    out: Annotated[Path, typer.Option(help="File to write the key to; it is shown nowhere else.")],
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Make an API key and write it to a file that only you can read."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        answer = client.post(f"/v1/agencies/{code}/api-keys", {"role": role, "label": label})
    replace_durably(out, answer["apiKey"].encode() + b"\n")
    say(f"Key {answer['keyNo']} ({role}) of {code} is in {out}.")
    return 0


@app.command()
def api_keys(
    *,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """List an agency's API keys (never the keys themselves)."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        for key in client.get(f"/v1/agencies/{code}/api-keys")["keys"]:
            ended = f"  revoked {key['revokedAt']}" if key.get("revokedAt") else ""
            say(f"{key['keyNo']:>4}  {key['role']:<14}{key['label']}  since {key['createdAt']}{ended}")
    return 0


@app.command()
def revoke_api_key(
    *,
    key_no: Annotated[int, typer.Argument(help="Number of the key, from `api-keys`.")],
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Revoke an API key at once."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        client.delete(f"/v1/agencies/{code}/api-keys/{key_no}")
    say(f"Key {key_no} of {code} is revoked.")
    return 0


def register(client: ServiceClient, data: Path, *, code: str, name_ko: str, name_en: str, contact: str) -> str:
    """Register an agency and keep its first clerk's key in the data folder; answers a sentence about it."""
    body = {"code": code, "nameKo": name_ko, "nameEn": name_en, "contact": contact}
    answer = client.post("/v1/agencies", body)
    path = data / f"clerk-{code}.key"
    if answer.get("apiKey"):
        replace_durably(path, answer["apiKey"].encode() + b"\n")
        return f"{answer['origin']} is open. The clerk's API key is in {path}."
    return f"{answer['origin']} is open already."
