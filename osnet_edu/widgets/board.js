// A training run as it happens, or played again. Python runs and counts; this file has the buttons and draws the charts.

import { add, button, choice, page, percent, picture, shape, write } from "./dom.js";

const WIDE = 264; // of a chart, in its own units
const HIGH = 226;
const LEFT = 38;
const RIGHT = 28;
const TOP = 34; // two lines of words about marks
const BOTTOM = 30;
const LETTER = 6; // about as wide as a letter of a label
const ROW = 12; // and as high as a line

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

// Labels that lie neither on each other nor on a curve: each is moved down, or up, by half lines, to the nearest free
// place.  points: of the curves.
function labels(svg, points) {
  const taken = points.map(([x, y]) => ({ x1: x - 2, x2: x + 2, y: y + 4 }));
  const free = (box) => taken.every((b) => box.x2 < b.x1 || box.x1 > b.x2 || box.y + ROW <= b.y || box.y >= b.y + ROW);
  return (x, y, text, anchor = "start") => {
    const long = text.length * LETTER;
    const x1 = anchor === "end" ? x - long : anchor === "middle" ? x - long / 2 : x;
    const at = (moved) => ({ x1, x2: x1 + long, y: y + moved });
    const moves = Array.from({ length: 25 }, (_, k) => ((k % 2 ? 1 : -1) * Math.ceil(k / 2) * ROW) / 2);
    const inside = moves.filter((moved) => y + moved > TOP + 6 && y + moved < HIGH - BOTTOM - 2);
    const box = inside.map(at).find(free) ?? at(0);
    taken.push(box);
    shape(svg, "text", { class: "oe-label", x, y: box.y, "text-anchor": anchor }, text);
  };
}

