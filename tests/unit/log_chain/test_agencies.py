"""Registering agencies, rotating their keys, and what happens on the day one is stolen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.bureau import Bureau, send_mined
from support.chains import DeployedChain

from ledger.errors import ChainError, ConflictError, InputError, NotFoundError
from ledger.hashing.digests import sha256
from ledger.log.agencies import OPERATOR
from ledger.log.anchorer import NOTHING
from ledger.log.health import State
from ledger.log.status_rules import StatusChange
from ledger.merkle.nodes import leaf_hash, node_hash
from ledger.merkle.tiles import inclusion_proof
from ledger.merkle.verify import verify_inclusion
from ledger.ports.agencies import ApiRole
from ledger.ports.chain import LogState
from ledger.records.note import parse_note
from ledger.records.receipt import parse_receipt
from ledger.records.trust import parse_trust
from ledger.values import AgencyCode, Digest32, Instant, KeyId, LogIndex, Role, Root, Status, TreeSize


def test_registering_opens_a_log_with_keys_and_spares_and_gives_the_first_clerk_a_key(
    city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    bureau = open_bureau(city)
    registered = bureau.register(new_code)
    assert registered.log.origin == f"sillok.example/{new_code}"
    assert bureau.chain.log_on_chain(registered.log.log_id).state is LogState.OPEN
    keys = bureau.agencies.keys(bureau.code)
    roles = sorted((key.role, key.current, key.spare) for key in keys)
    assert roles == [
        (Role.NOTE, True, False),
        (Role.RECEIPT, True, False),
        (Role.ANCHOR, False, True),
        (Role.ANCHOR, True, False),
        (Role.STATUS, False, True),
        (Role.STATUS, True, False),
    ]
    secret = registered.api_key.secret
    kept = bureau.store.agencies.find_api_key(sha256(secret.encode()))
    assert (kept.agency, kept.role) == (new_code, ApiRole.CLERK)
    assert secret.encode() not in (bureau.folder / "ledger.db").read_bytes()

    again = bureau.register(new_code)
    assert (again.log, again.api_key) == (registered.log, None)
    assert bureau.agencies.keys(bureau.code) == keys
    with pytest.raises(ConflictError, match="another name"):
        bureau.agencies.register(AgencyCode(new_code), name_ko="부산", name_en="Busan", contact="051")
    with pytest.raises(InputError, match="operator"):
        bureau.agencies.register(OPERATOR, name_ko="x", name_en="x", contact="x")
    with pytest.raises(InputError, match="nameKo"):
        bureau.agencies.register(AgencyCode("6310009"), name_ko=" ", name_en="x", contact="x")


STEPS = ("register_agency", "fund", "add_key", "open_log")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_registering_is_finished_after_a_crash_at_any_step(
    city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str, step: str, after: bool
) -> None:
    code = new_code
    bureau = open_bureau(city)
    governor = bureau.governor
    broken = Breaking(governor, step, after=after)
    bureau.agencies._governance = bureau.keys._governance = broken  # type: ignore[attr-defined]
    with pytest.raises(ChainError):
        bureau.register(code)
    bureau.close()

    bureau = open_bureau(city)
    registered = bureau.register(code)
    assert registered.api_key is not None
    assert len(bureau.agencies.keys(AgencyCode(code))) == 6
    bureau.issue(1)
    bureau.settle()
    assert bureau.store.chain.last_anchor(registered.log.log_no).size == 1


def test_api_keys_are_made_listed_and_revoked_and_kept_only_as_digests(bureau: Bureau) -> None:
    made = bureau.agencies.create_api_key(bureau.code, ApiRole.APPROVER, "김 과장")
    listed = bureau.agencies.api_keys(bureau.code)
    assert [(key.role, key.label) for key in listed] == [
        (ApiRole.CLERK, "first clerk"),
        (ApiRole.APPROVER, "김 과장"),
    ]
    bureau.agencies.revoke_api_key(bureau.code, made.key.key_no)
    assert bureau.store.agencies.find_api_key(sha256(made.secret.encode())).revoked_at is not None
    with pytest.raises(NotFoundError):
        bureau.agencies.create_api_key(AgencyCode("9999999"), ApiRole.CLERK, "nobody")
    operator = bureau.agencies.create_api_key(OPERATOR, ApiRole.ADMINISTRATOR, "operator")
    assert operator.key.agency == OPERATOR
    assert OPERATOR not in [agency.code for agency in bureau.agencies.agencies()]


@pytest.mark.parametrize("role", [Role.NOTE, Role.RECEIPT, Role.ANCHOR, Role.STATUS])
def test_a_rotated_key_stays_in_window_while_what_it_signed_is_on_its_way(bureau: Bureau, role: Role) -> None:
    old = next(key for key in bureau.agencies.keys(bureau.code) if key.role is role and key.current)
    bureau.issue(1)
    new = bureau.agencies.rotate(bureau.code, role)
    assert (new.role, new.current, new.key_id != old.key_id) == (role, True, True)
    ended = next(key for key in bureau.agencies.keys(bureau.code) if key.key_id == old.key_id)
    now = bureau.clock()
    assert (ended.current, ended.spare) == (False, False)
    assert now + 3500 <= ended.not_after <= now + 3601
    assert ended.not_after >= bureau.store.records.head(bureau.log.log_no).deadline - 1
    spares = [key for key in bureau.agencies.keys(bureau.code) if key.role is role and key.spare]
    assert len(spares) == (1 if role in (Role.ANCHOR, Role.STATUS) else 0)

    bureau.issue(1)
    bureau.settle()
    change = StatusChange(after=Status.REVOKED, indexes=(LogIndex(0),))
    bureau.status.change(bureau.code, change, idempotency_key=None, actor="clerk")
    bureau.settle()
    if role is Role.ANCHOR:
        assert bureau.store.chain.last_anchor(bureau.log.log_no).anchor.key_id == new.key_id
    assert bureau.fsck_errors() == []


def test_the_trust_file_follows_the_keys_and_only_them(bureau: Bureau) -> None:
    first = bureau.trust.write(bureau.clock())
    bureau.issue(1)
    bureau.settle()
    assert bureau.trust.write(Instant(bureau.clock() + 100)) == first
    assert bureau.trust.current(bureau.clock()) == parse_trust(first)

    bureau.agencies.rotate(bureau.code, Role.NOTE)
    second = parse_trust(bureau.trust.write(bureau.clock()), previous=parse_trust(first))
    assert second.sequence == 2
    log = second.log(bureau.log.origin)
    assert (len(log.note_keys), len(log.receipt_keys), len(log.anchor_keys)) == (2, 1, 2)
    old, new = log.note_keys
    assert (old.until is not None, new.until) == (True, None)
    assert (log.max_delay_s, log.agency) == (bureau.log.max_delay_s, bureau.code)
    assert (bureau.folder / "trust-1.note").read_text() == first
    assert parse_trust((bureau.folder / "trust.note").read_text()) == second


def test_after_a_fork_to_another_block_of_the_same_number_the_trust_file_is_looked_at_anew(bureau: Bureau) -> None:
    chain, now = bureau.store.chain, bureau.clock()
    forked = chain.mirrored_blocks(1)[0]
    assert len(bureau.trust.current(now).log(bureau.log.origin).note_keys) == 1
    key = next(key for key in chain.keys(bureau.code) if key.role is Role.NOTE)
    new = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    chain.rewind(forked.number - 1)
    other = replace(forked, hash=Digest32(sha256(forked.hash)))
    place = replace(key.place, block=other)
    chain.apply_events(other, [replace(key, place=place, key_id=KeyId(new))])
    assert chain.cursor() == forked.number
    assert len(bureau.trust.current(now).log(bureau.log.origin).note_keys) == 2


def test_an_anchor_key_that_was_stolen_but_not_misused_is_replaced_and_the_log_goes_on(bureau: Bureau) -> None:
    bureau.issue(2)
    bureau.settle()
    stolen = bureau.keystore.chain_signer(bureau.code, Role.ANCHOR).address
    key = bureau.agencies.declare_compromised(bureau.code, KeyId(stolen.rjust(32, b"\0")))
    assert key.compromised_since is not None
    bureau.issue(1)
    bureau.settle()
    last = bureau.store.chain.last_anchor(bureau.log.log_no)
    assert (last.size, bureau.log.generation) == (3, 1)
    assert last.anchor.key_id[12:] != stolen
    assert len([k for k in bureau.agencies.keys(bureau.code) if k.role is Role.ANCHOR and k.spare]) == 1


def test_a_thief_anchors_leaves_that_nobody_has_and_the_log_goes_on_as_its_successor(bureau: Bureau) -> None:
    old_log = bureau.log
    bureau.issue(3, job="first-run")
    bureau.settle()
    good = bureau.store.chain.last_anchor(old_log.log_no)
    since = wait_past(good.anchor.time)
    thief = steal_and_anchor(bureau)
    owed = bureau.issue(2, job="second-run")
    receipt = parse_receipt(parse_note(bureau.store.records.head(old_log.log_no).receipt).text)
    bureau.loop.step(at_once=True)
    assert old_log.log_no in bureau.anchorer.faults

    bureau.agencies.declare_compromised(bureau.code, thief, since)
    log = bureau.log
    assert (log.origin, log.generation, log.start) == (f"{old_log.origin}/2", 2, 3)
    assert bureau.chain.log_on_chain(old_log.log_id).state is LogState.SUCCEEDED
    bureau.settle()
    assert bureau.anchorer.faults == {}
    health = bureau.health.snapshot()
    assert health.state is State.OK
    anchored = {m.labels["log"]: m.value for m in health.metrics if m.name == "log_anchored_records"}
    assert anchored == {old_log.origin: 5, log.origin: 5}

    # What the old log's receipts promised stands at the same indexes of the successor, and is anchored in time.
    last = bureau.store.chain.last_anchor(log.log_no)
    assert (last.size, last.anchor.previous_size) == (5, 3)
    assert last.anchor.time <= receipt.deadline
    for index in owed:
        stored = bureau.store.records.record(log.log_no, index)
        assert stored.log_no == log.log_no
        proof_holds(bureau, index, last.size, last.anchor.root, stored.leaf)
    assert receipt.root == last.anchor.root
    first, second = (
        bureau.store.records.record(log.log_no, LogIndex(0)),
        bureau.store.records.record(log.log_no, owed[0]),
    )
    assert (first.log_no, second.log_no) == (old_log.log_no, log.log_no)

    # Life goes on: new records, evidence with facts, status of old and new records, recall of a batch of before.
    fresh = bureau.issue(1)
    bureau.settle()
    for index in (0, owed[0], fresh[0]):
        home = bureau.store.records.record(log.log_no, LogIndex(index)).log_no
        assert bureau.evidence.make(home, LogIndex(index), frozenset({"holder.name"}))
    for index, home in ((0, old_log.log_no), (owed[1], log.log_no)):
        change = StatusChange(after=Status.SUSPENDED, indexes=(LogIndex(index),))
        bureau.status.change(bureau.code, change, idempotency_key=None, actor="clerk")
        bureau.settle()
        assert bureau.status.status_now(home, LogIndex(index)).record is Status.SUSPENDED
    recall = StatusChange(after=Status.REVOKED, batch=1)
    bureau.status.change(bureau.code, recall, idempotency_key=None, actor="clerk")
    bureau.settle()
    assert bureau.status.status_now(old_log.log_no, LogIndex(1)).worse is Status.REVOKED
    assert bureau.fsck_errors() == []


SUCCESSOR_STEPS = ("close_log", "void_heads", "open_successor")


@pytest.mark.parametrize("step", SUCCESSOR_STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_opening_a_successor_is_finished_after_a_crash_at_any_step(bureau: Bureau, step: str, after: bool) -> None:
    bureau.issue(2)
    bureau.settle()
    since = wait_past(bureau.store.chain.last_anchor(bureau.log.log_no).anchor.time)
    thief = steal_and_anchor(bureau, at=2)
    bureau.issue(1)
    whole = bureau.successors._governance  # type: ignore[attr-defined]
    bureau.successors._governance = Breaking(whole, step, after=after)  # type: ignore[attr-defined]
    with pytest.raises(ChainError):
        bureau.agencies.declare_compromised(bureau.code, thief, since)

    bureau.successors._governance = whole  # type: ignore[attr-defined]
    bureau.agencies.declare_compromised(bureau.code, thief, since)
    bureau.settle()
    assert (bureau.log.generation, bureau.log.start) == (2, 2)
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 3
    assert bureau.fsck_errors() == []


def test_a_crash_before_the_successors_first_commit_is_mended_at_start(bureau: Bureau) -> None:
    bureau.issue(2)
    bureau.settle()
    since = wait_past(bureau.store.chain.last_anchor(bureau.log.log_no).anchor.time)
    thief = steal_and_anchor(bureau, at=2)
    bureau.issue(1)
    old_log = bureau.log
    finish = bureau.successors._finish  # type: ignore[attr-defined]

    def die(old: object, new: object) -> None:
        raise ChainError("The process died here.")

    bureau.successors._finish = die  # type: ignore[attr-defined,method-assign]
    with pytest.raises(ChainError):
        bureau.agencies.declare_compromised(bureau.code, thief, since)
    bureau.successors._finish = finish  # type: ignore[attr-defined,method-assign]
    assert bureau.store.records.head(bureau.log.log_no) is None
    assert bureau.record_keys.get(old_log.log_no, [LogIndex(2)])

    bureau.successors.resume()
    assert bureau.store.records.head(bureau.log.log_no).size == 3
    assert not bureau.record_keys.get(old_log.log_no, [LogIndex(2)])
    bureau.settle()
    assert bureau.fsck_errors() == []


class Breaking:
    """A governor that stops answering at one act: before it is done, or after."""

    def __init__(self, governor: object, step: str, *, after: bool) -> None:
        self._governor = governor
        self._step = step
        self._after = after

    def __getattr__(self, name: str) -> object:
        act = getattr(self._governor, name)
        if name != self._step:
            return act

        def breaking(*values: object, **words: object) -> None:
            if self._after:
                act(*values, **words)
            raise ChainError("The chain did not answer.")

        return breaking


def steal_and_anchor(bureau: Bureau, at: int = 3) -> KeyId:
    """Somebody has the ANCHOR key and puts a foreign leaf on top of the anchored head."""
    last = bureau.store.chain.last_anchor(bureau.log.log_no)
    head = last.anchor if last else NOTHING
    foreign = b"\x66" * 32
    # The shape of the tree at 3 is ((0,1),2), at 2 it is (0,1): the leaf at 3 hangs beside 2, the leaf at 2 alone.
    if at == 2:
        root, proof = node_hash(head.root, foreign), (foreign,)
    else:
        tile = bureau.store.records.tiles(bureau.log.log_no).read_tile(0, 0)
        one, two, three = (tile[i : i + 32] for i in (0, 32, 64))
        left = node_hash(one, two)
        root, proof = node_hash(left, node_hash(three, foreign)), (three, foreign, left)
    call = bureau.chain.anchor_call(
        log_id=bureau.log.log_id,
        proof_from=TreeSize(at),
        head=head,
        size=TreeSize(at + 1),
        root=Root(root),
        proof=proof,
    )
    signer = bureau.keystore.chain_signer(bureau.code, Role.ANCHOR)
    assert bureau.chain.dry_run(call, signer.address) is None
    signed = bureau.chain.sign(call, signer, bureau.chain.next_nonce(signer.address))
    send_mined(bureau.chain, signed)
    return KeyId(signer.address.rjust(32, b"\0"))


def proof_holds(bureau: Bureau, index: LogIndex, size: TreeSize, root: Root, leaf: bytes) -> None:
    path = inclusion_proof(bureau.store.records.tiles(bureau.log.log_no), index, size)
    verify_inclusion(leaf_hash=leaf_hash(leaf), index=index, size=size, path=path, root=root)


def wait_past(instant: int) -> Instant:
    """Until the clock shows a later second, which is given back."""
    while time.time() < instant + 1:
        time.sleep(0.05)
    return Instant(instant + 1)
