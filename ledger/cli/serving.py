"""The part of `sillok up` that needs web, store and services: it runs them on a folder that is held already."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Final, TextIO

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.logs import configure_logs
from api.server import server_for
from ledger.cli.client import SERVICE_FILE
from ledger.cli.console import ask_password, say, tell
from ledger.cli.demo.story import Demo
from ledger.durable import replace_durably
from ledger.errors import InfrastructureError, SillokError
from ledger.holding import HeldFolder
from ledger.log.collector import calm_collector
from ledger.ports.agencies import ApiRole
from ledger.settings import Settings
from ledger.values import AgencyCode
from ledger.wiring import Services, open_services_of

OPERATOR: Final = AgencyCode("0000000")
"""The operator's API key is kept under this code, which no agency has."""
OPERATOR_KEY: Final = "operator.key"
LOG_FILE: Final = "service.log"


def serve(folder: HeldFolder, begin: float, *, demo: bool) -> None:
    """Open the services and answer until the process is told to stop.

    Args:
        folder: what the services are opened on; closed with them.
        begin: when the command began, by the monotonic clock in seconds.
        demo: fill the service with a small Seoul.
    """
    settings = folder.settings
    calm_collector()
    services = open_services_of(folder, ask_password=ask_password)
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
