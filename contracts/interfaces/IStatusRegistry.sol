// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Act, Approval, ImportedWord, Reason, Standing, Status} from "../types/Types.sol";

/// @title Statuses of records and issuing batches
/// @notice Suspends, resumes, revokes and supersedes records, and recalls whole issuing batches at once.
/// @dev Two bits for each log index and each batch number; the verdict is the worse of both. Revoked and superseded are
/// final, except that acts of a compromised key can be undone. Batches count for every generation of a log, start at
/// 1 and are never superseded; which exist is not known here. Each key keeps one hash of all its acts.
interface IStatusRegistry {
    /// @notice Records or batches went from one status to another; all of them, and nothing else.
    /// @param logId The log.
    /// @param keyId STATUS or OFFICER key that did it.
    /// @param secondKeyId Second officer's key; 0 if one person did it.
    /// @param batches Whether lanes are batch numbers rather than record indexes.
    /// @param from Status before.
    /// @param to Status after.
    /// @param reason Public reason.
    /// @param retroactive Void from the start (취소), not only from now on (철회).
    /// @param time Block time.
    /// @param head The keys' chain of acts, with this one; names the act.
    /// @param words Ascending; word w holds 128w to 128w + 127.
    /// @param masks Low bit of each selected two-bit lane.
    event StatusChanged(
        bytes32 indexed logId,
        bytes32 indexed keyId,
        bytes32 indexed secondKeyId,
        bool batches,
        Status from,
        Status to,
        Reason reason,
        bool retroactive,
        uint64 time,
        bytes32 head,
        uint256[] words,
        uint256[] masks
    );

    /// @notice A record was superseded by a later one, which must name it back.
    /// @param logId The log.
    /// @param index The record.
    /// @param successorLog The same log or a later generation.
    /// @param successor The later record's index.
    event Superseded(bytes32 indexed logId, uint64 indexed index, bytes32 successorLog, uint64 successor);

    /// @notice Officers' approvals were used; their number never counts again.
    /// @param agency Seven digits, right-padded.
    /// @param nonce The number.
    event ApprovalsUsed(bytes32 indexed agency, uint256 nonce);

    /// @notice An act of a compromised key was undone: revoked and superseded went back to what they were before.
    /// Suspensions and resumptions stay and are answered by ordinary acts. A second ActVoided with the same actHead
    /// changes no status (a two-person act leaves the second key's chain too).
    /// @param logId The log.
    /// @param keyId The act's key.
    /// @param actHead The act, as in StatusChanged.
    /// @param byKeyId STATUS key that undid it.
    /// @param time Block time.
    event ActVoided(
        bytes32 indexed logId,
        bytes32 indexed keyId,
        bytes32 indexed actHead,
        bytes32 byKeyId,
        uint64 time
    );

    /// @notice One word of statuses was carried over from another contract.
    /// @param logId The log here.
    /// @param batches Whether lanes are batch numbers.
    /// @param word Its number.
    /// @param value Its 128 lanes.
    event StatusImported(bytes32 indexed logId, bool batches, uint64 word, uint256 value);

    /// @notice Statuses, stated again so that a proof of this event proves them. Form frozen (formats.md, section 9).
    /// @param logId The log.
    /// @param word Number of the word.
    /// @param value Its 128 lanes; below `start` the predecessor's.
    /// @param batch A batch number; 0: none.
    /// @param batchStatus Its status; 0 without a batch.
    /// @param time Block time.
    event StatusAttested(
        bytes32 indexed logId,
        uint64 indexed word,
        uint256 value,
        uint64 batch,
        uint8 batchStatus,
        uint64 time
    );

