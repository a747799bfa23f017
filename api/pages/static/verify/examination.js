// Runs numbered checks one by one and keeps a row for each, as in ledger/verification/examination.py.
import { EvidenceError, FormatError, RefusedError, UnansweredError, UnknownVersionError } from "./errors.js";
import { CHECK_NAMES } from "./report.js";
import { sentence } from "./sentences.js";

/**
 * @typedef {import("./errors.js").Source} Source
 * @typedef {import("./report.js").Row} Row
 * @typedef {import("./sentences.js").Said} Said
 */

/**
 * What a check established, and the words for its row.
 * @template T
 * @typedef {{value: T, said: Said, expected?: string, actual?: string, source?: Source}} Passed
 */

/**
 * What each check rests on; where one of those did not pass, it is not run.
 * @type {Readonly<Record<number, number[]>>}
 */
const RESTS_ON = {
  1: [],
  2: [1],
  3: [1, 2],
  4: [1, 2, 3],
  5: [1],
  6: [1, 5],
  7: [1, 2, 5],
  8: [5, 7],
  9: [8],
  10: [6, 8],
  11: [8],
  12: [10],
  13: [8, 10],
  14: [2, 6, 7],
  15: [14],
  16: [2],
  17: [1, 2, 3, 4],
  18: [1, 2, 3, 4],
  19: [1],
};

/** The rows so far. One object serves one report. */
export class Examination {
  constructor() {
    /** @type {Map<number, Row>} */
    this.kept = new Map();
  }

  /** @param {number} number */
  passed(number) {
    return this.kept.get(number)?.outcome === "passed";
  }

  /**
   * Run one check, unless one that it rests on did not pass, and keep its row.
   * @template T
   * @param {number} number
   * @param {() => Passed<T> | Promise<Passed<T>>} check
   * @returns {Promise<T | null>} what the check established; null where it did not pass
   */
  async run(number, check) {
    if (RESTS_ON[number].some((other) => !this.passed(other))) return null;
    try {
      const { value, said, expected = null, actual = null, source = "this-device" } = await check();
      this.kept.set(number, { number, outcome: "passed", said, expected, actual, source, demands: null });
      return value;
    } catch (problem) {
      this.kept.set(number, rowOf(number, problem));
      return null;
    }
  }

  /**
   * All nineteen rows in order; a check that was never run names what it rests on.
   * @returns {Row[]}
   */
  rows() {
    return CHECK_NAMES.map((_, place) => this.kept.get(place + 1) ?? this.notRun(place + 1));
  }

  /** @param {number} number */
  notRun(number) {
    const missing = RESTS_ON[number].find((other) => !this.passed(other));
    const said =
      missing === undefined
        ? sentence("not-asked")
        : sentence("rests-on", { number: missing, name: CHECK_NAMES[missing - 1] });
    return row(number, "not-run", said, null);
  }
}

/**
 * The row of a check that threw. What nobody throws on purpose is a defect of this program and goes on up.
 * @param {number} number
 * @param {unknown} problem
 */
function rowOf(number, problem) {
  if (problem instanceof RefusedError) {
    const { demands, expected, actual, source } = problem;
    return { ...row(number, "failed", problem.said, demands), expected, actual, source };
  }
  if (problem instanceof UnansweredError) {
    return { ...row(number, "not-run", problem.said, problem.demands), source: problem.source };
  }
  if (problem instanceof UnknownVersionError) return row(number, "not-run", problem.said, "cannot-check");
  if (problem instanceof EvidenceError) {
    const { expected, actual } = problem;
    return { ...row(number, "failed", problem.said, "altered"), expected, actual };
  }
  if (problem instanceof FormatError) return row(number, "failed", problem.said, "altered");
  throw problem;
}

/**
 * @param {number} number
 * @param {import("./report.js").Outcome} outcome
 * @param {Said} said
 * @param {string | null} demands
 * @returns {Row}
 */
function row(number, outcome, said, demands) {
  return { number, outcome, said, expected: null, actual: null, source: "this-device", demands };
}
