// Checks 7 to 9: whose log it is, who signed its checkpoint, and which witnesses saw it, as in
// ledger/verification/signatures.py.
import { RefusedError } from "./errors.js";
import { COSIGNATURE, matches, verifyCosignature, verifySignature } from "./note.js";
import { parseOrigin } from "./origin.js";
import { sentence } from "./sentences.js";
import { formatInstant } from "./values.js";

/**
 * @typedef {import("./form.js").Proof} Proof
 * @typedef {import("./note.js").SignedNote} SignedNote
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./trust-form.js").TrustedKey} TrustedKey
 * @typedef {import("./trust-form.js").TrustedLog} TrustedLog
 * @typedef {import("./trust-form.js").TrustFile} TrustFile
 * @typedef {{trust: TrustFile, log: TrustedLog}} Issuer the log as the reader's trust file has it
 */

/**
 * @template T
 * @typedef {import("./examination.js").Passed<T>} Passed
 */

/**
 * 7: the trust file knows the log, and record, origin and trust file name the same agency.
 * @param {TrustFile | null} trust
 * @param {Record} record
 * @param {Proof} proof
 * @returns {Passed<Issuer>}
 */
export function checkIssuer(trust, record, proof) {
  const { origin } = proof.checkpoint;
  if (trust === null) {
    throw new RefusedError(sentence("7.no-trust"), { demands: "unknown-issuer", actual: origin });
  }
  const issued = formatInstant(trust.issuedAt);
  const log = trust.logs.find((known) => known.origin === origin);
  if (log === undefined) {
    throw new RefusedError(sentence("7.unknown", { issued }), {
      demands: "unknown-issuer",
      actual: origin,
      source: "trust-file",
    });
  }
  const { agency } = parseOrigin(origin);
  if (record.agency !== agency || agency !== log.agency) {
    throw new RefusedError(sentence("7.agencies"), {
      expected: log.agency,
      actual: `${record.agency} in the record, ${agency} in the log's name`,
      source: "trust-file",
    });
  }
  return { value: { trust, log }, said: sentence("7.passed", { origin, agency, issued }), source: "trust-file" };
}

/**
 * 8: exactly one line is by a note key of the log and verifies; every other line is by one of its witnesses.
 * @param {SignedNote} note
 * @param {Issuer} issuer
 * @returns {Promise<Passed<TrustedKey>>} the note key; whether it was in its window is check 13
 */
export async function checkSignatures(note, { log }) {
  const signedBy = [];
  for (const signature of note.signatures) {
    const mine = log.noteKeys.filter(({ vkey }) => vkey !== null && matches(signature, vkey));
    signedBy.push(...mine);
    if (mine.length === 0 && !log.witnesses.some((witness) => matches(signature, witness))) {
      throw new RefusedError(sentence("8.unknown"), {
        demands: "unknown-issuer",
        actual: `${signature.name}+${signature.keyId}`,
        source: "trust-file",
      });
    }
  }
  const vkey = signedBy[0]?.vkey ?? null;
  if (signedBy.length !== 1 || vkey === null) {
    throw new RefusedError(sentence("8.one"), {
      expected: "1",
      actual: String(signedBy.length),
      source: "trust-file",
    });
  }
  await verifySignature(note, vkey);
  return { value: signedBy[0], said: sentence("8.passed"), actual: vkey.text, source: "trust-file" };
}

/**
 * 9: every cosignature verifies, and distinct witness keys reach the log's quorum.
 * @param {SignedNote} note
 * @param {Issuer} issuer
 * @returns {Promise<Passed<number>>}
 */
export async function checkWitnesses(note, { log }) {
  const seen = new Set();
  for (const witness of log.witnesses) {
    if (note.signatures.some((signature) => matches(signature, witness))) {
      if (witness.algorithm !== COSIGNATURE) throw new RefusedError(sentence("9.kind"), { actual: witness.text });
      await verifyCosignature(note, witness);
      seen.add(witness.publicKey);
    }
  }
  const [count, quorum] = [seen.size, log.quorum];
  if (count < quorum) {
    throw new RefusedError(sentence("9.few"), {
      demands: "cannot-check",
      expected: String(quorum),
      actual: String(count),
      source: "trust-file",
    });
  }
  const code = quorum === 0 ? "9.none-asked" : "9.passed";
  return { value: count, said: sentence(code, { count, quorum }), source: "trust-file" };
}
