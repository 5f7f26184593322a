// The duel: what differs and whether the network notices it, three grey photos with a map over each, how far the maps
// may be believed, and what lies on which part.

import { add, button, choice, page, percent, slider, tick, write } from "./dom.js";

const KEY = [["oe-for", "speaks for"], ["oe-against", "speaks against"]];
const READ =
  "On the query, orange makes the match nearer and blue the impostor. On the two other photos, orange makes them " +
  "similar to the query and blue makes them different.";

function render({ model, el }) {
  const { box, set, says, follow } = page({ model, el }, "oe-duel");
  const get = (name) => model.get(name);

  const above = add(box, "div", "oe-line");
  const answer = says(box, "p", "oe-answer oe-result");
  const verdict = says(box, "p", "oe-result");
  const measured = says(box, "p", "oe-small oe-result");

  const asked = add(box, "div", "oe-ways");
  asked.setAttribute("role", "group");
  asked.setAttribute("aria-label", "Question");
  const questions = get("questions").map((one) => [one, button(asked, one, () => set({ question: one }))]);
  const main = add(box, "div", "oe-main");
  const left = add(main, "div", "oe-seen");
  const frames = photos(left);
  const key = add(left, "p", "oe-key");
  for (const [kind, words] of KEY) {
    const entry = add(key, "span", "oe-entry");
    add(entry, "span", `oe-chip ${kind}`);
    add(entry, "span", "", words);
  }
  const told = add(main, "div", "oe-told");
  const grade = says(told, "p", "oe-grade oe-result");
  const method = methods(told);
  const sentence = says(told, "p", "oe-result");
  const shares = add(told, "details");
  add(shares, "summary", "", "On which parts of the photos?");
  const table = parts(shares);

  const more = add(box, "details");
  add(more, "summary", "", "How the maps are drawn");
  add(more, "p", "oe-small", READ);
  const triple = choice(get("alone") ? above : more, "Triple:", (value) => set({ triple: Number(value) }));
  above.hidden = !get("alone");
  shares.open = get("alone");
  const opacity = slider(more, "map over photo", { min: 0, max: 1, step: 0.05 }, (value) => {
    fade(frames, value);
    set({ opacity: value });
  }, percent);
  const { input: outlined, words: outlinedWords } = tick(more, "", (on) => set({ outlined: on }));
  const scale = add(more, "p", "oe-small");

  // A few methods have buttons, and the others stand in a menu.
  function methods(parent) {
    const row = add(parent, "div", "oe-ways");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Methods");
    const [near, names] = [get("buttons"), Object.fromEntries(get("methods"))];
    const buttons = near.map((name) => [name, button(row, names[name], () => set({ method: name }))]);
    const others = get("methods").filter(([name]) => !near.includes(name));
    const menu = choice(row, "Method:", (value) => value && set({ method: value }), [["", "others"], ...others]);
    return (chosen) => {
      press(buttons, chosen);
      menu.show(near.includes(chosen) ? "" : chosen);
    };
  }
  function draw() {
    triple.fill(get("triples").map((text, i) => [i, text]));
    triple.show(get("triple"));
    method(get("method"));
    const known = Boolean(get("truth"));
    outlined.checked = known && get("outlined");
    outlined.disabled = !known;
    write(outlinedWords, known ? "outline where the two truly differ" : "the true difference of this pair is not known");
    frames.forEach((frame, k) => show(frame, get("photos")[k], get("heats")[k], get("hatched")));
    source(frames[2].truth, get("outlined") ? get("truth") : "");
    opacity.show(get("opacity"));
    fade(frames, get("opacity"));
    write(scale, `${get("scale")} At 0 % the photos have their colours.`);
    for (const [line, name] of [[answer, "answer"], [measured, "measured"], [sentence, "sentence"]]) {
      write(line, get(name));
      line.hidden = !get(name);
    }
    write(verdict, get("verdict"));
    verdict.classList.toggle("oe-answer", !get("answer"));
    press(questions, get("question"));
    write(grade, get("hatched") ? `Hatched: ${get("grade")}` : get("grade"));
    grade.classList.toggle("oe-failed", get("hatched"));
    shares.hidden = !get("shares").length;
    table.fill(get("shares"), get("column"));
  }
  const traits = [
    "triples", "triple", "method", "opacity", "outlined", "photos", "heats", "scale", "truth", "shares", "column",
    "answer", "verdict", "measured", "question", "sentence", "grade", "hatched",
  ];
  return follow(traits, draw);
}

function press(buttons, chosen) {
  buttons.forEach(([name, one]) => one.setAttribute("aria-pressed", String(name === chosen)));
}

// ---- three photos

function photos(parent) {
  const row = add(parent, "div", "oe-photos oe-result");
  return ["oe-query", "oe-match", "oe-other"].map((kind) => {
    const figure = add(row, "figure", kind);
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
    const lines = [0, 1, 2].map(() => add(caption, "span"));
    return { plain, grey, heat, truth, hatch, role, lines };
  });
}

function show({ plain, grey, heat, hatch, role, lines }, photo, map, hatched) {
  if (!photo || !map) return;
  write(role, photo.mark ? `${photo.mark} ${photo.role}` : photo.role);
  [photo.who, photo.where, photo.similarity && `similarity ${photo.similarity}`].forEach((text, i) => {
    write(lines[i], text);
  });
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
  function cell(row, share, kind) {
    const data = add(row, "td", "oe-right");
    add(data, "span", "", percent(share));
    add(data, "span", `oe-bar ${kind}`).style.width = `${Math.round(60 * share)}px`;
  }
  function fill(shares, column) {
    write(heads[3], column);
    body.replaceChildren();
    for (const one of shares) {
      const row = add(body, "tr");
      add(row, "th", "", one.part).scope = "row";
      cell(row, one.match, "oe-for");
      add(row, "td", "oe-right oe-soft", percent(one.match_area));
      cell(row, one.impostor, column.startsWith("for") ? "oe-for" : "oe-against");
      add(row, "td", "oe-right oe-soft", percent(one.impostor_area));
    }
  }
  return { fill };
}

export default { render };
