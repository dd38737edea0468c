// Uses all that bysyncify.d.ts declares; what is wrong is marked so.

import { compile, compileStreaming, handleSleep, Instance, instantiate, instantiateStreaming } from "./bysyncify.mjs";
import type { Options } from "./bysyncify.mjs";

const options: Options = { stackSize: 4096, malloc: "malloc", free: (address: number) => {}, fuel: 5 };
const imports = {
  env: {
    sleep: (ms: number) => handleSleep((wakeUp) => setTimeout(wakeUp, ms)),
    read: (at: number) => handleSleep<number>((wakeUp) => wakeUp(at)),
    fetch: async (at: number): Promise<bigint> => BigInt(at),
  },
};

export async function all(bytes: ArrayBuffer): Promise<number> {
  const { instance, module } = await instantiate(bytes, imports, options);
  const others: Instance[] = [await instantiate(module), new Instance(await compile(bytes), imports)];
  const streamed: WebAssembly.Module = (await instantiateStreaming(fetch("in.wasm"), imports)).module;
  const kept: WebAssembly.Instance = others[0] ?? new Instance(await compileStreaming(fetch("in.wasm")));
  // @ts-expect-error a size is a number
  await instantiate(bytes, imports, { stackSize: "large" });
  // @ts-expect-error wakeUp takes what the import results in
  handleSleep<number>((wakeUp) => wakeUp("text"));
  // @ts-expect-error the instance of a module comes alone
  (await instantiate(module)).module;
  return instance.exports.main(kept, streamed);
}
