// Drives the pinned solc through its standard JSON interface.
//
// usage: node compile.mjs ROOT ENTRY...   (paths of .sol files relative to ROOT)
//
// Prints one JSON object on standard output: contract name -> {abi, bytecode, deployedBytecode, metadata}, for the
// contracts defined in the entry files only. Warnings about our own files are errors: nobody reads a warning twice.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const solc = createRequire(import.meta.url)("solc");

const SETTINGS = {
  evmVersion: "berlin",
  optimizer: { enabled: true, runs: 10000 },
  viaIR: true,
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"] } },
};

const [root, ...entries] = process.argv.slice(2);
const libraries = path.join(import.meta.dirname, "node_modules");

function readSource(unit) {
  const candidates = [path.join(root, unit), path.join(libraries, unit)];
  const found = candidates.find((candidate) => existsSync(candidate));
  return found ? { contents: readFileSync(found, "utf8") } : { error: `no source file for ${unit}` };
}

const input = {
  language: "Solidity",
  sources: Object.fromEntries(entries.map((unit) => [unit, { content: readFileSync(path.join(root, unit), "utf8") }])),
  settings: SETTINGS,
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readSource }));

// berlin is what the target network runs; solc says on every run that it will one day drop it
const BERLIN_IS_OLD = "Support for EVM versions older than london is deprecated";
const isOurs = (problem) => !problem.sourceLocation?.file.startsWith("@openzeppelin/") || problem.severity === "error";
const problems = (output.errors ?? []).filter(
  (problem) => isOurs(problem) && !problem.message.startsWith(BERLIN_IS_OLD),
);
if (problems.length) {
  for (const problem of problems) process.stderr.write(problem.formattedMessage + "\n");
  process.exit(1);
}

const contracts = {};
for (const unit of entries) {
  for (const [name, built] of Object.entries(output.contracts[unit] ?? {})) {
    contracts[name] = {
      abi: built.abi,
      bytecode: built.evm.bytecode.object,
      deployedBytecode: built.evm.deployedBytecode.object,
      metadata: built.metadata,
    };
  }
}
process.stdout.write(JSON.stringify(contracts));
