"""Accounts and sessions: the store's side of `ledger.ports.accounts.AccountStore`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, or_, select, update

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.accounts import Account, Session
from ledger.ports.agencies import ApiRole
from ledger.store import schema
from ledger.store.database import Database
from ledger.store.rows import AnyRow
from ledger.values import AgencyCode, Digest32, Instant


class SqlAccounts:
    """An `AccountStore` on one database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def add_account(
        self,
        *,
        login: str,
        name: str,
        agency: AgencyCode,
        role: ApiRole,
        demo: bool,
        password_hash: str,
        now: Instant,
    ) -> Account:
        """Keep a new account. Raises ConflictError where the login is taken."""
        table = schema.accounts
        with self._database.write() as connection:
            if connection.scalar(select(table.c.account_no).where(table.c.login == login)) is not None:
                raise ConflictError("This login is taken.", where="login", fix="Choose another one.")
            added = connection.execute(
                insert(table).values(
                    login=login,
                    name=name,
                    agency=agency,
                    role=role.value,
                    demo=int(demo),
                    password_hash=password_hash,
                    created_at=now,
                    disabled_at=None,
                )
            )
            account_no = int(added.lastrowid)
            return _account(_row(connection, account_no))

    def find_account(self, login: str) -> tuple[Account, str] | None:
        """The account with this login and the hash of its password; None if there is none."""
        with self._database.read() as connection:
            query = select(schema.accounts).where(schema.accounts.c.login == login)
            row = connection.execute(query).one_or_none()
        return None if row is None else (_account(row), row.password_hash)

    def account(self, account_no: int) -> Account:
        """One account. Raises NotFoundError."""
        with self._database.read() as connection:
            return _account(_row(connection, account_no))

    def accounts(self, agency: AgencyCode) -> Sequence[Account]:
        """All accounts of an agency, oldest first, disabled ones too."""
        table = schema.accounts
        with self._database.read() as connection:
            query = select(table).where(table.c.agency == agency).order_by(table.c.account_no)
            return [_account(row) for row in connection.execute(query).all()]

    def set_password(self, account_no: int, password_hash: str) -> None:
        """Replace the hash and end every session of the account, in one transaction. Raises NotFoundError."""
        table = schema.accounts
        with self._database.write() as connection:
            changed = connection.execute(
                update(table).where(table.c.account_no == account_no).values(password_hash=password_hash)
            )
            if changed.rowcount == 0:
                raise NotFoundError(f"There is no account {account_no}.")
            connection.execute(delete(schema.sessions).where(schema.sessions.c.account_no == account_no))

    def disable_account(self, agency: AgencyCode, account_no: int, now: Instant) -> None:
        """Disable an account of an agency and end its sessions. Raises NotFoundError."""
        table = schema.accounts
        with self._database.write() as connection:
            row = _row(connection, account_no)
            if row.agency != agency:
                raise NotFoundError(f"Agency {agency} has no account {account_no}.")
            if row.disabled_at is None:
                connection.execute(update(table).where(table.c.account_no == account_no).values(disabled_at=now))
            connection.execute(delete(schema.sessions).where(schema.sessions.c.account_no == account_no))

    def open_session(self, token_sha256: Digest32, account_no: int, now: Instant) -> Session:
        """Keep a new session."""
        session = Session(token_sha256=token_sha256, account_no=account_no, began_at=now, seen_at=now)
        with self._database.write() as connection:
            connection.execute(
                insert(schema.sessions).values(
                    token_sha256=token_sha256, account_no=account_no, began_at=now, seen_at=now
                )
            )
        return session

    def find_session(self, token_sha256: Digest32) -> tuple[Session, Account] | None:
        """The session with this digest and its account; None if there is none."""
        with self._database.read() as connection:
            query = select(schema.sessions).where(schema.sessions.c.token_sha256 == token_sha256)
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            session = Session(
                token_sha256=Digest32(bytes(row.token_sha256)),
                account_no=row.account_no,
                began_at=Instant(row.began_at),
                seen_at=Instant(row.seen_at),
            )
            return session, _account(_row(connection, row.account_no))

    def touch_session(self, token_sha256: Digest32, now: Instant) -> None:
        """Say that the session was used."""
        table = schema.sessions
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.token_sha256 == token_sha256).values(seen_at=now))

    def end_session(self, token_sha256: Digest32) -> None:
        """End one session; nothing happens where there is none."""
        with self._database.write() as connection:
            connection.execute(delete(schema.sessions).where(schema.sessions.c.token_sha256 == token_sha256))

    def end_old_sessions(self, *, began_before: Instant, seen_before: Instant) -> None:
        """End every session that began, or was last used, before these instants."""
        table = schema.sessions.c
        with self._database.write() as connection:
            old = or_(table.began_at < began_before, table.seen_at < seen_before)
            connection.execute(delete(schema.sessions).where(old))


def _row(connection: Connection, account_no: int) -> AnyRow:
    row = connection.execute(select(schema.accounts).where(schema.accounts.c.account_no == account_no)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no account {account_no}.")
    return row


def _account(row: AnyRow) -> Account:
    return Account(
        account_no=row.account_no,
        login=row.login,
        name=row.name,
        agency=AgencyCode(row.agency),
        role=ApiRole(row.role),
        demo=bool(row.demo),
        created_at=Instant(row.created_at),
        disabled_at=None if row.disabled_at is None else Instant(row.disabled_at),
    )
