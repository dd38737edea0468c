// node faults.mjs WRAPPER DIRECTORY: what becomes of what asyncify-wasm 1.2.1 does wrong; one JSON object.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const wrapper = await import(pathToFileURL(process.argv[2]));
const load = (name) => readFile(`${process.argv[3]}/${name}.wasm`);
const soon = async (value) => value;
const env = { later: soon, later64: soon, laterfloat: soon, sleep: soon, say: () => {} };
const opened = async (imports = {}) =>
  (await wrapper.instantiate(await load("program"), { env: { ...env, ...imports } })).instance.exports;

let unhandled = 0;
process.on("unhandledRejection", () => unhandled++);

const faults = {
  async concurrent() {
    const { weighted } = await opened();
    return Promise.all([weighted(1), weighted(2)]);
  },
  async i64() {
    const { wide } = await opened();
    return Number(await wide(3n));
  },
  async rejections() {
    let count = 0;
    const exports = await opened({ later: (number) => (number ? soon(number) : Promise.reject(new Error("no"))) });
    for (let turn = 0; turn < 1000; turn++) await exports.deep(5).catch((error) => (count += error.message === "no"));
    return [count, await exports.weighted(1)];
  },
  async constructed() {
    const module = await WebAssembly.compile(await load("program"));
    return new wrapper.Instance(module, { env: { ...env, later: soon } }).exports.weighted(1);
  },
  async start() {
    const env = { later: async (number) => number + 1, say: () => {} };
    return (await wrapper.instantiate(await load("start"), { env })).instance.exports.found();
  },
  async memory() {
    const exports = await opened();
    const bytes = () => new Uint8Array(exports.memory.buffer);
    bytes().fill(7, 24); // the client has its data structure before that
    const before = bytes().slice();
    await exports.deep(3000).catch(() => {});
    return bytes().filter((byte, index) => byte !== before[index]).length;
  },
};

const found = {};
for (const [name, check] of Object.entries(faults)) {
  const late = new Promise((resolve) => setTimeout(resolve, 500, "never ends"));
  found[name] = await Promise.race([check().catch((error) => error.constructor.name), late]);
}
console.log(JSON.stringify({ ...found, unhandled }));
