// Hashes a file in pieces, away from the page, so that a large one neither fills the memory nor stops the page.
import { Sha256 } from "./verify/sha256.js";

const PIECE = 4 * 1024 * 1024;

self.onmessage = async (event) => {
  const file = event.data;
  try {
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      self.postMessage({ percent: Math.floor((100 * Math.min(at + PIECE, file.size)) / file.size) });
    }
    const hex = Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
    self.postMessage({ digest: hex });
  } catch {
    self.postMessage({ unreadable: true }); // the file was moved or changed while it was read
  }
};
