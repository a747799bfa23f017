"""`sillok trust [--out FILE]`: the signed file that tells a verifier which chains, logs and keys count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.client import ServiceClient, service_url
from ledger.cli.console import invoke, new_app, say, tell
from ledger.cli.options import DataOption, UrlOption
from ledger.hashing.digests import sha256

app = new_app("trust", "Write the trust file that `sillok verify` believes from the start.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "trust", argv)


@app.command()
def trust(
    *,
    out: Annotated[Path, typer.Option(help="File to write; - for standard output.")] = Path("trust.note"),
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
) -> int:
    """Write the trust file that `sillok verify` believes from the start."""
    with ServiceClient(service_url(data, url)) as client:
        note = client.get_bytes("/v1/trust")
    if str(out) == "-":
        say(note.decode().rstrip("\n"))
        return 0
    out.write_bytes(note)
    say(f"{out}  sha256 {sha256(note).hex()}")
    tell("Hand the digest over by another way than the file: whoever swaps the file decides who is an issuer.")
    return 0
