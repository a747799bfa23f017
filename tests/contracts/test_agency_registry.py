"""AgencyRegistry: each refusal with its arguments, each success with its event and the state after it."""

from __future__ import annotations

import pytest
from support.city import EVERYTHING, ZERO, Agency, City, key_of
from support.solidity import NOW

from ledger.values import Role, agency_topic, parse_agency

CODE = b"6110000"
OFFICER = b"\x0f" * 32
YEAR = 365 * 86_400


@pytest.fixture
def agency(city: City) -> Agency:
    return city.new_agency()


def topic(code: bytes) -> bytes:
    return agency_topic(parse_agency(code.decode()))


def add(city: City, agency: Agency, name: str, role: Role = Role.ANCHOR, **changes: object) -> None:
    given = {
        "alone": 0,
        "officer": ZERO,
        "not_before": 0,
        "not_after": 0,
        "key": key_of(agency.signer(name)),
        **changes,
    }
    city.govern(
        "addKey",
        agency.code,
        given["key"],
        role,
        given["alone"],
        given["officer"],
        given["not_before"],
        given["not_after"],
    )


def test_an_agency_is_registered_once_under_seven_digits(city: City) -> None:
    receipt = city.govern("registerAgency", CODE)
    assert receipt.event("AgencyRegistered").values == {"agency": topic(CODE), "time": receipt.time}
    city.view("requireAgency", CODE)
    with city.chain.reverts("AgencyExists", CODE):
        city.govern("registerAgency", CODE)
    for wrong in (b"611000\0", b"61100/0", b"61100:0", b" 110000", b"611000a", bytes(7)):
        with city.chain.reverts("AgencyCodeMalformed", wrong):
            city.govern("registerAgency", wrong)
    with city.chain.reverts("AgencyUnknown", b"9999999"):
        city.view("requireAgency", b"9999999")


def test_only_the_council_governs(city: City, agency: Agency) -> None:
    thief, key = agency.signer("thief"), key_of(agency.signer("anchor"))
    calls = {
        "registerAgency": (b"7000000",),
        "addKey": (agency.code, key_of(thief), Role.ANCHOR, 0, ZERO, 0, 0),
        "moveNotAfter": (key, 0),
        "disableKey": (key,),
        "declareCompromised": (key,),
        "declareCompromisedSince": (key, 1),
        "openLog": ("seoul", agency.code, 1),
        "openSuccessor": ("seoul", ZERO, (ZERO, 0, 0, ZERO)),
        "openFrom": ("seoul", agency.code, 1, 1, (ZERO, thief.address, ZERO, 0, (ZERO, 0, 0, ZERO))),
        "closeLog": (ZERO,),
        "moveLog": (ZERO,),
        "approveImport": (ZERO, ZERO),
        "advanceImport": (ZERO, ZERO, ZERO),
    }
    for function, values in calls.items():
        with city.chain.reverts("AccessManagedUnauthorized", "0x" + thief.address.hex()):
            city.call(thief, function, *values)


def test_a_key_is_added_with_what_it_may_do(city: City, agency: Agency) -> None:
    key = key_of(agency.signer("officer"))
    later = city.chain.now() + YEAR
    receipt = city.govern("addKey", agency.code, key, Role.OFFICER, 0x15, OFFICER, later, later + 9)
    assert receipt.event("KeyAdded").values == {
        "agency": topic(agency.code),
        "keyId": key,
        "role": Role.OFFICER,
        "alone": 0x15,
        "officer": OFFICER,
        "notBefore": later,
        "notAfter": later + 9,
        "time": receipt.time,
    }
    assert city.view("keyOf", key) == ((agency.code, Role.OFFICER, 0x15, later, later + 9, 0), OFFICER)


def test_a_window_never_starts_before_the_block_that_adds_the_key(city: City, agency: Agency) -> None:
    key = key_of(agency.signer("spare"))
    receipt = city.govern("addKey", agency.code, key, Role.ANCHOR, 0, ZERO, 5, 0)
    assert receipt.event("KeyAdded")["notBefore"] == receipt.time
    assert city.view("keyOf", key)[0][3] == receipt.time


def test_a_note_key_may_be_any_32_bytes_and_an_anchor_key_an_address_only(city: City, agency: Agency) -> None:
    ed25519 = b"\xed" + agency.code + bytes(24)
    add(city, agency, "", Role.NOTE, key=ed25519)
    assert city.view("keyOf", ed25519)[0][1] == Role.NOTE
    for role in (Role.ANCHOR, Role.STATUS, Role.OFFICER):
        with city.chain.reverts("KeyIdMalformed", b"\xee" * 32, role):
            add(city, agency, "", role, key=b"\xee" * 32)
    for role, key in ((0, key_of(agency.signer("x"))), (Role.NOTE, ZERO), (Role.ANCHOR, ZERO)):
        with city.chain.reverts("KeyIdMalformed", key, role):
            add(city, agency, "", role, key=key)  # type: ignore[arg-type]


