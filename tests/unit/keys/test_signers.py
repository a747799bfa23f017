"""Signers give what other implementations accept, and never their secret."""

from __future__ import annotations

import pickle

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_account import Account
from eth_keys import keys as eth_keys
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import KeystoreError
from ledger.keys.signers import FileChainSigner, FileNoteSigner, draw_secret
from ledger.keys.wellknown import WELL_KNOWN_ADDRESSES, WELL_KNOWN_NOTE_KEYS
from ledger.values import Digest32

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@given(secret=st.integers(1, ORDER - 1), digest=st.binary(min_size=32, max_size=32))
def test_another_implementation_recovers_the_signer_from_a_low_s_signature(secret: int, digest: bytes) -> None:
    signer = FileChainSigner(secret.to_bytes(32, "big"))
    r, s, parity = signer.sign_digest(Digest32(digest))
    assert 0 < s <= ORDER // 2
    recovered = eth_keys.Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(digest)
    assert recovered.to_canonical_address() == signer.address


@pytest.mark.parametrize("secret", [b"", b"\0" * 32, ORDER.to_bytes(32, "big"), b"\1" * 31, b"\1" * 33])
def test_bytes_that_are_no_key_are_refused(secret: bytes) -> None:
    with pytest.raises(KeystoreError, match="not a secp256k1 key"):
        FileChainSigner(secret)


def test_only_whole_digests_are_signed() -> None:
    with pytest.raises(ValueError, match="32-byte"):
        FileChainSigner(draw_secret()).sign_digest(Digest32(b"short"))


def test_a_note_signature_holds_for_its_message_alone() -> None:
    signer = FileNoteSigner("sillok.example/6110000", draw_secret())
    public = Ed25519PublicKey.from_public_bytes(signer.public)
    public.verify(signer.sign(b"message"), b"message")
    with pytest.raises(InvalidSignature):
        public.verify(signer.sign(b"message"), b"massage")


def test_neither_signer_shows_or_gives_away_its_secret() -> None:
    secret = draw_secret()
    for signer in (FileChainSigner(secret), FileNoteSigner("name", secret)):
        shown = repr(signer) + str(signer) + str(vars(type(signer)))
        assert secret.hex() not in shown
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(signer)


def test_the_well_known_lists_are_what_the_phrases_and_numbers_give() -> None:
    Account.enable_unaudited_hdwallet_features()
    phrases = {
        "test test test test test test test test test test test junk": 20,
        "myth like bonus scare over problem client lizard pioneer submit female collect": 10,
    }
    found = {
        bytes.fromhex(Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{i}").address[2:])
        for phrase, count in phrases.items()
        for i in range(count)
    }
    found |= {FileChainSigner(number.to_bytes(32, "big")).address for number in range(1, 21)}
    assert found == WELL_KNOWN_ADDRESSES
    seeds = (bytes(range(32)), bytes(range(32, 64)))
    assert {FileNoteSigner("x", seed).public for seed in seeds} == WELL_KNOWN_NOTE_KEYS
