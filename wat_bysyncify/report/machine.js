// The module, run up to the next decision of the user: decisions -> scene.
//
// JavaScript cannot halt wasm in the middle of a call. So to stop at a call of an import, the run is ended by a trap, and
// for the next step the module is run again from its beginning, with all that was decided so far. That takes the same
// way again, for nothing else comes in from outside. It also makes it possible to go back.

const NORMAL = 0;
const UNWINDING = 1;
const MOST_CALLS = 20000; // of imports between two decisions, before the page asks
const MOST_LOGGED = 2000;
const MOST_BYTES = 4096; // of the stack that are shown

// (module (func (export "trap") (unreachable))): unlike an exception, no handler of the module catches a trap.
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]);

// (module (import "" "f" (func $f (param i32))) (export "f" (func $f))): makes of a function one that tables hold.
const WRAPPER = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0, 2, 6, 1, 0, 1, 102, 0, 0, 7, 5, 1, 1, 102, 0, 0,
]);

const CONTROLS = ["start_unwind", "stop_unwind", "start_rewind", "stop_rewind"];

class Machine {
  constructor(data) {
    this.data = data;
    this.about = data.module;
    this.reader = new FrameReader(data);
    this.wide = data.map.address === "i64";
    this.prefix = `${data.map.prefixes[0]}_`;
    const controls = new Set(
      data.map.prefixes.flatMap((prefix) =>
        ["start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state", "set_fuel", "set_data"].map(
          (name) => `${prefix}_${name}`,
        ),
      ),
    );
    this.exports = this.about.exports.filter((each) => !controls.has(each.name));
    this.fueled = this.about.exports.some((each) => each.name === `${this.prefix}set_fuel`);
    this.drivesItself = data.explanation.functions.some((each) => each.runtime);
    this.settings = { every: this.drivesItself, data: null, end: null };
  }

  // Whether a function is instrumented.
  called(index) {
    const name = this.reader.indexOf.get(index);
    return { index, instrumented: name !== undefined && this.reader.explained.get(name).instrumented };
  }

  async load() {
    const wasm = Uint8Array.from(atob(this.about.wasm), (character) => character.charCodeAt(0));
    this.compiled = await WebAssembly.compile(wasm);
    this.wrapper = new WebAssembly.Module(WRAPPER);
    this.trap = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports.trap;
  }

  // What is to be seen after these decisions.
  play(decisions) {
    return new Play(this, decisions).scene;
  }

  nameOf(index) {
    return this.reader.indexOf.get(index) || this.about.names[index] || `function ${index}`;
  }
}

// One run. `scene` is what is to be seen at its end: `at` says what is waited for.
//   idle      nothing runs: an export can be called
//   import    an import was called: a value, or a pause
//   unwound   the export has returned while unwinding: stop_unwind
//   paused    the stack is in memory: resume
//   rewinding the import was called again: stop_rewind and a value
//   control   the module itself has called a control function
//   failed    nothing more
class Play {
  constructor(machine, decisions) {
    this.machine = machine;
    this.decisions = decisions;
    this.next = 0;
    this.log = [];
    this.calls = 0; // of imports, since the last decision
    this.root = null; // the export that was called, and has not returned
    this.areas = new Map(); // of a module that drives itself: by the pointer to the data structure, where frames begin
    this.at = "idle";
    this.started = machine.about.start === null;
    try {
      this.instantiate();
      while (this.next < decisions.length) this.act(this.take());
      this.scene = this.look(this.at);
    } catch (error) {
      this.scene = this.stopped || this.fail(error);
    }
  }

  fail(error) {
    this.say("error", error instanceof Error ? error.message : `exception: ${String(error)}`);
    let scene = { at: "failed", log: this.log, running: [], globals: [], frames: null, bytes: null, state: null };
    try {
      if (this.exports) scene = this.look("failed");
    } catch {
      // what can be told is told
    }
    return { ...scene, error: error instanceof Error ? error.message : String(error) };
  }

  say(kind, text) {
    this.log.push({ kind, text });
    if (this.log.length > MOST_LOGGED) this.log.splice(0, MOST_LOGGED / 2, { kind: "note", text: "…" });
  }

  take() {
    this.calls = 0;
    return this.decisions[this.next++];
  }

  instantiate() {
    const imports = Object.create(null);
    for (const each of this.machine.about.imports) (imports[each.module] ||= Object.create(null))[each.name] = this.given(each);
    this.exports = new WebAssembly.Instance(this.machine.compiled, imports).exports;
    this.memory = this.exports[this.machine.about.memory];
    if (!this.machine.drivesItself) this.place();
    if (this.machine.about.hook) {
      const { f } = new WebAssembly.Instance(this.machine.wrapper, { "": { f: (number) => this.controlled(number) } }).exports;
      this.exports[this.machine.about.hook].set(0, f);
    }
  }

