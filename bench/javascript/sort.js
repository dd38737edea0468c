// The engine's own sort, with a comparison in JavaScript.
let seed = 1;
const numbers = Array.from({ length: 20000 }, () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0));
numbers.sort((a, b) => a - b)[10000];
