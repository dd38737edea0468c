// Cases for program.wat and start.wat, however they were made to pause: `load` gives the bytes of such a module.

import { equal, Gates, rejected, soon, wait } from "./check.mjs";
import * as runtime from "./bysyncify.mjs";

const env = {
  later: soon,
  later64: soon,
  laterfloat: soon,
  sleep: wait,
  say: () => {},
};

const opened = async (load, imports = {}, options = undefined) => {
  const { instance } = await runtime.instantiate(await load("program"), { env: { ...env, ...imports } }, options);
  return instance.exports;
};

export async function pauses(load) {
  const said = [];
  const { main } = await opened(load, { say: (number) => said.push(number) });
  const running = main();
  said.push(2);
  equal(await running, undefined);
  equal(said, [1, 2, 3]);
}

export async function does_not_pause_without_a_promise(load) {
  const { sum } = await opened(load, { later: (number) => number });
  equal(await sum(100), 5050);
}

export async function concurrent_calls(load) {
  const { weighted } = await opened(load);
  equal(await Promise.all([weighted(1), weighted(2)]), [3, 6]);
}

export async function concurrent_calls_in_any_order(load) {
  const gates = new Gates();
  const { deep, weighted } = await opened(load, { later: (key) => gates.wait(key) });
  const calls = [weighted(1), weighted(2), deep(20), weighted(3)];
  await gates.open(2, 20);
  calls.push(weighted(4));
  await gates.open(0, 100);
  await gates.open(4, 40);
  await gates.open(3, 30);
  await gates.open(1, 10);
  equal(await Promise.all(calls), [21, 42, 120, 63, 84]);
}

export async function thousand_concurrent_calls(load) {
  const { weighted } = await opened(load, { later: (number) => wait(number % 7).then(() => number) });
  const numbers = [...Array(1000).keys()];
  equal(await Promise.all(numbers.map((number) => weighted(number))), numbers.map((number) => 3 * number));
}

export async function i64(load) {
  const { wide } = await opened(load);
  equal(await wide(3n), 9n);
  equal(await wide(-(2n ** 62n)), 2n ** 62n);
  await rejected(wide(3), TypeError);
  equal(await Promise.all([wide(1n), wide(2n)]), [3n, 6n]);
}

export async function f64(load) {
  const { float } = await opened(load);
  equal(await float(0.25), 0.5);
}

export async function many_pauses(load) {
  let calls = 0;
  const { sum } = await opened(load, { later: (number) => soon((calls++, number)) });
  equal(await sum(1000), 500500);
  equal(calls, 1000);
}

export async function deep_stack(load) {
  const { deep } = await opened(load, { later: async () => 5 });
  equal(await deep(500), 505);
}

export async function indirect_call(load) {
  const { indirect } = await opened(load);
  equal(await Promise.all([indirect(0, 5), indirect(1, 5)]), [20, 15]);
}

export async function rejection(load) {
  const { weighted } = await opened(load, { later: (number) => (number ? soon(number) : Promise.reject(new Error("no"))) });
  await rejected(weighted(0), Error, /^no$/);
  equal(await weighted(1), 3);
}

export async function rejection_with_anything(load) {
  const { weighted } = await opened(load, { later: () => Promise.reject(undefined) });
  equal(await weighted(0).then(() => "settled", (reason) => [reason]), [undefined]);
}

export async function thrown_at_once(load) {
  const { weighted } = await opened(load, {
    later: (number) => {
      if (!number) throw new RangeError("at once");
      return soon(number);
    },
  });
  await rejected(weighted(0), RangeError, /^at once$/);
  equal(await weighted(1), 3);
}

// The stack has room for one pause of `deep(10)`, a thousand times.
export async function thousand_rejections(load) {
  const options = { stackStart: 65536, stackSize: 1024 };
  const exports = await opened(load, { later: () => Promise.reject(new Error("no")) }, options);
  const own = exports.bysyncify_memory ?? exports.asyncify_memory;
  const position = () => (own ? new Int32Array(own.buffer)[0] : new Int32Array(exports.memory.buffer)[65536 / 4]);
  for (let count = 0; count < 1000; count++) await rejected(exports.deep(10), Error, /^no$/);
  equal(position(), own ? 8 : 65536 + 8);
}

