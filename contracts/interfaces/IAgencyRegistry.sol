// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Key, Role} from "../types/Types.sol";

/// @title Agencies and their keys
/// @notice Says which key may do what for which agency, and from when to when. A key's window is
/// [notBefore, notAfter); what a key did at or after `compromisedSince` is void, what it did before stands.
/// @dev Agency codes are seven ASCII digits; as a topic, right-padded with zeros. keyId is the raw Ed25519 key of a
/// NOTE or RECEIPT key, else the address left-padded with zeros. All times are block times in Unix seconds.
interface IAgencyRegistry {
    /// @notice An agency may have keys and logs from now on.
    /// @param agency Seven digits, right-padded.
    /// @param time Block time.
    event AgencyRegistered(bytes32 indexed agency, uint64 time);

    /// @notice A key of an agency was added. Its id is never used again.
    /// @param agency Seven digits, right-padded.
    /// @param keyId Raw Ed25519 key, or address left-padded.
    /// @param role What it may do.
    /// @param alone What it may do without a second officer (see `Key`).
    /// @param officer Id of the person or office that holds it; 0 unless STATUS or OFFICER.
    /// @param notBefore Start of its window, never before `time`.
    /// @param notAfter End of its window, exclusive; 0: open.
    /// @param time Block time.
    event KeyAdded(
        bytes32 indexed agency,
        bytes32 indexed keyId,
        Role role,
        uint8 alone,
        bytes32 officer,
        uint64 notBefore,
        uint64 notAfter,
        uint64 time
    );

    /// @notice The end of a key's window was moved; it never moves into the past.
    /// @param agency Seven digits, right-padded.
    /// @param keyId The key.
    /// @param notAfter New end, exclusive; 0: open.
    /// @param time Block time.
    event KeyWindowMoved(bytes32 indexed agency, bytes32 indexed keyId, uint64 notAfter, uint64 time);

    /// @notice A key was declared compromised, as of now.
    /// @param agency Seven digits, right-padded.
    /// @param keyId The key.
    /// @param since What it does from here on is void.
    /// @param time Block time; equal to `since`.
    event KeyCompromised(bytes32 indexed agency, bytes32 indexed keyId, uint64 since, uint64 time);

    /// @notice A key was declared compromised since an instant in the past: acts that stood are void now.
    /// @param agency Seven digits, right-padded.
    /// @param keyId The key.
    /// @param since What it did at or after this is void.
    /// @param time Block time; after `since`.
    event KeyCompromisedInThePast(bytes32 indexed agency, bytes32 indexed keyId, uint64 since, uint64 time);

    /// @notice A key's state, stated again so that a proof of this event proves it. Frozen (formats.md, section 9).
    /// @param agency Seven digits, right-padded.
    /// @param keyId The key.
    /// @param role 1 NOTE, 2 RECEIPT, 3 ANCHOR, 4 STATUS, 5 OFFICER.
    /// @param notBefore Start of its window.
    /// @param notAfter End of its window, exclusive; 0: open.
    /// @param compromisedSince 0: never.
    /// @param time Block time.
    event KeyAttested(
        bytes32 indexed agency,
        bytes32 indexed keyId,
        uint8 role,
        uint64 notBefore,
        uint64 notAfter,
        uint64 compromisedSince,
        uint64 time
    );

    /// @notice An agency code has seven digits.
    /// @param agency What was given.
    error AgencyCodeMalformed(bytes7 agency);
    /// @notice This agency is registered already.
    /// @param agency Its code.
    error AgencyExists(bytes7 agency);
    /// @notice This agency is not registered on this chain.
    /// @param agency Its code.
    error AgencyUnknown(bytes7 agency);
    /// @notice This is not a key for that role: NOTE and RECEIPT keys are 32 bytes, all others addresses.
    /// @param keyId What was given.
    /// @param role The role it was given for.
    error KeyIdMalformed(bytes32 keyId, Role role);
    /// @notice This key was added before; a key is never added twice.
    /// @param keyId The key.
    /// @param agency The agency that it belongs to.
    error KeyExists(bytes32 keyId, bytes7 agency);
    /// @notice This key is not registered on this chain.
    /// @param keyId The key.
    error KeyUnknown(bytes32 keyId);
    /// @notice A key's window must end after it starts and not in the past.
    /// @param notBefore Start of the window.
    /// @param notAfter End that was given.
    /// @param time Block time.
    error KeyWindowInvalid(uint64 notBefore, uint64 notAfter, uint64 time);
    /// @notice This key's window has ended and can't be moved any more.
    /// @param keyId The key.
    /// @param notAfter When it ended.
    /// @param time Block time.
    error KeyEnded(bytes32 keyId, uint64 notAfter, uint64 time);
    /// @notice This key may not do that now: wrong agency or role, outside its window, or compromised.
    /// @param keyId The key.
    /// @param agency The agency that it was to act for.
    /// @param role The role that was needed.
    /// @param found What is registered; all zero for an unknown key.
    /// @param time Block time.
    error KeyNotUsable(bytes32 keyId, bytes7 agency, Role role, Key found, uint64 time);
    /// @notice STATUS and OFFICER keys name the officer that holds them; other keys name none.
    /// @param role The key's role.
    /// @param officer The officer that was given.
    error OfficerMismatch(Role role, bytes32 officer);
    /// @notice Only STATUS and OFFICER keys may do anything alone.
    /// @param role The key's role.
    /// @param alone The mask that was given.
    error AloneMismatch(Role role, uint8 alone);
    /// @notice This instant is not in the past; a compromise from now on is declared without the governor's delay.
    /// @param since What was given.
    /// @param time Block time.
    error SinceNotPast(uint64 since, uint64 time);
    /// @notice This key is declared compromised since then or earlier already; the instant only moves earlier.
    /// @param since What was given.
    /// @param was What is registered.
    error SinceNotEarlier(uint64 since, uint64 was);

