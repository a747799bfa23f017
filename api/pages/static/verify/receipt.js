// The receipt, the office's promise to anchor a size by a deadline, as in ledger/records/receipt.py.
import { b64Encode, hexDecode } from "./encodings.js";
import { FormatError, UnknownVersionError } from "./errors.js";
import { decimal, root, splitLines } from "./lines.js";
import { parseOrigin } from "./origin.js";
import { formatInstant, parseInstant } from "./values.js";

/**
 * @typedef {import("./values.js").Instant} Instant
 * @typedef {{origin: string, size: number, root: string, signedAt: Instant, deadline: Instant}} Receipt
 */

const VERSION = "sillok-receipt/v1";

/**
 * Read the text of a receipt note.
 * @param {string} text
 * @returns {Receipt}
 * @throws {UnknownVersionError} another version of the receipt
 * @throws {FormatError} not exactly six lines of these forms
 */
export function parseReceipt(text) {
  if (text.startsWith("sillok-receipt/v") && !text.startsWith(`${VERSION}\n`)) {
    throw new UnknownVersionError("This version of the receipt is not known here.", "receipt");
  }
  const [version, origin, size, head, signedAt, deadline] = splitLines(text, 6, "receipt");
  if (version !== VERSION) throw new FormatError("This is not a receipt.", "receipt");
  const receipt = {
    origin: parseOrigin(origin).origin,
    size: decimal(size, "receipt size"),
    root: root(head, "receipt root"),
    signedAt: parseInstant(signedAt, "receipt signedAt"),
    deadline: parseInstant(deadline, "receipt deadline"),
  };
  if (receipt.size < 1) throw new FormatError("A receipt is for one record at least.", "receipt size");
  if (receipt.deadline < receipt.signedAt) {
    throw new FormatError("The deadline is before the signing.", "receipt deadline");
  }
  return receipt;
}

/**
 * The note's text, six lines.
 * @param {Receipt} receipt
 */
export function formatReceipt(receipt) {
  const [signedAt, deadline] = [formatInstant(receipt.signedAt), formatInstant(receipt.deadline)];
  const head = b64Encode(hexDecode(receipt.root));
  return `${VERSION}\n${receipt.origin}\n${receipt.size}\n${head}\n${signedAt}\n${deadline}\n`;
}
