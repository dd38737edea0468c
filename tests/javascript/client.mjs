// node client.mjs WRAPPER DIRECTORY: what a program says whose host uses such a wrapper, ours or npm's asyncify-wasm.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const wrapper = await import(pathToFileURL(process.argv[2]));
const bytes = await readFile(`${process.argv[3]}/program.wasm`);
const said = [];
const env = {
  later: (number) => new Promise((resolve) => setTimeout(resolve, 1, number)),
  later64: (number) => number,
  laterfloat: async (number) => number,
  say: (number) => void said.push(number),
  sleep: async (ms) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    said.push(2);
  },
};
const streamed = new Response(bytes, { headers: { "content-type": "application/wasm" } });

const { instance, module } = await wrapper.instantiate(bytes, { env });
const instances = [
  instance,
  await wrapper.instantiate(module, { env }),
  (await wrapper.instantiateStreaming(streamed, { env })).instance,
];
for (const instance of instances) {
  const { exports } = instance;
  await exports.main();
  said.push(await exports.weighted(5), await exports.sum(30), await exports.deep(20), await exports.float(0.25));
  said.push(await exports.indirect(0, 4), await exports.indirect(1, 4), await exports.plain(1));
  said.push(instance instanceof wrapper.Instance, Object.keys(exports).includes("memory"));
}
console.log(JSON.stringify(said));
