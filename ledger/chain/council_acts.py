"""The council's acts: signed here where its members' keys are, else kept until enough members signed elsewhere.

Acts have consecutive numbers and happen in their order. One that waits keeps its number, so that asking again makes
no second one; one whose time is over is taken out with all behind it, and is made anew when somebody asks again.
Where this machine can sign alone, nothing is waited for: what waits meanwhile loses its number and is made anew too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from ledger.chain.act_file import ActFolder, signed
from ledger.chain.council import act_call
from ledger.chain.ethereum import EthereumChain
from ledger.council_act import ActFile, CouncilAct
from ledger.errors import ChainRefusedError, NotFoundError, Refusal
from ledger.ports.chain import Call
from ledger.ports.keys import ChainSigner
from ledger.values import Address, Instant

# What an act needs of its own; the dearest, a successor, was measured at 108,000.
ACT_GAS: Final = 400_000
# Signatures are worth nothing an hour later: the act is relayed at once.
_DEADLINE_S: Final = 3600
# Members who sign on machines of their own have a fortnight.
_GATHERING_S: Final = 14 * 86_400


class CouncilActs:
    """Acts of one council. Not safe to share among threads: the governor lets one in at a time."""

    def __init__(
        self,
        chain: EthereumChain,
        signers: Sequence[ChainSigner],
        acts: ActFolder | None,
        *,
        clock: Callable[[], float],
        send: Callable[[Call], None],
    ) -> None:
        """Nothing is asked yet.

        Args:
            chain: the contracts.
            signers: members' keys that this machine holds.
            acts: where acts wait; None: nowhere.
            clock: seconds since 1970.
            send: sends a call and sees it through.
        """
        self._chain = chain
        self._signers = tuple(signers)
        self._acts = acts
        self._clock = clock
        self._send = send

    def act(self, target: Address, data: bytes) -> None:
        """Let the council call a contract, or begin to.

        Raises:
            ChainRefusedError: SIGNATURES where members' keys are elsewhere; or the contract's own notice.
        """
        council, needed = self._chain.registries()["Council"], self._chain.deployment.terms.threshold
        waiting = self.waiting()
        known = next((file for file in waiting if (file.act.target, file.act.data) == (target, data)), None)
        signers = self._members()[:needed]
        if known is None:
            now = max(int(self._clock()), self._chain.head().time)
            alone = len(signers) == needed
            nonce = waiting[-1].act.nonce + 1 if waiting and not alone else self._council_nonce()
            deadline = Instant(now + (_DEADLINE_S if alone else _GATHERING_S))
            act = CouncilAct(target=target, data=data, nonce=nonce, deadline=deadline)
            chain_id = self._chain.deployment.chain_id
            known = ActFile(act=act, council=council, chain_id=chain_id, signatures={})
        file = signed(known, signers)
        if len(file.signatures) < needed or file.act.nonce != self._council_nonce():
            self._let_others_sign(file, needed)
        self._relay(file)

    def _let_others_sign(self, file: ActFile, needed: int) -> NoReturn:
        have = f"the council acts with {needed} signatures, and this act has {len(file.signatures)}"
        if self._acts is None:
            raise ChainRefusedError(
                have.capitalize() + ".", refusal=Refusal.SIGNATURES, fix="Act where the members' keys are."
            )
        path = self._acts.keep(file)
        raise ChainRefusedError(
            f"The act waits in {path}: {have}.",
            refusal=Refusal.SIGNATURES,
            fix="Let other members sign it (sillok council sign) and send it (sillok council send); "
            "then do the same again.",
        )

    def add_signatures(self, file: ActFile) -> int:
        """Take signatures that were made elsewhere; every act that has enough, in order, happens.

        Args:
            file: an act that was written here, with more signatures.

        Returns:
            How many acts happened.

        Raises:
            NotFoundError: no such act waits here: it happened, or its time is over.
            ChainRefusedError: the contract refuses, for example a signature.
        """
        done = 0
        known = next((one for one in self.waiting() if one.act == file.act), None)
        if known is None or self._acts is None:
            raise NotFoundError("No such act waits here: it happened already, or must be made anew.", where="act")
        members = set(self._chain.deployment.terms.members)
        self._acts.keep(known.merged({m: s for m, s in file.signatures.items() if m in members}))
        for waiting in self.waiting():
            enough = len(waiting.signatures) >= self._chain.deployment.terms.threshold
            if not enough or waiting.act.nonce != self._council_nonce():
                break
            self._relay(waiting)
            done += 1
        return done

    def _relay(self, file: ActFile) -> None:
        """Send an act with as many signatures as it needs."""
        needed = self._chain.deployment.terms.threshold
        first = dict(sorted(file.signatures.items())[:needed])
        self._send(act_call(file.act, first, council=file.council, gas=ACT_GAS))
        if self._acts is not None:
            self._acts.drop(file)

    def waiting(self) -> Sequence[ActFile]:
        """Those that can still happen; the others are taken out, and those behind one whose time is over with it."""
        if self._acts is None:
            return ()
        nonce, now = self._council_nonce(), max(int(self._clock()), self._chain.head().time)
        found: list[ActFile] = []
        for file in self._acts.waiting():
            if file.act.nonce == nonce + len(found) and file.act.deadline > now:
                found.append(file)
            else:
                self._acts.drop(file)
        return found

    def _members(self) -> Sequence[ChainSigner]:
        members = set(self._chain.deployment.terms.members)
        return [signer for signer in self._signers if signer.address in members]

    def _council_nonce(self) -> int:
        council = self._chain.registries()["Council"]
        ((nonce,),) = self._chain.read([("Council", "nonces", (council,))])
        assert isinstance(nonce, int)
        return nonce
