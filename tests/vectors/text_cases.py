"""Vectors of the texts: number, origin, and the signed texts of checkpoint, receipt and status note."""

from __future__ import annotations

from typing import Any

ORIGIN = "sillok.vectors.example/6110000"
ROOT = "BSFGA1qpvu5s0etiWolNYonkIg23/myGKkHZRcFNO3M="
GENESIS = "81337cd5e0ec8b9b337880c8ef9eba7cb6e46a69177a00c3afa63548f35ed0c3"


def good(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "text": text, "valid": True, **more}


def bad(name: str, text: str, error: str = "format") -> dict[str, Any]:
    return {"name": name, "text": text, "valid": False, "error": error}


def numbers() -> list[dict[str, Any]]:
    return [
        good("an ordinary number", "1234-5678-9012-3459"),
        good("all zeros", "0000-0000-0000-0000"),
        good("all nines", "9999-9999-9999-9998"),
        *(bad(f"check digit {digit} for 9", f"1234-5678-9012-345{digit}") for digit in range(9)),
        bad("one digit wrong", "1234-5678-9013-3459"),
        bad("neighbours exchanged", "1234-5687-9012-3459"),
        bad("no dashes", "1234567890123459"),
        bad("spaces for dashes", "1234 5678 9012 3459"),
        bad("a figure dash", "1234\u20125678-9012-3459"),
        bad("a digit short", "1234-5678-9012-345"),
        bad("a digit long", "1234-5678-9012-34591"),
        bad("Arabic digits", "١٢٣٤-5678-9012-3459"),
        bad("full-width digits", "１２３４-5678-9012-3459"),
        bad("newline at the end", "1234-5678-9012-3459\n"),
        bad("letter O for zero", "0000-0000-0000-OOO0"),
        bad("empty", ""),
    ]


def origins() -> list[dict[str, Any]]:
    return [
        good("first generation", ORIGIN, log="sillok.vectors.example", agency="6110000", generation=1),
        good("second generation", ORIGIN + "/2", log="sillok.vectors.example", agency="6110000", generation=2),
        good("tenth generation", ORIGIN + "/10", log="sillok.vectors.example", agency="6110000", generation=10),
        good("as short as can be", "a/0000000", log="a", agency="0000000", generation=1),
        good("255 bytes", "a" * 247 + "/6110000", log="a" * 247, agency="6110000", generation=1),
        bad("256 bytes", "a" * 248 + "/6110000"),
        bad("generation 1 written out", ORIGIN + "/1"),
        bad("generation 0", ORIGIN + "/0"),
        bad("generation with a leading zero", ORIGIN + "/02"),
        bad("generation of 2^53", ORIGIN + "/9007199254740992"),
        bad("capital letter", "Sillok.vectors.example/6110000"),
        bad("underscore", "sillok_vectors/6110000"),
        bad("plus sign", "sillok+vectors/6110000"),
        bad("agency of six digits", "sillok.vectors.example/611000"),
        bad("agency of eight digits", "sillok.vectors.example/61100000"),
        bad("no log name", "/6110000"),
        bad("no agency", "sillok.vectors.example"),
        bad("slash at the end", ORIGIN + "/"),
        bad("newline at the end", ORIGIN + "\n"),
        bad("scheme", "https://sillok.vectors.example/6110000"),
        bad("empty", ""),
    ]


