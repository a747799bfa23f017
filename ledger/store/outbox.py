"""Transactions on their way to the chain, kept before they are sent, so that a crash sends the same bytes again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select, update

from ledger.errors import NotFoundError
from ledger.ports.chain import SignedTransaction
from ledger.ports.chain_store import OutboxKind, Outgoing
from ledger.store import schema
from ledger.store.database import Database
from ledger.store.rows import AnyRow, pieces
from ledger.values import Address, Digest32, Instant


class SqlOutbox:
    """The outbox of one database: a part of `SqlChainStore`."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def put_outgoing(
        self,
        kind: OutboxKind,
        log_no: int,
        subject: int,
        transactions: Sequence[SignedTransaction],
        now: Instant,
    ) -> Sequence[Outgoing]:
        """Keep transactions durably, before they are sent; all of them or none."""
        kept = []
        with self._database.write() as connection:
            for transaction in transactions:
                added = connection.execute(
                    insert(schema.outbox)
                    .values(
                        kind=kind.value,
                        log_no=log_no,
                        subject=subject,
                        raw=transaction.raw,
                        hash=transaction.hash,
                        sender=transaction.sender,
                        nonce=transaction.nonce,
                        first_sent=now,
                        bumps=0,
                        replaced=b"",
                    )
                    .returning(schema.outbox.c.outbox_no)
                )
                kept.append(
                    Outgoing(
                        outbox_no=int(added.scalar_one()),
                        kind=kind,
                        log_no=log_no,
                        subject=subject,
                        transaction=transaction,
                        replaced=(),
                        first_sent=now,
                        bumps=0,
                    )
                )
        return kept

    def replace_outgoing(self, outbox_no: int, transaction: SignedTransaction) -> None:
        """A replacement with the same nonce and a higher fee: one bump more; the old hash goes to `replaced`.

        Raises:
            NotFoundError: it is not on the way any more.
        """
        table = schema.outbox.c
        with self._database.write() as connection:
            old = connection.execute(
                select(table.hash, table.replaced).where(table.outbox_no == outbox_no)
            ).one_or_none()
            if old is None:
                raise NotFoundError(f"Transaction {outbox_no} is not on the way any more.")
            connection.execute(
                update(schema.outbox)
                .where(table.outbox_no == outbox_no)
                .values(
                    raw=transaction.raw,
                    hash=transaction.hash,
                    sender=transaction.sender,
                    nonce=transaction.nonce,
                    bumps=table.bumps + 1,
                    replaced=old.replaced + old.hash,
                )
            )

    def outgoing(self, kind: OutboxKind | None = None) -> Sequence[Outgoing]:
        """What is on the way, in order of nonce for each sender."""
        table = schema.outbox.c
        query = select(schema.outbox).order_by(table.sender, table.nonce, table.outbox_no)
        if kind is not None:
            query = query.where(table.kind == kind.value)
        with self._database.read() as connection:
            return [_outgoing(row) for row in connection.execute(query)]

    def remove_outgoing(self, outbox_nos: Iterable[int]) -> None:
        """They are final, or refused for ever."""
        with self._database.write() as connection:
            for some in pieces(list(outbox_nos)):
                connection.execute(delete(schema.outbox).where(schema.outbox.c.outbox_no.in_(some)))


def _outgoing(row: AnyRow) -> Outgoing:
    return Outgoing(
        outbox_no=row.outbox_no,
        kind=OutboxKind(row.kind),
        log_no=row.log_no,
        subject=row.subject,
        transaction=SignedTransaction(
            raw=bytes(row.raw), hash=Digest32(bytes(row.hash)), sender=Address(bytes(row.sender)), nonce=row.nonce
        ),
        replaced=tuple(Digest32(row.replaced[start : start + 32]) for start in range(0, len(row.replaced), 32)),
        first_sent=Instant(row.first_sent),
        bumps=row.bumps,
    )
