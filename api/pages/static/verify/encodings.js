// Strict text forms of bytes, as in ledger/hashing/encodings.py: each accepts exactly one text for a value.
import { FormatError } from "./errors.js";

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ENCODER = new TextEncoder();

/**
 * UTF-8 of a text without lone surrogates.
 * @param {string} text
 */
export function utf8(text) {
  return ENCODER.encode(text);
}

/**
 * Join byte strings.
 * @param {...Uint8Array} parts
 */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    joined.set(part, place);
    place += part.length;
  }
  return joined;
}

/**
 * Lower-case hex, two digits a byte, no `0x`.
 * @param {Uint8Array} data
 */
export function hexEncode(data) {
  let text = "";
  for (const byte of data) text += byte.toString(16).padStart(2, "0");
  return text;
}

/**
 * Decode lower-case hex.
 * @param {string} text
 * @param {number | null} [length] number of bytes that must come out, if it is fixed
 * @param {string | null} [where]
 * @throws {FormatError} a character that is no lower-case hex digit, or another length
 */
export function hexDecode(text, length = null, where = null) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new FormatError("This is not lower-case hex.", where);
  }
  const data = new Uint8Array(text.length / 2);
  for (let place = 0; place < data.length; place += 1) {
    data[place] = Number.parseInt(text.slice(2 * place, 2 * place + 2), 16);
  }
  return ofLength(data, length, where);
}

/**
 * base64url without padding (RFC 4648, section 5).
 * @param {Uint8Array} data
 */
export function b64uEncode(data) {
  return encodeWith(URL_SAFE, data);
}

/**
 * Decode base64url without padding.
 * @param {string} text
 * @param {number | null} [length]
 * @param {string | null} [where]
 * @throws {FormatError} another alphabet, padding, altered trailing bits, or another length
 */
export function b64uDecode(text, length = null, where = null) {
  const data = decodeWith(URL_SAFE, text);
  if (data === null || b64uEncode(data) !== text) {
    throw new FormatError("This is not base64url without padding.", where);
  }
  return ofLength(data, length, where);
}

/**
 * Standard base64 with padding (RFC 4648, section 4).
 * @param {Uint8Array} data
 */
export function b64Encode(data) {
  return encodeWith(STANDARD, data) + "=".repeat((3 - (data.length % 3)) % 3);
}

/**
 * Decode standard base64 with padding.
 * @param {string} text
 * @param {number | null} [length]
 * @param {string | null} [where]
 * @throws {FormatError} another alphabet, wrong padding, altered trailing bits, or another length
 */
export function b64Decode(text, length = null, where = null) {
  const data = decodeWith(STANDARD, text.replace(/={1,2}$/, ""));
  if (data === null || b64Encode(data) !== text) throw new FormatError("This is not base64 with padding.", where);
  return ofLength(data, length, where);
}

/**
 * @param {string} alphabet
 * @param {Uint8Array} data
 */
function encodeWith(alphabet, data) {
  let text = "";
  let place = 0;
  for (; place + 2 < data.length; place += 3) {
    const three = (data[place] << 16) | (data[place + 1] << 8) | data[place + 2];
    text += alphabet[three >> 18] + alphabet[(three >> 12) & 63] + alphabet[(three >> 6) & 63] + alphabet[three & 63];
  }
  const left = data.length - place;
  if (left > 0) {
    const bits = (data[place] << 16) | (left === 2 ? data[place + 1] << 8 : 0);
    text += alphabet[bits >> 18] + alphabet[(bits >> 12) & 63] + (left === 2 ? alphabet[(bits >> 6) & 63] : "");
  }
  return text;
}

/**
 * Null where a character is not of the alphabet. Trailing bits are dropped: the callers compare with the re-encoding.
 * @param {string} alphabet
 * @param {string} text
 */
function decodeWith(alphabet, text) {
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let place = 0;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      data[place] = (bits >> held) & 0xff;
      place += 1;
    }
  }
  return data;
}

/**
 * @param {Uint8Array} data
 * @param {number | null} length
 * @param {string | null} where
 */
function ofLength(data, length, where) {
  if (length !== null && data.length !== length) {
    throw new FormatError(`This holds ${data.length} bytes; ${length} are needed.`, where);
  }
  return data;
}