  // What is imported: functions ask, all else is new and empty.
  given(each) {
    const wide = (value) => (each.address === "i64" && value !== null ? BigInt(value) : value);
    const limits = { initial: wide(each.least) };
    if (each.most !== null && each.most !== undefined) limits.maximum = wide(each.most);
    if (each.address === "i64") limits.address = "i64";
    switch (each.kind) {
      case "func":
        return (...args) => this.imported(each, args);
      case "memory":
        return new WebAssembly.Memory({ ...limits, shared: each.shared });
      case "table":
        return new WebAssembly.Table({ ...limits, element: each.element.includes("extern") ? "externref" : "anyfunc" });
      case "tag":
        return new WebAssembly.Tag({ parameters: each.params });
      default: {
        const type = each.type.replace(/^\(mut (.*)\)$/, "$1");
        const value = { i64: 0n, i32: 0, f32: 0, f64: 0 }[type];
        const name = value === undefined ? (type.includes("extern") ? "externref" : "anyfunc") : type;
        return new WebAssembly.Global({ value: name, mutable: each.type !== type }, value === undefined ? null : value);
      }
    }
  }

  // Where the frames go: to a new page, or as in the article to address 16, if the memory cannot grow.
  place() {
    const { settings, about, wide } = this.machine;
    const header = wide ? 16 : 8;
    if (about.own_memory) {
      this.area = { data: 0, begin: 8, end: this.view().byteLength };
      return;
    }
    let data = settings.data;
    let end = settings.end;
    if (data === null) {
      try {
        data = Number(this.memory.grow(wide ? 1n : 1)) * 65536;
        end = data + 65536;
      } catch {
        data = 16;
        end = 1024;
      }
    }
    this.area = { data, begin: data + header, end };
    if (this.exports[`${this.machine.prefix}set_data`]) {
      this.reset();
      this.control("set_data", data);
    }
  }

  reset() {
    if (this.machine.about.own_memory) return;
    const { data, begin, end } = this.area;
    this.write(data, begin);
    this.write(data + (this.machine.wide ? 8 : 4), end);
  }

  view() {
    return new DataView(this.memory.buffer);
  }

  write(at, value) {
    if (this.machine.wide) this.view().setBigInt64(at, BigInt(value), true);
    else this.view().setInt32(at, value, true);
  }

  read(at) {
    return this.machine.wide ? Number(this.view().getBigInt64(at, true)) : this.view().getUint32(at, true);
  }

  state() {
    return this.exports[`${this.machine.prefix}get_state`]();
  }

  control(name, data) {
    const args = data === undefined ? [] : [this.machine.wide ? BigInt(data) : data];
    this.say("control", `${this.machine.prefix}${name}(${args.join(", ")})`);
    this.exports[this.machine.prefix + name](...args);
  }

  act(decision) {
    switch (decision.do) {
      case "start":
        this.started = true;
        return this.call({ name: this.machine.about.start, index: this.machine.about.start_index, args: [], shown: "start function" });
      case "call": {
        const found = this.machine.exports.find((each) => each.name === decision.name);
        if ((decision.fuel ?? null) !== null) this.fuel(decision.fuel);
        return this.call({ ...found, args: decision.args, shown: found.name });
      }
      case "stop_unwind":
        this.control("stop_unwind");
        this.at = "paused";
        return undefined;
      default:
        if ((decision.fuel ?? null) !== null) this.fuel(decision.fuel);
        this.control("start_rewind", this.area.data);
        return this.call(this.root);
    }
  }

  fuel(points) {
    this.say("control", `${this.machine.prefix}set_fuel(${points})`);
    this.exports[`${this.machine.prefix}set_fuel`](points);
  }

  call(root) {
    this.root = root;
    this.say("call", `${root.shown}(${root.args.map(shown).join(", ")})`);
    const returned = this.exports[root.name](...root.args);
    const results = returned === undefined ? [] : Array.isArray(returned) ? returned : [returned];
    if (this.state() === UNWINDING) {
      this.say("return", `${root.shown} returned: the stack is unwound`);
      this.at = "unwound";
      this.area ||= { data: 0, begin: 8, end: 0 };
    } else {
      this.results = results;
      this.say("return", `${root.shown} returned ${results.map(shown).join(", ")}`.trimEnd());
      this.last = root;
      this.root = null;
      this.at = "idle";
    }
  }

