// The document number, as in ledger/records/number.py: 15 random digits and an ISO/IEC 7064 MOD 11,10 check digit.
import { FormatError } from "./errors.js";
import { WHITE, quoted } from "./text.js";

const NUMBER = /^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}$/;
const TYPED = new RegExp(`[${WHITE}\\-\\u2010-\\u2015\\u2212]`, "g");

/**
 * The check digit that belongs behind `digits` (ISO/IEC 7064, hybrid system MOD 11,10).
 * @param {string} digits
 */
export function checkDigit(digits) {
  let product = 10;
  for (const digit of digits) product = (((product + Number(digit)) % 10 || 10) * 2) % 11;
  return (11 - product) % 10;
}

/**
 * A document number exactly as it is recorded: four groups of four digits and a right check digit.
 * @param {string} text
 * @throws {FormatError} another form, or a wrong check digit
 */
export function parseNumber(text) {
  if (text.length !== 19 || !NUMBER.test(text)) throw new FormatError(`${quoted(text)} is not a document number.`);
  const digits = text.replaceAll("-", "");
  if (checkDigit(digits.slice(0, -1)) !== Number(digits.slice(-1))) {
    throw new FormatError(`The check digit of ${text} is wrong.`);
  }
  return text;
}

/**
 * A document number as a person types it: spaces and dashes anywhere, or none.
 * @param {string} text
 * @throws {FormatError} not 16 digits, or a wrong check digit
 */
export function readNumber(text) {
  if (text.length > 64) return parseNumber(text);
  const digits = text.replace(TYPED, "");
  return parseNumber((digits.match(/.{1,4}/gsu) ?? []).join("-"));
}
