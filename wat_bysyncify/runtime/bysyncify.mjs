// Runs WebAssembly that can pause (made by wat-bysyncify, or by wasm-opt --asyncify) with asynchronous imports.
//
// An import may return a promise; an export returns one. No dependencies; for Node and browsers.
//
//     import { instantiate } from "./bysyncify.mjs";
//
//     const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
//     const { instance } = await instantiate(bytes, { env: { sleep } });
//     await instance.exports.main();
//
// What happens, in order (the control functions are explained in wat-bysyncify's README):
//
//     call an export                       a Call begins
//     .. an import returns a promise       start_unwind: the frames go to some room in the memory
//     the export returns                   stop_unwind: the frames are copied out, into the Call
//     the promise settles                  the frames are copied back, start_rewind, the same export again
//     .. the same import                   stop_rewind, and it returns what the promise gave, or throws what it was
//                                          rejected with; the function behind it is not run again
//     the export returns                   the Call's own promise settles
//
// As frames are only in memory while the stack unwinds or rewinds, all calls share one room there, and however many are
// paused, in whatever order they go on, they are apart. A call that never goes on is garbage like any other. And as no
// code of the program runs meanwhile, that room can be lent by the program's own data, which is put back (Room).

const NORMAL = 0;
const UNWINDING = 1;
const REWINDING = 2;

const PREFIXES = ["bysyncify_", "asyncify_"];
const CONTROL = ["start_unwind", "stop_unwind", "start_rewind", "stop_rewind"];
const FUEL = ["get_state", "set_fuel", "set_data"];

const PAGE = 65536;
const STACK_SIZE = 16384;
const SMALLEST = 16; // the data structure
const STACK_START = 16; // of room that is lent
const C_STACK_SIZE = 65536;

// --- Room for the frames, in a memory

// At `start` stands the data structure, the position and the end of the stack; the frames follow. Room that is lent
// holds other data, which is kept aside while frames are there.
class Room {
  constructor(control, memory, start, size, lent) {
    this.control = control;
    this.memory = memory;
    this.start = start;
    this.size = size; // in bytes, like all that follows
    this.lent = lent;
    this.kept = lent ? new Uint8Array(size) : undefined;
    this.used = 0; // of what is lent, by frames and the data structure
    this.wide = false; // whether addresses are 64 bits wide
    this.header = 8; // of the data structure
    this.bytes = this.numbers = undefined; // the room, in the memory as it is
  }

  // The memory may have grown, and has then another buffer.
  look() {
    const { buffer } = this.memory;
    if (this.bytes?.buffer === buffer) return;
    this.bytes = new Uint8Array(buffer, this.start, this.size);
    this.numbers = new DataView(buffer, this.start, this.size);
  }

  // How many bytes of frames there are.
  position() {
    const position = this.wide ? Number(this.numbers.getBigUint64(0, true)) : this.numbers.getUint32(0, true);
    return position - this.start - this.header;
  }

  // Writes the data structure, with so many bytes of frames.
  write(used) {
    const [position, end] = [this.start + this.header + used, this.start + this.size];
    if (this.wide) {
      this.numbers.setBigUint64(0, BigInt(position), true);
      this.numbers.setBigUint64(8, BigInt(end), true);
    } else {
      this.numbers.setUint32(0, position, true);
      this.numbers.setUint32(4, end, true);
    }
  }

  // Calls a control function with the data structure, which says that there are so many bytes of frames.
  say(name, used) {
    this.write(used);
    try {
      this.control[name](this.wide ? BigInt(this.start) : this.start);
    } catch (error) {
      // No i64 is made of a number: what takes one has not run yet.
      if (this.wide || !(error instanceof TypeError)) throw error;
      this.wide = true;
      this.header = 16;
      this.say(name, used);
    }
  }

  // For pause points, which begin to unwind without us; those of --own-memory know where.
  prepare() {
    this.look();
    if (this.control.set_data) this.say("set_data", 0);
    else this.write(0);
  }

  startUnwind() {
    this.look();
    if (this.lent) this.kept.set(this.bytes);
    this.say("start_unwind", 0);
  }

  // Ends the unwinding; the frames. Undefined if there are more than there is room for, as a module of wasm-opt notices
  // only now.
  stopUnwind() {
    this.look();
    const used = this.position();
    if (used > this.size - this.header) return undefined;
    this.control.stop_unwind();
    const frames = this.bytes.slice(this.header, this.header + used);
    this.write(0);
    this.used = this.header + used;
    this.give();
    return frames;
  }

