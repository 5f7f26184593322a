// The duel: what differs and whether the network notices it, three photos with a map over the grey ones, what lies on which
// part, and how far the maps may be believed.

import { add, button, choice, percent, slider, tick, write } from "./dom.js";
import { page } from "./page.js";

const KEY = [["oe-for", "speaks for"], ["oe-against", "speaks against"]];
const READ =
  "On the query, orange makes the match nearer and blue the impostor. On the two other photos, orange makes them " +
  "similar to the query and blue makes them different.";

const TRAITS = [
  "triples", "triple", "method", "opacity", "outlined", "photos", "heats", "scale", "truth", "shares", "column",
  "answer", "verdict", "measured", "question", "sentence", "grade", "hatched",
];

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-duel");

  const above = add(box, "div", "oe-line");
  above.hidden = !get("alone");
  const answer = says(box, "p", "oe-lead oe-result");
  const verdict = says(box, "p", "oe-result");
  const asked = group(box, "Question");
  const questions = get("questions").map((one) => [one, button(asked, one, () => set({ question: one }))]);
  const main = add(box, "div", "oe-main");
  const left = add(main, "div", "oe-seen");
  const frames = photos(left);
  keyOf(left);
  const told = add(main, "div", "oe-told");
  const sentence = says(told, "p", "oe-small oe-result");
  const drawnShares = bars(told);
  const grade = says(told, "p", "oe-grade oe-small oe-result");
  const measured = says(told, "p", "oe-small oe-soft oe-result");
  const method = methods(told, get("methods"), get("buttons"), (name) => set({ method: name }));
  const folds = add(box, "div", "oe-folds");
  const shares = add(folds, "details");
  add(shares, "summary", "", "On which parts of the photos?");
  const table = parts(shares);
  const more = add(folds, "details");
  const drawn = howDrawn(more, get("alone") ? above : more, frames, set);

  function draw() {
    method(get("method"));
    frames.forEach((frame, k) => show(frame, get("photos")[k], get("heats")[k], get("hatched")));
    source(frames[2].truth, get("outlined") ? get("truth") : "");
    drawn.draw(get);
    for (const [line, name] of [[answer, "answer"], [measured, "measured"], [sentence, "sentence"]]) {
      write(line, get(name));
      line.hidden = !get(name);
    }
    write(verdict, get("verdict"));
    verdict.classList.toggle("oe-lead", !get("answer"));
    verdict.classList.toggle("oe-small", Boolean(get("answer")));
    pressed(questions, get("question"));
    write(grade, get("hatched") ? `Hatched: ${get("grade")}` : get("grade"));
    grade.classList.toggle("oe-failed", get("hatched"));
    shares.hidden = !get("shares").length;
    drawnShares.fill(get("shares"), get("column"));
    table.fill(get("shares"), get("column"));
  }
  return follow(TRAITS, draw);
}

// A row of buttons of which one is pressed.
function group(parent, title) {
  const row = add(parent, "div", "oe-ways");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", title);
  return row;
}

function pressed(buttons, chosen) {
  buttons.forEach(([name, one]) => one.setAttribute("aria-pressed", String(name === chosen)));
}

// A few methods have buttons, and the others stand in a menu.  all: [name, words].  near: names.
function methods(parent, all, near, chose) {
  const row = group(parent, "Methods");
  const words = Object.fromEntries(all);
  const buttons = near.map((name) => [name, button(row, words[name], () => chose(name))]);
  const others = all.filter(([name]) => !near.includes(name));
  const menu = choice(row, "Method:", (value) => value && chose(value), [["", "others"], ...others]);
  return (chosen) => {
    pressed(buttons, chosen);
    menu.show(near.includes(chosen) ? "" : chosen);
  };
}

function keyOf(parent) {
  const key = add(parent, "p", "oe-key");
  for (const [kind, words] of KEY) {
    const entry = add(key, "span", "oe-entry");
    add(entry, "span", `oe-chip ${kind}`);
    add(entry, "span", "", words);
  }
}

