// The first page with script: a file is hashed here and only its fingerprint is sent; the answer takes the page's place.
// Without this script the number look-up and the fingerprint form work as they are.
import { hashFile } from "./verify/hash-file.js";

const byId = (name) => document.getElementById(name);
const fileForm = byId("file-form");
const LARGEST_EVIDENCE = 256 * 1024;
let turn = 0; // a new check makes every answer of an older one void
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

/** SHA-256 of a file as hex, computed in a worker; null where it cannot be read, or was cancelled. */
async function fingerprint(file, state) {
  const mine = turn;
  running = new AbortController();
  byId("cancel").hidden = false;
  const onProgress = (done) => {
    const percent = file.size ? Math.floor((100 * done) / file.size) : 100;
    if (mine === turn) state.textContent = fileForm.dataset.progress.replace("{percent}", percent);
  };
  try {
    return await hashFile(file, { worker: "/static/verify/hash-worker.js", onProgress, signal: running.signal });
  } catch {
    return null;
  } finally {
    if (mine === turn) stopHashing();
  }
}

/** Ask the service, and show its page; where it does not answer, the answer that came with this page. */
async function ask(mine, state, address, options) {
  state.textContent = fileForm.dataset.asking;
  let page = null;
  try {
    const response = await fetch(address, { ...options, headers: { accept: "text/html", ...options.headers } });
    page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.querySelector("main h1")) page = null;
    else if (mine === turn && response.redirected) history.pushState(null, "", response.url);
  } catch {
    page = null;
  }
  if (mine !== turn) return;
  state.textContent = "";
  if (page) {
    document.title = page.title;
    byId("main").replaceChildren(...page.querySelector("main").childNodes);
  } else {
    byId("answer").replaceChildren(byId("down").content.cloneNode(true));
    document.title = byId("answer").querySelector("h1").textContent;
  }
  const heading = document.querySelector("main h1");
  heading.tabIndex = -1;
  heading.focus();
}

/** ISO/IEC 7064 MOD 11,10 over 16 digits, the last being the check digit. */
function wellFormed(digits) {
  let product = 10;
  for (const digit of digits.slice(0, 15)) {
    const sum = (product + Number(digit)) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (product + Number(digits[15])) % 10 === 1;
}

const numberForm = byId("number-form");
const number = byId("number");
number.addEventListener("input", () => {
  const digits = number.value.replace(/[^0-9]/g, "");
  const whole = digits.length >= 16;
  const right = digits.length === 16 && wellFormed(digits);
  byId("number-state").textContent = whole ? numberForm.dataset[right ? "right" : "wrong"] : "";
});
numberForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = new URLSearchParams(new FormData(numberForm));
  ask(begin(), byId("number-state"), `/r?${query}`, {});
});

let shownPhoto = null;
fileForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const state = byId("file-state");
  const chosen = byId("file").files[0];
  const mine = begin();
  if (chosen && chosen.type.startsWith("image/") && shownPhoto !== chosen) {
    shownPhoto = chosen;
    state.textContent = fileForm.dataset.photo;
    number.focus();
    return;
  }
  let digest = byId("sha256").value.trim();
  if (chosen) digest = await fingerprint(chosen, state);
  if (mine !== turn) return;
  if (!digest) {
    state.textContent = fileForm.dataset[chosen ? "unreadable" : "missing"];
    return;
  }
  const body = new URLSearchParams({ sha256: digest, number: byId("with-number").value });
  ask(mine, state, fileForm.getAttribute("action"), { method: "POST", body });
});
byId("cancel").addEventListener("click", () => {
  begin();
  byId("file-state").textContent = fileForm.dataset.cancelled;
});

const evidenceForm = byId("evidence-form");
evidenceForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const state = byId("evidence-state");
  const evidence = byId("evidence").files[0];
  const paper = byId("evidence-document").files[0];
  const mine = begin();
  if (!evidence || evidence.size > LARGEST_EVIDENCE) {
    state.textContent = evidence ? evidenceForm.dataset.large : fileForm.dataset.missing;
    return;
  }
  const digest = paper ? await fingerprint(paper, state) : "";
  if (mine !== turn) return;
  if (digest === null) {
    state.textContent = fileForm.dataset.unreadable;
    return;
  }
  const headers = digest ? { "x-document-sha256": digest } : {};
  ask(mine, state, evidenceForm.getAttribute("action"), { method: "POST", body: evidence, headers });
});

for (const place of document.querySelectorAll(".drop")) {
  place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    place.querySelector("input").files = event.dataTransfer.files;
  });
}
window.addEventListener("popstate", () => location.reload());
byId("file-part").hidden = false;
byId("digest-part").hidden = true;
byId("evidence-part").hidden = false;
