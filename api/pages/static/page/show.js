// Writes this device's checks into a result page that the service made, before it is shown.
import { people, say, sentenceOf } from "./words.js";

/**
 * @typedef {import("../verify/report.js").ReportJson} ReportJson
 * @typedef {import("../verify/report.js").RowJson} RowJson
 * @typedef {import("./recheck.js").Rechecked} Rechecked
 * @typedef {import("./words.js").WordBook} WordBook
 */

const MARKS = { passed: "✓", failed: "✕", "not-run": "–" };
const OUTCOMES = { passed: "passed", failed: "failed", "not-run": "not_run" };

/**
 * Every row becomes this device's own, and names whose word it is.
 * @param {ParentNode} main
 * @param {ReportJson} report
 * @param {number[]} differing
 * @param {WordBook} book
 */
export function showRows(main, report, differing, book) {
  for (const row of report.checks) {
    const line = main.querySelector(`[data-check="${row.number}"]`);
    if (line) showRow(line, row, report.asOf ?? null, differing.includes(row.number), book);
  }
  const count = (/** @type {string} */ outcome) => report.checks.filter((row) => row.outcome === outcome).length;
  const heading = say(book, "checks_heading", {
    total: report.checks.length,
    passed: count("passed"),
    failed: count("failed"),
    not_run: count("not-run"),
  });
  for (const summary of main.querySelectorAll(".checks summary")) summary.textContent = heading;
}

/**
 * @param {Element} line
 * @param {RowJson} row
 * @param {string | null} asOf
 * @param {boolean} differs
 * @param {WordBook} book
 */
function showRow(line, row, asOf, differs, book) {
  line.className = row.outcome;
  const mark = element("span", MARKS[row.outcome]);
  mark.setAttribute("aria-hidden", "true");
  line.querySelector(".outcome")?.replaceChildren(mark, ` ${say(book, OUTCOMES[row.outcome])}`);
  const time = asOf === null ? "–" : people(asOf);
  line.querySelector(".source")?.replaceChildren(say(book, `source_${row.source}`, { time }));
  const { text, plain } = sentenceOf(book, row);
  const sentence = element("span", text);
  if (!plain) sentence.lang = "en";
  /** @type {(string | Node)[]} */
  const parts = differs ? [element("strong", say(book, "checks_differ")), element("br"), sentence] : [sentence];
  for (const name of /** @type {const} */ (["expected", "actual"])) {
    const value = row[name];
    if (value !== undefined) parts.push(element("br"), `${say(book, name)}: `, element("code", value));
  }
  line.querySelector(".detail")?.replaceChildren(...parts);
}

/**
 * Who computed what, under the rows.
 * @param {ParentNode} main
 * @param {string} words
 */
export function showComputed(main, words) {
  for (const place of main.querySelectorAll(".computed")) place.textContent = words;
}

/**
 * Another verdict than the service's: no fact of the page stands any more.
 * @param {ParentNode} main
 * @param {{verdict: string, reason?: string, second?: string | null, next?: string, compared?: boolean}} told
 *   `compared`: whether a document was compared; without one no verdict has a tone, as in api/pages/results.py
 * @param {WordBook} book
 */
export function overrule(main, { verdict, reason = "", second = null, next, compared = true }, book) {
  const band = main.querySelector("[data-verdict]");
  const heading = band?.querySelector("h1");
  if (!band || !heading) return;
  const tone = (compared && TONES[verdict]) || "none";
  band.setAttribute("data-verdict", verdict);
  band.className = `verdict ${tone}`;
  const word = say(book, `verdicts.${verdict}.word`);
  const shape = element("span", SHAPES[tone]);
  shape.className = "shape";
  shape.setAttribute("aria-hidden", "true");
  band.querySelector(".tone")?.replaceChildren(shape, ` ${say(book, `tone_${tone}`)} · ${word}`);
  heading.textContent =
    verdict === "cannot-check" ? say(book, "verdicts.cannot-check.sentence", { reason }) : say(book, `verdicts.${verdict}.plain`);
  for (const line of band.querySelectorAll("p:not(.tone)")) line.remove();
  if (second) band.append(element("p", second));
  for (const fact of main.querySelectorAll("[data-fact]")) fact.remove();
  const place = main.querySelector(".next");
  if (place) place.textContent = next ?? say(book, `verdicts.${verdict}.next`, { contact: say(book, "agency") });
}

/** @type {Readonly<Record<string, "accept" | "refuse" | "ask" | "none">>} */
const TONES = { altered: "refuse", revoked: "refuse", "unknown-issuer": "refuse", suspended: "ask", superseded: "ask",
  expired: "ask", "not-yet-in-force": "ask" };
const SHAPES = { accept: "✓", refuse: "✕", ask: "!", none: "i" };

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[T]}
 */
function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
