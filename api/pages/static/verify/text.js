// Text as Python sees it: by code points and not by UTF-16 units.

/** Two UTF-16 units that make no character, seen one by one under the flag `u`. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

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
 * The beginning of a stranger's text, in quotes and with control characters escaped, as Python's `repr` shows it.
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
    else if (/[\x00-\x1f\x7f]/.test(character)) out += `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
    else out += character;
  }
  return out + mark;
}
