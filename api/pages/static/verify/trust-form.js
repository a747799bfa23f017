// The trust file as one line of canonical JSON, as in ledger/records/{trust_form,trust_values}.py.
import { parseCanonical } from "./canonical.js";
import { checkKey } from "./ed25519.js";
import { b64uDecode, hexEncode, utf8 } from "./encodings.js";
import { FormatError, UnknownVersionError } from "./errors.js";
import { splitLines } from "./lines.js";
import { Members, natural } from "./members.js";
import { COSIGNATURE, ED25519, NOTE_LIMIT, parseVkey } from "./note.js";
import { parseOrigin, receiptName } from "./origin.js";
import { hasLoneSurrogate, quoted } from "./text.js";

/**
 * @typedef {import("./note.js").VerifierKey} VerifierKey
 * @typedef {import("./values.js").Hex} Hex
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {{from: number, until: number | null}} Blocks from ≤ n < until (null: still)
 * @typedef {{address: Hex} & Blocks} TrustedRegistry
 * @typedef {{key: Hex, vkey: VerifierKey | null, from: Instant, until: Instant | null, compromisedSince: Instant | null}}
 *   TrustedKey a key and its window [from, until); acts at or after `compromisedSince` are void
 * @typedef {{chainId: number, genesis: Hex, name: string | null, oneOperator: boolean, registries: TrustedRegistry[]}}
 *   TrustedChain
 * @typedef {{origin: string, agency: string, chains: Hex[], maxDelayS: number, noteKeys: TrustedKey[],
 *   receiptKeys: TrustedKey[], anchorKeys: TrustedKey[], witnesses: VerifierKey[], quorum: number}} TrustedLog
 * @typedef {{chain: Hex, registry: Hex, origin: string, size: number, root: Hex, until: number}} Pin
 * @typedef {{keys: VerifierKey[], quorum: number}} Signers
 * @typedef {{sequence: number, previous: Hex | null, issuedAt: Instant, signers: Signers, chains: TrustedChain[],
 *   logs: TrustedLog[], pins: Pin[]}} TrustFile
 */

const VERSION = "trust/v1";
/** Most items of any list. */
const MANY = 4096;
const NAME_BYTES = 128;

/**
 * Read the text of a trust note, without its signatures: see `trust.js` for whom to believe.
 * @param {string} text
 * @returns {TrustFile}
 * @throws {UnknownVersionError} canonical JSON with `sillok` of another version
 * @throws {FormatError} not one line of canonical JSON, or a member out of the format; names it
 */
export function parseTrustText(text) {
  const [line] = splitLines(text, 1, "trust file");
  if (hasLoneSurrogate(line)) throw new FormatError("A trust file holds a lone surrogate.", "trust");
  const top = new Members(parseCanonical(utf8(line), NOTE_LIMIT, "trust"), "trust");
  const version = top.text("sillok");
  if (version !== VERSION) {
    if (version.startsWith("trust/v")) {
      throw new UnknownVersionError(`${quoted(version)} is not known here.`, "trust.sillok");
    }
    throw new FormatError("This is not a trust file.", "trust.sillok");
  }
  const trust = {
    sequence: top.integer("sequence"),
    previous: top.has("previous") ? top.hex("previous") : null,
    issuedAt: top.instant("issuedAt"),
    signers: signersOf(new Members(top.take("signers"), "trust.signers")),
    chains: top.objects("chains", MANY, chainOf),
    logs: top.objects("logs", MANY, logOf),
    pins: top.objects("pins", MANY, pinOf),
  };
  top.end();
  checkUnique(trust.chains.map(({ genesis }) => genesis), "trust.chains");
  checkUnique(trust.logs.map(({ origin }) => origin), "trust.logs");
  return trust;
}

/**
 * @param {Members} members
 * @returns {Signers}
 */
function signersOf(members) {
  const keys = vkeysOf(members, "keys", ED25519);
  const quorum = members.integer("quorum", 1);
  members.end();
  if (quorum > keys.length) {
    throw new FormatError("The quorum is larger than the number of signers.", "trust.signers.quorum");
  }
  checkUnique(keys.map(({ publicKey }) => publicKey), "trust.signers.keys");
  return { keys, quorum };
}

/**
 * @param {Members} members
 * @returns {TrustedChain}
 */
function chainOf(members) {
  if (members.has("name") !== members.has("validators")) {
    throw new FormatError("name and validators stand together, or neither does.", members.where);
  }
  const name = members.has("name") ? members.text("name") : null;
  if (name !== null && (name === "" || utf8(name).length > NAME_BYTES)) {
    throw new FormatError(`A chain's name has 1 to ${NAME_BYTES} bytes.`, members.at("name"));
  }
  // Validator sets are read strictly, and not kept: proofs that need them are not run in a browser yet.
  if (members.has("validators")) members.objects("validators", MANY, checkValidators);
  const chain = {
    chainId: members.integer("chainId"),
    genesis: members.hex("genesis"),
    name,
    oneOperator: name === null,
    registries: members.objects("registries", MANY, registryOf),
  };
  members.end();
  return chain;
}

