"""What a contract reverted with becomes a sentence for people, whatever the bytes are."""

from __future__ import annotations

from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import artifacts
from ledger.chain.abi import keccak, signature_types
from ledger.chain.reverts import error_name, explain

LOG = bytes(range(32))


def revert(signature: str, *values: object) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return keccak(signature.encode())[:4] + encode([kind for kind in types.split(",") if kind], values)


def test_the_notice_comes_first_and_what_was_found_and_needed_after_it() -> None:
    said = explain(revert("SizeNotGrown(bytes32,uint64,uint64)", LOG, 7, 5))
    assert said == (
        "Nothing new to anchor: the log is anchored at this size or a larger one. "
        f"[SizeNotGrown: logId 0x{LOG.hex()}, anchored 7, given 5]"
    )
    assert error_name(revert("SizeNotGrown(bytes32,uint64,uint64)", LOG, 7, 5)) == "SizeNotGrown"


def test_instants_states_agencies_and_addresses_are_shown_as_people_write_them() -> None:
    said = explain(revert("KeyEnded(bytes32,uint64,uint64)", bytes(12) + b"\xab" * 20, 1_790_000_000, 0))
    assert f"keyId 0x{'ab' * 20}, notAfter 2026-09-21T14:13:20Z, time never" in said
    said = explain(revert("LogNotIn(bytes32,uint8,uint8)", LOG, 4, 3))
    assert "state closed, needed open" in said
    assert "agency 6110000" in explain(revert("AgencyExists(bytes7)", b"6110000"))
    assert "from revoked, to active, batches yes" in explain(
        revert("TransitionForbidden(uint8,uint8,bool)", 2, 0, True)
    )


def test_an_unknown_key_is_shown_as_nothing_and_a_known_one_whole() -> None:
    key = "KeyNotUsable(bytes32,bytes7,uint8,(bytes7,uint8,uint8,uint48,uint48,uint48),uint64)"
    selector = keccak(key.encode())[:4]
    kinds = ["bytes32", "bytes7", "uint8", "(bytes7,uint8,uint8,uint48,uint48,uint48)", "uint64"]
    unknown = (bytes(7), 0, 0, 0, 0, 0)
    assert "found nothing" in explain(selector + encode(kinds, [LOG, b"6110000", 3, unknown, 1]))
    ended = (b"6110000", 4, 127, 1_700_000_000, 0, 0)
    assert (
        "found (agency 6110000, role status, alone 127, notBefore 2023-11-14T22:13:20Z, notAfter never, "
        "compromisedSince never)"
    ) in explain(selector + encode(kinds, [LOG, b"6110000", 3, ended, 1]))


def test_openzeppelins_errors_have_words_too() -> None:
    data = keccak(b"AccessManagerNotReady(bytes32)")[:4] + LOG
    assert explain(data).startswith("The governor's delay has not passed yet.")


def test_plain_solidity_errors_are_read() -> None:
    assert explain(revert("Error(string)", "too late")) == "The contract refused: too late."
    assert explain(revert("Panic(uint256)", 0x11)) == "The contract failed with panic 0x11."


def test_nothing_and_the_unknown_are_said_to_be_that() -> None:
    for nothing in (None, b""):
        assert "without saying why" in explain(nothing)
        assert error_name(nothing) is None
    assert "does not know: 0xdeadbeef" in explain(b"\xde\xad\xbe\xef")
    cut = revert("SizeNotGrown(bytes32,uint64,uint64)", LOG, 7, 5)[:-1]
    assert "does not know" in explain(cut)


@given(st.binary(max_size=200), st.sampled_from(sorted(artifacts.notices())))
def test_odd_bytes_never_break_it(data: bytes, selector: bytes) -> None:
    assert explain(data)
    assert explain(selector + data)


def test_every_error_of_every_contract_has_a_sentence() -> None:
    for selector, notice in artifacts.notices().items():
        said = explain(selector + bytes(32 * 16))
        types = signature_types(notice.inputs)
        if not any("[" in kind or kind in ("string", "bytes") for kind in types):
            assert notice.name in said, notice.signature
            assert len(said.split("[")[0].split()) > 1, f"{notice.name} has no words"


def test_an_error_that_two_contracts_have_is_told_in_the_words_of_the_one_that_refused() -> None:
    data = revert("ActExpired(uint64,uint64)", 1_790_000_000, 1_790_000_001)
    assert explain(data, "StatusRegistry").startswith("The approvals have expired; they must be signed again.")
    assert explain(data, "Council").startswith(artifacts.notices_of("Council")[data[:4]].text)
    assert explain(data, "Council") != explain(data, "StatusRegistry")
    # What a contract passes on from another one is still found.
    assert "Nothing new to anchor" in explain(revert("SizeNotGrown(bytes32,uint64,uint64)", LOG, 7, 5), "Council")
