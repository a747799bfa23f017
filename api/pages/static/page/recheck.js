// The checks of a result page, run once more on this device, and what follows where the service said something else.
//
// Pure but for WebCrypto: nothing is fetched or shown here.
import { ed25519Available } from "../verify/ed25519.js";
import { SillokError } from "../verify/errors.js";
import { readTrust, readTrustUnverified, trustDigest } from "../verify/trust.js";
import { parseInstant } from "../verify/values.js";
import { verifyEvidence } from "../verify/verifier.js";

/**
 * @typedef {import("../verify/report.js").ReportJson} ReportJson
 * @typedef {import("../verify/trust-form.js").TrustFile} TrustFile
 * @typedef {"differs" | "no_ed25519" | "clock" | "trust"} Overruling why the service's word is not taken
 *
 * @typedef {object} Served what a result page carries beside its words
 * @property {ReportJson & {evidence?: string}} report the service's report, with the answers that it rests on
 * @property {{documentDigest?: string, number?: string, asOf?: string}} asked what the service was asked
 *
 * @typedef {object} Known what this device knows by itself
 * @property {Uint8Array | null} evidence the file that the reader chose; null where the service looked it up
 * @property {string | null} documentDigest of the file that was hashed here
 * @property {string} trust the trust note
 * @property {number} now this device's clock, in seconds
 *
 * @typedef {object} Rechecked
 * @property {ReportJson} mine this device's report
 * @property {Overruling | null} why null where the service's word stands
 * @property {number[]} differing numbers of the checks that came out differently
 * @property {string} trust digest of the trust file, in hex
 */

/** How old a status may be under a `valid` that is about now, in seconds; the service's own rule, by this device's clock. */
export const FRESH_S = 300;

/**
 * Run the checks on what a page carries. Null where there is nothing to run them on: nothing was found, or it is erased.
 * @param {Served} served
 * @param {Known} known
 * @returns {Promise<Rechecked | null>}
 */
export async function recheck({ report, asked }, known) {
  const evidence = known.evidence ?? (report.evidence === undefined ? null : new TextEncoder().encode(report.evidence));
  if (evidence === null) return null;
  const canSign = await ed25519Available();
  let trust;
  try {
    trust = await trustOf(known.trust);
  } catch (problem) {
    if (!(problem instanceof SillokError)) throw problem;
    trust = null;
  }
  const mine = await verifyEvidence(evidence, {
    trust,
    documentDigest: known.documentDigest ?? asked.documentDigest,
    number: asked.number,
    asOf: asked.asOf,
    chain: report.answers?.chain,
    status: report.answers?.status,
  });
  const differing = conflicts(mine, report, canSign);
  const why = trust === null ? "trust" : overruling(mine, report, differing, canSign, asked.asOf ?? null, known.now);
  return { mine, why, differing, trust: trust === null ? "" : trustDigest(known.trust) };
}

/**
 * A trust file as this engine can read it.
 * @param {string} note
 * @returns {Promise<TrustFile>}
 */
export async function trustOf(note) {
  return (await ed25519Available()) ? readTrust(note) : readTrustUnverified(note);
}

/**
 * Checks whose outcome is not the service's; without Ed25519 only those count that ran on both sides.
 * @param {ReportJson} mine
 * @param {ReportJson} theirs
 * @param {boolean} canSign
 */
function conflicts(mine, theirs, canSign) {
  return mine.checks
    .filter(({ outcome }, place) => {
      const other = theirs.checks[place]?.outcome;
      return outcome !== other && (canSign || (outcome !== "not-run" && other !== "not-run"));
    })
    .map(({ number }) => number);
}

/**
 * @param {ReportJson} mine
 * @param {ReportJson} theirs
 * @param {number[]} differing
 * @param {boolean} canSign
 * @param {string | null} asOf
 * @param {number} now
 * @returns {Overruling | null}
 */
function overruling(mine, theirs, differing, canSign, asOf, now) {
  if (differing.length > 0) return "differs";
  if (mine.verdict !== theirs.verdict) return canSign ? "differs" : "no_ed25519";
  const late = mine.asOf === undefined || Math.abs(now - parseInstant(mine.asOf)) > FRESH_S;
  return mine.verdict === "valid" && asOf === null && late ? "clock" : null;
}

/**
 * The checks on evidence in the reader's hand while nobody answers: about now there is no status, so `valid` can't be.
 * @param {Uint8Array} evidence
 * @param {{documentDigest: string | null, trust: string, now: number}} known
 * @returns {Promise<{mine: ReportJson, cleanAt: string | null}>} `cleanAt`: of which instant the evidence itself says
 *   that all is well
 */
export async function checkAlone(evidence, { documentDigest, trust: note, now }) {
  const asked = { trust: await trustOf(note), documentDigest };
  const then = await verifyEvidence(evidence, asked);
  const mine = await verifyEvidence(evidence, { ...asked, asOf: `${new Date(now * 1000).toISOString().slice(0, 19)}Z` });
  return { mine, cleanAt: then.verdict === "valid" ? (then.asOf ?? null) : null };
}
