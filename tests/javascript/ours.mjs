// Cases for what wat-bysyncify alone makes of program.wat.

import { equal, rejected, soon, wait } from "./check.mjs";
import * as runtime from "./bysyncify.mjs";

const env = { later: soon, later64: soon, laterfloat: soon, sleep: wait, say: () => {} };

// A fixed range that is too small, in memory full of data: nothing outside changes, and all goes on.
export async function overflow_leaves_memory(load) {
  for (const options of [{ stackStart: 4000, stackSize: 200 }, { stackSize: 200 }]) {
    const { instance } = await runtime.instantiate(await load("program"), { env }, options);
    const { exports } = instance;
    if ("asyncify_memory" in exports || "bysyncify_memory" in exports) return; // which is larger, and theirs alone
    const start = options.stackStart ?? 0;
    const outside = () => {
      const bytes = new Uint8Array(exports.memory.buffer);
      return [bytes.slice(0, start).join(), bytes.slice(start && start + 200).join()];
    };
    await exports.fill();
    const before = outside();
    await rejected(exports.deep(100), RangeError, /^the stack is too small to pause: 200 bytes; give a larger stackSize$/);
    equal(JSON.stringify(outside()) === JSON.stringify(before), true);
    equal(await exports.deep(5), 5);
    equal(await Promise.all([exports.weighted(1), exports.weighted(2)]), [3, 6]);
  }
}

export async function overflow_of_a_rejection(load) {
  const later = () => Promise.reject(new Error("nobody waits for it"));
  const { instance } = await runtime.instantiate(await load("program"), { env: { ...env, later } }, { stackSize: 64 });
  const { exports } = instance;
  if ("asyncify_memory" in exports || "bysyncify_memory" in exports) return;
  await rejected(exports.deep(100), RangeError);
  await wait(5);
}

export async function large_stack(load) {
  const { instance } = await runtime.instantiate(await load("program"), { env }, { stackSize: 120000 });
  equal(await instance.exports.deep(5000), 5000);
}
