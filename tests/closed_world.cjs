// Runs a program of npm with its own glue, but with a module that we rewrote, paused at every call of any import that
// is made from wasm that an export called. It prints the result, how often it was paused, and what the checks found.
//
//     node closed_world.cjs PROGRAM MODULE DIRECTORY [plain]
//
// With `plain` it is not paused. // DIRECTORY is the node_modules with the program's packages. Frames go to the end of the memory, which it does not use.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const [program, path, directory, plain] = process.argv.slice(2);
const require_ = createRequire(join(directory, "_"));
const ROOM = 1 << 20;
let real; // the exports of the module, as they are
let pauses = 0;
let depth = 0; // exports and imports that are running, one inside the other
let asleep = false;
let data = 0;

const control = (name, ...rest) => real[`bysyncify_${name}`](...rest);

function importing(call) {
  return (...given) => {
    if (asleep) {
      control("stop_rewind");
      asleep = false;
    } else if (real && depth === 1 && !plain) {
      const memory = new DataView(memoryOf().buffer);
      data ||= memory.byteLength - ROOM;
      memory.setUint32(data, data + 8, true);
      memory.setUint32(data + 4, data + ROOM, true);
      control("start_unwind", data);
      asleep = true;
      pauses++;
      return 0;
    }
    depth++;
    try {
      return call(...given);
    } finally {
      depth--;
    }
  };
}

function exporting(call) {
  return (...given) => {
    depth++;
    try {
      let result = call(...given);
      while (asleep && depth === 1) {
        control("stop_unwind");
        control("start_rewind", data);
        result = call(...given);
      }
      return result;
    } finally {
      depth--;
    }
  };
}

let memoryOf;
WebAssembly.instantiate = async (_, imports) => {
  const wrapped = {};
  const each = (object, wrap) =>
    Object.fromEntries(Object.entries(object).map(([k, v]) => [k, typeof v === "function" ? wrap(v) : v]));
  let given;
  for (const [name, fields] of Object.entries(imports)) {
    wrapped[name] = each(fields, importing);
    given ??= Object.values(fields).find((value) => value instanceof WebAssembly.Memory);
  }
  const module = new WebAssembly.Module(readFileSync(path));
  const instance = new WebAssembly.Instance(module, wrapped);
  real = instance.exports;
  const own = Object.values(real).find((value) => value instanceof WebAssembly.Memory);
  memoryOf = () => own ?? given;
  return { module, instance: { exports: each(real, exporting) } };
};

const SCRIPT = `
  const words = [];
  for (let i = 0; i < 30; i++) words.push(JSON.stringify({ i, time: Date.now() > 0, s: "x".repeat(i) }));
  words.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).map((w) => w.replace(/x+/, (m) => m.length)).join() +
    Math.floor(Math.random()) + new Date(0).getTime()
`;

async function run() {
  if (program === "quickjs") {
    const core = require_("quickjs-emscripten-core");
    const variant = require_("@jitl/quickjs-wasmfile-release-sync").default;
    const engine = await core.newQuickJSWASMModuleFromVariant(variant);
    const context = engine.newContext();
    const result = context.dump(context.unwrapResult(context.evalCode(SCRIPT)));
    context.dispose();
    return result;
  }
  const SQL = await require_("sql.js")();
  const database = new SQL.Database();
  database.run("create table t (a integer primary key, b text)");
  for (let i = 0; i < 50; i++) database.run("insert into t (b) values (?)", [`row ${(i * 37) % 50}`]);
  const found = database.exec("select a, b from t where a % 3 = 0 order by b, random() * 0");
  const again = new SQL.Database(database.export());
  return JSON.stringify([found, again.exec("select count(*), max(b) from t, (select date('now') > '2000')")]);
}

run().then((result) => {
  const said = ["error", "error_function"].map((name) => real[`bysyncify_${name}`]?.value);
  console.log(JSON.stringify({ result, pauses, said }));
});
