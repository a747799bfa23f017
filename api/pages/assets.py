"""The files that a page's script needs, made once from our sources and known by their SHA-256.

Their addresses hold the digest, so that a browser may keep them for ever and never has an old one. The page names the
module's digest in `integrity`: a browser runs no other bytes than those whose SHA-256 the page shows.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.pages.bundle import join_modules, static_folder
from api.pages.sentences import fragments, sentence_codes
from api.pages.words import LANGUAGES, Words, load_words
from ledger.errors import NotFoundError
from ledger.hashing.digests import sha256
from ledger.values import Digest32

router = APIRouter(include_in_schema=False)
KEPT: Final = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
AWARD_ENTRY: Final = "page/award.js"
_IN_ADDRESS: Final = 16
"""Hex digits of the digest in an address: enough to tell versions apart; `integrity` has the whole digest."""
PREFIXES: Final = ("asking", "checks_", "computed_", "demo", "next_", "reason_", "source_", "tone_", "verdicts.")
"""Which words of the catalogue the script gets, beside the sentences of the checks."""
NAMES: Final = ("actual", "agency", "expected", "failed", "no_revocation_then", "not_run", "passed", "site")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file: its address, its bytes plain and compressed, and its SHA-256."""

    address: str
    media_type: str
    content: bytes
    packed: bytes
    digest: Digest32

    @classmethod
    def make(cls, name: str, ending: str, media_type: str, content: bytes) -> Asset:
        """Give a file its address under /static."""
        digest = sha256(content)
        address = f"/static/{name}-{digest.hex()[:_IN_ADDRESS]}.{ending}"
        packed = gzip.compress(content, 9, mtime=0)
        return cls(address=address, media_type=media_type, content=content, packed=packed, digest=digest)

    @property
    def sha256(self) -> str:
        """The digest as people compare it, 64 hex digits."""
        return self.digest.hex()

    @property
    def integrity(self) -> str:
        """The digest as browsers compare it (W3C Subresource Integrity)."""
        return f"sha256-{b64encode(self.digest).decode()}"

    def answer(self, accepted: str) -> Response:
        """The file, compressed for whoever takes that."""
        if "gzip" in accepted:
            return Response(self.packed, media_type=self.media_type, headers={**KEPT, "content-encoding": "gzip"})
        return Response(self.content, media_type=self.media_type, headers=KEPT)


@cache
def module() -> Asset:
    """The one module that verifies, hashes and shows."""
    return Asset.make("check", "js", "text/javascript", join_modules(static_folder()).encode())


@cache
def award_module() -> Asset:
    """The module that runs the checks on every step of an award; the verifier in it is the same."""
    joined = join_modules(static_folder(), AWARD_ENTRY)
    return Asset.make("award", "js", "text/javascript", joined.encode())


@cache
def script_words(language: str) -> Asset:
    """The words that the module shows, in one language."""
    words = load_words()[language]
    content = json.dumps(_script_words(words), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Asset.make(f"words-{language}", "json", "application/json", content)


def _script_words(words: Words) -> dict[str, object]:
    chosen = [name for name in words.names() if name in NAMES or name.startswith(PREFIXES)]
    checks = {name: words[name] for name in words.names() if name.startswith("checks.")}
    return {
        "language": words.language,
        "words": {name: words[name] for name in chosen} | checks,
        "sentences": sentence_codes(words),
        "fragments": fragments(words),
    }


@router.get("/static/check-{digest}.js")
def check_module(request: Request, digest: str) -> Response:
    """The verifying module of this version."""
    return _asset(request, (module(),), digest)


@router.get("/static/award-{digest}.js")
def award_check_module(request: Request, digest: str) -> Response:
    """The award page's module of this version."""
    return _asset(request, (award_module(),), digest)


@router.get("/static/words-{language}-{digest}.json")
def check_words(request: Request, language: str, digest: str) -> Response:
    """The words of the verifying module."""
    return _asset(request, [script_words(one) for one in LANGUAGES if one == language], digest)


def _asset(request: Request, known: tuple[Asset, ...] | list[Asset], digest: str) -> Response:
    for asset in known:
        if asset.address == request.url.path:
            return asset.answer(request.headers.get("accept-encoding", ""))
    raise NotFoundError(f"There is no such file as {digest}.", where="address", fix="Load the page again.")
