// Hashes a file in a worker, which the page can cancel at once; without workers, in the page itself piece by piece.
import { hashBlob } from "./hash-blob.js";

/** @typedef {import("./hash-worker.js").HashMessage} HashMessage */

/**
 * Hash a file.
 * @param {Blob} file
 * @param {{worker: string | URL, onProgress?: (done: number) => void, signal?: AbortSignal}} options
 *   `worker` is the address of the hashing worker; progress comes about four times a second
 * @returns {Promise<string>} 64 hex digits
 * @throws {DOMException} `AbortError` where it was cancelled, `NotReadableError` where the file cannot be read
 */
export async function hashFile(file, { worker, onProgress, signal }) {
  signal?.throwIfAborted();
  if (typeof Worker === "undefined") return hashBlob(file, { onProgress, signal });
  const working = new Worker(worker, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      working.onerror = () => reject(new DOMException("The hashing worker did not start.", "NotSupportedError"));
      working.onmessage = (/** @type {MessageEvent<HashMessage>} */ { data }) => {
        if ("done" in data) onProgress?.(data.done);
        else if ("digest" in data) resolve(data.digest);
        else reject(new DOMException("The file cannot be read.", data.problem));
      };
      working.postMessage(file);
    });
  } catch (problem) {
    if (!(problem instanceof DOMException) || problem.name !== "NotSupportedError") throw problem;
    return await hashBlob(file, { onProgress, signal });
  } finally {
    working.terminate();
  }
}
