// A line chart as SVG: round ticks, lines with marks, and labels that lie on nothing. It draws numbers and asks nobody.

import { percent, shape } from "./dom.js";

export const WIDE = 264; // of a chart, in its own units
export const HIGH = 226;
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
export function chart(svg, { steps, low, high, lines, levels = [], marks = [], inPercent = false }) {
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
