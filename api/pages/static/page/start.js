// The one module of the pages: it hashes in a worker of itself, asks the service, runs the checks once more on this
// device and shows both. Without it the number look-up and the record page work as they are.
import { isWorker, serveHashing } from "../verify/hash-worker.js";
import { readTrust } from "../verify/trust.js";
import { verifyEvidence } from "../verify/verifier.js";
import { wireForms } from "./forms.js";
import { recheckShown } from "./asking.js";

if (isWorker()) {
  serveHashing(/** @type {any} */ (self));
} else if (typeof document !== "undefined") {
  wireForms(import.meta.url);
  recheckShown();
  // Not every browser opens folds for print by style alone.
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
  });
}

// For whoever wants to run the checks from a console: (await import("/static/check-….js")).verifyEvidence(…).
export { readTrust, verifyEvidence };
