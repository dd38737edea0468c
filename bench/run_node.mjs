// Runs a program on Node, as often as it is told; the child process of runner.py.
//
//     node run_node.mjs KIND MODULE STUBS ARGUMENT...
//
// Compiles the module, and prints the seconds that took. Then, for each line on standard input, makes a fresh instance,
// runs it, and prints the seconds of the run alone and what it returned.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { wasi } from "./wasi.mjs";

const [kind, path, stubsPath, ...args] = process.argv.slice(2);
const seconds = (since) => Number(process.hrtime.bigint() - since) / 1e9;

const bytes = readFileSync(path);
const start = process.hrtime.bigint();
const module = new WebAssembly.Module(bytes);
console.log(seconds(start));

const driven = ["box2d", "quickjs", "pause", "resumed"]; // by JavaScript that instantiates the module itself
const run = driven.includes(kind) ? (await import(`./${kind}.mjs`)).run : { start: startCommand, call: callExport }[kind];
for await (const _ of createInterface({ input: process.stdin })) {
  const [time, result] = await run(module, args, seconds, stubs);
  console.log(time, result);
}

function startCommand() {
  const provided = wasi(args, () => instance.exports.memory);
  const instance = new WebAssembly.Instance(module, { ...stubs(), wasi_snapshot_preview1: provided });
  const start = process.hrtime.bigint();
  try {
    instance.exports._start();
  } catch (thrown) {
    if (thrown.code !== 0) throw thrown;
  }
  return [seconds(start), "None"];
}

function callExport() {
  const [name, ...numbers] = args;
  const run = new WebAssembly.Instance(module, stubs()).exports[name];
  const values = numbers.map(Number);
  const start = process.hrtime.bigint();
  const result = run(...values);
  return [seconds(start), `[${result}]`.replace(/^\[([^,]*)\]$/, "$1")];
}

// Functions that return 0, for what is imported and not WASI.
function stubs() {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(stubsPath)));
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== "wasi_snapshot_preview1") (imports[from] ??= {})[name] = exports[`${from}.${name}`];
  }
  return imports;
}
