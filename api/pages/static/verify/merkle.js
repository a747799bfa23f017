// RFC 9162 trees, as in ledger/merkle: node hashes, the head of a whole tree, inclusion and consistency proofs.
import { concat, hexDecode, hexEncode } from "./encodings.js";
import { EvidenceError } from "./errors.js";
import { sentence } from "./sentences.js";
import { sha256 } from "./sha256.js";
import { MAX_INTEGER } from "./values.js";

/** @typedef {import("./values.js").Hex} Hex */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/**
 * SHA-256(0x00 ‖ leaf).
 * @param {Uint8Array} leaf
 */
export function leafHash(leaf) {
  return sha256(concat(LEAF, leaf));
}

/**
 * SHA-256(0x01 ‖ left ‖ right); both 32 bytes.
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/**
 * Merkle tree hash over leaf hashes (section 2.1.1): folded level by level, an odd last node carried up unchanged.
 * @param {Uint8Array[]} hashes
 */
export function treeHead(hashes) {
  if (hashes.length === 0) return sha256(new Uint8Array(0));
  let level = hashes;
  while (level.length > 1) {
    const folded = [];
    for (let place = 0; place < level.length; place += 2) {
      const left = level[place];
      folded.push(place + 1 < level.length ? nodeHash(left, level[place + 1]) : left);
    }
    level = folded;
  }
  return level[0];
}

/**
 * Check that a leaf stands at `index` in the tree of `size` leaves with head `root` (section 2.1.3.2).
 * @param {{leafHash: Uint8Array, index: number, size: number, path: Uint8Array[], root: Hex}} claim
 * @throws {EvidenceError} the index is not below the size, the path has another length, or another root comes out
 */
export function verifyInclusion({ leafHash: leaf, index, size, path, root }) {
  if (!(0 <= index && index < size && size <= MAX_INTEGER)) {
    throw refuse("inclusion.index", "inclusion", String(size), String(index));
  }
  checkLengths([...path, leaf], "inclusion");
  // Below the level at which the paths of this leaf and of the last leaf meet, the index's bits tell left from right;
  // above it only the levels where its bit is set have a sibling, and that stands to the left.
  const place = BigInt(index);
  const inner = (place ^ BigInt(size - 1)).toString(2).replace(/^0$/, "").length;
  const needed = inner + (place >> BigInt(inner)).toString(2).replaceAll("0", "").length;
  if (path.length !== needed) {
    const code = path.length < needed ? "inclusion.short" : "inclusion.long";
    throw refuse(code, "inclusion", String(needed), String(path.length));
  }
  let computed = leaf;
  path.forEach((node, level) => {
    const onTheRight = level >= inner || ((place >> BigInt(level)) & 1n) === 1n;
    computed = onTheRight ? nodeHash(node, computed) : nodeHash(computed, node);
  });
  const found = hexEncode(computed);
  if (found !== root) throw refuse("inclusion.root", "inclusion", root, found);
}

/**
 * Check that the tree of `size` leaves begins with the tree of `oldSize` leaves (section 2.1.4.2).
 * @param {{oldSize: number, size: number, path: Uint8Array[], oldRoot: Hex, root: Hex}} claim
 * @throws {EvidenceError} the sizes are out of order, the path has another length, or one of the roots does not come out
 */
export function verifyConsistency({ oldSize, size, path, oldRoot, root }) {
  if (!(1 <= oldSize && oldSize <= size && size <= MAX_INTEGER)) {
    throw refuse("consistency.sizes", "consistency", String(size), String(oldSize));
  }
  checkLengths(path, "consistency");
  if (oldSize === size) {
    if (path.length > 0) throw refuse("consistency.long", "consistency");
    if (root !== oldRoot) throw refuse("consistency.same-size", "consistency", root, oldRoot);
    return;
  }
  if (path.length === 0) throw refuse("consistency.short", "consistency");
  const [oldComputed, computed] = rootsFromConsistency(oldSize, size, path, oldRoot).map(hexEncode);
  if (oldComputed !== oldRoot) throw refuse("consistency.old-root", "consistency", oldRoot, oldComputed);
  if (computed !== root) throw refuse("consistency.root", "consistency", root, computed);
}

/**
 * Both roots that a proof leads to, for 1 ≤ oldSize < size (steps 2 to 6 of section 2.1.4.2).
 * @param {number} oldSize
 * @param {number} size
 * @param {Uint8Array[]} nodes
 * @param {Hex} oldRoot
 */
function rootsFromConsistency(oldSize, size, nodes, oldRoot) {
  let [fn, sn] = [BigInt(oldSize - 1), BigInt(size - 1)];
  const climb = () => {
    fn >>= 1n;
    sn >>= 1n;
  };
  while (fn & 1n) climb();
  // A power of two: the old tree is itself a node of the new one, and the proof leaves it out.
  const left = (BigInt(oldSize) & BigInt(oldSize - 1)) === 0n;
  let old = left ? hexDecode(oldRoot) : nodes[0];
  let whole = old;
  for (const node of left ? nodes : nodes.slice(1)) {
    if (sn === 0n) throw refuse("consistency.long", "consistency");
    if (fn & 1n || fn === sn) {
      [old, whole] = [nodeHash(node, old), nodeHash(node, whole)];
      while (!(fn & 1n) && fn !== 0n) climb();
    } else {
      whole = nodeHash(whole, node);
    }
    climb();
  }
  if (sn !== 0n) throw refuse("consistency.short", "consistency");
  return [old, whole];
}

/**
 * @param {Uint8Array[]} hashes
 * @param {string} where
 */
function checkLengths(hashes, where) {
  if (hashes.some((hash) => hash.length !== 32)) throw refuse("hash-length", where, "32");
}

/**
 * @param {string} code
 * @param {string} where
 * @param {string | null} [expected]
 * @param {string | null} [actual]
 */
function refuse(code, where, expected = null, actual = null) {
  return new EvidenceError(sentence(code, { where }), { expected, actual });
}
