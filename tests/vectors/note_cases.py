"""Vectors of keys, signed notes and tlog-proofs. Made with `cryptography` and the C2SP texts, without `ledger`."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.support.seeded import SeededSigner
from tests.vectors.text_cases import ORIGIN, ROOT, bad, good

LOG = SeededSigner(ORIGIN, hashlib.sha256(b"vectors: log").digest())
OTHER = SeededSigner("another.example", hashlib.sha256(b"vectors: another").digest())
WITNESS = SeededSigner("witness.example/w1", hashlib.sha256(b"vectors: witness").digest())
TEXT = f"{ORIGIN}\n3\n{ROOT}\n"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493


def key_id(name: str, public: bytes, algorithm: int = 1) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def vkey(name: str, public: bytes, algorithm: int = 1) -> str:
    encoded = base64.b64encode(bytes([algorithm]) + public).decode()
    return f"{name}+{key_id(name, public, algorithm).hex()}+{encoded}"


def line(signer: SeededSigner, text: str = TEXT, data: bytes | None = None) -> str:
    signed = signer.sign(text.encode()) if data is None else data
    return f"— {signer.name} {base64.b64encode(key_id(signer.name, signer.public) + signed).decode()}\n"


def cosigned(time: int, text: str = TEXT, stated: int | None = None) -> str:
    stamp = (time if stated is None else stated).to_bytes(8, "big")
    data = stamp + WITNESS.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    head = key_id(WITNESS.name, WITNESS.public, 4)
    return f"— {WITNESS.name} {base64.b64encode(head + data).decode()}\n"


def note_text() -> str:
    return f"{TEXT}\n{line(LOG)}"


def proof_text() -> str:
    path = "".join(base64.b64encode(hashlib.sha256(bytes([n])).digest()).decode() + "\n" for n in range(2))
    return f"c2sp.org/tlog-proof@v1\nindex 0\n{path}\n{note_text()}"


def keys() -> list[dict[str, Any]]:
    text = vkey(ORIGIN, LOG.public)
    name, hint, encoded = text.split("+", 2)

    def refused(defect: str, y: int, sign: int = 0) -> dict[str, Any]:
        return bad(defect, vkey(ORIGIN, (y | sign << 255).to_bytes(32, "little")))

    y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    return [
        good("a log's key", text),
        good("a witness's key", vkey(WITNESS.name, WITNESS.public, 4)),
        good("a name in Korean", vkey("실록.example", LOG.public)),
        refused("the neutral point", 1),
        refused("the neutral point, not canonical: y + p", P + 1),
        refused("the neutral point, not canonical: negative x = 0", 1, 1),
        refused("order 2", P - 1),
        refused("order 2, not canonical: negative x = 0", P - 1, 1),
        refused("order 4", 0),
        refused("order 4, the other x", 0, 1),
        refused("order 4, not canonical: y = p", P),
        *(
            refused(f"order 8, {n}", y, sign)
            for n, (y, sign) in enumerate(((y8, 0), (y8, 1), (P - y8, 0), (P - y8, 1)))
        ),
        refused("not canonical: the largest y", 2**255 - 1),
        refused("no point of the curve", 2),
        bad("key of 31 bytes", vkey(ORIGIN, LOG.public[:-1])),
        bad("key of 33 bytes", vkey(ORIGIN, LOG.public + b"\0")),
        bad("another algorithm", vkey(ORIGIN, LOG.public, 2)),
        bad("the id of another key", f"{name}+00000000+{encoded}"),
        bad("id in capitals", f"{name}+{hint.upper()}+{encoded}"),
        bad("id of three bytes", f"{name}+{hint[2:]}+{encoded}"),
        bad("no padding", vkey(ORIGIN, LOG.public).rstrip("=") + "A"),
        bad("a name with a space", vkey("a b", LOG.public)),
        bad("a name with a no-break space", vkey("a\u00a0b", LOG.public)),
        bad("a name with a plus sign", vkey("a+b", LOG.public)),
        bad("no name", vkey("", LOG.public)),
        bad("newline at the end", text + "\n"),
        bad("no key", f"{name}+{hint}"),
        bad("empty", ""),
    ]


def _note(name: str, text: str, error: str | None, key: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "note": text,
        "valid": error is None,
        "vkey": key or vkey(ORIGIN, LOG.public),
    }
    return found if error is None else {**found, "error": error}


def notes() -> list[dict[str, Any]]:
    """`valid`: the note parses and the key's line verifies. error `format`: it doesn't parse; `evidence`: it does."""
    signature = LOG.sign(TEXT.encode())
    malleable = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    witness = vkey(WITNESS.name, WITNESS.public, 4)
    plain = note_text()
    return [
        _note("signed", plain, None),
        _note("signed by two", plain + line(OTHER), None),
        _note("signed by two, asked for the second", plain + line(OTHER), None, vkey(OTHER.name, OTHER.public)),
        _note("an empty line in the text", f"a\n\nb\n\n{line(LOG, 'a' + chr(10) * 2 + 'b' + chr(10))}", None),
        _note("cosigned", plain + cosigned(1795478402), None, witness),
        _note("cosigned, asked for the log", plain + cosigned(1795478402), None),
        _note("text in Korean", f"실록\n\n{line(LOG, '실록' + chr(10))}", None),
        _note("cosignature with another time", plain + cosigned(1795478402, stated=1795478403), "evidence", witness),
        _note("cosignature over another text", plain + cosigned(1795478402, "x\n"), "evidence", witness),
        _note("cosignature far beyond the year 9999", plain + cosigned(2**62), "evidence", witness),
        _note("signature over another text", f"{TEXT}\n{line(LOG, 'x' + chr(10))}", "evidence"),
        _note("signature of zeros", f"{TEXT}\n{line(LOG, data=bytes(64))}", "evidence"),
        _note("S not below L", f"{TEXT}\n{line(LOG, data=malleable)}", "evidence"),
        _note("not signed by the key", f"{TEXT}\n{line(OTHER)}", "evidence"),
        _note("a bit of the text flipped", plain.replace("\n3\n", "\n2\n", 1), "evidence"),
        _note("no signature", f"{TEXT}\n", "format"),
        _note("no empty line", TEXT + line(LOG), "format"),
        _note("no text", f"\n{line(LOG)}", "format"),
        _note("one key twice", plain + line(LOG), "format"),
        _note("a hyphen for the dash", plain.replace("— ", "- "), "format"),
        _note("two spaces", plain.replace("— ", "—  "), "format"),
        _note("no newline at the end", plain[:-1], "format"),
        _note("no newline behind the second signature", (plain + line(OTHER))[:-1], "format"),
        _note("something behind the signatures", plain + "x\n", "format"),
        _note("carriage returns", plain.replace("\n", "\r\n"), "format"),
        _note("a control character in the text", plain.replace("sillok", "sil\x07ok", 1), "format"),
        _note("a control character in a key name", plain + line(OTHER).replace("another", "an\x07ther"), "format"),
        _note("a tab in the text", plain.replace("sillok", "sil\tok", 1), "format"),
        _note("signature of 63 bytes", f"{TEXT}\n{line(LOG, data=bytes(63))}", "format"),
        _note("altered trailing bits", plain[:-3] + chr(ord(plain[-3]) ^ 1) + "=\n", "format"),
        _note("signature without padding", plain.replace("=\n", "\n")[:-1] + "\n", "format"),
        _note("65 signatures", f"{TEXT}\n" + "".join(_numbered(n) for n in range(65)), "format"),
        _note("empty", "", "format"),
    ]


def _numbered(number: int) -> str:
    return f"— signer{number}.example {base64.b64encode(bytes([number] * 68)).decode()}\n"


def tlog_proofs() -> list[dict[str, Any]]:
    text = proof_text()
    header = "c2sp.org/tlog-proof@v1\n"
    hash_line = base64.b64encode(bytes(32)).decode() + "\n"
    return [
        good("a path of two", text),
        good("no path", f"{header}index 0\n\n{note_text()}"),
        good("a path of 53", f"{header}index 7\n{hash_line * 53}\n{note_text()}"),
        good("cosigned", text + cosigned(1795478402)),
        bad("a path of 54", f"{header}index 7\n{hash_line * 54}\n{note_text()}"),
        bad("another version", text.replace("@v1", "@v2"), "unknown-version"),
        bad("another header", text.replace("tlog-proof", "tlog-prove")),
        bad("with extra", text.replace("index 0", "extra AAAA\nindex 0")),
        bad("no index", text.replace("index 0\n", "")),
        bad("index with a leading zero", text.replace("index 0", "index 00")),
        bad("index of 2^53", text.replace("index 0", "index 9007199254740992")),
        bad("index in capitals", text.replace("index", "Index")),
        bad("a hash of 31 bytes", text.replace("index 0\n", f"index 0\n{base64.b64encode(bytes(31)).decode()}\n")),
        bad("a hash in hex", text.replace("index 0\n", f"index 0\n{'00' * 32}\n")),
        bad("no checkpoint", text.split("\n\n")[0] + "\n\n"),
        bad("a receipt for a checkpoint", text.replace(f"\n\n{ORIGIN}", f"\n\nsillok-receipt/v1\n{ORIGIN}")),
        bad("no signature", text[: text.rindex("—")]),
        bad("no newline at the end", text[:-1]),
        bad("empty", ""),
    ]
