"""The governor's acts on both engines: once, again after a crash, and through council and delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_abi.abi import decode
from support.chains import DeployedChain, RunningChain, deployed_on, key_id_of, running_chain

from ledger.chain.abi import keccak
from ledger.chain.calls import INTERFACES
from ledger.chain.council import act_call, act_digest, sign_act
from ledger.chain.governor import Governor
from ledger.council_act import CouncilAct
from ledger.errors import ChainRefusedError, InputError, Refusal
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.ports.chain import Anchor, AnchorEvent, KeyEvent, LogState, TransactionOutcome
from ledger.ports.governance import Governance
from ledger.records.origin import compose_origin, log_id
from ledger.values import Address, AgencyCode, Instant, KeyId, LogId, Role, Root, TreeSize

NOTHING = Anchor(root=Root(bytes(32)), previous_size=TreeSize(0), time=Instant(0), key_id=KeyId(bytes(32)))
NAME = "sillok.example"


def blocks(ours: DeployedChain) -> int:
    return ours.ethereum.head().number


def changes_nothing(ours: DeployedChain, act: Callable[[], object]) -> None:
    """Doing an act again after it was done sends nothing."""
    before = blocks(ours)
    act()
    assert blocks(ours) == before


def anchored(ours: DeployedChain, log: LogId, signer: FileChainSigner, size: int) -> Anchor:
    """Anchor a first checkpoint; what the contract keeps of it."""
    chain = ours.ethereum
    call = chain.anchor_call(
        log_id=log,
        proof_from=TreeSize(0),
        head=NOTHING,
        size=TreeSize(size),
        root=Root(bytes([size]) * 32),
        proof=[],
    )
    state = ours.run(call, signer)
    assert state.outcome is TransactionOutcome.DONE, state.problem
    assert state.block is not None
    event = chain.events(state.block.number, state.block.number)[-1]
    assert isinstance(event, AnchorEvent)
    return event.anchor


def key_states(ours: DeployedChain, key: KeyId) -> list[KeyEvent]:
    events = ours.ethereum.events(0, blocks(ours))
    return [event for event in events if isinstance(event, KeyEvent) and event.key_id == key]


def test_it_is_the_port_and_every_step_can_be_done_again(ours: DeployedChain) -> None:
    governance: Governance = ours.governor
    office = ours.new_office()
    agency, key = office.agency, key_id_of(ours.running.new_signer())
    changes_nothing(ours, lambda: governance.register_agency(agency))
    changes_nothing(ours, lambda: governance.open_log(NAME, agency, 3600))
    governance.add_key(agency, key, Role.ANCHOR)
    changes_nothing(ours, lambda: governance.add_key(agency, key, Role.ANCHOR))
    end = Instant(ours.ethereum.head().time + 5000)
    governance.move_not_after(key, end)
    changes_nothing(ours, lambda: governance.move_not_after(key, end))
    governance.disable_key(key)
    changes_nothing(ours, lambda: governance.disable_key(key))
    governance.declare_compromised(key)
    changes_nothing(ours, lambda: governance.declare_compromised(key))
    states = key_states(ours, key)
    assert [state.not_after for state in states[:2]] == [0, end]
    assert 0 < states[2].not_after < end
    assert states[3].compromised_since == states[3].time
    earlier = Instant(states[0].time - 100)
    governance.declare_compromised_since(key, earlier)
    changes_nothing(ours, lambda: governance.declare_compromised_since(key, earlier))
    changes_nothing(ours, lambda: governance.declare_compromised_since(key, Instant(earlier + 50)))
    assert key_states(ours, key)[-1].compromised_since == earlier
    governance.close_log(office.log_id)
    changes_nothing(ours, lambda: governance.close_log(office.log_id))
    assert ours.ethereum.log_on_chain(office.log_id).state is LogState.CLOSED


def test_keys_of_every_role_are_added_for_note_and_chain(ours: DeployedChain) -> None:
    office = ours.new_office()
    raw = KeyId(bytes(range(100, 131)) + office.agency.encode()[-1:])
    ours.governor.add_key(office.agency, raw, Role.NOTE, not_after=Instant(ours.ethereum.head().time + 900))
    (state,) = key_states(ours, raw)
    assert (state.role, state.agency) == (Role.NOTE, office.agency)
    assert state.not_after > state.not_before
    officer = key_id_of(FileChainSigner(draw_secret()))
    ours.governor.add_key(office.agency, officer, Role.OFFICER, officer=b"\7" * 32)
    with pytest.raises(ChainRefusedError, match="another agency or role"):
        ours.governor.add_key(office.agency, officer, Role.ANCHOR)
    with pytest.raises(ChainRefusedError, match="This is not a key for that role"):
        ours.governor.add_key(office.agency, KeyId(b"\1" * 32), Role.ANCHOR)
    with pytest.raises(ChainRefusedError, match="not registered on this chain"):
        ours.governor.add_key(AgencyCode("9999999"), KeyId(b"\2" * 32), Role.NOTE)


def test_all_status_keys_of_a_service_are_one_officer(ours: DeployedChain) -> None:
    """Else a service with a spare key could approve its own acts as a second person."""
    office, spare = ours.new_office(), ours.running.new_signer()
    ours.governor.add_key(office.agency, key_id_of(spare), Role.STATUS)
    ((_, first), (_, second)) = ours.ethereum.read(
        [("AgencyRegistry", "keyOf", (key_id_of(signer),)) for signer in (office.status, spare)]
    )
    assert first == second != bytes(32)


def test_a_thief_anchors_and_the_log_goes_on_as_its_successor(ours: DeployedChain) -> None:
    office, governor = ours.new_office(), ours.governor
    theft = anchored(ours, office.log_id, office.anchor, 9)
    governor.declare_compromised_since(key_id_of(office.anchor), Instant(theft.time - 1))
    with pytest.raises(ChainRefusedError, match="not in the state that this needs"):
        governor.open_successor(NAME, office.log_id, theft)
    governor.close_log(office.log_id)
    with pytest.raises(ChainRefusedError, match="compromised key and counts for nothing"):
        governor.open_successor(NAME, office.log_id, theft)
    governor.void_heads(office.log_id, [theft])
    changes_nothing(ours, lambda: governor.void_heads(office.log_id, [theft]))
    assert ours.ethereum.log_on_chain(office.log_id).size == 0
    successor = governor.open_successor(NAME, office.log_id, None)
    changes_nothing(ours, lambda: governor.open_successor(NAME, office.log_id, None))
    assert successor == log_id(compose_origin(NAME, office.agency, 2))
    fresh = ours.running.new_signer()
    governor.add_key(office.agency, key_id_of(fresh), Role.ANCHOR)
    anchored(ours, successor, fresh, 4)
    assert ours.ethereum.log_on_chain(office.log_id).state is LogState.SUCCEEDED
    with pytest.raises(InputError, match="never opened"):
        governor.open_successor(NAME, LogId(b"\1" * 32), None)


def test_a_good_head_is_not_voided(ours: DeployedChain) -> None:
    office = ours.new_office()
    good = anchored(ours, office.log_id, office.anchor, 5)
    ours.governor.close_log(office.log_id)
    with pytest.raises(ChainRefusedError, match="it stands"):
        ours.governor.void_heads(office.log_id, [good])
    successor = ours.governor.open_successor(NAME, office.log_id, good)
    log = ours.ethereum.log_on_chain(successor)
    assert (log.state, log.size, log.start) == (LogState.OPEN, 5, 5)


def test_what_a_council_member_signs_is_what_the_contract_checks(ours: DeployedChain) -> None:
    council = ours.deployment.contracts["Council"].address
    act = CouncilAct(target=council, data=b"\1\2\3", nonce=7, deadline=Instant(99))
    digest = act_digest(act, council=council, chain_id=ours.deployment.chain_id)
    ((theirs,),) = ours.ethereum.read([("Council", "actDigest", (act.target, act.data, act.nonce, act.deadline))])
    assert digest == theirs
    others = [
        act_digest(replace(act, nonce=8), council=council, chain_id=ours.deployment.chain_id),
        act_digest(replace(act, data=b""), council=council, chain_id=ours.deployment.chain_id),
        act_digest(act, council=council, chain_id=1),
        act_digest(act, council=ours.members[0].address, chain_id=ours.deployment.chain_id),
    ]
    assert len({digest, *others}) == 5


def test_signatures_are_carried_in_the_order_that_the_council_wants() -> None:
    """By keccak-256 of the member; these three are in another order by address."""
    members = [Address(bytes([number]) * 20) for number in (1, 2, 3)]
    wanted = sorted(members, key=keccak)
    assert wanted != members
    act = CouncilAct(target=members[0], data=b"", nonce=0, deadline=Instant(9))
    call = act_call(act, {member: member * 2 for member in members}, council=members[0], gas=0)
    *_, packed = decode(INTERFACES["Council"].functions["act"].inputs, call.data[4:])
    assert decode(["bytes[]", "bytes[]"], packed) == (tuple(wanted), tuple(member * 2 for member in wanted))


def test_two_of_three_act_and_one_does_not(engine: RunningChain) -> None:
    with deployed_on(engine, members=3, threshold=2) as ours:
        one = Governor(ours.ethereum, ours.members[:1])
        stranger = Governor(ours.ethereum, [ours.members[0], engine.new_signer()])
        none = Governor(ours.ethereum, [])
        agency = AgencyCode("6110000")
        for governor in (one, stranger):
            with pytest.raises(ChainRefusedError, match="2 signatures, and this act has 1"):
                governor.register_agency(agency)
        with pytest.raises(ChainRefusedError, match="2 signatures, and this act has 0"):
            none.register_agency(agency)
        relayer = engine.new_signer()
        Governor(ours.ethereum, ours.members[1:], relayer=relayer).register_agency(agency)
        changes_nothing(ours, lambda: one.register_agency(agency))
        assert ours.ethereum.next_nonce(relayer.address) == 1, "who relays pays, and needs no right"


def test_signatures_count_for_one_act_only(engine: RunningChain) -> None:
    with deployed_on(engine, members=3, threshold=2) as ours:
        council, chain_id = ours.deployment.contracts["Council"].address, ours.deployment.chain_id
        relayer = engine.new_signer()
        act = CouncilAct(target=council, data=b"", nonce=0, deadline=Instant(ours.ethereum.head().time + 900))
        digest = act_digest(act, council=council, chain_id=chain_id)
        both = {member.address: sign_act(digest, member) for member in ours.members[:2]}
        one = dict(list(both.items())[:1])

        def problem(act: CouncilAct, signatures: dict[object, bytes]) -> str:
            call = act_call(act, signatures, council=council, gas=200_000)  # type: ignore[arg-type]
            return ours.ethereum.dry_run(call, relayer.address) or ""

        assert "Not enough members of the council signed" in problem(act, dict(one))
        assert "Not enough members of the council signed" in problem(replace(act, data=b"\1"), dict(both))
        assert "acted meanwhile" in problem(replace(act, nonce=1), dict(both))
        assert "expired" in problem(replace(act, deadline=Instant(1)), dict(both))


def test_a_delay_schedules_first_and_executes_after(engine: RunningChain) -> None:
    # This chain runs ahead of the clock afterwards, so it is not the one of the other tests.
    with running_chain(engine.kind) as own, deployed_on(own, delay_s=3600) as ours:
        clock = [float(ours.ethereum.head().time)]
        governor = Governor(ours.ethereum, ours.members, clock=lambda: clock[0])
        agency = AgencyCode("6110000")
        with pytest.raises(ChainRefusedError) as waits:
            governor.register_agency(agency)
        assert waits.value.refusal is Refusal.DELAYED
        assert "AgencyRegistry.registerAgency is scheduled and can be executed from 20" in waits.value.what
        before = blocks(ours)
        with pytest.raises(ChainRefusedError, match="delay runs"):
            governor.register_agency(agency)
        assert blocks(ours) == before, "it is scheduled once"
        own.pass_time(3601)
        governor.register_agency(agency)
        changes_nothing(ours, lambda: governor.register_agency(agency))
        # What is urgent does not wait: a key that is not there is refused by the contract, not by the delay.
        with pytest.raises(ChainRefusedError, match="not registered on this chain"):
            governor.disable_key(KeyId(b"\1" * 32))
        with pytest.raises(ChainRefusedError, match="not registered on this chain"):
            governor.declare_compromised(KeyId(b"\1" * 32))


def test_funding_reaches_a_key_where_gas_costs_and_does_nothing_where_it_does_not(ours: DeployedChain) -> None:
    poor = FileChainSigner(draw_secret())
    before = blocks(ours)
    ours.governor.fund(poor.address)
    balance = ours.ethereum.sending.balance(poor.address)
    if ours.running.kind == "embedded":
        assert (balance, blocks(ours)) == (0, before)
        return
    assert balance > 0
    changes_nothing(ours, lambda: ours.governor.fund(poor.address))
    broke = Governor(ours.ethereum, [poor])
    with pytest.raises(ChainRefusedError) as refused:
        broke.fund(FileChainSigner(draw_secret()).address)
    assert refused.value.refusal is Refusal.NO_FUNDS
