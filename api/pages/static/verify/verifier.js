// The nineteen checks on one evidence file, in order, and the verdict, as in ledger/verification/verifier.py.
//
// Pure but for WebCrypto's Ed25519: nothing is fetched, read or written. Bad evidence never throws: it fails a check, and
// the report says which.
import { checkAnchor } from "./anchor.js";
import { chainFactsFromJson, statusFactsFromJson } from "./answers.js";
import { NUMBER_PATH } from "./disclosure.js";
import { checkDocument, checkNumber, checkOtherFormats } from "./document.js";
import { checkEra, checkFork } from "./era.js";
import { Examination } from "./examination.js";
import {
  checkCommitment,
  checkEvidenceForm,
  checkFacts,
  checkInclusion,
  checkProofForm,
  checkRecordForm,
  textAt,
} from "./form.js";
import { checkKeyWindow } from "./keys.js";
import { hexLine } from "./lines.js";
import { readStatusNotes } from "./notes.js";
import { deriveVerdict, rowToJson } from "./report.js";
import { sentence } from "./sentences.js";
import { checkIssuer, checkSignatures, checkWitnesses } from "./signatures.js";
import { standingAt } from "./standing.js";
import { checkInForce, checkStatus, checkStatusProof } from "./status.js";
import { formatInstant, parseInstant } from "./values.js";

/**
 * @typedef {import("./answers.js").ChainFacts} ChainFacts
 * @typedef {import("./answers.js").StatusFacts} StatusFacts
 * @typedef {import("./report.js").ReportJson} ReportJson
 * @typedef {import("./trust-form.js").TrustFile} TrustFile
 * @typedef {import("./values.js").Instant} Instant
 *
 * @typedef {object} Asked what the reader brings beside the evidence
 * @property {TrustFile | null} [trust] what the reader believes from the start (`readTrust`); without it every issuer is
 *   unknown
 * @property {string | null} [documentDigest] SHA-256 of the file that the reader holds, in hex
 * @property {string | null} [number] the document number that the reader asks for, in fours
 * @property {string | null} [asOf] the instant asked about; null asks at the instant of the status
 * @property {unknown} [chain] `answers.chain` of a service's report, or null where none answered
 * @property {unknown} [status] `answers.status` of a service's report, or null
 *
 * @typedef {object} Found what the checks established so far; null where the check did not pass
 * @property {import("./evidence.js").Evidence | null} evidence
 * @property {import("./record.js").Record | null} record
 * @property {import("./form.js").Facts | null} facts
 * @property {import("./form.js").Proof | null} proof
 * @property {import("./signatures.js").Issuer | null} issuer
 * @property {import("./trust-form.js").TrustedKey | null} noteKey
 * @property {import("./anchor.js").Anchored | null} anchored
 * @property {import("./status.js").Statement | null} statement
 */

/** How far `recordedAt` may lie after the record's time before the report says so (design.md, section 3, "Time"). */
const CLAIM_TOLERANCE_S = 300;

/**
 * Run all nineteen checks of formats.md, section 8.1.
 * @param {Uint8Array} data the evidence file's bytes
 * @param {Asked} [asked]
 * @returns {Promise<ReportJson>} every check in order, the verdict, and the instant that it is of
 * @throws {import("./errors.js").FormatError} what the reader or the service brought beside the evidence is malformed;
 *   never for bad evidence
 */
export async function verifyEvidence(data, asked = {}) {
  const document = asked.documentDigest == null ? null : hexLine(asked.documentDigest, "documentDigest");
  const number = asked.number ?? null;
  const asOf = asked.asOf == null ? null : parseInstant(asked.asOf, "asOf");
  const chain = asked.chain == null ? null : chainFactsFromJson(asked.chain);
  const status = asked.status == null ? null : statusFactsFromJson(asked.status);
  const exam = new Examination();
  const found = await read(exam, data);
  await attribute(exam, found, asked.trust ?? null);
  await place(exam, found, chain, status, asOf);
  const { evidence, facts, anchored, statement } = found;
  const erased = status !== null && status.erased;
  if (facts !== null) {
    await exam.run(17, () => checkDocument(document, facts, erased));
    await exam.run(18, () => checkNumber(number, facts, erased));
  }
  if (evidence !== null) await exam.run(19, () => checkOtherFormats(evidence));
  const required = [
    ...(document === null ? [] : [17]),
    ...(number === null ? [] : [18]),
    ...(anchored === null || anchored.root === null ? [] : [11]),
  ];
  const instant = asOf ?? statement?.instant ?? null;
  const rows = exam.rows();
  const said = besideTheRows(exam, found);
  return {
    verdict: deriveVerdict(rows, required),
    ...(instant === null ? {} : { asOf: formatInstant(instant) }),
    checks: rows.map(rowToJson),
    about: about(exam, found, instant, chain),
    notes: said.map(({ text }) => text),
    said,
    ...answersGiven(asked),
  };
}

/** @param {Asked} asked */
function answersGiven({ chain, status }) {
  if (chain == null && status == null) return {};
  return { answers: { ...(chain == null ? {} : { chain }), ...(status == null ? {} : { status }) } };
}

/**
 * Checks 1 to 6: the bytes.
 * @param {Examination} exam
 * @param {Uint8Array} data
 * @returns {Promise<Found>}
 */
