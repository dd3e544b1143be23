#!/usr/bin/env node
// The pinned solc (JavaScript) with as much of the native one's command line as Slither's compilation layer uses:
// --version, and --standard-json from standard input.
const { readFileSync } = require("node:fs");
const solc = require(require.resolve("solc", { paths: [process.env.CROSSDVP_CONTRACTS] }));

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else {
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
}
