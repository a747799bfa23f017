"""A burst of guesses at passwords waits in places of its own: everybody else is served meanwhile."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.service import running_office

from ledger.accounts.service import Accounts, csrf_of

GUESSES = 60
ADDRESSES = ("127.0.0.2", "127.0.0.3")
"""Forty from each address pass the limit on sign-ins."""


def test_guesses_that_wait_for_their_hash_hold_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, waiting = threading.Event(), threading.Event()

    def slow(_self: Accounts, _login: str, _password: str, *, replaces: str | None = None) -> None:
        waiting.set()
        assert go_on.wait(120)

    monkeypatch.setattr(Accounts, "sign_in", slow)
    with running_office(tmp_path / "office") as office, ThreadPoolExecutor(GUESSES) as guessers:

        def guess(number: int) -> int:
            transport = httpx.HTTPTransport(local_address=ADDRESSES[number % 2])
            with httpx.Client(transport=transport, timeout=120) as client:
                form = {"csrf": csrf_of("before"), "login": f"official-{number}", "password": "a guess"}
                headers = {"cookie": "sillok-before=before"}
                return client.post(f"{office.url}/clerk/sign-in", data=form, headers=headers).status_code

        guessed = [guessers.submit(guess, number) for number in range(GUESSES)]
        try:
            assert waiting.wait(60)
            for _ in range(20):
                time.sleep(0.1)  # until more guesses have come than there are threads that all share
                assert office.get("/v1/records?sha256=" + "00" * 32).status_code == 200
        finally:
            go_on.set()
        assert {one.result() for one in guessed} == {403}
