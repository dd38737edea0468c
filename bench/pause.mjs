// Runs an export of a module whose import env.sleep pauses it each time, and resumes it at once. Here the result of a
// run is two numbers: how often it was paused, and the most bytes there were on its stack.

const DATA = 1024; // where the modules have nothing of their own

export function run(module, [name, ...numbers], seconds) {
  let asleep = false;
  let pauses = 0;
  const sleep = () => {
    if (asleep) {
      asleep = false;
      stopRewind();
    } else {
      asleep = true;
      pauses++;
      startUnwind(DATA);
    }
  };
  const { exports } = new WebAssembly.Instance(module, { env: { sleep } });
  const names = "asyncify_stop_unwind" in exports ? "asyncify" : "bysyncify";
  const [startUnwind, stopUnwind, startRewind, stopRewind] = ["start_unwind", "stop_unwind", "start_rewind", "stop_rewind"].map(
    (each) => exports[`${names}_${each}`],
  );
  const data = new DataView(exports.memory.buffer);
  data.setUint32(DATA, DATA + 8, true);
  data.setUint32(DATA + 4, 65536, true);
  const call = exports[name];
  const values = numbers.map(Number);
  let most = 0;
  const start = process.hrtime.bigint();
  call(...values);
  while (asleep) {
    stopUnwind();
    const size = data.getUint32(DATA, true) - DATA - 8;
    if (size > most) most = size;
    startRewind(DATA);
    call(...values);
  }
  return [seconds(start), `${pauses} ${most}`];
}
