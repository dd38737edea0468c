// A scene of the machine, and what can be done next.

const STATES = ["normal", "unwinding", "paused", "rewinding"];
const EXCERPT = 1; // lines of the source above and below a call
const MOST_GLOBALS = 200;

const CONTROL_STORIES = {
  start_unwind: "From here on, every function that returns saves its frame first.",
  stop_unwind: "The stack is unwound: what was running is in memory, and anything else can run.",
  start_rewind: "From here on, every function that is called takes its frame back, and goes to the call it was in.",
  stop_rewind: "The stack is as it was, and the program goes on.",
};

class RunView {
  constructor(data, text) {
    this.data = data;
    this.text = text;
    this.holder = document.getElementById("machine");
    this.decisions = [];
  }

  async start() {
    if (!this.data.module) return this.cannot(this.data.why_not);
    try {
      this.machine = new Machine(this.data);
      await this.machine.load();
    } catch (error) {
      return this.cannot(error.message);
    }
    this.build();
    this.play();
    return undefined;
  }

  cannot(why) {
    this.holder.replaceChildren(make("p", "", "The module cannot be run here: "), make("pre", "", why));
  }

  // What stays while the scenes change.
  build() {
    this.restart = button("Start over", () => this.to([]));
    this.back = button("Back", () => this.to(this.decisions.slice(0, -1)));
    this.forward = button("Next", () => this.advance(), "primary");
    this.count = make("span", "count", "");
    this.every = make("input", "");
    this.every.type = "checkbox";
    this.every.checked = this.machine.settings.every;
    this.every.addEventListener("change", () => {
      this.machine.settings.every = this.every.checked;
      this.to([]);
    });
    const check = make("label", "check", this.every, ` ${this.machine.drivesItself ? "Stop at calls of imports and of control functions" : "Stop at calls of imports that cannot pause, too"}`);
    this.states = make("ol", "states", ...STATES.map((state) => make("li", "", state)));
    this.states.setAttribute("aria-label", "State");
    this.story = make("p", "story", "");
    this.story.setAttribute("role", "status");
    this.choices = make("div", "choices");
    this.log = make("ol", "log code");
    this.log.tabIndex = 0;
    this.log.setAttribute("aria-label", "Log");
    this.stacks = make("div", "stacks");
    this.memory = make("div", "memory");
    this.globals = make("div", "globals");
    const left = make("div", "", this.story, this.choices, make("h3", "", "Log"), this.log);
    const right = make("div", "", this.stacks, this.memory, this.globals);
    const bar = make("div", "bar", this.restart, this.back, this.forward, this.count, check);
    this.holder.replaceChildren(bar, this.states, make("div", "split even", left, right));
  }

  // Goes to the scene behind these decisions.
  to(decisions) {
    this.decisions = decisions;
    this.play();
  }

  decide(decision) {
    this.to([...this.decisions, decision]);
  }

  play() {
    const before = this.scene;
    this.scene = this.machine.play(this.decisions);
    const went = before && this.decisions.length > this.shownAt;
    this.show(this.scene, went ? new Map(before.globals.map((each) => [each.export, each.value])) : null);
    this.shownAt = this.decisions.length;
  }

  show(scene, globals) {
    const count = this.decisions.length;
    this.count.textContent = count === 1 ? "1 step" : `${count} steps`;
    this.back.disabled = this.restart.disabled = count === 0;
    const planned = this.planned(scene);
    this.forward.disabled = planned === null;
    this.forward.textContent = planned === null ? "Next" : `Next: ${planned.said}`;
    this.plan = planned;
    this.showState(scene);
    this.story.replaceChildren(...this.tell(scene));
    this.choices.replaceChildren(...this.offer(scene));
    this.showLog(scene.log);
    this.showStacks(scene);
    this.showBytes(scene);
    this.showGlobals(scene, globals);
    this.text.mark((scene.frames || []).map((frame) => frame.call.line));
    document.documentElement.dataset.at = planned === null && count ? "end" : scene.at;
    document.documentElement.dataset.steps = count;
  }

