// Runs JavaScript in QuickJS, in WebAssembly: npm's quickjs-emscripten-core, with the module that is given in the place
// of the package's own.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// A run in a fresh context; `directory` holds the packages, one of which is `variant`; `script` is the file to run.
export async function run(module, [directory, variant, script], seconds) {
  const require = createRequire(join(directory, "_"));
  const core = require("quickjs-emscripten-core");
  const base = require(variant).default;
  const make =
    base.type === "async" ? core.newQuickJSAsyncWASMModuleFromVariant : core.newQuickJSWASMModuleFromVariant;
  const engine = await make(core.newVariant(base, { wasmModule: module }));
  const context = engine.newContext();
  const text = readFileSync(script, "utf8");
  const start = process.hrtime.bigint();
  const result = context.evalCode(text);
  const time = seconds(start);
  const value = context.dump(context.unwrapResult(result));
  context.dispose();
  return [time, value];
}
