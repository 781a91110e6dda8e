// The bench of a flow sample: draws each gate over its picture, lets it be moved by pointer, touch or arrow
// keys, and asks the server at once what that does to the counts and the level. Nothing is decided here.
"use strict";
const flow = document.getElementById("flow");
const [LEFT, TOP, SIZE] = [46, 10, 256];
const make = (name, attributes, parent) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return parent.appendChild(node);
};

// ---------------------------------------------------------------- asking the server
let step = Number(flow.dataset.step || 0), busy = false, next = null, dragging = null;

async function asked(body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(flow.dataset.act, {
    method: "POST", credentials: "same-origin", body: JSON.stringify({ ...body, seen: step }),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
  });
  if (answer.headers.get("Content-Type").startsWith("application/json")) return answer.json();
  return { refused: { what: flow.dataset.lost, where: "", do: "" } };
}

// One question at a time; of those that wait only the newest is asked.
async function ask(body) {
  if (busy) { next = body; return; }
  busy = true;
  flow.setAttribute("aria-busy", "true");
  try {
    let state = await asked(body);
    if (state.refused) {
      tell(state.refused);
      next = null;
      state = await (await fetch(flow.dataset.state, { headers: { Accept: "application/json" } })).json();
    } else if (body.act !== "accept") tell(null);
    show(state);
  } catch {
    tell({ what: flow.dataset.lost, where: "", do: "" });
  }
  busy = false;
  flow.removeAttribute("aria-busy");
  if (next) { const waiting = next; next = null; ask(waiting); }
}

function tell(refused) {
  const said = document.getElementById("flow-said");
  said.hidden = !refused;
  said.textContent = refused ? [refused.what, refused.where, refused.do].filter(Boolean).join(" · ") : "";
}

function show(state) {
  if (state.state !== "open") { location.reload(); return; }
  step = state.step;
  for (const [id, html] of Object.entries(state.fragments)) document.getElementById(id).innerHTML = html;
  for (const plot of plots.values()) {
    if (dragging !== plot) plot.put(state.gates[plot.about.gate]);
    if (!dragging) plot.pictures(state.plots[plot.about.id]);
  }
  document.getElementById("undo").disabled = !state.undo;
  document.getElementById("redo").disabled = !state.redo;
}

// ---------------------------------------------------------------- one plot
class Plot {
  constructor(svg) {
    this.svg = svg;
    this.about = JSON.parse(svg.dataset.plot);
    this.part = 0;
    this.gesture = "";
    this.group = make("g", { class: "gate" }, svg);
    this.put(this.about.numbers);
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("focus", () => this.name());
    this.group.addEventListener("pointerdown", (event) => this.grasp(event));
  }

  // scale units to the drawing's, and back
  x(value) { const { low, high } = this.about.x; return LEFT + ((value - low) / (high - low)) * SIZE; }
  y(value) { const { low, high } = this.about.y; return TOP + SIZE - ((value - low) / (high - low)) * SIZE; }
  unit(axis) { const { low, high } = this.about[axis]; return (high - low) / SIZE; }
  row(axis) { const place = this.about[axis].place; return place === null ? null : this.numbers[place]; }
  end(axis, side) {
    const row = this.row(axis), { low, high } = this.about[axis];
    const bound = row ? row[side] : null;
    return bound === null ? (side ? high : low) : Math.min(Math.max(bound, low), high);
  }

  put(numbers) {
    this.numbers = structuredClone(numbers);
    this.draw();
  }

  pictures(addresses) {
    for (const [kind, address] of Object.entries(addresses)) {
      const image = this.svg.querySelector(`image.${kind}`);
      if (image && image.getAttribute("href") !== address) image.setAttribute("href", address);
    }
  }

  // what can be taken hold of: first the whole, then corners, then edges
  parts() {
    const each = (kind, count) => Array.from({ length: count }, (_, at) => ({ kind, at }));
    switch (this.about.kind) {
      case "polygon": return [{ kind: "body" }, ...each("vertex", this.numbers.length), ...each("edge", this.numbers.length)];
      case "rectangle": return this.row("y") ? [{ kind: "body" }, ...each("vertex", 4), ...each("edge", 4)] : [{ kind: "body" }, ...each("edge", 2)];
      case "quadrants": return this.lines().map((_, at) => ({ kind: "edge", at }));
      case "ellipse": return [{ kind: "body" }];
      default: return [];
    }
  }

