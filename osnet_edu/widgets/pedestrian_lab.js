// The pedestrian lab: the person before and now, the controls, and what the network makes of it.

import { add, button, choice, folded, picture, tick, write } from "./dom.js";
import { edits } from "./edits.js";
import { labControls } from "./lab_controls.js";
import { page } from "./page.js";

const LATER = 200; // milliseconds without an edit, after which the duel is asked for
const MOVED = 0.02; // of a mean gate: a smaller change is not shown
const HOW =
  "Orange in the map speaks for the match and blue against it, on the picture as it is now. The rest is the duel of " +
  "notebook 09: the best match against the nearest stranger.";
const TRAITS = [
  "photo", "against", "changes", "view", "game", "photos", "people", "games", "values", "own", "comparable", "pictures", "similarity",
  "rank", "first", "gates", "said", "verdict", "won", "best", "version", "explained", "clothes", "state",
  "answered", // a control shows what waits for Python, until Python has answered
];

function render({ model, el }) {
  const here = page({ model, el }, "oe-lab");
  const { box, get, press, says, follow } = here;
  const queue = edits(here);

  const top = questions(box, queue, here, () => panel.lock());
  const main = add(box, "div", "oe-main");
  const middle = add(main, "div", "oe-middle");
  const panel = controls(add(main, "div", "oe-controls"), queue, get);
  const seen = person(middle, says);
  const why = says(middle, "p", "oe-small oe-result");
  const numbers = folded(middle, "The gates in numbers");
  add(numbers.element, "p", "oe-small oe-soft", HOW);
  const gates = add(numbers.inside, "table", "oe-gates oe-result");
  const clothes = clothesQuestion(box, here);
  const state = add(add(box, "p", "oe-small"), "code");

  let version; // of what is shown
  let timer = 0;
  function pictures() {
    if (version === get("version")) return;
    version = get("version");
    seen.fill(get("pictures"), get("first"));
    gateTable(gates, get("gates"));
    clearTimeout(timer);
    timer = setTimeout(() => !queue.waiting() && press("explain"), LATER);
  }
  function draw() {
    top.draw();
    panel.draw();
    pictures();
    seen.draw(here);
    write(why, get("explained").said || (get("explained").version ? "" : "The duel is on its way."));
    clothes.draw(get("clothes"));
    write(state, get("state"));
  }
  const undo = follow(TRAITS, draw);
  return () => {
    undo();
    clearTimeout(timer);
    queue.end();
  };
}

// Who is edited, what it is compared with, and which game is played.  started(): another person, or another game.
function questions(parent, queue, { get }, started) {
  const line = add(parent, "div", "oe-line");
  const start = (kind) => (value) => {
    queue.start(kind, value);
    started();
  };
  const photo = choice(line, "Person:", start("photo"));
  const against = choice(line, "Compare with:", (value) => queue.against(value));
  const game = choice(line, "Game:", start("game"));
  const rule = add(parent, "p", "oe-small");
  return {
    draw() {
      photo.fill(get("photos").map((name, k) => [name, get("people")[k]]));
      photo.show(queue.next("photo"));
      against.fill(get("comparable"));
      against.show(queue.next("against"));
      game.fill(get("games").map(([name]) => [name, name]));
      game.show(queue.next("game"));
      write(rule, (get("games").find(([name]) => name === get("game")) || ["", ""])[1]);
    },
  };
}

function controls(parent, queue, get) {
  button(parent, "Undo all", () => queue.undo());
  const rows = labControls(parent, get("groups"), queue.edit);
  const locked = ({ of }) => of === "view" && queue.next("game") !== "free";
  const lock = () => rows.forEach(({ control, disable }) => disable(locked(control)));
  return {
    lock,
    draw() {
      lock();
      for (const { control, row, show, undo } of rows) {
        const changed = control.name in (control.of === "view" ? get("view") : get("changes"));
        if (!queue.wants(control)) show(get("values")[control.name]);
        row.classList.toggle("oe-changed", changed);
        undo.hidden = !changed;
      }
    },
  };
}

function framed(parent, { src, text, role }, classes = "") {
  const figure = add(parent, "figure", classes);
  if (role) add(figure, "figcaption", "oe-strong", role);
  const stack = add(figure, "div", "oe-stack");
  picture(stack, { src, text });
  return stack;
}

