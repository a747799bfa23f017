// The evidence file and its parts of known formats, as in ledger/records/{evidence,parts}.py.
import { decodeUtf8, encodeCanonical, isObject, loadJson, member } from "./canonical.js";
import { parseDisclosure } from "./disclosure.js";
import { b64uDecode, utf8 } from "./encodings.js";
import { FormatError, UnknownVersionError } from "./errors.js";
import { hexLine } from "./lines.js";
import { natural } from "./members.js";
import { COUNTS } from "./record.js";
import { head, quoted } from "./text.js";

/**
 * @typedef {import("./canonical.js").JsonObject} JsonObject
 * @typedef {import("./disclosure.js").Disclosure} Disclosure
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {{disclosed: Disclosure, problem: null, leafHash: Uint8Array}} Disclosed
 * @typedef {{disclosed: null, problem: null, leafHash: Uint8Array}} Withheld
 * @typedef {{disclosed: null, problem: FormatError, leafHash: null}} Malformed a disclosure that is none
 * @typedef {JsonObject & {format: string}} Part one proof beside the record
 * @typedef {"chain" | "status" | "keys" | "tokens" | "renewals"} PartList
 * @typedef {{block: number, chainId: number, genesis: Hex, registry: Hex, transaction: Hex}} Reference
 * @typedef {{size: number, path: Uint8Array[]}} Renewal
 * @typedef {{leaf: Uint8Array, facts: (Disclosed | Withheld | Malformed)[], log: string, parts: Record<PartList, Part[]>}}
 *   Evidence
 */

export const MAX_BYTES = 256 * 1024;
export const REFERENCE = "reference/v1";
export const ANCHOR_NOTE = "anchor-note/v1";
export const STATUS_NOTE = "note/v1";
export const CONSISTENCY = "consistency/v1";

const VERSION = "evidence/v1";
const MAX_PARTS = 16;
const MAX_PATH = 64;
const REQUIRED = ["facts", "log", "record", "sillok"];
/** @type {PartList[]} */
const LISTS = ["chain", "status", "keys", "tokens", "renewals"];

/**
 * Read an evidence file. Leaf, proof, parts and the texts of disclosures are checks of their own.
 * @param {Uint8Array} data
 * @returns {Evidence}
 * @throws {UnknownVersionError} canonical JSON with `sillok` of another version of evidence
 * @throws {FormatError} too long, not canonical, or out of the format
 */
export function parseEvidence(data) {
  const text = decodeUtf8(data, MAX_BYTES, "evidence");
  const members = loadJson(text, "evidence");
  if (!isObject(members)) throw new FormatError("Evidence is a JSON object.", "evidence");
  const version = member(members, "sillok");
  if (version !== VERSION) {
    if (typeof version !== "string" || !version.startsWith("evidence/v")) {
      throw new FormatError("This is not evidence.", "sillok");
    }
    checkCanonical(members, text, "The JSON"); // bytes that no version could mean are malformed
    throw new UnknownVersionError(`${quoted(version)} is not known here.`, "sillok");
  }
  const names = Object.keys(members);
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (missing !== undefined) throw new FormatError("A member is missing.", missing);
  const [strange] = names.filter((name) => ![...REQUIRED, ...LISTS].includes(name)).sort();
  if (strange !== undefined) throw new FormatError("Evidence has no such member.", head(strange, 40));
  const evidence = read(members);
  checkCanonical(members, text, "The evidence");
  return evidence;
}

/**
 * @param {JsonObject} members
 * @param {string} text
 * @param {string} what
 */
function checkCanonical(members, text, what) {
  if (encodeCanonical(members, "evidence") !== text) {
    throw new FormatError(`${what} is not in canonical form (RFC 8785).`, "evidence");
  }
}

/**
 * @param {JsonObject} members
 * @returns {Evidence}
 */
function read(members) {
  const { record, log, facts } = members;
  if (typeof record !== "string") throw new FormatError("record is a string.", "record");
  if (typeof log !== "string") throw new FormatError("log is a string.", "log");
  if (!Array.isArray(facts)) throw new FormatError("facts is a list.", "facts");
  if (!COUNTS.includes(facts.length)) {
    throw new FormatError("A record has 1, 2, 4, 8, 16, 32 or 64 facts.", "facts");
  }
  const parts = /** @type {Record<PartList, Part[]>} */ (
    Object.fromEntries(LISTS.map((name) => [name, name in members ? partsOf(members[name], name) : []]))
  );
  return {
    leaf: b64uDecode(record, null, "record"),
    facts: facts.map((fact, place) => factOf(fact, `facts[${place}]`)),
    log,
    parts,
  };
}

