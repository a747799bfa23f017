// Facts and their salted disclosures `b64u(JCS([salt, path, value]))`, as in ledger/records/disclosure.py.
import { checkText, decodeUtf8, encodeCanonical, loadJson } from "./canonical.js";
import { b64uDecode, utf8 } from "./encodings.js";
import { FormatError } from "./errors.js";
import { leafHash } from "./merkle.js";
import { parseNumber } from "./number.js";
import { quoted } from "./text.js";
import { MAX_INTEGER } from "./values.js";

/**
 * @typedef {string | boolean | number} FactValue
 * @typedef {{text: string, path: string, value: FactValue, leafHash: Uint8Array}} Disclosure `text` is what was hashed
 */

export const SHA256_PATH = "document.sha256";
export const NUMBER_PATH = "certificate.number";

const SALT_BYTES = 16;
const MAX_PATH = 64;
const MAX_VALUE_BYTES = 4096;
const LIMIT = 64 + 6 * MAX_VALUE_BYTES + MAX_PATH;
const PATH = /^[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Read a disclosure.
 * @param {string} text
 * @param {string | null} [where]
 * @returns {Disclosure}
 * @throws {FormatError} not exactly the text that the format gives for what it holds
 */
export function parseDisclosure(text, where = null) {
  const json = decodeUtf8(b64uDecode(text, null, where), LIMIT, where);
  const value = loadJson(json, where);
  if (!Array.isArray(value) || value.length !== 3) throw noDisclosure(where);
  const [salt, path, fact] = value;
  if (typeof salt !== "string" || typeof path !== "string" || !isFactValue(fact)) throw noDisclosure(where);
  b64uDecode(salt, SALT_BYTES, where);
  checkFact(path, fact, where);
  if (encodeCanonical(value, where) !== json) {
    throw new FormatError("The disclosure is not in canonical form (RFC 8785).", where);
  }
  return { text, path, value: fact, leafHash: leafHash(utf8(text)) };
}

/** @param {string | null} where */
function noDisclosure(where) {
  return new FormatError("A disclosure is a list of salt, path and value.", where);
}

/**
 * @param {unknown} value
 * @returns {value is FactValue}
 */
function isFactValue(value) {
  return typeof value === "string" || typeof value === "boolean" || Number.isInteger(value);
}

/**
 * Refuse a fact that the format doesn't allow.
 * @param {string} path
 * @param {FactValue} value
 * @param {string | null} where
 */
function checkFact(path, value, where) {
  if (path.length > MAX_PATH || !PATH.test(path)) {
    throw new FormatError(`${quoted(path, MAX_PATH)} is not the path of a fact.`, where);
  }
  const place = where ?? path;
  if (typeof value === "string") {
    checkText(value, place);
    if (utf8(value).length > MAX_VALUE_BYTES) {
      throw new FormatError(`A text is longer than ${MAX_VALUE_BYTES} bytes of UTF-8.`, place);
    }
  } else if (typeof value === "number" && Math.abs(value) > MAX_INTEGER) {
    throw new FormatError("An integer is beyond 2^53 - 1.", place);
  }
  if (path === SHA256_PATH && !(typeof value === "string" && value.length === 64 && SHA256.test(value))) {
    throw new FormatError("document.sha256 is not 64 lower-case hex digits.", place);
  }
  if (path === NUMBER_PATH) {
    if (typeof value !== "string") throw new FormatError("certificate.number is not a string.", place);
    parseNumber(value);
  }
}
