"""Accounts of an agency's people, as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from api.schemas.base import InstantText, Schema, when
from ledger.ports.accounts import Account

RoleName = Literal["clerk", "approver", "administrator"]
Password = Annotated[SecretStr, Field(description="12 to 200 characters; kept as an argon2id hash")]


class NewAccount(Schema):
    """A person to be let into the clerk's pages."""

    login: Annotated[str, Field(min_length=3, max_length=64)] = Field(
        description="what the person types; unique in this service", examples=["hong.gildong"]
    )
    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        description="what colleagues see", examples=["홍길동"]
    )
    role: RoleName
    password: Password
    demo: bool = Field(
        default=False, description="what it issues carries the mark of a demonstration; embedded chain only"
    )


class NewPassword(Schema):
    """A password for somebody who lost theirs."""

    password: Password


class AccountRow(Schema):
    """An account, without anything secret."""

    account_no: int = Field(ge=1)
    login: str
    name: str
    role: RoleName
    demo: bool
    created_at: InstantText
    disabled_at: InstantText | None

    @classmethod
    def of(cls, account: Account) -> AccountRow:
        """From what the ledger answers."""
        return cls(
            account_no=account.account_no,
            login=account.login,
            name=account.name,
            role=account.role.value,
            demo=account.demo,
            created_at=when(account.created_at) or "",
            disabled_at=when(account.disabled_at),
        )


class AccountList(Schema):
    """Everybody of an agency, oldest account first."""

    accounts: list[AccountRow]
