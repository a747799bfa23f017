"""`sillok restore BACKUP`: make a data folder out of a backup, unless it would contradict the chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import NEGATIVE, invoke, new_app, say, tell
from ledger.settings import load_settings
from ledger.wiring import restore as restore_folder

app = new_app("restore", "Make a data folder out of a backup, unless it would contradict the chain.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "restore", argv)


@app.command()
def restore(
    *,
    backup: Annotated[Path, typer.Argument(help="Folder that sillok backup made.")],
    data: Annotated[Path | None, typer.Option(help="New data folder; may hold a chain/ to be kept.")] = None,
    rpc_url: Annotated[str | None, typer.Option(help="Ethereum JSON-RPC instead of the embedded chain.")] = None,
    finality: Annotated[str | None, typer.Option(help="instant, depth:N or finalized.")] = None,
    keystore_password_file: Annotated[Path | None, typer.Option(help="File with the keystore's password.")] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where newer records are lost; their logs accept nothing then.")
    ] = False,
) -> int:
    """Put a backup in place. Refused where the chain holds records that the backup lacks: it would fork the log."""
    settings = load_settings(
        data=data, rpc_url=rpc_url, finality=finality, keystore_password_file=keystore_password_file
    )
    manifest, contradicted = restore_folder(settings, backup, anyway=anyway)
    for origin, size in manifest.logs.items():
        say(f"{origin}: {size:,} records")
    for problem in contradicted:
        tell(str(problem))
    tell(f"{settings.data} is ready. Compare it whole: sillok fsck --data {settings.data}")
    return NEGATIVE if contradicted else 0
