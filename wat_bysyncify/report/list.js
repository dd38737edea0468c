"use strict";

// An element with a class and children: text or elements. Whatever comes from the module gets into the page here, as
// text.
function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

function button(text, action, className = "") {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", action);
  return element;
}

// Lines of equal height in an element that scrolls, of which only those that are seen exist. `draw(index)` makes the
// element of a line, with the class `kind`. Lines that are wider than the element are moved by `--x` as it is scrolled.
class LineList {
  constructor(holder, draw, kind = "line") {
    this.holder = holder;
    this.draw = draw;
    this.kind = kind;
    this.count = 0;
    this.drawn = new Map();
    this.view = make("div", "lines-view");
    this.size = make("div", "lines-size", this.view);
    holder.replaceChildren(this.size);
    holder.addEventListener("scroll", () => this.update(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(holder);
  }

  // Shows so many lines, the longest of which needs `extra` pixels more than there are.
  show(count, extra = 0) {
    this.count = count;
    this.extra = extra;
    this.refresh();
  }

  refresh() {
    this.drawn.clear();
    this.view.replaceChildren();
    this.resize();
  }

  resize() {
    const probe = make("div", this.kind, "x");
    this.view.append(probe);
    this.height = probe.getBoundingClientRect().height || 20;
    probe.remove();
    this.holder.style.height = `${this.count * this.height + (this.extra ? 20 : 2)}px`; // the style bounds it
    const width = this.holder.clientWidth;
    this.size.style.height = `${this.count * this.height}px`;
    this.size.style.width = `${width + (this.extra || 0)}px`;
    this.view.style.width = `${width}px`;
    for (const [index, element] of this.drawn) element.style.top = `${index * this.height}px`;
    this.update();
  }

  update() {
    const { holder, drawn, height } = this;
    const ahead = 12; // lines that are there before they are seen
    const first = Math.max(0, Math.floor(holder.scrollTop / height) - ahead);
    const last = Math.min(this.count, Math.ceil((holder.scrollTop + holder.clientHeight) / height) + ahead);
    for (const [index, element] of drawn) {
      if (index < first || index >= last) {
        element.remove();
        drawn.delete(index);
      }
    }
    const fresh = document.createDocumentFragment();
    for (let index = first; index < last; index++) {
      if (drawn.has(index)) continue;
      const element = this.draw(index);
      element.style.top = `${index * height}px`;
      drawn.set(index, element);
      fresh.append(element);
    }
    this.view.append(fresh);
    this.view.style.setProperty("--x", `${-holder.scrollLeft}px`);
  }

  // Scrolls so that a line stands a third below the top.
  reveal(index) {
    this.holder.scrollTop = Math.max(0, index * this.height - this.holder.clientHeight / 3);
    this.update();
  }
}
