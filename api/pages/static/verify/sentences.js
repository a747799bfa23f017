// Every sentence of a report, by code: the English here is Python's, word for word; pages translate by code.

/**
 * @typedef {{[name: string]: string | number}} Parameters
 * @typedef {{code: string, parameters: Parameters, text: string}} Said
 */

/** @type {Readonly<Record<string, string>>} */
const SENTENCES = {
  "malformed": "{what}",
  "malformed-at": "{where}: {what}",
  "not-asked": "It was not asked for.",
  "rests-on": "It rests on check {number} ({name}), which did not pass.",
  "no-ed25519": "This browser cannot verify Ed25519 signatures.",
  "signature-form": "{where}: The signature is not in canonical form.",
  "signature-wrong": "{where}: The signature does not verify.",
  "no-line": "{where}: The note has no signature by this key.",
  "no-cosignature": "{where}: The line is no cosignature/v1.",
  "hash-length": "{where}: A hash is not 32 bytes long.",
  "inclusion.index": "{where}: The index is not below the size.",
  "inclusion.short": "{where}: The inclusion proof is too short.",
  "inclusion.long": "{where}: The inclusion proof is too long.",
  "inclusion.root": "{where}: The inclusion proof leads to another root.",
  "consistency.sizes": "{where}: The sizes are not 1 or more and in order.",
  "consistency.short": "{where}: The consistency proof is too short.",
  "consistency.long": "{where}: The consistency proof is too long.",
  "consistency.same-size": "{where}: The same size has another root.",
  "consistency.old-root": "{where}: The consistency proof leads to another old root.",
  "consistency.root": "{where}: The consistency proof leads to another root.",
  "trust.digest": "trust: The trust file has another digest.",
  "trust.older": "trust.sequence: The trust file is older than one that was seen already.",
  "trust.gap": "trust.previous: The trust file does not follow the one before it.",
  "trust.quorum": "trust.signers: Too few of its signers signed the trust file.",
  // 1 to 6
  "1.passed": "{bytes} bytes of evidence/v1 in canonical form.",
  "2.passed": "A record of kind {kind} with {facts} facts.",
  "3.passed": "{disclosed} facts are disclosed and {withheld} withheld.",
  "3.count": "The number of facts is not the record's.",
  "3.order": "The facts are not in order of their paths.",
  "4.passed": "The facts are those that the record commits to.",
  "4.other": "The facts are not those that the record commits to.",
  "5.passed": "Index {index} in a checkpoint of size {size} of {origin}.",
  "5.version": "This version of the proof is not known here.",
  "5.empty": "A checkpoint of size 0 proves nothing and is never in evidence.",
  "6.passed": "The record is number {index} of the {size} that the checkpoint counts.",
  "6.later": "The record says that it {verb} one that is not before it.",
  // 7 to 9
  "7.passed": "The log is {origin} of agency {agency}, as known at {issued}.",
  "7.no-trust": "No trust file was given, so no issuer is known here.",
  "7.unknown": "The trust file of {issued} does not know this log.",
  "7.agencies": "Record, log and trust file name different agencies.",
  "8.passed": "The log signed the checkpoint.",
  "8.unknown": "A signature is by a key that the trust file does not know.",
  "8.one": "The checkpoint needs exactly one signature by the log.",
  "9.passed": "{count} of the {quorum} witnesses that the trust file asks for cosigned.",
  "9.none-asked": "The trust file asks for no witness; {count} cosigned.",
  "9.kind": "A witness's key is not one of cosignature/v1.",
  "9.few": "Too few witnesses cosigned the checkpoint.",
  // 10
  "10.passed": "Anchored{whose}{when} on chain {chain}{alone}.",
  "10.notes": "There is more than one anchor note.",
  "10.later": "The record was anchored only later than the instant asked about.",
  "10.other-size":
    "The record is anchored in a tree of another size than this evidence proves: ask for newer evidence.",
  "10.none": "The checkpoint is not anchored.",
  "10.reference": "The reference names another place than the chain does.",
  "10.note-differs": "The office's anchor note says something else than the chain.",
  "10.note-key": "Without a status note the anchor note's key cannot be judged.",
  "10.note-checkpoint": "The anchor note is about another checkpoint.",
  "10.note-place": "The reference and the office's anchor note name different places.",
  "10.no-anchor": "The evidence names no anchor.",
  "10.not-run": "What vouches for the anchor cannot be run: {known}.",
  "10.reference-alone":
    "A reference alone proves nothing on a chain of several operators: ask the chain, or bring its proof.",
  "10.no-status": "The office's word on the anchor needs a status note about the same chain beside it.",
  "10.chain": "The trust file does not know chain {chain} with genesis {genesis}… for this log.",
  "10.registry": "The trust file does not know registry {registry} at block {block}.",
  // 11 to 13
  "11.passed": "The checkpoint agrees with {compared}.",
  "11.other": "The log signed another root for size {size} than the one that is anchored.",
  "11.nothing": "No anchored root is at hand to compare with: the chain was not asked.",
  "12.passed": "The registry counts since block {block}.",
  "12.pinned": "The registry's era ended at block {block}; the checkpoint leads to its pin of size {size}.",
  "12.no-pin": "The registry's era ended at block {block}, and the trust file pins no head of it.",
  "12.no-path": "The evidence has no consistency proof to the pin of size {size}: renew it.",
  "13.passed": "Note key and anchor key were good at {when}, as known at {issued}.",
  "13.note-key": "The note key was good, as known at {issued}; which key anchored is not known without the chain.",
  "13.no-time": "The time of the anchor is not known.",
  "13.ended": "The note key had ended when the checkpoint was anchored, as known at {issued}.",
  "13.perhaps":
    "The note key ended before the status note, and when the anchor was is not known: ask the chain.",
  "13.unknown": "The checkpoint was anchored by a key that the trust file does not know, as known at {issued}.",
  "13.compromised": "The anchor key was compromised when it anchored, as known at {issued}.",
  "13.not-on-chain": "The agency has no such {role} key on the chain.",
  // the office's notes: 10 and 14
  "note.record": "The status note is about another record.",
  "note.batch": "The status note names a batch status exactly where the record has a batch.",
  "note.chain": "The status note is about a chain that the trust file does not know for this log.",
  "note.chain-id": "The status note gives the chain another id.",
  "note.unknown": "The {note} is signed by a key that the trust file does not know.",
  "note.one": "The {note} needs exactly one signature.",
  "note.window": "The key of the {note} was not in its window.",
  // 14 to 16
  "14.service": "The service answered at {when}.",
  "14.office": "The office signed a status of {when}.",
  "14.older": "The status is older than the record's anchor.",
  "14.no-anchor": "There is no status, and no anchor from which on there could be one.",
  "14.not-run": "This program cannot run the status proofs that are there.",
  "14.none": "There is no status.",
  "15.passed": "At {when} it was neither revoked, suspended nor superseded.",
  "15.bad": "At {when} the record is {status}{since}{manner}.",
  "15.other-instant": "The status at hand is of {when} (then: {status}), not of {asked}.",
  "16.passed": "In force at {when}.",
  "16.no-term": "The record has no term of validity.",
  "16.no-instant": "There is no instant to judge the validity at.",
  "16.expired": "The record had expired at {when}.",
  "16.early": "The record was not yet in force at {when}.",
  // 17 to 19
  "17.passed": "The document is, byte for byte, the one that was recorded.",
  "17.other": "The document is not the one that was recorded.",
  "17.none": "No document was given: this says nothing about a paper in somebody's hand.",
  "17.none-erased":
    "No document was given: this says nothing about a paper in somebody's hand. " +
    "The office erased what it kept of this record.",
  "18.passed": "The record has the number that was asked for.",
  "18.other": "The record has another number.",
  "18.none": "No number was given.",
  "fact.erased": "{path} cannot be disclosed. The office erased what it kept of this record.",
  "fact.withheld": "{path} is withheld, so there is nothing to compare with.",
  "fact.absent": "The record has no {path}.",
  "19.passed": "The evidence holds nothing that this program does not know.",
  "19.unknown": "This program does not know {formats}.",
  // beside the rows
  "beside.alone": "One operator runs chain {chain} alone: it proves nothing against that operator.",
  "beside.claim":
    "The office says that it recorded this at {claimed}; the anchor is of {anchored}. The anchor counts.",
  "beside.no-document": "This is about the record; no document was compared with it.",
  "beside.not-truth": "This proves when it was recorded and by whom, not whether what it says is true.",
};

/** Codes of all sentences, for the pages' catalogues to be compared with. */
export const SENTENCE_CODES = Object.keys(SENTENCES);

/**
 * A sentence with its parameters put in.
 * @param {string} code
 * @param {Parameters} [parameters]
 * @returns {Said}
 */
export function sentence(code, parameters = {}) {
  const text = SENTENCES[code].replace(/\{([a-z]+)\}/g, (_, name) => String(parameters[name]));
  return { code, parameters, text };
}
