// As much of WASI (preview 1) as the programs here ask for: their arguments, the time, and output that goes nowhere.

export class Exit extends Error {
  constructor(code) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

const OK = 0;
const NO_SUCH_FUNCTION = 52;
const SEEKS_NOT = 70;

// The imports for an instance; `memory` is asked for when one is called.
export function wasi(args, memory) {
  const view = () => new DataView(memory().buffer);
  const words = args.map((each) => new TextEncoder().encode(`${each}\0`));
  const functions = {
    args_sizes_get(count, size) {
      view().setUint32(count, words.length, true);
      view().setUint32(size, words.reduce((sum, word) => sum + word.length, 0), true);
      return OK;
    },
    args_get(pointers, buffer) {
      for (const word of words) {
        view().setUint32(pointers, buffer, true);
        new Uint8Array(memory().buffer).set(word, buffer);
        pointers += 4;
        buffer += word.length;
      }
      return OK;
    },
    environ_sizes_get(count, size) {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return OK;
    },
    environ_get: () => OK,
    clock_time_get(id, precision, time) {
      view().setBigUint64(time, process.hrtime.bigint(), true);
      return OK;
    },
    fd_write(fd, vectors, count, written) {
      let size = 0;
      for (let i = 0; i < count; i++) size += view().getUint32(vectors + 8 * i + 4, true);
      view().setUint32(written, size, true);
      return OK;
    },
    fd_read(fd, vectors, count, read) {
      view().setUint32(read, 0, true);
      return OK;
    },
    fd_fdstat_get(fd, stat) {
      new Uint8Array(memory().buffer).fill(0, stat, stat + 24);
      view().setUint8(stat, 2); // a character device
      return OK;
    },
    fd_close: () => OK,
    fd_sync: () => OK,
    fd_seek: () => SEEKS_NOT,
    proc_exit(code) {
      throw new Exit(code);
    },
  };
  return new Proxy(functions, { get: (target, name) => target[name] ?? (() => NO_SUCH_FUNCTION) });
}
