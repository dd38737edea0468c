// Runs a program from one call of an import to its end; `hook` is that import, module.base, which is called once. With
// `mode` pause, the call pauses the program, which is resumed at once; with never, nothing is paused. The result of a
// run is how many bytes were saved.
import { Exit, wasi } from "./wasi.mjs";

const ROOM = 1 << 20; // for the frames

export function run(module, [mode, hook, ...args], seconds, stubs) {
  const [from, base] = hook.split(".");
  let start;
  let paused = false;
  const imports = { ...stubs(), wasi_snapshot_preview1: wasi(args, () => exports.memory) };
  imports[from][base] = () => {
    if (paused) {
      paused = false;
      control("stop_rewind")();
      return 0;
    }
    start = process.hrtime.bigint();
    paused = mode === "pause";
    if (paused) control("start_unwind")(data);
    return 0;
  };
  const { exports } = new WebAssembly.Instance(module, imports);
  const names = "asyncify_stop_unwind" in exports ? "asyncify" : "bysyncify";
  const control = (name) => exports[`${names}_${name}`];
  const data = exports.malloc(ROOM);
  const view = new DataView(exports.memory.buffer);
  view.setUint32(data, data + 8, true);
  view.setUint32(data + 4, data + ROOM, true);
  let size = 0;
  try {
    exports._start();
    if (paused) {
      control("stop_unwind")();
      size = view.getUint32(data, true) - data - 8;
      control("start_rewind")(data);
      exports._start();
    }
  } catch (thrown) {
    if (!(thrown instanceof Exit) || thrown.code !== 0) throw thrown;
  }
  return [seconds(start), size];
}