    /// @notice Registers an agency.
    /// @dev Governor, delayed. Emits AgencyRegistered. Reverts: AgencyCodeMalformed, AgencyExists.
    /// @param agency Seven ASCII digits.
    function registerAgency(bytes7 agency) external;

    /// @notice Adds a key. It can be used from `notBefore` on, or from now on where that is later.
    /// @dev Governor, delayed: keep a spare ANCHOR and STATUS key in window. Emits KeyAdded.
    /// Reverts: AgencyUnknown, KeyIdMalformed, KeyExists, OfficerMismatch, AloneMismatch, KeyWindowInvalid.
    /// @param agency Seven ASCII digits.
    /// @param keyId Raw Ed25519 key, or address left-padded.
    /// @param role What it may do.
    /// @param alone What it may do without a second officer (see `Key`).
    /// @param officer Id of who holds it; 0 unless STATUS or OFFICER. Never a name.
    /// @param notBefore Unix seconds.
    /// @param notAfter Unix seconds, exclusive; 0: open.
    function addKey(
        bytes7 agency,
        bytes32 keyId,
        Role role,
        uint8 alone,
        bytes32 officer,
        uint64 notBefore,
        uint64 notAfter
    ) external;

    /// @notice Moves the end of a key's window, while that end lies in the future.
    /// @dev Governor, delayed. Emits KeyWindowMoved. Reverts: KeyUnknown, KeyEnded, KeyWindowInvalid.
    /// @param keyId The key.
    /// @param notAfter Unix seconds, exclusive, not before now; 0: open.
    function moveNotAfter(bytes32 keyId, uint64 notAfter) external;

    /// @notice Ends a key's window now.
    /// @dev Emergency, immediate. Emits KeyWindowMoved. Reverts: KeyUnknown, KeyEnded.
    /// @param keyId The key.
    function disableKey(bytes32 keyId) external;

    /// @notice Ends the window of the caller's own key now.
    /// @dev Anyone, for the key of their own address. Emits KeyWindowMoved. Reverts: KeyUnknown, KeyEnded.
    function disableMyKey() external;

    /// @notice Declares a key compromised from now on.
    /// @dev Emergency, immediate. Ended keys too. Emits KeyCompromised. Reverts: KeyUnknown, SinceNotEarlier.
    /// @param keyId The key.
    function declareCompromised(bytes32 keyId) external;

    /// @notice Declares a key compromised since an instant in the past; acts that stood become void.
    /// @dev Governor, delayed, with an event of its own, so that no office repudiates its past quietly.
    /// Emits KeyCompromisedInThePast. Reverts: KeyUnknown, SinceNotPast, SinceNotEarlier.
    /// @param keyId The key.
    /// @param since Unix seconds, before now, not 0.
    function declareCompromisedSince(bytes32 keyId, uint64 since) external;

    /// @notice States a key's state in an event, for proofs.
    /// @dev Anyone. Emits KeyAttested. Reverts: KeyUnknown.
    /// @param keyId The key.
    function attestKey(bytes32 keyId) external;

    /// @notice Passes if the key may act now for this agency in this role.
    /// @dev Reverts: KeyNotUsable.
    /// @param keyId The key.
    /// @param agency The agency to act for.
    /// @param role The role needed.
    /// @return alone What it may do without a second officer.
    function requireKey(bytes32 keyId, bytes7 agency, Role role) external view returns (uint8 alone);

    /// @notice Whether what this key did at an instant is void by a declared compromise.
    /// @dev Reverts: KeyUnknown.
    /// @param keyId The key.
    /// @param time Block time of the act.
    /// @return Whether compromisedSince is set and not after `time`.
    function isVoid(bytes32 keyId, uint64 time) external view returns (bool);

    /// @notice A key and who holds it.
    /// @dev Reverts: KeyUnknown.
    /// @param keyId The key.
    /// @return key What is registered.
    /// @return officer Id of who holds it; 0 unless STATUS or OFFICER.
    function keyOf(bytes32 keyId) external view returns (Key memory key, bytes32 officer);

    /// @notice Passes if the agency is registered.
    /// @dev Reverts: AgencyUnknown.
    /// @param agency Seven ASCII digits.
    function requireAgency(bytes7 agency) external view;
}