  lines() {
    const along = (axis) => (this.row(axis) || []).map((value, at) => ({ axis, at, value }));
    return [...along("x"), ...along("y")];
  }

  outline() {
    switch (this.about.kind) {
      case "polygon": return this.numbers.map(([x, y]) => [this.x(x), this.y(y)]);
      case "rectangle": {
        const [l, r, b, t] = [this.end("x", 0), this.end("x", 1), this.end("y", 0), this.end("y", 1)];
        return [[l, b], [r, b], [r, t], [l, t]].map(([x, y]) => [this.x(x), this.y(y)]);
      }
      case "ellipse": return this.about.outline.map(([x, y]) => [this.x(this.numbers[0][this.about.x.place] + x), this.y(this.numbers[0][this.about.y.place] + y)]);
      default: return [];
    }
  }

  draw() {
    this.group.replaceChildren();
    const clip = `url(#clip-${this.about.number})`;
    const corners = this.outline(), chosen = this.parts()[this.part] || {};
    const mark = (kind, at) => (chosen.kind === kind && (at === undefined || chosen.at === at) ? " chosen" : "");
    if (corners.length) make("path", { class: `body${mark("body")}`, d: `M${corners.map((one) => one.join(" ")).join("L")}Z`, "clip-path": clip, "data-kind": "body" }, this.group);
    const edge = (at, [x1, y1], [x2, y2]) => {
      make("line", { class: `edge${mark("edge", at)}`, x1, y1, x2, y2, "clip-path": clip }, this.group);
      make("line", { class: "hold", x1, y1, x2, y2, "clip-path": clip, "data-kind": "edge", "data-at": at }, this.group);
    };
    if (this.about.kind === "polygon") corners.forEach((one, at) => edge(at, one, corners[(at + 1) % corners.length]));
    if (this.about.kind === "rectangle") {
      edge(0, corners[0], corners[3]);
      edge(1, corners[1], corners[2]);
      if (this.row("y")) { edge(2, corners[0], corners[1]); edge(3, corners[3], corners[2]); }
    }
    this.lines().forEach(({ axis, value }, at) => {
      if (this.about.kind !== "quadrants") return;
      if (axis === "x") edge(at, [this.x(value), TOP], [this.x(value), TOP + SIZE]);
      else edge(at, [LEFT, this.y(value)], [LEFT + SIZE, this.y(value)]);
    });
    if (this.parts().some((part) => part.kind === "vertex")) corners.forEach(([x, y], at) => {
      const cx = Math.min(Math.max(x, LEFT), LEFT + SIZE), cy = Math.min(Math.max(y, TOP), TOP + SIZE);
      make("circle", { class: `vertex${mark("vertex", at)}`, cx, cy, r: 3.5 }, this.group);
      make("circle", { class: "hold", cx, cy, r: 11, "data-kind": "vertex", "data-at": at }, this.group);
    });
  }

  // the numbers after part was moved from `start` by dx, dy in scale units
  moved(start, part, dx, dy) {
    const numbers = structuredClone(start), { x, y } = this.about;
    if (this.about.kind === "polygon") {
      const at = part.kind === "body" ? numbers.keys() : part.kind === "edge" ? [part.at, (part.at + 1) % numbers.length] : [part.at];
      const seen = (axis, value) => (part.kind === "vertex" ? Math.min(Math.max(value, this.about[axis].low), this.about[axis].high) : value);
      for (const one of at) numbers[one] = [seen("x", start[one][0]) + dx, seen("y", start[one][1]) + dy];
    } else if (this.about.kind === "ellipse") {
      numbers[0][x.place] += dx;
      numbers[0][y.place] += dy;
    } else if (this.about.kind === "quadrants") {
      const { axis, at } = this.lines()[part.at], row = numbers[this.about[axis].place];
      row[at] += axis === "x" ? dx : dy;
      if (row.some((value, place) => place && value <= row[place - 1])) return start;
    } else {
      const sides = { body: [[0, 1], [0, 1]], edge: [[[0], []], [[1], []], [[], [0]], [[], [1]]][part.at], vertex: [[[0], [0]], [[1], [0]], [[1], [1]], [[0], [1]]][part.at] }[part.kind];
      this.shift(numbers, start, "x", sides[0], dx, part.kind === "body");
      this.shift(numbers, start, "y", sides[1], dy, part.kind === "body");
    }
    return numbers;
  }

