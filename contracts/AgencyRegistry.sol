// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAgencyRegistry} from "./interfaces/IAgencyRegistry.sol";
import {Key, Role} from "./types/Types.sol";

/// @title Agencies and their keys
/// @dev Invariants: a key is never removed, never changes agency, role, mask or officer; notBefore is not before the
/// block that added it; notAfter never moves once it has passed, and never to before now; compromisedSince only
/// moves earlier. Who may call what is wired in `Governor`.
contract AgencyRegistry is IAgencyRegistry, AccessManaged {
    uint256 private constant _CODE_DIGITS = 7;

    mapping(bytes7 agency => uint64 time) private _registered;
    mapping(bytes32 keyId => Key key) private _keys;
    mapping(bytes32 keyId => bytes32 officer) private _officers;

    /// @param governor The access manager that decides who may call restricted functions.
    constructor(address governor) AccessManaged(governor) {}

    /// @inheritdoc IAgencyRegistry
    function registerAgency(bytes7 agency) external restricted {
        for (uint256 i = 0; i < _CODE_DIGITS; ++i) {
            require(agency[i] >= "0" && agency[i] <= "9", AgencyCodeMalformed(agency));
        }
        require(_registered[agency] == 0, AgencyExists(agency));
        _registered[agency] = _now();
        emit AgencyRegistered(bytes32(agency), _now());
    }

    /// @inheritdoc IAgencyRegistry
    function addKey(
        bytes7 agency,
        bytes32 keyId,
        Role role,
        uint8 alone,
        bytes32 officer,
        uint64 notBefore,
        uint64 notAfter
    ) external restricted {
        requireAgency(agency);
        _requireKeyIdFits(keyId, role);
        require(_keys[keyId].role == Role.None, KeyExists(keyId, _keys[keyId].agency));
        bool personal = role == Role.Status || role == Role.Officer;
        require((officer != 0) == personal, OfficerMismatch(role, officer));
        require(alone == 0 || personal, AloneMismatch(role, alone));
        uint64 start = notBefore > _now() ? notBefore : _now();
        _requireWindow(start, notAfter);
        _keys[keyId] = Key({
            agency: agency,
            role: role,
            alone: alone,
            notBefore: uint48(start),
            notAfter: uint48(notAfter),
            compromisedSince: 0
        });
        if (personal) _officers[keyId] = officer;
        emit KeyAdded(bytes32(agency), keyId, role, alone, officer, start, notAfter, _now());
    }

    /// @inheritdoc IAgencyRegistry
    function moveNotAfter(bytes32 keyId, uint64 notAfter) external restricted {
        Key storage key = _requireRunning(keyId);
        _requireWindow(key.notBefore, notAfter);
        _moveNotAfter(keyId, key, notAfter);
    }

    /// @inheritdoc IAgencyRegistry
    function disableKey(bytes32 keyId) external restricted {
        _moveNotAfter(keyId, _requireRunning(keyId), _now());
    }

    /// @inheritdoc IAgencyRegistry
    function disableMyKey() external {
        bytes32 keyId = bytes32(uint256(uint160(msg.sender)));
        _moveNotAfter(keyId, _requireRunning(keyId), _now());
    }

    /// @inheritdoc IAgencyRegistry
    function declareCompromised(bytes32 keyId) external restricted {
        Key storage key = _requireKnown(keyId);
        _moveSince(key, _now());
        emit KeyCompromised(bytes32(key.agency), keyId, _now(), _now());
    }

    /// @inheritdoc IAgencyRegistry
    function declareCompromisedSince(bytes32 keyId, uint64 since) external restricted {
        Key storage key = _requireKnown(keyId);
        require(since != 0 && since < _now(), SinceNotPast(since, _now()));
        _moveSince(key, since);
        emit KeyCompromisedInThePast(bytes32(key.agency), keyId, since, _now());
    }

    /// @inheritdoc IAgencyRegistry
    function attestKey(bytes32 keyId) external {
        Key memory key = _requireKnown(keyId);
        emit KeyAttested(
            bytes32(key.agency),
            keyId,
            uint8(key.role),
            key.notBefore,
            key.notAfter,
            key.compromisedSince,
            _now()
        );
    }

    /// @inheritdoc IAgencyRegistry
    function requireKey(bytes32 keyId, bytes7 agency, Role role) external view returns (uint8 alone) {
        Key memory key = _keys[keyId];
        bool usable = key.agency == agency &&
            key.role == role &&
            key.notBefore <= _now() &&
            (key.notAfter == 0 || _now() < key.notAfter) &&
            !_compromised(key.compromisedSince, _now());
        // An unknown key has role None, which no caller asks for; the test is here in case one ever does.
        require(usable && role != Role.None, KeyNotUsable(keyId, agency, role, key, _now()));
        return key.alone;
    }

    /// @inheritdoc IAgencyRegistry
    function isVoid(bytes32 keyId, uint64 time) external view returns (bool) {
        return _compromised(_requireKnown(keyId).compromisedSince, time);
    }

    /// @inheritdoc IAgencyRegistry
    function keyOf(bytes32 keyId) external view returns (Key memory key, bytes32 officer) {
        return (_requireKnown(keyId), _officers[keyId]);
    }

    /// @inheritdoc IAgencyRegistry
    function requireAgency(bytes7 agency) public view {
        require(_registered[agency] != 0, AgencyUnknown(agency));
    }

    function _moveNotAfter(bytes32 keyId, Key storage key, uint64 notAfter) private {
        key.notAfter = uint48(notAfter);
        emit KeyWindowMoved(bytes32(key.agency), keyId, notAfter, _now());
    }

    function _moveSince(Key storage key, uint64 since) private {
        uint64 was = key.compromisedSince;
        require(was == 0 || since < was, SinceNotEarlier(since, was));
        key.compromisedSince = uint48(since);
    }

    function _requireKnown(bytes32 keyId) private view returns (Key storage key) {
        key = _keys[keyId];
        require(key.role != Role.None, KeyUnknown(keyId));
    }

    function _requireRunning(bytes32 keyId) private view returns (Key storage key) {
        key = _requireKnown(keyId);
        require(key.notAfter == 0 || _now() < key.notAfter, KeyEnded(keyId, key.notAfter, _now()));
    }

    /// @dev The upper bounds keep the casts to uint48 exact.
    function _requireWindow(uint64 notBefore, uint64 notAfter) private view {
        bool fits = notBefore <= type(uint48).max && notAfter <= type(uint48).max;
        bool ends = notAfter == 0 || (notAfter > notBefore && notAfter >= _now());
        require(fits && ends, KeyWindowInvalid(notBefore, notAfter, _now()));
    }

    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }

    function _requireKeyIdFits(bytes32 keyId, Role role) private pure {
        bool ed25519 = role == Role.Note || role == Role.Receipt;
        bool fits = ed25519 || uint256(keyId) <= type(uint160).max;
        require(role != Role.None && keyId != 0 && fits, KeyIdMalformed(keyId, role));
    }

    function _compromised(uint64 since, uint64 time) private pure returns (bool) {
        return since != 0 && since <= time;
    }
}
