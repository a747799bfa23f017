"""Where the keystore's password comes from: a file, the caller, or a prompt; never from the command line."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from ledger.durable import replace_durably
from ledger.errors import KeystoreError


def read_password(
    *, file: Path | None = None, given: str | None = None, prompt: Callable[[], str] | None = None
) -> str:
    """The password from the first source that is there: file, given (an environment variable), prompt.

    One final line break of a file is not part of the password.

    Raises:
        KeystoreError: no source, an unreadable file, or an empty password.
    """
    if file is not None:
        try:
            password = file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise KeystoreError("The password file cannot be read.", where=str(file)) from error
    elif given is not None:
        password = given
    elif prompt is not None:
        password = prompt()
    else:
        raise KeystoreError(
            "The keystore needs its password.",
            fix="Name a file in SILLOK_KEYSTORE_PASSWORD_FILE, or start from a terminal to be asked.",
        )
    if not password:
        raise KeystoreError("The keystore's password is empty.", where=str(file) if file else None)
    return password


def ensure_password_file(path: Path) -> str:
    """The password in `path`; drawn at random and durably written with mode 0600 where there is no file yet.

    For the embedded default only: whoever reads the data folder then has both keystore and password.

    Raises:
        KeystoreError: the file cannot be read.
        StoreError: it cannot be written.
    """
    if not path.exists():
        replace_durably(path, secrets.token_urlsafe(32).encode() + b"\n")
    return read_password(file=path)
