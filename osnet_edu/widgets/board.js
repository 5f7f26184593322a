// A training run as it happens, or played again. Python runs and counts; this file has the buttons and draws the charts.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];
const SVG = "http://www.w3.org/2000/svg";
const WIDE = 264; // of a chart, in its own units
const HIGH = 200;
const LEFT = 38;
const RIGHT = 28;
const TOP = 8;
const BOTTOM = 30;

const STYLE = `
.oe-training { color: var(--jp-content-font-color1, #212121); background: var(--jp-layout-color1, #fff);
  font-family: var(--jp-content-font-family, sans-serif); font-size: 13px; line-height: 1.45; padding: 8px 10px;
  border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 4px; max-width: 1080px; }
.oe-training .oe-line { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin: 0 0 6px; }
.oe-training button, .oe-training select { font: inherit; color: inherit; padding: 4px 12px; border-radius: 4px;
  background: var(--jp-layout-color2, #eee); border: 1px solid var(--jp-border-color0, #616161); }
.oe-training button.oe-main { font-weight: 600; min-width: 11em; border-width: 2px; }
.oe-training button { cursor: pointer; }
.oe-training option { color: #212121; background: #fff; }
.oe-training :focus-visible { outline: 3px solid #4c78c8; outline-offset: 2px; }
.oe-training progress { width: 100%; height: 14px; accent-color: #4c78c8; display: block; }
.oe-training p { margin: 4px 0; }
.oe-training [role=alert] { font-weight: 600; }
.oe-training .oe-now { font-variant-numeric: tabular-nums; min-height: 1.45em; }
.oe-training .oe-charts { display: flex; flex-wrap: wrap; gap: 10px 14px; margin-top: 8px; }
.oe-training figure { margin: 0; width: 264px; max-width: 100%; }
.oe-training figcaption { font-weight: 600; min-height: 4.4em; }
.oe-training figcaption span { display: block; font-weight: 400; font-size: 12px; }
.oe-training svg { display: block; width: 100%; height: auto; overflow: visible; }
.oe-training svg text { font-size: 11px; fill: var(--jp-content-font-color1, #212121); }
.oe-training .oe-axis { stroke: var(--jp-border-color0, #616161); stroke-width: 1; fill: none; }
.oe-training .oe-grid { stroke: var(--jp-border-color2, #e0e0e0); stroke-width: 1; }
.oe-training .oe-level { stroke: var(--jp-content-font-color2, #616161); stroke-width: 1; stroke-dasharray: 1 3; }
.oe-training .oe-one { stroke: #4c78c8; stroke-width: 2; fill: none; }
.oe-training .oe-two { stroke: #d9731a; stroke-width: 2; fill: none; stroke-dasharray: 6 3; }
.oe-training circle.oe-one { fill: #4c78c8; stroke: none; }
.oe-training rect.oe-two { fill: #d9731a; stroke: none; }
.oe-training .oe-pair { display: flex; gap: 10px; margin-top: 4px; align-items: flex-start; }
.oe-training .oe-pair div { font-size: 12px; display: flex; gap: 6px; align-items: flex-end; }
.oe-training .oe-pair img { width: 40px; height: 80px; }
.oe-training .oe-pair img.oe-first { outline: 3px solid #4c78c8; }
.oe-training .oe-pair img.oe-second { outline: 3px dashed #d9731a; }
.oe-training [hidden] { display: none; }
`;

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function draw(parent, tag, attributes, text = "") {
  const element = parent.appendChild(document.createElementNS(SVG, tag));
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  if (text) element.textContent = text;
  return element;
}

// Round numbers that divide a range into about so many parts.
function ticks(low, high, about) {
  const raw = (high - low) / about || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step + 0; v <= high + step * 1e-6; v += step) found.push(v + 0);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) + (Math.abs(step / power - 2.5) < 1e-9 ? 1 : 0);
  return found.map((value) => [value, value.toFixed(Math.min(6, digits))]);
}

