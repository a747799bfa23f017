// The words of a page's language, as the service gives them: sentences of checks by code, values inside them, the rest.

/**
 * @typedef {import("../verify/sentences.js").Said} Said
 * @typedef {object} WordBook
 * @property {string} language
 * @property {Record<string, string>} words
 * @property {Record<string, string>} sentences by code
 * @property {[string, string, string][]} fragments parameter, pattern of the English value, words with `{1}`
 */

const HOURS_OF_KOREA = 9;

/**
 * Words with their places filled; a Korean particle follows the sound before it.
 * @param {WordBook} book
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(book, name, values = {}) {
  return fill(book.words[name], values).replace(/([가-힣])이\(가\)/g, (_, before) =>
    (before.charCodeAt(0) - 0xac00) % 28 ? `${before}이` : `${before}가`,
  );
}

/**
 * A verifier's sentence in the page's language; `plain` is false where a part of it stays English.
 * @param {WordBook} book
 * @param {Said} said
 * @returns {{text: string, plain: boolean}}
 */
export function sentenceOf(book, { code, parameters, text }) {
  if (book.language === "en" || book.sentences[code] === undefined) return { text, plain: book.language === "en" };
  const values = Object.entries(parameters).map(([name, value]) => [name, valueOf(book, name, String(value))]);
  const filled = fill(book.sentences[code], Object.fromEntries(values));
  return { text: filled, plain: !code.startsWith("malformed") };
}

/**
 * @param {WordBook} book
 * @param {string} name
 * @param {string} value
 */
function valueOf({ words, fragments }, name, value) {
  if (words[`checks.${value}`] !== undefined) return words[`checks.${value}`];
  for (const [parameter, pattern, replacement] of fragments) {
    const match = parameter === name ? new RegExp(`^(?:${pattern})$`).exec(value) : null;
    if (match) return replacement.replace("{1}", forPeople(match[1] ?? ""));
  }
  return forPeople(value);
}

/**
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
function fill(template, values) {
  return template.replace(/\{([a-z0-9_]+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/**
 * An instant as people read it; anything else as it is.
 * @param {string} value
 */
function forPeople(value) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? people(value) : value;
}

/**
 * An instant for people: in Korean time, with its zone.
 * @param {string} instant `YYYY-MM-DDTHH:MM:SSZ`
 */
export function people(instant) {
  const there = new Date(Date.parse(instant) + HOURS_OF_KOREA * 3_600_000).toISOString();
  return `${there.slice(0, 10)} ${there.slice(11, 19)} KST`;
}
