// The source and the rewritten text, line by line.

const LONGEST = 2000; // characters of a line that are shown

// Pairs of lines, from the map's runs: `source` and `output` are numbers from 1, or 0 where the other text has no such
// line. `same` says that the one stems from the other. Lines between two runs stand side by side, as changed.
function pairLines(source, output, runs) {
  const matched = new Uint8Array(source.length + 1);
  for (const [, from, count] of runs) matched.fill(1, from, from + count);
  const pairs = [];
  let nextSource = 1;
  let nextOutput = 1;
  const gap = (toSource, toOutput) => {
    const left = [];
    for (; nextSource < toSource; nextSource++) if (!matched[nextSource]) left.push(nextSource);
    const right = [];
    for (; nextOutput < toOutput; nextOutput++) right.push(nextOutput);
    const alike = (a, b) => source[a - 1].trim() === output[b - 1].trim();
    while (left.length && right.length && alike(left[0], right[0])) {
      pairs.push({ source: left.shift(), output: right.shift(), same: true });
    }
    const behind = [];
    while (left.length && right.length && alike(left.at(-1), right.at(-1))) {
      behind.push({ source: left.pop(), output: right.pop(), same: true });
    }
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      pairs.push({ source: left[i] || 0, output: right[i] || 0, same: false });
    }
    pairs.push(...behind.reverse());
  };
  for (const [to, from, count] of runs) {
    gap(Math.max(from, nextSource), to);
    for (let i = 0; i < count; i++) pairs.push({ source: from + i, output: to + i, same: true });
    nextOutput = to + count;
    nextSource = Math.max(nextSource, from + count);
  }
  gap(source.length + 1, output.length + 1);
  return pairs;
}

// The same in one column: of lines that are the same, the rewritten one; else first what was there.
function inOneColumn(pairs) {
  const lines = [];
  let added = [];
  for (const pair of pairs) {
    if (pair.same) {
      lines.push(...added, pair);
      added = [];
      continue;
    }
    if (pair.source) lines.push({ source: pair.source, output: 0, same: false });
    if (pair.output) added.push({ source: 0, output: pair.output, same: false });
  }
  return lines.concat(added);
}

const WORDS = /(;;.*|\(;.*?(?:;\)|$))|("(?:[^"\\]|\\.)*")|(\$[^\s()";,]+)/g;
const KINDS = ["comment", "string", "id"];

// The words of a line, as elements.
function colored(line) {
  const text = line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
  const parts = document.createDocumentFragment();
  let done = 0;
  for (const found of text.matchAll(WORDS)) {
    parts.append(text.slice(done, found.index));
    parts.append(make("span", KINDS[found.slice(1).findIndex((group) => group !== undefined)], found[0]));
    done = found.index + found[0].length;
  }
  parts.append(text.slice(done));
  return parts;
}

const linesOf = (text) => text.replace(/\r?\n$/, "").split(/\r?\n/);

class TextView {
  constructor(data) {
    this.source = linesOf(data.source);
    this.output = linesOf(data.output);
    this.pairs = pairLines(this.source, this.output, data.map.lines);
    this.marked = new Set(); // lines of the source at which the program is paused
    this.list = new LineList(document.getElementById("lines"), (index) => this.draw(index));
    this.at = -1; // the line that was looked for last
    this.narrow = window.matchMedia("(max-width: 899px)");
    this.choice = document.getElementById("one-column");
    this.choice.checked = this.narrow.matches;
    this.choice.addEventListener("change", () => this.show());
    this.narrow.addEventListener("change", () => {
      this.choice.checked = this.narrow.matches;
      this.show();
    });
    document.getElementById("next-change").addEventListener("click", () => this.step(1));
    document.getElementById("previous-change").addEventListener("click", () => this.step(-1));
    const find = document.getElementById("find");
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.find(find.value, event.shiftKey ? -1 : 1);
    });
    find.addEventListener("input", () => this.found(""));
    this.show();
  }

  show() {
    const one = this.choice.checked;
    const top = this.lines && this.lines[Math.floor(this.list.holder.scrollTop / this.list.height)];
    this.lines = one ? (this.single ||= inOneColumn(this.pairs)) : this.pairs;
    this.list.holder.classList.toggle("one", one);
    document.getElementById("lines-head").classList.toggle("one", one);
    const longest = (lines) => lines.reduce((most, line) => Math.max(most, line.length), 0);
    const most = Math.min(LONGEST + 2, Math.max(longest(this.source), longest(this.output)));
    const probe = make("span", "code probe", "0".repeat(100));
    document.body.append(probe);
    const wide = (probe.getBoundingClientRect().width / 100) * (most + 1);
    probe.remove();
    const cell = this.list.holder.clientWidth / (one ? 1 : 2) - 70;
    this.list.show(this.lines.length, Math.max(0, wide - cell));
    this.at = -1;
    if (top) this.list.reveal(this.indexOf(top.source, top.output));
  }

  draw(index) {
    const { source, output, same } = this.lines[index];
    const row = make("div", `line${same ? "" : " changed"}${index === this.at ? " at" : ""}`);
    if (this.marked.has(source)) row.classList.add("paused");
    const number = (value) => make("span", "number", value || "");
    const cell = (line, kind) => {
      const element = make("span", `cell ${kind}${line === undefined ? " none" : ""}`);
      if (line !== undefined) element.append(colored(line));
      return element;
    };
    const before = this.source[source - 1];
    const after = this.output[output - 1];
    if (this.choice.checked) {
      row.append(number(source), number(output), output ? cell(after, "after") : cell(before, "before"));
      row.classList.add(output ? "is-output" : "is-source");
    } else {
      row.append(number(source), cell(before, "before"), number(output), cell(after, "after"));
    }
    return row;
  }

  // Where to look on from: the line that was shown last, if it is still seen.
  from() {
    const { holder, height } = this.list;
    const first = Math.floor(holder.scrollTop / height);
    const last = Math.floor((holder.scrollTop + holder.clientHeight) / height);
    return this.at >= first && this.at <= last ? this.at : first;
  }

  step(by) {
    const changed = (index) => this.lines[index] && !this.lines[index].same;
    let index = this.from();
    while (changed(index)) index += by;
    while (this.lines[index] && !changed(index)) index += by;
    while (by < 0 && changed(index - 1)) index -= 1;
    if (this.lines[index]) this.go(index);
  }

  find(words, by) {
    const wanted = words.toLowerCase();
    if (!wanted) return this.found("");
    const count = this.lines.length;
    const start = this.at < 0 ? this.from() - by : this.at;
    for (let i = 1; i <= count; i++) {
      const index = (((start + by * i) % count) + count) % count;
      const { source, output } = this.lines[index];
      const texts = [this.source[source - 1], this.output[output - 1]];
      if (texts.some((text) => text !== undefined && text.toLowerCase().includes(wanted))) {
        this.found(`line ${output || source}`);
        return this.go(index);
      }
    }
    return this.found("not found");
  }

  found(said) {
    document.getElementById("found").textContent = said;
  }

  go(index) {
    this.at = index;
    this.list.refresh();
    this.list.reveal(index);
  }

  // Shows a line of the source, or else one of the rewritten text.
  reveal(source, output = 0) {
    const index = this.indexOf(source, output);
    if (index >= 0) this.go(index);
  }

  indexOf(source, output) {
    return this.lines.findIndex((line) => (source ? line.source === source : line.output === output));
  }

  mark(lines) {
    this.marked = new Set(lines);
    this.list.refresh();
  }
}
