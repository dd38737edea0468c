// Cases for modules with a feature of their own.

import { equal, Gates, rejected, soon, wait } from "./check.mjs";
import * as runtime from "./bysyncify.mjs";

export async function several_results_and_references(load) {
  let exports;
  const it = { some: "object" };
  const imports = () => ({
    memory: new WebAssembly.Memory({ initial: 1, maximum: 3 }),
    table: new WebAssembly.Table({ initial: 1, element: "anyfunc" }),
    global: 5,
    pair: async (number) => [number + 1, 2n ** 40n],
    reference: async (value) => [value],
    sure: async () => it,
    function: async () => exports.functions.get(0),
  });
  const { instance } = await runtime.instantiate(await load("values"), { env: imports() });
  ({ exports } = instance);
  equal(await exports.pair(4), [2n ** 40n, 5]);
  equal((await exports.reference(it))[0] === it, true);
  equal((await exports.sure()) === it, true);
  equal(exports.functions.get(0), null);
  await rejected(exports.function(), WebAssembly.RuntimeError);
  const other = await runtime.instantiate(await load("seven"));
  exports.functions.set(0, new WebAssembly.Instance(other.module).exports.seven);
  equal(await exports.function(), 7);
}

// Built with --own-memory 1: room for 65,528 bytes, or for as many as are said.
export async function own_memory(load) {
  const bytes = await load("alone");
  for (const [options, depth, fits] of [[undefined, 10, 1], [undefined, 4000, 0], [{ stackSize: 200000 }, 4000, 1]]) {
    const { instance } = await runtime.instantiate(bytes, { env: { later: soon } }, options);
    if (!fits) await rejected(instance.exports.deep(depth), RangeError, /65536 bytes/);
    else equal(await instance.exports.deep(depth), 1);
    equal(await Promise.all([instance.exports.deep(3), instance.exports.deep(4)]), [1, 1]);
  }
}

export async function types_of_all_kinds(load) {
  const { instance } = await runtime.instantiate(await load("types"), { env: { get: async () => [1n, "it", 3, null, 0.5] } });
  equal(await instance.exports.get(), [1n, "it", 3, 0.5]);
}

export async function c_stacks(load) {
  for (const options of [{ malloc: "malloc", free: "free", cStackSize: 4096, stackSize: 4096 }]) {
    const gates = new Gates();
    const { instance } = await runtime.instantiate(await load("c"), { env: { sleep: (key) => gates.wait(key) } }, options);
    const { exports } = instance;
    const pointer = exports.__stack_pointer.value;
    const calls = [exports.hold2(1, 10), exports.hold2(2, 20), exports.hold2(3, 30)];
    for (const key of [10, 11, 30, 20, 31, 21]) await gates.open(key);
    equal(await Promise.all(calls), [4, 8, 12]);
    equal(exports.__stack_pointer.value, pointer);
    equal(exports.held.value, 1); // the room for frames
  }
}

export async function c_stack_after_rejections(load) {
  for (const options of [undefined, { malloc: "malloc", free: "free" }]) {
    const sleep = () => Promise.reject(new Error("no"));
    const { instance } = await runtime.instantiate(await load("c"), { env: { sleep } }, options);
    const { exports } = instance;
    const pointer = exports.__stack_pointer.value;
    for (let count = 0; count < 1000; count++) await rejected(exports.hold2(1, 10), Error, /^no$/);
    equal(exports.__stack_pointer.value, pointer);
  }
}

export async function allocator_that_has_nothing(load) {
  const options = { malloc: () => 0 };
  await rejected(runtime.instantiate(await load("c"), { env: { sleep: soon } }, options), RangeError, /^malloc has no/);
}

export async function time_slices(load) {
  let slices = 0;
  const outOfFuel = () => {
    slices++;
  };
  const { instance } = await runtime.instantiate(await load("endless"), {}, { fuel: 100, outOfFuel });
  equal(await instance.exports.count(1000), 1000);
  equal(slices, 9); // the point where it pauses is passed for nothing
  const shares = await Promise.all([instance.exports.count(2000), instance.exports.count(500)]);
  equal(shares, [2000, 500]);
}

// The loop leaves time for a timer, which stops it.
export async function endless_loop_is_dropped(load) {
  let late = false;
  const outOfFuel = () => {
    if (late) throw new Error("too long");
    return wait(0);
  };
  const { instance } = await runtime.instantiate(await load("endless"), {}, { fuel: 1000, outOfFuel });
  const call = instance.exports.endless();
  setTimeout(() => (late = true), 5);
  await rejected(call, Error, /^too long$/);
  equal(await instance.exports.count(5), 5);
}

