// A cell of the open map: the pixels it can see, those that move it, and where the other photo has the same.

import { add, arrows, cellUnder, outline, raster, write } from "./dom.js";
import { ORDER, nearest } from "./flow_maps.js";
import { windowFrame } from "./windows.js";

const MARGIN = 10; // of screen pixels around a photo: what a window sees there is padding
const FIELD = [79, 196, 187]; // of what moves the cell: --oe-one of a dark page, on the dimmed photo
const TALL = 264; // screen pixels of a photo
const HOW = "click or tap a cell of a map, or use the arrow keys on it";
const KEY =
  "On the photo: the dashed frame is what the cell can see on its longest path, the solid one on its shortest, and " +
  "green-blue is what moves it. On the other photo, the frame is the most similar cell.";

export function flowCell(parent, get, set, open) {
  const panel = add(parent, "section", "oe-panel oe-cell");
  panel.setAttribute("aria-label", "a cell of the open map");
  const title = add(panel, "h3");
  const shape = add(panel, "p", "oe-small oe-soft");
  const told = add(panel, "p", "oe-small");
  const rows = add(panel, "div", "oe-pairs oe-result");
  const key = add(panel, "p", "oe-small oe-soft", KEY);
  let frames = [];

  // The open map, with its pictures.
  function map() {
    const found = [...(get("stage").maps || []), ...(get("block").parts || []), ...(get("block").streams || []), ...get("network").maps];
    return found.find(({ name }) => name === get("at"));
  }
  function ask(photo, row, column) {
    const [, , tall, wide] = map().shape;
    open(get("at"), [photo, nearest(row, tall), nearest(column, wide)]);
  }
  function make(count) {
    if (frames.length === count) return;
    rows.replaceChildren();
    frames = Array.from({ length: count }, (_, photo) => frame(rows, photo, { get, ask, map, loaded: paint }));
  }
  function paint() {
    const one = map();
    if (one) frames.forEach((frame) => frame.paint(one, get("seen")));
  }
  return {
    head: title,
    draw() {
      const one = map();
      panel.hidden = !one;
      if (!one) return;
      make(get("pictures").length);
      write(title, one.name);
      write(shape, `(B, C, H, W) = (${one.shape.join(", ")})`);
      write(told, get("seen").map ? get("said") : `Ask a cell: ${HOW}.`);
      key.hidden = !get("seen").map;
      frames.forEach((frame, k) => frame.load(one.src[k], get("pictures")[k].src));
      paint();
    },
  };
}

// One photo beside its map.
function frame(parent, photo, { get, ask, map, loaded }) {
  const figure = add(parent, "figure");
  add(figure, "figcaption", "oe-small oe-soft", `${ORDER[photo]} photo`);
  const line = add(figure, "div", "oe-beside");
  const [height, width] = get("size");
  const zoom = TALL / height;
  const [asked, seen] = [add(line, "canvas", "oe-asked"), add(line, "canvas")];
  for (const canvas of [asked, seen]) {
    canvas.height = TALL + 2 * MARGIN;
    canvas.width = Math.round(width * zoom) + 2 * MARGIN;
  }
  seen.setAttribute("role", "img");
  delete seen.dataset.lmSuppressShortcuts; // nothing is typed on it
  asked.tabIndex = 0;
  asked.dataset.key = `map ${photo}`;
  asked.setAttribute("role", "application");
  const grid = () => map().shape.slice(2);
  asked.addEventListener("click", (event) => ask(photo, ...inMap(event, asked, grid())));
  arrows(asked, 4, (rows, columns) => {
    const [name, whose, row, column] = get("cell"); // what was asked last, answered or not
    if (name === get("at") && whose === photo) ask(photo, row + rows, column + columns);
    else ask(photo, ...grid().map((side) => Math.floor(side / 2))); // the first key asks the middle
  });
  const images = [new Image(), new Image()];
  images.forEach((img) => (img.onload = loaded));
  return {
    load: (...src) => images.forEach((img, k) => img.src !== src[k] && (img.src = src[k])),
    paint: (one, now) => {
      drawMap(asked, images[0], one, photo, now);
      drawPhoto(seen, images[1], [height, width, zoom], one, photo, now);
    },
  };
}

// The cell of the map under the pointer; around the map lies a margin.
function inMap(event, canvas, [rows, columns]) {
  const [y, x] = cellUnder(event, canvas, canvas.height, canvas.width);
  const at = (pixel, side, many) => Math.floor(((pixel - MARGIN) / (side - 2 * MARGIN)) * many);
  return [at(y, canvas.height, rows), at(x, canvas.width, columns)];
}

function ground(canvas, img) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  if (img.complete && img.naturalWidth) {
    pen.drawImage(img, MARGIN, MARGIN, canvas.width - 2 * MARGIN, canvas.height - 2 * MARGIN);
  }
  return pen;
}

// A cell as a rectangle of the canvas.
function cellBox(canvas, [row, column], [rows, columns]) {
  const [wide, tall] = [(canvas.width - 2 * MARGIN) / columns, (canvas.height - 2 * MARGIN) / rows];
  return [MARGIN + column * wide, MARGIN + row * tall, wide, tall];
}

function drawMap(canvas, img, { name, shape }, photo, now) {
  const pen = ground(canvas, img);
  const cell = now.map !== name ? [] : now.photo === photo ? now.cell : now.match;
  if (cell.length) outline(pen, cellBox(canvas, cell, shape.slice(2)), now.photo === photo ? [] : [5, 4]);
  const told = now.map === name ? ` ${now.sentence}` : "";
  canvas.setAttribute("aria-label", `${name} of the ${ORDER[photo]} photo; ${HOW}.${told}`);
}

function drawPhoto(canvas, img, [height, width, zoom], { name, shape }, photo, now) {
  const pen = ground(canvas, img);
  const who = `the ${ORDER[photo]} photo`;
  if (now.map !== name) return canvas.setAttribute("aria-label", who);
  if (now.photo !== photo) {
    outline(pen, cellBox(canvas, now.match, shape.slice(2)));
    return canvas.setAttribute("aria-label", `${who}: the most similar cell is row ${now.match[0] + 1}, column ${now.match[1] + 1}`);
  }
  const place = [MARGIN, MARGIN, width * zoom, height * zoom];
  pen.fillStyle = "rgba(0, 0, 0, 0.35)"; // a dimmed photo, so that the heat stands out
  pen.fillRect(...place);
  pen.drawImage(raster(now.heat, width, height, FIELD), ...place);
  windowFrame(pen, [MARGIN, zoom], now.windows.longest, [9, 6], 4);
  windowFrame(pen, [MARGIN, zoom], now.windows.shortest, [], 12);
  canvas.setAttribute("aria-label", `${who} with what the cell sees. ${now.sentence}`);
}