export async function not_run_again(load) {
  let calls = 0;
  const { weighted } = await opened(load, { later: (number) => soon((calls++, number)) });
  equal(await weighted(5), 15);
  equal(calls, 1);
}

export async function calls_while_paused(load) {
  const gates = new Gates();
  const exports = await opened(load, { later: (key) => gates.wait(key) });
  const call = exports.weighted(1);
  for (let number = 0; number < 100; number++) equal(await exports.plain(number), number + 1);
  await gates.open(1, 7);
  equal(await call, 15);
}

export async function call_in_an_import(load) {
  const exports = await opened(load, {
    later: async (number) => (number < 5 ? exports.weighted(number + 1) : number),
  });
  equal(await exports.weighted(1), 1 + 2 * (2 + 2 * (3 + 2 * (4 + 2 * (5 + 2 * 5)))));
}

export async function call_in_an_import_that_does_not_wait(load) {
  const calls = [];
  const exports = await opened(load, {
    later: (number) => {
      if (number > 2) return soon(number);
      calls.push(exports.weighted(number + 2));
      return number;
    },
  });
  equal(await exports.weighted(1), 3);
  equal(await exports.weighted(2), 6);
  equal(await Promise.all(calls), [9, 12]);
}

export async function memory_stays(load) {
  const gates = new Gates();
  const exports = await opened(load, { later: (key) => gates.wait(key) });
  const bytes = () => new Uint8Array(exports.memory.buffer).join();
  await exports.fill();
  const before = bytes();
  const calls = [exports.deep(50), exports.weighted(1)];
  equal(bytes() === before, true);
  await gates.open(0, 1);
  await gates.open(1, 1);
  equal(await Promise.all(calls), [51, 3]);
  equal(bytes() === before, true);
}

export async function memory_that_is_changed_while_paused(load) {
  const gates = new Gates();
  const exports = await opened(load, { later: (key) => gates.wait(key) });
  const bytes = () => new Uint8Array(exports.memory.buffer);
  const call = exports.deep(50);
  bytes().fill(9);
  await gates.open(0, 1);
  equal(await call, 51);
  equal(bytes().every((byte) => byte === 9), true);
}

export async function memory_that_grows_while_paused(load) {
  const gates = new Gates();
  const exports = await opened(load, { later: (key) => gates.wait(key) });
  const calls = [exports.deep(50), exports.weighted(1)];
  exports.memory.grow(3);
  calls.push(exports.weighted(2));
  await gates.open(2, 2);
  await gates.open(0, 1);
  exports.memory.grow(1);
  await gates.open(1, 1);
  equal(await Promise.all(calls), [51, 3, 6]);
}

// Calls of all depths that begin, go on and fail in an order by chance, the same each time.
export async function order_by_chance(load) {
  let seed = 1;
  const chance = (below) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const open = [];
  const exports = await opened(load, { later: (number) => new Promise((go, fail) => open.push([number, go, fail])) });
  const calls = [];
  for (let turn = 0; turn < 4000; turn++) {
    if (turn < 2000 && chance(2)) {
      const count = 1 + chance(9);
      const [name, wanted] = [["weighted", 3 * count], ["sum", (count * (count + 1)) / 2], ["deep", count]][chance(3)];
      calls.push(exports[name](count).then((value) => [value, wanted], (error) => [error.message, "no"]));
    } else if (open.length) {
      const [[number, go, fail]] = open.splice(chance(open.length), 1);
      if (chance(10)) go(number);
      else fail(new Error("no"));
      await null;
    }
  }
  while (open.length) {
    for (const [number, go] of open.splice(0)) go(number);
    await wait(0);
  }
  const found = await Promise.all(calls);
  equal(found.filter(([value, wanted]) => value !== wanted), []);
  equal(found.length > 900 && found.filter(([, wanted]) => wanted === "no").length > 50, true);
}

