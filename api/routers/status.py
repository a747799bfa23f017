"""Status acts: suspend, resume, revoke, supersede, recall."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header

from api.auth import Act
from api.deps import BEARER, Acting, InAgency, Looking, acting
from api.schemas.base import Ordinal
from api.schemas.status import StatusActView, StatusAsked
from ledger.errors import InputError
from ledger.ports.chain_store import StatusRequest
from ledger.records.number import parse_number
from ledger.values import AgencyCode, LogIndex
from ledger.wiring import Services

router = APIRouter(tags=["status"])
Changing = Annotated[Acting, acting(Act.CHANGE_STATUS)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


@router.post(
    "/v1/agencies/{agency}/status",
    status_code=202,
    openapi_extra={"security": BEARER},
    summary="Change the status of records or of a batch",
)
def change(asked: StatusAsked, caller: Changing, idempotency_key: Key = None) -> StatusActView:
    """Suspend, resume, revoke or supersede. In force once accepted; a resumption only once it is final."""
    services = caller.services
    indexes = _indexes(services, caller.agency, asked)
    request = services.status.change(
        caller.agency, asked.change(indexes), idempotency_key=idempotency_key, actor=caller.actor
    )
    return StatusActView.of(request, _touched(services, request))


@router.get("/v1/agencies/{agency}/status/{act}", summary="How far a status act has come")
def act_state(services: Looking, agency: InAgency, act: Ordinal) -> StatusActView:
    """Accepted, sent, final or refused; a refusal says what the contract says."""
    request = services.status.request(agency, act)
    return StatusActView.of(request, _touched(services, request))


def _indexes(services: Services, agency: AgencyCode, asked: StatusAsked) -> list[LogIndex]:
    """The records that are meant, by place; by number only those of this agency."""
    if asked.numbers is None:
        return [LogIndex(index) for index in asked.indexes or ()]
    if asked.indexes is not None:
        raise InputError("Records are named in one way.", where="numbers", fix="Give either indexes or numbers.")
    numbers = [parse_number(number) for number in asked.numbers]
    logs = {log.log_no for log in services.records.logs() if log.agency == agency}
    found = services.records.find_numbers(numbers)
    missing = next((number for number in numbers if number not in found or found[number][0] not in logs), None)
    if missing is not None:
        raise InputError(f"Agency {agency} has no record with the number {missing}.", where="numbers")
    return [found[number][1] for number in numbers]


def _touched(services: Services, request: StatusRequest) -> int:
    """Records that an act touches: those that it names, or all of its batch."""
    if not request.act.batches:
        return len(request.act.indexes)
    return sum(services.records.batch_members(request.log_no, batch) for batch in request.act.indexes)
