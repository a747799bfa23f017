// Checks 17 to 19: the document and the number in somebody's hand, and what this program could not run, as in
// ledger/verification/document.py.
import { NUMBER_PATH, SHA256_PATH } from "./disclosure.js";
import { RefusedError, UnansweredError } from "./errors.js";
import { ANCHOR_NOTE, CONSISTENCY, REFERENCE, STATUS_NOTE } from "./evidence.js";
import { textAt } from "./form.js";
import { sentence } from "./sentences.js";
import { head } from "./text.js";

/**
 * @typedef {import("./evidence.js").Evidence} Evidence
 * @typedef {import("./evidence.js").PartList} PartList
 * @typedef {import("./form.js").Facts} Facts
 * @typedef {import("./examination.js").Passed<null>} Nothing
 */

/**
 * What this program can run, by member of the evidence.
 * @type {Readonly<Record<PartList, string[]>>}
 */
const KNOWN_FORMATS = {
  chain: [REFERENCE, ANCHOR_NOTE],
  status: [STATUS_NOTE],
  keys: [],
  tokens: [],
  renewals: [CONSISTENCY],
};

/**
 * 17: the SHA-256 of the file is the disclosed `document.sha256`.
 * @param {import("./values.js").Hex | null} given
 * @param {Facts} facts
 * @param {boolean} erased
 * @returns {Nothing}
 */
export function checkDocument(given, facts, erased) {
  if (given === null) {
    if (erased && facts.withheld > 0) throw new UnansweredError(sentence("17.none-erased"), "erased");
    throw new UnansweredError(sentence("17.none"), null);
  }
  const claimed = disclosedText(SHA256_PATH, facts, erased);
  if (claimed !== given) throw new RefusedError(sentence("17.other"), { expected: claimed, actual: given });
  return { value: null, said: sentence("17.passed"), actual: given };
}

/**
 * 18: the number asked for is the disclosed `certificate.number`.
 * @param {string | null} number
 * @param {Facts} facts
 * @param {boolean} erased
 * @returns {Nothing}
 */
export function checkNumber(number, facts, erased) {
  if (number === null) throw new UnansweredError(sentence("18.none"), null);
  const claimed = disclosedText(NUMBER_PATH, facts, erased);
  if (claimed !== number) throw new RefusedError(sentence("18.other"), { expected: number, actual: claimed });
  return { value: null, said: sentence("18.passed"), actual: number };
}

/**
 * @param {string} path
 * @param {Facts} facts
 * @param {boolean} erased
 */
function disclosedText(path, facts, erased) {
  const text = textAt(facts, path);
  if (text !== null) return text;
  if (facts.withheld > 0 && erased) throw new UnansweredError(sentence("fact.erased", { path }), "erased");
  const code = facts.withheld > 0 ? "fact.withheld" : "fact.absent";
  throw new UnansweredError(sentence(code, { path }), "cannot-check");
}

/**
 * 19: names every part that this program doesn't know; that is never an error.
 * @param {Evidence} evidence
 * @returns {Nothing}
 */
export function checkOtherFormats({ parts }) {
  const lists = /** @type {PartList[]} */ (Object.keys(KNOWN_FORMATS));
  const strange = lists.flatMap((list) =>
    parts[list]
      .filter(({ format }) => !KNOWN_FORMATS[list].includes(format))
      .map(({ format }) => `${list}: ${head(format, 40)}`),
  );
  if (strange.length > 0) {
    throw new UnansweredError(sentence("19.unknown", { formats: strange.join(", ") }), null);
  }
  return { value: null, said: sentence("19.passed") };
}
