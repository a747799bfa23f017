"""What the governor of the contracts does for an agency: steps that may be done again after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.ports.chain import Anchor
from ledger.values import Address, AgencyCode, Instant, KeyId, LogId, Role


class Governance(Protocol):
    """The governor's acts on our contracts, signed by the council's keys that this machine holds.

    Every act returns once it is in a block, and does nothing where the contract already says what it would make it
    say: a crash in the middle of several steps is mended by doing all of them again. Raises ChainError where the
    chain does not answer, ChainRefusedError with the contract's own notice where it refuses, and where a delay runs
    (production) with the instant from which the act can be executed.
    """

    def register_agency(self, agency: AgencyCode) -> None:
        """Register an agency."""

    def add_key(self, agency: AgencyCode, key_id: KeyId, role: Role, *, not_after: Instant | None = None) -> None:
        """Put a key in window from now on, until `not_after` (None: no end). A STATUS key may do every act alone."""

    def fund(self, address: Address) -> None:
        """See to it that this key can pay for its transactions; nothing on a chain without a gas price."""

    def move_not_after(self, key_id: KeyId, not_after: Instant) -> None:
        """End a key's window at an instant that lies in the future."""

    def disable_key(self, key_id: KeyId) -> None:
        """End a key's window now."""

    def declare_compromised(self, key_id: KeyId) -> None:
        """Declare a key stolen as of now; immediate everywhere."""

    def declare_compromised_since(self, key_id: KeyId, since: Instant) -> None:
        """Declare a key stolen since an instant in the past; delayed where the governor has a delay."""

    def open_log(self, name: str, agency: AgencyCode, max_delay_s: int) -> LogId:
        """Open the first log of an agency: origin `name/agency`."""

    def close_log(self, log_id: LogId) -> None:
        """Close a log; immediate everywhere."""

    def void_heads(self, log_id: LogId, anchors: Sequence[Anchor]) -> None:
        """Take void anchors off a closed log, from the head down; what remains is its good head."""

    def open_successor(self, name: str, predecessor: LogId, head: Anchor | None) -> LogId:
        """Open the next generation on a closed log's good head (None: size 0)."""
