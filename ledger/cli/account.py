"""`sillok account add|list|reset|disable`: the people who sign in to the clerk's pages; run by the operator."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.client import operator_client
from ledger.cli.console import invoke, new_app, say
from ledger.cli.options import AgencyOption, DataOption, KeyFileOption, UrlOption, the_agency
from ledger.errors import InputError, NotFoundError

app = new_app("account", "Add, list and disable the people who sign in to the clerk's pages, or reset a password.")

PasswordFileOption = Annotated[Path | None, typer.Option(help="File with the password [default: ask].")]


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "account", argv)


@app.command()
def add(
    *,
    login: Annotated[str, typer.Argument(help="What the person types to sign in.")],
    name: Annotated[str, typer.Option(help="What colleagues see.")],
    role: Annotated[str, typer.Option(help="clerk, approver or administrator.")] = "clerk",
    password_file: PasswordFileOption = None,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Let a person into the clerk's pages. The password is read from a file or asked for, never an argument."""
    code = the_agency(agency, data, key_file)
    body = {"login": login, "name": name, "role": role, "password": _password(password_file)}
    with operator_client(data, url, key_file) as client:
        answer = client.post(f"/v1/agencies/{code}/accounts", body)
    say(f"Account {answer['accountNo']}: {answer['login']} is {answer['role']} of {code}. Sign in at /clerk.")
    return 0


@app.command("list")
def list_accounts(
    *,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """List the people of an agency."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        for one in client.get(f"/v1/agencies/{code}/accounts")["accounts"]:
            ended = f"  disabled {one['disabledAt']}" if one.get("disabledAt") else ""
            say(f"{one['accountNo']:>4}  {one['role']:<14}{one['login']:<24}{one['name']}{ended}")
    return 0


@app.command()
def reset(
    *,
    login: Annotated[str, typer.Argument(help="What the person types to sign in.")],
    password_file: PasswordFileOption = None,
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Give somebody who lost it a new password, read from a file or asked for; sessions end at once."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        accounts = client.get(f"/v1/agencies/{code}/accounts")["accounts"]
        number = next((one["accountNo"] for one in accounts if one["login"] == login), None)
        if number is None:
            raise NotFoundError(
                f"Agency {code} has no account {login!r}.", where="login", fix="See: sillok account list"
            )
        client.post(f"/v1/agencies/{code}/accounts/{number}/password", {"password": _password(password_file)})
    say(f"Account {number}: {login} has a new password, and every session of it has ended. Sign in at /clerk.")
    return 0


@app.command()
def disable(
    *,
    account_no: Annotated[int, typer.Argument(help="Number of the account, from `list`.")],
    agency: AgencyOption = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Let somebody in no more; sessions end at once."""
    code = the_agency(agency, data, key_file)
    with operator_client(data, url, key_file) as client:
        client.delete(f"/v1/agencies/{code}/accounts/{account_no}")
    say(f"Account {account_no} of {code} is disabled.")
    return 0


def _password(file: Path | None) -> str:
    """The password: one final line break of a file is not part of it.

    Raises:
        InputError: the file cannot be read, nobody can be asked, or the two answers differ.
    """
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            raise InputError(f"The password file cannot be read: {why}.", where=str(file)) from error
    if not sys.stdin.isatty():
        raise InputError("There is nobody to ask for the password.", fix="Give a file with --password-file.")
    first, second = getpass.getpass("Password: "), getpass.getpass("Once more: ")
    if first != second:
        raise InputError("The two passwords differ.", fix="Type the same password twice.")
    return first
