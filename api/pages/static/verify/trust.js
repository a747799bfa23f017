// Which trust file to believe, as in ledger/records/trust.py: the first by its digest, each next by a quorum of the
// signers of the one before it.
import { hexEncode, utf8 } from "./encodings.js";
import { EvidenceError } from "./errors.js";
import { matches, parseNote, verifySignature } from "./note.js";
import { sentence } from "./sentences.js";
import { sha256 } from "./sha256.js";
import { parseTrustText } from "./trust-form.js";

/**
 * @typedef {import("./note.js").SignedNote} SignedNote
 * @typedef {import("./trust-form.js").Signers} Signers
 * @typedef {import("./trust-form.js").TrustFile} TrustFile
 * @typedef {import("./values.js").Hex} Hex
 */

/**
 * SHA-256 of a trust note's text: how a first file is known, and what the next one names as `previous`.
 * @param {string} note the signed note
 * @returns {Hex}
 */
export function trustDigest(note) {
  return hexEncode(sha256(utf8(parseNote(note, "trust").text)));
}

/**
 * Read a trust note that the reader chose to believe.
 *
 * Without `previous` and `digest` this proves only that the note is whole: a quorum of the signers that it names itself
 * signed it. Whether those are the right ones is for who gave it to the reader to answer.
 * @param {string} note the signed note
 * @param {{previous?: string | null, digest?: Hex | null}} [known] the note that this reader believed until now, which
 *   the note must follow or be; the digest of the note's text, where the reader knows it from elsewhere
 * @returns {Promise<TrustFile>}
 * @throws {import("./errors.js").FormatError} the note or its text is malformed
 * @throws {EvidenceError} another digest, another sequence, or too few signatures
 * @throws {import("./errors.js").UnansweredError} this engine has no Ed25519: see `readTrustUnverified`
 */
export async function readTrust(note, { previous = null, digest = null } = {}) {
  const signed = parseNote(note, "trust");
  const trust = parseTrustText(signed.text);
  const actual = hexEncode(sha256(utf8(signed.text)));
  if (digest !== null && actual !== digest) {
    throw new EvidenceError(sentence("trust.digest"), { expected: digest, actual });
  }
  if (previous === null || actual === trustDigest(previous)) {
    if (digest === null) await checkQuorum(signed, trust.signers);
    return trust;
  }
  const before = parseTrustText(parseNote(previous, "trust").text);
  if (trust.sequence <= before.sequence) {
    throw new EvidenceError(sentence("trust.older"), {
      expected: String(before.sequence + 1),
      actual: String(trust.sequence),
    });
  }
  if (trust.sequence !== before.sequence + 1 || trust.previous !== trustDigest(previous)) {
    throw new EvidenceError(sentence("trust.gap"), {
      expected: `${before.sequence + 1} after ${trustDigest(previous)}`,
      actual: `${trust.sequence} after ${trust.previous ?? "none"}`,
    });
  }
  await checkQuorum(signed, before.signers);
  return trust;
}

/**
 * Read a trust note without asking who signed it: for an engine without Ed25519, where no signature can be checked and
 * so no verdict is better than `cannot-check`.
 * @param {string} note the signed note
 * @returns {TrustFile}
 */
export function readTrustUnverified(note) {
  return parseTrustText(parseNote(note, "trust").text);
}

/**
 * Enough distinct signers signed; every line by one of them must verify, lines by others don't count.
 * @param {SignedNote} note
 * @param {Signers} signers
 */
async function checkQuorum(note, signers) {
  const signed = signers.keys.filter((vkey) => note.signatures.some((signature) => matches(signature, vkey)));
  for (const vkey of signed) await verifySignature(note, vkey);
  if (signed.length < signers.quorum) {
    throw new EvidenceError(sentence("trust.quorum"), {
      expected: String(signers.quorum),
      actual: String(signed.length),
    });
  }
}
