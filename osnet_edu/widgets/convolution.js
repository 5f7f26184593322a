// The convolution one can touch. Python multiplies and adds; this file draws and says where the pointer is.

import { add, arrows, cellUnder, choice, entry, outline, raster, write } from "./dom.js";
import { page } from "./page.js";

const ZOOM = 6;
const STEP = 40; // milliseconds in which further steps of the pointer wait
const FREE = "the photo: point at a pixel, click to hold it, or use the arrow keys";
const HELD = "the photo: this pixel is held; click again to let go";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-conv");
  const menus = menusOf(add(box, "div", "oe-line"), get("menu"), set);
  const stage = add(box, "div", "oe-stage");
  const size = [get("height"), get("width")];
  const photo = canvasOf(stage, FREE, size);
  const output = canvasOf(stage, "the output channel", size);
  output.drawing.setAttribute("role", "img");
  const pointer = pointing(photo, size, {
    there: () => [get("row"), get("column")],
    moved: () => drawMaps(),
    ask: (row, column) => set({ row, column }),
  });

  const sum = add(stage, "div", "oe-sum");
  const tables = add(sum, "div", "oe-tables oe-result");
  const total = says(sum, "p", "oe-total oe-strong oe-result");
  const counted = add(sum, "p", "oe-counted");
  const own = ownKernel(sum, get, (weights) => set({ weights }));

  function drawMaps() {
    const [row, column] = pointer.where();
    paint(photo.drawing, get("picture"), size, [row, column], get("way") === "pointwise" ? 1 : 3);
    paint(output.drawing, get("output"), size, [row, column], 1);
  }
  function draw() {
    const way = get("way");
    Object.entries(menus).forEach(([name, menu]) => menu.show(get(name)));
    menus.kernel.label.hidden = own.element.hidden = way === "pointwise";
    menus.mix.label.hidden = way === "depthwise";
    menus.channel.label.hidden = way !== "depthwise";
    own.show(get("weights"));
    write(output.caption, `the output channel: ${get("legend")}`);
    output.drawing.setAttribute("aria-label", `the output channel; ${get("legend")}`);
    tables.replaceChildren();
    get("panels").forEach((panel) => panelTable(tables, panel));
    write(total, get("summed"));
    write(counted, get("counted"));
    drawMaps();
  }
  const traits = ["way", "kernel", "weights", "mix", "channel", "output", "panels", "summed", "row", "column"];
  const undo = follow(traits, draw);
  return () => {
    pointer.end();
    undo();
  };
}

function menusOf(line, choices, set) {
  const list = (name, title, entries) => choice(line, title, (value) => set({ [name]: value }), entries);
  const named = (names) => names.map((name) => [name, name]);
  const numbered = choices.channel.map((name, i) => [i, name]);
  return {
    way: list("way", "layer", choices.way),
    kernel: list("kernel", "3x3 kernel (where)", named(choices.kernel)),
    mix: list("mix", "1x1 mix (which colours)", named(choices.mix)),
    channel: choice(line, "channel", (value) => set({ channel: Number(value) }), numbered),
  };
}

// size: (height, width) of the photo in pixels.
function canvasOf(parent, caption, [height, width]) {
  const figure = add(parent, "figure");
  const drawing = add(figure, "canvas");
  drawing.width = width * ZOOM;
  drawing.height = height * ZOOM;
  return { drawing, caption: add(figure, "figcaption", "", caption) };
}

// Pointing at the photo. Python answers each step; while it does, further steps wait, and only the last one is sent.
// there(): the pixel in Python.  moved(): it is to be drawn.  ask(row, column): to Python.
function pointing({ drawing, caption }, [height, width], { there, moved, ask }) {
  drawing.className = "oe-photo";
  drawing.tabIndex = 0;
  drawing.setAttribute("role", "application");
  drawing.setAttribute("aria-label", "the photo; arrow keys move the pixel, with Shift by eight");
  let held = false;
  let wanted = null;
  let timer = null;
  const where = () => wanted ?? there();
  function point(r, c) {
    wanted = [Math.min(height - 1, Math.max(0, r)), Math.min(width - 1, Math.max(0, c))];
    moved();
    timer ??= setTimeout(() => {
      timer = null;
      const [row, column] = wanted;
      wanted = null;
      ask(row, column);
    }, STEP);
  }
  const under = (event) => point(...cellUnder(event, drawing, height, width));
  drawing.addEventListener("pointermove", (event) => held || under(event));
  drawing.addEventListener("click", (event) => {
    held = !held;
    if (held) under(event);
    write(caption, held ? HELD : FREE);
  });
  arrows(drawing, 8, (rows, columns) => point(where()[0] + rows, where()[1] + columns));
  return { where, end: () => clearTimeout(timer) };
}

// Nine boxes for the kernel's numbers.  changed(weights): one of them is another number.
function ownKernel(parent, get, changed) {
  const element = add(parent, "fieldset", "oe-own");
  add(element, "legend", "", "the kernel: change a number");
  const inputs = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) =>
      entry(element, `kernel weight, row ${i + 1}, column ${j + 1}`, (value) => {
        const weights = get("weights").map((line) => [...line]);
        if (!Number.isFinite(value)) inputs[i][j].value = weights[i][j];
        else if (value !== weights[i][j]) {
          weights[i][j] = value;
          changed(weights);
        }
      }),
    ),
  );
  function show(weights) {
    weights.forEach((line, i) =>
      line.forEach((value, j) => {
        if (document.activeElement !== inputs[i][j]) inputs[i][j].value = value; // what is being typed stays
      }),
    );
  }
  return { element, show };
}

// A map, with a frame around the cells that are read at (r, c).
function paint(drawing, pixels, [height, width], [r, c], cells) {
  const pen = drawing.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(raster(pixels, width, height), 0, 0, drawing.width, drawing.height);
  const reach = (cells - 1) / 2;
  outline(pen, [(c - reach) * ZOOM, (r - reach) * ZOOM, cells * ZOOM, cells * ZOOM]);
}

// What is multiplied in one channel.
function panelTable(parent, { name, values, weights, padding }) {
  const table = add(parent, "table");
  const read = weights.flat().some((weight) => weight !== null);
  add(table, "caption", "", read ? name : `${name}: not read`);
  const body = add(table, "tbody");
  values.forEach((line, i) => {
    const row = add(body, "tr");
    line.forEach((value, j) => {
      const weight = weights[i][j];
      const words = weight === null ? "–" : `${padding[i][j] ? "pad 0" : value} × ${weight}`;
      add(row, "td", weight === null ? "oe-unseen" : "", words);
    });
  });
}

export default { render };
