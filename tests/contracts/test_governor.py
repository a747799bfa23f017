"""Governor and Council: who decides, how long the public is warned, and what nobody can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from eth_abi.abi import encode
from support.city import ZERO, Agency, City, key_of
from support.harness import deploy
from support.solidity import FOREVER, NOW, Contract, Receipt, council_signature, ecdsa

from ledger.chain.abi import keccak
from ledger.chain.artifacts import load
from ledger.keys.signers import FileChainSigner
from ledger.values import Role

ADMIN, GOVERNOR, EMERGENCY, GUARDIAN, IMPORTER = range(5)
TWO_DAYS = 172_800
WEEK = 7 * 86_400

DELAYED = {
    "registerAgency",
    "addKey",
    "moveNotAfter",
    "declareCompromisedSince",
    "openLog",
    "openSuccessor",
    "openFrom",
}
IMMEDIATE = {"disableKey", "declareCompromised", "closeLog", "moveLog", "approveImport"}


def hexed(address: bytes) -> str:
    return "0x" + address.hex()


def data(city: City, contract: Contract, function: str, *values: Any) -> bytes:
    return contract.interface.call_data(function, *values)


def governor_call(city: City, function: str, *values: Any) -> Receipt:
    return city.council_act(city.governor.address, data(city, city.governor, function, *values))


def schedule(city: City, target: bytes, call: bytes, when: int = 0) -> Receipt:
    return governor_call(city, "schedule", target, call, when)


def later(city: City, target: bytes, call: bytes) -> Receipt:
    """Schedule, wait, do."""
    schedule(city, target, call)
    city.chain.pass_time(TWO_DAYS)
    return city.council_act(target, call)


def operation(city: City, target: bytes, call: bytes, caller: bytes | None = None) -> bytes:
    caller = caller or city.council.address
    return keccak(encode(["address", "address", "bytes"], [caller, target, call]))


@pytest.fixture(scope="session")
def slow_agency(slow_city: City) -> Agency:
    """An agency in the city with a delay, with one ANCHOR key."""
    agency = Agency(slow_city, b"2000000")
    later(slow_city, slow_city.agencies.address, data(slow_city, slow_city.agencies, "registerAgency", agency.code))
    add = (agency.code, key_of(agency.signer("anchor")), Role.ANCHOR, 0, ZERO, 0, 0)
    later(slow_city, slow_city.agencies.address, data(slow_city, slow_city.agencies, "addKey", *add))
    return agency


def test_every_restricted_function_is_wired_and_nobody_else_has_a_role(city: City, slow_city: City) -> None:
    for one in (city, slow_city):
        view = one.chain.view
        assert [view(one.governor, name) for name in ("GOVERNOR", "EMERGENCY", "GUARDIAN", "IMPORTER")] == [
            1,
            2,
            3,
            4,
        ]
        wired = [hexed(c.address) for c in one.registries]
        assert [view(one.governor, name) for name in ("agencies", "checkpoints", "statuses")] == wired
        assert view(one.governor, "minimumDelay") == one.delay
        for function, contract in one.contract_of.items():
            role = view(
                one.governor,
                "getTargetFunctionRole",
                contract.address,
                contract.interface.functions[function].selector,
            )
            expected = GOVERNOR if function in DELAYED else EMERGENCY if function in IMMEDIATE else ADMIN
            assert role == (IMPORTER if function == "advanceImport" else expected), function
        granted = [e.values for e in one.chain.all_events(one.governor) if e.name == "RoleGranted"]
        guardian = one.chain.account(one.guardian).address if one.guardian else one.council.address
        holders = {(e["roleId"], e["account"], e["delay"]) for e in granted if e["newMember"] or e["roleId"] == ADMIN}
        assert holders - {(ADMIN, hexed(one.council.address), 0)} <= {
            (ADMIN, hexed(one.council.address), one.delay),
            (GOVERNOR, hexed(one.council.address), one.delay),
            (EMERGENCY, hexed(one.council.address), 0),
            (GUARDIAN, hexed(guardian), 0),
            (IMPORTER, hexed(one.statuses.address), 0),
        }
        assert view(one.governor, "hasRole", ADMIN, one.council.address) == (True, one.delay)
        assert view(one.governor, "hasRole", ADMIN, one.deployer.address) == (False, 0)
        assert view(one.governor, "getRoleGuardian", GOVERNOR) == GUARDIAN


def test_the_registries_obey_this_governor(slow_city: City) -> None:
    for contract in (slow_city.agencies, slow_city.checkpoints):
        assert slow_city.chain.view(contract, "authority") == hexed(slow_city.governor.address)


def test_what_governs_waits_two_days_and_at_most_a_week_more(slow_city: City) -> None:
    city, target = slow_city, slow_city.agencies.address
    call = data(city, city.agencies, "registerAgency", b"2000001")
    waiting = operation(city, target, call)
    with city.chain.reverts("AccessManagerNotScheduled", waiting):
        city.council_act(target, call)
    with city.chain.reverts("AccessManagerUnauthorizedCall", hexed(city.council.address), hexed(target), call[:4]):
        schedule(city, target, call, when=city.chain.now() + TWO_DAYS - 60)
    receipt = schedule(city, target, call)
    assert city.chain.view(city.governor, "getSchedule", waiting) == receipt.time + TWO_DAYS
    with city.chain.reverts("AccessManagerAlreadyScheduled", waiting):
        schedule(city, target, call)
    with city.chain.reverts("AccessManagerNotReady", waiting):
        city.council_act(target, call)
    city.chain.pass_time(TWO_DAYS + WEEK)
    with city.chain.reverts("AccessManagerExpired", waiting):
        city.council_act(target, call)
    schedule(city, target, call)
    city.chain.pass_time(TWO_DAYS)
    assert city.council_act(target, call).event("AgencyRegistered")
    with city.chain.reverts("AccessManagerNotScheduled", waiting):
        city.council_act(target, call)


def test_a_scheduled_act_can_go_through_the_governor_too(slow_city: City) -> None:
    city, target = slow_city, slow_city.agencies.address
    call = data(city, city.agencies, "registerAgency", b"2000002")
    schedule(city, target, call)
    city.chain.pass_time(TWO_DAYS)
    assert governor_call(city, "execute", target, call).event("AgencyRegistered")


def test_what_limits_damage_does_not_wait(slow_city: City, slow_agency: Agency) -> None:
    city = slow_city
    opened = later(
        city, city.checkpoints.address, data(city, city.checkpoints, "openLog", "slow.example", slow_agency.code, 9)
    )
    log_id = opened.event("LogOpened")["logId"]
    key = key_of(slow_agency.signer("anchor"))
    assert city.govern("declareCompromised", key).event("KeyCompromised")
    assert city.govern("disableKey", key).event("KeyWindowMoved")
    assert city.govern("closeLog", log_id).event("LogClosed")
    assert city.govern("moveLog", log_id).event("LogMoved")
    now = city.chain.now()
    past = data(city, city.agencies, "declareCompromisedSince", key, now - 100)
    with city.chain.reverts("AccessManagerNotScheduled", operation(city, city.agencies.address, past)):
        city.council_act(city.agencies.address, past)
    close = data(city, city.checkpoints, "closeLog", log_id)
    unauthorized = (hexed(city.council.address), hexed(city.checkpoints.address), close[:4])
    with city.chain.reverts("AccessManagerUnauthorizedCall", *unauthorized):
        schedule(city, city.checkpoints.address, close)  # refused where there is no delay


def test_schedule_is_refused_in_a_city_without_delay(city: City) -> None:
    call = data(city, city.agencies, "registerAgency", b"2000003")
    unauthorized = (hexed(city.council.address), hexed(city.agencies.address), call[:4])
    with city.chain.reverts("AccessManagerUnauthorizedCall", *unauthorized):
        schedule(city, city.agencies.address, call)


def test_the_guardian_cancels_what_waits_administration_included(slow_city: City) -> None:
    city, guardian = slow_city, slow_city.chain.account("guardian")
    stranger = city.chain.account("stranger")
    grant = data(city, city.governor, "grantRole", ADMIN, stranger.address, TWO_DAYS)
    wire = data(city, city.governor, "setTargetFunctionRole", city.agencies.address, [b"\x01\x02\x03\x04"], EMERGENCY)
    register = data(city, city.agencies, "registerAgency", b"2000004")
    for target, call in (
        (city.governor.address, grant), (city.governor.address, wire), (city.agencies.address, register)
    ):  # fmt: skip
        schedule(city, target, call)
        refused = (hexed(stranger.address), hexed(city.council.address), hexed(target), call[:4])
        with city.chain.reverts("AccessManagerUnauthorizedCancel", *refused):
            city.chain.send(stranger, city.governor, "cancel", city.council.address, target, call)
        city.chain.send(guardian, city.governor, "cancel", city.council.address, target, call)
        city.chain.pass_time(TWO_DAYS)
        with city.chain.reverts("AccessManagerNotScheduled", operation(city, target, call)):
            city.council_act(target, call)
    assert city.chain.view(city.governor, "hasRole", ADMIN, stranger.address) == (False, 0)


def test_every_function_of_the_manager_itself_can_be_cancelled(city: City) -> None:
    names = (
        "labelRole", "grantRole", "revokeRole", "setRoleAdmin", "setRoleGuardian", "setGrantDelay",
        "setTargetFunctionRole", "setTargetAdminDelay", "setTargetClosed", "updateAuthority",
    )  # fmt: skip
    for name in names:
        selector = city.governor.interface.functions[name].selector
        assert city.chain.view(city.governor, "getTargetFunctionRole", city.governor.address, selector) == GOVERNOR


def test_the_guardian_can_do_nothing_else(slow_city: City) -> None:
    city, guardian = slow_city, slow_city.chain.account("guardian")
    with city.chain.reverts("AccessManagedUnauthorized", hexed(guardian.address)):
        city.chain.send(guardian, city.agencies, "registerAgency", b"2000005")
    with city.chain.reverts("AccessManagerUnauthorizedAccount", hexed(guardian.address), ADMIN):
        city.chain.send(guardian, city.governor, "grantRole", GUARDIAN, city.deployer.address, 0)


def test_the_last_administrator_cannot_leave(slow_city: City) -> None:
    city = slow_city
    council = city.council.address
    for call in (
        data(city, city.governor, "renounceRole", ADMIN, council),
        data(city, city.governor, "revokeRole", ADMIN, council),
    ):
        if call[:4] == city.governor.interface.functions["revokeRole"].selector:
            schedule(city, city.governor.address, call)
            city.chain.pass_time(TWO_DAYS)
        with city.chain.reverts("LastAdmin", hexed(council)):
            city.council_act(city.governor.address, call)
    # With a successor in office it can. A revoked member that never was one does not count.
    other = City(city.chain)
    heir = other.chain.account("heir")
    governor_call(other, "revokeRole", ADMIN, heir.address)
    governor_call(other, "grantRole", ADMIN, heir.address, 0)
    governor_call(other, "grantRole", ADMIN, heir.address, 5)
    governor_call(other, "renounceRole", ADMIN, other.council.address)
    assert other.chain.view(other.governor, "hasRole", ADMIN, other.council.address)[0] is False
    with other.chain.reverts("LastAdmin", hexed(heir.address)):
        other.chain.send(heir, other.governor, "renounceRole", ADMIN, heir.address)


def test_the_promised_delay_cannot_be_undercut(slow_city: City) -> None:
    city = slow_city
    for role in (ADMIN, GOVERNOR):
        for who in (city.council.address, city.chain.account("friend").address):
            call = data(city, city.governor, "grantRole", role, who, TWO_DAYS - 1)
            schedule(city, city.governor.address, call)
            city.chain.pass_time(TWO_DAYS)
            with city.chain.reverts("DelayTooShort", TWO_DAYS - 1, TWO_DAYS):
                city.council_act(city.governor.address, call)
    call = data(city, city.governor, "grantRole", EMERGENCY, city.chain.account("night watch").address, 0)
    later(city, city.governor.address, call)
    assert city.chain.view(city.governor, "hasRole", EMERGENCY, city.chain.account("night watch").address)[0]


def test_an_administrator_is_effective_at_once_or_not_at_all(slow_city: City) -> None:
    city = slow_city
    call = data(city, city.governor, "setGrantDelay", ADMIN, 5)
    schedule(city, city.governor.address, call)
    city.chain.pass_time(TWO_DAYS)
    with city.chain.reverts("GrantDelayForbidden", ADMIN):
        city.council_act(city.governor.address, call)
    later(city, city.governor.address, data(city, city.governor, "setGrantDelay", GUARDIAN, 5))


def test_nobody_but_the_status_registry_opens_an_importing_log(slow_city: City) -> None:
    city = slow_city
    with city.chain.reverts("AccessManagedUnauthorized", hexed(city.council.address)):
        city.govern("advanceImport", ZERO, ZERO, ZERO)


# The council.


def act(
    city: City,
    signers: Sequence[FileChainSigner],
    *,
    nonce: int | None = None,
    deadline: int = FOREVER,
    target: bytes | None = None,
    call: bytes | None = None,
    signature: bytes | None = None,
) -> Receipt:
    """An act of the council whose parts can be wrong; what is signed is always what is sent."""
    chain = city.chain
    nonce = chain.view(city.council, "nonces", city.council.address) if nonce is None else nonce
    target = city.governor.address if target is None else target
    call = data(city, city.governor, "cancel", city.council.address, target, b"\1\2\3\4") if call is None else call
    digest = chain.view(city.council, "actDigest", target, call, nonce, deadline)
    signature = council_signature(digest, signers) if signature is None else signature
    return chain.send(chain.account("relayer"), city.council, "act", target, call, nonce, deadline, signature)


def harmless(city: City) -> tuple[bytes, bytes]:
    """A call that anyone may make."""
    return city.governor.address, data(city, city.governor, "expiration")


def test_two_of_three_act_and_anyone_relays(slow_city: City) -> None:
    city, members = slow_city, slow_city.council_members
    target, call = harmless(city)
    nonce = city.chain.view(city.council, "nonces", city.council.address)
    receipt = act(city, members[1:], target=target, call=call)
    assert receipt.event("Acted").values == {"nonce": nonce, "target": hexed(target), "data": call}
    act(city, [members[2], members[0]], target=target, call=call)
    act(city, members, target=target, call=call)
    assert city.chain.view(city.council, "nonces", city.council.address) == nonce + 3


def test_too_few_the_same_twice_or_strangers_do_not_act(slow_city: City) -> None:
    city, members = slow_city, slow_city.council_members
    target, call = harmless(city)
    nonce = city.chain.view(city.council, "nonces", city.council.address)
    digest = city.chain.view(city.council, "actDigest", target, call, nonce, FOREVER)
    stranger = city.chain.account("stranger")
    one = members[0]
    twice = encode(["bytes[]", "bytes[]"], [[one.address] * 2, [ecdsa(one, digest)] * 2])
    swapped = encode(
        ["bytes[]", "bytes[]"], [[m.address for m in members[:2]], [ecdsa(m, digest) for m in reversed(members[:2])]]
    )
    wrong = [
        council_signature(digest, members[:1]),
        council_signature(digest, [members[0], stranger]),
        twice,
        swapped,
    ]
    for signature in (*wrong, council_signature(digest, []), b"", b"\x01" * 64):
        with city.chain.reverts("SignaturesInvalid", digest):
            act(city, [], target=target, call=call, signature=signature)


def test_a_signature_is_for_one_act_one_number_one_deadline(slow_city: City) -> None:
    city, members = slow_city, slow_city.council_members[:2]
    target, call = harmless(city)
    nonce = city.chain.view(city.council, "nonces", city.council.address)
    signed = council_signature(city.chain.view(city.council, "actDigest", target, call, nonce, FOREVER), members)
    other = data(city, city.governor, "minSetback")
    others = [(target, other, FOREVER), (city.agencies.address, call, FOREVER), (target, call, FOREVER - 1)]
    for one_target, one_call, deadline in others:
        digest = city.chain.view(city.council, "actDigest", one_target, one_call, nonce, deadline)
        with city.chain.reverts("SignaturesInvalid", digest):
            act(city, [], target=one_target, call=one_call, deadline=deadline, signature=signed)
    act(city, [], target=target, call=call, signature=signed)
    with city.chain.reverts("InvalidAccountNonce", hexed(city.council.address), nonce + 1):
        act(city, [], target=target, call=call, nonce=nonce, signature=signed)
    with city.chain.reverts("InvalidAccountNonce", hexed(city.council.address), nonce + 1):
        act(city, members, target=target, call=call, nonce=nonce + 2)
    past = city.chain.now() - 1
    with city.chain.reverts("ActExpired", past, NOW):
        act(city, members, target=target, call=call, deadline=past)


def test_what_the_council_calls_must_be_there_and_its_refusal_is_passed_on(slow_city: City) -> None:
    city, members = slow_city, slow_city.council_members[:2]
    nobody = city.chain.account("nobody").address
    with city.chain.reverts("AddressEmptyCode", hexed(nobody)):
        act(city, members, target=nobody, call=b"")
    with city.chain.reverts("KeyUnknown", b"\x07" * 32):
        act(city, members, target=city.agencies.address, call=data(city, city.agencies, "attestKey", b"\x07" * 32))


def test_an_act_is_refused_again_after_its_deadline_only(slow_city: City) -> None:
    city, members = slow_city, slow_city.council_members[:2]
    target, call = harmless(city)
    deadline = city.chain.now() + 1000
    city.chain.at(deadline)
    act(city, members, target=target, call=call, deadline=deadline)
    city.chain.at(deadline + 1)
    with city.chain.reverts("ActExpired", deadline, deadline + 1):
        act(city, members, target=target, call=call, deadline=deadline)


def test_a_member_may_be_a_contract(city: City) -> None:
    wallet = deploy(city, "Wallet")
    chain, deployer = city.chain, city.deployer
    council = chain.deploy(deployer, "Council", [wallet.address], 1)
    target, call = harmless(city)
    digest = chain.view(council, "actDigest", target, call, 0, FOREVER)
    signature = encode(["bytes[]", "bytes[]"], [[wallet.address], [b""]])
    with chain.reverts("SignaturesInvalid", digest):
        chain.send(deployer, council, "act", target, call, 0, FOREVER, signature)
    chain.send(deployer, wallet, "approve", digest)
    chain.send(deployer, council, "act", target, call, 0, FOREVER, signature)


def test_what_a_member_signs_is_the_eip712_form_of_the_specification(slow_city: City) -> None:
    city = slow_city
    kind = keccak(b"Act(address target,bytes data,uint256 nonce,uint64 deadline)")
    message = keccak(
        encode(
            ["bytes32", "address", "bytes32", "uint256", "uint64"], [kind, city.agencies.address, keccak(b"x"), 5, 6]
        )
    )
    domain_kind = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    named = keccak(b"Sillok Council"), keccak(b"1"), city.chain.chain_id, city.council.address
    domain = keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], [domain_kind, *named]))
    found = city.chain.view(city.council, "actDigest", city.agencies.address, b"x", 5, 6)
    assert found == keccak(b"\x19\x01" + domain + message)


def test_the_council_has_nothing_that_changes_its_members(city: City) -> None:
    writing = {
        item["name"]
        for item in load("Council").abi
        if item["type"] == "function" and item["stateMutability"] not in ("view", "pure")
    }
    assert writing == {"act"}
