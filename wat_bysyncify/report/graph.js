// The call graph of a small module, drawn: callers on the left, what pauses on the right.

const MOST_NODES = 60;
const LONGEST_NAME = 24;

function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// The functions that can pause and what they call that can: nodes by name, and edges.
function graphOf(data) {
  const { functions, imports, dispatches } = data.explanation;
  const nodes = new Map();
  const add = (name, kind, each = null) => nodes.set(name, { name, kind, function: each, callees: [] });
  for (const each of imports) add(each.name, "import");
  for (const each of functions) {
    if (each.instrumented || each.runtime) add(each.name, each.runtime ? "runtime" : "pauses", each);
  }
  const edges = [];
  for (const each of functions) {
    if (!each.instrumented) continue;
    const seen = new Set();
    for (const reason of each.reasons) {
      const indirect = reason.dispatch !== undefined;
      const names = indirect ? dispatches[reason.dispatch].finds : reason.calls === undefined ? [] : [reason.calls];
      for (const name of names) {
        if (!nodes.has(name) || seen.has(name)) continue;
        seen.add(name);
        edges.push({ from: nodes.get(each.name), to: nodes.get(name), line: reason.line, indirect, why: name === each.next });
        nodes.get(each.name).callees.push(nodes.get(name));
      }
    }
  }
  const used = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  return { nodes: [...nodes.values()].filter((node) => used.has(node)), edges };
}

// The nodes in columns, the last calls first: each behind all that it calls, but where calls go in a circle.
function columns(nodes) {
  const found = [];
  const done = new Map(); // the column of a node; null while its callees are looked at
  const place = (node) => {
    done.set(node, null);
    let column = 0;
    for (const callee of node.callees) {
      if (!done.has(callee)) place(callee);
      if (done.get(callee) !== null) column = Math.max(column, done.get(callee) + 1);
    }
    done.set(node, column);
    (found[column] ||= []).push(node);
  };
  for (const node of nodes) if (!done.has(node)) place(node);
  return found;
}

// The drawing, or null if there is nothing to draw or too much; `choose` is called with a function that is clicked.
function drawGraph(data, choose) {
  if (data.explanation.functions.length > 5000) return null;
  const { nodes, edges } = graphOf(data);
  if (!edges.length || nodes.length > MOST_NODES || edges.length > 5 * MOST_NODES) return null;
  const rows = columns(nodes);
  const character = 7.7;
  const [height, gap, between] = [28, 14, 90];
  const said = (node) => (node.name.length > LONGEST_NAME ? `${node.name.slice(0, LONGEST_NAME)}…` : node.name);
  let x = 4;
  let bottom = 0;
  const mean = (node) => node.callees.reduce((sum, callee) => sum + (callee.place ?? 0), 0) / (node.callees.length || 1);
  for (const row of rows) {
    row.sort((a, b) => mean(a) - mean(b)); // beside what they call
    row.forEach((node, i) => (node.place = i));
  }
  for (const [column, row] of rows.reverse().entries()) {
    const width = Math.max(...row.map((node) => said(node).length)) * character + 24;
    row.forEach((node, i) => Object.assign(node, { x, width, y: 22 + i * (height + gap), column }));
    bottom = Math.max(bottom, 22 + row.length * (height + gap));
    x += width + between;
  }
  const drawing = svg("svg", { width: x - between + 4, height: bottom, role: "img", class: "graph" });
  let lowest = bottom;
  drawing.append(svg("title", {}, "Call graph: callers on the left, what pauses on the right"));
  const tip = svg("path", { d: "M0 0L7 3.5L0 7z" });
  drawing.append(svg("defs", {}, svg("marker", { id: "tip", viewBox: "0 0 7 7", refX: 7, refY: 3.5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" }, tip)));
  for (const { from, to, line, indirect, why } of edges) {
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + height / 2, to.x, to.y + height / 2];
    const pull = x2 > x1 ? (x2 - x1) / 2 : 60;
    let d = `M${x1} ${y1}C${x1 + pull} ${y1} ${x2 - pull} ${y2} ${x2 - 1} ${y2}`;
    const passes = to.column - from.column > 1; // over others: below them
    if (passes) {
      d = `M${x1} ${y1 + 6}C${x1 + 70} ${y1 + 52} ${x2 - 70} ${y2 + 52} ${x2 - 1} ${y2 + 6}`;
      lowest = Math.max(lowest, Math.max(y1, y2) + 48);
    }
    if (from === to) d = `M${x1 - 26} ${from.y}C${x1 - 26} ${from.y - 24} ${x1 - 8} ${from.y - 24} ${x1 - 10} ${from.y - 1}`;
    const path = svg("path", { d, class: `edge${why ? " why" : ""}${indirect ? " indirect" : ""}`, "marker-end": "url(#tip)" });
    path.append(svg("title", {}, `${from.name} calls ${to.name}, line ${line}${indirect ? ", through a table or reference" : ""}`));
    drawing.append(path);
    if (why && from !== to) drawing.append(svg("text", { x: x1 + (passes ? 2 : 10), y: y1 + (passes ? 34 : y2 < y1 ? 14 : -5), class: "at" }, `line ${line}`));
  }
  drawing.setAttribute("height", lowest);
  for (const node of nodes) {
    const group = svg("g", { class: `node ${node.kind}` });
    group.append(svg("rect", { x: node.x, y: node.y, width: node.width, height, rx: 6 }));
    group.append(svg("text", { x: node.x + 12, y: node.y + height / 2 + 4.5 }, said(node)), svg("title", {}, node.name));
    if (node.function) group.addEventListener("click", () => choose(node.function));
    drawing.append(group);
  }
  return drawing;
}
