"""Options that several subcommands share: the same word means the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import InputError
from ledger.values import parse_agency

DataOption = Annotated[Path, typer.Option(envvar="SILLOK_DATA", help="Data folder of the service.")]
UrlOption = Annotated[
    str | None, typer.Option(envvar="SILLOK_URL", help="Address of the service [default: the one of --data].")
]
KeyFileOption = Annotated[Path | None, typer.Option(help="File with an API key [default: the one in --data].")]
AgencyOption = Annotated[
    str | None, typer.Option(help="Agency code, seven digits [default: the only one with a key in --data].")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def the_agency(given: str | None, data: Path, key_file: Path | None) -> str:
    """The agency that is meant: as given, else the only one whose clerk's key lies in the data folder.

    Raises:
        InputError: none is given and not exactly one is there, or the code is malformed.
    """
    if given:
        return parse_agency(given)
    found = sorted(path.stem.removeprefix("clerk-") for path in data.glob("clerk-*.key"))
    if key_file is None and len(found) == 1:
        return found[0]
    if found:
        known = ", ".join(found)
        raise InputError(f"Which agency is meant? Keys are there for: {known}.", fix="Say it with --agency CODE.")
    raise InputError(
        "Which agency is meant? No clerk's key is in this folder.",
        where=str(data),
        fix="Say it with --agency CODE, or name the service's folder with --data.",
    )


RpcUrlOption = Annotated[str | None, typer.Option(help="Ethereum JSON-RPC instead of the embedded chain.")]
KeystorePasswordFileOption = Annotated[Path | None, typer.Option(help="File with the keystore's password.")]
