// Checks 14 to 16: what the status rests on, what it was at the instant asked about, and the term of validity, as in
// ledger/verification/status.py.
import { RefusedError, UnansweredError } from "./errors.js";
import { newestNote } from "./notes.js";
import { sentence } from "./sentences.js";
import { standingAt } from "./standing.js";
import { SEVERITY, formatInstant, worse } from "./values.js";

/**
 * @typedef {import("./anchor.js").Anchored} Anchored
 * @typedef {import("./answers.js").StatusFacts} StatusFacts
 * @typedef {import("./errors.js").Source} Source
 * @typedef {import("./evidence.js").Part} Part
 * @typedef {import("./notes.js").StatusNotes} StatusNotes
 * @typedef {import("./office-notes.js").StatusNote} StatusNote
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./standing.js").Standing} Standing
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {{note: StatusNote | null, facts: StatusFacts | null, instant: Instant}} Statement
 *   the newest note, a service's history, or both; the instant is the later one
 */

/**
 * @template T
 * @typedef {import("./examination.js").Passed<T>} Passed
 */

/**
 * 14: each status note verifies and is not older than the anchor; or the service answered.
 * @param {Part[]} parts
 * @param {StatusNotes} notes
 * @param {Anchored | null} anchored
 * @param {StatusFacts | null} facts
 * @returns {Passed<Statement>}
 */
export function checkStatusProof(parts, notes, anchored, facts) {
  if (notes.fault !== null) throw notes.fault;
  for (const note of notes.verified) {
    if (anchored !== null && note.genesis === anchored.chain.genesis) notOlder(note, anchored);
  }
  const note = newestNote(notes);
  const moments = [note?.blockTime, facts?.at].filter((moment) => moment !== undefined);
  if (moments.length === 0) {
    if (anchored === null) throw new UnansweredError(sentence("14.no-anchor"), null);
    throw new UnansweredError(sentence(parts.length > 0 ? "14.not-run" : "14.none"), "cannot-check");
  }
  const value = { note, facts, instant: Math.max(...moments) };
  const when = formatInstant(value.instant);
  if (facts !== null) return { value, said: sentence("14.service", { when }), source: "service" };
  return { value, said: sentence("14.office", { when }), source: "office" };
}

/**
 * @param {StatusNote} note
 * @param {Anchored} anchored
 */
function notOlder(note, { recordTime, recordBlock }) {
  const early = recordTime !== null && note.blockTime < recordTime;
  if (early || note.blockNumber < recordBlock) {
    throw new RefusedError(sentence("14.older"), {
      expected: `block ${recordBlock} or later`,
      actual: `block ${note.blockNumber}`,
      source: "office",
    });
  }
}

/**
 * 15: the worse of record and batch is `active` at the instant asked about.
 * @param {Statement} statement
 * @param {Instant | null} asOf
 * @returns {Passed<Standing>}
 */
export function checkStatus(statement, asOf) {
  const asked = asOf ?? statement.instant;
  const when = formatInstant(asked);
  const found = standingOf(statement, asked);
  if (found === null) {
    const then = standingOf(statement, statement.instant)?.standing.status ?? "active";
    const said = sentence("15.other-instant", { when: formatInstant(statement.instant), status: then, asked: when });
    throw new UnansweredError(said, "cannot-check");
  }
  const { standing, source } = found;
  if (standing.status !== "active") {
    const since = standing.since === null ? "" : ` since ${formatInstant(standing.since)}`;
    const manner = standing.retroactive ? ", from the start" : "";
    throw new RefusedError(sentence("15.bad", { when, status: standing.status, since, manner }), {
      demands: standing.status,
      expected: "active",
      actual: standing.status,
      source,
    });
  }
  return { value: standing, said: sentence("15.passed", { when }), source };
}

/**
 * Null where neither note nor history speaks of the instant asked about.
 * @param {Statement} statement
 * @param {Instant} asked
 * @returns {{standing: Standing, source: Source} | null}
 */
function standingOf({ note, facts }, asked) {
  const byService = facts !== null && asked <= facts.at ? standingAt(facts, asked) : null;
  // Of two answers that are equally new the worse counts; an older note says nothing beside a newer history.
  const noteCounts = note !== null && asked === note.blockTime && (facts === null || note.blockTime >= facts.at);
  const byNote = noteCounts ? standingOfNote(note) : null;
  if (byNote !== null && (byService === null || SEVERITY[byNote.status] > SEVERITY[byService.status])) {
    return { standing: byNote, source: "office" };
  }
  return byService === null ? null : { standing: byService, source: "service" };
}

/**
 * @param {StatusNote} note
 * @returns {Standing}
 */
function standingOfNote({ status, batchStatus }) {
  return { status: batchStatus === null ? status : worse(status, batchStatus), since: null, retroactive: false };
}

/**
 * 16: validFrom ≤ t < validUntil at the instant asked about, else that of the status.
 * @param {Record} record
 * @param {Statement | null} statement
 * @param {Instant | null} asOf
 * @returns {Passed<null>}
 */
export function checkInForce({ validFrom, validUntil }, statement, asOf) {
  const asked = asOf ?? statement?.instant;
  if (asked === undefined) throw new UnansweredError(sentence("16.no-instant"), null);
  const when = formatInstant(asked);
  if (validUntil !== null && asked >= validUntil) {
    throw new RefusedError(sentence("16.expired", { when }), {
      demands: "expired",
      expected: `before ${formatInstant(validUntil)}`,
      actual: when,
    });
  }
  if (validFrom !== null && asked < validFrom) {
    throw new RefusedError(sentence("16.early", { when }), {
      demands: "not-yet-in-force",
      expected: `${formatInstant(validFrom)} or later`,
      actual: when,
    });
  }
  const limited = validFrom !== null || validUntil !== null;
  return { value: null, said: limited ? sentence("16.passed", { when }) : sentence("16.no-term") };
}
