// Asks the service for a result page, runs its checks once more on this device, and shows what stands after that.
import { checkAlone, recheck } from "./recheck.js";
import { overrule, showComputed, showRows } from "./show.js";
import { people, say } from "./words.js";

/**
 * @typedef {import("./words.js").WordBook} WordBook
 * @typedef {import("./recheck.js").Served} Served
 * @typedef {{evidence: Uint8Array | null, documentDigest: string | null}} InHand
 */

/** Verdicts that evidence in the reader's hand proves without anybody's answer; every other needs one. */
const PROVED_ALONE = ["altered", "unknown-issuer", "revoked", "superseded", "expired"];

/** @type {Promise<WordBook | null> | null} */
let book = null;
/** @type {string | null} the newest trust note that this page got: it outlives the service */
let lastTrust = null;

/** Fetch what the checks need, so that a service which is gone later can still be done without. */
export function prepare() {
  words();
  trust();
}

/** @returns {Promise<WordBook | null>} */
function words() {
  const address = document.querySelector("meta[name=check-words]")?.getAttribute("content");
  if (!address) return Promise.resolve(null);
  book ??= fetch(address)
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => {
      book = null; // asked again with the next check
      return null;
    });
  return book;
}

/** @returns {Promise<string | null>} */
async function trust() {
  try {
    const response = await fetch("/v1/trust", { cache: "no-store" });
    if (response.ok) lastTrust = await response.text();
  } catch {
    // The one from before is still the last that is known.
  }
  return lastTrust;
}

/**
 * The service's page for a question; null where it does not answer with one.
 * @param {string} address
 * @param {RequestInit} options
 * @returns {Promise<{page: Document, moved: string | null} | null>}
 */
export async function askService(address, options) {
  try {
    const response = await fetch(address, { ...options, headers: { accept: "text/html", ...options.headers } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.querySelector("main h1")) return null;
    return { page, moved: response.redirected ? response.url : null };
  } catch {
    return null;
  }
}

/**
 * Run the checks of a result page on this device and write what comes out into it.
 * @param {Document} page the service's page, shown or not shown yet
 * @param {InHand} inHand
 */
export async function recheckPage(page, inHand) {
  const template = page.querySelector("template#report");
  const main = page.querySelector("main");
  if (!(template instanceof HTMLTemplateElement) || !main) return;
  const [spoken, note] = await Promise.all([words(), trust()]);
  if (spoken === null) return; // the page stays the service's own word, and says so
  const served = /** @type {Served} */ (JSON.parse(template.content.textContent ?? ""));
  const now = Math.floor(Date.now() / 1000);
  const checked = await recheck(served, { ...inHand, trust: note ?? "", now });
  if (checked === null) return;
  const { mine, why, differing } = checked;
  showRows(main, mine, differing, spoken);
  showComputed(main, say(spoken, why === "differs" ? "computed_differs" : "computed_here", { trust: checked.trust }));
  const shown = main.querySelector("[data-verdict]")?.getAttribute("data-verdict");
  main.setAttribute("data-rechecked", why ?? "agrees");
  if (why === null || (shown === "cannot-check" && why !== "differs")) return;
  const reason = say(spoken, `reason_${why}`);
  const [here, there] = [mine.verdict, served.report.verdict].map((one) => say(spoken, `verdicts.${one}.word`));
  const second = why === "differs" || why === "no_ed25519" ? say(spoken, "computed_both", { here, there }) : null;
  overrule(main, { verdict: "cannot-check", reason, second, next: say(spoken, `next_${why}`) }, spoken);
  page.title = titleOf(main, page.title, spoken);
}

/** The page that was opened by its address: it is shown already, and becomes this device's own. */
export async function recheckShown() {
  if (document.querySelector("template#report")) await recheckPage(document, { evidence: null, documentDigest: null });
}

/**
 * What can be told without the service, in place of its page.
 * @param {Element} place
 * @param {DocumentFragment} page the answer that came with the first page for this case
 * @param {InHand} inHand
 */
export async function showAlone(place, page, { evidence, documentDigest }) {
  const [spoken, note] = [await words(), lastTrust];
  if (evidence !== null && spoken !== null && note !== null) {
    const now = Math.floor(Date.now() / 1000);
    const { mine, cleanAt } = await checkAlone(evidence, { documentDigest, trust: note, now });
    showRows(page, mine, [], spoken);
    showComputed(page, say(spoken, "computed_alone"));
    const proved = PROVED_ALONE.includes(mine.verdict);
    const second = cleanAt === null ? null : say(spoken, "no_revocation_then", { time: people(cleanAt) });
    const reason = say(spoken, "reason_service");
    const compared = documentDigest !== null;
    overrule(page, proved ? { verdict: mine.verdict, compared } : { verdict: "cannot-check", reason, second }, spoken);
  } else {
    for (const fold of page.querySelectorAll(".checks")) fold.remove(); // no check was run
  }
  place.replaceChildren(page);
}

/**
 * A title that begins with the verdict.
 * @param {ParentNode} main
 * @param {string} title
 * @param {WordBook} spoken
 */
function titleOf(main, title, spoken) {
  const verdict = main.querySelector("[data-verdict]")?.getAttribute("data-verdict");
  return verdict ? `${say(spoken, `verdicts.${verdict}.word`)}: ${say(spoken, "site")}` : title;
}