  startRewind(frames) {
    this.look();
    this.used = this.header + frames.length;
    if (this.lent) this.kept.set(this.bytes.subarray(0, this.used));
    this.bytes.set(frames, this.header);
    this.say("start_rewind", frames.length);
  }

  stopRewind() {
    this.control.stop_rewind();
    this.give();
  }

  // Ends either, and drops the frames.
  drop(unwinding) {
    this.look();
    this.write(0);
    this.control.stop_unwind();
    if (unwinding) this.used = this.size;
    this.give();
  }

  // Puts back what was kept aside.
  give() {
    if (!this.lent) return;
    this.bytes.set(this.kept.subarray(0, this.used));
    if (this.control.set_data) withAddress(this.control.set_data, 0); // nothing for pause points here
  }
}

// Memory of --own-memory is for frames alone. It begins with a data structure for all of it, and may grow.
function ownRoom(control, memory, { stackSize = 0 }) {
  const { byteLength } = memory.buffer;
  if (byteLength < 8) return undefined;
  const view = new DataView(memory.buffer);
  if (view.getUint32(0, true) !== 8 || view.getUint32(4, true) !== byteLength) return undefined;
  if (stackSize > byteLength) memory.grow(Math.ceil((stackSize - byteLength) / PAGE));
  return newRoom(control, memory, 0, memory.buffer.byteLength, false);
}

// A range that the options name, or that the program's allocator gives.
function givenRoom(control, memory, { stackStart, malloc, stackSize = STACK_SIZE }) {
  if (stackStart === undefined && !malloc) return undefined;
  return newRoom(control, memory, stackStart ?? allocate(malloc, stackSize), stackSize, false);
}

// A range of the program's memory that it lends.
function lentRoom(control, memory, { stackSize }) {
  if (!(memory.buffer instanceof ArrayBuffer)) {
    throw new TypeError("a shared memory cannot lend room for the stack: give stackStart, or malloc");
  }
  const most = Math.min(STACK_SIZE, memory.buffer.byteLength - STACK_START);
  return newRoom(control, memory, STACK_START, stackSize ?? most, true);
}

function newRoom(control, memory, start, size, lent) {
  const { byteLength } = memory.buffer;
  if (size >= SMALLEST && start + size <= byteLength) return new Room(control, memory, start, size, lent);
  throw new RangeError(`there is no room for a stack of ${size} bytes at ${start} in a memory of ${byteLength} bytes`);
}

function allocate(malloc, size) {
  const address = Number(unsigned(withAddress(malloc, size)));
  if (!address) throw new RangeError(`malloc has no ${size} bytes`);
  return address;
}

// Calls a function with an address or a size, of whatever width it takes.
function withAddress(native, value) {
  try {
    return native(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return native(BigInt(value));
  }
}

function unsigned(address) {
  return typeof address === "bigint" ? BigInt.asUintN(64, address) : address >>> 0;
}

// --- What asynchronous functions say

function isThenable(value) {
  return value !== null && (typeof value === "object" || typeof value === "function") && typeof value.then === "function";
}

const NOTHING = Symbol("nothing");

// What handleSleep made, in the import that is being called.
let slept = NOTHING;

// An import's way to sleep, for functions that are not async: `start` is called with `wakeUp`, to be called, with the
// import's result, when it is time to go on. Where it is called at once, nothing pauses.
export function handleSleep(start) {
  let woken = NOTHING;
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  start((value) => {
    if (woken !== NOTHING) return;
    woken = value;
    resolve(value);
  });
  slept = woken === NOTHING ? promise : woken;
  return slept;
}

// What an import says: a result, or a promise. What handleSleep made in it counts also where it is not returned.
function ask(native, args) {
  const outer = slept;
  slept = NOTHING;
  try {
    const answer = native(...args);
    if (slept === NOTHING || isThenable(answer)) return answer;
    if (answer === undefined) return slept;
    return isThenable(slept) ? slept.then(() => answer) : answer;
  } finally {
    slept = outer;
  }
}

function nextTurn() {
  return new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));
}

// The promise is not waited for: that it is rejected is then no matter.
function forget(promise) {
  Promise.resolve(promise).catch(() => {});
}

// --- An instance's calls

