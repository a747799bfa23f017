// The name of a log, as in ledger/records/origin.py: log name, agency, and a generation from 2 on.
import { utf8, hexEncode } from "./encodings.js";
import { FormatError } from "./errors.js";
import { sha256 } from "./sha256.js";
import { quoted } from "./text.js";
import { MAX_INTEGER } from "./values.js";

/** @typedef {{name: string, agency: string, generation: number, origin: string}} LogName */

const MAX_BYTES = 255;
const ORIGIN = /^([a-z0-9.-]+)\/([0-9]{7})(?:\/([2-9]|[1-9][0-9]+))?$/;

/**
 * Read an origin such as `sillok.seoul.example/6110000` or `…/6110000/2`.
 * @param {string} text
 * @returns {LogName}
 * @throws {FormatError} another form, or longer than 255 bytes
 */
export function parseOrigin(text) {
  const match = text.length <= MAX_BYTES ? ORIGIN.exec(text) : null;
  const generation = Number(match?.[3] ?? 1);
  if (match === null || generation > MAX_INTEGER) {
    throw new FormatError(`${quoted(text, 60)} is not the origin of a log.`);
  }
  return { name: match[1], agency: match[2], generation, origin: text };
}

/**
 * The log's name on chain: SHA-256(origin).
 * @param {string} origin
 */
export function logId(origin) {
  return hexEncode(sha256(utf8(origin)));
}

/**
 * The key name under which a log's receipts and status notes are signed.
 * @param {string} origin
 */
export function receiptName(origin) {
  return `${origin}/receipt`;
}
