"""Who gets in, for how long, and what ends it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ledger.accounts.passwords import Passwords, check_password
from ledger.accounts.service import Accounts, SignedIn, csrf_of
from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.ports.agencies import ApiRole
from ledger.store import open_store
from ledger.values import AgencyCode, Instant

SEOUL, BUSAN = AgencyCode("6110000"), AgencyCode("6260000")
PASSWORD = "넓은 들 푸른 소나무 하나"
IDLE, LONGEST = 1800, 36_000


class Office:
    """Accounts on a real store, with a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = Instant(1_000_000)
        self.store = open_store(folder / "ledger.db")
        quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.accounts = Accounts(
            self.store.accounts, clock=lambda: self.now, idle_s=IDLE, longest_s=LONGEST, passwords=quick
        )

    def wait(self, seconds: int) -> None:
        self.now = Instant(self.now + seconds)

    def enter(self, login: str = "hong", password: str = PASSWORD, replaces: str | None = None) -> SignedIn:
        signed = self.accounts.sign_in(login, password, replaces=replaces)
        assert signed is not None
        return signed


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    made.accounts.add(SEOUL, login="hong", name="홍길동", role=ApiRole.CLERK, password=PASSWORD)
    yield made
    made.store.close()


def test_only_login_and_password_together_open_a_session(office: Office) -> None:
    assert office.accounts.sign_in("hong", PASSWORD + ".") is None
    assert office.accounts.sign_in("nobody", PASSWORD) is None
    assert office.accounts.sign_in("nobody", "nobody has this password") is None
    signed = office.enter()
    found = office.accounts.signed_in(signed.token)
    assert found is not None
    assert (found.account.name, found.account.role, found.csrf) == ("홍길동", ApiRole.CLERK, csrf_of(signed.token))
    assert office.accounts.signed_in(signed.token + "x") is None


def test_a_korean_password_is_the_same_from_any_keyboard(office: Office) -> None:
    pieces = unicodedata.normalize("NFD", PASSWORD)
    assert pieces != PASSWORD
    office.enter(password=pieces)


def test_neither_password_nor_token_is_in_the_store(office: Office) -> None:
    signed = office.enter()
    with office.store.database.read() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM accounts").all())
        kept += str(connection.exec_driver_sql("SELECT * FROM sessions").all())
    assert "argon2id" in kept
    assert PASSWORD not in kept
    assert signed.token not in kept


def test_a_session_ends_when_nobody_uses_it(office: Office) -> None:
    signed = office.enter()
    for _ in range(3):
        office.wait(IDLE - 1)
        assert office.accounts.signed_in(signed.token) is not None, "each use begins the idle time anew"
    office.wait(IDLE + 1)
    assert office.accounts.signed_in(signed.token) is None
    office.wait(-IDLE)
    assert office.accounts.signed_in(signed.token) is None, "over is over"


def test_a_session_ends_with_the_working_day_however_much_it_is_used(office: Office) -> None:
    signed = office.enter()
    for _ in range(LONGEST // 1000):
        office.wait(1000)
        assert office.accounts.signed_in(signed.token) is not None
    office.wait(1000)
    assert office.accounts.signed_in(signed.token) is None


def test_signing_in_gives_a_new_token_and_ends_the_one_that_was_there(office: Office) -> None:
    first = office.enter()
    second = office.enter(replaces=first.token)
    assert first.token != second.token
    assert office.accounts.signed_in(first.token) is None
    assert office.accounts.signed_in(second.token) is not None


def test_signing_out_ends_this_session_only(office: Office) -> None:
    here, there = office.enter(), office.enter()
    office.accounts.sign_out(here.token)
    assert office.accounts.signed_in(here.token) is None
    assert office.accounts.signed_in(there.token) is not None


def test_a_new_password_ends_every_other_session(office: Office) -> None:
    here, there = office.enter(), office.enter()
    with pytest.raises(InputError, match="present password"):
        office.accounts.change_password(here, old="wrong", new="another few words here")
    changed = office.accounts.change_password(here, old=PASSWORD, new="another few words here")
    for token in (here.token, there.token):
        assert office.accounts.signed_in(token) is None
    assert office.accounts.signed_in(changed.token) is not None
    assert office.accounts.sign_in("hong", PASSWORD) is None
    office.enter(password="another few words here")


def test_a_reset_password_ends_every_session_and_is_for_the_own_agency(office: Office) -> None:
    signed, new = office.enter(), "another few words here"
    number = signed.account.account_no
    with pytest.raises(NotFoundError, match="Agency 6260000 has no account 1"):
        office.accounts.reset_password(BUSAN, number, new)
    with pytest.raises(InputError, match="12 to 200"):
        office.accounts.reset_password(SEOUL, number, "short")
    assert office.accounts.signed_in(signed.token) is not None, "what was refused changed nothing"
    office.accounts.reset_password(SEOUL, number, new)
    assert office.accounts.signed_in(signed.token) is None
    assert office.accounts.sign_in("hong", PASSWORD) is None
    office.enter(password=new)
    office.accounts.disable(SEOUL, number)
    with pytest.raises(ConflictError, match="disabled"):
        office.accounts.reset_password(SEOUL, number, PASSWORD)


def test_a_disabled_account_is_out_at_once_and_stays_out(office: Office) -> None:
    signed = office.enter()
    with pytest.raises(NotFoundError):
        office.accounts.disable(BUSAN, signed.account.account_no)
    assert office.accounts.signed_in(signed.token) is not None
    office.accounts.disable(SEOUL, signed.account.account_no)
    assert office.accounts.signed_in(signed.token) is None
    assert office.accounts.sign_in("hong", PASSWORD) is None
    assert [account.disabled_at for account in office.accounts.of_agency(SEOUL)] == [office.now]


def test_a_login_is_taken_once_in_the_whole_service(office: Office) -> None:
    with pytest.raises(ConflictError):
        office.accounts.add(BUSAN, login="hong", name="다른 사람", role=ApiRole.CLERK, password=PASSWORD)
    for login in ("Hong", "ho", "홍길동", "a b", "x" * 65, "-hong"):
        with pytest.raises(InputError):
            office.accounts.add(SEOUL, login=login, name="이름", role=ApiRole.CLERK, password=PASSWORD)


@pytest.mark.parametrize(
    "password", ["short", "x" * 201, "aaaaaaaaaaaaaaaaaaaa", "abababababababab", "my hong password 1"]
)
def test_a_password_that_is_easy_to_guess_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(InputError) as refused:
        check_password(password, "hong")
    assert password not in str(refused.value)


def test_hashes_with_other_parameters_are_made_anew_at_sign_in(office: Office) -> None:
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    later = Accounts(
        office.store.accounts, clock=lambda: office.now, idle_s=IDLE, longest_s=LONGEST, passwords=stronger
    )
    before = office.store.accounts.find_account("hong")
    assert later.sign_in("hong", PASSWORD) is not None
    after = office.store.accounts.find_account("hong")
    assert before is not None
    assert after is not None
    assert "m=16,t=2" in after[1] != before[1]
