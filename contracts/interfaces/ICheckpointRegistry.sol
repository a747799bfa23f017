// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Anchor, Log, LogState, Predecessor} from "../types/Types.sol";

/// @title Logs and their anchored checkpoints
/// @notice Takes (size, root) of an agency's log only with an RFC 9162 consistency proof from the head before it: not
/// even the agency's own key can rewrite history.
/// @dev logId = SHA-256(origin); origin = name "/" agency ["/" generation from 2 on], composed here. Sizes are below
/// 2^53. A record's time is the block time of the first anchor with index < size that is not void.
interface ICheckpointRegistry {
    /// @notice A log can be anchored from now on; if LogImporting follows, once its statuses are delivered.
    /// @param logId SHA-256(origin).
    /// @param agency Seven digits, right-padded.
    /// @param origin The log's name for ever.
    /// @param generation 1, or one more than the predecessor's.
    /// @param maxDelay Longest promise of a receipt, in seconds.
    /// @param predecessor Log of this contract that it goes on from; for an imported one, its logId elsewhere; else 0.
    /// @param start Size at which it goes on.
    /// @param head Anchor of that size; all zero for size 0.
    /// @param time Block time.
    event LogOpened(
        bytes32 indexed logId,
        bytes32 indexed agency,
        string origin,
        uint32 generation,
        uint32 maxDelay,
        bytes32 predecessor,
        uint64 start,
        Anchor head,
        uint64 time
    );

    /// @notice A log goes on here from another contract or chain and waits for its statuses.
    /// @param logId The log here.
    /// @param genesis Genesis hash of the chain where it was.
    /// @param registry Its CheckpointRegistry there.
    event LogImporting(bytes32 indexed logId, bytes32 genesis, address registry);

    /// @notice The statuses to deliver were fixed. With `due` 0 there are none and the log is open.
    /// @param logId The log here.
    /// @param due Hash chain of the chunks to deliver.
    event ImportApproved(bytes32 indexed logId, bytes32 due);

    /// @notice One chunk of statuses was delivered. With `rest` 0 it was the last and the log is open.
    /// @param logId The log here.
    /// @param rest Hash chain of what is left.
    event ImportAdvanced(bytes32 indexed logId, bytes32 rest);

    /// @notice A checkpoint was accepted. Form frozen (formats.md, section 9).
    /// @param logId The log.
    /// @param size Number of records.
    /// @param root RFC 9162 tree head.
    /// @param previousSize Head that it is consistent with.
    /// @param time Block time.
    /// @param keyId ANCHOR key that sent it.
    event CheckpointAnchored(
        bytes32 indexed logId,
        uint64 indexed size,
        bytes32 root,
        uint64 previousSize,
        uint64 time,
        bytes32 keyId
    );

    /// @notice A closed log's head was the anchor of a compromised key and was cut; the anchor itself stays visible.
    /// @param logId The log.
    /// @param size The head that was cut.
    /// @param goodSize The head now.
    event AnchorVoided(bytes32 indexed logId, uint64 indexed size, uint64 goodSize);

    /// @notice A log is silent here for ever: another contract goes on with it.
    /// @param logId The log.
    /// @param time Block time.
    event LogMoved(bytes32 indexed logId, uint64 time);

    /// @notice A log takes no more checkpoints.
    /// @param logId The log.
    /// @param goodSize Its head; smaller if heads are voided after.
    /// @param time Block time.
    event LogClosed(bytes32 indexed logId, uint64 goodSize, uint64 time);

