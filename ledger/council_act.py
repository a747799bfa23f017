"""An act of the council on its way from member to member, as a file: written here, signed elsewhere, sent here.

The file holds nothing secret and nothing that is believed: whoever signs computes the digest from the act itself,
for the council and the chain that their own copy of the deployment names. Signatures may be gathered in one file that
goes round, or in copies that are brought together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ledger.errors import FormatError
from ledger.hashing.encodings import hex_decode, hex_encode
from ledger.values import Address, Instant, format_instant, parse_instant

FORMAT: Final = "sillok-council-act/v1"
MAX_BYTES: Final = 65_536
"""Longest act: the dearest, a successor, has about a kilobyte of call data."""
_ADDRESS_BYTES: Final = 20
_SIGNATURE_BYTES: Final = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilAct:
    """One act, before anybody signed it."""

    target: Address
    data: bytes
    nonce: int
    deadline: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFile:
    """One act, the council and chain that it is for, and the signatures that it has."""

    act: CouncilAct
    council: Address
    chain_id: int
    signatures: Mapping[Address, bytes]

    @property
    def name(self) -> str:
        """Its file's name; acts happen in the order of their numbers."""
        return f"act-{self.act.nonce:06d}.json"

    def merged(self, signatures: Mapping[Address, bytes]) -> ActFile:
        """The same with these signatures too."""
        return replace(self, signatures={**self.signatures, **signatures})

    def encode(self) -> bytes:
        """The file."""
        content = {
            "sillok": FORMAT,
            "chainId": self.chain_id,
            "council": hex_encode(self.council),
            "target": hex_encode(self.act.target),
            "data": hex_encode(self.act.data),
            "nonce": self.act.nonce,
            "deadline": format_instant(self.act.deadline),
            "signatures": {hex_encode(member): hex_encode(one) for member, one in sorted(self.signatures.items())},
        }
        return json.dumps(content, indent=1).encode("ascii") + b"\n"


def parse_act_file(data: bytes) -> ActFile:
    """An act file.

    Raises:
        FormatError: it is none.
    """
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES} bytes")
        fields = json.loads(data)
        if fields.pop("sillok") != FORMAT:
            raise ValueError("it is of another form")
        chain_id, nonce = fields.pop("chainId"), fields.pop("nonce")
        if type(chain_id) is not int or type(nonce) is not int or chain_id < 1 or nonce < 0:
            raise ValueError("chainId and nonce are numbers")
        act = CouncilAct(
            target=_address(fields.pop("target"), "target"),
            data=hex_decode(fields.pop("data"), where="data"),
            nonce=nonce,
            deadline=parse_instant(fields.pop("deadline")),
        )
        council = _address(fields.pop("council"), "council")
        signatures = {
            _address(member, "signatures"): hex_decode(one, length=_SIGNATURE_BYTES, where="signatures")
            for member, one in fields.pop("signatures").items()
        }
        if fields:
            raise ValueError(f"it has a member {sorted(fields)[0]!r}")
    except FormatError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(f"This is no act of a council: {error}.", where="act") from error
    return ActFile(act=act, council=council, chain_id=chain_id, signatures=signatures)


def _address(text: object, where: str) -> Address:
    if not isinstance(text, str):
        raise FormatError("An address is text.", where=where)
    return Address(hex_decode(text, length=_ADDRESS_BYTES, where=where))
