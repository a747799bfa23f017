// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAgencyRegistry} from "contracts/interfaces/IAgencyRegistry.sol";
import {Key, Role} from "contracts/types/Types.sol";
import {Rebuilt} from "./Rebuilt.sol";

/// @dev Keys of every role with every window, added, moved, ended and declared compromised by the council, by their
/// holders and by strangers. Every outcome is foretold from the events heard before.
contract AgencySteps is Rebuilt {
    address private constant _STRANGER = address(6);
    uint160 private _next = 0x10000;

    constructor() {
        _build(0, COUNCIL);
        _begin();
    }

    function add(uint8 role, uint8 alone, uint16 from, uint16 lasts, uint8 fault) external step {
        Role given = Role(role % 6);
        bytes32 keyId = fault % 8 == 1 && keyIds.length != 0 ? keyIds[from % keyIds.length] : bytes32(uint256(_next++));
        if (given == Role.Note || given == Role.Receipt) keyId |= bytes32(uint256(fault % 8 == 1 ? 0 : 1) << 255);
        if (fault % 8 == 2) keyId |= bytes32(uint256(1) << 200);
        bool personal = given == Role.Status || given == Role.Officer;
        if (!personal && fault % 8 != 3) alone = 0;
        bytes32 officer = personal == (fault % 8 != 4) ? keyId : bytes32(0);
        uint64 notBefore = clock + from % 1_000;
        if (fault % 8 == 5) notBefore = clock - 1 - from;
        uint64 start = notBefore > clock ? notBefore : clock;
        uint64 notAfter = lasts % 4 == 0 ? 0 : notBefore + lasts % 2_000;
        bytes4 wanted;
        if (notAfter != 0 && notAfter <= start) wanted = IAgencyRegistry.KeyWindowInvalid.selector;
        if (alone != 0 && !personal) wanted = IAgencyRegistry.AloneMismatch.selector;
        if ((officer != 0) != personal) wanted = IAgencyRegistry.OfficerMismatch.selector;
        if (keys[keyId].role != Role.None) wanted = IAgencyRegistry.KeyExists.selector;
        if (!_fits(keyId, given)) wanted = IAgencyRegistry.KeyIdMalformed.selector;
        bytes memory data = abi.encodeCall(
            IAgencyRegistry.addKey,
            (AGENCY, keyId, given, alone, officer, notBefore, notAfter)
        );
        _govern(fault, wanted, data);
    }

    function move(uint16 which, uint16 to, bool past, uint8 fault) external step {
        bytes32 keyId = _pick(which);
        if (keyId == 0) return;
        Key memory key = keys[keyId];
        uint64 notAfter = past ? clock - to : to % 8 == 0 ? 0 : clock + to;
        bytes4 wanted;
        bool ends = notAfter == 0 || (notAfter > key.notBefore && notAfter >= clock);
        if (!ends) wanted = IAgencyRegistry.KeyWindowInvalid.selector;
        if (_ended(key)) wanted = IAgencyRegistry.KeyEnded.selector;
        _govern(fault, wanted, abi.encodeCall(IAgencyRegistry.moveNotAfter, (keyId, notAfter)));
    }

    function disable(uint16 which, uint8 fault) external step {
        bytes32 keyId = _pick(which);
        if (keyId == 0 || which % 4 != 0) return;
        bytes4 wanted = _ended(keys[keyId]) ? IAgencyRegistry.KeyEnded.selector : bytes4(0);
        _govern(fault, wanted, abi.encodeCall(IAgencyRegistry.disableKey, (keyId)));
    }

    /// @dev A key ends itself; nobody ends another's.
    function endMyself(uint16 which) external step {
        bytes32 keyId = _pick(which);
        if (uint256(keyId) > type(uint160).max || which % 4 != 1) return;
        bytes4 wanted = keyId == 0 || keys[keyId].role == Role.None ? IAgencyRegistry.KeyUnknown.selector : bytes4(0);
        if (wanted == 0 && _ended(keys[keyId])) wanted = IAgencyRegistry.KeyEnded.selector;
        address by = address(uint160(uint256(keyId)));
        _expect(wanted, by, address(agencies), abi.encodeCall(IAgencyRegistry.disableMyKey, ()));
    }

    function declare(uint16 which, uint16 past, bool now_, uint8 fault) external step {
        bytes32 keyId = _pick(which);
        if (keyId == 0) return;
        uint64 since = now_ ? clock : fault % 16 == 1 ? clock : clock - past;
        uint64 was = keys[keyId].compromisedSince;
        bytes4 wanted = was != 0 && since >= was ? IAgencyRegistry.SinceNotEarlier.selector : bytes4(0);
        if (!now_ && since >= clock) wanted = IAgencyRegistry.SinceNotPast.selector;
        bytes memory data = now_
            ? abi.encodeCall(IAgencyRegistry.declareCompromised, (keyId))
            : abi.encodeCall(IAgencyRegistry.declareCompromisedSince, (keyId, since));
        _govern(fault, wanted, data);
    }

    /// @dev Any key, any role, any agency: usable exactly where the events say so.
    function ask(uint16 which, uint8 role, bool other) external step {
        bytes32 keyId = which % 8 == 0 ? bytes32(uint256(which)) : _pick(which);
        Role given = which % 2 == 0 ? Role(role % 6) : keys[keyId].role;
        bytes7 agency = other && which % 4 == 1 ? OTHER : AGENCY;
        bool may = given != Role.None && _usable(keyId, agency, given);
        bytes4 wanted = may ? bytes4(0) : IAgencyRegistry.KeyNotUsable.selector;
        bytes memory data = abi.encodeCall(IAgencyRegistry.requireKey, (keyId, agency, given));
        _expect(wanted, _STRANGER, address(agencies), data);
    }

    function wait(uint16 seconds_) external {
        clock += seconds_ % 200;
    }

    function compareOne(uint256 pick) external view {
        if (keyIds.length != 0) _compareKey(keyIds[pick % keyIds.length]);
    }

    function compareAll() external view {
        _compareKeys();
    }

    function _begin() private step {
        _register(AGENCY);
        _register(OTHER);
        clock += 100_000;
    }

    /// @dev Now and then by a stranger, who is refused whatever it is.
    function _govern(uint8 fault, bytes4 wanted, bytes memory data) private {
        bool stranger = fault % 16 == 7;
        bytes4 refused = bytes4(keccak256("AccessManagedUnauthorized(address)"));
        _expect(stranger ? refused : wanted, stranger ? _STRANGER : COUNCIL, address(agencies), data);
    }

    function _pick(uint16 which) private view returns (bytes32) {
        // Mostly one of the newest, whose windows are still open.
        uint256 count = keyIds.length;
        if (count == 0) return 0;
        uint256 back = which % 16 == 15 ? which % count : (which >> 4) % 8;
        return keyIds[count - 1 - (back < count ? back : 0)];
    }

    function _ended(Key memory key) private view returns (bool) {
        return key.notAfter != 0 && clock >= key.notAfter;
    }

    function _fits(bytes32 keyId, Role role) private pure returns (bool) {
        bool ed25519 = role == Role.Note || role == Role.Receipt;
        return role != Role.None && (ed25519 || uint256(keyId) <= type(uint160).max);
    }
}

contract AgenciesTest {
    AgencySteps private _steps;

    function setUp() external {
        _steps = new AgencySteps();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_steps);
    }

    /// @dev Judged at every step by `Rebuilt`: no key is added twice or with a window that begins before its block, no
    /// end of a window moves once it has passed or to before now, `compromisedSince` only moves earlier; and a key may
    /// act exactly in its window. Here: a key is what its events say.
    function invariant_windows_never_move_backwards_and_only_they_let_a_key_act() external view {
        _steps.compareOne(block.timestamp);
    }

    /// @dev At the end of every run: events alone rebuild every key.
    function afterInvariant() external view {
        _steps.compareAll();
    }
}
