// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IAgencyRegistry} from "./interfaces/IAgencyRegistry.sol";
import {ICheckpointRegistry} from "./interfaces/ICheckpointRegistry.sol";
import {IStatusRegistry} from "./interfaces/IStatusRegistry.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {StatusWords} from "./StatusWords.sol";
import {Act, Approval, ImportedWord, Log, Role, Standing, Status} from "./types/Types.sol";

/// @title Statuses of records and issuing batches
/// @dev Invariants: a lane leaves Revoked or Superseded only by `voidAct`; only lanes of anchored indexes at or above
/// the log's start change, except by import; `_acts[key]` is the hash of the key's newest act that was not undone,
/// and through `previous` of all before it. There is no owner: what may change follows from keys and logs alone.
contract StatusRegistry is StatusWords, EIP712 {
    using BitMaps for BitMaps.BitMap;

    uint64 private constant _BATCH_LIMIT = 1 << 53;
    uint256 private constant _BATCH_BITS = 4;
    bytes32 private constant _APPROVAL_TYPE =
        keccak256("StatusApproval(bytes7 agency,bytes32 content,uint256 nonce,uint64 deadline)");

    /// @notice Where agencies and keys are.
    IAgencyRegistry public immutable AGENCIES;

    mapping(bytes32 keyId => bytes32 head) private _acts;
    mapping(bytes32 actHead => bool undone) private _undone; // two-person acts that left one of two chains
    mapping(bytes7 agency => BitMaps.BitMap used) private _nonces;

    /// @param agencies Where agencies and keys are.
    /// @param checkpoints Where logs and their anchored sizes are.
    constructor(
        IAgencyRegistry agencies,
        ICheckpointRegistry checkpoints
    ) StatusWords(checkpoints) EIP712("Sillok StatusRegistry", "1") {
        AGENCIES = agencies;
    }

    /// @inheritdoc IStatusRegistry
    function change(Act calldata act) external {
        Log memory log = _requireHeld(act.logId);
        bytes32 keyId = _keyId(msg.sender);
        _requireAlone(act, keyId, AGENCIES.requireKey(keyId, log.agency, Role.Status));
        _perform(act, log, keyId, 0);
    }

    /// @inheritdoc IStatusRegistry
    function changeSigned(Act calldata act, uint256 nonce, uint64 deadline, Approval[] calldata approvals) external {
        Log memory log = _requireHeld(act.logId);
        require(_now() <= deadline, ActExpired(deadline, _now()));
        require(approvals.length == 1 || approvals.length == 2, ApprovalsWrong(approvals.length));
        require(!_nonces[log.agency].get(nonce), NonceUsed(log.agency, nonce));
        _nonces[log.agency].set(nonce);
        emit ApprovalsUsed(bytes32(log.agency), nonce);
        bytes32 digest = _approvalDigest(act, log.agency, nonce, deadline);
        (bytes32 keyId, uint8 alone) = _requireApproval(log.agency, digest, approvals[0]);
        bytes32 secondKeyId;
        if (approvals.length == 1) {
            _requireAlone(act, keyId, alone);
        } else {
            (secondKeyId, ) = _requireApproval(log.agency, digest, approvals[1]);
            (, bytes32 officer) = AGENCIES.keyOf(keyId);
            (, bytes32 second) = AGENCIES.keyOf(secondKeyId);
            require(officer != second, SameOfficer(officer));
        }
        _perform(act, log, keyId, secondKeyId);
    }

    /// @inheritdoc IStatusRegistry
    function voidAct(Act calldata act, Standing calldata standing, Act calldata again) external {
        Log memory log = _requireHeld(act.logId);
        bytes32 keyId = _keyId(msg.sender);
        uint8 alone = AGENCIES.requireKey(keyId, log.agency, Role.Status);
        bool fresh = _leaveChains(act, standing);
        if (fresh && (act.to == Status.Revoked || act.to == Status.Superseded)) {
            _turn(act, _space(act.logId, log, act.batches), uint256(act.to), uint256(act.from));
        }
        emit ActVoided(act.logId, standing.keyId, _head(act, standing), keyId, _now());
        if (again.words.length != 0) {
            require(again.logId == act.logId, AgainElsewhere(again.logId, act.logId));
            _requireAlone(again, keyId, alone);
            _perform(again, log, keyId, 0);
        }
    }

    /// @inheritdoc IStatusRegistry
    function importStatus(bytes32 logId, ImportedWord[] calldata words, bytes32 rest) external {
        CHECKPOINTS.advanceImport(logId, sha256(abi.encode(words)), rest);
        Log memory log = CHECKPOINTS.logOf(logId);
        for (uint256 i = 0; i < words.length; ++i) {
            ImportedWord calldata each = words[i];
            _words[_space(logId, log, each.batches)][each.word] = each.value;
            emit StatusImported(logId, each.batches, each.word, each.value);
        }
    }

    /// @inheritdoc IStatusRegistry
    function actsOf(bytes32 keyId) external view returns (bytes32 head) {
        return _acts[keyId];
    }

    /// @inheritdoc IStatusRegistry
    function isNonceUsed(bytes7 agency, uint256 nonce) external view returns (bool) {
        return _nonces[agency].get(nonce);
    }

    /// @inheritdoc IStatusRegistry
    function approvalDigest(Act calldata act, uint256 nonce, uint64 deadline) external view returns (bytes32) {
        return _approvalDigest(act, _requireOpened(act.logId).agency, nonce, deadline);
    }

    function _perform(Act calldata act, Log memory log, bytes32 keyId, bytes32 secondKeyId) private {
        _requireFit(act, log);
        _turn(act, _space(act.logId, log, act.batches), uint256(act.from), uint256(act.to));
        bytes32 secondPrevious = secondKeyId == 0 ? bytes32(0) : _acts[secondKeyId];
        bytes32 head = _head(act, Standing(keyId, secondKeyId, _now(), _acts[keyId], secondPrevious));
        _acts[keyId] = head;
        if (secondKeyId != 0) _acts[secondKeyId] = head;
        emit StatusChanged(
            act.logId,
            keyId,
            secondKeyId,
            act.batches,
            act.from,
            act.to,
            act.reason,
            act.retroactive,
            _now(),
            head,
            act.words,
            act.masks
        );
        if (act.to == Status.Superseded) _nameSuccessors(act, log);
        else require(act.successors.length == 0, SuccessorsWrong(act.successors.length, 0));
    }

    /// @dev Turns every selected lane from one status to another, or reverts: nothing before need be stored. The words
    /// and the storage they are in are looked up once; products of a mask with at most 3 can't overflow.
    function _turn(Act calldata act, bytes32 space, uint256 from, uint256 to) private {
        mapping(uint256 word => uint256 lanes) storage held = _words[space];
        uint256[] calldata words = act.words;
        uint256[] calldata masks = act.masks;
        uint256 before;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            uint256 mask = masks[i];
            require(i == 0 || word > before, WordsNotAscending(word, before));
            require(Lanes.selects(mask), MaskMalformed(word, mask));
            unchecked {
                uint256 lanes = held[word];
                uint256 needed = mask * from;
                uint256 found = lanes & (mask * 3);
                require(found == needed, StatusNot(word, found, needed));
                held[word] = lanes ^ (mask * (from ^ to));
            }
            before = word;
        }
    }

    function _nameSuccessors(Act calldata act, Log memory log) private {
        Log memory later = act.successorLog == act.logId ? log : _requireHeld(act.successorLog);
        bool descends = act.successorLog == act.logId ||
            (later.generation > log.generation &&
                CHECKPOINTS.lineageOf(act.successorLog) == CHECKPOINTS.lineageOf(act.logId));
        require(descends, SuccessorNotInLineage(act.logId, act.successorLog));
        uint256 needed;
        for (uint256 i = 0; i < act.masks.length; ++i) needed += Lanes.count(act.masks[i]);
        require(act.successors.length == needed, SuccessorsWrong(act.successors.length, needed));
        uint256 next;
        for (uint256 i = 0; i < act.words.length; ++i) {
            for (uint256 mask = act.masks[i]; mask != 0; mask &= mask - 1) {
                uint256 index = Lanes.lowest(act.words[i], mask);
                uint256 successor = act.successors[next++];
                require(successor > index, SuccessorNotLater(index, successor));
                require(successor < later.size, IndexNotAnchored(act.successorLog, successor, later.size));
                emit Superseded(act.logId, uint64(index), act.successorLog, uint64(successor));
            }
        }
    }

    /// @dev Takes the act out of every chain that it is the newest of. Returns whether its lanes are still turned.
    function _leaveChains(Act calldata act, Standing calldata standing) private returns (bool fresh) {
        bytes32 head = _head(act, standing);
        (bytes32 first, bytes32 second) = (standing.keyId, standing.secondKeyId);
        bool newest = _acts[first] == head;
        bool secondNewest = second != 0 && _acts[second] == head;
        require(newest || secondNewest, ActNotLast(first, _acts[first], head));
        bool void = AGENCIES.isVoid(first, standing.time) ||
            (second != 0 && AGENCIES.isVoid(second, standing.time));
        require(void, ActStands(first, standing.time));
        if (newest) _acts[first] = standing.previous;
        if (secondNewest) _acts[second] = standing.secondPrevious;
        fresh = !_undone[head];
        if (fresh && second != 0 && newest != secondNewest) _undone[head] = true;
    }

    function _requireApproval(
        bytes7 agency,
        bytes32 digest,
        Approval calldata approval
    ) private view returns (bytes32 keyId, uint8 alone) {
        keyId = _keyId(approval.officer);
        alone = AGENCIES.requireKey(keyId, agency, Role.Officer);
        bool signed = SignatureChecker.isValidSignatureNowCalldata(approval.officer, digest, approval.signature);
        require(signed, SignatureInvalid(approval.officer, digest));
    }

    /// @dev What can be said of an act before any lane is read. Words ascend (`_turn`), so the first and the last one
    /// bound them all.
    function _requireFit(Act calldata act, Log memory log) private view {
        bool final_ = act.from == Status.Revoked || act.from == Status.Superseded;
        bool forbidden = final_ || act.from == act.to || (act.batches && act.to == Status.Superseded);
        require(!forbidden, TransitionForbidden(act.from, act.to, act.batches));
        require(act.words.length != 0, ActEmpty());
        require(act.masks.length == act.words.length, MasksWrong(act.masks.length, act.words.length));
        if (act.batches) {
            require(act.words[0] != 0 || act.masks[0] & 3 == 0, BatchZero());
        } else if (act.masks[0] & Lanes.below(act.words[0], log.start) != 0) {
            // An imported log holds its predecessor's statuses itself.
            bool inherited = CHECKPOINTS.predecessorOf(act.logId) != 0;
            require(!inherited, IndexOfPredecessor(act.logId, act.words[0], log.start));
        }
        uint64 limit = act.batches ? _BATCH_LIMIT : log.size;
        uint256 last = act.words.length - 1;
        if (act.masks[last] & ~Lanes.below(act.words[last], limit) != 0) {
            revert IndexNotAnchored(act.logId, Lanes.highest(act.words[last], act.masks[last]), limit);
        }
    }

    function _approvalDigest(
        Act calldata act,
        bytes7 agency,
        uint256 nonce,
        uint64 deadline
    ) private view returns (bytes32) {
        bytes32 content = sha256(abi.encode(act));
        return _hashTypedDataV4(keccak256(abi.encode(_APPROVAL_TYPE, agency, content, nonce, deadline)));
    }

    function _requireAlone(Act calldata act, bytes32 keyId, uint8 alone) private pure {
        uint256 bit = uint256(act.to) + (act.batches ? _BATCH_BITS : 0);
        require((alone >> bit) & 1 == 1, NotAlone(keyId, act.to, act.batches));
    }

    function _head(Act calldata act, Standing memory standing) private pure returns (bytes32) {
        return sha256(abi.encode(act, standing));
    }

    function _keyId(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
