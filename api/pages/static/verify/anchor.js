// Check 10: whether the checkpoint was anchored, where and when, as in ledger/verification/anchor.py.
//
// Two can vouch for it here: a service that passes the chain's answer on, or, on a chain that one operator runs alone and
// with nobody asked, the office by its word (reference, status note, anchor note). The anchored root is compared in
// check 11, the era in 12, the keys in 13.
import { RefusedError, UnansweredError } from "./errors.js";
import { ANCHOR_NOTE, REFERENCE, parseReference } from "./evidence.js";
import { newestNote, noteOnChain, readAnchorNote } from "./notes.js";
import { sentence } from "./sentences.js";
import { head } from "./text.js";
import { formatInstant } from "./values.js";

/**
 * @typedef {import("./answers.js").AnchorFact} AnchorFact
 * @typedef {import("./answers.js").ChainFacts} ChainFacts
 * @typedef {import("./answers.js").Link} Link
 * @typedef {import("./errors.js").Source} Source
 * @typedef {import("./evidence.js").Part} Part
 * @typedef {import("./evidence.js").Reference} Reference
 * @typedef {import("./form.js").Proof} Proof
 * @typedef {import("./notes.js").StatusNotes} StatusNotes
 * @typedef {import("./office-notes.js").AnchorNote} AnchorNote
 * @typedef {import("./signatures.js").Issuer} Issuer
 * @typedef {import("./trust-form.js").TrustedChain} TrustedChain
 * @typedef {import("./trust-form.js").TrustedRegistry} TrustedRegistry
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {import("./values.js").Instant} Instant
 *
 * @typedef {object} Anchored an anchor of the evidence's checkpoint, as far as it is known
 * @property {TrustedChain} chain
 * @property {TrustedRegistry} registry
 * @property {number} block
 * @property {Instant | null} time null where only the office's reference is at hand, which does not say it
 * @property {number} size that of the checkpoint, or of a larger tree that `link` leads to
 * @property {Hex | null} root null where it is not known
 * @property {Hex | null} keyId null where it is not known
 * @property {Instant | null} recordTime of the first anchor that covers the record and is not void
 * @property {number} recordBlock
 * @property {boolean} orEarlier an earlier anchor may cover the record, too
 * @property {Source} source
 * @property {Link | null} link
 *
 * @typedef {{parts: Part[], proof: Proof, issuer: Issuer, notes: StatusNotes, facts: ChainFacts | null,
 *   asOf: Instant | null}} AnchorQuestion
 */

/**
 * 10: the checkpoint was accepted by a registry of the trust file on a chain of the log.
 * @param {AnchorQuestion} question
 * @returns {Promise<import("./examination.js").Passed<Anchored>>}
 */
export async function checkAnchor(question) {
  const { parts, facts, asOf } = question;
  const references = parts.filter(({ format }) => format === REFERENCE).map(parseReference);
  const signed = parts.filter(({ format }) => format === ANCHOR_NOTE);
  if (signed.length > 1) {
    throw new RefusedError(sentence("10.notes"), { expected: "1", actual: String(signed.length) });
  }
  const word = signed.length === 1 ? await wordOf(question, signed[0], references) : null;
  const anchored =
    facts === null ? byOffice(question, references, word) : byService(question, facts, references, word);
  const known = anchored.recordTime;
  if (asOf !== null && known !== null && asOf < known) {
    throw new RefusedError(sentence("10.later"), {
      demands: "not-anchored-yet",
      expected: formatInstant(asOf),
      actual: formatInstant(known),
      source: anchored.source,
    });
  }
  const actual = `size ${anchored.size} in block ${anchored.block}`;
  return { value: anchored, said: words(anchored), source: anchored.source, actual };
}

/** @param {Anchored} anchored */
function words({ recordTime, orEarlier, chain, source }) {
  const when = recordTime === null ? "" : ` at ${formatInstant(recordTime)}${orEarlier ? " or earlier" : ""}`;
  const alone = chain.oneOperator ? ", which one operator runs alone" : "";
  const whose = source === "office" ? " by the office's word" : "";
  return sentence("10.passed", { whose, when, chain: chain.chainId, alone });
}

