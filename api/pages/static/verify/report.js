// The nineteen numbered checks, their rows, and the one place where rows become a verdict, as in
// ledger/verification/{report,verdict}.py. Numbers and names are those of formats.md, section 8.1.

/**
 * @typedef {import("./errors.js").Source} Source
 * @typedef {import("./sentences.js").Said} Said
 * @typedef {"passed" | "failed" | "not-run"} Outcome
 * @typedef {object} Row one check of the report, while it is made
 * @property {number} number 1 to 19
 * @property {Outcome} outcome
 * @property {Said} said what was found, or why it was not run
 * @property {string | null} expected
 * @property {string | null} actual
 * @property {Source} source
 * @property {string | null} demands the verdict that this row asks for, or null where it asks for none
 *
 * @typedef {object} RowJson one check as JSON; what is not there is left out
 * @property {number} number
 * @property {string} name
 * @property {Outcome} outcome
 * @property {string} text the sentence in English, the same as Python's
 * @property {string} code its code, for translation
 * @property {import("./sentences.js").Parameters} parameters
 * @property {Source} source
 * @property {string} [expected]
 * @property {string} [actual]
 *
 * @typedef {object} ReportJson what Report.to_json of Python gives, and the sentences' codes beside their text
 * @property {string} verdict
 * @property {string} [asOf]
 * @property {RowJson[]} checks
 * @property {{[name: string]: string | number | boolean}} about
 * @property {string[]} notes
 * @property {Said[]} said the notes with their codes
 * @property {{[name: string]: unknown}} [answers]
 */

export const CHECK_NAMES = [
  "evidence-form",
  "record-form",
  "facts",
  "commitment",
  "proof-form",
  "inclusion",
  "issuer",
  "signatures",
  "witnesses",
  "anchor",
  "fork",
  "era",
  "key-window",
  "status-proof",
  "status",
  "in-force",
  "document",
  "number",
  "other-formats",
];

/** The first that a row demands is the verdict: bad news that is proved is never hidden behind what could not be checked. */
const PRECEDENCE = [
  "altered",
  "unknown-issuer",
  "revoked",
  "superseded",
  "suspended",
  "expired",
  "cannot-check",
  "not-anchored-yet",
  "erased",
  "not-yet-in-force",
];

/** Checks without which nothing is valid; 11, 17 and 18 are asked for or not, and 19 is never an error. */
const ALWAYS_REQUIRED = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16];

/**
 * The verdict of nineteen rows.
 * @param {Row[]} rows
 * @param {number[]} asked checks that this verification asked for beyond those that are always required
 */
export function deriveVerdict(rows, asked) {
  const demanded = PRECEDENCE.find((verdict) => rows.some((row) => row.demands === verdict));
  if (demanded !== undefined) return demanded;
  const passed = new Set(rows.filter((row) => row.outcome === "passed").map((row) => row.number));
  return [...ALWAYS_REQUIRED, ...asked].every((number) => passed.has(number)) ? "valid" : "cannot-check";
}

/**
 * @param {Row} row
 * @returns {RowJson}
 */
export function rowToJson({ number, outcome, said, expected, actual, source }) {
  return {
    number,
    name: CHECK_NAMES[number - 1],
    outcome,
    text: said.text,
    code: said.code,
    parameters: said.parameters,
    source,
    ...(expected === null ? {} : { expected }),
    ...(actual === null ? {} : { actual }),
  };
}