// One call of an export, which may pause.
class Call {
  constructor(native, args) {
    this.native = native;
    this.args = args;
    this.frames = undefined; // where it is paused
    this.sleep = undefined; // what it waits for
    this.importName = undefined; // of the import that said so
    this.outcome = undefined; // what came of it, { value } or { error }
    this.entryPointer = undefined; // CStack
    this.pointer = undefined;
    this.region = undefined;
  }
}

// The stack that C and its like keep in memory, whose pointer the module exports. A paused call has its part of it
// still, so a call that begins meanwhile gets a stack of its own, if there is an allocator to give one.
class CStack {
  constructor(pointer, { malloc, free, cStackSize }) {
    this.pointer = pointer;
    this.malloc = free && malloc;
    this.free = free;
    this.size = cStackSize ?? C_STACK_SIZE;
    this.main = undefined; // the call that has the program's own
  }

  begin(call) {
    call.entryPointer = this.pointer.value;
    if (!this.main) {
      this.main = call;
    } else if (this.malloc) {
      call.region = allocate(this.malloc, this.size);
      const end = call.region + this.size;
      const top = end - (end % 16);
      call.pointer = typeof call.entryPointer === "bigint" ? BigInt(top) : top;
    }
  }

  // Where the pointer was, for `leave`.
  enter(call) {
    const before = this.pointer.value;
    if (call.pointer !== undefined) this.pointer.value = call.pointer;
    return before;
  }

  leave(call, before, failed) {
    if (call.sleep) {
      if (!this.malloc) return;
      call.pointer = this.pointer.value;
      this.pointer.value = before;
      return;
    }
    if (call.region) {
      this.pointer.value = before;
      withAddress(this.free, call.region);
    } else if (failed) {
      this.pointer.value = call.entryPointer; // the code that puts it back was not reached
    }
    if (this.main === call) this.main = undefined;
  }
}

class Runtime {
  constructor(module, options = {}) {
    this.options = options;
    this.facts = FACTS.get(module);
    this.control = undefined;
    this.state = NORMAL;
    this.call = undefined; // that runs
    this.starting = undefined; // the promise of a start function that is paused
    this.wrapped = new Map(); // exported functions to those that return promises
    this.ready = false; // whether the instance is there
    this.memory = this.imported = undefined; // that holds the frames, and what it may be
    this.room = undefined; // for the frames, from the first pause on
    this.cStack = undefined;
  }

