"""Agencies: who they are, their logs and anchored sizes, their signing keys and API keys."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.auth import Act
from api.deps import BEARER, Acting, InAgency, Open, acting, registering
from api.schemas.agencies import (
    AgencyBrief,
    AgencyList,
    AgencyRegistered,
    AgencyWhole,
    ApiKeyList,
    ApiKeyMade,
    ApiKeyRow,
    CheckpointList,
    CheckpointRow,
    Compromise,
    KeyList,
    KeyRow,
    LogHead,
    NewAgency,
    NewKey,
    Rotation,
    UndoingView,
)
from api.schemas.base import Ordinal
from ledger.hashing.encodings import hex_decode
from ledger.ports.agencies import ApiRole
from ledger.values import KeyId, parse_agency, parse_instant

router = APIRouter(tags=["agencies"])
KEYED: Final = {"security": BEARER}
Managing = Annotated[Acting, acting(Act.MANAGE_KEYS)]


@router.get("/v1/agencies", summary="List the agencies")
def list_agencies(services: Open) -> AgencyList:
    """Every agency of this service, by code."""
    return AgencyList(agencies=[AgencyBrief.of(agency) for agency in services.agencies.agencies()])


@router.post("/v1/agencies", status_code=201, openapi_extra=KEYED, summary="Register an agency (operator)")
def register(new: NewAgency, caller: Annotated[Acting, registering()]) -> AgencyRegistered:
    """Draw its keys, put them on chain, open its log. Doing it again finishes what a crash left."""
    code = parse_agency(new.code)
    registered = caller.services.agencies.register(
        code, name_ko=new.name_ko, name_en=new.name_en, contact=new.contact
    )
    caller.desk.authenticator.forget()
    return AgencyRegistered.of(registered)


@router.get("/v1/agencies/{agency}", summary="One agency and its log")
def one_agency(services: Open, agency: InAgency) -> AgencyWhole:
    """Who it is, how large its newest log is, and how far it is anchored."""
    brief, log = AgencyBrief.of(services.agencies.agency(agency)), services.agencies.log(agency)
    head = services.records.head(log.log_no)
    size, anchor = services.records.tree_size(log.log_no), services.chain_store.last_anchor(log.log_no)
    return AgencyWhole(**brief.model_dump(by_alias=False), log=LogHead.of(log, size, head, anchor))


@router.get("/v1/agencies/{agency}/checkpoints", summary="Anchored sizes of the newest log")
def checkpoints(
    services: Open,
    agency: InAgency,
    after: Annotated[int, Query(ge=0, lt=2**53, description="only sizes above this one")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CheckpointList:
    """Every size that the contract accepted, with its root, its block and the key that anchored it."""
    log = services.agencies.log(agency)
    head = services.records.head(log.log_no)
    events = [event for event in services.chain_store.anchors(log.log_no) if event.size > after]
    page = events[:limit]
    return CheckpointList(
        origin=log.origin,
        checkpoint=head.checkpoint if head else None,
        anchored=[CheckpointRow.of(event) for event in page],
        next=page[-1].size if len(events) > limit else None,
    )


@router.get("/v1/agencies/{agency}/keys", summary="Signing keys with their windows on chain")
def keys(services: Open, agency: InAgency) -> KeyList:
    """The agency's keys as the chain has them."""
    return KeyList(keys=[KeyRow.of(key) for key in services.agencies.keys(agency)])


@router.post("/v1/agencies/{agency}/keys", status_code=201, openapi_extra=KEYED, summary="Rotate a signing key")
def rotate(asked: Rotation, caller: Managing) -> KeyRow:
    """Sign with another key of this role from now on; the old one's window ends after an overlap."""
    return KeyRow.of(caller.services.agencies.rotate(caller.agency, asked.value))


@router.post(
    "/v1/agencies/{agency}/keys/{key_id}/compromised", openapi_extra=KEYED, summary="Declare a signing key stolen"
)
def compromised(
    asked: Compromise,
    caller: Managing,
    key_id: Annotated[str, Path(alias="key_id", pattern="^[0-9a-f]{64}$")],
) -> KeyRow:
    """What it signs from now on is void, or since an instant in the past. It cannot be undone."""
    since = parse_instant(asked.since) if asked.since is not None else None
    key = KeyId(hex_decode(key_id, length=32, where="keyId"))
    return KeyRow.of(caller.services.agencies.declare_compromised(caller.agency, key, since))


@router.post("/v1/agencies/{agency}/keys/{key_id}/undo", openapi_extra=KEYED, summary="Undo a stolen key's acts")
def undo(
    caller: Managing,
    key_id: Annotated[str, Path(alias="key_id", pattern="^[0-9a-f]{64}$")],
) -> UndoingView:
    """Take back on chain what a compromised key revoked or superseded. Ask again until nothing stands."""
    key = KeyId(hex_decode(key_id, length=32, where="keyId"))
    return UndoingView.of(caller.services.loop.undo(caller.agency, key))


@router.get("/v1/agencies/{agency}/api-keys", openapi_extra=KEYED, summary="List API keys")
def api_keys(caller: Managing) -> ApiKeyList:
    """Every API key of the agency, revoked ones too, without their secrets."""
    return ApiKeyList(keys=[ApiKeyRow.of(key) for key in caller.services.agencies.api_keys(caller.agency)])


@router.post("/v1/agencies/{agency}/api-keys", status_code=201, openapi_extra=KEYED, summary="Make an API key")
def make_api_key(asked: NewKey, caller: Managing) -> ApiKeyMade:
    """The secret is in this answer and nowhere else."""
    made = caller.services.agencies.create_api_key(caller.agency, ApiRole(asked.role), asked.label)
    caller.desk.authenticator.forget()
    return ApiKeyMade.of(made)


@router.delete(
    "/v1/agencies/{agency}/api-keys/{key_no}", status_code=204, openapi_extra=KEYED, summary="Revoke an API key"
)
def revoke_api_key(caller: Managing, key_no: Ordinal) -> Response:
    """Revoke at once: the next request with it is refused."""
    caller.services.agencies.revoke_api_key(caller.agency, key_no)
    caller.desk.authenticator.forget()
    return Response(status_code=204)
