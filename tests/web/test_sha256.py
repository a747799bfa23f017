"""The incremental SHA-256 of the worker beside node's own, at every length and however it is cut."""

from __future__ import annotations

import json
import subprocess

from support.browser_verifier import VERIFIER

PROGRAM = """
const { createHash } = await import("node:crypto");
const { Sha256, sha256 } = await import(process.argv[1] + "/sha256.js");
const { hexEncode } = await import(process.argv[1] + "/encodings.js");
const data = new Uint8Array(300).map((_, place) => (place * 131 + 7) % 256);
const wrong = [];
let compared = 0;
const check = (length, how, digest) => {
  compared += 1;
  const right = createHash("sha256").update(data.subarray(0, length)).digest("hex");
  if (hexEncode(digest) !== right) wrong.push([length, how]);
};
for (let length = 0; length <= 300; length += 1) {
  check(length, "whole", sha256(data.subarray(0, length)));
  for (const piece of [1, 3, 55, 56, 63, 64, 65, 127, 128, 299]) {
    const hasher = new Sha256();
    for (let start = 0; start < length; start += piece) {
      hasher.update(data.subarray(start, Math.min(length, start + piece)));
    }
    check(length, piece, hasher.digest());
  }
  const hasher = new Sha256();
  hasher.update(data.subarray(0, 0));
  hasher.update(data.subarray(0, length >> 1));
  hasher.update(data.subarray(length >> 1, length));
  check(length, "halves", hasher.digest());
}
console.log(JSON.stringify({ compared, wrong }));
"""


def test_every_length_up_to_300_in_pieces_of_every_awkward_size() -> None:
    command = ["node", "--input-type=module", "-e", PROGRAM, VERIFIER.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"compared": 301 * 12, "wrong": []}
