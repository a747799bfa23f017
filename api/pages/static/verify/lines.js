// Lines of a note's text, as in ledger/records/lines.py: each a strict text form, taken in order.
import { b64Decode, hexDecode, hexEncode } from "./encodings.js";
import { FormatError } from "./errors.js";
import { quoted } from "./text.js";
import { MAX_INTEGER } from "./values.js";

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * Exactly `count` lines, each ended by a newline.
 * @param {string} text
 * @param {number} count
 * @param {string} where
 * @throws {FormatError} more or fewer, or the last one isn't ended
 */
export function splitLines(text, count, where) {
  const lines = text.split("\n");
  if (lines.length !== count + 1 || lines.pop() !== "") {
    throw new FormatError(`A ${where} has exactly ${count} lines.`, where);
  }
  return lines;
}

/**
 * An integer from 0 to 2^53 - 1 without leading zeros.
 * @param {string} text
 * @param {string} where
 * @throws {FormatError} another form, or beyond
 */
export function decimal(text, where) {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!(value <= MAX_INTEGER)) throw new FormatError(`${quoted(text)} is not a decimal from 0 to 2^53 - 1.`, where);
  return value;
}

/**
 * A tree's head, in base64 on the line, in hex here.
 * @param {string} text
 * @param {string} where
 */
export function root(text, where) {
  return hexEncode(b64Decode(text, 32, where));
}

/**
 * So many bytes in hex; they stay hex.
 * @param {string} text
 * @param {string} where
 * @param {number} [length]
 */
export function hexLine(text, where, length = 32) {
  hexDecode(text, length, where);
  return text;
}
