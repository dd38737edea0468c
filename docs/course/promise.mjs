// node promise.mjs MODULE.wasm RUNTIME.mjs: the same with promises
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { instantiate } = await import(pathToFileURL(process.argv[3]));
const { instance } = await instantiate(readFileSync(process.argv[2]), {
  spectest: { print: (value) => console.log(value) },
  env: { sleep: () => new Promise((wake) => setTimeout(wake, 10)) },
});
const running = instance.exports.main();
console.log("the stack is empty: here is the host's event loop");
await running;
