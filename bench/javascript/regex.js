// Regular expressions over a text.
const text = Array.from({ length: 1000 }, (_, i) => `user${i}@host-${i % 7}.example.org, ${i}-${i % 12}-${i % 28};`).join(" ");
let matches = 0;
for (const pattern of [/\w+@[\w.-]+\.org/g, /(\d+)-(\d+)-(\d+)/g, /(?:a|e|i|o|u)\w*?(?=;)/g]) {
  matches += (text.match(pattern) ?? []).length;
}
matches;