  imports(module, given) {
    if (given === undefined || given === null) return given;
    const found = Object.create(null);
    for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
      const values = given[space];
      if (values === undefined || values === null) continue; // the engine says what is wrong
      found[space] ??= Object.create(null);
      if (name in found[space]) continue;
      const value = values[name];
      const said = `${space}.${name}`;
      found[space][name] = kind === "function" && typeof value === "function" ? this.importOf(value, said) : value;
      if (value instanceof WebAssembly.Memory && (!this.imported || said === "env.memory")) this.imported = value;
    }
    return found;
  }

  importOf(native, name) {
    return (...args) => {
      if (this.state === REWINDING) return this.resume(name);
      if (this.state === UNWINDING) {
        throw new Error(
          `${name} was called while ${this.call.importName} pauses: a function between them was not made to pause`,
        );
      }
      const answer = ask(native, args);
      if (this.state !== NORMAL) {
        this.drop();
        throw new Error(`in ${name}, a function paused that is no export of the instance`);
      }
      return isThenable(answer) ? this.pause(answer, name) : answer;
    };
  }

  // Begins to unwind, in an import; a result for it that the engine takes, and nobody uses.
  pause(sleep, name) {
    const { call } = this;
    try {
      if (!this.ready) throw new Error(`${name} pauses in a start function: instantiate from bytes, not from a module`);
      if (!this.control) throw new Error(`${name} returned a promise, but this module was not made to pause`);
      if (!call) throw new Error(`${name} returned a promise, but no export of the instance was called`);
      this.room ??= lentRoom(this.control, this.memory, this.options);
      this.room.startUnwind();
    } catch (error) {
      forget(sleep);
      throw error;
    }
    this.state = UNWINDING;
    call.sleep = sleep;
    call.importName = name;
    const results = this.facts?.results;
    return results?.has(name) ? results.get(name) : false;
  }

  // Ends the rewinding, in the import that began to unwind; what came of it.
  resume(name) {
    const { outcome, importName } = this.call;
    if (name !== importName) throw new Error(`${name} was called where ${importName} had paused`);
    this.room.stopRewind();
    this.state = NORMAL;
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  drop() {
    const unwinding = this.state === UNWINDING;
    if (unwinding) {
      forget(this.call.sleep);
      this.call.sleep = undefined;
    }
    this.state = NORMAL;
    this.room.drop(unwinding);
  }

  // What is to know of the instance and its exports, and the start function.
  init(instance, exports) {
    const prefix = PREFIXES.find((each) => CONTROL.every((name) => typeof exports[each + name] === "function"));
    const named = (value) => (typeof value === "string" ? found(exports, value) : value);
    this.ready = true;
    this.options = { ...this.options, malloc: named(this.options.malloc), free: named(this.options.free) };
    if (prefix) {
      this.control = Object.fromEntries([...CONTROL, ...FUEL].map((name) => [name, exports[prefix + name]]));
      const memories = Object.values(exports).filter((value) => value instanceof WebAssembly.Memory);
      this.memory =
        named(this.options.memory) ?? exports[`${prefix}memory`] ?? exports.memory ?? memories[0] ?? this.imported;
      if (!this.memory) throw new TypeError("the module's memory is neither exported nor imported: give memory");
      this.room =
        ownRoom(this.control, this.memory, this.options) ?? givenRoom(this.control, this.memory, this.options);
      this.initFuel();
    }
    const pointer = exports.__stack_pointer;
    if (pointer instanceof WebAssembly.Global) this.cStack = new CStack(pointer, this.options);
    EXPORTS.set(instance, this.exports(exports));
    if (this.facts?.start) this.start(exports[START]);
  }

  // Pause points unwind by themselves, so they must know a room that is ready.
  initFuel() {
    const { fuel } = this.options;
    if (this.control.set_fuel && this.room) this.room.prepare();
    if (fuel === undefined) return;
    if (!this.control.set_fuel) throw new TypeError("fuel is for modules with pause points: --pause-at");
    if (!this.room) throw new TypeError("fuel needs --own-memory, stackStart or malloc");
  }

  exports(natives) {
    const found = Object.create(null);
    for (const [name, value] of Object.entries(natives)) {
      if (name === START && this.facts?.start) continue;
      const plain = typeof value !== "function" || PREFIXES.some((prefix) => name.startsWith(prefix));
      Object.defineProperty(found, name, { enumerable: true, value: plain ? value : this.exportOf(value) });
    }
    return Object.freeze(found);
  }

  exportOf(native) {
    let wrapper = this.wrapped.get(native);
    if (!wrapper) {
      wrapper = async (...args) => {
        if (this.starting) await this.starting;
        const call = new Call(native, args);
        const result = this.begin(call);
        return call.sleep ? this.end(call) : result;
      };
      this.wrapped.set(native, wrapper);
    }
    return wrapper;
  }

  // Runs the start function as the engine would: at once, and if it fails so does the instance.
  start(native) {
    const call = new Call(native, []);
    this.begin(call);
    if (!call.sleep) return;
    this.starting = this.end(call).then(() => {
      this.starting = undefined;
    });
    forget(this.starting);
  }

  begin(call) {
    this.cStack?.begin(call);
    return this.enter(call);
  }

  // Goes on with a call whenever what it waits for is there; its result.
  async end(call) {
    let result;
    while (call.sleep) {
      try {
        call.outcome = { value: await call.sleep };
      } catch (error) {
        call.outcome = { error };
      }
      call.sleep = undefined;
      result = this.enter(call);
    }
    return result;
  }

  outOfFuel() {
    const { control, state } = this;
    return state === NORMAL && control?.set_fuel && control.get_state() === UNWINDING;
  }

  // A pause point has begun to unwind.
  pauseAtPoint(call) {
    const { outOfFuel = nextTurn } = this.options;
    this.state = UNWINDING;
    call.importName = undefined;
    call.sleep = Promise.resolve(outOfFuel());
  }

  // Runs a call until it pauses or ends; what its export returns.
  enter(call) {
    const outer = this.call;
    this.call = call;
    const pointer = this.cStack?.enter(call);
    let failed = true;
    try {
      if (call.frames) {
        const { frames, outcome } = call;
        call.frames = undefined;
        if (!call.importName && "error" in outcome) throw outcome.error;
        this.room.startRewind(frames);
        if (call.importName) this.state = REWINDING;
      }
      if (this.options.fuel !== undefined) this.control.set_fuel(this.options.fuel);
      const result = call.native(...call.args);
      if (this.state === REWINDING) throw new Error(`${call.importName} was not called again where it had paused`);
      if (this.outOfFuel()) this.pauseAtPoint(call);
      if (this.state === UNWINDING) {
        call.frames = this.room.stopUnwind();
        if (!call.frames) throw new WebAssembly.RuntimeError("stack overflow");
        this.state = NORMAL;
      }
      failed = false;
      return result;
    } catch (error) {
      if (this.outOfFuel()) this.state = UNWINDING;
      const full = this.state === UNWINDING && error instanceof WebAssembly.RuntimeError;
      if (this.state !== NORMAL) this.drop();
      if (!full) throw error;
      throw new RangeError(`the stack is too small to pause: ${this.room.size} bytes; give a larger stackSize`, {
        cause: error,
      });
    } finally {
      this.call = outer;
      this.cStack?.leave(call, pointer, failed);
    }
  }
}

