// The record, the leaf of an agency's log, as in ledger/records/record.py.
import { decodeUtf8, encodeCanonical, isObject, loadJson, member } from "./canonical.js";
import { b64uDecode, hexEncode } from "./encodings.js";
import { FormatError, UnknownVersionError } from "./errors.js";
import { natural } from "./members.js";
import { head, quoted } from "./text.js";
import { parseInstant } from "./values.js";

/**
 * @typedef {import("./canonical.js").JsonObject} JsonObject
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {object} Record
 * @property {string} agency
 * @property {string} commitment tree head over the record's facts, in hex
 * @property {number} facts
 * @property {string} kind
 * @property {Instant} recordedAt the office's claim; decides nothing
 * @property {number | null} batch
 * @property {number | null} erases
 * @property {number | null} supersedes
 * @property {Instant | null} validFrom
 * @property {Instant | null} validUntil
 */

/** How many facts a record can have. */
export const COUNTS = [1, 2, 4, 8, 16, 32, 64];

const LIMIT = 1024;
const MAX_KIND = 64;
const MAX_PROCESS_ID = 128;
const REQUIRED = ["agency", "commitment", "facts", "kind", "recordedAt", "v"];
const OPTIONAL = ["batch", "erases", "process", "supersedes", "validFrom", "validUntil"];
const AGENCY = /^[0-9]{7}$/;
const KIND = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/;
const PROCESS_ID = /^[!#-[\]-~]+$/;

/**
 * Read a record.
 * @param {Uint8Array} leaf
 * @returns {Record}
 * @throws {UnknownVersionError} canonical JSON with another `v`
 * @throws {FormatError} not canonical, or a member out of the format
 */
export function parseRecord(leaf) {
  const text = decodeUtf8(leaf, LIMIT, "record");
  const members = loadJson(text, "record");
  if (!isObject(members)) throw new FormatError("A record is a JSON object.", "record");
  const version = member(members, "v");
  if (!Number.isInteger(version)) throw new FormatError("The record has no version.", "record.v");
  if (version !== 1) {
    // Bytes that no version could mean are malformed, not unknown.
    checkCanonical(members, text, "The JSON");
    throw new UnknownVersionError(`Records of version ${version} are not known here.`, "record.v");
  }
  const names = Object.keys(members);
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) throw new FormatError("A member is missing.", `record.${missing}`);
  const [strange] = names.filter((name) => !REQUIRED.includes(name) && !OPTIONAL.includes(name)).sort();
  if (strange !== undefined) throw new FormatError("A record has no such member.", `record.${head(strange, 40)}`);
  const record = read(members);
  checkCanonical(members, text, "The record");
  return record;
}

/**
 * @param {JsonObject} members
 * @param {string} text
 * @param {string} what
 */
function checkCanonical(members, text, what) {
  if (encodeCanonical(members, "record") !== text) {
    throw new FormatError(`${what} is not in canonical form (RFC 8785).`, "record");
  }
}

/**
 * @param {JsonObject} members
 * @returns {Record}
 */
function read(members) {
  const record = {
    agency: textOf(members, "agency"),
    commitment: hexEncode(b64uDecode(textOf(members, "commitment"), 32, "record.commitment")),
    facts: integerOf(members, "facts") ?? 0,
    kind: textOf(members, "kind"),
    recordedAt: parseInstant(textOf(members, "recordedAt"), "record.recordedAt"),
    batch: integerOf(members, "batch", 1),
    erases: integerOf(members, "erases"),
    supersedes: integerOf(members, "supersedes"),
    validFrom: instantOf(members, "validFrom"),
    validUntil: instantOf(members, "validUntil"),
  };
  if (record.agency.length !== 7 || !AGENCY.test(record.agency)) {
    throw new FormatError(`${quoted(record.agency)} is not an agency code.`, "record.agency");
  }
  if (!COUNTS.includes(record.facts)) {
    throw new FormatError("A record has 1, 2, 4, 8, 16, 32 or 64 facts.", "record.facts");
  }
  if (record.kind.length > MAX_KIND || !KIND.test(record.kind)) {
    throw new FormatError(`${quoted(record.kind, MAX_KIND)} is not a kind of record.`, "record.kind");
  }
  checkProcess(member(members, "process"));
  if (record.validFrom !== null && record.validUntil !== null && record.validFrom >= record.validUntil) {
    throw new FormatError("validFrom is not before validUntil.", "record.validUntil");
  }
  return record;
}

/** @param {unknown} process */
function checkProcess(process) {
  if (process === undefined) return;
  const id = isObject(process) ? member(process, "id") : undefined;
  if (!isObject(process) || typeof id !== "string" || !("seq" in process) || Object.keys(process).length !== 2) {
    throw new FormatError("A process has an id and a seq.", "record.process");
  }
  if (id.length > MAX_PROCESS_ID || !PROCESS_ID.test(id)) {
    throw new FormatError(
      "A process id has 1 to 128 visible ASCII characters, no quote and no backslash.",
      "record.process.id",
    );
  }
  integerOf(process, "seq", 1, "process.seq");
}

/**
 * @param {JsonObject} members
 * @param {string} name
 */
function textOf(members, name) {
  const value = member(members, name);
  if (typeof value !== "string") throw new FormatError("This is not a string.", `record.${name}`);
  return value;
}

/**
 * @param {JsonObject} members
 * @param {string} name
 * @param {number} [least]
 * @param {string} [place]
 */
function integerOf(members, name, least = 0, place = name) {
  const value = member(members, name);
  if (value === undefined) return null;
  if (!Number.isInteger(value)) throw new FormatError("This is not an integer.", `record.${place}`);
  return natural(value, `record.${place}`, least);
}

/**
 * @param {JsonObject} members
 * @param {string} name
 */
function instantOf(members, name) {
  return member(members, name) === undefined ? null : parseInstant(textOf(members, name), `record.${name}`);
}
