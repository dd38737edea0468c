// JSON, written and read again.
const rows = Array.from({ length: 300 }, (_, i) => ({ id: i, name: `row ${i}`, tags: ["a", "b", i], half: i / 2 }));
let size = 0;
for (let i = 0; i < 20; i++) size += JSON.stringify(JSON.parse(JSON.stringify(rows))).length;
size;
