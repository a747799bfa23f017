"""Agencies and their clerks' API keys: the store's side of `ledger.ports.agencies.AgencyStore`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.agencies import Agency, ApiKey, ApiRole
from ledger.store import schema
from ledger.store.database import Database
from ledger.store.rows import AnyRow
from ledger.values import AgencyCode, Digest32, Instant


class SqlAgencies:
    """An `AgencyStore` on one database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def agencies(self) -> Sequence[Agency]:
        """All, by code."""
        with self._database.read() as connection:
            rows = connection.execute(select(schema.agencies).order_by(schema.agencies.c.code)).all()
        return [
            Agency(code=AgencyCode(row.code), name_ko=row.name_ko, name_en=row.name_en, contact=row.contact)
            for row in rows
        ]

    def put_agency(self, agency: Agency) -> None:
        """Add or rename."""
        names = {"name_ko": agency.name_ko, "name_en": agency.name_en, "contact": agency.contact}
        with self._database.write() as connection:
            same = schema.agencies.c.code == agency.code
            if connection.execute(update(schema.agencies).where(same).values(names)).rowcount == 0:
                connection.execute(insert(schema.agencies).values(code=agency.code, **names))

    def add_api_key(self, sha256: Digest32, agency: AgencyCode, role: ApiRole, label: str, now: Instant) -> ApiKey:
        """Keep a new key's digest. Raises ConflictError where it is there already."""
        with self._database.write() as connection:
            if connection.scalar(select(schema.api_keys.c.key_no).where(schema.api_keys.c.sha256 == sha256)):
                raise ConflictError("This API key is there already.", fix="Draw a new one.")
            added = connection.execute(
                insert(schema.api_keys)
                .values(sha256=sha256, agency=agency, role=role.value, label=label, created_at=now, revoked_at=None)
                .returning(schema.api_keys.c.key_no)
            )
            key_no = int(added.scalar_one())
        return ApiKey(key_no=key_no, agency=agency, role=role, label=label, created_at=now, revoked_at=None)

    def find_api_key(self, sha256: Digest32) -> ApiKey | None:
        """The key with this digest, revoked or not; None if there is none."""
        with self._database.read() as connection:
            query = select(schema.api_keys).where(schema.api_keys.c.sha256 == sha256)
            row = connection.execute(query).one_or_none()
        return None if row is None else _api_key(row)

    def api_keys(self, agency: AgencyCode) -> Sequence[ApiKey]:
        """All keys of an agency, oldest first."""
        table = schema.api_keys.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(schema.api_keys).where(table.agency == agency).order_by(table.key_no)
            ).all()
        return [_api_key(row) for row in rows]

    def revoke_api_key(self, agency: AgencyCode, key_no: int, now: Instant) -> None:
        """Revoke; a second time changes nothing. Raises NotFoundError."""
        table = schema.api_keys.c
        same = (table.agency == agency, table.key_no == key_no)
        with self._database.write() as connection:
            if connection.scalar(select(table.key_no).where(*same)) is None:
                raise NotFoundError(f"The agency {agency} has no API key {key_no}.")
            connection.execute(
                update(schema.api_keys).where(*same, table.revoked_at.is_(None)).values(revoked_at=now)
            )


def _api_key(row: AnyRow) -> ApiKey:
    return ApiKey(
        key_no=row.key_no,
        agency=AgencyCode(row.agency),
        role=ApiRole(row.role),
        label=row.label,
        created_at=Instant(row.created_at),
        revoked_at=None if row.revoked_at is None else Instant(row.revoked_at),
    )
