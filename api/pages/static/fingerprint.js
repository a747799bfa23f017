// Computes a chosen file's SHA-256 in the browser and sends only that. Without this script the fingerprint is typed in.
"use strict";
(() => {
  const LARGEST = 200 * 1024 * 1024; // crypto.subtle takes the whole input in memory
  const form = document.getElementById("file-form");
  const file = document.getElementById("file");
  const field = document.getElementById("sha256");
  const state = document.getElementById("file-state");
  const say = (name) => { state.textContent = name ? form.dataset[name] : ""; };
  if (!window.crypto || !window.crypto.subtle) {
    say("insecure"); // WebCrypto needs https or localhost
    return;
  }
  document.getElementById("file-part").hidden = false;
  document.getElementById("digest-part").hidden = true;
  const typedInstead = (name) => {
    document.getElementById("digest-part").hidden = false;
    say(name);
  };
  let computing = false;
  form.addEventListener("submit", async (event) => {
    const chosen = file.files[0];
    if (computing) { event.preventDefault(); return; }
    if (!chosen) return; // the typed fingerprint is sent as it is
    event.preventDefault();
    if (chosen.size > LARGEST) { typedInstead("tooLarge"); return; }
    computing = true;
    say("working");
    try {
      const digest = await crypto.subtle.digest("SHA-256", await chosen.arrayBuffer());
      field.value = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
      say("");
      form.submit();
    } catch {
      typedInstead("unreadable");
    } finally {
      computing = false;
    }
  });
})();