/**
 * @param {Members} members
 * @returns {TrustedRegistry}
 */
function registryOf(members) {
  const registry = { address: members.hex("address", 20), ...blocksOf(members) };
  members.end();
  return registry;
}

/** @param {Members} members */
function checkValidators(members) {
  blocksOf(members);
  const keys = members.list("set", MANY).map(({ item, where }) => {
    if (!Array.isArray(item) || item.length !== 2 || typeof item[0] !== "string") {
      throw new FormatError("A validator is a key and its power.", where);
    }
    const publicKey = b64uDecode(item[0], 32, where);
    checkKey(publicKey);
    natural(item[1], where, 1);
    return hexEncode(publicKey);
  });
  members.end();
  if (keys.length === 0) throw new FormatError("A validator set is empty.", members.where);
  checkUnique(keys, members.at("set"));
}

/**
 * @param {Members} members
 * @returns {Blocks}
 */
function blocksOf(members) {
  const [from, until] = [members.integer("from"), members.integerOrNull("until")];
  if (until !== null && until <= from) throw new FormatError("until is not after from.", members.at("until"));
  return { from, until };
}

/**
 * @param {Members} members
 * @returns {TrustedLog}
 */
function logOf(members) {
  const name = parseOrigin(members.text("origin"));
  const receipts = receiptName(name.origin);
  const log = {
    origin: name.origin,
    agency: members.text("agency"),
    chains: members.texts("chains", MANY).map(({ text, where }) => digestOf(text, where)),
    maxDelayS: members.integer("maxDelay"),
    noteKeys: members.objects("noteKeys", MANY, (key) => noteKeyOf(key, name.origin)),
    receiptKeys: members.objects("receiptKeys", MANY, (key) => noteKeyOf(key, receipts)),
    anchorKeys: members.objects("anchorKeys", MANY, anchorKeyOf),
    witnesses: vkeysOf(members, "witnesses", COSIGNATURE),
    quorum: members.integer("quorum"),
  };
  members.end();
  if (log.agency !== name.agency) {
    throw new FormatError("The agency is not that of the origin.", members.at("agency"));
  }
  if (log.quorum > log.witnesses.length) {
    throw new FormatError("The quorum is larger than the number of witnesses.", members.at("quorum"));
  }
  checkUnique(log.chains, members.at("chains"));
  // A key that stood twice, once as the log's and once as a witness's, would let the log witness itself.
  const keys = [...log.noteKeys, ...log.receiptKeys, ...log.anchorKeys].map(({ key }) => key);
  checkUnique([...keys, ...log.witnesses.map(({ publicKey }) => publicKey)], members.where);
  return log;
}

/**
 * @param {string} text
 * @param {string} where
 */
function digestOf(text, where) {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new FormatError("This is not lower-case hex.", where);
  return text;
}

/**
 * @param {Members} members
 * @param {string} name
 * @returns {TrustedKey}
 */
function noteKeyOf(members, name) {
  const vkey = parseVkey(members.text("key"), members.at("key"));
  if (vkey.name !== name || vkey.algorithm !== ED25519) {
    throw new FormatError(`This is not an Ed25519 key with the name ${name}.`, members.at("key"));
  }
  return windowOf(members, vkey.publicKey, vkey);
}

/**
 * @param {Members} members
 * @returns {TrustedKey}
 */
function anchorKeyOf(members) {
  const key = members.hex("key");
  if (!key.startsWith("0".repeat(24))) {
    throw new FormatError("An anchor key is an address, left-padded with zeros.", members.at("key"));
  }
  return windowOf(members, key, null);
}

/**
 * @param {Members} members
 * @param {Hex} key
 * @param {VerifierKey | null} vkey
 * @returns {TrustedKey}
 */
function windowOf(members, key, vkey) {
  const found = {
    key,
    vkey,
    from: members.instant("from"),
    until: members.instantOrNull("until"),
    compromisedSince: members.instantOrNull("compromisedSince"),
  };
  members.end();
  if (found.until !== null && found.until < found.from) {
    throw new FormatError("until is before from.", members.at("until"));
  }
  return found;
}

/**
 * @param {Members} members
 * @returns {Pin}
 */
function pinOf(members) {
  const pin = {
    chain: members.hex("chain"),
    registry: members.hex("registry", 20),
    origin: parseOrigin(members.text("origin")).origin,
    size: members.integer("size", 1),
    root: members.hex("root"),
    until: members.integer("until"),
  };
  members.end();
  return pin;
}

/**
 * @param {Members} members
 * @param {string} name
 * @param {number} algorithm
 */
function vkeysOf(members, name, algorithm) {
  const keys = members.texts(name, MANY).map(({ text, where }) => parseVkey(text, where));
  if (keys.some((key) => key.algorithm !== algorithm)) {
    const kind = algorithm === ED25519 ? "ed25519" : "cosignature";
    throw new FormatError(`A key is not of the kind ${kind}.`, members.at(name));
  }
  return keys;
}

/**
 * @param {string[]} values
 * @param {string} where
 */
function checkUnique(values, where) {
  if (new Set(values).size !== values.length) throw new FormatError("One of these stands there twice.", where);
}