export async function fixed_range(load) {
  const exports = await opened(load, {}, { stackStart: 70000, stackSize: 400 });
  await exports.fill();
  const outside = () => {
    const bytes = new Uint8Array(exports.memory.buffer);
    return [bytes.slice(0, 70000).join(), bytes.slice(70400).join()];
  };
  const before = outside();
  equal(await Promise.all([exports.weighted(1), exports.weighted(2)]), [3, 6]);
  equal(JSON.stringify(outside()) === JSON.stringify(before), true);
}

export async function start_function(load) {
  const said = [];
  const later = (number) => {
    said.push(2);
    return wait(5).then(() => number + 1);
  };
  const { instance, module } = await runtime.instantiate(await load("start"), { env: { later, say: (n) => said.push(n) } });
  equal(said, [1, 2, 3]);
  equal(await instance.exports.found(), 42);
  equal("bysyncify_start" in instance.exports, false);
  const again = await runtime.instantiate(module, { env: { later, say: (n) => said.push(n) } });
  equal(said, [1, 2, 3, 1, 2, 3]);
  equal(await again.exports.found(), 42);
}

export async function start_function_of_a_constructed_instance(load) {
  const module = await runtime.compile(await load("start"));
  const { exports } = new runtime.Instance(module, { env: { later: (number) => wait(5).then(() => number + 1), say() {} } });
  equal(await exports.found(), 42);
  equal(await exports.found(), 42);
}

export async function start_function_that_fails(load) {
  const bytes = await load("start");
  const fails = { env: { say() {}, later: () => Promise.reject(new Error("no")) } };
  await rejected(runtime.instantiate(bytes, fails), Error, /^no$/);
  const { exports } = new runtime.Instance(await runtime.compile(bytes), fails);
  await rejected(exports.found(), Error, /^no$/);
  const throws = { env: { say() {}, later: () => { throw new Error("at once"); } } };
  await rejected(soon().then(async () => new runtime.Instance(await runtime.compile(bytes), throws)), Error, /^at once$/);
}

export async function start_function_of_a_module_compiled_elsewhere(load) {
  const module = await WebAssembly.compile(await load("start"));
  const pausing = { env: { say() {}, later: soon } };
  await rejected(runtime.instantiate(module, pausing), Error, /^env.later pauses in a start function: .*bytes/);
  const instance = await runtime.instantiate(module, { env: { say() {}, later: (number) => number } });
  equal(await instance.exports.found(), 41);
}

export async function module_compiled_elsewhere(load) {
  const instance = await runtime.instantiate(await WebAssembly.compile(await load("program")), { env });
  equal(await instance.exports.weighted(1), 3);
  equal(await instance.exports.wide(1n), 3n);
  equal(await instance.exports.float(1), 2);
}

export async function instance(load) {
  const module = new WebAssembly.Module(await load("program"));
  const instance = new runtime.Instance(module, { env });
  equal(instance instanceof runtime.Instance && instance instanceof WebAssembly.Instance, true);
  equal(await instance.exports.weighted(1), 3);
  const { instance: other } = await runtime.instantiate(await load("program"), { env });
  equal(other instanceof runtime.Instance && other instanceof WebAssembly.Instance, true);
  equal(Object.keys(other.exports), Object.keys(instance.exports));
}

export async function shapes(load) {
  const bytes = await load("program");
  const both = await runtime.instantiate(bytes, { env });
  equal(Object.keys(both), ["module", "instance"]);
  equal(both.module instanceof WebAssembly.Module, true);
  const one = await runtime.instantiate(both.module, { env });
  equal(one instanceof runtime.Instance, true);
  equal(await one.exports.weighted(2), 6);
  const view = new Uint8Array(bytes.byteLength + 20);
  view.set(new Uint8Array(bytes), 10);
  const { instance } = await runtime.instantiate(view.subarray(10, 10 + bytes.byteLength), { env });
  equal(await instance.exports.weighted(2), 6);
  const { exports } = instance;
  equal([Object.isFrozen(exports), Object.getPrototypeOf(exports)], [true, null]);
  equal(exports.weighted === instance.exports.weighted, true);
}

