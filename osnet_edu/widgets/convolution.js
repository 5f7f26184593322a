// The convolution one can touch. Python multiplies and adds; this file draws and says where the pointer is.

import { add, arrows, cellUnder, choice, entry, outline, page, raster, write } from "./dom.js";

const ZOOM = 6;
const FREE = "the photo: point at a pixel, click to hold it, or use the arrow keys";
const HELD = "the photo: this pixel is held; click again to let go";

function render({ model, el }) {
  const { box, set, says, follow } = page({ model, el }, "oe-conv");
  const lists = add(box, "div", "oe-line");
  const choices = model.get("menu");
  const list = (name, title, entries) => choice(lists, title, (value) => set({ [name]: value }), entries);
  const named = (names) => names.map((name) => [name, name]);
  const menus = {
    way: list("way", "layer", choices.way),
    kernel: list("kernel", "3x3 kernel (where)", named(choices.kernel)),
    mix: list("mix", "1x1 mix (which colours)", named(choices.mix)),
    channel: choice(
      lists, "channel", (value) => set({ channel: Number(value) }), choices.channel.map((name, i) => [i, name]),
    ),
  };

  // The photo, the output, the sum
  const stage = add(box, "div", "oe-stage");
  const [height, width] = [model.get("height"), model.get("width")];
  function canvas(caption) {
    const figure = add(stage, "figure");
    const drawing = add(figure, "canvas");
    drawing.width = width * ZOOM;
    drawing.height = height * ZOOM;
    return { drawing, caption: add(figure, "figcaption", "", caption) };
  }
  const photo = canvas(FREE);
  const output = canvas("the output channel");
  photo.drawing.className = "oe-photo";
  photo.drawing.tabIndex = 0;
  photo.drawing.setAttribute("role", "application");
  photo.drawing.setAttribute("aria-label", "the photo; arrow keys move the pixel, with Shift by eight");
  output.drawing.setAttribute("role", "img");

  const sum = add(stage, "div", "oe-sum");
  const tables = add(sum, "div", "oe-tables oe-result");
  const total = says(sum, "p", "oe-total oe-strong oe-result");
  const counted = add(sum, "p", "oe-counted");
  const own = add(sum, "fieldset", "oe-own");
  add(own, "legend", "", "the kernel: change a number");
  const inputs = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) =>
      entry(own, `kernel weight, row ${i + 1}, column ${j + 1}`, (value) => {
        const weights = model.get("weights").map((line) => [...line]);
        if (!Number.isFinite(value)) inputs[i][j].value = weights[i][j];
        else if (value !== weights[i][j]) {
          weights[i][j] = value;
          set({ weights });
        }
      }),
    ),
  );

  // Pointing. Python answers each step; while it does, further steps wait, and only the last one is sent.
  let held = false;
  let wanted = null;
  let timer = null;
  const where = () => wanted ?? [model.get("row"), model.get("column")];
  function point(r, c) {
    wanted = [Math.min(height - 1, Math.max(0, r)), Math.min(width - 1, Math.max(0, c))];
    drawMaps();
    timer ??= setTimeout(() => {
      timer = null;
      const [row, column] = wanted;
      wanted = null;
      set({ row, column });
    }, 40);
  }
  const under = (event) => point(...cellUnder(event, photo.drawing, height, width));
  photo.drawing.addEventListener("pointermove", (event) => held || under(event));
  photo.drawing.addEventListener("click", (event) => {
    held = !held;
    if (held) under(event);
    write(photo.caption, held ? HELD : FREE);
  });
  arrows(photo.drawing, 8, (rows, columns) => point(where()[0] + rows, where()[1] + columns));

  // Drawing
  function paint(drawing, pixels, r, c, cells) {
    const pen = drawing.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(raster(pixels, width, height), 0, 0, drawing.width, drawing.height);
    const reach = (cells - 1) / 2;
    outline(pen, [(c - reach) * ZOOM, (r - reach) * ZOOM, cells * ZOOM, cells * ZOOM]);
  }
  function drawMaps() {
    paint(photo.drawing, model.get("picture"), ...where(), model.get("way") === "pointwise" ? 1 : 3);
    paint(output.drawing, model.get("output"), ...where(), 1);
  }
  function cell(parent, value, weight, padding) {
    const words = weight === null ? "–" : `${padding ? "pad 0" : value} × ${weight}`;
    add(parent, "td", weight === null ? "oe-unseen" : "", words);
  }
  function draw() {
    Object.entries(menus).forEach(([name, menu]) => menu.show(model.get(name)));
    const way = model.get("way");
    menus.kernel.label.hidden = own.hidden = way === "pointwise";
    menus.mix.label.hidden = way === "depthwise";
    menus.channel.label.hidden = way !== "depthwise";
    model.get("weights").forEach((line, i) =>
      line.forEach((value, j) => {
        if (document.activeElement !== inputs[i][j]) inputs[i][j].value = value; // what is being typed stays
      }),
    );
    write(output.caption, `the output channel: ${model.get("legend")}`);
    output.drawing.setAttribute("aria-label", `the output channel; ${model.get("legend")}`);
    tables.replaceChildren();
    for (const panel of model.get("panels")) {
      const table = add(tables, "table");
      const read = panel.weights.flat().some((weight) => weight !== null);
      add(table, "caption", "", read ? panel.name : `${panel.name}: not read`);
      const body = add(table, "tbody");
      panel.values.forEach((line, i) => {
        const row = add(body, "tr");
        line.forEach((value, j) => cell(row, value, panel.weights[i][j], panel.padding[i][j]));
      });
    }
    write(total, model.get("summed"));
    write(counted, model.get("counted"));
    drawMaps();
  }
  const traits = ["way", "kernel", "weights", "mix", "channel", "output", "panels", "summed", "row", "column"];
  const undo = follow(traits, draw);
  return () => {
    clearTimeout(timer);
    undo();
  };
}

export default { render };
