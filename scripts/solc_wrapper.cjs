#!/usr/bin/env node
// Makes npm's `solc` look like the native compiler to py-solc-x, which calls it with --version and --standard-json.
// Standard input is read asynchronously: `solcjs` reads it at once and dies with EAGAIN on a slow pipe.
"use strict";
const path = require("path");
const solc = require(require.resolve("solc", { paths: [process.cwd(), path.join(__dirname, "..")] }));

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--standard-json")) {
  const chunks = [];
  process.stdin.on("data", (chunk) => chunks.push(chunk));
  process.stdin.on("end", () => process.stdout.write(solc.compile(Buffer.concat(chunks).toString("utf8"))));
} else {
  process.stderr.write("Only --version and --standard-json are known here.\n");
  process.exitCode = 1;
}
