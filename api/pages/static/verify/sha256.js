// SHA-256 (FIPS 180-4), incremental: WebCrypto takes its whole input at once, which a 2 GB file does not allow.
import { compress } from "./sha256-rounds.js";

const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/** Incremental SHA-256: `update` any number of times, then `digest` once. */
export class Sha256 {
  constructor() {
    this.state = Int32Array.from(START);
    this.block = new Uint8Array(64);
    this.held = 0;
    this.length = 0;
  }

  /**
   * Hash more bytes.
   * @param {Uint8Array} data
   * @returns {this}
   */
  update(data) {
    let place = 0;
    this.length += data.length;
    if (this.held > 0) {
      place = Math.min(64 - this.held, data.length);
      this.block.set(data.subarray(0, place), this.held);
      this.held += place;
      if (this.held < 64) return this;
      compress(this.state, this.block, 0, 64);
      this.held = 0;
    }
    const whole = place + Math.floor((data.length - place) / 64) * 64;
    compress(this.state, data, place, whole);
    this.block.set(data.subarray(whole), 0);
    this.held = data.length - whole;
    return this;
  }

  /**
   * The digest of everything so far, 32 bytes. The object is of no use afterwards.
   * @returns {Uint8Array}
   */
  digest() {
    const bits = this.length * 8; // exact: a file's length is far below 2^50
    const padding = new Uint8Array(((this.held < 56 ? 56 : 120) - this.held) + 8);
    const view = new DataView(padding.buffer);
    padding[0] = 0x80;
    view.setUint32(padding.length - 8, Math.floor(bits / 0x100000000));
    view.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    const out = new DataView(new ArrayBuffer(32));
    this.state.forEach((word, place) => out.setInt32(4 * place, word));
    return new Uint8Array(out.buffer);
  }
}

/**
 * SHA-256 of bytes at hand, 32 bytes.
 * @param {Uint8Array} data
 */
export function sha256(data) {
  return new Sha256().update(data).digest();
}
