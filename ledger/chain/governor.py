"""The governor's acts: what the council decides about agencies, keys and logs (`ledger.ports.governance.Governance`).

Every act first reads what the contract says, and does nothing where that is what the act would make it say: all of
them can be done again after a crash. Where the governor has a delay, the first call schedules the act and raises with
the instant from which it can be executed; the same call after that instant executes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from eth_abi.abi import encode

from ledger.chain.abi import Value
from ledger.chain.act_file import ActFolder
from ledger.chain.calls import INTERFACES, anchor_value
from ledger.chain.council_acts import ACT_GAS, CouncilActs
from ledger.chain.ethereum import EthereumChain
from ledger.chain.submit import see_through
from ledger.chain.transactions import Unsigned
from ledger.council_act import ActFile
from ledger.errors import ChainRefusedError, InputError, Refusal
from ledger.hashing.digests import sha256
from ledger.ports.chain import Anchor, Call, LogState
from ledger.ports.keys import ChainSigner
from ledger.records.origin import compose_origin
from ledger.records.origin import log_id as id_of
from ledger.values import Address, AgencyCode, Instant, KeyId, LogId, Role, format_instant

_VOID_HEAD_GAS: Final = 20_000
_TRANSFER_GAS: Final = 21_000
# AccessManager's own: what was scheduled and not executed for so long is void.
_EXECUTABLE_S: Final = 7 * 86_400
# A funded key can pay for about this much gas: ten of the dearest transactions.
_FUNDED_GAS: Final = 160_000_000
# Bits 0 to 3: records to each status; 4 to 6: batches, which are never superseded.
_ALONE_IN_ALL: Final = 0b0111_1111
_NO_ANCHOR: Final = (bytes(32), 0, 0, bytes(32))


class Governor:
    """Acts signed by the council members whose keys this machine holds. Safe to share among threads."""

    def __init__(
        self,
        chain: EthereumChain,
        signers: Sequence[ChainSigner],
        *,
        relayer: ChainSigner | None = None,
        acts: ActFolder | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is asked yet.

        Args:
            chain: the contracts.
            signers: the members' keys; too few of them are refused at the first act.
            relayer: who sends and pays; None: the first signer. It needs no right.
            acts: where acts wait for members who sign on machines of their own; None: nowhere.
            clock: seconds since 1970, for the deadline of signatures.
        """
        self._chain = chain
        self._signers = tuple(signers)
        self._relayer = relayer or (self._signers[0] if self._signers else None)
        self._clock = clock
        self._council = CouncilActs(chain, signers, acts, clock=clock, send=self._send)
        self._lock = threading.Lock()

    # Agencies and keys

    def register_agency(self, agency: AgencyCode) -> None:
        """Register an agency."""
        if not self._is_registered(agency):
            self._act("AgencyRegistry", "registerAgency", _code(agency))

    def add_key(
        self,
        agency: AgencyCode,
        key_id: KeyId,
        role: Role,
        *,
        not_after: Instant | None = None,
        officer: bytes | None = None,
        alone: int | None = None,
    ) -> None:
        """Put a key in window from now on.

        Args:
            agency: whose key it is.
            key_id: raw Ed25519 key, or address left-padded.
            role: what it may do.
            not_after: end of its window; None: no end.
            officer: id of the person or office that holds a STATUS or OFFICER key, 32 bytes; None for a STATUS key:
                the agency's service, which is one officer however many keys it has.
            alone: what a STATUS or OFFICER key may do without a second officer; None: all for STATUS, else nothing.

        Raises:
            ChainRefusedError: the key belongs to another agency or role, which can't be changed; or see the class.
        """
        if role is Role.STATUS:
            officer = officer or sha256(b"sillok-service/" + agency.encode("ascii"))
            alone = _ALONE_IN_ALL if alone is None else alone
        known = self._key(key_id)
        if known is None:
            values = (_code(agency), key_id, role, alone or 0, officer or bytes(32), 0, not_after or 0)
            self._act("AgencyRegistry", "addKey", *values)
        elif (known[0], known[1]) != (_code(agency), role):
            raise ChainRefusedError(
                f"The key {key_id.hex()} was added for another agency or role before.", refusal=Refusal.REVERTED
            )

    def move_not_after(self, key_id: KeyId, not_after: Instant) -> None:
        """End a key's window at an instant that lies in the future.

        Where the governor has a delay, the end is that much later and a week more, in which the act can be executed
        before the scheduling itself expires. An end of this key that waits already, for the delay or for signatures,
        is gone on with.
        """
        known = self._key(key_id)
        if known is None or known[4] != not_after:
            end = self._end_that_waits(key_id) or not_after + self._late()
            self._act("AgencyRegistry", "moveNotAfter", key_id, end)

    def disable_key(self, key_id: KeyId) -> None:
        """End a key's window now."""
        known = self._key(key_id)
        if known is None or not 0 < known[4] <= self._chain.head().time:
            self._act("AgencyRegistry", "disableKey", key_id)

    def declare_compromised(self, key_id: KeyId) -> None:
        """Declare a key stolen as of now; immediate everywhere."""
        known = self._key(key_id)
        if known is None or known[5] == 0:
            self._act("AgencyRegistry", "declareCompromised", key_id)

    def declare_compromised_since(self, key_id: KeyId, since: Instant) -> None:
        """Declare a key stolen since an instant in the past; delayed where the governor has a delay."""
        known = self._key(key_id)
        if known is None or not 0 < known[5] <= since:
            self._act("AgencyRegistry", "declareCompromisedSince", key_id, since)

    def fund(self, address: Address) -> None:
        """See to it that this key can pay for its transactions; nothing on a chain without a gas price.

        Raises:
            ChainRefusedError: the relayer has not enough itself.
        """
        sending = self._chain.sending
        fees = sending.fees()
        wanted = fees.most * _FUNDED_GAS
        if fees.free or sending.balance(address) >= wanted // 2:
            return
        with self._lock:
            relayer = self._paying()
            transfer = Unsigned(
                chain_id=self._chain.deployment.chain_id,
                nonce=sending.next_nonce(relayer.address),
                fees=fees,
                gas=_TRANSFER_GAS,
                to=address,
                value=wanted,
                data=b"",
            )
            see_through(sending, transfer.sign(relayer), relayer)

    # Logs

    def open_log(self, name: str, agency: AgencyCode, max_delay_s: int) -> LogId:
        """Open the first log of an agency: origin `name/agency`."""
        log_id = id_of(compose_origin(name, agency))
        if self._chain.log_on_chain(log_id).state is LogState.NONE:
            self._act("CheckpointRegistry", "openLog", name, _code(agency), max_delay_s)
        return log_id

    def close_log(self, log_id: LogId) -> None:
        """Close a log; immediate everywhere."""
        if self._chain.log_on_chain(log_id).state not in (LogState.CLOSED, LogState.SUCCEEDED, LogState.MOVED):
            self._act("CheckpointRegistry", "closeLog", log_id)

    def void_heads(self, log_id: LogId, anchors: Sequence[Anchor]) -> None:
        """Take void anchors off a closed log, from the head down; what remains is its good head.

        Anchors that are off already may be given again. Anybody may do this: the contract asks for no right.
        """
        size = self._chain.log_on_chain(log_id).size
        (head,) = self._chain.anchor_digests(log_id, [size])
        left = list(anchors)
        while left and sha256(encode(["bytes32", "uint64", "uint64", "bytes32"], anchor_value(left[0]))) != head:
            left.pop(0)
        if left or not anchors or anchors[-1].previous_size != size:
            left = left or list(anchors)
            data = INTERFACES["CheckpointRegistry"].call_data("voidHeads", log_id, [anchor_value(a) for a in left])
            registry = self._chain.registries()["CheckpointRegistry"]
            gas = ACT_GAS + _VOID_HEAD_GAS * len(left)
            with self._lock:
                self._send(Call(to=registry, data=data, gas=gas))

    def open_successor(self, name: str, predecessor: LogId, head: Anchor | None) -> LogId:
        """Open the next generation on a closed log's good head (None: size 0)."""
        ((log,),) = self._chain.read([("CheckpointRegistry", "logOf", (predecessor,))])
        assert isinstance(log, tuple)
        agency = AgencyCode(log[0].decode("ascii", "replace").rstrip("\0"))
        if not agency:
            raise InputError("The predecessor was never opened.", where=predecessor.hex())
        log_id = id_of(compose_origin(name, agency, log[2] + 1))
        if self._chain.log_on_chain(log_id).state is LogState.NONE:
            value = anchor_value(head) if head is not None else _NO_ANCHOR
            self._act("CheckpointRegistry", "openSuccessor", name, predecessor, value)
        return log_id

    # The way through the council

    def _act(self, contract: str, function: str, *values: Value) -> None:
        target = self._chain.registries()[contract]
        data = INTERFACES[contract].call_data(function, *values)
        council = self._chain.registries()["Council"]
        with self._lock:
            ((immediate, delay),) = self._chain.read([("Governor", "canCall", (council, target, data[:4]))])
            if not immediate and not delay:
                raise ChainRefusedError(f"The council may not call {contract}.{function}.", refusal=Refusal.REVERTED)
            if not immediate:
                self._wait_for_delay(target, data, f"{contract}.{function}")
            self._council.act(target, data)

    def _wait_for_delay(self, target: Address, data: bytes, what: str) -> None:
        """Schedule where it is not scheduled; return only once it can be executed."""
        ready = self._schedule_of(target, data)
        if ready == 0:
            governor = self._chain.registries()["Governor"]
            self._council.act(governor, INTERFACES["Governor"].call_data("schedule", target, data, 0))
            ready = self._schedule_of(target, data)
        if max(int(self._clock()), self._chain.head().time) < ready:
            when = format_instant(Instant(ready))
            raise ChainRefusedError(
                f"The governor's delay runs: {what} is scheduled and can be executed from {when} on.",
                refusal=Refusal.DELAYED,
                fix="Do the same again after that instant.",
            )

    def _late(self) -> int:
        """Seconds from an act's beginning until the last moment at which it can be executed."""
        delay = self._chain.deployment.terms.minimum_delay_s
        return delay + _EXECUTABLE_S if delay else 0

    def _end_that_waits(self, key_id: KeyId) -> int | None:
        """The end of a key's window that was scheduled, or waits for signatures; the newest that can still happen."""
        registry = self._chain.registries()["AgencyRegistry"]
        begun = INTERFACES["AgencyRegistry"].functions["moveNotAfter"].selector + key_id
        with self._lock:
            waiting = [file.act.data for file in self._council.waiting()]
        scheduled = [data for data in self._chain.scheduled(registry) if self._schedule_of(registry, data)]
        for data in reversed([*scheduled, *waiting]):
            # A waiting act may be the scheduling of the end, which holds the end's own call data.
            place = data.find(begun)
            if place >= 0 and (end := int.from_bytes(data[place + 36 : place + 68])) > self._chain.head().time:
                return end
        return None

    def _schedule_of(self, target: Address, data: bytes) -> int:
        """From when on an act can be executed; 0 where it is not scheduled, or waited too long."""
        council = self._chain.registries()["Council"]
        ((operation,),) = self._chain.read([("Governor", "hashOperation", (council, target, data))])
        ((ready,),) = self._chain.read([("Governor", "getSchedule", (operation,))])
        assert isinstance(ready, int)
        return ready

    @property
    def threshold(self) -> int:
        """Signatures that an act of the council needs."""
        return self._chain.deployment.terms.threshold

    def waiting_acts(self) -> Sequence[ActFile]:
        """Acts that wait for signatures, in the order in which they can happen."""
        with self._lock:
            return self._council.waiting()

    def add_signatures(self, file: ActFile) -> int:
        """Take signatures that were made elsewhere; how many acts happened by that. See `CouncilActs`."""
        with self._lock:
            return self._council.add_signatures(file)

    def _send(self, call: Call) -> None:
        relayer = self._paying()
        if (problem := self._chain.dry_run(call, relayer.address)) is not None:
            raise ChainRefusedError(problem, refusal=Refusal.REVERTED)
        nonce = self._chain.next_nonce(relayer.address)
        see_through(self._chain.sending, self._chain.sign(call, relayer, nonce), relayer)

    def _paying(self) -> ChainSigner:
        if self._relayer is None:
            raise ChainRefusedError(
                "This machine holds no key of the council.", fix="Act where the members' keys are."
            )
        return self._relayer

    # What the contracts say now

    def _is_registered(self, agency: AgencyCode) -> bool:
        return self._chain.read_or_refusal("AgencyRegistry", "requireAgency", _code(agency)) != "AgencyUnknown"

    def _key(self, key_id: KeyId) -> tuple[bytes, int, int, int, int, int] | None:
        """(agency, role, alone, notBefore, notAfter, compromisedSince); None for a key that was never added."""
        found = self._chain.read_or_refusal("AgencyRegistry", "keyOf", key_id)
        if found == "KeyUnknown":
            return None
        assert isinstance(found, tuple)
        key = found[0]
        assert isinstance(key, tuple)
        return key


def _code(agency: AgencyCode) -> bytes:
    return agency.encode("ascii")
