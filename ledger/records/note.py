"""C2SP signed notes: a text, an empty line, and one signature line per key; and `cosignature/v1` of witnesses.

A note that was parsed is well formed and nothing more: only `verify_signature` says whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Final, Protocol

from ledger.errors import EvidenceError, FormatError
from ledger.hashing.canonical import check_text
from ledger.hashing.digests import sha256
from ledger.hashing.encodings import b64_decode, b64_encode, hex_decode
from ledger.plain import dataclass
from ledger.records import ed25519
from ledger.values import Instant, parse_instant

LIMIT: Final = 256 * 1024
"""Most bytes of a note: a trust file of many agencies is the longest."""
MAX_SIGNATURES: Final = 64
"""Most signature lines of a note: a log's key, its witnesses, or the signers of a trust file."""

_DASH: Final = "— "
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]{1,300}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LAST_INSTANT: Final = parse_instant("9999-12-31T23:59:59Z")


class Algorithm(IntEnum):
    """First byte of a verifier key: how its signatures are made."""

    ED25519 = 1
    COSIGNATURE = 4


class NoteSigner(Protocol):
    """An Ed25519 key with the name under which it signs."""

    @property
    def name(self) -> str:
        """Key name of the signed note."""

    @property
    def public(self) -> bytes:
        """Raw Ed25519 public key; 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key with its name, as a vkey `name+id+key` says it. `key_id` is four bytes, a hint and no proof."""

    name: str
    algorithm: Algorithm
    public: bytes
    key_id: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line: key name, four bytes of key id, and what the algorithm signs with (64 or 72 bytes)."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """A note taken apart. `text` is what was signed and ends with a newline."""

    text: str
    signatures: tuple[Signature, ...]


@lru_cache(maxsize=1024)
def make_vkey(name: str, public: bytes, algorithm: Algorithm = Algorithm.ED25519) -> VerifierKey:
    """The verifier key of a name and a raw public key.

    Raises:
        FormatError: the name holds white space or `+`, or the key is refused (small order, not canonical).
    """
    if not _NAME.fullmatch(name):
        raise FormatError(f"{name[:60]!r} is not the name of a key.", fix="A key name has no white space and no '+'.")
    ed25519.load_key(public)
    typed = bytes([algorithm]) + public
    key_id = sha256(name.encode("utf-8") + b"\n" + typed)[:4]
    text = f"{name}+{key_id.hex()}+{b64_encode(typed)}"
    return VerifierKey(name=name, algorithm=algorithm, public=public, key_id=key_id, text=text)


def parse_vkey(text: str, *, where: str | None = None) -> VerifierKey:
    """Read a verifier key `name+id+key`.

    Raises:
        FormatError: another form, an algorithm that isn't Ed25519 or cosignature/v1, a wrong id, or a refused key.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise FormatError("A verifier key reads name+id+key.", where=where)
    typed = b64_decode(parts[2], length=33, where=where)
    if typed[0] not in (Algorithm.ED25519, Algorithm.COSIGNATURE):
        raise FormatError("The verifier key is of an algorithm that is not known here.", where=where)
    vkey = make_vkey(parts[0], typed[1:], Algorithm(typed[0]))
    if hex_decode(parts[1], length=4, where=where) != vkey.key_id:
        raise FormatError("The verifier key's id does not belong to it.", where=where)
    return vkey


def format_note(note: SignedNote) -> str:
    """The note as it is handed on."""
    lines = (f"{_DASH}{s.name} {b64_encode(s.key_id + s.data)}\n" for s in note.signatures)
    return f"{note.text}\n{''.join(lines)}"


def parse_note(text: str, *, where: str | None = None) -> SignedNote:
    """Take a signed note apart; proves nothing.

    Raises:
        FormatError: not text, empty line, signature lines; control characters; no signature, more than 64, or two by
            one key; longer than 256 KiB.
    """
    if len(text.encode("utf-8", "replace")) > LIMIT:
        raise FormatError(f"A note has at most {LIMIT} bytes.", where=where)
    split = text.rfind("\n\n")
    if split < 1 or not text.endswith("\n"):
        raise FormatError("A signed note is a text, an empty line, and signature lines.", where=where)
    lines = _lines(text[split + 2 :])
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise FormatError(f"A note has 1 to {MAX_SIGNATURES} signature lines.", where=where)
    signatures = tuple(_signature(line, where) for line in lines)
    if len({(s.name, s.key_id) for s in signatures}) != len(signatures):
        raise FormatError("One key signed the note twice.", where=where)
    note = SignedNote(text=text[: split + 1], signatures=signatures)
    _check_text(note.text, where)
    return note


