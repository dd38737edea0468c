// Calls every exported function of a module with 0 to 6 and prints what comes out, and how often `sleep` was done by
// then. With "paused", each call of `sleep` pauses.
import { readFileSync } from "node:fs";

const [file, mode] = process.argv.slice(2);
const UNWINDING = 1, REWINDING = 2, DATA = 0, END = 4096;
let exports, slept = 0;

function sleep(x) {
  if (mode === "paused" && exports.bysyncify_get_state() !== REWINDING) {
    new Uint32Array(exports.memory.buffer).set([DATA + 8, END]);
    exports.bysyncify_start_unwind(DATA);
    return 0xdead;
  }
  if (mode === "paused") exports.bysyncify_stop_rewind();
  slept++;
  return x * 10;
}

function outcome(name, x) {
  try {
    let result = exports[name](x);
    while (mode === "paused" && exports.bysyncify_get_state() === UNWINDING) {
      exports.bysyncify_stop_unwind();
      exports.bysyncify_start_rewind(DATA);
      result = exports[name](x);
    }
    return result;
  } catch (error) {
    if (error instanceof WebAssembly.Exception) return "exception";
    throw error;
  }
}

exports = (await WebAssembly.instantiate(readFileSync(file), { env: { sleep } })).instance.exports;
for (const name of Object.keys(exports).filter((name) => typeof exports[name] === "function")) {
  if (name.startsWith("bysyncify")) continue;
  for (let x = 0; x < 7; x++) console.log(name, x, outcome(name, x), slept);
}