// What is set only now and then.  triples: where their menu stands.
function howDrawn(more, triples, frames, set) {
  add(more, "summary", "", "How the maps are drawn");
  add(more, "p", "oe-small", READ);
  const triple = choice(triples, "Triple:", (value) => set({ triple: Number(value) }));
  const opacity = slider(more, "map over photo", { min: 0, max: 1, step: 0.05 }, (value) => {
    fade(frames, value);
    set({ opacity: value });
  }, percent);
  const outlined = tick(more, "", (on) => set({ outlined: on }));
  const query = tick(more, "a map on the query too", (on) => frames[0].figure.classList.toggle("oe-plain", !on));
  query.input.checked = false;
  const scale = add(more, "p", "oe-small");
  return {
    draw(get) {
      triple.fill(get("triples").map((text, i) => [i, text]));
      triple.show(get("triple"));
      const known = Boolean(get("truth"));
      outlined.input.checked = known && get("outlined");
      outlined.input.disabled = !known;
      const words = known ? "outline where the two truly differ" : "the true difference of this pair is not known";
      write(outlined.words, words);
      opacity.show(get("opacity"));
      fade(frames, get("opacity"));
      write(scale, `${get("scale")} At 0 % the photos have their colours.`);
    },
  };
}

// ---- three photos

function photos(parent) {
  const row = add(parent, "div", "oe-photos oe-result");
  return ["oe-query", "oe-match", "oe-other"].map((kind) => {
    const figure = add(row, "figure", kind);
    figure.classList.toggle("oe-plain", kind === "oe-query");
    const stack = add(figure, "div", "oe-stack");
    const [plain, grey, heat, truth] = ["", "oe-grey", "oe-heat", "oe-truth"].map((name) => {
      const img = add(stack, "img", name);
      img.draggable = false;
      img.alt = "";
      return img;
    });
    const hatch = add(stack, "div", "oe-hatch");
    const caption = add(figure, "figcaption");
    const role = add(caption, "b");
    const lines = [0, 1].map(() => add(caption, "span"));
    return { figure, plain, grey, heat, truth, hatch, role, lines };
  });
}

function show({ plain, grey, heat, hatch, role, lines }, photo, map, hatched) {
  if (!photo || !map) return;
  write(role, photo.mark ? `${photo.mark} ${photo.role}` : photo.role);
  [photo.similarity, `${photo.who}, ${photo.where}`].forEach((text, i) => write(lines[i], text));
  source(plain, photo.src);
  source(grey, photo.grey);
  source(heat, map.src);
  hatch.hidden = !hatched;
  plain.alt = `${photo.role}, ${photo.who}, ${photo.where}. ${map.text}`;
}

function source(img, src) {
  img.hidden = !src;
  if (src && img.src !== src) img.src = src;
}

// Without a map the photos have their colours again.
function fade(frames, value) {
  for (const { grey, heat, hatch } of frames) {
    grey.style.opacity = value > 0 ? "1" : "0";
    heat.style.opacity = String(value);
    hatch.style.opacity = value > 0 ? "1" : "0";
  }
}

// ---- shares on parts

// The table below as bars.
function bars(parent) {
  const place = add(parent, "div", "oe-bars oe-result");
  place.setAttribute("aria-hidden", "true");
  function bar(share, kind) {
    add(add(place, "span", "oe-track"), "span", `oe-bar ${kind}`).style.width = percent(share).replace(" ", "");
  }
  return {
    fill(shares, column) {
      place.replaceChildren();
      place.hidden = !shares.length;
      ["", "for the match", column].forEach((text) => add(place, "span", "oe-soft", text));
      for (const { part, match, impostor } of shares) {
        add(place, "span", "", part);
        bar(match, "oe-for");
        bar(impostor, column.startsWith("for") ? "oe-for" : "oe-against");
      }
    },
  };
}

function parts(parent) {
  const table = add(parent, "table", "oe-result");
  add(table, "caption", "", "Share of the evidence on each part, and of the photo");
  const head = add(add(table, "thead"), "tr");
  const heads = ["part", "for the match", "its area", "", "its area"].map((text, i) => {
    const cell = add(head, "th", i ? "oe-right" : "", text);
    cell.scope = "col";
    return cell;
  });
  const body = add(table, "tbody");
  function fill(shares, column) {
    write(heads[3], column);
    body.replaceChildren();
    for (const one of shares) {
      const row = add(body, "tr");
      add(row, "th", "", one.part).scope = "row";
      const values = [one.match, one.match_area, one.impostor, one.impostor_area];
      values.forEach((share, k) => add(row, "td", k % 2 ? "oe-right oe-soft" : "oe-right", percent(share)));
    }
  }
  return { fill };
}

export default { render };
