// A status as of an instant, from a service's history, as in ledger/verification/answers.py.
import { SEVERITY } from "./values.js";

/**
 * @typedef {import("./answers.js").ActFact} ActFact
 * @typedef {import("./answers.js").StatusFacts} StatusFacts
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {import("./values.js").Status} Status
 * @typedef {{status: Status, since: Instant | null, retroactive: boolean}} Standing
 *   `since` is null where the status never changed or that is not known
 */

/**
 * The worse of record and batch as of an instant (design.md, section 3, "Verdict").
 *
 * Acts with block time up to and with the instant count, unless their key is declared compromised, whenever that was
 * declared. A retroactive revocation (취소) counts for every instant, also before it was made; a withdrawal (철회) only
 * from its own block on.
 * @param {StatusFacts} facts
 * @param {Instant} moment not later than `facts.at`
 * @returns {Standing}
 */
export function standingAt(facts, moment) {
  const [record, batch] = [lane(facts, moment, false), lane(facts, moment, true)];
  return SEVERITY[batch.status] > SEVERITY[record.status] ? batch : record;
}

/**
 * @param {StatusFacts} facts
 * @param {Instant} moment
 * @param {boolean} batch
 * @returns {Standing}
 */
function lane(facts, moment, batch) {
  /** @type {Standing} */
  let standing = { status: "active", since: null, retroactive: false };
  for (const act of facts.acts.filter((one) => one.batch === batch && !isVoid(one))) {
    if (act.after === "revoked" && act.retroactive) {
      return { status: act.after, since: act.time, retroactive: true };
    }
    if (act.time <= moment) standing = { status: act.after, since: act.time, retroactive: false };
  }
  for (const pending of facts.pending.filter((one) => one.batch === batch)) {
    // A resumption counts only once it is final; bad news counts at once (formats.md, section 5).
    const graver = SEVERITY[pending.after] > SEVERITY[standing.status];
    if (graver && (pending.acceptedAt <= moment || pending.retroactive)) {
      standing = { status: pending.after, since: pending.acceptedAt, retroactive: pending.retroactive };
    }
  }
  return standing;
}

/**
 * Whether an act does not count: final acts of a compromised key at or after its `since` are undone. Suspensions and
 * resumptions are answered by ordinary acts instead (contracts README, "Status acts").
 * @param {ActFact} act
 */
function isVoid(act) {
  const final = act.after === "revoked" || act.after === "superseded";
  return final && act.compromisedSince !== null && act.time >= act.compromisedSince;
}
