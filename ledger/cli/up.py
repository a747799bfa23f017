"""`sillok up`: the whole service on one data folder, until it is stopped."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import invoke, new_app, tell
from ledger.cli.options import KeystorePasswordFileOption, RpcUrlOption
from ledger.holding import hold_folder
from ledger.settings import load_settings

app = new_app("up", "Run the service: API, pages, sequencer and, by default, its own chain.")


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "up", argv)


@app.command()
def up(
    *,
    data: Annotated[Path | None, typer.Option(help="Folder of everything that the service keeps.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: a free one.")] = None,
    public_url: Annotated[str | None, typer.Option(help="Address printed on papers.")] = None,
    log_name: Annotated[str | None, typer.Option(help="First part of every log's origin, for ever.")] = None,
    rpc_url: RpcUrlOption = None,
    finality: Annotated[str | None, typer.Option(help="instant, depth:N or finalized.")] = None,
    keystore_password_file: KeystorePasswordFileOption = None,
    demo: Annotated[bool, typer.Option("--demo", help="Fill the service with a small Seoul.")] = False,
) -> int:
    """Run the service until Ctrl-C or SIGTERM. Every setting is also read from SILLOK_… in the environment."""
    settings = load_settings(
        data=data,
        host=host,
        port=port,
        public_url=public_url,
        log_name=log_name,
        rpc_url=rpc_url,
        finality=finality,
        keystore_password_file=keystore_password_file,
    )
    begin = time.monotonic()
    tell(f"Opening {settings.data} …")
    with hold_folder(settings) as folder:
        # Loaded only now: web, store and services take as long as what the chain's process loads meanwhile.
        importlib.import_module("ledger.cli.serving").serve(folder, begin, demo=demo)
    return 0