export async function streaming(load) {
  const response = async (name) => new Response(await load(name), { headers: { "content-type": "application/wasm" } });
  const { instance, module } = await runtime.instantiateStreaming(response("program"), { env });
  equal(await instance.exports.weighted(2), 6);
  equal(module instanceof WebAssembly.Module, true);
  const started = await runtime.instantiateStreaming(await response("start"), { env: { ...env, later: (n) => soon(n + 1) } });
  equal(await started.instance.exports.found(), 42);
  const text = new Response("no module", { headers: { "content-type": "application/wasm" } });
  await rejected(runtime.instantiateStreaming(text, {}), WebAssembly.CompileError);
}

export async function errors_of_the_engine(load) {
  const bytes = await load("program");
  await rejected(runtime.instantiate(bytes), TypeError);
  await rejected(runtime.instantiate(bytes, {}), TypeError);
  await rejected(runtime.instantiate(bytes, { env: { ...env, later: 5 } }), WebAssembly.LinkError);
  await rejected(runtime.instantiate(new Uint8Array([0, 97]), {}), WebAssembly.CompileError);
  await rejected(runtime.instantiate(new Uint8Array(bytes).subarray(0, 40), {}), WebAssembly.CompileError);
  await rejected(runtime.instantiate("text", {}), TypeError);
}

export async function handle_sleep_as_in_the_article(load) {
  const said = [];
  const { main } = await opened(load, {
    say: (number) => said.push(number),
    sleep(ms) {
      runtime.handleSleep(function (wakeUp) {
        setTimeout(wakeUp, ms);
      });
    },
  });
  const running = main();
  said.push(2);
  await running;
  equal(said, [1, 2, 3]);
}

export async function handle_sleep_with_a_result(load) {
  const { handleSleep } = runtime;
  const ways = [
    (number) => handleSleep((wakeUp) => setTimeout(wakeUp, 1, number)),
    (number) => void handleSleep((wakeUp) => setTimeout(wakeUp, 1, number)),
    (number) => void handleSleep((wakeUp) => wakeUp(number)),
    (number) => handleSleep((wakeUp) => (wakeUp(number), wakeUp(99))),
    (number) => void handleSleep((wakeUp) => wakeUp(soon(number))),
    async (number) => (await wait(1), handleSleep((wakeUp) => setTimeout(wakeUp, 1, number))),
    async (number) => (await handleSleep((wakeUp) => setTimeout(wakeUp, 1)), number),
    (number) => (handleSleep((wakeUp) => setTimeout(wakeUp, 1, 99)), number),
  ];
  for (const later of ways) {
    const { weighted } = await opened(load, { later });
    equal(await Promise.all([weighted(1), weighted(2)]), [3, 6]);
  }
}

export async function handle_sleep_that_fails(load) {
  const { weighted } = await opened(load, {
    later: () => {
      runtime.handleSleep(() => {
        throw new Error("no");
      });
    },
  });
  await rejected(weighted(1), Error, /^no$/);
}

// What sleeps is the inner call alone, until the outer one has ended.
export async function handle_sleep_in_a_call_in_an_import(load) {
  const calls = [];
  let wakeUp;
  const exports = await opened(load, {
    later: (number) => {
      if (number === 1) calls.push(exports.weighted(2));
      else runtime.handleSleep((wake) => (wakeUp = wake));
      return number === 1 ? 1 : undefined;
    },
  });
  equal(await exports.weighted(1), 3);
  wakeUp(2);
  equal(await calls[0], 6);
}

export async function imports_are_called_as_the_engine_does(load) {
  "use strict";
  let seen;
  const { weighted } = await opened(load, {
    later(...args) {
      seen = [this === undefined, args];
      return soon(1);
    },
  });
  await weighted(7);
  equal(seen, [true, [7]]);
}

export async function thenable(load) {
  const { weighted } = await opened(load, { later: (number) => ({ then: (settle) => settle(number) }) });
  equal(await weighted(2), 6);
}

export async function nothing_of_a_call_that_never_goes_on(load) {
  const exports = await opened(load, { later: (number) => (number ? soon(number) : new Promise(() => {})) });
  for (let count = 0; count < 10000; count++) exports.deep(50);
  equal(await exports.weighted(1), 3);
}
