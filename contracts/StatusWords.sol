// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICheckpointRegistry} from "./interfaces/ICheckpointRegistry.sol";
import {IStatusRegistry} from "./interfaces/IStatusRegistry.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {Log, LogState, Status} from "./types/Types.sol";

/// @title Where statuses are kept, and how they are read
/// @dev The half of `StatusRegistry` that changes nothing. Records are kept under their log's id, so that a successor
/// inherits without copying; batches under the inverted id of the first generation.
abstract contract StatusWords is IStatusRegistry {
    /// @notice Where logs and their anchored sizes are.
    ICheckpointRegistry public immutable CHECKPOINTS;

    mapping(bytes32 space => mapping(uint256 word => uint256 lanes)) internal _words;

    /// @param checkpoints Where logs and their anchored sizes are.
    constructor(ICheckpointRegistry checkpoints) {
        CHECKPOINTS = checkpoints;
    }

    /// @inheritdoc IStatusRegistry
    function attestStatus(bytes32 logId, uint64 index, uint64 batch) external {
        (uint256 value, Status batchStatus) = _read(logId, index, batch);
        uint64 word = uint64(index / Lanes.PER_WORD);
        emit StatusAttested(logId, word, value, batch, uint8(batchStatus), _now());
    }

    /// @inheritdoc IStatusRegistry
    function statusOf(
        bytes32 logId,
        uint64 index,
        uint64 batch
    ) external view returns (Status record, Status batchStatus, Status worse) {
        uint256 value;
        (value, batchStatus) = _read(logId, index, batch);
        record = Lanes.statusAt(value, index);
        worse = Lanes.worse(record, batchStatus);
    }

    /// @inheritdoc IStatusRegistry
    function wordOf(bytes32 logId, bool batches, uint256 word) external view returns (uint256) {
        Log memory log = _requireOpened(logId);
        return batches ? _words[_space(logId, log, true)][word] : _recordWord(logId, log.start, word);
    }

    function _requireHeld(bytes32 logId) internal view returns (Log memory log) {
        log = CHECKPOINTS.logOf(logId);
        require(log.state >= LogState.Open, ICheckpointRegistry.LogNotIn(logId, log.state, LogState.Open));
    }

    function _requireOpened(bytes32 logId) internal view returns (Log memory log) {
        log = CHECKPOINTS.logOf(logId);
        require(log.state != LogState.None, ICheckpointRegistry.LogNotIn(logId, log.state, LogState.Open));
    }

    function _read(
        bytes32 logId,
        uint64 index,
        uint64 batch
    ) private view returns (uint256 value, Status batchStatus) {
        Log memory log = _requireHeld(logId);
        require(index < log.size, IndexNotAnchored(logId, index, log.size));
        value = _recordWord(logId, log.start, index / Lanes.PER_WORD);
        if (batch != 0) batchStatus = Lanes.statusAt(_words[_space(logId, log, true)][batch / Lanes.PER_WORD], batch);
    }

    /// @dev Lane by lane: what lies below a log's start is its predecessor's, however many generations back.
    function _recordWord(bytes32 logId, uint64 start, uint256 word) private view returns (uint256 value) {
        uint256 open = type(uint256).max; // lanes not read yet
        while (true) {
            uint256 inherited = Lanes.below(word, start);
            bytes32 predecessor = open & inherited == 0 ? bytes32(0) : CHECKPOINTS.predecessorOf(logId);
            if (predecessor == 0) return value | (_words[logId][word] & open);
            value |= _words[logId][word] & open & ~inherited;
            open &= inherited;
            logId = predecessor;
            start = CHECKPOINTS.logOf(logId).start;
        }
    }

    /// @dev Batches are kept under the inverted id of the first generation, which no origin hashes to.
    function _space(bytes32 logId, Log memory log, bool batches) internal view returns (bytes32) {
        if (!batches) return logId;
        return ~(log.generation == 1 ? logId : CHECKPOINTS.lineageOf(logId));
    }

    function _now() internal view returns (uint64) {
        return uint64(block.timestamp);
    }
}
