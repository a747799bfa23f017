"""Accounts of an agency's people: made by the agency's administrator or the operator, used on the clerk's pages."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.auth import Act
from api.deps import BEARER, Acting, acting
from api.schemas.accounts import AccountList, AccountRow, NewAccount, NewPassword
from ledger.errors import InputError
from ledger.ports.agencies import ApiRole

router = APIRouter(tags=["agencies"])
KEYED: Final = {"security": BEARER}
Managing = Annotated[Acting, acting(Act.MANAGE_KEYS)]
Number = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/v1/agencies/{agency}/accounts", openapi_extra=KEYED, summary="List accounts")
def accounts(caller: Managing) -> AccountList:
    """Everybody of the agency, disabled accounts too."""
    found = caller.services.accounts.of_agency(caller.agency)
    return AccountList(accounts=[AccountRow.of(account) for account in found])


@router.post("/v1/agencies/{agency}/accounts", status_code=201, openapi_extra=KEYED, summary="Add an account")
def add_account(asked: NewAccount, caller: Managing) -> AccountRow:
    """Let a person into the clerk's pages."""
    services = caller.services
    if asked.demo and services.settings.rpc_url is not None:
        raise InputError("A demonstration account is for the embedded chain only.", where="demo")
    services.agencies.agency(caller.agency)
    account = services.accounts.add(
        caller.agency,
        login=asked.login,
        name=asked.name,
        role=ApiRole(asked.role),
        password=asked.password.get_secret_value(),
        demo=asked.demo,
    )
    return AccountRow.of(account)


@router.post(
    "/v1/agencies/{agency}/accounts/{account_no}/password",
    status_code=204,
    openapi_extra=KEYED,
    summary="Reset an account's password",
)
def reset_password(asked: NewPassword, caller: Managing, account_no: Number) -> Response:
    """Give somebody who lost it a new password: sessions end at once."""
    caller.services.accounts.reset_password(caller.agency, account_no, asked.password.get_secret_value())
    return Response(status_code=204)


@router.delete(
    "/v1/agencies/{agency}/accounts/{account_no}", status_code=204, openapi_extra=KEYED, summary="Disable an account"
)
def disable_account(caller: Managing, account_no: Number) -> Response:
    """Let somebody in no more: sessions end at once."""
    caller.services.accounts.disable(caller.agency, account_no)
    return Response(status_code=204)