def checkpoints() -> list[dict[str, Any]]:
    text = f"{ORIGIN}\n3\n{ROOT}\n"
    return [
        good("three records", text),
        good("size 0", f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"),
        good("the largest size", f"{ORIGIN}\n9007199254740991\n{ROOT}\n"),
        bad("size of 2^53", f"{ORIGIN}\n9007199254740992\n{ROOT}\n"),
        bad("size with a leading zero", f"{ORIGIN}\n03\n{ROOT}\n"),
        bad("negative size", f"{ORIGIN}\n-3\n{ROOT}\n"),
        bad("size with a plus sign", f"{ORIGIN}\n+3\n{ROOT}\n"),
        bad("size in hex", f"{ORIGIN}\n0x3\n{ROOT}\n"),
        bad("root without padding", f"{ORIGIN}\n3\n{ROOT[:-1]}\n"),
        bad("root with altered trailing bits", f"{ORIGIN}\n3\n{ROOT[:-2]}N=\n"),
        bad("root in base64url", f"{ORIGIN}\n3\n{ROOT.replace('/', '_')}\n"),
        bad("root of 31 bytes", f"{ORIGIN}\n3\nBSFGA1qpvu5s0etiWolNYonkIg23/myGKkHZRcFNOw==\n"),
        bad("extension line", text + "extension\n"),
        bad("no newline at the end", text[:-1]),
        bad("empty line at the end", text + "\n"),
        bad("carriage returns", text.replace("\n", "\r\n")),
        bad("no origin", f"\n3\n{ROOT}\n"),
        bad("a receipt", receipts()[0]["text"]),
        bad("empty", ""),
    ]


def receipts() -> list[dict[str, Any]]:
    version, signed, due = "sillok-receipt/v1", "2026-11-24T00:00:02Z", "2026-11-24T01:00:02Z"
    text = f"{version}\n{ORIGIN}\n3\n{ROOT}\n{signed}\n{due}\n"
    return [
        good("due in an hour", text),
        good("due at once", text.replace(due, signed)),
        bad("deadline before the signing", text.replace(due, "2026-11-24T00:00:01Z")),
        bad("size 0", text.replace("\n3\n", "\n0\n")),
        bad("another version", text.replace("/v1", "/v2", 1), "unknown-version"),
        bad("another kind of note", text.replace("sillok-receipt/v1", "sillok-promise/v1")),
        bad("second 60", text.replace("00:00:02Z", "00:00:60Z")),
        bad("fraction of a second", text.replace("00:00:02Z", "00:00:02.0Z")),
        bad("an offset for Z", text.replace("02Z", "02+00:00")),
        bad("31 November", text.replace("11-24", "11-31")),
        bad("a line more", text + "more\n"),
        bad("a line less", text.replace(f"{due}\n", "")),
        bad("no newline at the end", text[:-1]),
        bad("a checkpoint", checkpoints_text()),
    ]


def checkpoints_text() -> str:
    return f"{ORIGIN}\n3\n{ROOT}\n"


def status_notes() -> list[dict[str, Any]]:
    def text(
        status: str = "active", batch: str = "none", chain: str = "9002", time: str = "2026-11-24T00:05:00Z"
    ) -> str:
        return f"sillok-status/v1\n{ORIGIN}\n0\n{status}\n{batch}\n{chain}\n{GENESIS}\n50\n{time}\n"

    words = ("active", "suspended", "revoked", "superseded")
    return [
        *(good(f"{word}, no batch", text(word)) for word in words),
        *(good(f"active in a batch that is {word}", text("active", word)) for word in words),
        bad("another version", text().replace("/v1", "/v2", 1), "unknown-version"),
        bad("status none", text("none")),
        bad("status in capitals", text("Active")),
        bad("status that is none", text("valid")),
        bad("no batch line", text().replace("\nnone", "")),
        bad("chain id in hex", text(chain="0x232a")),
        bad("genesis with 0x", text().replace(GENESIS, "0x" + GENESIS)),
        bad("genesis in capitals", text().replace(GENESIS, GENESIS.upper())),
        bad("genesis of 31 bytes", text().replace(GENESIS, GENESIS[:-2])),
        bad("index with a leading zero", text().replace("\n0\n", "\n00\n")),
        bad("index of 2^53", text().replace("\n0\n", "\n9007199254740992\n")),
        bad("hour 24", text(time="2026-11-24T24:00:00Z")),
        bad("year 0000", text(time="0000-11-24T00:05:00Z")),
        bad("a line more", text() + "more\n"),
        bad("a checkpoint", checkpoints_text()),
        bad("empty", ""),
    ]
