// The values that every module passes on, as in ledger/values.py. Digests and addresses are lower-case hex here.
import { FormatError } from "./errors.js";
import { quoted } from "./text.js";

/**
 * @typedef {string} Hex lower-case hex, two digits a byte
 * @typedef {number} Instant seconds since 1970-01-01T00:00:00Z; years 0001 to 9999, so it may be negative
 * @typedef {"active" | "suspended" | "revoked" | "superseded"} Status
 * @typedef {"NOTE" | "RECEIPT" | "ANCHOR" | "STATUS" | "OFFICER"} Role what a key of an agency may do
 */

/** Largest integer of every format: what JavaScript holds exactly. */
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

/** @type {readonly Role[]} */
export const ROLES = ["NOTE", "RECEIPT", "ANCHOR", "STATUS", "OFFICER"];

/**
 * Worse is higher: revoked, superseded, suspended, active (formats.md, section 9).
 * @type {Readonly<Record<Status, number>>}
 */
export const SEVERITY = { active: 0, suspended: 1, superseded: 2, revoked: 3 };

/** @type {readonly string[]} */
export const REASONS = ["unspecified", "issued-in-error", "replaced", "process-or-key-failure", "legal-order"];

const INSTANT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Read `YYYY-MM-DDTHH:MM:SSZ`, and nothing else.
 * @param {string} text
 * @param {string | null} [where]
 * @returns {Instant}
 * @throws {FormatError} another form, second 60, or a day that no calendar has
 */
export function parseInstant(text, where = null) {
  const match = text.length === 20 ? INSTANT.exec(text) : null;
  if (match === null) throw new FormatError(`${quoted(text)} is not an instant.`, where);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  const dayExists = month >= 1 && month <= 12 && day >= 1 && day <= DAYS[month - 1] + leap;
  if (year < 1 || !dayExists || hour > 23 || minute > 59 || second > 59) {
    throw new FormatError(`'${text}' is no date of the calendar.`, where);
  }
  return daysBefore(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

/**
 * Write an instant as `YYYY-MM-DDTHH:MM:SSZ`.
 * @param {Instant} instant
 */
export function formatInstant(instant) {
  // `Date` counts proleptic Gregorian days like Python, and its years below 10000 have four digits here.
  const moment = new Date(instant * 1000);
  const year = String(moment.getUTCFullYear()).padStart(4, "0");
  return `${year}${moment.toISOString().slice(-20, -5)}Z`;
}

/**
 * Days from 1970-01-01 to a day of the proleptic Gregorian calendar; `Date.UTC` takes year 50 for 1950.
 * @param {number} year
 * @param {number} month
 * @param {number} day
 */
function daysBefore(year, month, day) {
  return new Date(0).setUTCFullYear(year, month - 1, day) / 86_400_000;
}

/**
 * The graver of two statuses.
 * @param {Status} one
 * @param {Status} other
 */
export function worse(one, other) {
  return SEVERITY[other] > SEVERITY[one] ? other : one;
}
