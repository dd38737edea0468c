// Bytes of memory -> frames, by the map.

// The value at an address, as text. A reference is in a table: the frame has the number of its slot.
function readValue(memory, at, kept) {
  const bits = (count) => {
    let text = "";
    for (let i = count - 1; i >= 0; i--) text += memory.getUint8(at + i).toString(16).padStart(2, "0");
    return text;
  };
  switch (kept) {
    case "i32":
      return String(memory.getInt32(at, true));
    case "i64":
      return String(memory.getBigInt64(at, true));
    case "f32":
      return number(memory.getFloat32(at, true));
    case "f64":
      return number(memory.getFloat64(at, true));
    case "v128":
      return `0x${bits(16)}`;
    default: {
      const slot = memory.getInt32(at, true);
      return slot ? `slot ${slot}` : "null";
    }
  }
}

const number = (value) => (Object.is(value, -0) ? "-0" : String(value));

// Who can be called by whom, and the frame of each.
class FrameReader {
  constructor(data) {
    this.map = data.map;
    this.byIndex = new Map(data.map.functions.map((each) => [each.index, each]));
    this.byName = new Map(data.map.functions.map((each) => [each.name, each]));
    this.owners = new Map();
    for (const each of data.map.functions) {
      for (const value of each.frame.values) if (value.is === "function") this.owners.set(value.value, each);
    }
    this.dispatches = data.explanation.dispatches;
    this.explained = new Map(data.explanation.functions.map((each) => [each.name, each]));
    this.indexOf = new Map(data.explanation.functions.map((each) => [each.index, each.name]));
    const inner = new Set(data.map.functions.flatMap((each) => each.calls.map((call) => call.calls)));
    this.outer = data.map.functions.filter((each) => !inner.has(each.name)).concat(data.map.functions);
  }

  // The frames between `begin` and `position`, the outermost first, if the function with the number `root` was called
  // first (null: not known which). Null if the bytes are not such frames.
  read(memory, root, begin, position) {
    const roots = root === null ? this.outer.slice(0, 50) : [this.byIndex.get(root) || this.indexOf.get(root)];
    let near = null;
    const stack = roots.filter(Boolean).reverse().map((each) => ({ each, at: position, above: null, passed: 0 }));
    for (let tries = 0; stack.length && tries < 100000; tries++) {
      const { each, at, above, passed } = stack.pop();
      if (each === null) {
        if (at === begin) return unroll(above);
        continue;
      }
      if (typeof each === "string") {
        const through = this.byName.get(each);
        if (through) stack.push({ each: through, at, above, passed });
        else if (passed < 100) {
          // It has no frame. Its last call may have one, which says whose it is; or what does it call?
          const owner = at - 4 >= begin && this.owners.get(memory.getInt32(at - 4, true));
          if (owner) stack.push({ each: owner, at, above, passed: passed + 1 });
          for (const next of this.calledBy(each)) stack.push({ each: next, at, above, passed: passed + 1 });
        }
        if (!through && !this.explained.get(each)?.instrumented && at === begin) return unroll(above);
        continue;
      }
      const frame = this.frame(memory, each, at, begin);
      if (!frame) continue;
      const here = { frame, above };
      if (frame.at === begin) near ||= here;
      const next = this.next(frame.call);
      if (next === null && frame.at === begin) return unroll(here);
      for (const name of next || []) stack.push({ each: name, at: frame.at, above: here, passed: 0 });
    }
    return near && unroll(near);
  }

  // The frame of a function that ends at an address; null if there is none such.
  frame(memory, each, end, begin) {
    let found = each;
    const owned = each.frame.values.find((value) => value.is === "function");
    if (owned && end - 4 >= begin) {
      found = this.owners.get(memory.getInt32(end - 4, true)); // the tail of a call is another's
      if (!found) return null;
    }
    const at = end - found.frame.size;
    if (at < begin) return null;
    const held = found.frame.values.find((value) => value.is === "call");
    const index = held ? memory.getInt32(at + held.offset, true) : 0;
    const call = held ? found.calls.find((other) => other.number === index) : found.calls[0];
    if (!call) return null;
    const values = found.frame.values.map((value) => ({
      ...value,
      address: at + value.offset,
      text: readValue(memory, at + value.offset, value.kept),
      live: value.is !== "local" || call.live.includes(value.name),
    }));
    return { function: found, at, end, call, values };
  }

  // The names of what a call may have called, null among them for what the host made; null if nothing was called.
  next(call) {
    if (call.dispatch !== undefined) return this.map.dispatches[call.dispatch].concat([null]);
    return call.calls === undefined || call.calls === null ? null : [call.calls];
  }

  calledBy(name) {
    const reasons = this.explained.get(name)?.instrumented ? this.explained.get(name).reasons : [];
    return reasons.flatMap((reason) => {
      if (reason.calls !== undefined) return [reason.calls];
      return reason.dispatch === undefined ? [] : this.dispatches[reason.dispatch].finds;
    });
  }
}

function unroll(last) {
  const frames = [];
  for (let at = last; at; at = at.above) frames.push(at.frame);
  return frames.reverse();
}
