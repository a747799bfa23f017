// What the verifier throws on purpose, as in ledger/errors.py and ledger/verification/examination.py.
import { sentence } from "./sentences.js";

/**
 * @typedef {import("./sentences.js").Said} Said
 * @typedef {"this-device" | "trust-file" | "office" | "chain" | "service"} Source whose word a row is
 * @typedef {{expected?: string | null, actual?: string | null, source?: Source}} Beside
 */

/** Base of everything that is thrown here on purpose; `said` is the sentence with its code for translation. */
export class SillokError extends Error {
  /** @param {Said} said */
  constructor(said) {
    super(said.text);
    this.said = said;
  }
}

/** Bytes or text of a frozen format that are not well formed. */
export class FormatError extends SillokError {
  /**
   * @param {string} what one sentence
   * @param {string | null} [where] the place in the input
   */
  constructor(what, where = null) {
    super(sentence(where === null ? "malformed" : "malformed-at", where === null ? { what } : { where, what }));
  }
}

/** A version of a frozen format that this program does not know; never a reason to call anything altered. */
export class UnknownVersionError extends FormatError {
  /**
   * @param {string} what
   * @param {string | null} [where]
   */
  constructor(what, where = null) {
    super(what, where);
    this.what = what;
  }
}

/** A proof does not hold. */
export class EvidenceError extends SillokError {
  /**
   * @param {Said} said
   * @param {Beside} [beside] what the proof claims and what was computed
   */
  constructor(said, { expected = null, actual = null } = {}) {
    super(said);
    this.expected = expected;
    this.actual = actual;
  }
}

/** The evidence does not hold; `demands` is the verdict that formats.md, section 8.1, gives for it. */
export class RefusedError extends EvidenceError {
  /**
   * @param {Said} said
   * @param {Beside & {demands?: string}} [beside]
   */
  constructor(said, { demands = "altered", expected = null, actual = null, source = "this-device" } = {}) {
    super(said, { expected, actual });
    this.demands = demands;
    this.source = source;
  }
}

/** It cannot be told; `demands` is the verdict that this leads to, or null where it was not asked. */
export class UnansweredError extends SillokError {
  /**
   * @param {Said} said
   * @param {string | null} demands
   * @param {Source} [source]
   */
  constructor(said, demands, source = "this-device") {
    super(said);
    this.demands = demands;
    this.source = source;
  }
}
