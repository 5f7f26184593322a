// A training run as it happens, or played again. Python runs and counts; this file has the buttons and says what to chart.

import { chart, HIGH, WIDE } from "./chart.js";
import { add, button, choice, picture, shape, write } from "./dom.js";
import { page } from "./page.js";

const TRAITS = [
  "state", "actions", "step", "steps", "line", "says", "chooses", "choices", "chosen", "locked", "losses", "levels",
  "joins", "grows", "scores", "test", "pair", "blocks", "block", "gate_means", "texts",
];

function render({ model, el }) {
  const { box, get, set, press, says, follow } = page({ model, el }, "oe-training");
  const run = runControls(box, { get, set, press, says });
  const charts = add(box, "div", "oe-charts");
  const [loss, score, gate] = ["Losses", "Small test", "Gates of one pair"].map((title) => chartFigure(charts, title));
  gate.figure.classList.add("oe-two-photos");
  const pair = pairOfPhotos(gate.figure);
  const block = choice(gate.figure, "Block", (value) => set({ block: value }));

  function draw() {
    run.draw();
    const steps = get("steps");
    drawLosses(loss, get, steps);
    drawScores(score, get, steps);
    drawGates(gate, get("gate_means"), steps);
    pair.draw(get("pair"));
    block.label.hidden = !get("blocks").length;
    block.fill([["all", "all, on average"], ...get("blocks").map((name) => [name, name])]);
    block.show(get("block"));
    get("texts").forEach((text, i) => [loss, score, gate][i].svg.setAttribute("aria-label", text));
  }
  return follow(TRAITS, draw);
}

function runControls(parent, { get, set, press, says }) {
  const line = add(parent, "div", "oe-line");
  const buttons = [0, 1].map((i) => {
    const pressed = () => get("actions")[i][0] && press(get("actions")[i][0]);
    return button(line, "", pressed, i === 0 ? "oe-main" : "");
  });
  const budget = choice(line, "", (value) => set({ chosen: Number(value) }));
  const progress = add(parent, "progress");
  progress.setAttribute("aria-label", "steps done");
  const now = add(parent, "p", "oe-now");
  const said = says(parent);
  return {
    draw() {
      get("actions").forEach(([name, text], i) => {
        write(buttons[i], text);
        buttons[i].hidden = !name;
      });
      budget.name(get("chooses"));
      budget.fill(get("choices").map((text, i) => [i, text]));
      budget.show(get("chosen"));
      budget.select.disabled = get("locked");
      progress.max = get("steps");
      progress.value = get("step");
      write(now, get("line"));
      write(said, get("says"));
    },
  };
}

function chartFigure(parent, title) {
  const figure = add(parent, "figure");
  const caption = add(figure, "figcaption", "oe-strong", title);
  const words = add(caption, "span");
  const svg = shape(figure, "svg", { role: "img", viewBox: `0 0 ${WIDE} ${HIGH}` });
  return { figure, words, svg };
}

function pairOfPhotos(parent) {
  const pair = add(parent, "div", "oe-pair");
  const pictures = ["oe-first", "oe-second"].map((kind, i) => {
    const part = add(pair, "div");
    const img = picture(part, { src: "", text: "" }, kind);
    add(part, "span", "", i ? "somebody else: dashed" : "query: solid");
    return img;
  });
  return {
    draw(photos) {
      photos.forEach(({ src, text }, i) => {
        if (pictures[i].src !== src) pictures[i].src = src;
        pictures[i].alt = text;
      });
      pair.hidden = !photos.length;
    },
  };
}

function drawLosses(loss, get, steps) {
  const [losses, levels, joins] = [get("losses"), get("levels"), get("joins")];
  const grows = get("grows");
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

function drawScores(score, get, steps) {
  const scores = get("scores");
  const curve = (i, kind, label) => ({ points: scores.map((row) => [row[0], row[i]]), kind, dots: true, label });
  const lines = [curve(1, "oe-one", "r-1"), curve(2, "oe-two", "mAP")];
  chart(score.svg, { steps, low: 0, high: 1, inPercent: true, lines });
  write(score.words, get("test") ? `rank-1 (r-1) and mAP, ${get("test")}` : "rank-1 and mAP");
}

function drawGates(gate, gates, steps) {
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

export default { render };
