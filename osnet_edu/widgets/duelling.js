// The duel: three photos with a map over each, what lies on which part, and how far the map may be believed.

import { add, choice, page, percent, slider, tick, write } from "./dom.js";

const KEY =
  "Orange speaks for, blue speaks against. On the query: what makes the match nearer than the impostor. " +
  "On the other two: what makes them similar to the query.";

function render({ model, el }) {
  const { box, set, says, follow } = page({ model, el }, "oe-duel");
  const get = (name) => model.get(name);

  const line = add(box, "div", "oe-line");
  const triple = choice(line, "Triple:", (value) => set({ triple: Number(value) }));
  const method = choice(line, "Method:", (value) => set({ method: value }));

  const main = add(box, "div", "oe-main");
  const left = add(main, "div");
  const photos = add(left, "div", "oe-photos oe-result");
  const frames = [0, 1, 2].map(() => {
    const figure = add(photos, "figure");
    const caption = add(figure, "figcaption");
    const role = add(caption, "b");
    const stack = add(figure, "div", "oe-stack");
    const [plain, heat, truth] = ["", "oe-heat", "oe-truth"].map((name) => {
      const img = add(stack, "img", name);
      img.draggable = false;
      img.alt = "";
      return img;
    });
    const who = add(figure, "div", "oe-small");
    return { role, who, plain, heat, truth };
  });
  const opacity = slider(left, "map over photo", { min: 0, max: 1, step: 0.05 }, (value) => {
    fade(value);
    set({ opacity: value });
  }, percent);
  const { input: outlined, words: outlinedWords } = tick(left, "", (on) => set({ outlined: on }));
  add(left, "p", "oe-small", KEY);
  const scale = add(left, "p", "oe-small");

  const told = add(main, "div", "oe-told");
  const verdict = says(told, "p", "oe-strong oe-result");
  const grade = says(told, "p", "oe-grade oe-result");
  const sentence = says(told, "p", "oe-result");
  const table = add(told, "table", "oe-result");
  add(table, "caption", "", "Share of the evidence on each part, and of the photo");
  const head = add(add(table, "thead"), "tr");
  ["part", "for the match", "its area", "against the impostor", "its area"].forEach((text, i) => {
    add(head, "th", i ? "oe-right" : "", text).scope = "col";
  });
  const body = add(table, "tbody");

  function fade(value) {
    frames.forEach(({ heat }) => (heat.style.opacity = String(get("pale") ? 0.35 * value : value)));
  }
  function source(img, src) {
    img.hidden = !src;
    if (src && img.src !== src) img.src = src;
  }
  function cell(row, share, kind) {
    const data = add(row, "td", "oe-right");
    add(data, "span", "", percent(share));
    const bar = add(data, "span", `oe-bar ${kind}`);
    bar.style.width = `${Math.round(60 * share)}px`;
  }
  function draw() {
    triple.fill(get("triples").map((text, i) => [i, text]));
    triple.show(get("triple"));
    method.fill(get("methods"));
    method.show(get("method"));
    const known = Boolean(get("truth"));
    outlined.checked = known && get("outlined");
    outlined.disabled = !known;
    write(outlinedWords, known ? "outline where the two truly differ" : "the true difference of this pair is not known");
    frames.forEach(({ role, who, plain, heat, truth }, k) => {
      const [photo, map] = [get("photos")[k], get("heats")[k]];
      if (!photo || !map) return;
      write(role, photo.role);
      write(who, photo.who);
      source(plain, photo.src);
      source(heat, map.src);
      source(truth, k === 2 && get("outlined") ? get("truth") : "");
      plain.alt = `${photo.role}, ${photo.who}. ${map.text}`;
    });
    opacity.show(get("opacity"));
    fade(get("opacity"));
    write(scale, get("scale"));
    write(verdict, get("verdict"));
    write(grade, get("pale") ? `Drawn pale. ${get("grade")}` : get("grade"));
    grade.classList.toggle("oe-pale", get("pale"));
    write(sentence, get("sentence"));
    table.hidden = !get("shares").length;
    body.replaceChildren();
    for (const one of get("shares")) {
      const row = add(body, "tr");
      add(row, "th", "", one.part).scope = "row";
      cell(row, one.speaks_for, "oe-for");
      add(row, "td", "oe-right oe-soft", percent(one.area_for));
      cell(row, one.speaks_against, "oe-against");
      add(row, "td", "oe-right oe-soft", percent(one.area_against));
    }
  }
  const traits = [
    "triples", "triple", "methods", "method", "opacity", "outlined", "photos", "heats", "scale", "truth", "shares",
    "sentence", "verdict", "grade", "pale",
  ];
  return follow(traits, draw);
}

export default { render };
