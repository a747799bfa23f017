"""The one thread that speaks with the chain: mirror, then outbox, then anchorer, then status acts.

The order matters. The mirror comes first, so that everything after it judges by final blocks; what settled in
the outbox is noted before new anchors and acts are made, so that none is made twice. Each part survives a crash
on its own (see their texts), so the thread may die at any point.

A chain that does not answer is no reason to stop: the loop waits, longer each time up to `MAX_PAUSE_S`, and says
so in `trouble`, which the health report shows. A fault of the store or the keystore is shown the same way: it must
not end the thread and leave a service that accepts records and never anchors them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final, Protocol

from ledger.errors import ChainError, SillokError, StoreError
from ledger.locks import FileLock
from ledger.log.anchorer import Anchorer
from ledger.log.mirror import Mirror, MirrorStep
from ledger.log.outbox import Outbox
from ledger.log.status_sender import StatusSender
from ledger.log.undoing import Undoer, Undoing
from ledger.ports.keys import Clock
from ledger.values import AgencyCode, Instant, KeyId

MAX_PAUSE_S: Final = 15.0
"""Longest pause between tries: a chain that is back is noticed within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopState:
    """How the last step went."""

    at: Instant
    """When the last step ended."""
    mirrored: MirrorStep | None
    """What the newest whole mirror step did; None before the first."""
    trouble: str | None
    """Why the last step did not end, in words for a person; None where it did."""
    failures: int
    """Steps in a row that did not end."""
    rewound_at: Instant | None
    """When a reorganisation below what was final was last noticed by this process."""
    rewound_to: int | None
    """The block number that it threw the mirror back to."""


class Intake(Protocol):
    """Whoever accepts records."""

    def halt(self, reasons: Mapping[int, StoreError]) -> None:
        """Accept nothing into the logs with these numbers; one that was halted before and is not named goes on."""


class ChainLoop:
    """Drives everything that speaks with the chain, in a thread of its own or step by step."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        outbox: Outbox,
        anchorer: Anchorer,
        sender: StatusSender,
        undoer: Undoer,
        clock: Clock,
        poll_s: float,
        intake: Intake | None = None,
        pause: FileLock | None = None,
    ) -> None:
        """Step every `poll_s` seconds.

        Args:
            mirror: reads the chain.
            outbox: sends what is kept.
            anchorer: makes anchors.
            sender: makes status transactions.
            undoer: undoes the acts of compromised keys, when it is asked to.
            clock: now.
            poll_s: pause between steps, in seconds.
            intake: is told which logs the chain contradicts.
            pause: who holds it (a backup, in another process) keeps steps from beginning, and waits for one's end.
        """
        self._mirror = mirror
        self._outbox = outbox
        self._anchorer = anchorer
        self._sender = sender
        self._undoer = undoer
        self._clock = clock
        self._poll_s = poll_s
        self._intake = intake
        self._pause = pause
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._stepping = threading.Lock()
        self._state = LoopState(at=clock(), mirrored=None, trouble=None, failures=0, rewound_at=None, rewound_to=None)

    @property
    def state(self) -> LoopState:
        """How the last step went."""
        return self._state

    @property
    def mirror(self) -> Mirror:
        """The mirror; one for all, since it steps one at a time."""
        return self._mirror

    @property
    def anchorer(self) -> Anchorer:
        """Its faults and problems, for the health report."""
        return self._anchorer

    @property
    def outbox(self) -> Outbox:
        """Its refusals, for the health report."""
        return self._outbox

    @property
    def dead(self) -> bool:
        """Whether the thread was started and ended by an error that nobody foresaw."""
        return self._thread is not None and not self._thread.is_alive()

    def start(self) -> None:
        """Begin stepping in a thread of its own."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="chain", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is under way."""
        self._stopping.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Step now rather than after the pause."""
        self._awake.set()

    def step(self, *, at_once: bool = False) -> None:
        """One round; `at_once` anchors whatever waits, whatever its age.

        Raises:
            InfrastructureError: chain, store or keystore did not answer; a later step goes on from there.
        """
        with self._stepping, ExitStack() as held:
            if self._pause is not None and not held.enter_context(self._pause.tried()):
                return
            self._look()
            now = self._clock()
            settled = self._outbox.step(now)
            self._anchorer.settled(settled, now)
            self._sender.settled(settled, now)
            if self._undoer.settled(settled):
                self._sender.hurry()
            self._anchorer.step(now, at_once=at_once)
            self._halt()
            self._sender.step(now)
            self._state = replace(self._state, at=self._clock(), trouble=None, failures=0)

    def undo(self, agency: AgencyCode, key_id: KeyId) -> Undoing:
        """Undo the acts of a compromised key, between two steps; see `Undoer.send`.

        Raises:
            StoreError: a backup is being made.
            ConflictError, NotFoundError, InfrastructureError: as `Undoer.send` says.
        """
        with self._stepping, ExitStack() as held:
            if self._pause is not None and not held.enter_context(self._pause.tried()):
                raise StoreError("A backup of this folder is being made.", fix="Try again in a moment.")
            self._look()
            undoing = self._undoer.send(agency, key_id, self._clock())
        self.wake()
        return undoing

    def look(self) -> None:
        """At start, before records are accepted: read the chain, and halt each log that it contradicts.

        A chain that does not answer stops nothing: then what was mirrored before is compared, and the steps go on.
        """
        with self._stepping:
            try:
                self._look()
            except ChainError as error:
                self._fail(error)
            self._anchorer.compare()
            self._halt()

    def _look(self) -> None:
        mirrored = self._mirror.step()
        self._state = replace(self._state, mirrored=mirrored)
        if mirrored.rewound_to is not None:
            self._state = replace(self._state, rewound_at=self._clock(), rewound_to=mirrored.rewound_to)

    def _halt(self) -> None:
        if self._intake is not None:
            self._intake.halt({no: StoreError(one.what, fix=one.fix) for no, one in self._anchorer.faults.items()})

    def _run(self) -> None:
        pause = self._poll_s
        while not self._stopping.is_set():
            try:
                self.step()
                pause = self._poll_s
            except SillokError as error:
                pause = min(max(pause * 2, self._poll_s), MAX_PAUSE_S)
                self._fail(error)
            self._awake.wait(pause)
            self._awake.clear()

    def _fail(self, error: SillokError) -> None:
        self._state = replace(self._state, at=self._clock(), trouble=str(error), failures=self._state.failures + 1)
