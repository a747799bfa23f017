"""What strangers see of a record, put together from look-up, status and chain."""

from __future__ import annotations

from collections.abc import Sequence

from api.schemas.agencies import AnchorBrief
from api.schemas.base import when
from api.schemas.records import FactShown, RecordShown, Successor, leaf_json
from api.schemas.status import StatusNow
from ledger.log.lookup import RecordView
from ledger.records.disclosure import Disclosure
from ledger.values import LogId, LogIndex
from ledger.wiring import Services


def shown(services: Services, view: RecordView) -> RecordShown:
    """One record as strangers see it: of a personal document only its digest and its number."""
    status = services.status.status_now(view.log.log_no, view.index)
    return RecordShown(
        origin=view.log.origin,
        agency=view.log.agency,
        index=view.index,
        record=leaf_json(view.leaf),
        number=view.number,
        sha256=view.sha256.hex() if view.sha256 is not None else None,
        facts=_facts(view.public(), view.record.facts),
        status=StatusNow.of(status),
        anchor=AnchorBrief.of(status.anchor) if status.anchor else None,
        accepted_at=when(view.accepted_at) or "",
        erased=view.disclosures is None,
        superseded_by=_successor(services, status.successor),
    )


def _facts(public: Sequence[Disclosure], total: int) -> list[FactShown]:
    rows = [FactShown(path=fact.path, value=fact.value) for fact in public]
    withheld = total - len(rows)
    return [*rows, FactShown(withheld=withheld)] if withheld else rows


def _successor(services: Services, successor: tuple[LogId, LogIndex] | None) -> Successor | None:
    if successor is None:
        return None
    origins = {log.log_id: log.origin for log in services.records.logs()}
    return Successor(origin=origins[successor[0]], index=successor[1])
