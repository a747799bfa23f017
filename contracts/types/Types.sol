// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What a key of an agency may do. Numbers are frozen (formats.md, section 9).
enum Role {
    None,
    Note, // signs checkpoints off chain (Ed25519); never calls
    Receipt, // signs receipts and status notes off chain (Ed25519); never calls
    Anchor, // anchors checkpoints
    Status, // changes statuses, undoes acts of compromised keys
    Officer // approves status acts by EIP-712 signature; the service holds none of these
}

/// @dev The two bits of a record or of an issuing batch. Frozen. Worse first: Revoked, Superseded, Suspended, Active.
enum Status {
    Active,
    Suspended,
    Revoked,
    Superseded
}

/// @dev The only reasons that are public; what else there is to say stays in the office's file.
enum Reason {
    Unspecified,
    IssuedInError,
    Replaced,
    ProcessOrKeyFailure,
    LegalOrder
}

/// @dev States from Open on can hold statuses; the order matters to `StatusRegistry`.
enum LogState {
    None, // never opened here
    Importing, // opened here to go on from another contract; its statuses are still being delivered
    Moved, // silent for ever: another contract goes on
    Open, // can be anchored
    Closed, // can't be anchored; its heads may be voided, its statuses change as before
    Succeeded // a successor in this contract goes on; statuses of its own indexes change as before
}

/// @dev A key, in one slot. Times are Unix seconds; notAfter and compromisedSince 0 mean never.
/// `alone`: bit s, may set records to status s without a second officer; bit 4 + s, the same for batches.
struct Key {
    bytes7 agency;
    Role role;
    uint8 alone;
    uint48 notBefore;
    uint48 notAfter;
    uint48 compromisedSince;
}

/// @dev What one anchored size is. The contract keeps sha256(abi.encode(anchor)); the tuple itself is in the event.
struct Anchor {
    bytes32 root;
    uint64 previousSize;
    uint64 time;
    bytes32 keyId;
}

/// @dev A log, in one slot. `size` is the anchored head, of a closed log its good head; below `start` the
/// predecessor holds anchors and statuses. maxDelay in seconds.
struct Log {
    bytes7 agency;
    LogState state;
    uint32 generation;
    uint32 maxDelay;
    uint64 size;
    uint64 start;
}

/// @dev A log that goes on here from another contract or chain: where it was, and its closed head.
struct Predecessor {
    bytes32 genesis;
    address registry;
    bytes32 logId;
    uint64 size;
    Anchor head;
}

/// @dev Every selected record (or batch) goes from `from` to `to`. words ascend; word w holds indexes 128w to
/// 128w + 127; the low bit of each two-bit lane of a mask selects. `retroactive`: void from the start (취소), not
/// only from now on (철회). For Superseded, `successors` names one later record for each selected one, in order.
struct Act {
    bytes32 logId;
    bool batches;
    Status from;
    Status to;
    Reason reason;
    bool retroactive;
    uint256[] words;
    uint256[] masks;
    bytes32 successorLog;
    uint256[] successors;
}

/// @dev Who did an act and when, and what each key's chain of acts was before it: with the act, what its head is the
/// hash of. Second members are 0 for an act of one person.
struct Standing {
    bytes32 keyId;
    bytes32 secondKeyId;
    uint64 time;
    bytes32 previous;
    bytes32 secondPrevious;
}

/// @dev One officer's EIP-712 (or ERC-1271) signature over an act.
struct Approval {
    address officer;
    bytes signature;
}

/// @dev One word of statuses carried over from another contract.
struct ImportedWord {
    bool batches;
    uint64 word;
    uint256 value;
}
