// The browser's verifier as a long-lived process: one JSON request a line in, one JSON answer a line out.
// It stands in for the browser in tests; nothing of it is served.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
const [canonical, checkpoint, disclosure, ed25519, encodings, errors, evidence, merkle, note, number, officeNotes, origin] =
  await Promise.all(
    ["canonical", "checkpoint", "disclosure", "ed25519", "encodings", "errors", "evidence", "merkle", "note", "number",
      "office-notes", "origin"].map((name) => load(`${name}.js`)),
  );
const { parseReceipt, formatReceipt } = await load("receipt.js");
const { parseRecord } = await load("record.js");
const { sha256, Sha256 } = await load("sha256.js");
const { readTrust, readTrustUnverified, trustDigest } = await load("trust.js");
const { parseTrustText } = await load("trust-form.js");
const { verifyEvidence } = await load("verifier.js");
const { hashBlob } = await load("hash-blob.js");

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const hashes = (texts) => texts.map((text) => encodings.hexDecode(text));

/** Files that are proved to have one form only by what they hold: parsed, and the same text handed back. */
const whole = (read) => (text) => {
  read(text);
  return text;
};

/** Text forms: what comes back must be the text that went in. */
const FORMS = {
  "numbers.json": number.parseNumber,
  "origins.json": (text) => origin.parseOrigin(text).origin,
  "checkpoints.json": (text) => checkpoint.formatCheckpoint(checkpoint.parseCheckpoint(text)),
  "receipts.json": (text) => formatReceipt(parseReceipt(text)),
  "status-notes.json": (text) => officeNotes.formatStatusNote(officeNotes.parseStatusNote(text)),
  "keys.json": (text) => note.parseVkey(text).text,
  "tlog-proofs.json": (text) => checkpoint.formatTlogProof(checkpoint.parseTlogProof(text)),
  "trust-files.json": whole(parseTrustText),
  "disclosures.json": (text) => disclosure.parseDisclosure(text).text,
  "records.json": whole(parseRecord),
  "evidence.json": whole(evidence.parseEvidence),
};

const trusts = new Map();
async function trustOf(text) {
  if (text === null) return null;
  if (!trusts.has(text)) trusts.set(text, await readTrust(text));
  return trusts.get(text);
}

const OPERATIONS = {
  form({ file, text, b64 }) {
    return FORMS[file](b64 === undefined ? text : bytes(b64));
  },
  disclosure({ text }) {
    const { path, value, leafHash } = disclosure.parseDisclosure(text);
    return { path, value, leafHash: encodings.hexEncode(leafHash) };
  },
  leafHash: ({ b64 }) => encodings.hexEncode(merkle.leafHash(bytes(b64))),
  origin: ({ text }) => origin.parseOrigin(text),
  head: ({ leaves }) => encodings.hexEncode(merkle.treeHead(leaves.map((leaf) => merkle.leafHash(bytes(leaf))))),
  async note({ text, vkey }) {
    const key = note.parseVkey(vkey);
    const parsed = note.parseNote(text);
    const again = note.formatNote(parsed);
    await note.verifySignature(parsed, key);
    return again;
  },
  inclusion: ({ leafHash, index, size, path, root }) =>
    merkle.verifyInclusion({ leafHash: encodings.hexDecode(leafHash), index, size, path: hashes(path), root }),
  consistency: ({ oldSize, size, path, oldRoot, root }) =>
    merkle.verifyConsistency({ oldSize, size, path: hashes(path), oldRoot, root }),
  canonical: ({ b64, limit }) => canonical.encodeCanonical(canonical.parseCanonical(bytes(b64), limit, "test"), "test"),
  decode: ({ form, text, length }) => encodings.hexEncode(encodings[form](text, length ?? null)),
  readNumber: ({ text }) => number.readNumber(text),
  checkKey: ({ hex }) => ed25519.checkKey(encodings.hexDecode(hex)),
  signature: ({ key, signature, message }) =>
    ed25519.verifyEd25519(...[key, signature, message].map((text) => encodings.hexDecode(text)), "test"),
  sha256({ b64, cuts }) {
    const data = bytes(b64);
    const hasher = new Sha256();
    let from = 0;
    for (const cut of [...cuts, data.length]) {
      hasher.update(data.subarray(from, cut));
      from = cut;
    }
    return encodings.hexEncode(hasher.digest());
  },
  sha256s: ({ b64, lengths }) =>
    lengths.map((length) => encodings.hexEncode(sha256(bytes(b64).subarray(0, length)))),
  async hashBlob({ b64, piece }) {
    const seen = [];
    const data = bytes(b64);
    const digest = await hashBlob(new Blob([data]), { pieceBytes: piece, everyMs: 0, onProgress: (done) => seen.push(done) });
    return { digest, seen };
  },
  async trust({ text, previous = null, digest = null }) {
    return (await readTrust(text, { previous, digest })).sequence;
  },
  async sentence({ book, said }) {
    return (await load("../page/words.js")).sentenceOf(book, said).text;
  },
  trustDigest: ({ text }) => trustDigest(text),
  async verify({ data, trust, without = null, ...asked }) {
    if (without === "ed25519") return withoutEd25519(() => verifyEvidence(bytes(data), { trust: readTrustUnverified(trust), ...asked }));
    return verifyEvidence(bytes(data), { trust: await trustOf(trust), ...asked });
  },
};

/** Runs only in a process of its own: whether the engine has Ed25519 is asked once. */
async function withoutEd25519(action) {
  Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
  return action();
}

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...parameters } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await OPERATIONS[op](parameters)) ?? null };
  } catch (problem) {
    if (!(problem instanceof errors.SillokError)) throw problem; // a defect: the process ends, and the test with it
    answer = { error: problem.constructor.name, text: problem.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
