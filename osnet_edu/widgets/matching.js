// Correspondence: the cell under the pointer, and where its feature finds itself in the other photo. Python sends the
// whole table once, so that pointing needs no answer.

import { add, arrows, bytes, cellUnder, choice, outline, page, write } from "./dom.js";

const KEY =
  "In the first photo, the frame is the cell that is asked. In the other one, orange is similar, the frame is the most " +
  "similar cell, and the ring is the true place.";
const HOW = "point at a cell, or use the arrow keys on the photo";

function render({ model, el }) {
  const { box, set, says, follow } = page({ model, el }, "oe-matching");
  const get = (name) => model.get(name);
  const [height, width] = get("size");
  const zoom = Math.max(1, Math.round(360 / height));

  const line = add(box, "div", "oe-line");
  const stage = choice(line, "Stage:", (value) => set({ stage: value }), get("stages").map((name) => [name, name]));
  const photos = add(box, "div", "oe-photos oe-result");
  const frames = get("photos").map((src, k) => {
    const figure = add(photos, "figure");
    add(figure, "figcaption", "", k ? "where it finds itself" : "the cell that is asked");
    const canvas = add(figure, "canvas");
    [canvas.width, canvas.height] = [width * zoom, height * zoom];
    const img = new Image();
    img.onload = () => paint();
    img.src = src;
    return { canvas, img };
  });
  const [asked, found] = frames.map(({ canvas }) => canvas);
  asked.tabIndex = 0;
  asked.setAttribute("role", "application");
  found.setAttribute("role", "img");
  add(box, "p", "oe-small", `To ask, ${HOW}.`);
  const said = says(box, "p", "oe-strong oe-result");
  const score = add(box, "p", "oe-result");
  add(box, "p", "oe-small", KEY);

  let here = null; // the cell under the pointer, before it is chosen
  const inside = (at, most) => Math.min(most - 1, Math.max(0, at));
  function choose(row, column) {
    const [rows, columns] = get("cells");
    set({ cell: [inside(row, rows), inside(column, columns)] });
  }
  asked.addEventListener("pointermove", (event) => {
    const at = cellUnder(event, asked, ...get("cells")).map((value, axis) => inside(value, get("cells")[axis]));
    if (here && here[0] === at[0] && here[1] === at[1]) return;
    here = at;
    paint();
  });
  asked.addEventListener("pointerleave", () => {
    here = null;
    paint();
  });
  asked.addEventListener("click", (event) => choose(...cellUnder(event, asked, ...get("cells"))));
  arrows(asked, 4, (rows, columns) => {
    here = null;
    const [row, column] = get("cell");
    choose(row + rows, column + columns);
  });

  function ring(pen, x, y, size) {
    for (const [colour, thick] of [["#000", 6], ["#fff", 3]]) {
      pen.beginPath();
      pen.arc(x, y, size, 0, 2 * Math.PI);
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.stroke();
    }
  }
  function paint() {
    const [rows, columns] = get("cells");
    const [row, column] = here || get("cell");
    if (row === undefined || row >= rows || column >= columns) return;
    const [tall, wide] = [(height * zoom) / rows, (width * zoom) / columns];
    const index = row * columns + column;
    const alike = bytes(get("table")).subarray(index * rows * columns, (index + 1) * rows * columns);
    frames.forEach(({ canvas, img }, k) => {
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = false;
      pen.fillStyle = "#f2f2f2";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      if (img.complete) pen.drawImage(img, 0, 0, canvas.width, canvas.height);
      if (!k) return outline(pen, [column * wide, row * tall, wide, tall]);
      pen.fillStyle = "rgba(242, 242, 242, 0.35)";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = getComputedStyle(box).getPropertyValue("--oe-same") || "#d9731a";
      alike.forEach((value, at) => {
        pen.globalAlpha = 0.85 * (value / 255) ** 3;
        pen.fillRect((at % columns) * wide, Math.floor(at / columns) * tall, wide + 0.5, tall + 0.5);
      });
      pen.globalAlpha = 1;
      const [y, x] = get("best")[index];
      outline(pen, [x * wide, y * tall, wide, tall]);
      const place = get("true")[index];
      if (place && place.length) ring(pen, (place[1] + 0.5) * wide, (place[0] + 0.5) * tall, 0.55 * Math.max(tall, 12));
    });
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

export default { render };