def sign_note(text: str, signers: Sequence[NoteSigner]) -> str:
    """Sign a text, which ends with a newline, with each signer in order."""
    _check_text(text, "note")  # before the key is used: what isn't a note must not leave with a signature
    message = text.encode("utf-8")
    made = tuple(
        Signature(name=s.name, key_id=make_vkey(s.name, s.public).key_id, data=s.sign(message)) for s in signers
    )
    signed = format_note(SignedNote(text=text, signatures=made))
    parse_note(signed)
    return signed


def add_signature(note: str, signer: NoteSigner) -> str:
    """The note with one more signature line at its end."""
    parsed = parse_note(note)
    data = signer.sign(parsed.text.encode("utf-8"))
    return _with(parsed, Signature(name=signer.name, key_id=make_vkey(signer.name, signer.public).key_id, data=data))


def cosign(note: str, signer: NoteSigner, time: Instant) -> str:
    """The checkpoint with a witness's `cosignature/v1` line at its end; `time` is when the witness saw it."""
    parsed = parse_note(note)
    data = time.to_bytes(8, "big") + signer.sign(_cosigned(time, parsed.text))
    key_id = make_vkey(signer.name, signer.public, Algorithm.COSIGNATURE).key_id
    return _with(parsed, Signature(name=signer.name, key_id=key_id, data=data))


def find_signature(note: SignedNote, vkey: VerifierKey) -> Signature | None:
    """The line that claims to be by this key, unverified; None if there is none."""
    return next((s for s in note.signatures if (s.name, s.key_id) == (vkey.name, vkey.key_id)), None)


def verify_signature(note: SignedNote, vkey: VerifierKey) -> None:
    """Check that this key signed (or, a witness's key, cosigned) the note.

    Raises:
        EvidenceError: no line by this key, or its signature does not verify.
    """
    if vkey.algorithm is Algorithm.COSIGNATURE:
        verify_cosignature(note, vkey)
        return
    ed25519.verify(vkey.public, _line(note, vkey).data, note.text.encode("utf-8"), where=vkey.name)


def verify_cosignature(note: SignedNote, vkey: VerifierKey) -> Instant:
    """Check that a witness cosigned the checkpoint, and return when it says that it did.

    Raises:
        EvidenceError: no line by this key, or its signature does not verify.
    """
    data = _line(note, vkey).data
    time = int.from_bytes(data[:8], "big")
    if vkey.algorithm is not Algorithm.COSIGNATURE or len(data) != 72 or time > _LAST_INSTANT:
        raise EvidenceError("The line is no cosignature/v1.", where=vkey.name)
    ed25519.verify(vkey.public, data[8:], _cosigned(time, note.text), where=vkey.name)
    return Instant(time)


def _check_text(text: str, where: str | None) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise FormatError("A note's text ends with a newline and holds no other control character.", where=where)
    check_text(text, where)


def _line(note: SignedNote, vkey: VerifierKey) -> Signature:
    if (found := find_signature(note, vkey)) is None:
        raise EvidenceError("The note has no signature by this key.", where=vkey.name, expected=vkey.text)
    return found


def _cosigned(time: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _with(note: SignedNote, signature: Signature) -> str:
    text = format_note(SignedNote(text=note.text, signatures=(*note.signatures, signature)))
    parse_note(text)
    return text


def _lines(text: str) -> list[str]:
    """Lines by U+000A only, newline kept; `str.splitlines` also breaks at U+0085 and others."""
    return [line + "\n" for line in text.split("\n")[:-1]]


def _signature(line: str, where: str | None) -> Signature:
    name, separator, encoded = line.removeprefix(_DASH).removesuffix("\n").rpartition(" ")
    if not line.startswith(_DASH) or not separator or not _NAME.fullmatch(name):
        raise FormatError("A signature line reads '— name base64'.", where=where)
    data = b64_decode(encoded, where=where)
    if len(data) not in (68, 76):
        raise FormatError("A signature has 64 bytes, a cosignature 72.", where=where)
    return Signature(name=name, key_id=data[:4], data=data[4:])
