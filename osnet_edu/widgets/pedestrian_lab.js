// The pedestrian lab: the person before and now, the controls, and what the network makes of it.

import { add, button, choice, page, picture, slider, tick, write } from "./dom.js";
import { edits } from "./edits.js";

const LATER = 200; // milliseconds without an edit, after which the duel is asked for
const HOW =
  "Orange in the map speaks for the match and blue against it, on the picture as it is now. The rest is the duel of " +
  "notebook 09: the best match against the nearest stranger.";

const hex = (colour) => `#${colour.map((v) => Math.round(255 * v).toString(16).padStart(2, "0")).join("")}`;
const rgb = (text) => [1, 3, 5].map((k) => Number((parseInt(text.slice(k, k + 2), 16) / 255).toFixed(4)));

function render({ model, el }) {
  const { box, set, press, says, follow } = page({ model, el }, "oe-lab");
  const get = (name) => model.get(name);

  const line = add(box, "div", "oe-line");
  const photo = choice(line, "Person:", (value) => start("photo", value));
  const against = choice(line, "Compare with:", (value) => queue.against(value));
  const game = choice(line, "Game:", (value) => start("game", value));
  const rule = add(box, "p", "oe-small");

  const main = add(box, "div", "oe-main");
  const middle = add(main, "div", "oe-middle");
  const controls = add(main, "div", "oe-controls");
  const shown = add(middle, "div", "oe-pictures oe-result");
  const { input: map } = tick(middle, "show the map of the duel on the person", heated);
  const said = says(middle, "p", "oe-strong oe-result");
  const verdict = says(middle, "p", "oe-verdict oe-result");
  const best = add(middle, "p", "oe-small");
  add(middle, "b", "", "First in the gallery now");
  const first = add(middle, "div", "oe-first oe-result");
  const right = add(main, "div", "oe-right-side");
  const gates = add(right, "table", "oe-gates oe-result");
  const why = says(right, "p", "oe-result");
  add(right, "p", "oe-small", HOW);
  const clothes = add(box, "div", "oe-clothes");
  button(clothes, "Does it know the person, or the clothes?", () => press("clothes"));
  const worn = add(clothes, "div", "oe-pictures");
  const wornSaid = says(clothes, "p", "oe-strong");
  const measured = add(clothes, "p", "oe-small");
  const state = add(add(box, "p", "oe-small"), "code");

  const queue = edits(model, { set, press });
  const locked = ({ of }) => of === "view" && queue.next("game") !== "free";
  // What Python takes: radians and a number, where the page shows degrees and a text.
  function inPython(control, value) {
    if (control.name === "yaw") return (value * Math.PI) / 180;
    return control.name === "camera" ? Number(value) : value;
  }

  const rows = [];
  function start(kind, value) {
    queue.start(kind, value);
    lock();
  }
  const lock = () => rows.forEach(({ control, disable }) => disable(locked(control)));
  button(controls, "Undo all", () => queue.undo());
  get("groups").forEach((group, k) => {
    const part = add(controls, "details");
    part.open = k === 0;
    add(part, "summary", "", group.title);
    for (const control of group.controls) rows.push({ ...made(part, control, group.title), control, part });
  });
  function made(parent, control, title) {
    const row = add(parent, "div", "oe-row");
    const words = `${title}: ${control.title}`;
    let show;
    let disable;
    if (control.kind === "choice") {
      const list = choice(row, control.title, (value) => queue.edit(control, inPython(control, value)));
      list.fill(control.options.map((one) => [one, one]));
      list.select.setAttribute("aria-label", words);
      [show, disable] = [list.show, (off) => (list.select.disabled = off)];
    } else if (control.kind === "range") {
      const moved = (value) => queue.edit(control, inPython(control, value));
      const one = slider(row, control.title, { min: control.low, max: control.high, step: control.step }, moved, (v) => String(Number(v.toFixed(2))));
      one.input.setAttribute("aria-label", words);
      [show, disable] = [one.show, (off) => (one.input.disabled = off)];
    } else {
      const label = add(row, "label", "oe-choice");
      add(label, "span", "", control.title);
      const input = add(label, "input");
      input.type = "color";
      input.setAttribute("aria-label", words);
      input.addEventListener("input", () => queue.edit(control, rgb(input.value)));
      show = (value) => document.activeElement !== input && (input.value = hex(value));
      disable = (off) => (input.disabled = off);
    }
    const undo = button(row, "back", () => queue.edit(control, undefined), "oe-back");
    undo.setAttribute("aria-label", `${words}: take the change back`);
    return { row, show, disable, undo };
  }

  function framed(parent, { src, text, role }, classes = "") {
    const figure = add(parent, "figure", classes);
    if (role) add(figure, "figcaption", "oe-strong", role);
    const stack = add(figure, "div", "oe-stack");
    picture(stack, { src, text });
    return stack;
  }
  let heat = null; // over the picture as it is now
  function heated() {
    const { heat: src, version } = get("explained");
    const there = map.checked && src && version === get("version");
    if (!heat) return;
    heat.hidden = !there;
    if (there) heat.src = src;
  }
  const last = {};
  let timer = 0;
  function pictures() {
    if (last.version === get("version")) return;
    last.version = get("version");
    shown.replaceChildren();
    get("pictures").forEach((one, k) => {
      const stack = framed(shown, one, k === 1 ? "oe-now" : "");
      if (k !== 1) return;
      heat = add(stack, "img", "oe-heat");
      heat.alt = "";
      heat.hidden = true;
    });
    first.replaceChildren();
    get("first").forEach((one, k) => {
      const figure = add(first, "figure", one.match ? "oe-match" : "oe-other");
      picture(figure, { src: one.src, text: `rank ${k + 1}: ${one.who}` });
      add(figure, "figcaption", "", `${k + 1}  ${one.match ? "\u2713 same" : "\u2717 other"}`);
    });
    table();
    clearTimeout(timer);
    timer = setTimeout(() => !queue.waiting() && press("explain"), LATER);
  }
  function table() {
    gates.replaceChildren();
    gates.hidden = !get("gates").length;
    if (gates.hidden) return;
    add(gates, "caption", "", "Mean gate of streams 1 to 4: now, and before where it moved");
    const head = add(add(gates, "thead"), "tr");
    const most = Math.max(...get("gates").map((row) => row.now.length));
    add(head, "th", "", "block").scope = "col";
    for (let t = 1; t <= most; t++) add(head, "th", "oe-right", String(t)).scope = "col";
    const body = add(gates, "tbody");
    for (const one of get("gates")) {
      const row = add(body, "tr");
      add(row, "th", "", one.block).scope = "row";
      one.now.forEach((value, t) => {
        const cell = add(row, "td", "oe-right");
        const moved = value - one.before[t];
        add(cell, "span", Math.abs(moved) > 0.02 ? "oe-strong" : "", value.toFixed(2));
        if (Math.abs(moved) > 0.02) add(cell, "span", "oe-soft", ` ${moved > 0 ? "\u25b2" : "\u25bc"} ${one.before[t].toFixed(2)}`);
        const bar = add(cell, "span", "oe-bar");
        bar.style.width = `${Math.round(46 * value)}px`;
      });
    }
  }
  function draw() {
    photo.fill(get("photos").map((name, k) => [name, get("people")[k]]));
    photo.show(queue.next("photo"));
    against.fill(get("comparable"));
    against.show(queue.next("against"));
    game.fill(get("games").map(([name]) => [name, name]));
    game.show(queue.next("game"));
    write(rule, (get("games").find(([name]) => name === get("game")) || ["", ""])[1]);
    lock();
    for (const { control, row, show, undo } of rows) {
      const changed = control.name in (control.of === "view" ? get("view") : get("changes"));
      if (!queue.wants(control)) show(get("values")[control.name]);
      row.classList.toggle("oe-changed", changed);
      undo.hidden = !changed;
    }
    pictures();
    write(said, get("said"));
    write(verdict, get("verdict"));
    verdict.hidden = !get("verdict");
    verdict.classList.toggle("oe-won", get("won"));
    const scores = Object.entries(get("best")).map(([name, score]) => `${name}: ${name === "dress the impostor" ? score : `${(100 * score).toFixed(1)} % of the pixels`}`);
    write(best, scores.length ? `Your best: ${scores.join("; ")}.` : "");
    write(why, get("explained").said || (get("explained").version ? "" : "The duel is on its way."));
    heated();
    const asked = get("clothes").pictures || [];
    if (last.clothes !== get("clothes")) {
      last.clothes = get("clothes");
      worn.replaceChildren();
      asked.forEach((one) => framed(worn, { ...one, role: one.text }));
    }
    write(wornSaid, get("clothes").said || "");
    write(measured, get("clothes").measured || "");
    write(state, get("state"));
  }
  const traits = [
    "photo", "against", "changes", "view", "game", "photos", "people", "games", "values", "own", "comparable", "pictures", "similarity",
    "rank", "first", "gates", "said", "verdict", "won", "best", "version", "explained", "clothes", "state",
    "answered", // a control shows what waits for Python, until Python has answered
  ];
  const undo = follow(traits, draw);
  return () => {
    undo();
    clearTimeout(timer);
    queue.end();
  };
}

export default { render };