def test_a_key_id_is_never_used_again_not_even_by_another_agency(city: City, agency: Agency) -> None:
    key, other = key_of(agency.signer("anchor")), city.new_agency()
    for who in (agency, other):
        with city.chain.reverts("KeyExists", key, agency.code):
            add(city, who, "", Role.STATUS, key=key, officer=OFFICER)
    city.govern("disableKey", key)
    with city.chain.reverts("KeyExists", key, agency.code):
        add(city, agency, "", key=key)


def test_personal_keys_name_their_officer_and_only_they_act_alone(city: City, agency: Agency) -> None:
    for role, officer in ((Role.STATUS, ZERO), (Role.OFFICER, ZERO), (Role.ANCHOR, OFFICER), (Role.NOTE, OFFICER)):
        with city.chain.reverts("OfficerMismatch", role, officer):
            add(city, agency, "wrong", role, officer=officer)
    with city.chain.reverts("AloneMismatch", Role.ANCHOR, 1):
        add(city, agency, "wrong", alone=1)
    with city.chain.reverts("AgencyUnknown", b"9999998"):
        city.govern("addKey", b"9999998", key_of(agency.signer("x")), Role.ANCHOR, 0, ZERO, 0, 0)


def test_a_window_ends_after_it_starts_and_fits_the_slot(city: City, agency: Agency) -> None:
    later = city.chain.now() + YEAR
    cases = ((later, later), (later, later - 1), (0, 1), (2**48, 0), (later, 2**48))
    for start, end in cases:
        with city.chain.reverts("KeyWindowInvalid", start or NOW, end, NOW):
            add(city, agency, "wrong", not_before=start, not_after=end)
    key = key_of(agency.signer("anchor"))
    start = city.view("keyOf", key)[0][3]
    with city.chain.reverts("KeyWindowInvalid", start, start, NOW):
        city.govern("moveNotAfter", key, start)
    city.chain.pass_time(100)
    with city.chain.reverts("KeyWindowInvalid", start, start + 50, NOW):
        city.govern("moveNotAfter", key, start + 50)  # acts since then would be out of window after the fact


def test_a_window_that_has_ended_never_moves_again(city: City, agency: Agency) -> None:
    key, now = key_of(agency.signer("anchor")), city.chain.now()
    receipt = city.govern("moveNotAfter", key, now + 1000)
    moved = receipt.event("KeyWindowMoved")
    assert moved.values == {
        "agency": topic(agency.code),
        "keyId": key,
        "notAfter": now + 1000,
        "time": receipt.time,
    }
    city.govern("moveNotAfter", key, now + 50)
    city.view("requireKey", key, agency.code, Role.ANCHOR)
    ended = city.chain.pass_time(100)
    for function, values in (
        ("moveNotAfter", (key, ended + 999)),
        ("moveNotAfter", (key, 0)),
        ("disableKey", (key,)),
    ):
        with city.chain.reverts("KeyEnded", key, now + 50, NOW):
            city.govern(function, *values)
    with city.chain.reverts("KeyEnded", key, now + 50, NOW):
        city.call(agency.signer("anchor"), "disableMyKey")
    for function, values in (("moveNotAfter", (b"\x01" * 32, 0)), ("disableKey", (b"\x01" * 32,))):
        with city.chain.reverts("KeyUnknown", b"\x01" * 32):
            city.govern(function, *values)


def test_a_disabled_key_is_out_of_window_at_once(city: City, agency: Agency) -> None:
    mine, theirs = agency.signer("anchor"), key_of(agency.signer("status"))
    receipt = city.call(mine, "disableMyKey")
    assert receipt.event("KeyWindowMoved")["notAfter"] == receipt.time
    assert city.govern("disableKey", theirs).event("KeyWindowMoved")["keyId"] == theirs
    found = city.view("keyOf", key_of(mine))[0]
    with city.chain.reverts("KeyNotUsable", key_of(mine), agency.code, Role.ANCHOR, found, NOW):
        city.view("requireKey", key_of(mine), agency.code, Role.ANCHOR)
    stranger = agency.signer("stranger")
    with city.chain.reverts("KeyUnknown", key_of(stranger)):
        city.call(stranger, "disableMyKey")


