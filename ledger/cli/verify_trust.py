"""The trust file that a reader named, held against the ones that this machine has seen before.

Rules 2 and 3 of `docs/spec/trust-file.md`: a verifier keeps the highest sequence and refuses a lower one, so that
nobody can hand it a file from before a key was declared compromised. Which files belong together is told by their
signers: the newest note is kept under each key that signed it, may sign the next, or signed one before. A first file
is believed because its reader chose it. A file that skips some is taken where the signers of the kept one signed it:
they are who decides, and few readers look at every file between (ADR 0070).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Final

from ledger.errors import EvidenceError, FormatError, InputError, UnknownVersionError
from ledger.hashing.digests import sha256
from ledger.records.evidence import MAX_BYTES
from ledger.records.note import parse_note
from ledger.records.trust import TrustFile, check_quorum, parse_trust, parse_trust_text, trust_digest

OFF: Final = "Where an older or another file is meant all the same, say --no-trust-memory."


def memory_folder() -> str:
    """Where the newest trust notes are kept: `sillok/trust` in the user's folder for state."""
    state = os.environ.get("XDG_STATE_HOME")
    return os.path.join(state or os.path.join(os.path.expanduser("~"), ".local", "state"), "sillok", "trust")


def read_trust(path: str | os.PathLike[str], *, memory: str | os.PathLike[str] | None) -> TrustFile:
    """The trust file that a reader named.

    Args:
        path: the file.
        memory: folder of the newest notes seen before; None: neither compare nor remember.

    Raises:
        InputError: it cannot be read, too few signers signed it, or it is not as new as one seen before.
    """
    try:
        with open(path, "rb") as file:
            note = file.read(MAX_BYTES + 1).decode("utf-8")
        trust = parse_trust(note)
        if memory is not None:
            _compare(note, trust, memory)
    except OSError as error:
        raise InputError(f"The trust file cannot be read: {error.strerror}.", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("The trust file is not text.", where=str(path)) from error
    except UnknownVersionError:
        raise
    except FormatError as error:
        raise InputError(
            f"This is no trust file: {error.what}", where=str(path), fix="Get one with `sillok trust`."
        ) from error
    except EvidenceError as error:
        raise InputError(f"The trust file cannot be used: {error.what}", where=str(path), fix=error.fix) from error
    return trust


def _compare(note: str, trust: TrustFile, memory: str | os.PathLike[str]) -> None:
    """Hold a note against the newest one of its signers, and keep the newer.

    Raises:
        EvidenceError: it is older than the kept one, another of the same sequence, or not by its signers.
    """
    lines = parse_note(note, where="trust").signatures
    keys = {os.path.join(memory, _file_name(key.name, key.key_id)) for key in trust.signers.keys}
    keys |= {os.path.join(memory, _file_name(line.name, line.key_id)) for line in lines}
    for place in sorted(keys):
        kept = _kept(place)
        if kept is None:
            continue
        if trust_digest(kept) == trust_digest(trust):
            continue
        _follows(note, trust, kept, place)
        keys |= {os.path.join(memory, _file_name(key.name, key.key_id)) for key in kept.signers.keys}
    _keep(note, keys)


def _follows(note: str, trust: TrustFile, kept: TrustFile, place: str) -> None:
    fix = f"Fetch the newest with `sillok trust`. {OFF}"
    if trust.sequence < kept.sequence:
        raise EvidenceError(
            f"It is number {trust.sequence}, and this machine has seen number {kept.sequence} ({place}).", fix=fix
        )
    if trust.sequence == kept.sequence:
        raise EvidenceError(
            f"This machine has seen another file with the same number {kept.sequence} ({place}).", fix=fix
        )
    try:
        check_quorum(parse_note(note, where="trust"), kept.signers)
    except EvidenceError as error:
        raise EvidenceError(
            f"It is not signed by the signers of number {kept.sequence}, which is kept in {place}.",
            fix=f"Ask the office why its signers changed. {OFF}",
        ) from error


def _file_name(name: str, key_id: bytes) -> str:
    """One name per key, as a signature line tells it; where two keys share one, their files are only compared."""
    return f"{sha256(name.encode('utf-8') + key_id).hex()[:32]}.note"


def _kept(place: str) -> TrustFile | None:
    """The note that is kept there. One that can't be read protects from nothing, which its reader must hear."""
    try:
        with open(place, encoding="utf-8", newline="") as file:
            return parse_trust_text(parse_note(file.read(), where=place).text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, FormatError) as error:
        raise InputError(
            "The trust file that was seen last cannot be read.",
            where=place,
            fix="Remove it, and make sure by another way that the file you give now is the newest.",
        ) from error


def _keep(note: str, places: set[str]) -> None:
    data = note.encode("utf-8")
    for place in sorted(places):
        new = f"{place}.{os.getpid()}"
        try:
            if _holds(place, data):
                continue
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(new, "wb") as file:
                file.write(data)
            os.replace(new, place)
        except OSError as error:
            with suppress(OSError):
                os.unlink(new)
            sys.stderr.write(f"sillok: this trust file could not be remembered in {place}: {error.strerror}.\n")
            return


def _holds(place: str, data: bytes) -> bool:
    try:
        with open(place, "rb") as file:
            return file.read() == data
    except FileNotFoundError:
        return False