/**
 * @param {unknown} fact
 * @param {string} where
 * @returns {Disclosed | Withheld | Malformed}
 */
function factOf(fact, where) {
  if (isObject(fact) && Object.keys(fact).length === 1) {
    const [disclosed, withheld] = [member(fact, "d"), member(fact, "h")];
    if (typeof disclosed === "string") return disclosedOf(disclosed, where);
    if (typeof withheld === "string") {
      return { disclosed: null, problem: null, leafHash: b64uDecode(withheld, 32, where) };
    }
  }
  throw new FormatError("A fact is disclosed as d or withheld as h.", where);
}

/**
 * @param {string} text
 * @param {string} where
 * @returns {Disclosed | Malformed}
 */
function disclosedOf(text, where) {
  try {
    const disclosed = parseDisclosure(text, where);
    return { disclosed, problem: null, leafHash: disclosed.leafHash };
  } catch (problem) {
    if (problem instanceof FormatError) return { disclosed: null, problem, leafHash: null };
    throw problem;
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Part[]}
 */
function partsOf(value, name) {
  if (!Array.isArray(value)) throw new FormatError("This is a list of objects.", name);
  if (value.length < 1 || value.length > MAX_PARTS) {
    throw new FormatError(`This list has 1 to ${MAX_PARTS} objects, or is left out.`, name);
  }
  value.forEach((part, place) => {
    if (!isObject(part) || typeof member(part, "format") !== "string") {
      throw new FormatError("This is an object with a member format.", `${name}[${place}]`);
    }
  });
  return value;
}

/**
 * Whether a part has exactly these members.
 * @param {Part} part
 * @param {string[]} names
 */
function hasExactly(part, names) {
  return Object.keys(part).length === names.length && names.every((name) => Object.hasOwn(part, name));
}

/**
 * Read a `reference/v1` part: where the anchor stands on a chain; a claim.
 * @param {Part} part
 * @returns {Reference}
 * @throws {FormatError} not exactly its six members in their forms
 */
export function parseReference(part) {
  const { block, chainId, genesis, registry, transaction } = part;
  const six = hasExactly(part, ["block", "chainId", "format", "genesis", "registry", "transaction"]);
  if (!six || typeof genesis !== "string" || typeof registry !== "string" || typeof transaction !== "string") {
    throw new FormatError("reference/v1 has block, chainId, genesis, registry and transaction.", "chain");
  }
  return {
    block: natural(block, "chain.block"),
    chainId: natural(chainId, "chain.chainId"),
    genesis: hexLine(genesis, "chain.genesis"),
    registry: hexLine(registry, "chain.registry", 20),
    transaction: hexLine(transaction, "chain.transaction"),
  };
}

/**
 * The signed note of a `note/v1` or `anchor-note/v1` part, as text.
 * @param {Part} part
 * @param {string} where
 * @throws {FormatError} other members
 */
export function parseNotePart(part, where) {
  if (!hasExactly(part, ["format", "note"]) || typeof part.note !== "string") {
    throw new FormatError(`${part.format} has a note and nothing else.`, where);
  }
  return part.note;
}

/**
 * Read a `consistency/v1` part: a proof from the evidence's checkpoint to a pin of the trust file.
 * @param {Part} part
 * @returns {Renewal}
 * @throws {FormatError} not exactly its members in their forms
 */
export function parseRenewal(part) {
  const { path, size } = part;
  if (!hasExactly(part, ["format", "path", "size"]) || !Array.isArray(path)) {
    throw new FormatError("consistency/v1 has a path and a size.", "renewals");
  }
  if (path.length > MAX_PATH) {
    throw new FormatError(`A consistency path has at most ${MAX_PATH} hashes.`, "renewals");
  }
  return { size: natural(size, "renewals.size"), path: path.map(nodeOf) };
}

/** @param {unknown} node */
function nodeOf(node) {
  if (typeof node !== "string") throw new FormatError("A hash is a string.", "renewals");
  return b64uDecode(node, 32, "renewals");
}

/**
 * The bytes that a canonical value has as a file.
 * @param {unknown} value
 */
export function encodeEvidence(value) {
  return utf8(encodeCanonical(value, "evidence"));
}
