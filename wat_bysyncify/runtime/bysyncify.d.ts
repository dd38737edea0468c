/** Runs WebAssembly that can pause with asynchronous imports: a drop-in for `WebAssembly`, and for `asyncify-wasm`. */

/** Where the frames of what is paused go while the stack unwinds or rewinds, and more. All may be left out. */
export interface Options {
  /**
   * How many bytes the frames of one pause may take. At first 16384, or what a smaller memory has; with `--own-memory`
   * all of that memory, which grows where this says more.
   */
  stackSize?: number;
  /** An address from which on so many bytes of the memory are free. Else the memory lends them, or `malloc` gives. */
  stackStart?: number;
  /** The memory for the frames, or the name of its export. At first that of `--own-memory`, or `memory`. */
  memory?: string | WebAssembly.Memory;
  /** The program's allocator, or the name of its export. */
  malloc?: string | Allocate;
  /** What frees that; needed for stacks of concurrent calls of C (`__stack_pointer`). */
  free?: string | Free;
  /** How many bytes such a stack has. At first 65536. */
  cStackSize?: number;
  /** How many pause points (`--pause-at`) a call passes before it waits for `outOfFuel`. */
  fuel?: number;
  /** Called then; the call goes on when what it returns is there, or ends with what it throws. At first, a turn of the
   * event loop. */
  outOfFuel?: () => unknown;
}

export type Allocate = ((size: number) => number) | ((size: bigint) => bigint);
export type Free = ((address: number) => void) | ((address: bigint) => void);

/** Exports as `WebAssembly.Instance` has them, but that functions return promises. */
export interface Exports {
  readonly [name: string]: any;
}

/**
 * An instance whose imports may return promises, and whose exported functions do.
 *
 * A call is rejected with what an import threw or was rejected with, if the program does not catch it; with `RangeError`
 * where there is too little room for its frames. The instance is usable then.
 */
export class Instance extends WebAssembly.Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports, options?: Options);
  readonly exports: Exports;
}

/** What instantiating bytes gives. */
export interface Instantiated {
  module: WebAssembly.Module;
  instance: Instance;
}

/** As `WebAssembly.instantiate`. The promise settles when the start function has ended. */
export function instantiate(bytes: BufferSource, imports?: WebAssembly.Imports, options?: Options): Promise<Instantiated>;
export function instantiate(
  module: WebAssembly.Module,
  imports?: WebAssembly.Imports,
  options?: Options,
): Promise<Instance>;

/** As `WebAssembly.instantiateStreaming`. */
export function instantiateStreaming(
  source: Response | PromiseLike<Response>,
  imports?: WebAssembly.Imports,
  options?: Options,
): Promise<Instantiated>;

/**
 * As `WebAssembly.compile`. Of a module from here, a start function may pause, and so may imports with several results
 * or with references; of other modules' imports only those with one number, or none.
 */
export function compile(bytes: BufferSource): Promise<WebAssembly.Module>;

/** As `WebAssembly.compileStreaming`; the same. */
export function compileStreaming(source: Response | PromiseLike<Response>): Promise<WebAssembly.Module>;

/**
 * Lets an import that is not `async` sleep: `start` is called at once, with the function to call, with the import's
 * result, when it is time to go on. Nothing pauses where `start` calls it itself. What this returns may be returned from
 * the import, or not.
 */
export function handleSleep<Result = void>(
  start: (wakeUp: (result: Result | PromiseLike<Result>) => void) => void,
): Result | Promise<Result>;
