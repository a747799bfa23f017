// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAgencyRegistry} from "./interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "./interfaces/ICheckpointRegistry.sol";
import {Origin} from "./libraries/Origin.sol";
import {Rfc9162} from "./libraries/Rfc9162.sol";
import {Anchor, Log, LogState, Predecessor, Role} from "./types/Types.sol";

/// @title Logs and their anchored checkpoints
/// @dev Invariants: an open log's size only grows, each time with a consistency proof from the head before; a size's
/// digest is written once and never changed; a log has at most one successor; a successor starts at a head that was
/// not void. `anchorDigest` at or below `start` is read through the predecessors; an imported log holds the digest of
/// its start itself. Loops over predecessors are as long as the governor opened generations.
contract CheckpointRegistry is ICheckpointRegistry, AccessManaged {
    struct Import {
        address registry; // 0: on another chain, nothing can be asked
        bytes32 logId;
        bytes32 due;
    }

    uint64 private constant _SIZE_LIMIT = 1 << 53;

    /// @notice Where agencies and keys are.
    IAgencyRegistry public immutable AGENCIES;
    /// @notice This chain's genesis hash, so that a predecessor on this chain is told from one on another.
    bytes32 public immutable GENESIS;

    mapping(bytes32 logId => Log log) private _logs;
    mapping(bytes32 logId => mapping(uint64 size => bytes32 digest)) private _anchors;
    mapping(bytes32 logId => bytes32 predecessor) private _predecessors;
    mapping(bytes32 logId => bytes32 firstGeneration) private _lineages;
    mapping(bytes32 logId => Import from) private _imports;

    /// @param governor The access manager that decides who may call restricted functions.
    /// @param agencies Where agencies and keys are.
    /// @param genesis Hash of this chain's block 0.
    constructor(address governor, IAgencyRegistry agencies, bytes32 genesis) AccessManaged(governor) {
        AGENCIES = agencies;
        GENESIS = genesis;
    }

    /// @inheritdoc ICheckpointRegistry
    function openLog(
        string calldata name,
        bytes7 agency,
        uint32 maxDelay
    ) external restricted returns (bytes32 logId) {
        AGENCIES.requireAgency(agency);
        Anchor memory none;
        return _open(name, Log(agency, LogState.Open, 1, maxDelay, 0, 0), 0, none);
    }

    /// @inheritdoc ICheckpointRegistry
    function openSuccessor(
        string calldata name,
        bytes32 predecessor,
        Anchor calldata head
    ) external restricted returns (bytes32 logId) {
        Log memory old = _requireState(predecessor, LogState.Closed);
        (, bytes32 computed) = Origin.compose(name, old.agency, old.generation);
        require(computed == predecessor, OriginMismatch(predecessor, computed));
        Anchor memory first;
        if (old.size != 0) {
            requireAnchor(predecessor, old.size, head);
            first = head;
        }
        _logs[predecessor].state = LogState.Succeeded;
        Log memory log = Log(old.agency, LogState.Open, old.generation + 1, old.maxDelay, old.size, old.size);
        logId = _open(name, log, predecessor, first);
        _predecessors[logId] = predecessor;
        _lineages[logId] = lineageOf(predecessor);
    }

    /// @inheritdoc ICheckpointRegistry
    function openFrom(
        string calldata name,
        bytes7 agency,
        uint32 maxDelay,
        uint32 generation,
        Predecessor calldata from
    ) external restricted returns (bytes32 logId) {
        require(generation != 0, GenerationZero());
        require(from.size < _SIZE_LIMIT, SizeTooLarge(from.size));
        AGENCIES.requireAgency(agency);
        Anchor memory first;
        if (from.size != 0) first = from.head;
        Log memory log = Log(agency, LogState.Importing, generation, maxDelay, from.size, from.size);
        logId = _open(name, log, from.logId, first);
        if (from.size != 0) _anchors[logId][from.size] = _digest(first);
        bool here = from.genesis == GENESIS;
        if (here) {
            ICheckpointRegistry registry = ICheckpointRegistry(from.registry);
            _requireHead(registry, from.logId, LogState.Closed, from.size);
            if (from.size != 0) registry.requireAnchor(from.logId, from.size, from.head);
        }
        _imports[logId] = Import(here ? from.registry : address(0), from.logId, 0);
        emit LogImporting(logId, from.genesis, from.registry);
    }

    /// @inheritdoc ICheckpointRegistry
    function closeLog(bytes32 logId) external restricted {
        Log memory log = _requireState(logId, LogState.Open);
        _logs[logId].state = LogState.Closed;
        emit LogClosed(logId, log.size, _now());
    }

    /// @inheritdoc ICheckpointRegistry
    function moveLog(bytes32 logId) external restricted {
        _requireState(logId, LogState.Closed);
        for (bytes32 each = logId; each != 0; each = _predecessors[each]) {
            _logs[each].state = LogState.Moved;
            emit LogMoved(each, _now());
        }
    }

    /// @inheritdoc ICheckpointRegistry
    function approveImport(bytes32 logId, bytes32 due) external restricted {
        Log memory log = _requireState(logId, LogState.Importing);
        Import storage from = _imports[logId];
        require(from.due == 0, ImportAlreadyApproved(logId, from.due));
        if (from.registry != address(0)) {
            // Silent from here on, and not cut since it was opened: what is delivered can't be outdated.
            _requireHead(ICheckpointRegistry(from.registry), from.logId, LogState.Moved, log.start);
        }
        _setDue(logId, due);
        emit ImportApproved(logId, due);
    }

    /// @inheritdoc ICheckpointRegistry
    function voidHeads(bytes32 logId, Anchor[] calldata anchors) external {
        uint64 size = _requireState(logId, LogState.Closed).size;
        for (uint256 i = 0; i < anchors.length; ++i) {
            Anchor calldata head = anchors[i];
            _requireDigest(logId, size, head);
            require(_isVoid(logId, size, head), AnchorNotVoid(logId, size, head.keyId, head.time));
            _logs[logId].size = head.previousSize;
            emit AnchorVoided(logId, size, head.previousSize);
            size = head.previousSize;
        }
    }

    /// @inheritdoc ICheckpointRegistry
    function advanceImport(bytes32 logId, bytes32 chunk, bytes32 rest) external restricted {
        _requireState(logId, LogState.Importing);
        bytes32 due = _imports[logId].due;
        bytes32 given = sha256(abi.encode(chunk, rest));
        require(given == due, ImportMismatch(logId, due, given));
        _setDue(logId, rest);
        emit ImportAdvanced(logId, rest);
    }

    /// @inheritdoc ICheckpointRegistry
    function anchor(
        bytes32 logId,
        uint64 proofFrom,
        Anchor calldata head,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external {
        Log memory log = _requireState(logId, LogState.Open);
        bytes32 keyId = bytes32(uint256(uint160(msg.sender)));
        AGENCIES.requireKey(keyId, log.agency, Role.Anchor);
        require(size > log.size, SizeNotGrown(logId, log.size, size));
        require(size < _SIZE_LIMIT, SizeTooLarge(size));
        require(proofFrom == log.size, ProofStale(logId, log.size, proofFrom));
        if (log.size == 0) {
            require(proof.length == 0, Rfc9162.ProofLengthWrong(proof.length, 0));
        } else {
            _requireDigest(logId, log.size, head);
            Rfc9162.requireConsistency(log.size, size, head.root, root, proof);
        }
        _logs[logId].size = size;
        _anchors[logId][size] = _digest(Anchor(root, log.size, _now(), keyId));
        emit CheckpointAnchored(logId, size, root, log.size, _now(), keyId);
    }

    /// @inheritdoc ICheckpointRegistry
    function logOf(bytes32 logId) external view returns (Log memory) {
        return _logs[logId];
    }

    /// @inheritdoc ICheckpointRegistry
    function predecessorOf(bytes32 logId) external view returns (bytes32) {
        return _predecessors[logId];
    }

    /// @inheritdoc ICheckpointRegistry
    function verifyInclusion(
        bytes32 logId,
        uint64 size,
        Anchor calldata anchored,
        uint64 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external view {
        requireAnchor(logId, size, anchored);
        Rfc9162.requireInclusion(leaf, index, size, anchored.root, proof);
    }

    /// @inheritdoc ICheckpointRegistry
    function lineageOf(bytes32 logId) public view returns (bytes32) {
        bytes32 first = _lineages[logId];
        return first == 0 ? logId : first;
    }

    /// @inheritdoc ICheckpointRegistry
    function anchorDigest(bytes32 logId, uint64 size) public view returns (bytes32 digest) {
        return _anchors[_holder(logId, size)][size];
    }

    /// @inheritdoc ICheckpointRegistry
    function requireAnchor(bytes32 logId, uint64 size, Anchor calldata anchored) public view {
        _requireDigest(logId, size, anchored);
        bool void = _isVoid(logId, size, anchored);
        require(!void, AnchorIsVoid(logId, size, anchored.keyId, anchored.time));
    }

    function _open(
        string calldata name,
        Log memory log,
        bytes32 predecessor,
        Anchor memory head
    ) private returns (bytes32 logId) {
        string memory origin;
        (origin, logId) = Origin.compose(name, log.agency, log.generation);
        require(_logs[logId].state == LogState.None, LogExists(logId));
        _logs[logId] = log;
        emit LogOpened(
            logId,
            bytes32(log.agency),
            origin,
            log.generation,
            log.maxDelay,
            predecessor,
            log.start,
            head,
            _now()
        );
    }

    function _setDue(bytes32 logId, bytes32 due) private {
        _imports[logId].due = due;
        if (due == 0) _logs[logId].state = LogState.Open;
    }

    function _requireState(bytes32 logId, LogState needed) private view returns (Log memory log) {
        log = _logs[logId];
        require(log.state == needed, LogNotIn(logId, log.state, needed));
    }

    function _requireDigest(bytes32 logId, uint64 size, Anchor calldata given) private view {
        bytes32 known = anchorDigest(logId, size);
        bytes32 digest = _digest(given);
        require(digest == known, AnchorMismatch(logId, size, known, digest));
    }

    /// @dev The log that holds the anchor of this size: this one, or the predecessor whose good head covers it.
    function _holder(bytes32 logId, uint64 size) private view returns (bytes32 holder) {
        holder = logId;
        while (size <= _logs[holder].start && _predecessors[holder] != 0) holder = _predecessors[holder];
    }

    /// @dev The head that an imported log starts from was judged when it was opened: its key may be of another
    /// registry, unknown here.
    function _isVoid(bytes32 logId, uint64 size, Anchor calldata anchored) private view returns (bool) {
        bool imported = size <= _logs[_holder(logId, size)].start;
        return !imported && AGENCIES.isVoid(anchored.keyId, anchored.time);
    }

    function _requireHead(ICheckpointRegistry registry, bytes32 logId, LogState needed, uint64 size) private view {
        Log memory log = registry.logOf(logId);
        require(log.state == needed, LogNotIn(logId, log.state, needed));
        require(log.size == size, PredecessorSize(logId, log.size, size));
    }

    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }

    function _digest(Anchor memory given) private pure returns (bytes32) {
        return sha256(abi.encode(given));
    }
}