    /// @notice This act changes nothing.
    error ActEmpty();
    /// @notice The approvals have expired; they must be signed again.
    /// @param deadline Last instant for which they were signed.
    /// @param time Block time.
    error ActExpired(uint64 deadline, uint64 time);
    /// @notice These approvals were used before.
    /// @param agency The agency.
    /// @param nonce Their number.
    error NonceUsed(bytes7 agency, uint256 nonce);
    /// @notice Acts of a compromised key are undone newest first, and this is not its newest.
    /// @param keyId The key.
    /// @param head Its newest act.
    /// @param given The act that was given.
    error ActNotLast(bytes32 keyId, bytes32 head, bytes32 given);
    /// @notice This act's keys were not compromised when it was done: it stands.
    /// @param keyId The key.
    /// @param time When it was done.
    error ActStands(bytes32 keyId, uint64 time);
    /// @notice The act that goes with an undoing must be on the same log.
    /// @param logId Its log.
    /// @param needed The log of the act that is undone.
    error AgainElsewhere(bytes32 logId, bytes32 needed);
    /// @notice This change of status does not exist: revoked and superseded are final, batches are never superseded.
    /// @param from Status before.
    /// @param to Status after.
    /// @param batches Whether of batches.
    error TransitionForbidden(Status from, Status to, bool batches);
    /// @notice This needs the approval of a second officer.
    /// @param keyId The key that tried alone.
    /// @param to The status to set.
    /// @param batches Whether of batches.
    error NotAlone(bytes32 keyId, Status to, bool batches);
    /// @notice An act is approved by one officer or by two.
    /// @param given How many approvals there are.
    error ApprovalsWrong(uint256 given);
    /// @notice Both approvals are of the same officer.
    /// @param officer The officer's id.
    error SameOfficer(bytes32 officer);
    /// @notice An officer's signature is not right for this act.
    /// @param officer The officer's address.
    /// @param digest What they must sign.
    error SignatureInvalid(address officer, bytes32 digest);
    /// @notice Words must ascend.
    /// @param word A word.
    /// @param before The one before it.
    error WordsNotAscending(uint256 word, uint256 before);
    /// @notice A mask must select at least one lane, by its low bit.
    /// @param word The word.
    /// @param mask Its mask.
    error MaskMalformed(uint256 word, uint256 mask);
    /// @notice Each word needs one mask.
    /// @param given Number of masks.
    /// @param needed Number of words.
    error MasksWrong(uint256 given, uint256 needed);
    /// @notice Some of these do not have the status that they were said to have; read it again.
    /// @param word The word.
    /// @param found Selected lanes as they are.
    /// @param needed Selected lanes as they were said to be.
    error StatusNot(uint256 word, uint256 found, uint256 needed);
    /// @notice This record is not anchored yet.
    /// @param logId The log.
    /// @param index The record; of batches, the number.
    /// @param size Number of anchored records; of batches, the limit.
    error IndexNotAnchored(bytes32 logId, uint256 index, uint64 size);
    /// @notice This record belongs to the log's predecessor: act on that one.
    /// @param logId The log.
    /// @param word The word.
    /// @param start First index of this log.
    error IndexOfPredecessor(bytes32 logId, uint256 word, uint64 start);
    /// @notice Superseding names one later record for each; other changes name none.
    /// @param given Number of later records.
    /// @param needed Number needed.
    error SuccessorsWrong(uint256 given, uint256 needed);
    /// @notice A record is superseded by a later one only.
    /// @param index The record.
    /// @param successor The one given.
    error SuccessorNotLater(uint256 index, uint256 successor);
    /// @notice A record is superseded in its own log or a later generation of it.
    /// @param logId The log.
    /// @param successorLog The log given.
    error SuccessorNotInLineage(bytes32 logId, bytes32 successorLog);
    /// @notice Batches are numbered from 1.
    error BatchZero();

    /// @notice Changes statuses, as far as the caller's key may do so alone.
    /// @dev STATUS keys of the log's agency. Emits StatusChanged, then Superseded for each superseded record.
    /// Reverts: LogNotIn, KeyNotUsable, NotAlone, and what makes an act unfit: TransitionForbidden, ActEmpty,
    /// MasksWrong, BatchZero, IndexOfPredecessor, IndexNotAnchored, WordsNotAscending, MaskMalformed, StatusNot,
    /// SuccessorsWrong, SuccessorNotInLineage, SuccessorNotLater, IndexNotAnchored (of the successor's log).
    /// @param act What to change.
    function change(Act calldata act) external;

