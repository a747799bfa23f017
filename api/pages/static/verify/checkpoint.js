// The checkpoint of a log, and the proof that ends in one, as in ledger/records/{checkpoint,tlog_proof}.py.
import { b64Decode, b64Encode, hexDecode } from "./encodings.js";
import { FormatError, UnknownVersionError } from "./errors.js";
import { decimal, root, splitLines } from "./lines.js";
import { parseNote } from "./note.js";
import { parseOrigin } from "./origin.js";

/**
 * @typedef {{origin: string, size: number, root: import("./values.js").Hex}} Checkpoint
 * @typedef {{index: number, path: Uint8Array[], checkpoint: string}} TlogProof `checkpoint` is the signed note
 */

const HEADER = "c2sp.org/tlog-proof@v1";
/** Longest path of a tree below 2^53 leaves. */
const MAX_PATH = 53;

/**
 * Read the text of a checkpoint note; its signatures are another matter.
 * @param {string} text
 * @returns {Checkpoint}
 * @throws {FormatError} not exactly three lines of these forms
 */
export function parseCheckpoint(text) {
  const [origin, size, head] = splitLines(text, 3, "checkpoint");
  return {
    origin: parseOrigin(origin).origin,
    size: decimal(size, "checkpoint size"),
    root: root(head, "checkpoint root"),
  };
}

/**
 * The note's text: origin, size, root in base64.
 * @param {Checkpoint} checkpoint
 */
export function formatCheckpoint(checkpoint) {
  return `${checkpoint.origin}\n${checkpoint.size}\n${b64Encode(hexDecode(checkpoint.root))}\n`;
}

/**
 * Read a `tlog-proof@v1` without `extra`; whether it holds is for `verifyInclusion` and `verifySignature` to say.
 * @param {string} text
 * @returns {TlogProof}
 * @throws {UnknownVersionError} another version of the proof
 * @throws {FormatError} another form, an `extra` line, a path of more than 53 hashes, or no checkpoint note at its end
 */
export function parseTlogProof(text) {
  const split = text.indexOf("\n\n");
  const [header, ...rest] = (split < 0 ? text : text.slice(0, split)).split("\n");
  if (header.startsWith("c2sp.org/tlog-proof@v") && header !== HEADER) {
    throw new UnknownVersionError("This version of the proof is not known here.", "log");
  }
  if (header !== HEADER || split < 0 || rest.length === 0 || !rest[0].startsWith("index ")) {
    throw new FormatError("The text is not a c2sp.org/tlog-proof@v1 without extra.", "log");
  }
  if (rest.length > MAX_PATH + 1) {
    throw new FormatError(`An inclusion path has at most ${MAX_PATH} hashes.`, "log");
  }
  const index = decimal(rest[0].slice("index ".length), "log index");
  const path = rest.slice(1).map((node) => b64Decode(node, 32, "log path"));
  const checkpoint = text.slice(split + 2);
  parseCheckpoint(parseNote(checkpoint, "log checkpoint").text);
  return { index, path, checkpoint };
}

/**
 * The proof as text.
 * @param {TlogProof} proof
 */
export function formatTlogProof(proof) {
  const path = proof.path.map((node) => `${b64Encode(node)}\n`).join("");
  return `${HEADER}\nindex ${proof.index}\n${path}\n${proof.checkpoint}`;
}
