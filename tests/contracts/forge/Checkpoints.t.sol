// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAgencyRegistry} from "contracts/interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "contracts/interfaces/ICheckpointRegistry.sol";
import {Rfc9162} from "contracts/libraries/Rfc9162.sol";
import {Anchor, Log, LogState, Role} from "contracts/types/Types.sol";
import {Rebuilt} from "./Rebuilt.sol";
import {UniformTree} from "./UniformTree.sol";

/// @dev One lineage of logs, anchored by an honest office, a thief, a key with a short window and keys that may not
/// anchor at all, with a true and a forged history. Every outcome is foretold from the events heard before.
contract CheckpointSteps is Rebuilt, UniformTree {
    struct Head {
        uint64 size;
        Anchor anchor;
        uint256 tree;
    }

    address[6] private _actors = [address(0xA1), address(0xA2), address(0xA3), address(0xA4), address(0xA5), address(6)];
    bytes32 private _current;
    Head[] private _line;

    constructor() {
        _build(0, COUNCIL);
        _begin();
    }

    function anchor(uint8 who, uint16 growth, bool forged, uint8 damage) external step {
        damage %= 16;
        address by = _actors[who % 6];
        uint256 tree = forged && damage > 12 ? 1 : 0;
        Log memory log = logs[_current];
        uint64 size = log.size + (damage == 1 ? 0 : uint64(growth));
        if (damage == 5) size = log.size > growth ? log.size - growth : 0;
        Head memory head = _head();
        uint64 from = damage == 2 && log.size != 0 ? log.size - 1 : log.size;
        bytes32[] memory proof = _consistency(tree, log.size, size);
        bytes4 wanted = _foretell(by, size, from, tree, log);
        if (damage == 3 && proof.length != 0) {
            proof[who % proof.length] ^= bytes32(uint256(1) << growth % 256);
            if (wanted == 0) wanted = Rfc9162.ConsistencyMismatch.selector;
        }
        if (damage == 4) {
            head.anchor.time ^= 1;
            bool judged = wanted == 0 || wanted == Rfc9162.ConsistencyMismatch.selector;
            if (judged && log.size != 0) wanted = ICheckpointRegistry.AnchorMismatch.selector;
        }
        bytes32 root = _root(tree, size);
        bytes memory data = abi.encodeCall(
            ICheckpointRegistry.anchor,
            (_current, from, head.anchor, size, root, proof)
        );
        _expect(wanted, by, address(checkpoints), data);
        if (wanted == 0) _line.push(Head(size, Anchor(root, log.size, clock, _id(by)), tree));
    }

    function close() external step {
        bool open = logs[_current].state == LogState.Open;
        bytes4 wanted = open ? bytes4(0) : ICheckpointRegistry.LogNotIn.selector;
        _expect(wanted, COUNCIL, address(checkpoints), abi.encodeCall(ICheckpointRegistry.closeLog, (_current)));
    }

    function cut(uint8 count) external step {
        count = uint8(count % 3 + 1);
        if (count > _line.length) count = uint8(_line.length);
        Anchor[] memory given = new Anchor[](count);
        bytes4 wanted;
        for (uint256 i = 0; i < count; ++i) {
            given[i] = _line[_line.length - 1 - i].anchor;
            if (!_isVoid(given[i].keyId, given[i].time)) wanted = ICheckpointRegistry.AnchorNotVoid.selector;
        }
        if (logs[_current].state != LogState.Closed) wanted = ICheckpointRegistry.LogNotIn.selector;
        bytes memory data = abi.encodeCall(ICheckpointRegistry.voidHeads, (_current, given));
        _expect(wanted, address(this), address(checkpoints), data);
        for (uint256 i = 0; wanted == 0 && i < count; ++i) _line.pop();
    }

    function succeed() external step {
        Head memory head = _head();
        bytes4 wanted;
        if (head.size != 0 && _isVoid(head.anchor.keyId, head.anchor.time)) {
            wanted = ICheckpointRegistry.AnchorIsVoid.selector;
        }
        if (logs[_current].state != LogState.Closed) wanted = ICheckpointRegistry.LogNotIn.selector;
        bytes memory data = abi.encodeCall(ICheckpointRegistry.openSuccessor, (NAME, _current, head.anchor));
        _expect(wanted, COUNCIL, address(checkpoints), data);
        if (wanted != 0) return;
        _hear();
        _current = logIds[logIds.length - 1];
    }

    function declare(uint8 who, uint16 past) external step {
        bytes32 keyId = _id(_actors[1 + who % 2]);
        uint64 since = clock - 1 - past % 300;
        uint64 was = keys[keyId].compromisedSince;
        bytes4 wanted = was != 0 && since >= was ? IAgencyRegistry.SinceNotEarlier.selector : bytes4(0);
        bytes memory data = abi.encodeCall(IAgencyRegistry.declareCompromisedSince, (keyId, since));
        _expect(wanted, COUNCIL, address(agencies), data);
    }

    /// @dev A new thief, now and then, so that a campaign goes on after the first one was found.
    function replaceThief(uint160 key) external step {
        if (key < 0xFFFF || !_isVoid(_id(_actors[1]), clock)) return;
        if (keys[_id(address(key))].role != Role.None) return;
        _actors[1] = address(key);
        _addKey(AGENCY, address(key), Role.Anchor, 0, 0, 0);
    }

    function wait(uint16 seconds_) external {
        clock += seconds_ % 100;
    }

    function compareCurrent() external view {
        _compareLog(_current);
    }

    function compareAll() external view {
        _compareKeys();
        for (uint256 i = 0; i < logIds.length; ++i) {
            _compareLog(logIds[i]);
            _compareAnchors(logIds[i]);
        }
        for (uint256 i = 0; i < _line.length; ++i) {
            bytes32 known = checkpoints.anchorDigest(_current, _line[i].size);
            require(known == sha256(abi.encode(_line[i].anchor)), TwoRoots(_current, _line[i].size));
        }
    }

    function _begin() private step {
        _register(AGENCY);
        _register(OTHER);
        _addKey(AGENCY, _actors[0], Role.Anchor, 0, 0, 0);
        _addKey(AGENCY, _actors[1], Role.Anchor, 0, 0, 0);
        _addKey(AGENCY, _actors[2], Role.Anchor, 0, clock + 500, clock + 50_000);
        _addKey(AGENCY, _actors[3], Role.Status, EVERYTHING, 0, 0);
        _addKey(OTHER, _actors[4], Role.Anchor, 0, 0, 0);
        _current = _openLog(AGENCY);
    }

    function _foretell(
        address by,
        uint64 size,
        uint64 from,
        uint256 tree,
        Log memory log
    ) private view returns (bytes4) {
        if (log.state != LogState.Open) return ICheckpointRegistry.LogNotIn.selector;
        if (!_usable(_id(by), AGENCY, Role.Anchor)) return IAgencyRegistry.KeyNotUsable.selector;
        if (size <= log.size) return ICheckpointRegistry.SizeNotGrown.selector;
        if (from != log.size) return ICheckpointRegistry.ProofStale.selector;
        if (_line.length != 0 && _head().tree != tree) return Rfc9162.ConsistencyMismatch.selector;
        return 0;
    }

    function _head() private view returns (Head memory head) {
        if (_line.length != 0) head = _line[_line.length - 1];
    }
}

contract CheckpointsTest {
    CheckpointSteps private _steps;

    function setUp() external {
        _steps = new CheckpointSteps();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_steps);
    }

    /// @dev Judged at every step by `Rebuilt`: an open log's size only grows, no size has two roots, no key anchors
    /// outside its window. Here: the log is what its events say.
    function invariant_sizes_grow_with_one_root_each_by_keys_in_window() external view {
        _steps.compareCurrent();
    }

    /// @dev At the end of every run: events alone rebuild every key, log and anchor.
    function afterInvariant() external view {
        _steps.compareAll();
    }
}
