"""`sillok council key|list|sign|send`: acts that several members sign, each on a machine of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.chain.act_file import describe, signed
from ledger.chain.deployment import load_deployment
from ledger.cli.client import operator_client
from ledger.cli.console import invoke, new_app, say
from ledger.cli.options import DataOption, KeyFileOption, UrlOption
from ledger.council_act import ActFile, parse_act_file
from ledger.durable import make_folder_durably, replace_durably
from ledger.errors import InputError
from ledger.keys.keystore import Keystore
from ledger.keys.password import read_password
from ledger.values import format_instant

app = new_app("council", "Sign acts of the council on a machine of one's own, and send them.")
KeystoreArgument = Annotated[Path, typer.Option("--keystore", help="The member's own keystore.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="File with its password [default: it is asked for].")
]


def run(argv: list[str]) -> int:
    """Run the subcommand."""
    return invoke(app, "council", argv)


@app.command()
def key(*, keystore: KeystoreArgument = Path("council-keystore.json"), password_file: PasswordFile = None) -> int:
    """Draw a member's key, on the member's machine, and print the address to hand over."""
    password = _password(password_file)
    kept = Keystore.open(keystore, password) if keystore.exists() else Keystore.create(keystore, password)
    if not kept.governor_signers():
        kept.add_council_key()
    for signer in kept.governor_signers():
        say(f"0x{signer.address.hex()}")
    return 0


@app.command("list")
def list_acts(
    *,
    out: Annotated[Path | None, typer.Option(help="Write each act into a file in this folder.")] = None,
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """List the acts that wait for signatures, in the order in which they can happen."""
    with operator_client(data, url, key_file) as client:
        waiting: dict[str, Any] = client.get("/v1/council/acts")
    for document in waiting["acts"]:
        file = parse_act_file(json.dumps(document).encode())
        have, until = len(file.signatures), format_instant(file.act.deadline)
        say(f"{file.name}  {have} of {waiting['needed']} signatures, until {until}")
        if out is not None:
            make_folder_durably(out)
            replace_durably(out / file.name, file.encode())
    if not waiting["acts"]:
        say("No act waits for signatures.")
    return 0


@app.command()
def sign(
    *,
    acts: Annotated[list[Path], typer.Argument(help="Files with acts; each is signed in its place.")],
    deployment: Annotated[Path, typer.Option(help="The member's own copy of deployments/<chainId>.json.")],
    keystore: KeystoreArgument = Path("council-keystore.json"),
    password_file: PasswordFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> int:
    """Sign acts with this member's key. Needs no network; shows first what each act does."""
    known = load_deployment(deployment)
    files = [(path, _read(path)) for path in acts]
    for path, file in files:
        say(f"{path.name}: {describe(file, known)}")
    if not yes:
        typer.confirm("Sign?", abort=True, err=True)
    signers = [
        signer
        for signer in Keystore.open(keystore, _password(password_file)).governor_signers()
        if signer.address in known.terms.members
    ]
    if not signers:
        raise InputError("No key in this keystore is a member's of this council.", where=str(keystore))
    for path, file in files:
        replace_durably(path, signed(file, signers).encode())
    say(f"Signed: {len(files)}. Hand the files back, or send them: sillok council send.")
    return 0


@app.command()
def send(
    *,
    acts: Annotated[list[Path], typer.Argument(help="Files with acts that were signed; copies of one are joined.")],
    data: DataOption = Path("sillok-data"),
    url: UrlOption = None,
    key_file: KeyFileOption = None,
) -> int:
    """Hand signatures to the service. Acts that have enough happen at once, in their order."""
    files = sorted((_read(path) for path in acts), key=lambda file: file.act.nonce)
    joined: dict[int, ActFile] = {}
    for file in files:
        before = joined.get(file.act.nonce)
        if before is not None and before.act != file.act:
            raise InputError(f"Two files hold different acts number {file.act.nonce}.", where="act")
        joined[file.act.nonce] = file if before is None else before.merged(file.signatures)
    done = waiting = 0
    with operator_client(data, url, key_file) as client:
        for file in joined.values():
            answer = client.post("/v1/council/acts", json.loads(file.encode()))
            done, waiting = done + int(answer["done"]), int(answer["waiting"])
    say(f"Acts that happened: {done}. Acts that still wait for signatures: {waiting}.")
    if done:
        say("Give the command again that wanted them.")
    return 0


def _read(path: Path) -> ActFile:
    try:
        return parse_act_file(path.read_bytes())
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", where=str(path)) from error


def _password(file: Path | None) -> str:
    return read_password(file=file, prompt=lambda: str(typer.prompt("Password", hide_input=True, err=True)))
