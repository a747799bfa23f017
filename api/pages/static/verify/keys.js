// Check 13: whether the keys were good at the anchor's block time, as in ledger/verification/keys.py.
//
// A note counts if its NOTE key's notAfter and compromisedSince lie after the anchor's block time; notBefore does not
// matter, so that a later key may sign an anchored (size, root) again. Of the ANCHOR key only compromisedSince is tested:
// what the contract accepted was in window. The chain may narrow a window, never widen it or add a key.
import { RefusedError, UnansweredError } from "./errors.js";
import { noteOnChain, windowText } from "./notes.js";
import { sentence } from "./sentences.js";
import { formatInstant } from "./values.js";

/**
 * @typedef {import("./anchor.js").Anchored} Anchored
 * @typedef {import("./answers.js").ChainFacts} ChainFacts
 * @typedef {import("./notes.js").StatusNotes} StatusNotes
 * @typedef {import("./signatures.js").Issuer} Issuer
 * @typedef {import("./trust-form.js").TrustedKey} TrustedKey
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {import("./values.js").Instant} Instant
 */

/**
 * 13: NOTE and ANCHOR key were good at the anchor's block time, or by the latest time that it can have.
 * @param {TrustedKey} noteKey
 * @param {Anchored} anchored
 * @param {Issuer} issuer
 * @param {StatusNotes} notes
 * @param {ChainFacts | null} facts
 * @returns {import("./examination.js").Passed<null>}
 */
export function checkKeyWindow(noteKey, anchored, issuer, notes, facts) {
  const issued = formatInstant(issuer.trust.issuedAt);
  const latest = anchored.time ?? noteOnChain(notes, anchored.chain.genesis)?.blockTime;
  if (latest === undefined) throw new UnansweredError(sentence("13.no-time"), "cannot-check");
  const onChain = factOf(noteKey.key, "NOTE", facts);
  const ends = [noteKey.until, noteKey.compromisedSince, onChain?.notAfter, onChain?.compromisedSince];
  if (ends.some((end) => typeof end === "number" && end <= latest)) {
    if (anchored.time === null) {
      throw new UnansweredError(sentence("13.perhaps"), "cannot-check", "trust-file");
    }
    throw outOfWindow("13.ended", issued, noteKey, latest);
  }
  if (anchored.keyId === null) {
    const said = sentence("13.note-key", { issued });
    return { value: null, said, actual: windowText(noteKey), source: "trust-file" };
  }
  checkAnchorKey(anchored.keyId, latest, issuer, facts);
  const said = sentence("13.passed", { when: formatInstant(latest), issued });
  return { value: null, said, source: "trust-file" };
}

/**
 * @param {Hex} keyId
 * @param {Instant} time
 * @param {Issuer} issuer
 * @param {ChainFacts | null} facts
 */
function checkAnchorKey(keyId, time, issuer, facts) {
  const issued = formatInstant(issuer.trust.issuedAt);
  const trusted = issuer.log.anchorKeys.find(({ key }) => key === keyId);
  if (trusted === undefined) {
    throw new RefusedError(sentence("13.unknown", { issued }), {
      demands: "unknown-issuer",
      actual: keyId,
      source: "trust-file",
    });
  }
  const since = [trusted.compromisedSince, factOf(keyId, "ANCHOR", facts)?.compromisedSince];
  if (since.some((moment) => typeof moment === "number" && moment <= time)) {
    throw outOfWindow("13.compromised", issued, trusted, time);
  }
}

/**
 * The chain's state of a key; null where the chain was not asked.
 * @param {Hex} keyId
 * @param {"NOTE" | "ANCHOR"} role
 * @param {ChainFacts | null} facts
 */
function factOf(keyId, role, facts) {
  if (facts === null) return null;
  const fact = facts.keys.find((key) => key.keyId === keyId && key.role === role);
  if (fact === undefined) {
    throw new RefusedError(sentence("13.not-on-chain", { role }), {
      demands: "unknown-issuer",
      actual: keyId,
      source: "chain",
    });
  }
  return fact;
}

/**
 * @param {string} code
 * @param {string} issued
 * @param {TrustedKey} key
 * @param {Instant} time
 */
function outOfWindow(code, issued, key, time) {
  return new RefusedError(sentence(code, { issued }), {
    demands: "unknown-issuer",
    expected: windowText(key),
    actual: formatInstant(time),
    source: "trust-file",
  });
}