    /// @notice A log's name has 1 to 236 characters out of a-z, 0-9, dot and hyphen.
    /// @param name What was given.
    error NameMalformed(string name);
    /// @notice A log of this name, agency and generation exists.
    /// @param logId Its id.
    error LogExists(bytes32 logId);
    /// @notice The log is not in the state that this needs.
    /// @param logId The log.
    /// @param state Its state.
    /// @param needed The state needed, at least.
    error LogNotIn(bytes32 logId, LogState state, LogState needed);
    /// @notice This name is not the predecessor's.
    /// @param logId The predecessor.
    /// @param computed What the name gives.
    error OriginMismatch(bytes32 logId, bytes32 computed);
    /// @notice Generations start at 1.
    error GenerationZero();
    /// @notice Nothing new to anchor: the log is anchored at this size or a larger one.
    /// @param logId The log.
    /// @param anchored Its head.
    /// @param given Size that was given.
    error SizeNotGrown(bytes32 logId, uint64 anchored, uint64 given);
    /// @notice A log holds fewer than 2^53 records.
    /// @param size What was given.
    error SizeTooLarge(uint64 size);
    /// @notice Another checkpoint was anchored meanwhile: prove consistency from that one.
    /// @param logId The log.
    /// @param anchored Its head.
    /// @param proofFrom Size that the proof starts from.
    error ProofStale(bytes32 logId, uint64 anchored, uint64 proofFrom);
    /// @notice What was given as the anchor of this size is not what was anchored.
    /// @param logId The log.
    /// @param size The size.
    /// @param known Digest on chain; 0: this size was never anchored.
    /// @param given Digest of what was given.
    error AnchorMismatch(bytes32 logId, uint64 size, bytes32 known, bytes32 given);
    /// @notice This checkpoint's key was not compromised when it was anchored: it stands.
    /// @param logId The log.
    /// @param size The checkpoint.
    /// @param keyId Its key.
    /// @param time When it was anchored.
    error AnchorNotVoid(bytes32 logId, uint64 size, bytes32 keyId, uint64 time);
    /// @notice This checkpoint was anchored with a compromised key and counts for nothing.
    /// @param logId The log.
    /// @param size The checkpoint.
    /// @param keyId Its key.
    /// @param time When it was anchored.
    error AnchorIsVoid(bytes32 logId, uint64 size, bytes32 keyId, uint64 time);
    /// @notice The log's closed head in the other contract has another size.
    /// @param logId The log there.
    /// @param size Its head there.
    /// @param given What was given.
    error PredecessorSize(bytes32 logId, uint64 size, uint64 given);
    /// @notice The statuses to deliver are fixed already.
    /// @param logId The log.
    /// @param due What is left to deliver.
    error ImportAlreadyApproved(bytes32 logId, bytes32 due);
    /// @notice These are not the statuses that come next.
    /// @param logId The log.
    /// @param due What is left to deliver; 0: nothing was approved yet.
    /// @param given What was given.
    error ImportMismatch(bytes32 logId, bytes32 due, bytes32 given);

    /// @notice Opens an empty log.
    /// @dev Governor, delayed. Emits LogOpened. Reverts: AgencyUnknown, NameMalformed, LogExists.
    /// @param name Log name; chosen once, not an address, never personal.
    /// @param agency Seven ASCII digits.
    /// @param maxDelay Longest promise of a receipt, in seconds.
    /// @return logId SHA-256(origin).
    function openLog(string calldata name, bytes7 agency, uint32 maxDelay) external returns (bytes32 logId);

    /// @notice Opens the log that goes on from a closed one, at its good head and indexes.
    /// @dev Governor, delayed. Emits LogOpened. Reverts: LogNotIn, NameMalformed, OriginMismatch, LogExists,
    /// AnchorMismatch, AnchorIsVoid (void heads are cut first).
    /// @param name The predecessor's name.
    /// @param predecessor The closed log.
    /// @param head Anchor of its good head; ignored for size 0.
    /// @return logId SHA-256(origin).
    function openSuccessor(
        string calldata name,
        bytes32 predecessor,
        Anchor calldata head
    ) external returns (bytes32 logId);

    /// @notice Opens a log that goes on from another contract or chain; it waits for its statuses.
    /// @dev Governor, delayed. On this chain the closed head is checked by call; for another chain it is the
    /// governor's word. Emits LogOpened, LogImporting. Reverts: GenerationZero, AgencyUnknown, SizeTooLarge,
    /// NameMalformed, LogExists, and on this chain LogNotIn, PredecessorSize, AnchorMismatch, AnchorIsVoid.
    /// @param name Log name.
    /// @param agency Seven ASCII digits.
    /// @param maxDelay In seconds.
    /// @param generation 1 for an origin without a number.
    /// @param from Where the log was.
    /// @return logId SHA-256(origin).
    function openFrom(
        string calldata name,
        bytes7 agency,
        uint32 maxDelay,
        uint32 generation,
        Predecessor calldata from
    ) external returns (bytes32 logId);

    /// @notice Closes a log now.
    /// @dev Emergency, immediate. Emits LogClosed. Reverts: LogNotIn.
    /// @param logId The log.
    function closeLog(bytes32 logId) external;

