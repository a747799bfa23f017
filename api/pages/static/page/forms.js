// The three forms of the first page: a number, a file, an evidence file. A new check first clears the old one.
import { hashFile } from "../verify/hash-file.js";
import { readNumber } from "../verify/number.js";
import { askService, prepare, recheckPage, showAlone } from "./asking.js";
import { looksLikeScan } from "./photo.js";

/** @typedef {import("./asking.js").InHand} InHand */

/** Evidence is never larger (formats.md, section 7). */
const LARGEST_EVIDENCE = 256 * 1024;
const NOTHING = { evidence: null, documentDigest: null };

/** @param {string} name @returns {any} */
const byId = (name) => document.getElementById(name);

let turn = 0; // a new check makes every answer of an older one void
/** @type {AbortController | null} */
let running = null;

/** Begin a check: the old verdict goes first. */
function begin() {
  byId("answer").replaceChildren();
  turn += 1;
  stopHashing();
  return turn;
}

function stopHashing() {
  if (running) running.abort();
  running = null;
  byId("cancel").hidden = true;
}

/**
 * SHA-256 of a file as hex, computed in a worker; null where it cannot be read, or was cancelled.
 * @param {File} file
 * @param {Element} state
 * @param {string} worker address of this very module
 */
async function fingerprint(file, state, worker) {
  const mine = turn;
  running = new AbortController();
  byId("cancel").hidden = false;
  const onProgress = (/** @type {number} */ done) => {
    const percent = file.size ? Math.floor((100 * done) / file.size) : 100;
    if (mine === turn) state.textContent = byId("file-form").dataset.progress.replace("{percent}", String(percent));
  };
  try {
    return await hashFile(file, { worker, onProgress, signal: running.signal });
  } catch {
    return null;
  } finally {
    if (mine === turn) stopHashing();
  }
}

/**
 * Ask the service, check again here, and show it; where nobody answers, what can be told alone.
 * @param {number} mine the turn of this check
 * @param {Element} state
 * @param {string} address
 * @param {RequestInit} options
 * @param {InHand} inHand
 */
async function ask(mine, state, address, options, inHand) {
  state.textContent = byId("file-form").dataset.asking;
  const answer = await askService(address, options);
  if (mine !== turn) return;
  if (answer) {
    await recheckPage(answer.page, inHand);
    if (mine !== turn) return;
    if (answer.moved) history.pushState(null, "", answer.moved);
    document.title = answer.page.title;
    byId("main").replaceChildren(...(answer.page.querySelector("main")?.childNodes ?? []));
    byId("main").dataset.rechecked = answer.page.querySelector("main")?.dataset.rechecked ?? "none";
  } else {
    state.textContent = "";
    await showAlone(byId("answer"), byId("down").content.cloneNode(true), inHand);
    document.title = byId("answer").querySelector("h1").textContent;
  }
  const heading = /** @type {HTMLElement} */ (document.querySelector("main h1"));
  heading.tabIndex = -1;
  heading.focus();
}

/** Whether the digits that stand there so far are a number; null while they are too few. */
function typed() {
  const text = byId("number").value;
  if (text.replace(/[^0-9]/g, "").length < 16) return null;
  try {
    readNumber(text);
    return true;
  } catch {
    return false;
  }
}

function wireNumber() {
  const form = byId("number-form");
  const state = byId("number-state");
  byId("number").addEventListener("input", () => {
    const right = typed();
    state.textContent = right === null ? "" : form.dataset[right ? "right" : "wrong"];
  });
  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const query = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    ask(begin(), state, `/r?${query}`, {}, NOTHING);
  });
}

/** @param {string} worker */
function wireFile(worker) {
  const form = byId("file-form");
  const state = byId("file-state");
  /** @type {File | null} */
  let shownPhoto = null;
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const chosen = byId("file").files[0];
    const mine = begin();
    if (chosen && shownPhoto !== chosen && (await looksLikeScan(chosen).catch(() => false))) {
      if (mine !== turn) return;
      shownPhoto = chosen;
      state.textContent = form.dataset.photo;
      byId("number").focus();
      return;
    }
    if (mine !== turn) return;
    let digest = byId("sha256").value.trim();
    if (chosen) digest = await fingerprint(chosen, state, worker);
    if (mine !== turn) return;
    if (!digest) {
      state.textContent = form.dataset[chosen ? "unreadable" : "missing"];
      return;
    }
    const body = new URLSearchParams({ sha256: digest, number: byId("with-number").value });
    const inHand = { evidence: null, documentDigest: chosen ? digest : null };
    ask(mine, state, form.getAttribute("action"), { method: "POST", body }, inHand);
  });
  byId("cancel").addEventListener("click", () => {
    begin();
    state.textContent = form.dataset.cancelled;
  });
}

/** @param {string} worker */
function wireEvidence(worker) {
  const form = byId("evidence-form");
  const state = byId("evidence-state");
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const evidence = byId("evidence").files[0];
    const paper = byId("evidence-document").files[0];
    const mine = begin();
    if (!evidence || evidence.size > LARGEST_EVIDENCE) {
      state.textContent = evidence ? form.dataset.large : byId("file-form").dataset.missing;
      return;
    }
    const content = await evidence.arrayBuffer().catch(() => null);
    const digest = paper ? await fingerprint(paper, state, worker) : "";
    if (mine !== turn) return;
    if (digest === null || content === null) {
      state.textContent = byId("file-form").dataset.unreadable;
      return;
    }
    /** @type {Record<string, string>} */
    const headers = digest ? { "x-document-sha256": digest } : {};
    const inHand = { evidence: new Uint8Array(content), documentDigest: digest || null };
    ask(mine, state, form.getAttribute("action"), { method: "POST", body: content, headers }, inHand);
  });
}

function wireDrops() {
  for (const place of document.querySelectorAll(".drop")) {
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      const input = place.querySelector("input");
      const dropped = /** @type {DragEvent} */ (event).dataTransfer;
      if (input && dropped) input.files = dropped.files;
    });
  }
}

/**
 * Put this script behind the forms of the first page, where this is the first page.
 * @param {string} worker address of the module that hashes: this one
 */
export function wireForms(worker) {
  if (!byId("file-form")) return;
  wireNumber();
  wireFile(worker);
  wireEvidence(worker);
  wireDrops();
  addEventListener("popstate", () => location.reload());
  byId("file-part").hidden = false;
  byId("digest-part").hidden = true;
  byId("evidence-document-part").hidden = false; // it has no name, so no browser sends it by itself
  byId("evidence-digest-part").hidden = true;
  prepare();
}
