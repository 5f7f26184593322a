// The network at work: photos pass through the stages from left to right, and what is clicked opens in place.

import { add, button, tick, write } from "./dom.js";
import { flowCell } from "./flow_cell.js";
import { flowInside } from "./flow_inside.js";
import { flowLinks } from "./flow_links.js";
import { flowPhotos } from "./flow_photos.js";
import { flowSmall } from "./flow_small.js";
import { flowStages } from "./flow_stages.js";
import { calm } from "./movers.js";
import { page } from "./page.js";

const PACE = 1400; // milliseconds from one stage to the next: time to read what is said of it
const TRAITS = [
  "shown", "at", "cell", "silenced", "small", "pairs", "choices", "pictures", "network", "stage", "block", "seen", "trail",
  "said", "effect", "ratios", "colours",
];

function render({ model, el }) {
  const here = page({ model, el }, "oe-flow");
  const { box, get, set, says, follow } = here;
  const small = flowSmall(box, here);
  const links = flowLinks(box, here);
  const trail = trailOf(box, (at) => open(at));
  const said = says(box, "p", "oe-lead oe-result");
  const effect = says(box, "p", "oe-small oe-soft");
  let lit = false;
  let sought = ""; // the place that was asked for, until it stands in view
  // at: a place.  cell: [photo, row, column] of its map, or nothing.
  function open(at, cell) {
    play.stop();
    const values = { at };
    if (cell) values.cell = [at, ...cell];
    else if (get("cell")[0] === at) values.cell = []; // the place without a cell
    if (get("small")) values.small = false;
    if (at !== get("at")) sought = at;
    set(values);
  }
  const stages = flowStages(box, get, open);
  const line = add(box, "div", "oe-line oe-acts");
  const light = (on) => {
    differs.input.checked = lit = on;
    draw();
  };
  const play = playing(line, stages, () => light(true), (text) => write(said, text || get("said")));
  const differs = tick(line, "light up what differs", light);
  const clear = button(line, "All streams on", () => set({ silenced: [] }));
  small.closedBy(line);
  const photos = get("choices").length ? flowPhotos(line, here) : null; // else somebody else chooses them
  const opened = add(box, "div", "oe-opened");
  const inside = flowInside(opened, get, set, open);
  const cell = flowCell(opened, get, set, open);
  const key = add(box, "p", "oe-small oe-soft oe-legend");

  function draw() {
    const two = get("shown").length === 2;
    small.draw();
    trail.draw(get("trail"), get("seen"));
    if (!play.on()) write(said, get("said"));
    write(effect, get("effect"));
    effect.hidden = clear.hidden = !get("silenced").length;
    differs.input.parentElement.hidden = !two;
    stages.draw(lit && two);
    inside.draw(lit && two);
    cell.draw();
    links.draw();
    opened.hidden = get("at") === "network" || get("small");
    box.classList.toggle("oe-closer", !opened.hidden);
    if (sought === get("at") && get("asked") === get("answered")) seen();
    photos?.draw();
    write(key, get("colours"));
  }
  // What was opened comes into view: a stage, a block, or the map of what has nothing inside.
  function seen() {
    const [stage, block] = inside.heads();
    const head = sought === get("stage").name ? stage : sought === get("block").name ? block : cell.head;
    sought = "";
    if (!opened.hidden) head?.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }
  const undo = follow(TRAITS, draw);
  return () => {
    undo();
    play.stop();
    photos?.end();
    links.end();
  };
}

// network > conv3 > conv3.1 > stream 3 > cell
function trailOf(parent, open) {
  const nav = add(parent, "nav", "oe-trail");
  nav.setAttribute("aria-label", "where in the network you are");
  const list = add(nav, "ol");
  let made = "";
  function draw(steps, seen) {
    const all = seen.map ? [...steps, ["", "cell"]] : steps;
    const now = JSON.stringify(all);
    if (now === made) return;
    made = now;
    const focused = list.contains(document.activeElement);
    list.replaceChildren();
    all.forEach(([place, words], k) => {
      const item = add(list, "li");
      if (k < all.length - 1) button(item, words, () => open(place));
      else add(item, "b", "", words).setAttribute("aria-current", "location");
    });
    if (focused) list.querySelector("button:last-of-type")?.focus();
  }
  return { draw };
}

// Stage after stage appears: played, stepped, or all at once.  begins(): before the first one.  tell(text): what is said of the newest; "" at the end.
function playing(parent, stages, begins, tell) {
  let timer = 0;
  const run = button(parent, "Let it flow", () => (timer ? stop() : start()));
  const step = button(parent, "Step", () => {
    pause();
    next();
  });
  function show(running) {
    run.textContent = running ? "Stop" : "Let it flow";
  }
  function next() {
    if (!stages.hiding()) begins();
    const text = stages.next();
    tell(text);
    if (!text) pause();
    return text;
  }
  function pause() {
    clearInterval(timer);
    timer = 0;
    show(false);
  }
  function start() {
    begins();
    stages.rewind();
    next();
    timer = setInterval(next, PACE);
    show(true);
  }
  function stop() {
    pause();
    stages.all();
    tell("");
  }
  step.setAttribute("aria-label", "one stage further");
  return { stop: () => (timer || stages.hiding()) && stop(), on: () => timer !== 0 || stages.hiding() };
}

export default { render };
