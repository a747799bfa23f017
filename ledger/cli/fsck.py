"""`sillok fsck`: recompute everything in a data folder, compare it with the chain, and name what differs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import NEGATIVE, ask_password, invoke, new_app, say, tell
from ledger.cli.options import JsonOption, KeystorePasswordFileOption, RpcUrlOption
from ledger.cli.progress import EVERY_S
from ledger.errors import InputError
from ledger.log.collector import calm_collector
from ledger.log.fsck_findings import Finding, Severity
from ledger.settings import load_settings
from ledger.wiring import open_services

app = new_app("fsck", "Recompute everything in a data folder and compare it with the chain.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "fsck", argv)


@app.command()
def fsck(
    *,
    data: Annotated[Path | None, typer.Option(help="Folder of a service that doesn't run now.")] = None,
    rpc_url: RpcUrlOption = None,
    keystore_password_file: KeystorePasswordFileOption = None,
    as_json: JsonOption = False,
) -> int:
    """Recompute every tree, checkpoint, status and anchor and compare with the chain. Nothing is changed."""
    settings = load_settings(data=data, rpc_url=rpc_url, keystore_password_file=keystore_password_file)
    if not (settings.data / "ledger.db").exists():
        raise InputError("There is no ledger in this folder.", where=str(settings.data), fix="Name it with --data.")
    services = open_services(settings, ask_password=ask_password)
    calm_collector()
    count = dict.fromkeys(Severity, 0)
    try:
        for finding in services.fsck.run(_Progress()):
            count[finding.severity] += 1
            _print(finding, as_json=as_json)
    finally:
        services.close()
    tell(f"fsck: {count[Severity.ERROR]} errors, {count[Severity.WARNING]} warnings.")
    return NEGATIVE if count[Severity.ERROR] else 0


class _Progress:
    """A line now and then: fsck of millions of records takes minutes."""

    def __init__(self) -> None:
        self._next = time.monotonic() + EVERY_S

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            tell(f"{what}: {done:,} of {total:,}")


def _print(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        members = ("severity", "kind", "what", "where", "fix")
        say(json.dumps({name: str(getattr(finding, name)) for name in members}, ensure_ascii=False))
    else:
        say(f"{finding.severity}: {finding.where}: {finding.what} [{finding.kind}]\n  {finding.fix}")
