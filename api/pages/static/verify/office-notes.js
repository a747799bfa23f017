// What the office signs beside a record: status note and anchor note, as in ledger/records/{status_note,anchor_note}.py.
import { FormatError, UnknownVersionError } from "./errors.js";
import { decimal, hexLine, root, splitLines } from "./lines.js";
import { parseOrigin } from "./origin.js";
import { quoted } from "./text.js";
import { SEVERITY, formatInstant, parseInstant } from "./values.js";

/**
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {import("./values.js").Status} Status
 *
 * @typedef {object} StatusNote what the service says of one record as of a block
 * @property {string} origin
 * @property {number} index
 * @property {Status} status
 * @property {Status | null} batchStatus null exactly where the record has no batch
 * @property {number} chainId
 * @property {Hex} genesis
 * @property {number} blockNumber
 * @property {Instant} blockTime
 *
 * @typedef {object} AnchorNote one CheckpointAnchored event as the office reports it
 * @property {string} origin
 * @property {number} size
 * @property {Hex} root
 * @property {number} previousSize
 * @property {number} chainId
 * @property {Hex} genesis
 * @property {Hex} registry
 * @property {Hex} transaction
 * @property {Hex} keyId
 * @property {number} blockNumber
 * @property {Instant} blockTime
 */

const STATUS_VERSION = "sillok-status/v1";
const ANCHOR_VERSION = "sillok-anchor/v1";

/**
 * Read the text of a status note.
 * @param {string} text
 * @returns {StatusNote}
 * @throws {UnknownVersionError} another version of the status note
 * @throws {FormatError} not exactly nine lines of these forms
 */
export function parseStatusNote(text) {
  if (text.startsWith("sillok-status/v") && !text.startsWith(`${STATUS_VERSION}\n`)) {
    throw new UnknownVersionError("This version of the status note is not known here.", "status note");
  }
  const [version, origin, index, status, batch, chainId, genesis, number, time] = splitLines(text, 9, "status note");
  if (version !== STATUS_VERSION) throw new FormatError("This is not a status note.", "status note");
  return {
    origin: parseOrigin(origin).origin,
    index: decimal(index, "status note index"),
    status: statusWord(status),
    batchStatus: batch === "none" ? null : statusWord(batch),
    chainId: decimal(chainId, "status note chain id"),
    genesis: hexLine(genesis, "status note genesis"),
    blockNumber: decimal(number, "status note block"),
    blockTime: parseInstant(time, "status note time"),
  };
}

/**
 * The note's text, nine lines.
 * @param {StatusNote} note
 */
export function formatStatusNote(note) {
  return (
    `${STATUS_VERSION}\n${note.origin}\n${note.index}\n${note.status}\n${note.batchStatus ?? "none"}\n` +
    `${note.chainId}\n${note.genesis}\n${note.blockNumber}\n${formatInstant(note.blockTime)}\n`
  );
}

/**
 * Read the text of an anchor note.
 * @param {string} text
 * @returns {AnchorNote}
 * @throws {UnknownVersionError} another version of the anchor note
 * @throws {FormatError} not exactly twelve lines of these forms
 */
export function parseAnchorNote(text) {
  if (text.startsWith("sillok-anchor/v") && !text.startsWith(`${ANCHOR_VERSION}\n`)) {
    throw new UnknownVersionError("This version of the anchor note is not known here.", "anchor note");
  }
  const [version, origin, size, head, previous, chainId, genesis, registry, transaction, keyId, number, time] =
    splitLines(text, 12, "anchor note");
  if (version !== ANCHOR_VERSION) throw new FormatError("This is not an anchor note.", "anchor note");
  const note = {
    origin: parseOrigin(origin).origin,
    size: decimal(size, "anchor note size"),
    root: root(head, "anchor note root"),
    previousSize: decimal(previous, "anchor note previous size"),
    chainId: decimal(chainId, "anchor note chain id"),
    genesis: hexLine(genesis, "anchor note genesis"),
    registry: hexLine(registry, "anchor note registry", 20),
    transaction: hexLine(transaction, "anchor note transaction"),
    keyId: hexLine(keyId, "anchor note key"),
    blockNumber: decimal(number, "anchor note block"),
    blockTime: parseInstant(time, "anchor note time"),
  };
  if (note.previousSize >= note.size) {
    throw new FormatError("An anchored size is above the one before it.", "anchor note size");
  }
  return note;
}

/**
 * @param {string} word
 * @returns {Status}
 */
function statusWord(word) {
  if (!Object.hasOwn(SEVERITY, word)) throw new FormatError(`${quoted(word, 20)} is not a status.`, "status note");
  return /** @type {Status} */ (word);
}
