// Checks 11 and 12: whether the log shows two faces, and whether an ended era leads to a pin, as in
// ledger/verification/era.py.
import { RefusedError, UnansweredError } from "./errors.js";
import { CONSISTENCY, parseRenewal } from "./evidence.js";
import { verifyConsistency } from "./merkle.js";
import { sentence } from "./sentences.js";

/**
 * @typedef {import("./anchor.js").Anchored} Anchored
 * @typedef {import("./checkpoint.js").Checkpoint} Checkpoint
 * @typedef {import("./errors.js").Source} Source
 * @typedef {import("./evidence.js").Part} Part
 * @typedef {import("./trust-form.js").Pin} Pin
 * @typedef {import("./trust-form.js").TrustFile} TrustFile
 */

/**
 * 11: no anchored root is known that the checkpoint contradicts. Compared are the anchored root that the chain gave, and
 * the pins of the trust file that have the same size.
 * @param {Checkpoint} checkpoint
 * @param {Anchored | null} anchored
 * @param {TrustFile} trust
 * @returns {import("./examination.js").Passed<null>}
 */
export function checkFork(checkpoint, anchored, trust) {
  const compared = [];
  /** @type {Source} */
  let source = "trust-file";
  for (const pin of trust.pins) {
    if (pin.origin === checkpoint.origin && pin.size === checkpoint.size) {
      sameRoot(pin.root, checkpoint, "trust-file");
      compared.push("a pin of the trust file");
    }
  }
  if (anchored !== null && anchored.root !== null) {
    source = anchored.source;
    if (anchored.link === null) {
      sameRoot(anchored.root, checkpoint, source);
    } else {
      const { path } = anchored.link;
      leadsTo(checkpoint, anchored.size, path, anchored.root);
    }
    compared.push(`the root anchored at size ${anchored.size}`);
  }
  if (compared.length === 0) throw new UnansweredError(sentence("11.nothing"), null);
  return { value: null, said: sentence("11.passed", { compared: compared.join(" and ") }), source };
}

/**
 * @param {string} anchored
 * @param {Checkpoint} checkpoint
 * @param {Source} source
 */
function sameRoot(anchored, checkpoint, source) {
  if (anchored !== checkpoint.root) {
    throw new RefusedError(sentence("11.other", { size: checkpoint.size }), {
      expected: anchored,
      actual: checkpoint.root,
      source,
    });
  }
}

/**
 * @param {Checkpoint} checkpoint
 * @param {number} size
 * @param {Uint8Array[]} path
 * @param {string} root
 */
function leadsTo(checkpoint, size, path, root) {
  verifyConsistency({ oldSize: checkpoint.size, size, path, oldRoot: checkpoint.root, root });
}

/**
 * 12: the registry still counts, or a consistency proof leads from the checkpoint to its era's pin.
 * @param {Part[]} parts
 * @param {Checkpoint} checkpoint
 * @param {Anchored} anchored
 * @param {TrustFile} trust
 * @returns {import("./examination.js").Passed<Pin | null>}
 */
export function checkEra(parts, checkpoint, anchored, trust) {
  const { registry, chain } = anchored;
  // Read even where none is needed: a malformed part of a known format is refused wherever it stands.
  const renewals = parts.filter(({ format }) => format === CONSISTENCY).map(parseRenewal);
  if (registry.until === null) {
    return { value: null, said: sentence("12.passed", { block: registry.from }), source: "trust-file" };
  }
  const [pin] = trust.pins
    .filter(
      (one) =>
        one.chain === chain.genesis &&
        one.registry === registry.address &&
        one.origin === checkpoint.origin &&
        one.size >= checkpoint.size,
    )
    .sort((one, other) => one.size - other.size);
  if (pin === undefined) {
    throw new UnansweredError(sentence("12.no-pin", { block: registry.until }), "cannot-check", "trust-file");
  }
  const path = renewals.find(({ size }) => size === pin.size)?.path;
  if (path === undefined && pin.size !== checkpoint.size) {
    throw new UnansweredError(sentence("12.no-path", { size: pin.size }), "cannot-check", "trust-file");
  }
  leadsTo(checkpoint, pin.size, path ?? [], pin.root);
  const said = sentence("12.pinned", { block: registry.until, size: pin.size });
  return { value: pin, said, actual: pin.root, source: "trust-file" };
}
