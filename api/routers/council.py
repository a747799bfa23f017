"""Acts of the council that wait for members who sign on machines of their own. For the operator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from api.deps import BEARER, Acting, registering
from api.schemas.council import ActDocument, ActsDone, ActsWaiting
from ledger.council_act import parse_act_file

router = APIRouter(tags=["council"])
Governing = Annotated[Acting, registering()]


@router.get("/v1/council/acts", openapi_extra={"security": BEARER}, summary="Acts that wait for signatures")
def waiting(caller: Governing) -> ActsWaiting:
    """In the order in which they can happen. Each goes into a file of its own: see `sillok council`."""
    governor = caller.services.governor
    return ActsWaiting(needed=governor.threshold, acts=[ActDocument.of(file) for file in governor.waiting_acts()])


@router.post("/v1/council/acts", openapi_extra={"security": BEARER}, summary="Add signatures to an act (operator)")
def add_signatures(act: ActDocument, caller: Governing) -> ActsDone:
    """Every act that has enough signatures then, in order, is sent. Anybody may carry signatures here."""
    governor = caller.services.governor
    done = governor.add_signatures(parse_act_file(act.content()))
    return ActsDone(done=done, waiting=len(governor.waiting_acts()))
