"""What a citizen's browser does alone: SHA-256 of a file in plain JavaScript, by V8 as Chromium and Node run it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row

MODULE = Path(__file__).resolve().parents[2] / "api/pages/static/verify/sha256.js"
# Both in turn, the best of nine each; the peer is OpenSSL in the same process.
SCRIPT = """
import { createHash } from "node:crypto";
const { sha256 } = await import(process.argv[1]);
const data = new Uint8Array(16 << 20).map((_, place) => place * 31);
const spent = (work) => {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
};
const best = { ours: Infinity, openssl: Infinity };
for (let round = 0; round < 9; round++) {
  best.ours = Math.min(best.ours, spent(() => sha256(data)));
  best.openssl = Math.min(best.openssl, spent(() => createHash("sha256").update(data).digest()));
}
console.log(JSON.stringify({ rate: data.length / 1e6 / best.ours, ratio: best.openssl / best.ours }));
"""


def rows() -> Iterator[Row]:
    """MB hashed in a second of CPU, and that as a part of OpenSSL's rate."""
    command = ["node", "--input-type=module", "-e", SCRIPT, MODULE.as_uri()]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    yield Row(
        measure="SHA-256 in the browser's verifier", value=found["rate"], unit="MB/s",
        peer="OpenSSL", ratio=found["ratio"], aim="", met=None,
    )  # fmt: skip
