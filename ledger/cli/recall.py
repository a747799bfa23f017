"""`sillok recall --batch N`: revoke a whole issuing batch of any size at once, or a list of records from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import invoke, new_app, tell
from ledger.cli.options import AgencyOption, DataOption, KeyFileOption, UrlOption
from ledger.cli.status import Mode, WhyOption, change, select
from ledger.errors import InputError

app = new_app("recall", "Revoke a whole issuing batch, or a list of records, at once.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "recall", argv)


@app.command()
def recall(
    *,
    batch: Annotated[int | None, typer.Option(min=1, help="Number of the issuing batch.")] = None,
    listed: Annotated[Path | None, typer.Option("--list", help="File with a number or index per line.")] = None,
    mode: Annotated[Mode, typer.Option(help="취소: from-the-start; 철회: from-now-on.")] = Mode.FROM_THE_START,
    reason: WhyOption = "issued-in-error",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Revoke a whole issuing batch, or a list of records, at once. It can't be undone."""
    if (batch is None) == (listed is None):
        raise InputError("Say what is to be recalled.", fix="Give either --batch N or --list FILE.")
    meant: dict[str, object] = {"batch": batch} if batch is not None else select(_read(listed))
    if not yes:
        typer.confirm(f"Revoke {'batch ' + str(batch) if batch else listed} for ever?", abort=True, err=True)
    tell("Recalling …")
    body = {"to": "revoked", "retroactive": mode is Mode.FROM_THE_START, "reason": reason, **meant}
    return change(body, agency, data, url, key_file)


def _read(path: Path | None) -> list[str]:
    assert path is not None
    try:
        records = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The list cannot be read as text.", where=str(path)) from error
    if not records:
        raise InputError("The list is empty.", where=str(path))
    return records