  // A call of an import: decided already, or the end of this run.
  imported(each, args) {
    const said = `${each.module}.${each.name}(${args.map(shown).join(", ")})`;
    const state = this.state();
    const asks = each.pauses && this.area;
    const again = asks && state !== NORMAL;
    this.calls += 1;
    const many = this.calls > MOST_CALLS;
    if (!asks && !this.machine.settings.every && !many) {
      this.say("import", said);
      return given(each, []);
    }
    if (this.next >= this.decisions.length) this.stop({ at: again ? "rewinding" : "import", ask: each, args, many });
    const decision = this.take();
    this.say("import", `${said}${again ? ", again" : ""}`);
    if (again) this.control("stop_rewind");
    if (decision.do === "pause") {
      this.reset();
      this.control("start_unwind", this.area.data);
      return given(each, []);
    }
    return given(each, decision.values || []);
  }

  // The module has called a control function.
  controlled(number) {
    const name = CONTROLS[number];
    const data = this.dataInUse();
    if (name === "start_unwind") {
      const calls = running().map((index) => this.machine.called(index));
      this.areas.set(data, { data, begin: this.read(data), root: outermost(calls) });
    }
    if (!this.machine.settings.every) return this.say("control", `${name} was called`);
    if (this.next >= this.decisions.length) this.stop({ at: "control", control: name });
    this.take();
    return this.say("control", `${name} was called`);
  }

  stop(waits) {
    this.stopped = { ...this.look(waits.at), ...waits };
    this.machine.trap();
  }

  // All that is to be seen now.
  look(at) {
    const { machine } = this;
    const state = this.state();
    const scene = { at, state, log: this.log, root: this.root, last: this.last, results: this.results, started: this.started };
    scene.running = running().map((index) => machine.nameOf(index));
    scene.globals = machine.about.globals.map((each) => ({ ...each, value: this.globalValue(each.export) }));
    return { ...scene, ...this.stack() };
  }

  globalValue(name) {
    try {
      return shown(this.exports[name].value);
    } catch {
      return "–"; // JavaScript has no value for it
    }
  }

  // The saved frames, and their bytes.
  stack() {
    const { machine } = this;
    const area = this.area || this.itsArea();
    if (!area) return { frames: null, bytes: null };
    const memory = this.view();
    const fits = area.data + 8 <= memory.byteLength;
    const position = fits ? this.read(area.data) : area.begin;
    if (position <= area.begin || position > memory.byteLength) return { frames: [], bytes: null, area };
    const root = machine.drivesItself ? (area.root ?? null) : this.root && this.root.index;
    const frames = machine.reader.read(memory, root, area.begin, position);
    const from = Math.max(area.begin, position - MOST_BYTES);
    const bytes = { from, cut: from > area.begin, position, data: new Uint8Array(this.memory.buffer.slice(from, position)) };
    return { frames, bytes, area };
  }

  // Of a module that drives itself: the data structure that it used last; where frames begin is known if it told.
  itsArea() {
    const data = this.dataInUse();
    const header = this.machine.wide ? 16 : 8;
    if (!data || data + header > this.view().byteLength) return null;
    return { end: this.read(data + header / 2), ...(this.areas.get(data) || { data, begin: data + header }) };
  }

  dataInUse() {
    const found = this.machine.about.globals.find((each) => each.name === this.machine.about.data);
    return found ? Number(this.exports[found.export].value) >>> 0 : 0;
  }
}

// Of the functions that run when a pause begins, the innermost first, the one whose frame is saved last: those that
// drive the pausing have none.
function outermost(calls) {
  const framed = calls.slice(calls.findIndex((each) => each.instrumented));
  const end = framed.findIndex((each) => !each.instrumented);
  const found = (end < 0 ? framed : framed.slice(0, end)).at(-1);
  return found && found.instrumented ? found.index : null;
}

// The numbers of the functions that run, the innermost first, as far as the engine tells.
function running() {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const lines = (new Error().stack || "").split("\n");
  Error.stackTraceLimit = limit;
  return lines.flatMap((line) => {
    const found = line.match(/wasm-function\[(\d+)\](?!.*wasm-function\[)/);
    return found ? [Number(found[1])] : [];
  });
}

// What an import returns: the values that were given, or zeros.
function given(each, values) {
  const results = each.results.map((type, i) => (values[i] === undefined ? zero(type) : values[i]));
  return results.length > 1 ? results : results[0];
}

function zero(type) {
  return { i32: 0, f32: 0, f64: 0, i64: 0n }[type] ?? null;
}

// The value that a text means; an error says why it means none.
function valueOf(type, text) {
  const said = text.trim();
  if (type === "i64") return BigInt(said || 0);
  if (type === "i32" || type === "f32" || type === "f64") {
    const value = said === "nan" ? NaN : Number(said.replace(/^([+-]?)inf$/, "$1Infinity"));
    if (Number.isNaN(value) && said !== "nan" && said !== "NaN") throw new SyntaxError(`${said} is no ${type}`);
    return value;
  }
  return type.includes("extern") && said ? said : null;
}

function shown(value) {
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "function";
  return typeof value === "object" && value !== null ? "reference" : String(value);
}