// lines: {points: [x, y], kind: "oe-one" or "oe-two", dots, label}. levels: [y, words]. marks: [x, words].
function chart(svg, { steps, low, high, lines, levels = [], marks = [], inPercent = false }) {
  svg.replaceChildren();
  const x = (value) => LEFT + (value / Math.max(1, steps)) * (WIDE - LEFT - RIGHT);
  const y = (value) => HIGH - BOTTOM - ((value - low) / (high - low)) * (HIGH - TOP - BOTTOM);
  const rule = (kind, x1, x2, y1, y2) => shape(svg, "line", { class: kind, x1, x2, y1, y2 });
  ticks(low, high, 4).forEach(([value, text]) => {
    rule("oe-grid", LEFT, WIDE - RIGHT, y(value), y(value));
    shape(svg, "text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, inPercent ? percent(value) : text);
  });
  ticks(0, steps, 3).forEach(([value]) => {
    rule("oe-axis", x(value), x(value), HIGH - BOTTOM, HIGH - BOTTOM + 4);
    const words = Math.round(value).toLocaleString("en-GB");
    shape(svg, "text", { x: x(value), y: HIGH - BOTTOM + 16, "text-anchor": "middle" }, words);
  });
  shape(svg, "path", { class: "oe-axis", d: `M ${LEFT} ${TOP} V ${HIGH - BOTTOM} H ${WIDE - RIGHT}` });
  const shownLevels = levels.filter(([value]) => value >= low && value <= high);
  shownLevels.forEach(([value]) => rule("oe-level", LEFT, WIDE - RIGHT, y(value), y(value)));
  marks.forEach(([step], i) => rule("oe-level", x(step), x(step), TOP - (i % 2 ? 16 : 3), HIGH - BOTTOM));
  lines.forEach(({ points, kind, dots }) => {
    if (!points.length) return;
    const at = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ");
    shape(svg, "polyline", { class: kind, points: at });
    (dots ? points : []).forEach(([a, b]) => {
      if (kind === "oe-one") shape(svg, "circle", { class: kind, cx: x(a), cy: y(b), r: 2.6 });
      else shape(svg, "rect", { class: kind, x: x(a) - 2.4, y: y(b) - 2.4, width: 4.8, height: 4.8 });
    });
  });
  // Words come last, so that no line strikes them through.
  const label = labels(svg, lines.flatMap(({ points }) => points.map(([a, b]) => [x(a), y(b)])));
  const ends = lines.filter((line) => line.label && line.points.length).map((line) => [...line.points.at(-1), line.label]);
  ends.sort((one, two) => two[1] - one[1]).forEach(([a, b, text]) => label(x(a) + 5, y(b) + 4, text));
  shownLevels.forEach(([value, words]) => {
    const below = value < (low + high) / 2; // where a curve that comes down does not go
    label(WIDE - RIGHT - 2, y(value) + (below ? ROW : -4), words, "end");
  });
  // Marks have their words above the chart, every other one a line higher.
  marks.forEach(([step, words], i) => {
    const late = x(step) + words.length * LETTER > WIDE;
    const at = { x: late ? WIDE : x(step), y: TOP - (i % 2 ? 18 : 5), "text-anchor": late ? "end" : "middle" };
    shape(svg, "text", at, words);
  });
}

function render({ model, el }) {
  const { box, set, press, says, follow } = page({ model, el }, "oe-training");
  const line = add(box, "div", "oe-line");
  const buttons = [0, 1].map((i) => {
    const pressed = () => model.get("actions")[i][0] && press(model.get("actions")[i][0]);
    return button(line, "", pressed, i === 0 ? "oe-main" : "");
  });
  const budget = choice(line, "", (value) => set({ chosen: Number(value) }));
  const progress = add(box, "progress");
  progress.setAttribute("aria-label", "steps done");
  const now = add(box, "p", "oe-now");
  const said = says(box);

  const charts = add(box, "div", "oe-charts");
  const [loss, score, gate] = ["Losses", "Small test", "Gates of one pair"].map((title) => {
    const figure = add(charts, "figure");
    const caption = add(figure, "figcaption", "oe-strong", title);
    const words = add(caption, "span");
    const svg = shape(figure, "svg", { role: "img", viewBox: `0 0 ${WIDE} ${HIGH}` });
    return { figure, words, svg };
  });
  gate.figure.classList.add("oe-two-photos");
  const pair = add(gate.figure, "div", "oe-pair");
  const pictures = ["oe-first", "oe-second"].map((kind, i) => {
    const part = add(pair, "div");
    const img = picture(part, { src: "", text: "" }, kind);
    add(part, "span", "", i ? "somebody else: dashed" : "query: solid");
    return img;
  });
  const block = choice(gate.figure, "Block", (value) => set({ block: value }));

  function drawLosses(steps) {
    const [losses, levels, joins] = [model.get("losses"), model.get("levels"), model.get("joins")];
    const grows = model.get("grows");
    const marks = joins > 0 ? [[joins, "triplet joins"], ...grows] : grows;
    chart(loss.svg, {
      steps,
      low: 0,
      high: Math.max(1, ...losses.map((row) => row[1]), ...levels.map(([value]) => 1.04 * value)),
      levels,
      marks: losses.length ? marks : [],
      lines: [
        { points: losses.map((row) => [row[0], row[1]]), kind: "oe-one", label: "ce" },
        { points: losses.filter((row) => row[2] !== null).map((row) => [row[0], row[2]]), kind: "oe-two", label: "tri" },
      ],
    });
    const sizes = grows.length ? "; dotted: photos grow to that size" : "";
    write(loss.words, `solid: cross-entropy (ce), dashed: triplet (tri)${sizes}`);
  }
  function drawScores(steps) {
    const scores = model.get("scores");
    const curve = (i, kind, label) => ({ points: scores.map((row) => [row[0], row[i]]), kind, dots: true, label });
    const lines = [curve(1, "oe-one", "r-1"), curve(2, "oe-two", "mAP")];
    chart(score.svg, { steps, low: 0, high: 1, inPercent: true, lines });
    write(score.words, model.get("test") ? `rank-1 (r-1) and mAP, ${model.get("test")}` : "rank-1 and mAP");
  }
  function drawGates(steps) {
    const gates = model.get("gate_means");
    const values = gates.flatMap((row) => [...row[1], ...row[2]]);
    const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
    const room = Math.max(0.01, 0.06 * (high - low));
    const curve = (side, t, kind, label) => ({ points: gates.map((row) => [row[0], row[side][t]]), kind, label });
    const lines = (gates[0] ? gates[0][1] : []).flatMap((_, t) => [
      curve(2, t, "oe-two", ""),
      curve(1, t, "oe-one", `t=${t + 1}`),
    ]);
    chart(gate.svg, { steps, low: Math.max(0, low - room), high: Math.min(1, high + room), lines });
    write(gate.words, "mean of each stream t (mind the axis: it is cut)");
  }
  function draw() {
    model.get("actions").forEach(([name, text], i) => {
      write(buttons[i], text);
      buttons[i].hidden = !name;
    });
    budget.name(model.get("chooses"));
    budget.fill(model.get("choices").map((text, i) => [i, text]));
    budget.show(model.get("chosen"));
    budget.select.disabled = model.get("locked");
    const steps = model.get("steps");
    progress.max = steps;
    progress.value = model.get("step");
    write(now, model.get("line"));
    write(said, model.get("says"));
    drawLosses(steps);
    drawScores(steps);
    drawGates(steps);
    model.get("pair").forEach(({ src, text }, i) => {
      if (pictures[i].src !== src) pictures[i].src = src;
      pictures[i].alt = text;
    });
    pair.hidden = !model.get("pair").length;
    block.label.hidden = !model.get("blocks").length;
    block.fill([["all", "all, on average"], ...model.get("blocks").map((name) => [name, name])]);
    block.show(model.get("block"));
    model.get("texts").forEach((text, i) => [loss, score, gate][i].svg.setAttribute("aria-label", text));
  }
  const traits = [
    "state", "actions", "step", "steps", "line", "says", "chooses", "choices", "chosen", "locked", "losses", "levels",
    "joins", "grows", "scores", "test", "pair", "blocks", "block", "gate_means", "texts",
  ];
  return follow(traits, draw);
}

export default { render };
