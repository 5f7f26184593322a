// What is open below the stages: the steps of a stage, and a block with its streams.

import { add, button } from "./dom.js";
import { ORDER, cellClicked, mapPicture, redrawn, shapeLines, shapeOf } from "./flow_maps.js";
import { barcode } from "./flow_stages.js";
import { isAlone, isSilent, soloed, toggled } from "./silenced.js";

const PARTS = { squeeze: "squeeze", sum: "weighted sum", expansion: "expansion", bypass: "identity path", output: "output" };
const GATES = "Bars: the mean gate, dark for the first photo and grey for the second; below each, all its channels.";
const BEHIND = ["sum", "expansion", "bypass", "output"];

export function flowInside(parent, get, set, open) {
  const place = add(parent, "div", "oe-inside");
  const stage = add(place, "section", "oe-panel");
  const block = add(place, "section", "oe-panel oe-block");
  stage.setAttribute("aria-label", "the open stage");
  block.setAttribute("aria-label", "the open block");
  const [drawStage, drawBlock] = [redrawn(stage), redrawn(block)];

  function draw(lit) {
    const [at, one, inner] = [get("at"), get("stage"), get("block")];
    stage.hidden = !one.name;
    block.hidden = !inner.name;
    drawStage([one, at, lit], () => one.name && steps(stage, one, at, lit, open));
    drawBlock([inner, at, lit, get("silenced")], () => inner.name && opened(block, inner, { at, lit, get, set, open }));
  }
  return { draw, heads: () => [stage, block].map((part) => part.querySelector("h3")) };
}

// A map of each photo as one button.
function step(parent, map, words, { at, lit, open, shaped = true }) {
  const one = add(parent, "button", "oe-step");
  one.type = "button";
  one.dataset.key = map.name;
  one.addEventListener("click", (event) => open(map.name, cellClicked(event, map)));
  one.setAttribute("aria-pressed", String(at === map.name));
  const maps = add(one, "span", "oe-maps oe-beside");
  map.src.forEach((_, photo) => mapPicture(maps, map, photo, lit));
  add(one, "b", "", words);
  if (shaped) shapeLines(one, map.shape);
  one.title = `(B, C, H, W) = (${map.shape.join(", ")})`;
  one.setAttribute("aria-label", `${map.name}: ${words}, ${shapeOf(map.shape)}`);
  return one;
}

function steps(parent, { name, maps, blocks }, at, lit, open) {
  add(parent, "h3", "", name);
  const row = add(parent, "div", "oe-row");
  const block = at.split(" ")[0];
  for (const map of maps) {
    const one = step(row, map, map.words, { at, lit, open });
    if (blocks.includes(map.name)) one.setAttribute("aria-expanded", String(block === map.name));
  }
  if (blocks.length && !blocks.includes(block)) add(parent, "p", "oe-small oe-soft", "Click a block to open it.");
}

function opened(parent, block, { at, lit, get, set, open }) {
  const head = add(parent, "div", "oe-blockhead");
  add(head, "h3", "", block.name);
  add(head, "p", "oe-small oe-soft", block.gate ? `Gate: ${block.gate}.` : `No gate: ${block.join} joins the streams.`);
  if (block.gate && block.streams[0].gate.length > 1) add(head, "p", "oe-small oe-soft", GATES);
  if (block.note) add(head, "p", "oe-small oe-soft", block.note);
  const body = add(parent, "div", "oe-body");
  const draws = { at, lit, open };
  const part = (where, name) => {
    const map = block.parts.find(({ words }) => words === name);
    if (map) step(where, map, name === "sum" && !block.gate ? block.join : PARTS[name], draws);
  };
  part(add(body, "div", "oe-before"), "squeeze");
  const streams = add(body, "div", "oe-streams");
  block.streams.forEach((one) => streamRow(streams, block, one, { ...draws, get, set }));
  const behind = add(body, "div", "oe-behind");
  BEHIND.forEach((name) => part(behind, name));
}

function streamRow(parent, block, one, { at, lit, open, get, set }) {
  const row = add(parent, "div", `oe-stream${one.silenced ? " oe-off" : ""}`);
  step(row, one, `stream ${one.stream}`, { at, lit, open, shaped: false });
  const told = add(row, "div", "oe-told");
  gates(told, one);
  add(told, "span", "oe-small oe-soft", `sees ${one.cells} \u00d7 ${one.cells} cells, ${one.shortest} to ${one.longest} pixels`);
  const numbers = block.streams.map(({ stream }) => stream);
  const acts = add(row, "div", "oe-two");
  const silenced = () => get("silenced");
  const press = (text, words, pressed, act) => {
    const made = button(acts, text, act);
    made.dataset.key = words;
    made.setAttribute("aria-label", words);
    made.setAttribute("aria-pressed", String(pressed));
  };
  press("silence", `silence stream ${one.stream} of ${block.name}`, isSilent(silenced(), block.name, one.stream), () =>
    set({ silenced: toggled(silenced(), block.name, one.stream) }),
  );
  if (numbers.length === 1) return;
  press("solo", `solo stream ${one.stream} of ${block.name}`, isAlone(silenced(), block.name, numbers, one.stream), () =>
    set({ silenced: soloed(silenced(), block.name, numbers, one.stream) }),
  );
}

// The mean gate for each photo as a bar, and below it every channel's.
function gates(parent, one) {
  one.gate.forEach((mean, photo) => {
    const line = add(parent, "div", "oe-gate");
    const track = add(line, "span", "oe-track");
    add(track, "i", photo ? "oe-two-nd" : "").style.width = `${100 * mean}%`;
    add(line, "b", "oe-small", mean.toFixed(2));
    const who = ORDER[photo];
    line.title = `mean gate for the ${who} photo; the stripes are its channels, the darker the further open`;
    barcode(line, one.channels[photo], `all gates of stream ${one.stream} for the ${who} photo, ${mean.toFixed(2)} on average`);
  });
}
