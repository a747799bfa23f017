// The office's signed notes in evidence, verified once before the checks that rest on them, as in
// ledger/verification/notes.py: check 10 needs to know that a status note holds, and 14 reports why one does not.
import { RefusedError, SillokError, UnansweredError } from "./errors.js";
import { STATUS_NOTE, parseNotePart } from "./evidence.js";
import { matches, parseNote, verifySignature } from "./note.js";
import { parseAnchorNote, parseStatusNote } from "./office-notes.js";
import { sentence } from "./sentences.js";
import { formatInstant } from "./values.js";

/**
 * @typedef {import("./evidence.js").Part} Part
 * @typedef {import("./form.js").Proof} Proof
 * @typedef {import("./note.js").SignedNote} SignedNote
 * @typedef {import("./office-notes.js").AnchorNote} AnchorNote
 * @typedef {import("./office-notes.js").StatusNote} StatusNote
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./signatures.js").Issuer} Issuer
 * @typedef {import("./trust-form.js").TrustedKey} TrustedKey
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {{verified: StatusNote[], fault: SillokError | null}} StatusNotes
 *   those that verified, newest last; or why one of them did not, and then none counts
 */

/**
 * The note of the highest block; null where there is none.
 * @param {StatusNotes} notes
 */
export function newestNote(notes) {
  return notes.verified.at(-1) ?? null;
}

/**
 * The newest note about this chain; null where there is none.
 * @param {StatusNotes} notes
 * @param {import("./values.js").Hex} genesis
 */
export function noteOnChain(notes, genesis) {
  return notes.verified.findLast((note) => note.genesis === genesis) ?? null;
}

/**
 * Verify every `note/v1` part; each that is there must verify.
 * @param {Part[]} parts
 * @param {Record} record
 * @param {Proof} proof
 * @param {Issuer} issuer
 * @returns {Promise<StatusNotes>}
 */
export async function readStatusNotes(parts, record, proof, issuer) {
  const verified = [];
  try {
    for (const part of parts) {
      if (part.format === STATUS_NOTE) verified.push(await statusNote(part, record, proof, issuer));
    }
  } catch (fault) {
    if (fault instanceof SillokError) return { verified: [], fault };
    throw fault;
  }
  verified.sort((one, other) => one.blockNumber - other.blockNumber || one.blockTime - other.blockTime);
  return { verified, fault: null };
}

/**
 * @param {Part} part
 * @param {Record} record
 * @param {Proof} proof
 * @param {Issuer} issuer
 */
async function statusNote(part, record, proof, issuer) {
  const signed = parseNote(parseNotePart(part, "status"), "status note");
  // Signed before read: a version that nobody signed is an edited note, and not one of a later version.
  const key = await signedBy(signed, issuer, "status note");
  const note = parseStatusNote(signed.text);
  const { origin } = proof.checkpoint;
  if (note.origin !== origin || note.index !== proof.proof.index) {
    throw new RefusedError(sentence("note.record"), {
      expected: `${origin} ${proof.proof.index}`,
      actual: `${note.origin} ${note.index}`,
    });
  }
  if ((note.batchStatus === null) !== (record.batch === null)) {
    throw new RefusedError(sentence("note.batch"), {
      expected: record.batch === null ? "none" : `a status of batch ${record.batch}`,
      actual: note.batchStatus ?? "none",
    });
  }
  checkWindow(key, note.blockTime, "status note");
  const chain = issuer.trust.chains.find(({ genesis }) => genesis === note.genesis);
  if (chain === undefined || !issuer.log.chains.includes(note.genesis)) {
    throw new UnansweredError(sentence("note.chain"), "cannot-check", "trust-file");
  }
  if (chain.chainId !== note.chainId) {
    throw new RefusedError(sentence("note.chain-id"), {
      expected: String(chain.chainId),
      actual: String(note.chainId),
      source: "trust-file",
    });
  }
  return note;
}

/**
 * Verify an `anchor-note/v1` part.
 * @param {Part} part
 * @param {Issuer} issuer
 * @param {Instant} moment at which its key must be in window
 * @returns {Promise<AnchorNote>}
 * @throws {RefusedError} not signed by exactly one receipt key of the log that is in window
 */
export async function readAnchorNote(part, issuer, moment) {
  const signed = parseNote(parseNotePart(part, "chain"), "anchor note");
  const key = await signedBy(signed, issuer, "anchor note");
  const note = parseAnchorNote(signed.text);
  checkWindow(key, moment, "anchor note");
  return note;
}

/**
 * The receipt key of the log whose signature is the note's only one, and verifies.
 * @param {SignedNote} note
 * @param {Issuer} issuer
 * @param {string} what
 */
async function signedBy(note, issuer, what) {
  const [key] = issuer.log.receiptKeys.filter(
    ({ vkey }) => vkey !== null && note.signatures.some((signature) => matches(signature, vkey)),
  );
  if (key === undefined || key.vkey === null) {
    throw new RefusedError(sentence("note.unknown", { note: what }), {
      demands: "unknown-issuer",
      actual: note.signatures[0].name,
      source: "trust-file",
    });
  }
  if (note.signatures.length !== 1) {
    throw new RefusedError(sentence("note.one", { note: what }), {
      expected: "1",
      actual: String(note.signatures.length),
    });
  }
  await verifySignature(note, key.vkey);
  return key;
}

/**
 * Refuse a key that was not in its window [from, until) at `moment`, or compromised by then.
 * @param {TrustedKey} key
 * @param {Instant} moment
 * @param {string} what
 */
function checkWindow(key, moment, what) {
  const compromised = key.compromisedSince !== null && moment >= key.compromisedSince;
  const inside = key.from <= moment && (key.until === null || moment < key.until);
  if (compromised || !inside) {
    throw new RefusedError(sentence("note.window", { note: what }), {
      demands: "unknown-issuer",
      expected: windowText(key),
      actual: formatInstant(moment),
      source: "trust-file",
    });
  }
}

/**
 * A key's window in words.
 * @param {TrustedKey} key
 */
export function windowText(key) {
  const until = key.until === null ? "" : ` until ${formatInstant(key.until)}`;
  const since = key.compromisedSince === null ? "" : `, compromised since ${formatInstant(key.compromisedSince)}`;
  return `from ${formatInstant(key.from)}${until}${since}`;
}
