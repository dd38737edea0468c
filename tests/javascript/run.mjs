// Runs cases, for Node and browsers: `plan` is a list of [suite, directory of modules], `load` gives the bytes of a file.
// What went wrong, by "suite directory case"; null where nothing did.

const SECONDS = 30;

export async function run(plan, load) {
  const found = {};
  for (const [suite, directory] of plan) {
    for (const [name, check] of Object.entries(await import(`./${suite}.mjs`))) {
      let timer;
      const late = new Promise((_, fail) => {
        timer = setTimeout(fail, SECONDS * 1000, new Error(`not done in ${SECONDS} seconds`));
      });
      try {
        await Promise.race([check((module) => load(`${directory}/${module}.wasm`)), late]);
        found[`${suite} ${directory} ${name}`] = null;
      } catch (error) {
        found[`${suite} ${directory} ${name}`] = String(error?.stack ?? error);
      }
      clearTimeout(timer);
    }
  }
  return found;
}