    /// @notice Changes statuses by officers' signatures: one where their key may do it alone, else two officers.
    /// @dev Anyone relays. Emits ApprovalsUsed, then as `change`. Reverts as `change`, and: ActExpired, ApprovalsWrong,
    /// NonceUsed, SignatureInvalid, SameOfficer.
    /// @param act What to change.
    /// @param nonce Any number that the agency has not used.
    /// @param deadline Last block time at which it may be done.
    /// @param approvals One or two, over `approvalDigest`.
    function changeSigned(Act calldata act, uint256 nonce, uint64 deadline, Approval[] calldata approvals) external;

    /// @notice Undoes an act of a compromised key that was done at or after `compromisedSince`, newest first, and may
    /// do one act in the same transaction: what the thief revoked and the office wants revoked is never valid between.
    /// @dev Any STATUS key of the log's agency. Emits ActVoided, then as `change`. Reverts: LogNotIn, KeyNotUsable,
    /// ActNotLast, ActStands, AgainElsewhere, and as `change` for `again`.
    /// @param act The act, from its events.
    /// @param standing Who did it, when, and what their chains were before it.
    /// @param again An act of the caller's on the same log; none where it has no words.
    function voidAct(Act calldata act, Standing calldata standing, Act calldata again) external;

    /// @notice Delivers statuses that were approved for an importing log.
    /// @dev Anyone. Emits StatusImported for each word. Reverts: LogNotIn, ImportMismatch.
    /// @param logId The log here.
    /// @param words The next chunk.
    /// @param rest Hash chain of what follows it; 0: nothing.
    function importStatus(bytes32 logId, ImportedWord[] calldata words, bytes32 rest) external;

    /// @notice States a record's and a batch's status in an event, for proofs.
    /// @dev Anyone. Emits StatusAttested. Reverts: LogNotIn, IndexNotAnchored.
    /// @param logId The log.
    /// @param index The record.
    /// @param batch Its batch; 0: none.
    function attestStatus(bytes32 logId, uint64 index, uint64 batch) external;

    /// @notice Status of a record, of its batch, and the worse of both.
    /// @dev Reverts: LogNotIn, IndexNotAnchored.
    /// @param logId The log.
    /// @param index The record.
    /// @param batch Its batch; 0: none.
    /// @return record The record's own.
    /// @return batchStatus Its batch's; Active without a batch.
    /// @return worse The graver one: what counts.
    function statusOf(
        bytes32 logId,
        uint64 index,
        uint64 batch
    ) external view returns (Status record, Status batchStatus, Status worse);

    /// @notice A word of statuses; lanes below the log's start are the predecessor's.
    /// @dev Reverts: LogNotIn (never opened). A moved log's words can be read, to carry them over.
    /// @param logId The log.
    /// @param batches Whether lanes are batch numbers.
    /// @param word Its number.
    /// @return Its 128 lanes.
    function wordOf(bytes32 logId, bool batches, uint256 word) external view returns (uint256);

    /// @notice The hash of all acts of a key that were not undone, newest outermost.
    /// @param keyId The key.
    /// @return head 0: none.
    function actsOf(bytes32 keyId) external view returns (bytes32 head);

    /// @notice Whether an agency's officers used this number.
    /// @param agency Seven ASCII digits.
    /// @param nonce The number.
    /// @return Whether approvals with it were used.
    function isNonceUsed(bytes7 agency, uint256 nonce) external view returns (bool);

    /// @notice What an officer signs to approve an act (EIP-712).
    /// @dev Reverts: LogNotIn (never opened).
    /// @param act What to change.
    /// @param nonce Any number that the agency has not used.
    /// @param deadline Last block time at which it may be done.
    /// @return The digest to sign.
    function approvalDigest(Act calldata act, uint256 nonce, uint64 deadline) external view returns (bytes32);
}
