// Correspondence: the cell under the pointer, and where its feature finds itself in the other photo. Python sends the
// whole table once, so that pointing needs no answer.

import { add, arrows, bytes, cellUnder, choice, outline, write } from "./dom.js";
import { page } from "./page.js";

const KEY =
  "In the first photo, the frame is the cell that is asked. In the other one, orange is similar, the frame is the most " +
  "similar cell, and the ring is the true place.";
const HOW = "point at a cell, or use the arrow keys on the photo";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-matching");
  const [height, width] = get("size");
  const zoom = Math.max(1, Math.round(360 / height));

  const said = says(box, "p", "oe-lead oe-result");
  const photos = add(box, "div", "oe-photos oe-result");
  const frames = get("photos").map((src, k) => photoFrame(photos, src, k, [height * zoom, width * zoom], () => paint()));
  const [asked, found] = frames.map(({ canvas }) => canvas);
  found.setAttribute("role", "img");
  const pointer = pointing(asked, {
    cells: () => get("cells"),
    cell: () => get("cell"),
    moved: () => paint(),
    chosen: (row, column) => set({ cell: [row, column] }),
  });
  add(box, "p", "oe-small", `To ask, ${HOW}.`);
  const score = add(box, "p", "oe-result");
  const line = add(box, "div", "oe-line");
  const stage = choice(line, "Stage:", (value) => set({ stage: value }), get("stages").map((name) => [name, name]));
  add(box, "p", "oe-small oe-soft", KEY);

  function paint() {
    const [rows, columns] = get("cells");
    const [row, column] = pointer.here();
    if (row === undefined || row >= rows || column >= columns) return;
    const index = row * columns + column;
    const cell = [asked.height / rows, asked.width / columns];
    outline(photoIn(frames[0]), cellAt([row, column], cell));
    const pen = photoIn(frames[1]);
    const alike = bytes(get("table")).subarray(index * rows * columns, (index + 1) * rows * columns);
    paintAlike(pen, alike, columns, cell, getComputedStyle(box).getPropertyValue("--oe-same") || "#d9731a");
    outline(pen, cellAt(get("best")[index], cell));
    const place = get("true")[index];
    if (place && place.length) ring(pen, place, cell);
  }
  function draw() {
    stage.show(get("stage"));
    write(said, get("said"));
    write(score, get("score"));
    asked.setAttribute("aria-label", `The first photo in cells; ${HOW}. ${get("said")}`);
    found.setAttribute("aria-label", `The other photo. ${get("said")}`);
    paint();
  }
  return follow(["stage", "cells", "cell", "table", "best", "true", "said", "score"], draw);
}

// size: (height, width) of the canvas.  loaded(): the photo can be drawn.
function photoFrame(parent, src, k, [height, width], loaded) {
  const figure = add(parent, "figure");
  add(figure, "figcaption", "", k ? "where it finds itself" : "the cell that is asked");
  const canvas = add(figure, "canvas");
  [canvas.width, canvas.height] = [width, height];
  const img = new Image();
  img.onload = loaded;
  img.src = src;
  return { canvas, img };
}

// The first photo, by mouse and by keyboard.  cells(), cell(): the grid, and the cell in Python.  moved(): the pointer is
// on another cell.  chosen(row, column): this cell is asked.
function pointing(asked, { cells, cell, moved, chosen }) {
  asked.tabIndex = 0;
  asked.setAttribute("role", "application");
  let under = null; // the cell under the pointer, before it is chosen
  const inside = (at, most) => Math.min(most - 1, Math.max(0, at));
  const within = (place) => place.map((at, axis) => inside(at, cells()[axis]));
  asked.addEventListener("pointermove", (event) => {
    const at = within(cellUnder(event, asked, ...cells()));
    if (under && under[0] === at[0] && under[1] === at[1]) return;
    under = at;
    moved();
  });
  asked.addEventListener("pointerleave", () => {
    under = null;
    moved();
  });
  asked.addEventListener("click", (event) => chosen(...within(cellUnder(event, asked, ...cells()))));
  arrows(asked, 4, (rows, columns) => {
    under = null;
    const [row, column] = cell();
    chosen(...within([row + rows, column + columns]));
  });
  return { here: () => under || cell() };
}

const cellAt = ([row, column], [tall, wide]) => [column * wide, row * tall, wide, tall];

// The photo on its canvas, ready to be drawn on.  Returns: the pen.
function photoIn({ canvas, img }) {
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = "#f2f2f2";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (img.complete) pen.drawImage(img, 0, 0, canvas.width, canvas.height);
  return pen;
}

// How similar each cell is, over a paler photo.  alike: 0 to 255 of each cell.
function paintAlike(pen, alike, columns, [tall, wide], colour) {
  pen.fillStyle = "rgba(242, 242, 242, 0.35)";
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.fillStyle = colour;
  alike.forEach((value, at) => {
    pen.globalAlpha = 0.85 * (value / 255) ** 3;
    pen.fillRect((at % columns) * wide, Math.floor(at / columns) * tall, wide + 0.5, tall + 0.5);
  });
  pen.globalAlpha = 1;
}

function ring(pen, [row, column], [tall, wide]) {
  const [x, y, size] = [(column + 0.5) * wide, (row + 0.5) * tall, 0.55 * Math.max(tall, 12)];
  for (const [colour, thick] of [["#000", 6], ["#fff", 3]]) {
    pen.beginPath();
    pen.arc(x, y, size, 0, 2 * Math.PI);
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.stroke();
  }
}

export default { render };
