"""`sillok backup DEST`: copy everything of a data folder, while its service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import invoke, new_app, say, tell
from ledger.settings import load_settings
from ledger.wiring import back_up

app = new_app("backup", "Copy everything of a data folder into a new one, while its service runs.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "backup", argv)


@app.command()
def backup(
    *,
    to: Annotated[Path, typer.Argument(metavar="DEST", help="Folder of the backup; must not be there yet.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the service, running or not.")] = None,
) -> int:
    """Copy everything: what was acknowledged before this began is in it, and every key. Guard it as the folder."""
    settings = load_settings(data=data)
    manifest = back_up(settings, to)
    for origin, size in manifest.logs.items():
        say(f"{origin}: {size:,} records")
    size = sum(length for _, length in manifest.files.values())
    say(f"{to}: {len(manifest.files)} files, {size:,} bytes.")
    tell("Keys of records are in it too: an erased record's key lives as long as the oldest backup that holds it.")
    return 0