  // Does what is planned, so often, and shows what comes of it.
  advance(count = 1) {
    let { plan, decisions } = this;
    for (let i = 0; i < count && plan; i++) {
      decisions = [...decisions, plan.decision];
      if (i + 1 < count) plan = this.planned(this.machine.play(decisions), decisions);
    }
    this.to(decisions);
  }

  // What the page does if nobody chooses: start, or the first export, pausing wherever that can be.
  planned(scene, decisions = this.decisions) {
    const { machine } = this;
    if (scene.at === "idle" && !scene.started) return { said: "start", decision: { do: "start" } };
    if (scene.at === "idle" && decisions.length === 0 && machine.exports.length) {
      const [first] = machine.exports;
      return { said: `call ${cut(first.name)}`, decision: { do: "call", name: first.name, args: first.params.map(zero) } };
    }
    const values = scene.ask ? scene.ask.results.map(zero) : [];
    const pausing = scene.ask && scene.ask.pauses && !machine.drivesItself;
    switch (scene.at) {
      case "import":
        return pausing ? { said: "pause", decision: { do: "pause" } } : { said: "return", decision: { do: "return", values } };
      case "control":
        return { said: "go on", decision: { do: "go on" } };
      case "unwound":
        return { said: "stop_unwind", decision: { do: "stop_unwind" } };
      case "paused":
        return { said: "resume", decision: { do: "resume" } };
      case "rewinding":
        return { said: "stop_rewind, return", decision: { do: "return", values } };
      default:
        return null;
    }
  }

