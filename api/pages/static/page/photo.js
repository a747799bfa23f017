// Whether a chosen file looks like a photo or a scan: then its number is the way to go, since its digest can't match.
//
// Only a hint, by bytes that nobody has to write so: the reader may go on.

/** How much of a PDF is looked through, in bytes; a scan says what it is on its first page. */
const LOOKED_THROUGH = 8 * 1024 * 1024;
const PIECE = 1 << 20;
/** Longest mark that may lie across two pieces. */
const OVERLAP = 32;
const PICTURE = /\/(?:DCTDecode|JPXDecode|CCITTFaxDecode|JBIG2Decode)/;
/** A font, or an embedded font program: what is stored in compressed objects still shows these. */
const LETTERS = /\/(?:Font|Length1\b|Type1C\b|CIDFontType0C\b|OpenType\b)/;

/**
 * Whether a file is a picture, or a PDF that shows pictures and not one letter.
 * @param {Blob} file
 */
export async function looksLikeScan(file) {
  if (file.type.startsWith("image/")) return true;
  if ((await textOf(file.slice(0, 5))) !== "%PDF-") return false;
  let picture = false;
  for (let start = 0; start < Math.min(file.size, LOOKED_THROUGH); start += PIECE) {
    const text = await textOf(file.slice(start, start + PIECE + OVERLAP));
    if (LETTERS.test(text)) return false;
    picture ||= PICTURE.test(text);
  }
  return picture;
}

/**
 * The bytes as text, one letter a byte.
 * @param {Blob} piece
 */
async function textOf(piece) {
  return new TextDecoder("latin1").decode(await piece.arrayBuffer());
}
