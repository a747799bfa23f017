"""`sillok up`: the whole service on one data folder, until it is stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TextIO

import typer
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.logs import configure_logs
from api.server import server_for
from ledger.cli.client import SERVICE_FILE
from ledger.cli.console import ask_password, invoke, new_app, say, tell
from ledger.cli.demo.story import Demo
from ledger.cli.options import KeystorePasswordFileOption, RpcUrlOption
from ledger.durable import replace_durably
from ledger.errors import InfrastructureError, SillokError
from ledger.log.collector import calm_collector
from ledger.ports.agencies import ApiRole
from ledger.settings import Settings, load_settings
from ledger.values import AgencyCode
from ledger.wiring import Services, open_services

app = new_app("up", "Run the service: API, pages, sequencer and, by default, its own chain.")
OPERATOR = AgencyCode("0000000")
"""The operator's API key is kept under this code, which no agency has."""
OPERATOR_KEY = "operator.key"
LOG_FILE = "service.log"


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
    calm_collector()
    tell(f"Opening {settings.data} …")
    services = open_services(settings, ask_password=ask_password)
    configure_logs(_log_stream(settings))
    try:
        _keep_operator_key(services)
        listener = _listen(settings)
        services.start()
        try:
            _serve(services, listener, begin, demo=demo)
        finally:
            services.stop()
            listener.close()
    finally:
        with suppress(OSError):
            (settings.data / SERVICE_FILE).unlink()
        services.close()
    return 0


def _serve(services: Services, listener: socket.socket, begin: float, *, demo: bool) -> None:
    """Answer requests until the process is told to stop."""
    settings = services.settings
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    web = create_app(services, settings)
    server = server_for(
        web,
        host=host,
        port=port,
        trusted_proxies=list(settings.trusted_proxies),
        leaving=lambda: _let_go(web),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: _stop(server))
    document = {"url": url, "rpc": services.rpc_url, "pid": os.getpid()}
    replace_durably(settings.data / SERVICE_FILE, json.dumps(document).encode())
    tell(f"Sillok answers at {url} after {time.monotonic() - begin:.1f} s. Stop it with Ctrl-C.")
    if settings.rpc_url is None:
        tell("Its chain is run by this one operator and proves nothing against that operator; verdicts say so.")
        tell(f"The keystore's password lies beside it in {settings.data}: whoever has the folder has the keys.")
    if demo:
        threading.Thread(target=_demo, args=(settings, url, server), name="demo", daemon=True).start()
    server.run(sockets=[listener])


def _demo(settings: Settings, url: str, server: uvicorn.Server) -> None:
    """Build the small Seoul beside the running service, through its own API."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    tell("Building a small Seoul …")
    try:
        for line in Demo(settings.data, url, settings.public_url or url).tell_all():
            say(line)
    except SillokError as error:
        # The service itself is well and goes on; the same command builds the rest.
        tell(f"The demo is not whole: {error}")
    sys.stdout.flush()


def _keep_operator_key(services: Services) -> None:
    """Make the operator's API key at the first start, readable by the owner of the folder only."""
    path = services.settings.data / OPERATOR_KEY
    if not path.exists():
        made = services.agencies.create_api_key(OPERATOR, ApiRole.ADMINISTRATOR, "operator")
        replace_durably(path, made.secret.encode() + b"\n")


def _log_stream(settings: Settings) -> TextIO:
    """Requests are logged to standard error, but to a file where a person watches: they want to read our words."""
    return (settings.data / LOG_FILE).open("a", encoding="utf-8", buffering=1) if sys.stderr.isatty() else sys.stderr


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything is started, so that a taken one is told at once.

    Raises:
        InfrastructureError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise InfrastructureError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}.",
            fix="Give another with --port or SILLOK_PORT; 0 takes a free one.",
        ) from error
    return listener


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _let_go(web: FastAPI) -> None:
    """Pages that watch a run are let go at once, and come again after the restart; the rest is waited for."""
    web.state.streams.closing = True
