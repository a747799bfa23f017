"""Changing what was issued: suspend, resume, revoke, recall. Asked for, confirmed with how many it touches, done."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import Act
from api.pages.clerk.desk import Clerk, acting, text_of
from api.pages.clerk.documents import record_of
from ledger.errors import InputError
from ledger.log.status_rules import StatusChange
from ledger.values import LogIndex, Reason, Status

router = APIRouter(include_in_schema=False)
Changer = Annotated[Clerk, acting(Act.CHANGE_STATUS)]
Place = Annotated[int | None, Query(ge=0, lt=2**53)]
_WISHES: Final = {"suspended": Status.SUSPENDED, "active": Status.ACTIVE, "revoked": Status.REVOKED}
_REASONS: Final = {reason.word: reason for reason in Reason}
OFFERED: Final = (
    Reason.ISSUED_IN_ERROR,
    Reason.PROCESS_OR_KEY_FAILURE,
    Reason.LEGAL_ORDER,
    Reason.UNSPECIFIED,
)
"""Reasons that a person chooses; `replaced` is what a correction says by itself."""
MODES: Final = ("start", "now")
"""Revoked from the start (취소) or from now on (철회)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants: one record or one batch, to another status."""

    index: int | None
    batch: int | None
    to: str

    @property
    def status(self) -> Status:
        """Where it is to go."""
        return _WISHES[self.to]


@router.get("/clerk/acts")
def ask(clerk: Changer, index: Place = None, batch: Place = None, to: str = "revoked") -> Response:
    """Why, and for a revocation from when."""
    wish = _wish(index, batch, to)
    _touched(clerk, wish)
    return clerk.page("act.html", {**_shown(clerk, wish), "problems": [], "reason": "", "mode": ""})


@router.post("/clerk/acts/confirm")
async def confirm(clerk: Changer) -> Response:
    """Say how many are touched and what follows, before it is done."""
    form = await clerk.form()
    wish = _wish_of(form)
    reason, mode = text_of(form, "reason"), text_of(form, "mode")
    problems = _missing(clerk, wish, reason, mode)
    view = {**_shown(clerk, wish), "problems": problems, "reason": reason, "mode": mode}
    if problems:
        return clerk.page("act.html", view, 422)
    return clerk.page("confirm.html", {**view, **_told(clerk, wish, reason, mode)})


@router.post("/clerk/acts")
async def do(clerk: Changer) -> Response:
    """Do it. Of a batch the person types how many it touches; sending the same confirmation twice does it once."""
    form = await clerk.form()
    wish = _wish_of(form)
    reason, mode, key = text_of(form, "reason"), text_of(form, "mode"), text_of(form, "key")
    if reason not in _REASONS or (wish.status is Status.REVOKED and mode not in MODES):
        raise InputError("The confirmation is not whole.", where="reason")
    touched = await run_in_threadpool(_touched, clerk, wish)
    if wish.batch is not None and text_of(form, "count").replace(",", "") != str(touched):
        problem = ("count", clerk.words.say("confirm_count_wrong", touched=f"{touched:,}"))
        view = {**_shown(clerk, wish), "reason": reason, "mode": mode, **_told(clerk, wish, reason, mode, key)}
        return clerk.page("confirm.html", {**view, "problems": [problem]}, 422)
    change = StatusChange(
        after=wish.status,
        indexes=(LogIndex(wish.index),) if wish.index is not None else (),
        batch=wish.batch,
        reason=_REASONS[reason],
        retroactive=wish.status is Status.REVOKED and mode == "start",
    )
    await run_in_threadpool(clerk.services.desk.change, clerk.account, change, key=key)
    if wish.index is not None:
        return clerk.go(f"/clerk/documents/{wish.index}")
    return clerk.page("recalled.html", {"batch": wish.batch, "touched": f"{touched:,}"})


def _wish(index: int | None, batch: int | None, to: str) -> Wish:
    if to not in _WISHES or (index is None) == (batch is None) or (batch is not None and to != "revoked"):
        raise InputError("There is no such act.", where="address")
    return Wish(index=index, batch=batch, to=to)


def _wish_of(form: FormData) -> Wish:
    def number(name: str) -> int | None:
        text = text_of(form, name, most=16)
        if text and not (text.isascii() and text.isdecimal()):
            raise InputError("This is not a place in the ledger.", where=name)
        return int(text) if text else None

    return _wish(number("index"), number("batch"), text_of(form, "to"))


def _touched(clerk: Clerk, wish: Wish) -> int:
    """How many documents the act is about."""
    if wish.index is not None:
        record_of(clerk, LogIndex(wish.index))
        return 1
    assert wish.batch is not None
    log = clerk.services.agencies.log(clerk.account.agency)
    touched = clerk.services.records.batch_members(log.log_no, wish.batch)
    if not touched:
        raise InputError("There is no such batch.", where="batch")
    return touched


def _missing(clerk: Clerk, wish: Wish, reason: str, mode: str) -> list[tuple[str, str]]:
    problems = []
    if wish.status is Status.REVOKED and mode not in MODES:
        problems.append(("mode-start", clerk.words["act_mode_needed"]))
    if reason not in _REASONS:
        problems.append((f"reason-{OFFERED[0].word}", clerk.words["act_reason_needed"]))
    return problems


def _shown(clerk: Clerk, wish: Wish) -> dict[str, object]:
    kind = "recall" if wish.batch is not None else wish.to
    words = clerk.words
    number = None
    if wish.index is not None:
        view = record_of(clerk, LogIndex(wish.index))
        number = view.number or words.say("document_no", index=wish.index)
    return {
        "wish": wish,
        "heading": words[f"act_heading_{kind}"],
        "subject": number or words.say("batch_no", batch=wish.batch),
        "reasons": [(reason.word, words[f"public_reason_{reason.name.lower()}"]) for reason in OFFERED],
        "modes": [(name, words[f"mode_{name}"], words[f"mode_{name}_hint"]) for name in MODES],
        "revoking": wish.status is Status.REVOKED,
    }


def _told(clerk: Clerk, wish: Wish, reason: str, mode: str, key: str | None = None) -> dict[str, object]:
    touched, words = _touched(clerk, wish), clerk.words
    kind = mode if wish.status is Status.REVOKED else wish.to
    return {
        "touched": f"{touched:,}",
        "sentence": words.say(f"confirm_{kind}", touched=f"{touched:,}"),
        "reason_word": words[f"public_reason_{_REASONS[reason].name.lower()}"],
        "key": key or secrets.token_urlsafe(18),
    }
