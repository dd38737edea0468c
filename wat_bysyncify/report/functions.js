// What can pause and why, and how large all is.

const bytes = (count) => (count === null || count === undefined ? "–" : count.toLocaleString("en"));

// The functions in the order of a tree: each that can pause below the one because of which it can, then the others.
function asTree(data) {
  const functions = data.explanation.functions;
  const below = new Map();
  const roots = [];
  const known = new Set(functions.filter((each) => each.instrumented).map((each) => each.name));
  for (const each of functions) {
    if (!each.instrumented) continue;
    if (each.next !== null && each.next !== each.name && known.has(each.next)) {
      if (!below.has(each.next)) below.set(each.next, []);
      below.get(each.next).push(each);
    } else {
      roots.push(each);
    }
  }
  const order = [];
  const seen = new Set();
  const stack = roots.map((each) => [each, 0]).reverse();
  while (stack.length) {
    const [each, depth] = stack.pop();
    if (seen.has(each)) continue;
    seen.add(each);
    order.push({ function: each, depth });
    const children = below.get(each.name) || [];
    for (let i = children.length - 1; i >= 0; i--) stack.push([children[i], depth + 1]);
  }
  const rest = functions.filter((each) => !seen.has(each)).map((each) => ({ function: each, depth: 0 }));
  return order.concat(rest.filter((row) => row.function.runtime), rest.filter((row) => !row.function.runtime));
}

class FunctionView {
  constructor(data, text) {
    this.data = data;
    this.text = text;
    this.tree = asTree(data);
    this.frames = new Map(data.map.functions.map((each) => [each.index, each.frame.size]));
    this.mapped = new Map(data.map.functions.map((each) => [each.index, each]));
    this.chosen = null;
    this.list = new LineList(document.getElementById("function-list"), (index) => this.draw(index), "line function");
    this.filter = document.getElementById("filter");
    this.growth = document.getElementById("by-growth");
    this.filter.addEventListener("input", () => this.show());
    this.growth.addEventListener("change", () => this.show());
    this.list.holder.addEventListener("keydown", (event) => this.key(event));
    this.show();
    if (this.rows.length) this.choose(this.rows[0].function, false);
    this.showSavings();
    this.showGraph();
  }

  showGraph() {
    const drawing = drawGraph(this.data, (each) => this.choose(each, false));
    const holder = document.getElementById("graph");
    if (!drawing) return holder.remove();
    const said = "Thick: the call because of which a function can pause. Dashed: through a table or a reference.";
    return holder.append(drawing, make("p", "note", said));
  }

  show() {
    const wanted = this.filter.value.toLowerCase();
    this.rows = this.tree.filter((row) => row.function.name.toLowerCase().includes(wanted));
    if (this.growth.checked) {
      const added = ({ function: each }) => (each.after || 0) - (each.before || 0);
      this.rows = this.rows.map((row) => ({ ...row, depth: 0 })).sort((a, b) => added(b) - added(a));
    }
    this.list.show(this.rows.length);
    const can = this.rows.filter((row) => row.function.instrumented).length;
    document.getElementById("counted").textContent = `${can} of ${this.rows.length} can pause`;
  }

  draw(index) {
    const { function: each, depth } = this.rows[index];
    const kind = each.runtime ? "runtime" : each.instrumented ? "pauses" : "plain";
    const name = make("span", "name", each.name);
    name.style.paddingLeft = `${Math.min(depth, 12) * 0.9}em`;
    const row = make("button", `line function ${kind}`, name, make("span", "size", bytes(each.before)));
    row.append(make("span", "size", bytes(each.after)), make("span", "size", bytes(this.frames.get(each.index))));
    row.type = "button";
    row.setAttribute("aria-pressed", String(each === this.chosen));
    row.tabIndex = each === this.chosen || (index === 0 && !this.rows.some((r) => r.function === this.chosen)) ? 0 : -1;
    row.addEventListener("click", () => this.choose(each, true));
    return row;
  }

