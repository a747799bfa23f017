"""`sillok demo`: a small Seoul to play with, in the running service or in one started for it."""

from __future__ import annotations

from pathlib import Path

from ledger.cli.console import invoke, new_app, say, tell
from ledger.cli.demo.story import Demo
from ledger.cli.options import DataOption, UrlOption
from ledger.cli.running import service

app = new_app("demo", "Fill the service with a small Seoul: a plan, awards, a hundred certificates.")


DEFAULT_ADDRESS = "http://127.0.0.1:8000"
"""Printed on papers that a service without a lasting address makes: where `sillok up` listens by default."""


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "demo", argv)


@app.command()
def demo(*, data: DataOption = Path("sillok-data"), url: UrlOption = None) -> int:
    """Fill the service with a small Seoul, and say what to try next. Running it again changes nothing."""
    with service(data, url) as (address, started):
        tell("Building a small Seoul …")
        for line in Demo(data, address, DEFAULT_ADDRESS if started else address).tell_all():
            say(line)
    if started:
        tell(f"The service that ran for this is stopped. Start it to look at the pages: sillok up --data {data}")
    return 0