// The person before and now, with the map over it, what the network says of it, and who comes first.
function person(parent, says) {
  const said = says(parent, "p", "oe-lead oe-result");
  const verdict = says(parent, "p", "oe-verdict oe-result");
  const best = add(parent, "p", "oe-small");
  const shown = add(parent, "div", "oe-pictures oe-result");
  const { input: map } = tick(parent, "show the map of the duel on the person", () => heated());
  add(parent, "b", "", "First in the gallery now");
  const first = add(parent, "div", "oe-first oe-result");
  let over = []; // a grey photo and the map, over the picture as it is now
  let src = ["", ""]; // of both, once the map of this very picture has come

  function heated() {
    over.forEach((img, k) => {
      img.hidden = !(map.checked && src[k]);
      if (!img.hidden) img.src = src[k];
    });
  }
  function fill(pictures, ranked) {
    shown.replaceChildren();
    pictures.forEach((one, k) => {
      const stack = framed(shown, one, k === 1 ? "oe-now" : "");
      if (k !== 1) return;
      over = ["oe-grey", "oe-heat"].map((kind) => Object.assign(add(stack, "img", kind), { alt: "", hidden: true }));
    });
    first.replaceChildren();
    ranked.forEach((one, k) => {
      const figure = add(first, "figure", one.match ? "oe-match" : "oe-other");
      picture(figure, { src: one.src, text: `rank ${k + 1}: ${one.who}` });
      add(figure, "figcaption", "", `${k + 1}  ${one.match ? "\u2713 same" : "\u2717 other"}`);
    });
  }
  function draw({ get }) {
    write(said, get("said"));
    write(verdict, get("verdict"));
    verdict.hidden = !get("verdict");
    verdict.classList.toggle("oe-won", get("won"));
    write(best, bestScores(get("best")));
    const { grey, heat, version } = get("explained");
    src = version === get("version") ? [grey, heat] : ["", ""];
    heated();
  }
  return { fill, draw };
}

function bestScores(best) {
  const scores = Object.entries(best).map(([name, score]) => {
    const counted = name === "dress the impostor";
    return `${name}: ${counted ? score : `${(100 * score).toFixed(1)} % of the pixels`}`;
  });
  return scores.length ? `Your best: ${scores.join("; ")}.` : "";
}

function gateTable(table, gates) {
  table.replaceChildren();
  table.hidden = !gates.length;
  if (table.hidden) return;
  add(table, "caption", "", "Mean gate of streams 1 to 4: now, and before where it moved");
  const head = add(add(table, "thead"), "tr");
  const most = Math.max(...gates.map((row) => row.now.length));
  add(head, "th", "", "block").scope = "col";
  for (let t = 1; t <= most; t++) add(head, "th", "oe-right", String(t)).scope = "col";
  const body = add(table, "tbody");
  for (const one of gates) {
    const row = add(body, "tr");
    add(row, "th", "", one.block).scope = "row";
    one.now.forEach((value, t) => {
      const cell = add(row, "td", "oe-right");
      const change = value - one.before[t];
      const moved = Math.abs(change) > MOVED;
      add(cell, "span", moved ? "oe-strong" : "", value.toFixed(2));
      if (moved) add(cell, "span", "oe-soft", ` ${change > 0 ? "\u25b2" : "\u25bc"} ${one.before[t].toFixed(2)}`);
      add(cell, "span", "oe-bar").style.width = `${Math.round(46 * value)}px`;
    });
  }
}

function clothesQuestion(parent, { press, says }) {
  const place = add(parent, "div", "oe-clothes");
  button(place, "Does it know the person, or the clothes?", () => press("clothes"));
  const said = says(place, "p", "oe-lead");
  const worn = add(place, "div", "oe-pictures");
  const measured = add(place, "p", "oe-small");
  let last = null;
  return {
    draw(answer) {
      if (last !== answer) {
        last = answer;
        worn.replaceChildren();
        (answer.pictures || []).forEach((one) => framed(worn, { ...one, role: one.text }));
      }
      write(said, answer.said || "");
      write(measured, answer.measured || "");
    },
  };
}

export default { render };