  // Up and down go through the list.
  key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = this.rows.findIndex((row) => row.function === this.chosen);
    const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + by))];
    if (next) this.choose(next.function, true);
  }

  choose(each, focus) {
    this.chosen = each;
    const index = this.rows.findIndex((row) => row.function === each);
    const { holder, height } = this.list;
    const top = index * height;
    if (top < holder.scrollTop) holder.scrollTop = top;
    if (top + height > holder.scrollTop + holder.clientHeight) holder.scrollTop = top + height - holder.clientHeight;
    this.list.refresh();
    if (focus) this.list.drawn.get(index)?.focus({ preventScroll: true });
    document.getElementById("function").replaceChildren(...this.about(each));
  }

  // A button that shows a line of the source.
  line(number) {
    return button(`line ${number}`, () => {
      this.text.reveal(number);
      document.getElementById("text").scrollIntoView();
    }, "link");
  }

  about(each) {
    const title = make("h3", "", make("code", "", each.name), " ", this.line(each.line));
    const parts = [title];
    if (each.runtime) parts.push(make("p", "", "Drives the pausing: it is not instrumented, and an unwind ends here."));
    else if (!each.instrumented && !each.reasons.length) parts.push(make("p", "", "Cannot pause: nothing that it calls can."));
    else if (!each.instrumented) parts.push(make("p", "", "Is said not to pause, and not instrumented."));
    else parts.push(make("p", "", "Can pause, because of"));
    const shown = each.reasons.slice(0, 200).map((reason) => make("li", "", ...this.reason(reason)));
    if (shown.length) parts.push(make("ul", "", ...shown));
    if (each.reasons.length > 200) parts.push(make("p", "", `and ${each.reasons.length - 200} more calls.`));
    const callers = this.callers(each.name).filter((name) => name !== each.name);
    if (callers.length) {
      const names = callers.slice(0, 20).flatMap((name, i) => [i ? ", " : "", make("code", "", name)]);
      const more = callers.length - 20;
      parts.push(make("p", "", "So can its callers ", ...names, more > 0 ? ` and ${more} more.` : "."));
    }
    const way = this.way(each);
    if (way.length > 1) {
      const steps = way.map((name) => make("li", "", make("code", "", name)));
      parts.push(make("p", "", "A shortest way to a pause:"), make("ol", "way", ...steps));
    }
    const map = this.mapped.get(each.index);
    if (map) {
      const values = map.frame.values.map((value) => {
        const said = value.is === "local" ? value.name : `number of the ${value.is}`;
        return make("tr", "", make("td", "", value.offset), make("td", "", make("code", "", said)), make("td", "", value.kept));
      });
      const head = make("tr", "", ...["at", "what", "type"].map((word) => make("th", "", word)));
      parts.push(make("p", "", `Its frame has ${map.frame.size} bytes; it finds its way back by `, make("em", "", {
        skip: "skipping what is done", jump: "jumping to the call", straight: "its twin",
      }[map.form] || map.form), "."));
      if (values.length) parts.push(make("table", "", make("thead", "", head), make("tbody", "", ...values)));
    }
    return parts;
  }

  reason(reason) {
    const line = reason.line ? [" (", this.line(reason.line), ")"] : [];
    if (reason.because !== undefined) return [reason.because, ...line];
    if (reason.calls !== undefined) return ["a call of ", make("code", "", reason.calls), ...line];
    const dispatch = this.data.explanation.dispatches[reason.dispatch];
    const what = `a call ${dispatch.table === null ? "of a reference" : dispatch.table}`;
    const finds = dispatch.finds.slice(0, 5).flatMap((name, i) => [i ? ", " : "", make("code", "", name)]);
    const more = dispatch.finds.length - 5;
    if (more > 0) finds.push(` and ${more} more`);
    if (dispatch.open) finds.push(finds.length ? ", or what the host put there" : "what the host put there");
    return [what, ...line, ...(finds.length ? [", which may be ", ...finds] : [])];
  }

  // The functions that can pause because they call this one by name.
  callers(name) {
    if (!this.calledBy) {
      this.calledBy = new Map();
      for (const each of this.data.explanation.functions) {
        if (!each.instrumented) continue;
        for (const callee of new Set(each.reasons.map((reason) => reason.calls))) {
          if (!this.calledBy.has(callee)) this.calledBy.set(callee, []);
          this.calledBy.get(callee).push(each.name);
        }
      }
    }
    return this.calledBy.get(name) || [];
  }

  way(each) {
    const byName = (this.byName ||= new Map(this.data.explanation.functions.map((other) => [other.name, other])));
    const names = [each.name];
    for (let at = each; at && at.next !== null && names.length < 100; ) {
      names.push(at.next);
      at = at.instrumented && byName.get(at.next) !== at ? byName.get(at.next) : undefined;
    }
    return names;
  }

  showSavings() {
    const { savings, culprits, functions } = this.data.explanation;
    const can = functions.filter((each) => each.instrumented).length;
    const said = savings.map((each) => [`${each.change}: ${each.instrumented} instrumented instead of ${can}`]);
    for (const each of culprits.slice(0, 10)) {
      const what = [each.indirect ? "the indirect call in " : "the import ", make("code", "", each.function)];
      said.push([`${each.functions} of ${functions.length} are instrumented only because of `, ...what, " (", this.line(each.line), ")"]);
    }
    const holder = document.getElementById("savings");
    if (said.length) holder.append(make("h3", "", "What would change that"), make("ul", "", ...said.map((each) => make("li", "", ...each))));
  }
}

function showSizes(data) {
  const row = (what, [before, after]) => {
    const grown = before && after ? `× ${(after / before).toFixed(2)}` : "–";
    const most = Math.max(before || 0, after || 0) || 1;
    const bar = (size, kind) => {
      const element = make("span", `size-bar ${kind}`);
      element.style.width = `${(100 * (size || 0)) / most}%`;
      return element;
    };
    const bars = make("td", "bars", bar(before, "before"), bar(after, "after"));
    return make("tr", "", make("th", "", what), make("td", "size", bytes(before)), make("td", "size", bytes(after)), make("td", "size", grown), bars);
  };
  const head = make("tr", "", ...["", "Before", "After", "", ""].map((word) => make("th", "", word)));
  const rows = [row("Text, bytes", data.sizes.text), row("Binary, bytes", data.sizes.binary)];
  const functions = data.explanation.functions.filter((each) => each.instrumented);
  const sum = (name) => functions.reduce((total, each) => total + (each[name] || 0), 0);
  if (data.module) rows.push(row("Code of what can pause", [data.sizes.binary[0] && sum("before"), sum("after")]));
  const table = make("table", "sizes", make("thead", "", head), make("tbody", "", ...rows));
  const said = [table];
  const frames = data.map.functions.map((each) => each.frame.size);
  if (frames.length) {
    const least = frames.reduce((a, b) => Math.min(a, b));
    const most = frames.reduce((a, b) => Math.max(a, b));
    const mean = (frames.reduce((a, b) => a + b, 0) / frames.length).toFixed(1);
    said.push(make("p", "", least === most ? `Each frame has ${bytes(most)} bytes.` : `Frames have ${bytes(least)} to ${bytes(most)} bytes, ${mean} on average.`));
  }
  if (data.sizes.added) said.push(make("p", "", `Control functions, and others that are added: ${bytes(data.sizes.added)} bytes of code.`));
  if (data.module && data.sizes.binary[0] === null) said.push(make("p", "", "The source alone does not assemble, so its binary has no size."));
  document.getElementById("size-table").append(...said);
}