// lines: {points: [x, y], kind: "oe-one" or "oe-two", dots, label}. levels: [y, words]. marks: [x, words, y as a share].
function chart(svg, { steps, low, high, lines, levels = [], marks = [], percent = false }) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  const x = (value) => LEFT + (value / Math.max(1, steps)) * (WIDE - LEFT - RIGHT);
  const y = (value) => HIGH - BOTTOM - ((value - low) / (high - low)) * (HIGH - TOP - BOTTOM);
  ticks(low, high, 4).forEach(([value, text]) => {
    draw(svg, "line", { class: "oe-grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) });
    const words = percent ? `${Math.round(100 * value)} %` : text;
    draw(svg, "text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, words);
  });
  ticks(0, steps, 3).forEach(([value]) => {
    draw(svg, "line", { class: "oe-axis", x1: x(value), x2: x(value), y1: HIGH - BOTTOM, y2: HIGH - BOTTOM + 4 });
    const words = Math.round(value).toLocaleString("en-GB");
    draw(svg, "text", { x: x(value), y: HIGH - BOTTOM + 16, "text-anchor": "middle" }, words);
  });
  draw(svg, "path", { class: "oe-axis", d: `M ${LEFT} ${TOP} V ${HIGH - BOTTOM} H ${WIDE - RIGHT}` });
  levels.forEach(([value, words]) => {
    if (value < low || value > high) return;
    draw(svg, "line", { class: "oe-level", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) });
    const below = value < (low + high) / 2; // where a curve that comes down does not go
    draw(svg, "text", { x: WIDE - RIGHT - 2, y: y(value) + (below ? 12 : -4), "text-anchor": "end" }, words);
  });
  marks.forEach(([step, words, share]) => {
    draw(svg, "line", { class: "oe-level", x1: x(step), x2: x(step), y1: TOP, y2: HIGH - BOTTOM });
    draw(svg, "text", { x: x(step) + 4, y: y(low + share * (high - low)) }, words);
  });
  const ends = [];
  lines.forEach(({ points, kind, dots, label }) => {
    if (!points.length) return;
    draw(svg, "polyline", { class: kind, points: points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ") });
    if (dots)
      points.forEach(([a, b]) => {
        if (kind === "oe-one") draw(svg, "circle", { class: kind, cx: x(a), cy: y(b), r: 2.6 });
        else draw(svg, "rect", { class: kind, x: x(a) - 2.4, y: y(b) - 2.4, width: 4.8, height: 4.8 });
      });
    const [a, b] = points[points.length - 1];
    if (label) ends.push({ x: x(a) + 5, y: y(b) + 4, label });
  });
  // Labels at the ends of lines that run close together are moved apart.
  ends.sort((one, two) => one.y - two.y);
  ends.forEach((end, i) => {
    if (i) end.y = Math.max(end.y, ends[i - 1].y + 11);
    draw(svg, "text", { x: end.x, y: end.y }, end.label);
  });
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-training");
  const line = add(box, "div", "oe-line");
  const buttons = [0, 1].map((i) => {
    const button = add(line, "button", i === 0 ? "oe-main" : "");
    button.type = "button";
    button.addEventListener("click", () => {
      const [name] = model.get("actions")[i];
      if (name) model.send(name);
    });
    return button;
  });
  const chooses = add(line, "span");
  chooses.setAttribute("aria-hidden", "true");
  const select = add(line, "select");
  select.addEventListener("change", () => {
    model.set("chosen", Number(select.value));
    model.save_changes();
  });
  const progress = add(box, "progress");
  progress.setAttribute("aria-label", "steps done");
  const now = add(box, "p", "oe-now");
  const says = add(box, "p");
  says.setAttribute("role", "status");
  const problem = add(box, "p");
  problem.setAttribute("role", "alert");

  const charts = add(box, "div", "oe-charts");
  const [loss, score, gate] = ["Losses", "Small test", "Gates of one pair"].map((title) => {
    const figure = add(charts, "figure");
    const caption = add(figure, "figcaption", "", title);
    const words = add(caption, "span");
    const svg = draw(figure, "svg", { role: "img" });
    return { figure, words, svg };
  });
  const pair = add(gate.figure, "div", "oe-pair");
  const pictures = ["oe-first", "oe-second"].map((kind, i) => {
    const part = add(pair, "div");
    const img = add(part, "img", kind);
    const words = add(part, "span", "", i ? "somebody else: dashed" : "query: solid");
    return { img, words };
  });
  const blockLine = add(gate.figure, "div");
  add(blockLine, "span", "", "Block ").setAttribute("aria-hidden", "true");
  const block = add(blockLine, "select");
  block.setAttribute("aria-label", "Block");
  block.addEventListener("change", () => {
    model.set("block", block.value);
    model.save_changes();
  });

  function fill(choice, entries) {
    const same = choice.options.length === entries.length && entries.every(([, text], i) => choice.options[i].text === text);
    if (same) return;
    choice.replaceChildren();
    entries.forEach(([value, text]) => {
      add(choice, "option", "", text).value = value;
    });
  }

  function words(element, text) {
    if (element.textContent !== text) element.textContent = text; // what did not change is not said again
  }

  function show() {
    model.get("actions").forEach(([name, text], i) => {
      words(buttons[i], text);
      buttons[i].hidden = !name;
    });
    words(chooses, `${model.get("chooses")} `);
    select.setAttribute("aria-label", model.get("chooses"));
    fill(select, model.get("choices").map((text, i) => [String(i), text]));
    select.value = String(model.get("chosen"));
    select.disabled = model.get("locked");
    const steps = model.get("steps");
    progress.max = steps;
    progress.value = model.get("step");
    words(now, model.get("line"));
    words(says, model.get("says"));
    words(problem, model.get("problem"));
    problem.hidden = !model.get("problem");

    const losses = model.get("losses");
    const levels = model.get("levels");
    const highest = Math.max(1, ...losses.map((row) => row[1]), ...levels.map(([value]) => 1.04 * value));
    const joins = model.get("joins");
    const grows = model.get("grows").map(([step, size], i) => [step, size, i % 2 ? 0.54 : 0.66]);
    const marks = losses.length ? (joins > 0 ? [[joins, "triplet joins", 0.8], ...grows] : grows) : [];
    chart(loss.svg, {
      steps,
      low: 0,
      high: highest,
      levels,
      marks,
      lines: [
        { points: losses.map((row) => [row[0], row[1]]), kind: "oe-one", label: "ce" },
        { points: losses.filter((row) => row[2] !== null).map((row) => [row[0], row[2]]), kind: "oe-two", label: "tri" },
      ],
    });
    const sizes = grows.length ? "; dotted: photos grow to that size" : "";
    words(loss.words, `solid: cross-entropy (ce), dashed: triplet (tri)${sizes}`);
    const scores = model.get("scores");
    chart(score.svg, {
      steps,
      low: 0,
      high: 1,
      percent: true,
      lines: [
        { points: scores.map((row) => [row[0], row[1]]), kind: "oe-one", dots: true, label: "r-1" },
        { points: scores.map((row) => [row[0], row[2]]), kind: "oe-two", dots: true, label: "mAP" },
      ],
    });
    words(score.words, model.get("test") ? `rank-1 (r-1) and mAP, ${model.get("test")}` : "rank-1 and mAP");
    const gates = model.get("gate_means");
    const values = gates.flatMap((row) => [...row[1], ...row[2]]);
    const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
    const room = Math.max(0.01, 0.06 * (high - low));
    const lines = (gates[0] ? gates[0][1] : []).flatMap((_, t) => [
      { points: gates.map((row) => [row[0], row[2][t]]), kind: "oe-two", label: "" },
      { points: gates.map((row) => [row[0], row[1][t]]), kind: "oe-one", label: `t=${t + 1}` },
    ]);
    chart(gate.svg, { steps, low: Math.max(0, low - room), high: Math.min(1, high + room), lines });
    words(gate.words, "mean of each stream t (mind the axis: it is cut)");
    model.get("pair").forEach(({ src, text }, i) => {
      if (pictures[i].img.src !== src) pictures[i].img.src = src;
      pictures[i].img.alt = text;
    });
    pair.hidden = !model.get("pair").length;
    blockLine.hidden = !model.get("blocks").length;
    fill(block, [["all", "all, on average"], ...model.get("blocks").map((name) => [name, name])]);
    block.value = model.get("block");
    model.get("texts").forEach((text, i) => [loss, score, gate][i].svg.setAttribute("aria-label", text));
  }

  const traits = [
    "state", "actions", "step", "steps", "line", "says", "problem", "chooses", "choices", "chosen", "locked", "losses",
    "levels", "joins", "grows", "scores", "test", "pair", "blocks", "block", "gate_means", "texts",
  ];
  // Python sends what belongs together in one message, which arrives as one event for each trait.
  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
    });
  }
  traits.forEach((name) => model.on(`change:${name}`, soon));
  show();
  return () => traits.forEach((name) => model.off(`change:${name}`, soon));
}

export default { render };
