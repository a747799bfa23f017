// The worker that hashes: the page stays answerable while it works. It gets one file, tells how far it is, and ends.
import { hashBlob } from "./hash-blob.js";

/**
 * @typedef {{done: number} | {digest: string} | {problem: string}} HashMessage
 * @typedef {{onmessage: ((event: {data: Blob}) => void) | null, postMessage: (message: HashMessage) => void}} HashScope
 */

/** A worker's own scope; typed by hand, since the page's types and a worker's exclude each other. */
const scope = /** @type {HashScope} */ (/** @type {unknown} */ (self));

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ digest: await hashBlob(data, { onProgress: (done) => scope.postMessage({ done }) }) });
  } catch (problem) {
    scope.postMessage({ problem: problem instanceof Error ? problem.name : "Error" });
  }
};
