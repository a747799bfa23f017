// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAgencyRegistry} from "contracts/interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "contracts/interfaces/ICheckpointRegistry.sol";
import {IStatusRegistry} from "contracts/interfaces/IStatusRegistry.sol";
import {Anchor, Key, Log, LogState, Role, Status} from "contracts/types/Types.sol";
import {City} from "./City.sol";
import {Vm, vm} from "./Vm.sol";

/// @dev The state of the three registries, rebuilt from their events alone; every event is judged before it is
/// believed. A rule that is broken reverts, and the campaign stops there.
abstract contract Rebuilt is City {
    struct Done {
        bytes32[2] keys;
        bytes32[2] previous;
        bytes32 logId;
        bool batches;
        Status from;
        Status to;
        uint64 time;
        uint256[] words;
        uint256[] masks;
    }

    bytes32[] internal keyIds;
    mapping(bytes32 keyId => Key) internal keys;
    bytes32[] internal logIds;
    mapping(bytes32 logId => Log) internal logs;
    mapping(bytes32 logId => bytes32) internal predecessors;
    mapping(bytes32 logId => mapping(uint64 size => bytes32 digest)) internal anchors;
    mapping(bytes32 logId => uint64[]) internal sizes;
    mapping(bytes32 logId => mapping(bool batches => mapping(uint256 word => uint256 lanes))) internal words;
    mapping(bytes32 keyId => bytes32 head) internal heads;
    mapping(bytes32 head => Done) internal acts;
    mapping(bytes32 head => bool) internal undone;

    error SizeShrank(bytes32 logId, uint64 was, uint64 given);
    error TwoRoots(bytes32 logId, uint64 size);
    error ActedOutsideWindow(bytes32 keyId, uint64 time);
    error FinalLeft(bytes32 logId, uint256 word, uint256 lanes);
    error WindowRuleBroken(bytes32 keyId);
    error NotWhatEventsSay(string what);

    /// @dev One step of a campaign: at the campaign's clock, its events heard and judged.
    modifier step() {
        vm.warp(clock);
        vm.recordLogs();
        _;
        _hear();
    }

    function _hear() internal {
        Vm.Log[] memory heard = vm.getRecordedLogs();
        for (uint256 i = 0; i < heard.length; ++i) {
            address from = heard[i].emitter;
            if (from == address(agencies)) _hearAgencies(heard[i]);
            if (from == address(checkpoints)) _hearCheckpoints(heard[i]);
            if (from == address(statuses)) _hearStatuses(heard[i]);
        }
    }

    /// @dev Calls, and compares the outcome: `wanted` is the error's selector, 0 for success. What a reverted
    /// call logged is recorded too, and forgotten here.
    function _expect(bytes4 wanted, address by, address target, bytes memory data) internal {
        _hear();
        vm.prank(by);
        (bool done, bytes memory answer) = target.call(data);
        if (!done) vm.getRecordedLogs();
        bytes4 found = done ? bytes4(0) : bytes4(answer);
        require(found == wanted, Surprise(wanted, found));
    }

    /// @dev Whether a key may act now, by its events.
    function _usable(bytes32 keyId, bytes7 agency, Role role) internal view returns (bool) {
        Key memory key = keys[keyId];
        bool begun = key.notBefore <= clock && (key.notAfter == 0 || clock < key.notAfter);
        return key.role == role && key.agency == agency && begun && !_isVoid(keyId, clock);
    }

    function _isVoid(bytes32 keyId, uint64 time) internal view returns (bool) {
        uint64 since = keys[keyId].compromisedSince;
        return since != 0 && since <= time;
    }

    function _compareKeys() internal view {
        for (uint256 i = 0; i < keyIds.length; ++i) _compareKey(keyIds[i]);
    }

    function _compareKey(bytes32 keyId) internal view {
        (Key memory held, ) = agencies.keyOf(keyId);
        require(keccak256(abi.encode(held)) == keccak256(abi.encode(keys[keyId])), NotWhatEventsSay("key"));
        require(statuses.actsOf(keyId) == heads[keyId], NotWhatEventsSay("acts"));
    }

    function _compareLog(bytes32 logId) internal view {
        bytes32 held = keccak256(abi.encode(checkpoints.logOf(logId)));
        require(held == keccak256(abi.encode(logs[logId])), NotWhatEventsSay("log"));
        require(checkpoints.predecessorOf(logId) == predecessors[logId], NotWhatEventsSay("predecessor"));
    }

    function _compareAnchors(bytes32 logId) internal view {
        for (uint256 i = 0; i < sizes[logId].length; ++i) {
            uint64 size = sizes[logId][i];
            require(checkpoints.anchorDigest(logId, size) == anchors[logId][size], NotWhatEventsSay("anchor"));
        }
    }

    function _compareWords(bytes32 logId, uint256 count) internal view {
        for (uint256 word = 0; word < count; ++word) {
            for (uint256 batches = 0; batches < 2; ++batches) {
                uint256 held = statuses.wordOf(logId, batches == 1, word);
                require(held == words[logId][batches == 1][word], NotWhatEventsSay("word"));
            }
        }
    }

    function _hearAgencies(Vm.Log memory heard) private {
        bytes32 topic = heard.topics[0];
        if (topic == IAgencyRegistry.KeyAdded.selector) return _hearKeyAdded(heard);
        if (topic == IAgencyRegistry.KeyWindowMoved.selector) {
            (uint64 notAfter, uint64 time) = abi.decode(heard.data, (uint64, uint64));
            Key storage key = keys[heard.topics[2]];
            bool running = key.notAfter == 0 || clock < key.notAfter;
            bool fits = notAfter == 0 || notAfter >= clock;
            require(running && fits && time == clock, WindowRuleBroken(heard.topics[2]));
            key.notAfter = uint48(notAfter);
        }
        bool now_ = topic == IAgencyRegistry.KeyCompromised.selector;
        if (now_ || topic == IAgencyRegistry.KeyCompromisedInThePast.selector) {
            (uint64 since, uint64 time) = abi.decode(heard.data, (uint64, uint64));
            Key storage key = keys[heard.topics[2]];
            bool earlier = key.compromisedSince == 0 || since < key.compromisedSince;
            require(earlier && time == clock && now_ == (since == clock), WindowRuleBroken(heard.topics[2]));
            key.compromisedSince = uint48(since);
        }
    }

    function _hearKeyAdded(Vm.Log memory heard) private {
        bytes32 keyId = heard.topics[2];
        (Role role, uint8 alone, , uint64 notBefore, uint64 notAfter, ) = abi.decode(
            heard.data,
            (Role, uint8, bytes32, uint64, uint64, uint64)
        );
        require(keys[keyId].role == Role.None && notBefore >= clock, WindowRuleBroken(keyId));
        require(notAfter == 0 || notAfter > notBefore, WindowRuleBroken(keyId));
        keyIds.push(keyId);
        keys[keyId] = Key(bytes7(heard.topics[1]), role, alone, uint48(notBefore), uint48(notAfter), 0);
    }

    function _hearCheckpoints(Vm.Log memory heard) private {
        (bytes32 topic, bytes32 logId) = (heard.topics[0], heard.topics[1]);
        if (topic == ICheckpointRegistry.LogOpened.selector) _hearLogOpened(heard);
        if (topic == ICheckpointRegistry.CheckpointAnchored.selector) _hearAnchored(heard);
        if (topic == ICheckpointRegistry.LogClosed.selector) logs[logId].state = LogState.Closed;
        if (topic == ICheckpointRegistry.AnchorVoided.selector) {
            uint64 good = abi.decode(heard.data, (uint64));
            require(logs[logId].state == LogState.Closed, SizeShrank(logId, logs[logId].size, good));
            logs[logId].size = good;
        }
    }

    function _hearLogOpened(Vm.Log memory heard) private {
        bytes32 logId = heard.topics[1];
        (, uint32 generation, uint32 delay, bytes32 before, uint64 start, , ) = abi.decode(
            heard.data,
            (string, uint32, uint32, bytes32, uint64, Anchor, uint64)
        );
        require(logs[logId].state == LogState.None, TwoRoots(logId, start));
        if (before != 0) {
            require(logs[before].state == LogState.Closed && logs[before].size == start, TwoRoots(logId, start));
            logs[before].state = LogState.Succeeded;
            predecessors[logId] = before;
        }
        logIds.push(logId);
        logs[logId] = Log(bytes7(heard.topics[2]), LogState.Open, generation, delay, start, start);
    }

    function _hearAnchored(Vm.Log memory heard) private {
        (bytes32 logId, uint64 size) = (heard.topics[1], uint64(uint256(heard.topics[2])));
        Anchor memory anchor = abi.decode(heard.data, (Anchor));
        Log storage log = logs[logId];
        require(log.state == LogState.Open && size > log.size, SizeShrank(logId, log.size, size));
        require(anchor.previousSize == log.size, SizeShrank(logId, log.size, anchor.previousSize));
        require(anchors[logId][size] == 0, TwoRoots(logId, size));
        require(anchor.time == clock, ActedOutsideWindow(anchor.keyId, anchor.time));
        require(_usable(anchor.keyId, log.agency, Role.Anchor), ActedOutsideWindow(anchor.keyId, clock));
        log.size = size;
        sizes[logId].push(size);
        anchors[logId][size] = sha256(abi.encode(anchor));
    }

    function _hearStatuses(Vm.Log memory heard) private {
        if (heard.topics[0] == IStatusRegistry.StatusChanged.selector) _hearChanged(heard);
        if (heard.topics[0] == IStatusRegistry.ActVoided.selector) _hearVoided(heard);
    }

    function _hearChanged(Vm.Log memory heard) private {
        Done memory done;
        bytes32 head;
        (done.logId, done.keys) = (heard.topics[1], [heard.topics[2], heard.topics[3]]);
        (done.batches, done.from, done.to, , , done.time, head, done.words, done.masks) = abi.decode(
            heard.data,
            (bool, Status, Status, uint8, bool, uint64, bytes32, uint256[], uint256[])
        );
        for (uint256 i = 0; i < 2 && done.keys[i] != 0; ++i) {
            bytes32 keyId = done.keys[i];
            Role role = keys[keyId].role;
            bool acts_ = role == Role.Status || role == Role.Officer;
            bool fits = acts_ && _usable(keyId, logs[done.logId].agency, role) && done.time == clock;
            require(fits, ActedOutsideWindow(keyId, done.time));
            done.previous[i] = heads[keyId];
            heads[keyId] = head;
        }
        acts[head] = done;
        _turn(done, done.from, done.to);
    }

    function _hearVoided(Vm.Log memory heard) private {
        bytes32 head = heard.topics[3];
        Done memory done = acts[head];
        (bytes32 by, uint64 time) = abi.decode(heard.data, (bytes32, uint64));
        bool may = _usable(by, logs[done.logId].agency, Role.Status) && time == clock;
        require(may, ActedOutsideWindow(by, time));
        bool void_ = _isVoid(done.keys[0], done.time) || (done.keys[1] != 0 && _isVoid(done.keys[1], done.time));
        require(void_, FinalLeft(done.logId, done.words[0], done.masks[0]));
        for (uint256 i = 0; i < 2; ++i) {
            if (done.keys[i] != 0 && heads[done.keys[i]] == head) heads[done.keys[i]] = done.previous[i];
        }
        bool lasting = done.to == Status.Revoked || done.to == Status.Superseded;
        if (lasting && !undone[head]) _turn(done, done.to, done.from);
        undone[head] = true;
    }

    /// @dev Every lane was what the event says. An ordinary act from a final status never happened.
    function _turn(Done memory done, Status from, Status to) private {
        bool undoing = done.to == from;
        for (uint256 i = 0; i < done.words.length; ++i) {
            (uint256 word, uint256 mask) = (done.words[i], done.masks[i]);
            uint256 lanes = words[done.logId][done.batches][word];
            bool final_ = from == Status.Revoked || from == Status.Superseded;
            require(undoing || !final_, FinalLeft(done.logId, word, lanes));
            require(lanes & (mask * 3) == mask * uint256(from), NotWhatEventsSay("lanes before"));
            words[done.logId][done.batches][word] = lanes ^ (mask * (uint256(from) ^ uint256(to)));
        }
    }
}