def test_a_key_that_is_not_of_that_agency_role_or_time_may_not_act(city: City, agency: Agency) -> None:
    key, other = key_of(agency.signer("status")), city.new_agency()
    assert city.view("requireKey", key, agency.code, Role.STATUS) == EVERYTHING
    found = city.view("keyOf", key)[0]
    for code, role in ((other.code, Role.STATUS), (agency.code, Role.ANCHOR), (agency.code, 0)):
        with city.chain.reverts("KeyNotUsable", key, code, role, found, NOW):
            city.view("requireKey", key, code, role)
    unknown = (bytes(7), 0, 0, 0, 0, 0)
    for role in (Role.STATUS, 0):
        with city.chain.reverts("KeyNotUsable", b"\x02" * 32, bytes(7), role, unknown, NOW):
            city.view("requireKey", b"\x02" * 32, bytes(7), role)
    early = key_of(agency.signer("early"))
    add(city, agency, "early", not_before=city.chain.now() + YEAR)
    found = city.view("keyOf", early)[0]
    with city.chain.reverts("KeyNotUsable", early, agency.code, Role.ANCHOR, found, NOW):
        city.view("requireKey", early, agency.code, Role.ANCHOR)


def test_a_compromise_from_now_on_voids_nothing_that_was(city: City, agency: Agency) -> None:
    key = key_of(agency.signer("status"))
    before = city.chain.now()
    city.chain.pass_time(10)
    receipt = city.govern("declareCompromised", key)
    since = receipt.time
    assert receipt.event("KeyCompromised").values == {
        "agency": topic(agency.code),
        "keyId": key,
        "since": since,
        "time": since,
    }
    assert not city.view("isVoid", key, before)
    assert not city.view("isVoid", key, since - 1)
    assert city.view("isVoid", key, since)
    found = city.view("keyOf", key)[0]
    with city.chain.reverts("KeyNotUsable", key, agency.code, Role.STATUS, found, NOW):
        city.view("requireKey", key, agency.code, Role.STATUS)
    city.chain.pass_time(10)
    with city.chain.reverts("SinceNotEarlier", NOW, since):
        city.govern("declareCompromised", key)


def test_since_only_moves_earlier_and_the_past_has_an_event_of_its_own(city: City, agency: Agency) -> None:
    key = key_of(agency.signer("status"))
    now = city.chain.pass_time(1000)
    receipt = city.govern("declareCompromisedSince", key, now - 500)
    assert receipt.event("KeyCompromisedInThePast").values == {
        "agency": topic(agency.code),
        "keyId": key,
        "since": now - 500,
        "time": receipt.time,
    }
    assert [event.name for event in receipt.events if event.contract == "AgencyRegistry"] == [
        "KeyCompromisedInThePast"
    ]
    for later in (now - 500, now - 499):
        with city.chain.reverts("SinceNotEarlier", later, now - 500):
            city.govern("declareCompromisedSince", key, later)
    city.govern("declareCompromisedSince", key, now - 501)
    assert city.view("isVoid", key, now - 501)
    assert not city.view("isVoid", key, now - 502)


def test_the_past_is_before_now_and_not_zero(city: City, agency: Agency) -> None:
    key = key_of(agency.signer("status"))
    for since in (0, city.chain.now() + 1000):
        with city.chain.reverts("SinceNotPast", since, NOW):
            city.govern("declareCompromisedSince", key, since)
    now = city.chain.now() + 5
    city.chain.at(now)
    with city.chain.reverts("SinceNotPast", now, now):
        city.govern("declareCompromisedSince", key, now)
    unknown = b"\x03" * 32
    with city.chain.reverts("KeyUnknown", unknown):
        city.govern("declareCompromised", unknown)
    with city.chain.reverts("KeyUnknown", unknown):
        city.govern("declareCompromisedSince", unknown, 1)


def test_an_ended_key_can_be_declared_compromised_too(city: City, agency: Agency) -> None:
    key = key_of(agency.signer("status"))
    city.govern("disableKey", key)
    city.govern("declareCompromised", key)
    assert city.view("isVoid", key, city.chain.now())


def test_anyone_has_a_key_attested_as_it_is(city: City, agency: Agency) -> None:
    key, stranger = key_of(agency.signer("status")), agency.signer("stranger")
    city.govern("moveNotAfter", key, city.chain.now() + YEAR)
    city.govern("declareCompromised", key)
    (_, role, _, not_before, not_after, since), _ = city.view("keyOf", key)
    receipt = city.call(stranger, "attestKey", key)
    assert receipt.event("KeyAttested").values == {
        "agency": topic(agency.code),
        "keyId": key,
        "role": role,
        "notBefore": not_before,
        "notAfter": not_after,
        "compromisedSince": since,
        "time": receipt.time,
    }
    for function, values in (("attestKey", ()), ("isVoid", (5,)), ("keyOf", ())):
        with city.chain.reverts("KeyUnknown", b"\x04" * 32):
            city.view(function, b"\x04" * 32, *values)
