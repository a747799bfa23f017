// Checks 1 to 6, computed on this device from the evidence alone, as in ledger/verification/{form,tree}.py.
import { parseCheckpoint, parseTlogProof } from "./checkpoint.js";
import { hexEncode } from "./encodings.js";
import { RefusedError, UnknownVersionError } from "./errors.js";
import { parseEvidence } from "./evidence.js";
import { leafHash, treeHead, verifyInclusion } from "./merkle.js";
import { parseNote } from "./note.js";
import { parseRecord } from "./record.js";
import { sentence } from "./sentences.js";

/**
 * @typedef {import("./checkpoint.js").Checkpoint} Checkpoint
 * @typedef {import("./checkpoint.js").TlogProof} TlogProof
 * @typedef {import("./disclosure.js").Disclosure} Disclosure
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./note.js").SignedNote} SignedNote
 * @typedef {import("./record.js").Record} Record
 * @typedef {{leafHashes: Uint8Array[], disclosed: Disclosure[], withheld: number}} Facts
 * @typedef {{proof: TlogProof, note: SignedNote, checkpoint: Checkpoint}} Proof
 */

/**
 * @template T
 * @typedef {import("./examination.js").Passed<T>} Passed
 */

/**
 * The disclosed text of a path; null where it is withheld, or not there, or no text.
 * @param {Facts} facts
 * @param {string} path
 */
export function textAt(facts, path) {
  const value = facts.disclosed.find((fact) => fact.path === path)?.value;
  return typeof value === "string" ? value : null;
}

/**
 * 1: the file is canonical JSON with the members of `evidence/v1` and no others.
 * @param {Uint8Array} data
 * @returns {Passed<Evidence>}
 */
export function checkEvidenceForm(data) {
  return { value: parseEvidence(data), said: sentence("1.passed", { bytes: data.length }) };
}

/**
 * 2: the record is canonical JSON with the members of version 1 and no others.
 * @param {Uint8Array} leaf
 * @returns {Passed<Record>}
 */
export function checkRecordForm(leaf) {
  const record = parseRecord(leaf);
  return { value: record, said: sentence("2.passed", { kind: record.kind, facts: record.facts }) };
}

/**
 * 3: as many facts as the record says; each disclosed one is well formed, in order of paths, none twice.
 * @param {Evidence} evidence
 * @param {Record} record
 * @returns {Passed<Facts>}
 */
export function checkFacts(evidence, record) {
  /** @type {Uint8Array[]} */
  const leafHashes = [];
  /** @type {Disclosure[]} */
  const disclosed = [];
  for (const fact of evidence.facts) {
    if (fact.problem !== null) throw fact.problem;
    leafHashes.push(fact.leafHash);
    if (fact.disclosed !== null) disclosed.push(fact.disclosed);
  }
  if (leafHashes.length !== record.facts) {
    throw new RefusedError(sentence("3.count"), {
      expected: String(record.facts),
      actual: String(leafHashes.length),
    });
  }
  // Paths are ASCII, so the order of UTF-16 units is the order of bytes.
  disclosed.forEach((one, place) => {
    const following = disclosed[place + 1];
    if (following !== undefined && one.path >= following.path) {
      throw new RefusedError(sentence("3.order"), {
        expected: `a path after ${one.path}`,
        actual: following.path,
      });
    }
  });
  const facts = { leafHashes, disclosed, withheld: leafHashes.length - disclosed.length };
  return { value: facts, said: sentence("3.passed", { disclosed: disclosed.length, withheld: facts.withheld }) };
}

/**
 * 4: the tree head over the facts is the record's commitment (RFC 9162, section 2.1.1).
 * @param {Facts} facts
 * @param {Record} record
 * @returns {Passed<null>}
 */
export function checkCommitment(facts, record) {
  const head = hexEncode(treeHead(facts.leafHashes));
  if (head !== record.commitment) {
    throw new RefusedError(sentence("4.other"), { expected: record.commitment, actual: head });
  }
  return { value: null, said: sentence("4.passed"), actual: head };
}

/**
 * 5: the log proof is a `tlog-proof@v1` that ends in a checkpoint of three lines.
 * @param {Evidence} evidence
 * @returns {Passed<Proof>}
 */
export function checkProofForm(evidence) {
  const proof = parsedProof(evidence.log);
  const note = parseNote(proof.checkpoint, "log checkpoint");
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.size === 0) throw new RefusedError(sentence("5.empty"), { expected: "1 or more" });
  const { origin, size } = checkpoint;
  return { value: { proof, note, checkpoint }, said: sentence("5.passed", { index: proof.index, size, origin }) };
}

/**
 * Unlike evidence and record, the table of section 8.1 has no other verdict for check 5 than `altered`.
 * @param {string} text
 */
function parsedProof(text) {
  try {
    return parseTlogProof(text);
  } catch (problem) {
    if (!(problem instanceof UnknownVersionError)) throw problem;
    throw new RefusedError(sentence("5.version"), { expected: "c2sp.org/tlog-proof@v1" });
  }
}

/**
 * 6: the record stands at its index (RFC 9162, section 2.1.3.2), and erases or supersedes only records before it.
 * @param {Uint8Array} leaf the record's bytes; hashed even where they can't be read as a record
 * @param {Record | null} record the record, where check 2 passed
 * @param {Proof} parsed
 * @returns {Passed<null>}
 */
export function checkInclusion(leaf, record, { proof, checkpoint }) {
  const { index, path } = proof;
  const { size, root } = checkpoint;
  verifyInclusion({ leafHash: leafHash(leaf), index, size, path, root });
  for (const verb of /** @type {const} */ (["erases", "supersedes"])) {
    const other = record === null ? null : record[verb];
    if (other !== null && other >= index) {
      throw new RefusedError(sentence("6.later", { verb }), {
        expected: `an index below ${index}`,
        actual: String(other),
      });
    }
  }
  return { value: null, said: sentence("6.passed", { index, size }), actual: root };
}
