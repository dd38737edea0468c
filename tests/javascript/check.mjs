// What the cases say of values; for Node and browsers.

const shown = (value) =>
  JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each === undefined ? "undefined" : each));

export function equal(found, wanted) {
  if (shown(found) !== shown(wanted)) throw new Error(`${shown(found)} is not ${shown(wanted)}`);
}

// The error that a promise is rejected with; of that class, with such a message.
export async function rejected(promise, class_, pattern = /(?:)/) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof class_ && pattern.test(error.message)) return error;
    throw error;
  }
  throw new Error(`not rejected but ${shown(value)}`);
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const soon = async (value) => value;

// A promise for each key, to settle by hand, in any order.
export class Gates {
  constructor() {
    this.gates = new Map();
  }

  wait(key) {
    return new Promise((open, fail) => this.gates.set(key, { open, fail }));
  }

  async open(key, value) {
    this.gates.get(key).open(value);
    await wait(0);
  }

  async fail(key, error) {
    this.gates.get(key).fail(error);
    await wait(0);
  }
}
