// Canonical JSON (RFC 8785) as Sillok narrows it, as in ledger/hashing/canonical.py: no floats, no null, nesting of at
// most 16, integers of 53 bits. The bytes must equal the RFC 8785 form of what was parsed.
import { FormatError } from "./errors.js";
import { hasLoneSurrogate } from "./text.js";
import { MAX_INTEGER } from "./values.js";

/** @typedef {{[name: string]: unknown}} JsonObject */

/** Arrays and objects nest at most this deep. */
export const MAX_DEPTH = 16;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parse canonical JSON.
 * @param {Uint8Array} data
 * @param {number} limit the most bytes that this format allows
 * @param {string} where what is parsed, for the error
 * @returns {unknown} a tree of strings, booleans, integers, arrays and objects
 * @throws {FormatError} too long, not JSON, outside of what the format takes, or not in canonical form
 */
export function parseCanonical(data, limit, where) {
  const text = decodeUtf8(data, limit, where);
  const value = loadJson(text, where);
  if (encodeCanonical(value, where) !== text) {
    throw new FormatError("The JSON is not in canonical form (RFC 8785).", where);
  }
  return value;
}

/**
 * UTF-8 text of bytes from a stranger.
 * @param {Uint8Array} data
 * @param {number} limit
 * @param {string | null} where
 */
export function decodeUtf8(data, limit, where) {
  if (data.length > limit) {
    throw new FormatError(`${data.length} bytes are too many; at most ${limit} are read.`, where);
  }
  try {
    return DECODER.decode(data);
  } catch {
    throw new FormatError("This is not JSON of integers, strings, booleans, lists and objects.", where);
  }
}

/**
 * Parse JSON without comparing it with its canonical form: the result alone proves nothing about the bytes.
 * @param {string} text
 * @param {string | null} where
 * @returns {unknown}
 */
export function loadJson(text, where) {
  if (depthOf(text) > MAX_DEPTH) throw new FormatError(`The JSON nests deeper than ${MAX_DEPTH}.`, where);
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError("This is not JSON of integers, strings, booleans, lists and objects.", where);
  }
}

/**
 * The RFC 8785 form of a value.
 * @param {unknown} value
 * @param {string | null} where
 * @throws {FormatError} a float, null, an integer beyond 2^53 - 1, U+0000, a lone surrogate, or nesting deeper than 16
 */
export function encodeCanonical(value, where) {
  checkJson(value, MAX_DEPTH, where);
  return write(value);
}

/**
 * Whether a parsed value is an object with named members.
 * @param {unknown} value
 * @returns {value is JsonObject}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A member of a parsed object; undefined where it is not there. Never one that JavaScript gives every object.
 * @param {JsonObject} members
 * @param {string} name
 */
export function member(members, name) {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/**
 * Refuse U+0000 and lone surrogates: neither survives every reader.
 * @param {string} text
 * @param {string | null} where
 */
export function checkText(text, where) {
  if (text.includes("\0")) throw new FormatError("A string holds U+0000.", where);
  if (hasLoneSurrogate(text)) throw new FormatError("A string holds a lone surrogate.", where);
}

/** @param {string} text */
function depthOf(text) {
  let depth = 0;
  let deepest = 0;
  for (let place = 0; place < text.length; place += 1) {
    const character = text[place];
    if (character === '"') {
      place = endOfString(text, place);
    } else if (character === "[" || character === "{") {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === "]" || character === "}") {
      depth -= 1;
    }
  }
  return deepest;
}

/**
 * @param {string} text
 * @param {number} start of the opening quote
 */
function endOfString(text, start) {
  for (let place = start + 1; place < text.length; place += 1) {
    if (text[place] === "\\") place += 1;
    else if (text[place] === '"') return place;
  }
  return text.length;
}

/**
 * @param {unknown} value
 * @param {number} depth how many levels may follow
 * @param {string | null} where
 */
function checkJson(value, depth, where) {
  if (typeof value === "string") {
    checkText(value, where);
  } else if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new FormatError("A number is no integer.", where);
    if (Math.abs(value) > MAX_INTEGER) throw new FormatError("An integer is beyond 2^53 - 1.", where);
  } else if (typeof value !== "boolean") {
    if (typeof value !== "object" || value === null) throw new FormatError("NoneType has no place in this JSON.", where);
    if (depth === 0) throw new FormatError(`The JSON nests deeper than ${MAX_DEPTH}.`, where);
    if (!Array.isArray(value)) Object.keys(value).forEach((name) => checkText(name, where));
    for (const item of Object.values(value)) checkJson(item, depth - 1, where);
  }
}

/**
 * `JSON.stringify` writes strings and integers as RFC 8785 does; members are sorted by UTF-16 units, as `sort` does.
 * @param {unknown} value
 * @returns {string}
 */
function write(value) {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${write(value[name])}`);
  return `{${members.join(",")}}`;
}