/**
 * @param {AnchorQuestion} question
 * @param {ChainFacts} facts
 * @param {Reference[]} references
 * @param {AnchorNote | null} word
 * @returns {Anchored}
 */
function byService(question, facts, references, word) {
  const source = "service";
  const chain = knownChain(question.issuer, facts.genesis, facts.chainId, source);
  const { size } = question.proof.checkpoint;
  const { index } = question.proof.proof;
  const link = facts.link !== null && facts.link.size > size ? facts.link : null;
  const wanted = link === null ? size : link.size;
  const anchor = facts.anchors.find((one) => one.size === wanted);
  if (anchor === undefined && facts.anchors.some((one) => one.size > index)) {
    throw new UnansweredError(sentence("10.other-size"), "cannot-check", source);
  }
  if (anchor === undefined) throw new RefusedError(sentence("10.none"), { demands: "not-anchored-yet", source });
  const registry = knownRegistry(chain, anchor.registry, anchor.block, source);
  if (link === null) compare(anchor, facts, references, word, source);
  const first = firstGood(facts.anchors, index, voidKeys(question.issuer, facts)) ?? anchor;
  return {
    chain,
    registry,
    block: anchor.block,
    time: anchor.time,
    size: anchor.size,
    root: anchor.root,
    keyId: anchor.keyId,
    recordTime: first.time,
    recordBlock: first.block,
    orEarlier: first.previousSize > index,
    source,
    link,
  };
}

/**
 * The first anchor that covers the record and is not void (contracts README, "Time of a record").
 * @param {AnchorFact[]} anchors
 * @param {number} index
 * @param {Map<Hex, Instant>} since
 */
function firstGood(anchors, index, since) {
  const good = anchors.filter(({ size, keyId, time }) => {
    const declared = since.get(keyId);
    return size > index && (declared === undefined || time < declared);
  });
  return good.sort((one, other) => one.size - other.size)[0] ?? null;
}

/**
 * ANCHOR keys that are declared compromised, by trust file or chain, and since when: the earlier counts.
 * @param {Issuer} issuer
 * @param {ChainFacts} facts
 */
function voidKeys(issuer, facts) {
  /** @type {Map<Hex, Instant>} */
  const since = new Map();
  const declared = [
    ...issuer.log.anchorKeys.map(({ key, compromisedSince }) => ({ key, moment: compromisedSince })),
    ...facts.keys.map(({ keyId, compromisedSince }) => ({ key: keyId, moment: compromisedSince })),
  ];
  for (const { key, moment } of declared) {
    if (moment !== null) since.set(key, Math.min(moment, since.get(key) ?? moment));
  }
  return since;
}

/**
 * A reference, and the office's word, must say what the chain says.
 * @param {AnchorFact} anchor
 * @param {ChainFacts} facts
 * @param {Reference[]} references
 * @param {AnchorNote | null} word
 * @param {Source} source
 */
function compare(anchor, facts, references, word, source) {
  const found = `${anchor.block} ${anchor.registry} ${anchor.transaction}`;
  for (const reference of references.filter(({ genesis }) => genesis === facts.genesis)) {
    const said = `${reference.block} ${reference.registry} ${reference.transaction}`;
    if (said !== found || reference.chainId !== facts.chainId) {
      throw new RefusedError(sentence("10.reference"), { expected: said, actual: found, source });
    }
  }
  if (word !== null && word.genesis === facts.genesis) {
    const same =
      word.size === anchor.size &&
      word.root === anchor.root &&
      word.previousSize === anchor.previousSize &&
      word.keyId === anchor.keyId &&
      word.blockNumber === anchor.block &&
      word.blockTime === anchor.time;
    if (!same) throw new RefusedError(sentence("10.note-differs"), { source });
  }
}