function found(exports, name) {
  if (exports[name] === undefined) throw new TypeError(`the module exports no ${name}`);
  return exports[name];
}

// --- The interface of WebAssembly

const EXPORTS = new WeakMap(); // of each instance, as callers see them
const FACTS = new WeakMap(); // of modules compiled here

// Like WebAssembly.Instance.
export class Instance extends WebAssembly.Instance {
  constructor(module, imports, options) {
    const runtime = new Runtime(module, options);
    super(module, runtime.imports(module, imports));
    runtime.init(this, super.exports);
  }

  get exports() {
    return EXPORTS.get(this);
  }
}

// WebAssembly's own is enumerable.
Object.defineProperty(Instance.prototype, "exports", { enumerable: true });

// Like WebAssembly.instantiate: of bytes { module, instance }, of a module an instance.
export async function instantiate(source, imports, options) {
  const given = Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
  const module = given ? source : await compile(source);
  const instance = await instantiateModule(module, imports, options);
  return given ? instance : { module, instance };
}

// Like WebAssembly.instantiateStreaming: of a response, or the promise of one.
export async function instantiateStreaming(source, imports, options) {
  const module = await compileStreaming(source);
  return { module, instance: await instantiateModule(module, imports, options) };
}

async function instantiateModule(module, imports, options) {
  const runtime = new Runtime(module, options);
  const instance = await WebAssembly.instantiate(module, runtime.imports(module, imports));
  const { exports } = instance;
  Object.setPrototypeOf(instance, Instance.prototype);
  runtime.init(instance, exports);
  await runtime.starting;
  return instance;
}

// Like WebAssembly.compile, and remembers of the module what cannot be asked of it (Facts).
export async function compile(source) {
  const facts = readFacts(source);
  return known(await WebAssembly.compile(facts?.bytes ?? source), facts);
}

// Like WebAssembly.compileStreaming; the same.
export async function compileStreaming(source) {
  const response = await source;
  const [module, bytes] = await Promise.all([
    WebAssembly.compileStreaming(response.clone()),
    response.arrayBuffer(),
  ]);
  const facts = readFacts(bytes);
  return known(facts?.bytes ? await WebAssembly.compile(facts.bytes) : module, facts);
}

function known(module, facts) {
  if (facts) FACTS.set(module, { results: facts.results, start: facts.start });
  return module;
}

// --- What is read from a module's bytes

// The name that a start function is exported by: it is called as other exports are, so that it can pause.
const START = "bysyncify_start";

const EMPTY = [0, 97, 115, 109, 1, 0, 0, 0];
const SECTION = { type: 1, import: 2, export: 7, start: 8 };

