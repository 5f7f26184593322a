// Maps graded against the truth: a pair whose difference is known, one method's map over it, its grades and its badge.

import { add, button, choice, tick, write } from "./dom.js";
import { page } from "./page.js";

const TRAITS = [
  "part", "method", "outlined", "photos", "grey", "drawn_map", "truth", "answer", "measured", "grades", "verdict", "hatched",
];
const KEY = [["oe-for", "speaks for"], ["oe-against", "speaks against"]];

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-grader");

  const answer = says(box, "p", "oe-lead oe-result");
  const parts = buttons(box, "The twins differ in the", get("parts"), (part) => set({ part }));
  const main = add(box, "div", "oe-main");
  const seen = add(main, "div", "oe-seen");
  const frames = photos(seen);
  keyOf(seen);
  const told = add(main, "div", "oe-told");
  const line = add(told, "div", "oe-line");
  const method = choice(line, "Method:", (value) => set({ method: value }), get("methods").map((name) => [name, name]));
  const outlined = tick(line, "outline where they truly differ", (on) => set({ outlined: on }));
  const bars = grades(told);
  const verdict = says(told, "p", "oe-badge oe-small oe-result");
  const measured = says(told, "p", "oe-small oe-soft oe-result");

  function draw() {
    parts(get("part"));
    method.show(get("method"));
    outlined.input.checked = get("outlined");
    get("photos").forEach((photo, k) => show(frames[k], photo, k === 1 ? get("drawn_map").text : ""));
    source(frames[1].grey, get("grey"));
    source(frames[1].heat, get("drawn_map").src);
    [frames[1], frames[2]].forEach(({ truth }) => source(truth, get("outlined") ? get("truth") : ""));
    frames[1].hatch.hidden = !get("hatched");
    bars(get("grades"));
    write(answer, get("answer"));
    write(measured, get("measured"));
    write(verdict, get("hatched") ? `Hatched: ${get("verdict")}` : get("verdict"));
    verdict.classList.toggle("oe-failed", get("hatched"));
  }
  return follow(TRAITS, draw);
}

// A row of buttons of which one is pressed.  all: [name, words].  Returns: presses one.
function buttons(parent, title, all, chose) {
  const row = add(parent, "div", "oe-ways");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", title);
  add(row, "span", "oe-soft", title);
  const made = all.map(([name, words]) => [name, button(row, words, () => chose(name))]);
  return (chosen) => made.forEach(([name, one]) => one.setAttribute("aria-pressed", String(name === chosen)));
}

function photos(parent) {
  const row = add(parent, "div", "oe-photos oe-result");
  return ["oe-query", "oe-other", "oe-match"].map((kind) => {
    const figure = add(row, "figure", kind);
    const stack = add(figure, "div", "oe-stack");
    const [plain, grey, heat, truth] = ["", "oe-grey", "oe-heat", "oe-truth"].map((name) => {
      const img = add(stack, "img", name);
      img.draggable = false;
      img.alt = "";
      img.hidden = true;
      return img;
    });
    const hatch = add(stack, "div", "oe-hatch");
    hatch.hidden = true;
    return { plain, grey, heat, truth, hatch, caption: add(figure, "figcaption") };
  });
}

function show({ plain, caption }, { src, role, mark, text }, map) {
  source(plain, src);
  plain.alt = map ? `${text} ${map}` : text;
  write(caption, mark ? `${mark} ${role}` : role);
}

function source(img, src) {
  img.hidden = !src;
  if (src && img.src !== src) img.src = src;
}

function keyOf(parent) {
  const key = add(parent, "p", "oe-key");
  for (const [kind, words] of KEY) {
    const entry = add(key, "span", "oe-entry");
    add(entry, "span", `oe-chip ${kind}`);
    add(entry, "span", "", words);
  }
}

// Each grade as a bar from 0 to 1, with a mark where a random map would be.  Returns: fills them.
function grades(parent) {
  const place = add(parent, "div", "oe-bars oe-result");
  return (all) => {
    place.replaceChildren();
    for (const { name, value, chance } of all) {
      add(place, "span", "", name);
      const track = add(place, "span", "oe-track");
      track.setAttribute("aria-hidden", "true");
      add(track, "span", "oe-bar").style.width = `${100 * value}%`;
      add(track, "span", "oe-chance").style.left = `${100 * chance}%`;
      const words = add(place, "span", "oe-numbers");
      add(words, "b", "", value.toFixed(2));
      add(words, "span", "oe-soft", ` random map ${chance.toFixed(2)}`);
    }
  };
}

export default { render };