  // bounds pushed over the picture's edge are no bounds; a bound never passes the opposite one
  shift(numbers, start, axis, sides, by, whole) {
    const { place, low, high } = this.about[axis];
    if (place === null) return;
    for (const side of sides) {
      const was = start[place][side];
      if (was === null && (whole || !by)) continue;
      const value = (was === null ? (side ? high : low) : was) + by;
      if (!whole && (side ? value >= high : value <= low) && by) numbers[place][side] = null;
      else numbers[place][side] = value;
    }
    const [least, most] = numbers[place];
    if (least !== null && most !== null && !(least < most)) numbers[place] = [...start[place]];
  }

  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  grasp(event) {
    const { kind, at } = event.target.dataset;
    if (!kind || event.button) return;
    const part = { kind, at: at === undefined ? undefined : Number(at) };
    const start = structuredClone(this.numbers), [x0, y0] = this.point(event);
    this.part = this.parts().findIndex((one) => one.kind === part.kind && one.at === part.at);
    this.svg.focus({ preventScroll: true });
    this.group.setPointerCapture(event.pointerId);
    this.gesture = `${Date.now()}`;
    dragging = this;
    const follow = (to) => {
      const [x, y] = this.point(to);
      this.put(this.moved(start, part, (x - x0) * this.unit("x"), (y0 - y) * this.unit("y")));
      ask({ act: "move", gate: this.about.gate, numbers: this.numbers, gesture: this.gesture });
    };
    const leave = (back) => {
      for (const [name, does] of listeners) this.group.removeEventListener(name, does);
      dragging = null;
      if (back) this.put(start);
      if (JSON.stringify(start) !== JSON.stringify(this.numbers) || back) this.send();
    };
    const listeners = [["pointermove", follow], ["pointerup", () => leave(false)], ["pointercancel", () => leave(true)]];
    for (const [name, does] of listeners) this.group.addEventListener(name, does);
    event.preventDefault();
    this.name();
  }

  key(event) {
    const far = event.shiftKey ? 10 : 1, parts = this.parts();
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !parts.length || (!way && event.key !== " ")) return;
    event.preventDefault();
    if (!way) {
      this.part = (this.part + (event.shiftKey ? parts.length - 1 : 1)) % parts.length;
      this.gesture = "";
      this.draw();
      this.name();
      return;
    }
    this.gesture = this.gesture || `${Date.now()}`;
    this.put(this.moved(this.numbers, parts[this.part], way[0] * far * this.unit("x"), way[1] * far * this.unit("y")));
    this.send();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => { this.gesture = ""; }, 1500);
  }

  send() { ask({ act: "move", gate: this.about.gate, numbers: this.numbers, gesture: this.gesture }); }

  name() {
    const part = this.parts()[this.part];
    if (!part) return;
    const word = flow.dataset[part.kind];
    document.getElementById("flow-part").textContent = `${this.about.name}: ${word}${part.at === undefined ? "" : ` ${part.at + 1}`}`;
    this.draw();
  }
}

const plots = new Map([...document.querySelectorAll("svg[data-plot]")].map((svg) => [svg.id, new Plot(svg)]));

// ---------------------------------------------------------------- the rest of the page
flow.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) ask({ act: button.dataset.act, gate: button.dataset.gate });
});
flow.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = Object.fromEntries(new FormData(event.target));
  ask({ act: event.target.dataset.does, what: event.submitter.value, by: said.by || "", why: said.why || "" });
});
for (const box of document.querySelectorAll("#flow-dots")) {
  box.addEventListener("change", () => flow.classList.toggle("without-dots", !box.checked));
}
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  const name = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
  const button = name && document.getElementById(name);
  if (button && !button.disabled) { event.preventDefault(); button.click(); }
});
if (flow.dataset.open === "opening") {
  const bar = document.getElementById("flow-progress");
  const look = async () => {
    try {
      const state = await (await fetch(flow.dataset.state, { headers: { Accept: "application/json" } })).json();
      if (state.state !== "opening") { location.reload(); return; }
      bar.value = state.share;
    } catch { /* the server is asked again */ }
    setTimeout(look, 400);
  };
  look();
}