  showState(scene) {
    const framed = scene.frames && scene.frames.length > 0;
    const name = scene.state === 1 ? "unwinding" : scene.state === 2 ? "rewinding" : scene.at === "paused" || framed ? "paused" : "normal";
    for (const [i, item] of [...this.states.children].entries()) {
      if (scene.state !== null && STATES[i] === name) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    document.documentElement.dataset.state = name;
  }

  tell(scene) {
    const code = (text) => make("code", "", cut(text));
    const root = scene.root && scene.root.shown;
    const call = scene.ask && `${scene.ask.module}.${scene.ask.name}(${scene.args.map(shown).join(", ")})`;
    switch (scene.at) {
      case "idle":
        if (!scene.started) return ["Nothing has run yet. The module has a start function."];
        if (scene.last) {
          const results = scene.results.length ? [" ", code(scene.results.map(shown).join(", "))] : [];
          return [code(scene.last.shown), " has returned", ...results, "."];
        }
        return [this.machine.exports.length ? "Nothing has run yet. Call an export." : "The module exports no function to call."];
      case "import": {
        const may = scene.ask.pauses && !this.machine.drivesItself;
        const many = scene.many ? " It has been called very often by now." : "";
        return [code(call), may ? " is called, and may pause." : " is called.", many];
      }
      case "control":
        return ["The module has called ", code(scene.control), ". ", CONTROL_STORIES[scene.control]];
      case "unwound":
        return ["Every function saved its frame and returned, and so did ", code(root), ", with a made-up result."];
      case "paused":
        return ["Paused. Nothing runs: all that ", code(root), " was doing is in memory."];
      case "rewinding":
        return ["The same calls were made again, each function took its frame back, and here is ", code(call), " again."];
      default:
        return ["This is the end of the run: ", scene.error];
    }
  }

  // What can be chosen, as forms.
  offer(scene) {
    const { machine } = this;
    switch (scene.at) {
      case "idle":
        if (!scene.started) return [button("Run the start function", () => this.decide({ do: "start" }))];
        return [...machine.exports.slice(0, 200).map((each) => this.exportForm(each)), ...(this.decisions.length ? [] : [this.placeForm()])];
      case "import": {
        const forms = [this.returnForm(scene.ask, "Return")];
        if (scene.ask.pauses && !machine.drivesItself) forms.unshift(button("Pause", () => this.decide({ do: "pause" })));
        return forms;
      }
      case "control":
        return [button("Go on", () => this.decide({ do: "go on" }))];
      case "unwound":
        return [button("stop_unwind", () => this.decide({ do: "stop_unwind" }))];
      case "paused":
        return [this.form(`start_rewind, and call ${cut(scene.root.shown)} again`, [], (values, fuel) => ({ do: "resume", fuel }), true)];
      case "rewinding":
        return [this.returnForm(scene.ask, "stop_rewind, and return")];
      default:
        return [];
    }
  }

  exportForm(each) {
    return this.form(`Call ${cut(each.name)}`, each.params, (args, fuel) => ({ do: "call", name: each.name, args, fuel }), true);
  }

  returnForm(ask, said) {
    return this.form(said, ask.results, (values) => ({ do: "return", values }), false);
  }

  // A button and a field for each value.
  form(said, types, decision, fueled) {
    const fields = types.map((type, i) => {
      const field = make("input", "value");
      field.placeholder = type === "i32" || type === "i64" || type[0] === "f" ? `0 (${type})` : type;
      field.setAttribute("aria-label", `${said}: value ${i + 1}, ${type}`);
      field.autocomplete = "off";
      return field;
    });
    const fuel = make("input", "value fuel");
    fuel.placeholder = "pause points";
    fuel.setAttribute("aria-label", `${said}: how many pause points to let pass`);
    const wrong = make("span", "wrong", "");
    wrong.setAttribute("role", "alert");
    const go = make("button", "", said);
    const form = make("form", "choice", go, ...fields, ...(fueled && this.machine.fueled ? [fuel] : []), wrong);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      try {
        const values = fields.map((field, i) => valueOf(types[i], field.value));
        this.decide(decision(values, fuel.value.trim() === "" ? null : valueOf("i32", fuel.value)));
        this.forward.focus({ preventScroll: true });
      } catch (error) {
        wrong.textContent = error.message;
      }
    });
    return form;
  }

  // Where the frames go.
  placeForm() {
    const { machine } = this;
    if (machine.drivesItself || machine.about.own_memory) return "";
    const { data, end } = this.scene.area || { data: 0, end: 0 };
    const fields = [["Data structure at", data], ["end of the stack", end]].map(([said, value]) => {
      const field = make("input", "value");
      field.value = value;
      field.inputMode = "numeric";
      field.autocomplete = "off";
      return [field, make("label", "", `${said} `, field)];
    });
    const form = make("form", "choice", ...fields.map(([, label]) => label), make("button", "", "Set"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [at, to] = fields.map(([field]) => Number(field.value));
      if (!Number.isInteger(at) || !Number.isInteger(to) || at < 0 || to < at + 8) return;
      Object.assign(machine.settings, { data: at, end: to });
      this.to([]);
    });
    return make("details", "", make("summary", "", "Where frames go"), form);
  }

  showLog(log) {
    const all = log.slice(-500).map((each) => make("li", each.kind, each.text));
    this.log.replaceChildren(...(all.length ? all : [make("li", "note", "Nothing yet.")]));
    this.log.scrollTop = this.log.scrollHeight;
  }

  // The engine's stack and that in memory: a pause moves one to the other.
  showStacks(scene) {
    const running = scene.running.map((name) => make("li", "", make("code", "", name)));
    const runs = make("ol", "running", ...(running.length ? running : [make("li", "note", "no call")]));
    const frames = scene.frames || [];
    const saved = [...frames].reverse().map((frame, i) => this.frame(frame, frames.length - 1 - i));
    let none = "no frame";
    if (scene.frames === null && scene.bytes) none = "these bytes are no frames that the map knows";
    const framed = make("ol", "frames", ...(saved.length ? saved : [make("li", "note", none)]));
    this.stacks.replaceChildren(
      make("div", "", make("h3", "", "Calls in the engine"), runs),
      make("div", "", make("h3", "", "Frames in memory"), framed),
    );
  }

  frame(frame, index) {
    const { call } = frame;
    const head = make("div", "frame-head", make("span", `swatch tint-${index % 6}`), make("code", "", frame.function.name));
    if (call.line) {
      head.append(" ", button(`line ${call.line}`, () => {
        this.text.reveal(call.line);
        document.getElementById("text").scrollIntoView();
      }, "link"));
    }
    const parts = [head];
    if (call.line) {
      const first = Math.max(1, call.line - EXCERPT);
      const lines = [];
      for (let line = first; line <= Math.min(this.text.source.length, call.line + EXCERPT); line++) {
        const row = make("div", line === call.line ? "here" : "", make("span", "number", line), colored(this.text.source[line - 1]));
        lines.push(row);
      }
      parts.push(make("div", "excerpt code", ...lines));
    }
    const rows = frame.values.map((value) => {
      const said = value.is === "local" ? make("code", "", value.name) : make("span", "note", `number of the ${value.is}`);
      const row = make("tr", value.live ? "" : "dead", make("td", "", said), make("td", "", make("code", "", value.text)), make("td", "", value.kept));
      if (!value.live) row.title = "not read after this call";
      return row;
    });
    if (rows.length) parts.push(make("table", "values", make("tbody", "", ...rows)));
    return make("li", "", ...parts);
  }

  // The bytes of the stack, each in the tint of its frame.
  showBytes(scene) {
    this.memory.replaceChildren();
    if (!scene.bytes) return;
    const { from, data, position, cut: isCut } = scene.bytes;
    const tints = new Map();
    for (const [index, frame] of (scene.frames || []).entries()) {
      for (const value of frame.values) {
        const what = value.is === "local" ? value.name : `number of the ${value.is}`;
        for (let i = 0; i < value.size; i++) tints.set(value.address + i, { index, first: i === 0, said: `${frame.function.name}: ${what}` });
      }
    }
    const rows = [];
    for (let at = from - (from % 8); at < position; at += 8) {
      const row = make("div", "byte-row", make("span", "number", at));
      for (let i = at; i < at + 8; i++) {
        const inside = i >= from && i < position;
        const cell = make("span", "byte", inside ? data[i - from].toString(16).padStart(2, "0") : "");
        const tint = tints.get(i);
        if (tint && inside) {
          cell.classList.add(`tint-${tint.index % 6}`);
          if (tint.first) cell.classList.add("first");
          cell.title = tint.said;
        }
        row.append(cell);
      }
      rows.push(row);
    }
    const { area } = scene;
    const said = `The data structure at ${area.data} says: the next frame goes to ${position}`;
    const holder = make("div", "bytes code", ...rows);
    holder.tabIndex = 0;
    holder.setAttribute("aria-label", "Bytes of the stack");
    this.memory.append(
      make("h3", "", "Bytes of the stack"),
      make("p", "", area.end ? `${said}, and the room ends at ${area.end}.` : `${said}.`, isCut ? " Only the last bytes are shown." : ""),
      holder,
    );
  }

  showGlobals(scene, before) {
    const { state } = this.machine.about;
    const ours = scene.globals.filter((each) => state.includes(each.name));
    const all = ours.concat(scene.globals.filter((each) => !state.includes(each.name)));
    const rows = all.slice(0, MOST_GLOBALS).map((each) => {
      const changed = before && before.has(each.export) && before.get(each.export) !== each.value;
      const row = make("tr", changed ? "changed" : "", make("td", "", make("code", "", each.name)), make("td", "", make("code", "", each.value)));
      row.append(make("td", "", state.includes(each.name) ? "state" : each.type.replace(/^\(mut (.*)\)$/, "$1")));
      return row;
    });
    this.globals.replaceChildren(make("h3", "", "Globals"));
    if (rows.length) this.globals.append(make("table", "values", make("tbody", "", ...rows)));
    if (all.length > MOST_GLOBALS) this.globals.append(make("p", "note", `and ${all.length - MOST_GLOBALS} more.`));
  }
}

const cut = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
