"""An award's money from step to step: what a step's sum differs by from the one before, and what was paid so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ledger.procurement.plan import decimal
from ledger.procurement.trace import Step

PAYMENT: Final = "procurement/payment"
_CONTRACT: Final = "contract.amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What a step states in money, and how that stands to what came before.

    Attributes:
        seq: the step.
        amount: the first sum that it states; None where it states none, or one that is no number.
        currency: its currency, where the step says so.
        before: the last earlier sum in the same currency that was no payment; None for the first, and for a payment.
        before_seq: the step of `before`.
        paid: of a payment, everything paid up to it, itself included.
        contract: of a payment, the newest contract value before it.
    """

    seq: int
    amount: Decimal | None
    currency: str | None
    before: Decimal | None = None
    before_seq: int | None = None
    paid: Decimal | None = None
    contract: Decimal | None = None

    @property
    def difference(self) -> Decimal | None:
        """`amount` less `before`."""
        return None if self.amount is None or self.before is None else self.amount - self.before


def course(steps: Sequence[Step]) -> tuple[Sum, ...]:
    """The sums of all steps, in their order."""
    found: list[Sum] = []
    last: Sum | None = None
    paid: dict[str | None, Decimal] = {}
    contract: Decimal | None = None
    for step in steps:
        stated = step.amounts[0] if step.amounts else None
        amount = None if stated is None else decimal(stated.value)
        currency = None if stated is None else stated.currency
        if amount is not None and step.entry.record.kind == PAYMENT:
            paid[currency] = paid.get(currency, Decimal(0)) + amount
            found.append(Sum(seq=step.seq, amount=amount, currency=currency, paid=paid[currency], contract=contract))
            continue
        comparable = last is not None and amount is not None and last.currency == currency
        now = Sum(
            seq=step.seq,
            amount=amount,
            currency=currency,
            before=last.amount if last is not None and comparable else None,
            before_seq=last.seq if last is not None and comparable else None,
        )
        found.append(now)
        if amount is not None:
            last = now
            contract = amount if any(one.path == _CONTRACT for one in step.amounts) else contract
    return tuple(found)
