// What chain and service answered about one record, read strictly from a report's `answers`, as in
// ledger/verification/answers_json.py: half an answer could hide a revocation. Whatever it says is that service's word.
import { isObject, member } from "./canonical.js";
import { b64uDecode } from "./encodings.js";
import { FormatError } from "./errors.js";
import { hexLine } from "./lines.js";
import { natural } from "./members.js";
import { quoted } from "./text.js";
import { REASONS, ROLES, SEVERITY, parseInstant } from "./values.js";

/**
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {import("./values.js").Role} Role
 * @typedef {import("./values.js").Status} Status
 * @typedef {{block: number, time: Instant, transaction: Hex, registry: Hex, size: number, root: Hex,
 *   previousSize: number, keyId: Hex}} AnchorFact one CheckpointAnchored event of the record's log
 * @typedef {{keyId: Hex, role: Role, notBefore: Instant, notAfter: Instant | null, compromisedSince: Instant | null}}
 *   KeyFact state of one key of the agency as the chain has it; null means never
 * @typedef {{size: number, path: Uint8Array[]}} Link from the evidence's checkpoint to an anchored size above it
 * @typedef {{chainId: number, genesis: Hex, at: Instant, anchors: AnchorFact[], keys: KeyFact[], due: Instant | null,
 *   link: Link | null}} ChainFacts
 * @typedef {{time: Instant, batch: boolean, after: Status, retroactive: boolean, compromisedSince: Instant | null}} ActFact
 * @typedef {{batch: boolean, after: Status, retroactive: boolean, acceptedAt: Instant}} PendingAct
 * @typedef {{at: Instant, acts: ActFact[], pending: PendingAct[], erased: boolean}} StatusFacts
 */

/**
 * Read the member `chain` of a report's answers.
 * @param {unknown} value
 * @returns {ChainFacts}
 * @throws {FormatError} a member is missing or of another form; names it
 */
export function chainFactsFromJson(value) {
  const members = new AnswerMembers(value, "answers.chain");
  members.flag("development");
  members.integer("block");
  const link = members.optional("link");
  return {
    chainId: members.integer("chainId"),
    genesis: members.hex("genesis"),
    at: members.instant("at"),
    anchors: members.rows("anchors").map(anchorFrom),
    keys: members.rows("keys").map(keyFrom),
    due: members.instantOrNull("due"),
    link: link === undefined ? null : linkFrom(link),
  };
}

/**
 * Read the member `status` of a report's answers.
 * @param {unknown} value
 * @returns {StatusFacts}
 * @throws {FormatError} a member is missing or of another form; names it
 */
export function statusFactsFromJson(value) {
  const members = new AnswerMembers(value, "answers.status");
  members.integer("block");
  return {
    at: members.instant("at"),
    erased: members.flag("erased"),
    acts: members.rows("acts").map(actFrom),
    pending: members.rows("pending").map(pendingFrom),
  };
}

/** Members of one JSON object, read one by one; others beside them are passed over, for newer services. */
class AnswerMembers {
  /**
   * @param {unknown} value
   * @param {string} where
   */
  constructor(value, where) {
    if (!isObject(value)) throw new FormatError("An object is needed.", where);
    this.value = value;
    this.where = where;
  }

  /** @param {string} name */
  optional(name) {
    return member(this.value, name) ?? undefined;
  }

  /** @param {string} name */
  text(name) {
    const value = this.optional(name);
    if (typeof value !== "string") throw new FormatError("A member of type str is needed.", `${this.where}.${name}`);
    return value;
  }

  /** @param {string} name */
  integer(name) {
    return natural(this.optional(name), `${this.where}.${name}`);
  }

  /** @param {string} name */
  flag(name) {
    const value = this.optional(name);
    if (typeof value !== "boolean") throw new FormatError("A member of type bool is needed.", `${this.where}.${name}`);
    return value;
  }

  /**
   * @param {string} name
   * @param {number} [length]
   */
  hex(name, length = 32) {
    return hexLine(this.text(name), `${this.where}.${name}`, length);
  }

  /** @param {string} name */
  instant(name) {
    return parseInstant(this.text(name), `${this.where}.${name}`);
  }

  /** @param {string} name */
  instantOrNull(name) {
    return this.optional(name) === undefined ? null : this.instant(name);
  }

  /**
   * One of some words.
   * @template {string} T
   * @param {string} name
   * @param {readonly T[]} words
   * @returns {T}
   */
  word(name, words) {
    const text = this.text(name);
    const found = words.find((word) => word === text);
    if (found === undefined) throw new FormatError(`${quoted(text)} is not known here.`, `${this.where}.${name}`);
    return found;
  }

  /** @param {string} name */
  list(name) {
    const value = this.optional(name);
    if (!Array.isArray(value)) throw new FormatError("A list is needed.", `${this.where}.${name}`);
    return value;
  }

  /** @param {string} name */
  rows(name) {
    return this.list(name).map((row, place) => new AnswerMembers(row, `${this.where}.${name}[${place}]`));
  }
}

const STATUSES = /** @type {Status[]} */ (Object.keys(SEVERITY));

/** @param {unknown} value */
function linkFrom(value) {
  const link = new AnswerMembers(value, "answers.chain.link");
  const path = link.list("path").map((text) => {
    if (typeof text !== "string") throw new FormatError("A list of hashes is needed.", `${link.where}.path`);
    return b64uDecode(text, 32, `${link.where}.path`);
  });
  return { size: link.integer("size"), path };
}

/**
 * @param {AnswerMembers} row
 * @returns {AnchorFact}
 */
function anchorFrom(row) {
  return {
    block: row.integer("block"),
    time: row.instant("time"),
    transaction: row.hex("transaction"),
    registry: row.hex("registry", 20),
    size: row.integer("size"),
    root: row.hex("root"),
    previousSize: row.integer("previousSize"),
    keyId: row.hex("keyId"),
  };
}

/**
 * @param {AnswerMembers} row
 * @returns {KeyFact}
 */
function keyFrom(row) {
  return {
    keyId: row.hex("keyId"),
    role: row.word("role", ROLES),
    notBefore: row.instant("notBefore"),
    notAfter: row.instantOrNull("notAfter"),
    compromisedSince: row.instantOrNull("compromisedSince"),
  };
}

/**
 * @param {AnswerMembers} row
 * @returns {ActFact}
 */
function actFrom(row) {
  row.word("reason", REASONS);
  return {
    time: row.instant("time"),
    batch: row.flag("batch"),
    after: row.word("after", STATUSES),
    retroactive: row.flag("retroactive"),
    compromisedSince: row.instantOrNull("compromisedSince"),
  };
}

/**
 * @param {AnswerMembers} row
 * @returns {PendingAct}
 */
function pendingFrom(row) {
  return {
    batch: row.flag("batch"),
    after: row.word("after", STATUSES),
    retroactive: row.flag("retroactive"),
    acceptedAt: row.instant("acceptedAt"),
  };
}
