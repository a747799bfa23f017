"""The journal of a deployment under way: what was signed, before it is sent; gone once the deployment is written.

Crash order: journal (terms, first nonce) → each signed transaction → sent → deployment file → journal removed.
Whoever starts again after a crash sends the same bytes, so that nothing is deployed twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.chain.abi import keccak
from ledger.chain.deployment import Terms
from ledger.durable import remove_durably, replace_durably
from ledger.errors import ChainError
from ledger.ports.chain import ChainIdentity, SignedTransaction
from ledger.values import Address, Digest32

VERSION: Final = "deploy-journal/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a deployment is about; another plan is another deployment."""

    chain: ChainIdentity
    deployer: Address
    terms: Terms
    sources: Mapping[str, str]
    """Contract name → digest of its sources, in hex."""

    def _document(self) -> dict[str, object]:
        guardian = self.terms.guardian
        return {
            "chainId": self.chain.chain_id,
            "genesis": self.chain.genesis.hex(),
            "deployer": self.deployer.hex(),
            "members": [member.hex() for member in self.terms.members],
            "threshold": self.terms.threshold,
            "minimumDelay": self.terms.minimum_delay_s,
            "guardian": guardian.hex() if guardian is not None else "",
            "sources": dict(self.sources),
        }


class Journal:
    """One file beside the deployment file."""

    def __init__(self, path: Path, plan: Plan, first_nonce: int, sent: dict[str, list[bytes]]) -> None:
        """Use `resume_or_begin`."""
        self._path = path
        self._plan = plan
        self._sent = sent
        self.first_nonce = first_nonce

    @classmethod
    def resume_or_begin(cls, path: Path, plan: Plan, next_nonce: int) -> Journal:
        """The journal of this plan that is there, or a new one that begins at `next_nonce`.

        Raises:
            ChainError: another plan is under way, or the file is damaged.
        """
        try:
            document = json.loads(path.read_bytes())
        except FileNotFoundError:
            journal = cls(path, plan, next_nonce, {})
            journal._write()
            return journal
        except (OSError, ValueError) as error:
            raise _damaged(path) from error
        try:
            if document["sillok"] != VERSION:
                raise _damaged(path)
            found, ours = document["plan"], plan._document()
            first_nonce = int(document["firstNonce"])
            sent = {str(name): [bytes.fromhex(raw) for raw in raws] for name, raws in dict(document["sent"]).items()}
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path) from error
        if found != ours:
            names = ", ".join(sorted(name for name in ours if found.get(name) != ours[name]))
            raise ChainError(
                f"A deployment with another {names} was begun here and not finished.",
                where=str(path),
                fix="Run it again as it was begun, or remove this file to abandon what it deployed.",
            )
        return cls(path, plan, first_nonce, sent)

    def sent(self, contract: str, deployer: Address, nonce: int) -> list[SignedTransaction]:
        """Every version of a contract's creation that was signed, oldest first."""
        return [
            SignedTransaction(raw=raw, hash=Digest32(keccak(raw)), sender=deployer, nonce=nonce)
            for raw in self._sent.get(contract, [])
        ]

    def add(self, contract: str, transaction: SignedTransaction) -> None:
        """Keep a signed transaction; on disk when this returns, so it may be sent then."""
        raws = self._sent.setdefault(contract, [])
        if transaction.raw not in raws:
            raws.append(transaction.raw)
            self._write()

    def finish(self) -> None:
        """The deployment is written: the journal is not needed any more."""
        remove_durably(self._path)

    def _write(self) -> None:
        document = {
            "sillok": VERSION,
            "plan": self._plan._document(),
            "firstNonce": self.first_nonce,
            "sent": {name: [raw.hex() for raw in raws] for name, raws in self._sent.items()},
        }
        replace_durably(self._path, json.dumps(document, indent=1).encode() + b"\n")


def _damaged(path: Path) -> ChainError:
    return ChainError(
        "The journal of a deployment cannot be read.",
        where=str(path),
        fix="Restore it, or remove it to abandon what it deployed.",
    )
