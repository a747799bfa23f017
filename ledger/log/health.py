"""How the service is: components for `/healthz`, numbers for `/metrics`.

Three states. *Failing*: a promise is broken or about to be (a receipt's deadline missed, the chain contradicts the
store, the store does not answer). *Degraded*: something needs a person soon, and nothing is lost yet (the chain is
away, a transaction waits, an act was refused). *Ok*: neither.

Nothing here asks the chain: the chain loop's last step says whether it answered, so that a hanging node does not hang
the health page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import SillokError
from ledger.log.chain_loop import ChainLoop
from ledger.ports.chain import LogState
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import Clock
from ledger.ports.records import LogInfo, RecordStore
from ledger.values import Instant, TreeSize

REFUSED_SHOWN: Final = 100
"""Refused acts that are counted: more than a person looks at."""
SLOW_ANCHOR_S: Final = 60
"""A record that waits this much longer than the policy says makes the anchoring degraded."""


class State(StrEnum):
    """How one component, or the whole, is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


_GRAVER: Final = (State.OK, State.DEGRADED, State.FAILING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part of the service: its state in one word and one sentence."""

    name: str
    state: State
    text: str
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number: Prometheus name without prefix, labels, value in the unit that the name ends with."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The service at one instant."""

    at: Instant
    state: State
    components: tuple[Component, ...]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogLag:
    log: LogInfo
    size: int
    anchored: int
    oldest: Instant | None
    """When the oldest receipt that is not anchored was signed."""
    deadline: Instant | None
    """By when it must be."""


class Health:
    """Looks at the parts of the service and says how it is."""

    def __init__(
        self,
        *,
        records: RecordStore,
        chain_store: ChainStore,
        loop: ChainLoop,
        clock: Clock,
        age_s: float,
        sequencer_troubles: Callable[[], Mapping[int, str]],
    ) -> None:
        """Look at these.

        Args:
            records: the store's records.
            chain_store: the store's mirror and outbox.
            loop: the thread that speaks with the chain.
            clock: now.
            age_s: the anchoring policy's age.
            sequencer_troubles: log_no → why its sequencer does not accept records; empty where all do.
        """
        self._records = records
        self._chain_store = chain_store
        self._loop = loop
        self._clock = clock
        self._age_s = age_s
        self._sequencer_troubles = sequencer_troubles

    def snapshot(self) -> Snapshot:
        """The service now; a store that does not answer is a failing component, not an exception."""
        now = self._clock()
        try:
            lags = self._lags()
            components = (
                Component(name="store", state=State.OK, text=f"{len(lags)} logs."),
                self._sequencers(),
                self._chain(),
                *self._anchoring(lags, now),
                self._outbox(now),
                self._acts(),
            )
            metrics = (*_lag_metrics(lags, now), *self._numbers(now))
        except SillokError as error:
            components = (Component(name="store", state=State.FAILING, text=error.what, fix=error.fix),)
            metrics = ()
        state = max((component.state for component in components), key=_GRAVER.index)
        return Snapshot(at=now, state=state, components=components, metrics=metrics)

    def _lags(self) -> Sequence[_LogLag]:
        logs = self._records.logs()
        anchored = {log.log_no: self._anchored(log) for log in logs}
        lags = []
        for log in logs:
            # Receipts of a closed log are owed by its successors, at the same indexes.
            later = [o.log_no for o in logs if o.agency == log.agency and o.generation >= log.generation]
            size = max(anchored[log_no] for log_no in later)
            head = self._records.head(log.log_no)
            waiting = self._records.commits(log.log_no, size, 1) if head and head.size > size else ()
            lags.append(
                _LogLag(
                    log=log,
                    size=head.size if head else log.start,
                    anchored=size,
                    oldest=waiting[0].signed_at if waiting else None,
                    deadline=waiting[0].deadline if waiting else None,
                )
            )
        return lags

    def _anchored(self, log: LogInfo) -> TreeSize:
        event = self._chain_store.log_event(log.log_id)
        if event is not None and event.state is not LogState.OPEN:
            return event.good_size
        last = self._chain_store.last_anchor(log.log_no)
        return last.size if last else log.start

    def _sequencers(self) -> Component:
        troubles = self._sequencer_troubles()
        if troubles:
            first = next(iter(troubles.values()))
            return Component(
                name="sequencers", state=State.FAILING, text=f"{len(troubles)} logs accept no records: {first}"
            )
        return Component(name="sequencers", state=State.OK, text="Every log accepts records.")

    def _chain(self) -> Component:
        state = self._loop.state
        if self._loop.dead:
            text = "The thread that speaks with the chain has ended: nothing is anchored any more."
            return Component(name="chain", state=State.FAILING, text=text, fix="Restart the service; see its log.")
        if state.trouble is not None:
            text = f"The last {state.failures} tries failed: {state.trouble}"
            return Component(name="chain", state=State.DEGRADED, text=text, fix="Nothing is lost; it is tried again.")
        if state.mirrored is None:
            return Component(name="chain", state=State.DEGRADED, text="The chain was not asked yet.")
        if state.rewound_at is not None:
            text = f"A reorganisation went below what was final, to block {state.rewound_to}."
            return Component(
                name="chain", state=State.DEGRADED, text=text, fix="Set a deeper finality rule for this chain."
            )
        return Component(
            name="chain", state=State.OK, text=f"Read up to block {state.mirrored.upto.number}, which is final."
        )

    def _anchoring(self, lags: Sequence[_LogLag], now: Instant) -> Sequence[Component]:
        faults, problems = self._loop.anchorer.faults, self._loop.anchorer.problems
        found = []
        for lag in lags:
            log_no, name = lag.log.log_no, f"anchoring {lag.log.origin}"
            if log_no in faults:
                fault = faults[log_no]
                found.append(Component(name=name, state=State.FAILING, text=fault.what, fix=fault.fix))
            elif lag.deadline is not None and now > lag.deadline:
                text = f"A receipt's deadline passed {now - lag.deadline} s ago, and its records are not anchored."
                found.append(Component(name=name, state=State.FAILING, text=text, fix=problems.get(log_no)))
            elif log_no in problems:
                text = f"The contract would not take the last anchor: {problems[log_no]}"
                found.append(Component(name=name, state=State.DEGRADED, text=text))
            elif lag.oldest is not None and now - lag.oldest > self._age_s + SLOW_ANCHOR_S:
                text = f"{lag.size - lag.anchored} records wait, the oldest for {now - lag.oldest} s."
                found.append(Component(name=name, state=State.DEGRADED, text=text))
            else:
                found.append(Component(name=name, state=State.OK, text=f"{lag.anchored} of {lag.size} are anchored."))
        return found

    def _outbox(self, now: Instant) -> Component:
        waiting = self._chain_store.outgoing()
        refusals = self._loop.outbox.refusals
        if refusals:
            sender, reason = next(iter(refusals.items()))
            text = f"The chain does not take transactions of 0x{sender.hex()}: {reason}"
            return Component(name="outbox", state=State.DEGRADED, text=text)
        if any(item.bumps for item in waiting):
            oldest = now - min(item.first_sent for item in waiting)
            text = f"{len(waiting)} transactions are on the way, the oldest for {oldest} s."
            return Component(name="outbox", state=State.DEGRADED, text=text, fix="They are replaced by themselves.")
        return Component(name="outbox", state=State.OK, text=f"{len(waiting)} transactions are on the way.")

    def _acts(self) -> Component:
        stuck = [request for request in self._chain_store.open_status_requests() if request.problem]
        if stuck:
            text = f"Status act {stuck[0].act_no} cannot reach the chain: {stuck[0].problem}"
            return Component(name="status acts", state=State.DEGRADED, text=text)
        refused = self._chain_store.refused_status_requests(REFUSED_SHOWN)
        if refused:
            text = f"{len(refused)} were refused, the newest: {refused[0].problem}"
            return Component(name="status acts", state=State.OK, text=text)
        return Component(name="status acts", state=State.OK, text="None was refused.")

    def _numbers(self, now: Instant) -> Sequence[Metric]:
        state, waiting = self._loop.state, self._chain_store.outgoing()
        oldest = now - min((item.first_sent for item in waiting), default=now)
        block = state.mirrored.upto if state.mirrored else None
        refused = len(self._chain_store.refused_status_requests(REFUSED_SHOWN))
        return (
            _metric("chain_up", "Whether the chain answered last time.", float(state.trouble is None)),
            _metric("chain_failures", "Failed tries in a row.", state.failures),
            _metric("chain_mirrored_block", "Newest mirrored block.", block.number if block else -1),
            _metric("chain_mirrored_age_seconds", "Age of that block.", now - block.time if block else 0),
            _metric("outbox_transactions", "Transactions on the way.", len(waiting)),
            _metric("outbox_oldest_seconds", "Age of the oldest of them.", oldest),
            _metric("status_acts_open", "Accepted acts not final.", len(self._chain_store.open_status_requests())),
            _metric("status_acts_refused", f"Refused acts, {REFUSED_SHOWN} at most.", refused),
        )


def _lag_metrics(lags: Sequence[_LogLag], now: Instant) -> Sequence[Metric]:
    found = []
    for lag in lags:
        origin = lag.log.origin
        late = max(0, now - lag.deadline) if lag.deadline is not None else 0
        waits = now - lag.oldest if lag.oldest is not None else 0
        found += [
            _metric("log_records", "Records accepted.", lag.size, origin),
            _metric("log_anchored_records", "Records anchored in a final block.", lag.anchored, origin),
            _metric("log_oldest_unanchored_seconds", "Age of the oldest receipt not anchored.", waits, origin),
            _metric("log_receipt_late_seconds", "Time since a missed deadline; 0: none missed.", late, origin),
        ]
    return found


def _metric(name: str, text: str, value: float, origin: str | None = None) -> Metric:
    return Metric(name=name, help=text, labels={"log": origin} if origin else {}, value=float(value))
