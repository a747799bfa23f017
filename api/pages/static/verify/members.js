// Members of canonical JSON objects, as in ledger/records/members.py: each by its form, and none left over.
import { isObject, member } from "./canonical.js";
import { FormatError } from "./errors.js";
import { hexLine } from "./lines.js";
import { head } from "./text.js";
import { MAX_INTEGER, parseInstant } from "./values.js";

/** An object that is being read; `where` names it in errors. */
export class Members {
  /**
   * @param {unknown} value
   * @param {string} where
   */
  constructor(value, where) {
    if (!isObject(value)) throw new FormatError("This is an object.", where);
    this.members = value;
    this.left = new Set(Object.keys(value));
    this.where = where;
  }

  /** @param {string} name */
  has(name) {
    return member(this.members, name) !== undefined;
  }

  /** @param {string} name */
  at(name) {
    return `${this.where}.${name}`;
  }

  /**
   * A member, of any form.
   * @param {string} name
   */
  take(name) {
    this.left.delete(name);
    if (!this.has(name)) throw new FormatError("A member is missing.", this.at(name));
    return this.members[name];
  }

  /** Refuse members that nothing took. */
  end() {
    const [strange] = [...this.left].sort();
    if (strange !== undefined) throw new FormatError("There is no such member.", this.at(head(strange, 40)));
  }

  /** @param {string} name */
  text(name) {
    const value = this.take(name);
    if (typeof value !== "string") throw new FormatError("This is not a string.", this.at(name));
    return value;
  }

  /**
   * @param {string} name
   * @param {number} [least]
   */
  integer(name, least = 0) {
    return natural(this.take(name), this.at(name), least);
  }

  /** @param {string} name */
  integerOrNull(name) {
    return this.has(name) ? this.integer(name) : null;
  }

  /** @param {string} name */
  instant(name) {
    return parseInstant(this.text(name), this.at(name));
  }

  /** @param {string} name */
  instantOrNull(name) {
    return this.has(name) ? this.instant(name) : null;
  }

  /**
   * So many bytes in hex; they stay hex.
   * @param {string} name
   * @param {number} [length]
   */
  hex(name, length = 32) {
    return hexLine(this.text(name), this.at(name), length);
  }

  /**
   * The items of a list of at most `most`, each with its place.
   * @param {string} name
   * @param {number} most
   * @returns {{item: unknown, where: string}[]}
   */
  list(name, most) {
    const value = this.take(name);
    if (!Array.isArray(value) || value.length > most) {
      throw new FormatError(`This is a list of at most ${most}.`, this.at(name));
    }
    return value.map((item, place) => ({ item, where: `${this.at(name)}[${place}]` }));
  }

  /**
   * The objects of a list, each read by `read`.
   * @template T
   * @param {string} name
   * @param {number} most
   * @param {(members: Members) => T} read
   */
  objects(name, most, read) {
    return this.list(name, most).map(({ item, where }) => read(new Members(item, where)));
  }

  /**
   * The strings of a list, each with its place.
   * @param {string} name
   * @param {number} most
   */
  texts(name, most) {
    return this.list(name, most).map(({ item, where }) => {
      if (typeof item !== "string") throw new FormatError("This is not a string.", where);
      return { text: item, where };
    });
  }
}

/**
 * An integer from `least` to 2^53 - 1.
 * @param {unknown} value
 * @param {string} where
 * @param {number} [least]
 * @throws {FormatError} another form, or out of range
 */
export function natural(value, where, least = 0) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > MAX_INTEGER) {
    throw new FormatError(`This is not an integer from ${least} to 2^53 - 1.`, where);
  }
  return value;
}
