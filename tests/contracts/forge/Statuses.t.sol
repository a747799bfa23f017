// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAgencyRegistry} from "contracts/interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "contracts/interfaces/ICheckpointRegistry.sol";
import {IStatusRegistry} from "contracts/interfaces/IStatusRegistry.sol";
import {Act, Anchor, Approval, Reason, Role, Standing, Status} from "contracts/types/Types.sol";
import {Rebuilt} from "./Rebuilt.sol";
import {vm} from "./Vm.sol";

/// @dev Records and batches of one log; STATUS keys of which one may do everything, one little, one only for a while,
/// and two officers; any of them may turn out stolen. Every outcome is foretold from the events heard before.
contract StatusSteps is Rebuilt {
    uint64 private constant _SIZE = 300;
    uint64 private constant _LAST = 299;
    uint8[5] private _masks = [EVERYTHING, 0x05, EVERYTHING, 0, 0x44];
    uint256[5] private _secrets = [uint256(101), 102, 103, 104, 105];
    address[5] private _addresses;
    uint256 private _lastSecret = 105;
    uint64[8] private _picked = [0, 1, 2, 127, 128, 255, 299, 300];
    bytes32 private _logId;
    bytes32[] private _done;
    mapping(bytes32 head => Act) private _said;
    uint256 private _nonces;

    constructor() {
        _build(0, COUNCIL);
        _begin();
    }

    function change(uint8 who, uint8 pick, bool batches, uint8 from, uint8 to) external step {
        _change(who % 3, _act(pick, batches, Status(from % 4), Status(to % 4)));
    }

    /// @dev An act that fits what is, so that many are taken.
    function changeWhatIs(uint8 who, uint8 pick, bool batches, bool far) external step {
        Status from = _statusOf(batches, _picked[pick % 8]);
        Status to = from == Status.Active ? (far ? Status.Revoked : Status.Suspended) : Status.Revoked;
        if (from == Status.Suspended && far) to = who < 100 ? Status.Active : Status.Superseded;
        _change(who % 3, _act(uint8(1 << (pick % 8)), batches, from, to));
    }

    function sign(uint8 first, uint8 second, uint8 pick, uint8 fault) external step {
        Act memory act = _act(pick, false, _statusOf(false, _picked[0]), Status.Revoked);
        if (fault & 1 == 0) act.from = _statusOf(false, act.words[0] * 128 + _lowest(act.masks[0]));
        uint256 nonce = fault % 16 == 3 && _nonces != 0 ? _nonces - 1 : _nonces;
        uint64 deadline = fault % 16 == 5 ? clock - 1 : clock;
        uint256[] memory who = new uint256[](second % 3 == 0 ? 1 : 2);
        who[0] = 3 + first % 2;
        if (who.length == 2) who[1] = second % 8 == 1 ? who[0] : 7 - who[0];
        Approval[] memory approvals = new Approval[](who.length);
        bytes32 digest = statuses.approvalDigest(act, nonce, deadline);
        for (uint256 i = 0; i < who.length; ++i) {
            bytes32 signed = fault % 16 == 7 ? ~digest : digest;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secrets[who[i]], signed);
            approvals[i] = Approval(_addresses[who[i]], abi.encodePacked(r, s, v));
        }
        bytes4 wanted = _foretellSigned(act, who, fault, nonce);
        _send(wanted, address(this), act, abi.encodeCall(statuses.changeSigned, (act, nonce, deadline, approvals)));
        if (wanted == 0) ++_nonces;
    }

    function undo(uint8 by, uint8 whose, uint16 which, bool again) external step {
        if (_done.length == 0) return;
        bytes32 head = which % 2 == 0 ? heads[_key(whose % 5)] : _done[which % _done.length];
        if (head == 0) return;
        Act memory more;
        if (again && !undone[head] && _lasting(_said[head].to)) more = _said[head];
        _undo(_foretellUndo(by % 3, head, acts[head], more), by % 3, head, more);
    }

    function declare(uint8 who, uint8 past) external step {
        bytes32 keyId = _key(1 + who % 4);
        uint64 since = clock - 1 - past;
        uint64 was = keys[keyId].compromisedSince;
        bytes4 wanted = was != 0 && since >= was ? IAgencyRegistry.SinceNotEarlier.selector : bytes4(0);
        bytes memory data = abi.encodeCall(IAgencyRegistry.declareCompromisedSince, (keyId, since));
        _expect(wanted, COUNCIL, address(agencies), data);
    }

    /// @dev A new key in the place of one that is stolen or has ended.
    function renew(uint8 who) external step {
        uint256 place = who % 5;
        if (_usable(_key(place), AGENCY, place < 3 ? Role.Status : Role.Officer)) return;
        _secrets[place] = ++_lastSecret;
        _give(place);
    }

    function wait(uint8 seconds_) external {
        clock += seconds_ % 64;
    }

    function compareWords() external view {
        _compareWords(_logId, 3);
    }

    function compareAll() external view {
        _compareWords(_logId, 4);
        _compareKeys();
        _compareLog(_logId);
    }

    function _begin() private step {
        _register(AGENCY);
        for (uint256 place = 0; place < 5; ++place) _give(place);
        address anchorKey = address(0xA1);
        _addKey(AGENCY, anchorKey, Role.Anchor, 0, 0, 0);
        _logId = _openLog(AGENCY);
        Anchor memory none;
        vm.prank(anchorKey);
        checkpoints.anchor(_logId, 0, none, _SIZE, bytes32(uint256(1)), new bytes32[](0));
    }

    /// @dev The third STATUS key's window starts late and ends soon.
    function _give(uint256 place) private {
        _addresses[place] = vm.addr(_secrets[place]);
        (uint64 from, uint64 until) = place == 2 ? (clock + 40, clock + 4_000) : (0, 0);
        Role role = place < 3 ? Role.Status : Role.Officer;
        _addKey(AGENCY, _addresses[place], role, _masks[place], from, until);
    }

    function _change(uint256 who, Act memory act) private {
        bytes4 wanted = _unfit(act);
        if (!_alone(who, act)) wanted = IStatusRegistry.NotAlone.selector;
        if (!_usable(_key(who), AGENCY, Role.Status)) wanted = IAgencyRegistry.KeyNotUsable.selector;
        _send(wanted, _addresses[who], act, abi.encodeCall(IStatusRegistry.change, (act)));
    }

    /// @dev Sends; remembers what was said where the act was taken.
    function _send(bytes4 wanted, address by, Act memory act, bytes memory data) private {
        bytes32[5] memory before;
        for (uint256 i = 0; i < 5; ++i) before[i] = heads[_key(i)];
        _expect(wanted, by, address(statuses), data);
        if (wanted != 0 || act.words.length == 0) return;
        _hear();
        for (uint256 i = 0; i < 5; ++i) {
            bytes32 head = heads[_key(i)];
            if (head == before[i] || _said[head].words.length != 0) continue;
            _said[head] = act;
            _done.push(head);
        }
    }

    function _undo(bytes4 wanted, uint256 by, bytes32 head, Act memory more) private {
        Done memory done = acts[head];
        Standing memory standing = Standing(done.keys[0], done.keys[1], done.time, done.previous[0], done.previous[1]);
        bytes memory data = abi.encodeCall(IStatusRegistry.voidAct, (_said[head], standing, more));
        _send(wanted, _addresses[by], more, data);
    }

    function _foretellSigned(
        Act memory act,
        uint256[] memory who,
        uint8 fault,
        uint256 nonce
    ) private view returns (bytes4 wanted) {
        wanted = _unfit(act);
        if (who.length == 1 && !_alone(who[0], act)) wanted = IStatusRegistry.NotAlone.selector;
        if (who.length == 2 && who[0] == who[1]) wanted = IStatusRegistry.SameOfficer.selector;
        for (uint256 left = who.length; left > 0; --left) {
            if (fault % 16 == 7) wanted = IStatusRegistry.SignatureInvalid.selector;
            if (!_usable(_key(who[left - 1]), AGENCY, Role.Officer)) wanted = IAgencyRegistry.KeyNotUsable.selector;
        }
        if (nonce != _nonces) wanted = IStatusRegistry.NonceUsed.selector;
        if (fault % 16 == 5) wanted = IStatusRegistry.ActExpired.selector;
    }

    function _foretellUndo(
        uint256 by,
        bytes32 head,
        Done memory done,
        Act memory more
    ) private view returns (bytes4 wanted) {
        // The lanes are as before the act then, so that it fits again.
        if (more.words.length != 0 && !_alone(by, more)) wanted = IStatusRegistry.NotAlone.selector;
        bool void_ = _isVoid(done.keys[0], done.time) || (done.keys[1] != 0 && _isVoid(done.keys[1], done.time));
        if (!void_) wanted = IStatusRegistry.ActStands.selector;
        bool newest = heads[done.keys[0]] == head || (done.keys[1] != 0 && heads[done.keys[1]] == head);
        if (!newest) wanted = IStatusRegistry.ActNotLast.selector;
        if (!_usable(_key(by), AGENCY, Role.Status)) wanted = IAgencyRegistry.KeyNotUsable.selector;
    }

    /// @dev What the contract finds wrong with an act, the last in its order first.
    function _unfit(Act memory act) private view returns (bytes4 wanted) {
        for (uint256 i = 0; i < act.successors.length; ++i) {
            // Every act here names the last record for each: only that one itself is not before it.
            uint256 highest = act.words[act.words.length - 1];
            bool itself = highest == 2 && act.masks[act.masks.length - 1] >> 86 & 1 == 1;
            if (itself) wanted = IStatusRegistry.SuccessorNotLater.selector;
        }
        for (uint256 i = 0; i < act.words.length; ++i) {
            uint256 lanes = words[_logId][act.batches][act.words[i]];
            bool same = lanes & (act.masks[i] * 3) == act.masks[i] * uint256(act.from);
            if (!same) wanted = IStatusRegistry.StatusNot.selector;
        }
        bool zero = act.words[0] == 0 && act.masks[0] & 1 == 1;
        if (act.batches && zero) wanted = IStatusRegistry.BatchZero.selector;
        bool beyond = act.words[act.words.length - 1] == 2 && act.masks[act.masks.length - 1] >> 88 & 1 == 1;
        if (!act.batches && beyond) wanted = IStatusRegistry.IndexNotAnchored.selector;
        bool final_ = act.from == Status.Revoked || act.from == Status.Superseded;
        bool forbidden = final_ || act.from == act.to || (act.batches && act.to == Status.Superseded);
        if (forbidden) wanted = IStatusRegistry.TransitionForbidden.selector;
    }

    /// @dev An act on the picked indexes, one bit for each; on the first where no bit is set.
    function _act(uint8 pick, bool batches, Status from, Status to) private view returns (Act memory act) {
        if (pick == 0) pick = 1;
        (uint256[3] memory masks, uint256 used, uint256 lanes) = ([uint256(0), 0, 0], 0, 0);
        for (uint256 i = 0; i < 8; ++i) {
            if (pick >> i & 1 == 0) continue;
            uint256 word = _picked[i] / 128;
            if (masks[word] == 0) ++used;
            masks[word] |= 1 << 2 * (_picked[i] % 128);
            ++lanes;
        }
        bool names = to == Status.Superseded;
        act = Act({
            logId: _logId,
            batches: batches,
            from: from,
            to: to,
            reason: Reason.Unspecified,
            retroactive: pick & 1 == 1,
            words: new uint256[](used),
            masks: new uint256[](used),
            successorLog: names ? _logId : bytes32(0),
            successors: new uint256[](names ? lanes : 0)
        });
        for ((uint256 word, uint256 next) = (0, 0); word < 3; ++word) {
            if (masks[word] != 0) (act.words[next], act.masks[next++]) = (word, masks[word]);
        }
        for (uint256 i = 0; i < act.successors.length; ++i) act.successors[i] = _LAST;
    }

    function _alone(uint256 who, Act memory act) private view returns (bool) {
        return _masks[who] >> (uint8(act.to) + (act.batches ? 4 : 0)) & 1 == 1;
    }

    function _statusOf(bool batches, uint256 index) private view returns (Status) {
        return Status(words[_logId][batches][index / 128] >> 2 * (index % 128) & 3);
    }

    function _key(uint256 place) private view returns (bytes32) {
        return _id(_addresses[place]);
    }

    function _lasting(Status status) private pure returns (bool) {
        return status == Status.Revoked || status == Status.Superseded;
    }

    function _lowest(uint256 mask) private pure returns (uint256 lane) {
        while (mask >> 2 * lane & 1 == 0) ++lane;
    }
}

contract StatusesTest {
    StatusSteps private _steps;

    function setUp() external {
        _steps = new StatusSteps();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_steps);
    }

    /// @dev Judged at every step by `Rebuilt`: revoked and superseded are left only by undoing an act of a compromised
    /// key, and no key acts or undoes outside its window. Here: the words are what the events say.
    function invariant_revoked_and_superseded_are_final_and_keys_act_in_their_window() external view {
        _steps.compareWords();
    }

    /// @dev At the end of every run: events alone rebuild every word, chain of acts and key.
    function afterInvariant() external view {
        _steps.compareAll();
    }
}