    /// @notice Silences a closed log and its predecessors for ever, because another contract goes on.
    /// @dev Emergency, immediate. Undo acts and void heads before. Emits LogMoved for each. Reverts: LogNotIn.
    /// @param logId The closed log.
    function moveLog(bytes32 logId) external;

    /// @notice Fixes which statuses must be delivered before an importing log opens.
    /// @dev Emergency, immediate. On this chain the old log must have been moved, at the size given on opening.
    /// Emits ImportApproved. Reverts: LogNotIn, ImportAlreadyApproved, PredecessorSize.
    /// @param logId The log here.
    /// @param due Hash chain of chunks, sha256(abi.encode(chunk, rest)) from the last back to the first; 0: none.
    function approveImport(bytes32 logId, bytes32 due) external;

    /// @notice Cuts void heads of a closed log, newest first; what remains is the good head, possibly 0.
    /// @dev Anyone. Emits AnchorVoided for each. Reverts: LogNotIn, AnchorMismatch, AnchorNotVoid.
    /// @param logId The closed log.
    /// @param anchors The heads to cut, from the head down.
    function voidHeads(bytes32 logId, Anchor[] calldata anchors) external;

    /// @notice Takes note that one chunk of statuses was written.
    /// @dev StatusRegistry only. Emits ImportAdvanced. Reverts: LogNotIn, ImportMismatch.
    /// @param logId The log here.
    /// @param chunk Hash of what was written.
    /// @param rest Hash chain of what is left; 0: nothing.
    function advanceImport(bytes32 logId, bytes32 chunk, bytes32 rest) external;

    /// @notice Anchors a checkpoint.
    /// @dev ANCHOR keys of the log's agency. Emits CheckpointAnchored. Reverts: LogNotIn, KeyNotUsable, SizeNotGrown,
    /// SizeTooLarge, ProofStale, AnchorMismatch, ProofLengthWrong, ConsistencyMismatch.
    /// @param logId The log.
    /// @param proofFrom Size of the head that the proof starts from.
    /// @param head Anchor of that size; ignored for size 0.
    /// @param size New number of records.
    /// @param root New tree head.
    /// @param proof RFC 9162 consistency proof from `proofFrom` to `size`; empty from size 0.
    function anchor(
        bytes32 logId,
        uint64 proofFrom,
        Anchor calldata head,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external;

    /// @notice A log's state; state None if it was never opened here.
    /// @param logId The log.
    /// @return What is kept of it.
    function logOf(bytes32 logId) external view returns (Log memory);

    /// @notice The log of this contract that this one goes on from.
    /// @param logId The log.
    /// @return Its id; 0: none in this contract.
    function predecessorOf(bytes32 logId) external view returns (bytes32);

    /// @notice The first generation of a log in this contract; batches are kept under it.
    /// @param logId The log.
    /// @return Its id; the log's own where it has no predecessor here.
    function lineageOf(bytes32 logId) external view returns (bytes32);

    /// @notice Digest of what was anchored at a size, in this log or a predecessor.
    /// @param logId The log.
    /// @param size The size.
    /// @return digest sha256(abi.encode(Anchor)); 0: this size was never anchored.
    function anchorDigest(bytes32 logId, uint64 size) external view returns (bytes32 digest);

    /// @notice Passes if this was anchored at this size with a key that was not compromised.
    /// @dev Reverts: AnchorMismatch, AnchorIsVoid.
    /// @param logId The log.
    /// @param size The size.
    /// @param anchored What was anchored.
    function requireAnchor(bytes32 logId, uint64 size, Anchor calldata anchored) external view;

    /// @notice Passes if a leaf is in the log at an index, for other contracts.
    /// @dev Reverts: AnchorMismatch, AnchorIsVoid, IndexOutside, ProofLengthWrong, InclusionMismatch.
    /// @param logId The log.
    /// @param size Anchored size that the proof is for.
    /// @param anchored What was anchored.
    /// @param index The record's index.
    /// @param leaf Leaf hash, SHA-256(0x00 ‖ record).
    /// @param proof RFC 9162 inclusion proof.
    function verifyInclusion(
        bytes32 logId,
        uint64 size,
        Anchor calldata anchored,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external view;
}