export async function time_slices_need_room(load) {
  await rejected(runtime.instantiate(await load("endless_lent"), {}, { fuel: 100 }), TypeError, /--own-memory/);
  let slices = 0;
  const options = { fuel: 100, outOfFuel: () => slices++, stackStart: 1024, stackSize: 1024 };
  const { instance } = await runtime.instantiate(await load("endless_lent"), {}, options);
  equal(await instance.exports.count(1000), 1000);
  equal(slices, 9);
  const small = { fuel: 10, stackStart: 1024, stackSize: 32 }; // room for one pause
  const { exports } = (await runtime.instantiate(await load("endless_lent"), {}, small)).instance;
  equal(await Promise.all([5000, 4000, 3000].map((count) => exports.count(count))), [5000, 4000, 3000]);
  await rejected(runtime.instantiate(await load("c"), { env: { sleep: soon } }, { fuel: 100 }), TypeError, /--pause-at/);
}

export async function import_that_may_not_pause(load) {
  const imports = { sleep: soon, other: soon, after: () => {} };
  const { instance } = await runtime.instantiate(await load("uncovered"), { env: imports });
  await rejected(instance.exports.wrong(), Error, /^env.after was called while env.other pauses/);
  equal(await instance.exports.main(), undefined);
}

export async function function_of_a_table(load) {
  let exports;
  const imports = { sleep: soon, other: () => exports.table.get(0)(), after: () => {} };
  const { instance } = await runtime.instantiate(await load("uncovered"), { env: imports });
  ({ exports } = instance);
  await rejected(soon().then(() => exports.table.get(0)()), Error, /^env.sleep returned a promise, but no export/);
  await rejected(exports.wrong(), Error, /^in env.other, a function paused that is no export/);
  equal(await exports.main(), undefined);
}

export async function module_that_cannot_pause(load) {
  const imports = { sleep: soon, other: () => {}, after: () => {} };
  const { instance } = await runtime.instantiate(await load("plain"), { env: imports });
  await rejected(instance.exports.main(), Error, /^env.sleep returned a promise, but this module was not made to pause$/);
  equal(await instance.exports.wrong(), undefined);
}

export async function handlers_of_the_program(load) {
  const later = (number) => (number ? soon(number) : Promise.reject(new Error("no")));
  const { instance } = await runtime.instantiate(await load("handlers"), { env: { later } });
  equal(await Promise.all([1, 0, 2, 0].map((number) => instance.exports.guarded(number))), [1, -1, 2, -1]);
}

export async function wide_memory(load) {
  for (const options of [undefined, { stackStart: 1024, stackSize: 256 }]) {
    const { instance } = await runtime.instantiate(await load("wide_memory"), { env: { later64: soon } }, options);
    equal(await Promise.all([instance.exports.wide(1n), instance.exports.wide(2n)]), [3n, 6n]);
  }
}

export async function shared_memory(load) {
  const env = { memory: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }), later: soon };
  const bytes = await load("shared");
  const { instance } = await runtime.instantiate(bytes, { env });
  await rejected(instance.exports.add(1), TypeError, /^a shared memory cannot lend room/);
  const other = await runtime.instantiate(bytes, { env }, { stackStart: 1024, stackSize: 256 });
  equal(await Promise.all([other.instance.exports.add(1), other.instance.exports.add(2)]), [2, 4]);
}

export async function stack_that_has_no_room(load) {
  const options = { stackStart: 131000, stackSize: 1000 };
  const bytes = await load("endless_lent");
  await rejected(runtime.instantiate(bytes, {}, options), RangeError, /^there is no room for a stack of 1000 bytes at 131000/);
  await rejected(runtime.instantiate(bytes, {}, { malloc: "malloc" }), TypeError, /^the module exports no malloc$/);
}

export async function linked_instances(load) {
  const sleep = () => wait(1);
  const inner = await runtime.instantiate(await load("uncovered"), { env: { sleep, other() {}, after() {} } });
  const said = [];
  const outer = await runtime.instantiate(await load("uncovered"), {
    env: { sleep: inner.instance.exports.main, other() {}, after() {} },
  });
  const call = outer.instance.exports.main().then(() => said.push("done"));
  said.push("meanwhile");
  await call;
  equal(said, ["meanwhile", "done"]);
}
