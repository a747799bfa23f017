// The worker that hashes: the page stays answerable while it works. It gets one file, tells how far it is, and ends.
import { hashBlob } from "./hash-blob.js";

/**
 * @typedef {{done: number} | {digest: string} | {problem: string}} HashMessage
 * @typedef {{onmessage: ((event: {data: Blob}) => void) | null, postMessage: (message: HashMessage) => void}} HashScope
 */

/**
 * Hash every file that the page sends.
 * @param {HashScope} scope the worker's own; typed by hand, since the page's types and a worker's exclude each other
 */
export function serveHashing(scope) {
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ digest: await hashBlob(data, { onProgress: (done) => scope.postMessage({ done }) }) });
    } catch (problem) {
      scope.postMessage({ problem: problem instanceof Error ? problem.name : "Error" });
    }
  };
}

/** Whether this module runs in a worker: the one module that a page loads is its worker's, too. */
export function isWorker() {
  return typeof document === "undefined" && "WorkerGlobalScope" in globalThis;
}
