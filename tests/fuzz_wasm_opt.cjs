// wasm-opt of npm's `binaryen`, many runs in one process, for starting it takes most of a run's time:
//
//     node fuzz_wasm_opt.cjs .../binaryen/bin/wasm-opt .../jco-transpile/vendor/wasm-tools.js
//
// A line of input is a JSON list: arguments, which end in the binary to write, and the text to print it to (by the
// second program, which is wasm-tools as a module). The answer is a line, the exit code.
"use strict";
const { readFileSync, writeFileSync } = require("fs");
const { dirname } = require("path");
const { createInterface } = require("readline");
const { pathToFileURL } = require("url");

const [program, printer] = process.argv.slice(2);
const source = readFileSync(program, "utf8").replace(/^#!.*\n/, "");
const start = new Function("Module", "require", "process", "console", "__filename", "__dirname", source);
const silent = { log() {}, error() {}, warn() {} };
const instantiate = WebAssembly.instantiate;
let compiled = null; // the same for all runs, so that it is optimised once
let end = () => {};

process.on("unhandledRejection", () => end(134));

// The first run: the script has the binary inside.
async function instantiateFirst(binary, imports) {
  compiled = await WebAssembly.compile(binary);
  return { module: compiled, instance: await instantiate(compiled, imports) };
}

function run(words) {
  return new Promise((resolve) => {
    end = resolve;
    const own = Object.create(process, {
      argv: { value: ["node", program, ...words] },
      exitCode: { value: 0, writable: true },
    });
    const Module = { postRun: () => resolve(own.exitCode), onAbort: () => resolve(134) };
    if (compiled) {
      Module.instantiateWasm = (imports, receive) => {
        instantiate(compiled, imports).then((instance) => receive(instance));
      };
    }
    start(Module, require, own, silent, program, dirname(program));
  });
}

(async () => {
  const { $init, tools } = await import(pathToFileURL(printer));
  await $init;
  for await (const line of createInterface({ input: process.stdin })) {
    const words = JSON.parse(line);
    const text = words.pop();
    WebAssembly.instantiate = compiled ? instantiate : instantiateFirst;
    let code = await run(words);
    try {
      if (code === 0) writeFileSync(text, tools.print(readFileSync(words.at(-1))));
    } catch {
      code = 1;
    }
    process.stdout.write(`${code}\n`);
  }
  process.exit(0);
})();