// Facts of a module in the binary format: `results`, for each import of a function a result that the engine takes,
// undefined if there are types that are not known here; `start`, whether it has a start function, which `bytes` exports
// instead. Undefined of what is no module: compiling it says what is wrong.
function readFacts(source) {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : source instanceof ArrayBuffer && new Uint8Array(source);
  try {
    return bytes && EMPTY.every((byte, index) => bytes[index] === byte) ? factsOf(bytes) : undefined;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Unknown extends Error {}

function factsOf(bytes) {
  const sections = {};
  const reader = new Reader(bytes, EMPTY.length);
  while (reader.at < bytes.length) {
    const from = reader.at;
    const id = reader.byte();
    const end = reader.number() + reader.at;
    sections[id] = { from, content: reader.at, end };
    reader.at = end;
  }
  const at = (id) => sections[id] && new Reader(bytes, sections[id].content);
  const start = sections[SECTION.start];
  return {
    results: resultsOf(at(SECTION.type), at(SECTION.import)),
    start: Boolean(start),
    bytes: start && withStart(bytes, sections[SECTION.export], start),
  };
}

function resultsOf(types, imports) {
  const results = new Map();
  try {
    if (!types || !imports) return results;
    const found = readTypes(types);
    readImports(imports, (name, type) => results.set(name, made(found[type])));
    return results;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

// The module with an export of its start function instead of a start section.
function withStart(bytes, exports, start) {
  const number = bytes.subarray(start.content, start.end);
  const name = new TextEncoder().encode(START);
  const reader = new Reader(bytes, exports ? exports.content : 0);
  const count = exports ? reader.number() : 0;
  const entries = exports ? bytes.subarray(reader.at, exports.end) : [];
  const content = [...leb(count + 1), ...entries, name.length, ...name, 0, ...number];
  const section = [SECTION.export, ...leb(content.length), ...content];
  const before = bytes.subarray(0, exports ? exports.from : start.from);
  const between = bytes.subarray(exports ? exports.end : start.from, start.from);
  const behind = bytes.subarray(start.end);
  const changed = new Uint8Array(before.length + section.length + between.length + behind.length);
  let at = 0;
  for (const part of [before, section, between, behind]) {
    changed.set(part, at);
    at += part.length;
  }
  return changed;
}

function leb(number) {
  const bytes = [];
  do {
    const rest = number >>> 7;
    bytes.push((number & 127) | (rest ? 128 : 0));
    number = rest;
  } while (number);
  return bytes;
}

// What an import returns on its way to a pause, where its results have these types. `false` is taken as any number, also
// as one of 64 bits.
function made(types) {
  const values = types.map((type) => (type === NULLABLE ? null : type === REFERENCE ? 0 : false));
  return values.length < 2 ? values[0] : values;
}

const NUMBER = "number";
const NULLABLE = "reference that can be null";
const REFERENCE = "reference";

class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Unknown();
    return this.bytes[this.at++];
  }

  // Any LEB128, whose value matters only where it is not negative.
  number() {
    let number = 0;
    let byte;
    let factor = 1;
    do {
      byte = this.byte();
      number += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return number;
  }

  string() {
    const size = this.number();
    const from = this.at;
    this.at += size;
    return new TextDecoder().decode(this.bytes.subarray(from, this.at));
  }

  list(read) {
    const items = [];
    for (let count = this.number(); count > 0; count--) items.push(read());
    return items;
  }

  valueType() {
    const byte = this.byte();
    if (byte === 0x63 || byte === 0x64) {
      this.number();
      return byte === 0x63 ? NULLABLE : REFERENCE;
    }
    if (byte >= 0x7b && byte <= 0x7f) return NUMBER;
    if (byte >= 0x68 && byte <= 0x75) return NULLABLE;
    throw new Unknown();
  }

  limits() {
    const flags = this.byte();
    this.number();
    if (flags & 1) this.number();
    if (flags & ~15) throw new Unknown();
    if (flags & 8) this.number(); // the size of a page
  }
}

// For each type of the module the types of its results; those that are no functions have none.
function readTypes(reader) {
  const types = [];
  const field = () => {
    const byte = reader.bytes[reader.at];
    if (byte === 0x77 || byte === 0x78) reader.byte(); // packed
    else reader.valueType();
    reader.byte();
  };
  const type = () => {
    let form = reader.byte();
    if (form === 0x4f || form === 0x50) {
      reader.list(() => reader.number());
      form = reader.byte();
    }
    let results = [];
    if (form === 0x60) {
      reader.list(() => reader.valueType());
      results = reader.list(() => reader.valueType());
    } else if (form === 0x5f) reader.list(field);
    else if (form === 0x5e) field();
    else throw new Unknown();
    types.push(results);
  };
  reader.list(() => {
    if (reader.bytes[reader.at] !== 0x4e) return type();
    reader.byte();
    return reader.list(type);
  });
  return types;
}

// Says the name and the type of each import of a function.
function readImports(reader, said) {
  reader.list(() => {
    const name = `${reader.string()}.${reader.string()}`;
    const kind = reader.byte();
    if (kind === 0) said(name, reader.number());
    else if (kind === 1) {
      reader.valueType();
      reader.limits();
    } else if (kind === 2) reader.limits();
    else if (kind === 3) {
      reader.valueType();
      reader.byte();
    } else if (kind === 4) {
      reader.byte();
      reader.number();
    } else throw new Unknown();
  });
}
