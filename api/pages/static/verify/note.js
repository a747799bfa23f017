// C2SP signed notes and `cosignature/v1` of witnesses, as in ledger/records/note.py.
// A note that was parsed is well formed and nothing more: only `verifySignature` says whose it is.
import { checkText } from "./canonical.js";
import { b64Decode, b64Encode, concat, hexDecode, hexEncode, utf8 } from "./encodings.js";
import { checkKey, verifyEd25519 } from "./ed25519.js";
import { EvidenceError, FormatError } from "./errors.js";
import { sentence } from "./sentences.js";
import { sha256 } from "./sha256.js";
import { WHITE, quoted } from "./text.js";
import { parseInstant } from "./values.js";

/**
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {{name: string, algorithm: number, publicKey: Hex, keyId: Hex, text: string}} VerifierKey
 * @typedef {{name: string, keyId: Hex, data: Uint8Array}} Signature
 * @typedef {{text: string, signatures: Signature[]}} SignedNote `text` is what was signed and ends with a newline
 */

export const ED25519 = 1;
export const COSIGNATURE = 4;
export const NOTE_LIMIT = 256 * 1024;

const MAX_SIGNATURES = 64;
const DASH = "— ";
const NAME = new RegExp(`^[^${WHITE}+\\x00-\\x1f]{1,300}$`, "u");
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const LAST_INSTANT = BigInt(parseInstant("9999-12-31T23:59:59Z"));

/**
 * Read a verifier key `name+id+key`.
 * @param {string} text
 * @param {string | null} [where]
 * @returns {VerifierKey}
 * @throws {FormatError} another form, an algorithm that isn't known, a wrong id, or a refused key
 */
export function parseVkey(text, where = null) {
  const first = text.indexOf("+");
  const second = first < 0 ? -1 : text.indexOf("+", first + 1);
  if (second < 0) throw new FormatError("A verifier key reads name+id+key.", where);
  const [name, id] = [text.slice(0, first), text.slice(first + 1, second)];
  const typed = b64Decode(text.slice(second + 1), 33, where);
  const algorithm = typed[0];
  if (algorithm !== ED25519 && algorithm !== COSIGNATURE) {
    throw new FormatError("The verifier key is of an algorithm that is not known here.", where);
  }
  if (!NAME.test(name)) throw new FormatError(`${quoted(name, 60)} is not the name of a key.`);
  checkKey(typed.subarray(1));
  const keyId = hexEncode(sha256(concat(utf8(`${name}\n`), typed)).subarray(0, 4));
  if (hexEncode(hexDecode(id, 4, where)) !== keyId) {
    throw new FormatError("The verifier key's id does not belong to it.", where);
  }
  return { name, algorithm, publicKey: hexEncode(typed.subarray(1)), keyId, text };
}

/**
 * Take a signed note apart; proves nothing.
 * @param {string} text
 * @param {string | null} [where]
 * @returns {SignedNote}
 * @throws {FormatError} not text, empty line, signature lines; control characters; no signature, more than 64, or two
 *   by one key; longer than 256 KiB
 */
export function parseNote(text, where = null) {
  if (utf8(text).length > NOTE_LIMIT) throw new FormatError(`A note has at most ${NOTE_LIMIT} bytes.`, where);
  const split = text.lastIndexOf("\n\n");
  if (split < 1 || !text.endsWith("\n")) {
    throw new FormatError("A signed note is a text, an empty line, and signature lines.", where);
  }
  const lines = text.slice(split + 2).split("\n").slice(0, -1);
  if (lines.length < 1 || lines.length > MAX_SIGNATURES) {
    throw new FormatError(`A note has 1 to ${MAX_SIGNATURES} signature lines.`, where);
  }
  const signatures = lines.map((line) => signatureOf(line, where));
  if (new Set(signatures.map(({ name, keyId }) => `${keyId} ${name}`)).size !== signatures.length) {
    throw new FormatError("One key signed the note twice.", where);
  }
  const signed = text.slice(0, split + 1);
  if (CONTROL.test(signed)) {
    throw new FormatError("A note's text ends with a newline and holds no other control character.", where);
  }
  checkText(signed, where);
  return { text: signed, signatures };
}

/**
 * The note as it is handed on.
 * @param {SignedNote} note
 */
export function formatNote({ text, signatures }) {
  const lines = signatures.map(
    ({ name, keyId, data }) => `${DASH}${name} ${b64Encode(concat(hexDecode(keyId), data))}\n`,
  );
  return `${text}\n${lines.join("")}`;
}

/**
 * Whether a line claims to be by this key.
 * @param {Signature} signature
 * @param {VerifierKey} vkey
 */
export function matches(signature, vkey) {
  return signature.name === vkey.name && signature.keyId === vkey.keyId;
}

/**
 * Check that this key signed (or, a witness's key, cosigned) the note.
 * @param {SignedNote} note
 * @param {VerifierKey} vkey
 * @throws {EvidenceError} no line by this key, or its signature does not verify
 */
export async function verifySignature(note, vkey) {
  if (vkey.algorithm === COSIGNATURE) return verifyCosignature(note, vkey);
  return verifyEd25519(hexDecode(vkey.publicKey), lineBy(note, vkey).data, utf8(note.text), vkey.name);
}

/**
 * Check that a witness cosigned the checkpoint.
 * @param {SignedNote} note
 * @param {VerifierKey} vkey
 * @throws {EvidenceError} no line by this key, or its signature does not verify
 */
export async function verifyCosignature(note, vkey) {
  const { data } = lineBy(note, vkey);
  const time = BigInt(`0x${hexEncode(data.subarray(0, 8))}`);
  if (vkey.algorithm !== COSIGNATURE || data.length !== 72 || time > LAST_INSTANT) {
    throw new EvidenceError(sentence("no-cosignature", { where: vkey.name }));
  }
  const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
  return verifyEd25519(hexDecode(vkey.publicKey), data.subarray(8), message, vkey.name);
}

/**
 * @param {SignedNote} note
 * @param {VerifierKey} vkey
 */
function lineBy(note, vkey) {
  const found = note.signatures.find((signature) => matches(signature, vkey));
  if (found === undefined) {
    throw new EvidenceError(sentence("no-line", { where: vkey.name }), { expected: vkey.text });
  }
  return found;
}

/**
 * @param {string} line without its newline
 * @param {string | null} where
 * @returns {Signature}
 */
function signatureOf(line, where) {
  const rest = line.slice(DASH.length);
  const space = rest.lastIndexOf(" ");
  const name = rest.slice(0, Math.max(space, 0));
  if (!line.startsWith(DASH) || space < 0 || !NAME.test(name)) {
    throw new FormatError("A signature line reads '— name base64'.", where);
  }
  const data = b64Decode(rest.slice(space + 1), null, where);
  if (data.length !== 68 && data.length !== 76) {
    throw new FormatError("A signature has 64 bytes, a cosignature 72.", where);
  }
  return { name, keyId: hexEncode(data.subarray(0, 4)), data: data.subarray(4) };
}
