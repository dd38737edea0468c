// node host.mjs MODULE.wasm: the protocol, by hand
import { readFileSync } from "node:fs";

const DATA = 16; // where the data structure is
let sleeping = false;

const imports = {
  spectest: { print: (value) => console.log(value) },
  env: {
    sleep() {
      if (!sleeping) {
        new Int32Array(exports.memory.buffer).set([DATA + 8, 1024], DATA >> 2); // where frames go, and their end
        exports.bysyncify_start_unwind(DATA);
        sleeping = true;
      } else {
        exports.bysyncify_stop_rewind();
        sleeping = false;
      }
    },
  },
};

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2])), imports);

exports.main();
exports.bysyncify_stop_unwind();
console.log("the stack is empty: here is the host's event loop");
setTimeout(() => {
  exports.bysyncify_start_rewind(DATA);
  exports.main();
}, 10);