/**
 * The office's signed word on the anchor; it must agree with checkpoint and references beside it.
 * @param {AnchorQuestion} question
 * @param {Part} part
 * @param {Reference[]} references
 */
async function wordOf({ notes, facts, issuer, proof }, part, references) {
  const moment = newestNote(notes)?.blockTime ?? facts?.at;
  if (moment === undefined) throw new UnansweredError(sentence("10.note-key"), "cannot-check");
  const word = await readAnchorNote(part, issuer, moment);
  const { origin, size, root } = proof.checkpoint;
  const [wanted, told] = [`${origin} ${size} ${root}`, `${word.origin} ${word.size} ${word.root}`];
  if (told !== wanted) throw new RefusedError(sentence("10.note-checkpoint"), { expected: wanted, actual: told });
  const beside = references.filter(({ genesis }) => genesis === word.genesis);
  const agrees = beside.every(
    ({ chainId, registry, transaction, block }) =>
      chainId === word.chainId &&
      registry === word.registry &&
      transaction === word.transaction &&
      block === word.blockNumber,
  );
  if (references.length > 0 && (beside.length === 0 || !agrees)) {
    throw new RefusedError(sentence("10.note-place"));
  }
  return word;
}

/**
 * @param {AnchorQuestion} question
 * @param {Reference[]} references
 * @param {AnchorNote | null} word
 * @returns {Anchored}
 */
function byOffice({ parts, issuer, notes, proof }, references, word) {
  if (parts.length === 0) throw new UnansweredError(sentence("10.no-anchor"), "not-anchored-yet");
  const strange = parts.map(({ format }) => format).filter((name) => name !== REFERENCE && name !== ANCHOR_NOTE);
  if (strange.length > 0 || references.length === 0) {
    // A reference must agree with any proof beside it, and whether it does cannot be told.
    const known = head(strange.join(", "), 80) || "no reference";
    throw new UnansweredError(sentence("10.not-run", { known }), "cannot-check");
  }
  const places = references.map((one) => {
    const chain = knownChain(issuer, one.genesis, one.chainId, "trust-file");
    return { chain, registry: knownRegistry(chain, one.registry, one.block, "trust-file") };
  });
  const [reference, { chain, registry }] = [references[0], places[0]];
  if (!places.every((place) => place.chain.oneOperator)) {
    throw new UnansweredError(sentence("10.reference-alone"), "cannot-check", "trust-file");
  }
  if (noteOnChain(notes, reference.genesis) === null || (word !== null && word.genesis !== reference.genesis)) {
    throw new UnansweredError(sentence("10.no-status"), "cannot-check", "office");
  }
  return {
    chain,
    registry,
    block: reference.block,
    time: word?.blockTime ?? null,
    size: proof.checkpoint.size,
    root: null,
    keyId: word?.keyId ?? null,
    recordTime: word?.blockTime ?? null,
    recordBlock: reference.block,
    orEarlier: word === null || word.previousSize > proof.proof.index,
    source: "office",
    link: null,
  };
}

/**
 * @param {Issuer} issuer
 * @param {Hex} genesis
 * @param {number} chainId
 * @param {Source} source
 */
function knownChain(issuer, genesis, chainId, source) {
  const chain = issuer.trust.chains.find((one) => one.genesis === genesis);
  if (chain === undefined || !issuer.log.chains.includes(genesis) || chain.chainId !== chainId) {
    const said = sentence("10.chain", { chain: chainId, genesis: genesis.slice(0, 16) });
    throw new UnansweredError(said, "cannot-check", source);
  }
  return chain;
}

/**
 * @param {TrustedChain} chain
 * @param {Hex} address
 * @param {number} block
 * @param {Source} source
 */
function knownRegistry(chain, address, block, source) {
  const found = chain.registries.find(
    (one) => one.address === address && one.from <= block && (one.until === null || block < one.until),
  );
  if (found === undefined) {
    throw new UnansweredError(sentence("10.registry", { registry: address, block }), "cannot-check", source);
  }
  return found;
}
