// How far a stream sees. Python computes windows and heat; this file draws them over the photo.

import { add, arrows, cellUnder, choice, raster, slider, tick, write } from "./dom.js";
import { page } from "./page.js";
import { windowFrame } from "./windows.js";

const FIELD = [79, 196, 187]; // of the measured field: --oe-one of a dark page, on the dimmed photo
const MARGIN = 28; // of screen pixels around the photo: what a window sees there is padding
const KEY =
  "Solid frame: shortest path. Dashed frame: longest path. Where a frame goes beyond the picture, it runs along the edge " +
  "and a triangle points outwards. Green-blue: what moves the unit, strongest where it is densest. Around the photo lies padding.";
const HOW = "click the photo, or use the arrow keys on it, to ask another unit";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-field");
  const zoom = Math.max(1, Math.round(440 / get("height")));
  const canvas = photoCanvas(box, zoom, get, (row, column) => set({ row, column }));
  const side = add(box, "div", "oe-side");
  const blocks = get("blocks").map((name) => [name, name]);
  const block = choice(side, "block", (value) => set({ block: value }), blocks);
  const knob = (name, title, max) => slider(side, title, { min: 1, max, step: 1 }, (value) => set({ [name]: value }));
  const streams = knob("streams", "T, streams a block", get("most_streams"));
  const stream = knob("stream", "t, the stream asked", get("streams"));
  const { input: measured } = tick(side, "draw the measured field", (on) => set({ measured: on }));

  const status = says(side, "div", "oe-result");
  const table = windowsTable(side);
  add(side, "p", "oe-key", KEY);

  function draw() {
    paint(canvas, zoom, get);
    block.show(get("block"));
    measured.checked = get("measured");
    stream.input.max = get("streams");
    streams.show(get("streams"));
    stream.show(get("stream"));
    get("sentences").forEach((text, i) => write(status.children[i] || add(status, "p"), text));
    table.draw(get("table"), get("stream"));
  }
  const traits = ["block", "streams", "stream", "measured", "heat", "windows", "sentences", "table"];
  return follow(traits, draw);
}

// The photo, by mouse and by keyboard.  ask(row, column): another unit is asked, in pixels of the photo.
function photoCanvas(parent, zoom, get, ask) {
  const [height, width] = [get("height"), get("width")];
  const figure = add(parent, "figure");
  const canvas = add(figure, "canvas", "oe-result");
  canvas.width = width * zoom + 2 * MARGIN;
  canvas.height = height * zoom + 2 * MARGIN;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  add(figure, "figcaption", "", HOW);
  const inside = (value, most) => Math.min(most - 1, Math.max(0, Math.round(value)));
  const move = (row, column) => ask(inside(row, height), inside(column, width));
  canvas.addEventListener("click", (event) => {
    const [y, x] = cellUnder(event, canvas, canvas.height, canvas.width);
    move((y - MARGIN) / zoom, (x - MARGIN) / zoom);
  });
  arrows(canvas, 4, (rows, columns) => {
    const step = get("step");
    move(get("row") + rows * step, get("column") + columns * step);
  });
  return canvas;
}

// A row for each stream: its cells, and its shortest and longest window.
function windowsTable(parent) {
  const table = add(parent, "table", "oe-result");
  const head = add(add(table, "thead"), "tr");
  ["t", "cells", "shortest", "longest"].forEach((text) => (add(head, "th", "oe-right", text).scope = "col"));
  const body = add(table, "tbody");
  function draw(rows, stream) {
    body.replaceChildren();
    for (const [t, cells, shortest, longest] of rows) {
      const here = t === stream;
      const row = add(body, "tr", here ? "oe-here" : "");
      [`${here ? "\u25b8 " : ""}${t}`, `${cells} x ${cells}`, `${shortest} px`, `${longest} px`].forEach((text) =>
        add(row, "td", "oe-right", text),
      );
    }
  }
  return { draw };
}

function paint(canvas, zoom, get) {
  const [height, width] = [get("height"), get("width")];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#7d7d7d";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  const place = [MARGIN, MARGIN, width * zoom, height * zoom];
  pen.drawImage(raster(get("picture"), width, height), ...place);
  if (get("measured") && get("heat").byteLength !== 0) {
    pen.fillStyle = "rgba(0, 0, 0, 0.3)"; // a dimmed photo, so that the heat stands out
    pen.fillRect(...place);
    pen.drawImage(raster(get("heat"), width, height, FIELD), ...place);
  }
  const windows = get("windows");
  if (windows.longest) windowFrame(pen, [MARGIN, zoom], windows.longest, [9, 6], 9);
  if (windows.shortest) windowFrame(pen, [MARGIN, zoom], windows.shortest, [], 20);
  canvas.setAttribute("aria-label", `The photo with the windows drawn on it; ${HOW}. ${get("sentences").join(" ")}`);
}

export default { render };
