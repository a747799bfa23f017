// Ed25519 (RFC 8032) as strictly as ledger/records/ed25519.py: the one place where signatures are verified.
//
// Libraries differ on keys of small order and on encodings that aren't canonical, so both are refused when a key is
// loaded; S must be below the group order; and R, which libraries compare in different ways, must be canonical.
import { hexDecode, hexEncode, utf8 } from "./encodings.js";
import { EvidenceError, FormatError, UnansweredError } from "./errors.js";
import { sentence } from "./sentences.js";

/** @typedef {import("./values.js").Hex} Hex */

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** y of the eight points whose order divides 8; `Y8` is that of one of order 8, the others are 4, 1 and 2. */
const SMALL_ORDER = [0n, 1n, P - 1n, Y8, P - Y8];

/** RFC 8032's first test vector: an engine that has no Ed25519, or a wrong one, is found out before it judges anything. */
const KNOWN = {
  key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  message: "",
  signature:
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
};

/** @type {Set<Hex>} */
const good = new Set();

/** @type {Promise<boolean> | null} */
let known = null;

/**
 * Whether this engine verifies Ed25519 (WebCrypto: Chrome 137, Firefox 129, Safari 17; only in secure contexts).
 * @returns {Promise<boolean>}
 */
export function ed25519Available() {
  known ??= verifyRaw(hexDecode(KNOWN.key), hexDecode(KNOWN.signature), utf8(KNOWN.message)).catch(() => false);
  return known;
}

/**
 * Refuse a raw public key that not every library would take.
 * @param {Uint8Array} publicKey
 * @throws {FormatError} not 32 bytes, not canonical, no point of the curve, or of small order
 */
export function checkKey(publicKey) {
  if (publicKey.length !== KEY_BYTES) {
    throw new FormatError(`An Ed25519 key has ${KEY_BYTES} bytes, not ${publicKey.length}.`);
  }
  const text = hexEncode(publicKey);
  if (good.has(text)) return;
  const y = littleEndian(publicKey) & ((1n << 255n) - 1n);
  if (y >= P) throw new FormatError("The Ed25519 key is not in canonical form.");
  if (SMALL_ORDER.includes(y)) {
    throw new FormatError("The Ed25519 key is of small order: anybody could sign for it.");
  }
  // x² = (y² − 1) / (d·y² + 1) must be a square, and u/v is one exactly where u·v is (Euler's criterion). Points with
  // x = 0 are of small order, and refused above.
  if (power(((y * y - 1n) * (D * y * y + 1n)) % P, (P - 1n) / 2n) !== 1n) {
    throw new FormatError("The Ed25519 key is no point of the curve.");
  }
  good.add(text);
}

/**
 * Verify a signature.
 * @param {Uint8Array} publicKey
 * @param {Uint8Array} signature
 * @param {Uint8Array} message
 * @param {string} where
 * @throws {FormatError} the key is refused
 * @throws {EvidenceError} the signature is not this key's over this message
 * @throws {UnansweredError} this engine has no Ed25519
 */
export async function verifyEd25519(publicKey, signature, message, where) {
  checkKey(publicKey);
  if (signature.length !== SIGNATURE_BYTES || littleEndian(signature.subarray(32)) >= L) {
    throw new EvidenceError(sentence("signature-form", { where }));
  }
  if (!(await ed25519Available())) throw new UnansweredError(sentence("no-ed25519"), "cannot-check");
  if (!canonicalPoint(signature.subarray(0, 32)) || !(await verifyRaw(publicKey, signature, message))) {
    throw new EvidenceError(sentence("signature-wrong", { where }), { expected: hexEncode(publicKey) });
  }
}

/**
 * Whether R can be an encoding that RFC 8032 writes; others match nothing, but not every library says so.
 * @param {Uint8Array} point
 */
function canonicalPoint(point) {
  const number = littleEndian(point);
  const y = number & ((1n << 255n) - 1n);
  return y < P && !(number >> 255n === 1n && (y === 1n || y === P - 1n));
}

/**
 * @param {Uint8Array} publicKey
 * @param {Uint8Array} signature
 * @param {Uint8Array} message
 */
async function verifyRaw(publicKey, signature, message) {
  const { subtle } = globalThis.crypto; // undefined outside of secure contexts: that throws, and counts as missing
  const key = await subtle.importKey("raw", copied(publicKey), { name: "Ed25519" }, false, ["verify"]);
  return subtle.verify({ name: "Ed25519" }, key, copied(signature), copied(message));
}

/**
 * A copy with a buffer of its own, which is never shared memory.
 * @param {Uint8Array} data
 */
function copied(data) {
  return new Uint8Array(data);
}

/** @param {Uint8Array} data */
function littleEndian(data) {
  return BigInt(`0x${hexEncode(Uint8Array.from(data).reverse())}`);
}

/**
 * base^exponent modulo P.
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let result = 1n;
  for (let square = ((base % P) + P) % P, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
