// node node.mjs PLAN: runs the cases that PLAN, in JSON, names, and prints what run.mjs says.

import { readFile } from "node:fs/promises";
import { run } from "./run.mjs";

const load = async (name) => {
  const { buffer, byteOffset, byteLength } = await readFile(new URL(name, import.meta.url));
  return buffer.slice(byteOffset, byteOffset + byteLength);
};

console.log(JSON.stringify(await run(JSON.parse(process.argv[2]), load)));
