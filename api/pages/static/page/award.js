// The page of a verified award: runs the checks on every step once more on this device, from evidence and trust file.
//
// The service's own rows stand beside it: only the service asked the chain. Where the two differ, the page says so.
import { ed25519Available } from "../verify/ed25519.js";
import { verifyEvidence } from "../verify/verifier.js";
import { trustOf } from "./recheck.js";

/** @typedef {import("../verify/trust-form.js").TrustFile} TrustFile */

/**
 * The verdict on one step by this device; null where its evidence did not come.
 * @param {HTMLElement} step
 * @param {TrustFile} trust
 * @returns {Promise<string | null>}
 */
async function verdictOf(step, trust) {
  const address = step.dataset.evidence;
  if (address === undefined) return null;
  try {
    const response = await fetch(address, { cache: "no-store" });
    if (!response.ok) return null;
    return (await verifyEvidence(new Uint8Array(await response.arrayBuffer()), { trust })).verdict;
  } catch {
    return null;
  }
}

/** @returns {Promise<TrustFile | null>} */
async function currentTrust() {
  try {
    const response = await fetch("/v1/trust", { cache: "no-store" });
    return response.ok ? await trustOf(await response.text()) : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} name of the words, which the page carries in a data attribute
 * @param {HTMLElement} place
 * @param {Record<string, number>} values
 */
function tell(name, place, values = {}) {
  const words = place.dataset[name] ?? "";
  place.textContent = words.replace(/\{(\w+)\}/g, (_, value) => String(values[value]));
  place.dataset.outcome = name;
  place.hidden = false;
}

async function checkAll() {
  const place = document.getElementById("here");
  if (place === null) return;
  tell("running", place);
  const trust = (await ed25519Available()) ? await currentTrust() : null;
  if (trust === null) {
    tell("unable", place);
    return;
  }
  const steps = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-step-verdict]")]);
  let good = 0;
  const differing = [];
  for (const step of steps) {
    const verdict = await verdictOf(step, trust);
    if (verdict === "valid") good += 1;
    if (verdict !== step.dataset.stepVerdict) {
      differing.push(step);
      step.className = "notice refuse";
      const told = step.querySelector(".here");
      if (told instanceof HTMLElement) told.hidden = false;
    }
    step.dataset.hereVerdict = verdict ?? "";
  }
  tell(differing.length ? "differs" : "done", place, { good, steps: steps.length, differing: differing.length });
}

checkAll();