async function read(exam, data) {
  /** @type {Found} */
  const found = {
    evidence: await exam.run(1, () => checkEvidenceForm(data)),
    record: null,
    facts: null,
    proof: null,
    issuer: null,
    noteKey: null,
    anchored: null,
    statement: null,
  };
  const { evidence } = found;
  if (evidence === null) return found;
  const record = await exam.run(2, () => checkRecordForm(evidence.leaf));
  found.record = record;
  if (record !== null) {
    const facts = await exam.run(3, () => checkFacts(evidence, record));
    found.facts = facts;
    if (facts !== null) await exam.run(4, () => checkCommitment(facts, record));
  }
  const proof = await exam.run(5, () => checkProofForm(evidence));
  found.proof = proof;
  if (proof !== null) await exam.run(6, () => checkInclusion(evidence.leaf, record, proof));
  return found;
}

/**
 * Checks 7 to 9: whose it is.
 * @param {Examination} exam
 * @param {Found} found
 * @param {TrustFile | null} trust
 */
async function attribute(exam, found, trust) {
  const { record, proof } = found;
  if (record === null || proof === null) return;
  const issuer = await exam.run(7, () => checkIssuer(trust, record, proof));
  found.issuer = issuer;
  if (issuer === null) return;
  found.noteKey = await exam.run(8, () => checkSignatures(proof.note, issuer));
  await exam.run(9, () => checkWitnesses(proof.note, issuer));
}

/**
 * Checks 10 to 16: when, by which keys, and what became of it since.
 * @param {Examination} exam
 * @param {Found} found
 * @param {ChainFacts | null} chain
 * @param {StatusFacts | null} status
 * @param {Instant | null} asOf
 */
async function place(exam, found, chain, status, asOf) {
  const { evidence, record, proof, issuer, noteKey } = found;
  if (evidence === null || record === null) return;
  if (proof !== null && issuer !== null) {
    const { parts } = evidence;
    const { checkpoint } = proof;
    const notes = await readStatusNotes(parts.status, record, proof, issuer);
    const question = { parts: parts.chain, proof, issuer, notes, facts: chain, asOf };
    const anchored = await exam.run(10, () => checkAnchor(question));
    found.anchored = anchored;
    await exam.run(11, () => checkFork(checkpoint, anchored, issuer.trust));
    if (anchored !== null) {
      await exam.run(12, () => checkEra(parts.renewals, checkpoint, anchored, issuer.trust));
      if (noteKey !== null) {
        await exam.run(13, () => checkKeyWindow(noteKey, anchored, issuer, notes, chain));
      }
    }
    const statement = await exam.run(14, () => checkStatusProof(parts.status, notes, anchored, status));
    found.statement = statement;
    if (statement !== null) await exam.run(15, () => checkStatus(statement, asOf));
  }
  await exam.run(16, () => checkInForce(record, found.statement, asOf));
}

/**
 * What was proved, and nothing else: a file that fails shows no fact of its own.
 * @param {Examination} exam
 * @param {Found} found
 * @param {Instant | null} instant
 * @param {ChainFacts | null} chain
 */
function about(exam, found, instant, chain) {
  const { record, proof, anchored } = found;
  if (record === null || proof === null || ![2, 6, 7, 8].every((number) => exam.passed(number))) return {};
  const facts = exam.passed(4) ? found.facts : null;
  const standing = standingNow(found, instant);
  const number = facts === null ? null : textAt(facts, NUMBER_PATH);
  const anchoredAt = anchored === null ? null : anchored.recordTime;
  return {
    origin: proof.checkpoint.origin,
    agency: record.agency,
    index: proof.proof.index,
    kind: record.kind,
    ...(number === null ? {} : { number }),
    ...moment("recordedAt", record.recordedAt),
    ...moment("anchoredAt", anchoredAt),
    ...moment("validFrom", record.validFrom),
    ...moment("validUntil", record.validUntil),
    ...moment("changedAt", standing?.since ?? null),
    ...moment("due", chain?.due ?? null),
    ...(anchored === null || anchoredAt === null ? {} : { anchoredOrEarlier: anchored.orEarlier }),
    ...(standing?.retroactive === true ? { fromTheStart: true } : {}),
    ...(facts !== null && facts.withheld > 0 ? { withheld: facts.withheld } : {}),
  };
}

/**
 * @param {string} name
 * @param {Instant | null} instant
 * @returns {{[name: string]: string}}
 */
function moment(name, instant) {
  return instant === null ? {} : { [name]: formatInstant(instant) };
}

/**
 * @param {Found} found
 * @param {Instant | null} instant
 */
function standingNow({ statement }, instant) {
  if (statement === null || statement.facts === null || instant === null || instant > statement.facts.at) return null;
  return standingAt(statement.facts, instant);
}

/**
 * Sentences that the reader must not miss, beside the rows.
 * @param {Examination} exam
 * @param {Found} found
 */
function besideTheRows(exam, { anchored, record, issuer }) {
  const said = [];
  if (anchored !== null && anchored.chain.oneOperator) {
    said.push(sentence("beside.alone", { chain: anchored.chain.chainId }));
  }
  if (anchored !== null && anchored.recordTime !== null && record !== null && issuer !== null) {
    const earliest = anchored.recordTime - issuer.log.maxDelayS;
    if (record.recordedAt < earliest || record.recordedAt > anchored.recordTime + CLAIM_TOLERANCE_S) {
      const [claimed, when] = [formatInstant(record.recordedAt), formatInstant(anchored.recordTime)];
      said.push(sentence("beside.claim", { claimed, anchored: when }));
    }
  }
  if (exam.passed(8) && !exam.passed(17)) said.push(sentence("beside.no-document"));
  if (exam.passed(8)) said.push(sentence("beside.not-truth"));
  return said;
}
