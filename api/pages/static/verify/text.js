// Text as Python sees it: by code points and not by UTF-16 units.

/** Two UTF-16 units that make no character, seen one by one under the flag `u`. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** White space as Python has it, for a class of a regular expression: U+0085 is one there, U+FEFF is none. */
export const WHITE = "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/**
 * The first `count` code points.
 * @param {string} text
 * @param {number} count
 */
export function head(text, count) {
  return Array.from(text.slice(0, 2 * count)).slice(0, count).join("");
}

/**
 * Whether text holds half of a surrogate pair alone, which has no UTF-8.
 * @param {string} text
 */
export function hasLoneSurrogate(text) {
  return LONE_SURROGATE.test(text);
}

/**
 * The beginning of a stranger's text, in quotes and with what nobody sees escaped, as Python's `repr` shows it.
 * @param {string} text
 * @param {number} [count] most code points of it
 */
export function quoted(text, count = 40) {
  const shown = head(text, count);
  const mark = shown.includes("'") && !shown.includes('"') ? '"' : "'";
  let out = mark;
  for (const character of shown) {
    if (character === mark || character === "\\") out += `\\${character}`;
    else if (character === "\n") out += "\\n";
    else if (character === "\r") out += "\\r";
    else if (character === "\t") out += "\\t";
    else if (character !== " " && /[\p{C}\p{Z}]/u.test(character)) out += escaped(character.codePointAt(0) ?? 0);
    else out += character;
  }
  return out + mark;
}

/** @param {number} point */
function escaped(point) {
  const [letter, digits] = point < 0x100 ? ["x", 2] : point < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${point.toString(16).padStart(digits, "0")}`;
}
