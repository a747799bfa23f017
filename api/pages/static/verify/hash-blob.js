// SHA-256 of a file of any size, in pieces: with one piece in memory at a time, 2 GB need no more heap than 2 MB.
import { hexEncode } from "./encodings.js";
import { Sha256 } from "./sha256.js";

/**
 * @typedef {object} HashOptions
 * @property {(done: number) => void} [onProgress] told how many bytes were hashed: at the start, about every `everyMs`,
 *   and at the end
 * @property {AbortSignal} [signal] aborts between two pieces
 * @property {number} [pieceBytes] a piece of 1 MiB takes about 40 ms on a phone: no task comes near 200 ms
 * @property {number} [everyMs]
 */

/**
 * Hash a file or blob; it is read here and sent nowhere.
 * @param {Blob} blob
 * @param {HashOptions} [options]
 * @returns {Promise<string>} 64 hex digits
 * @throws {DOMException} `AbortError` where it was cancelled, `NotReadableError` where the file cannot be read any more
 */
export async function hashBlob(blob, { onProgress, signal, pieceBytes = 1 << 20, everyMs = 250 } = {}) {
  const hasher = new Sha256();
  /** @param {number} from */
  const read = (from) => blob.slice(from, from + pieceBytes).arrayBuffer();
  let next = read(0);
  let told = Number.NEGATIVE_INFINITY;
  for (let done = 0; done < blob.size; done += pieceBytes) {
    signal?.throwIfAborted();
    if (performance.now() - told >= everyMs) {
      onProgress?.(done);
      told = performance.now();
    }
    const piece = await next;
    next = read(done + pieceBytes); // while this one is hashed
    hasher.update(new Uint8Array(piece));
  }
  signal?.throwIfAborted();
  onProgress?.(blob.size);
  return hexEncode(hasher.digest());
}
