// The convolution one can touch. Python multiplies and adds; this file draws and says where the pointer is.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "canvas", "input", "select"];

const STYLE = `
.oe-conv { max-width: 62em; color: var(--jp-content-font-color1, #212121); line-height: 1.45;
  background: var(--jp-layout-color1, #fff); border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 4px;
  padding: 10px 14px; font-family: var(--jp-content-font-family, sans-serif);
  font-size: var(--jp-content-font-size1, 14px); }
.oe-conv .oe-row { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: flex-end; }
.oe-conv label { display: flex; flex-direction: column; font-size: .9em; }
.oe-conv select, .oe-conv input { font: inherit; color: inherit; background: var(--jp-layout-color2, #eee);
  border: 1px solid var(--jp-border-color0, #616161); border-radius: 3px; padding: 2px 4px; }
.oe-conv .oe-stage { display: flex; flex-wrap: wrap; gap: 12px 24px; margin-top: 12px; }
.oe-conv figure { margin: 0; }
.oe-conv figcaption { font-size: .9em; max-width: 200px; }
.oe-conv canvas { display: block; image-rendering: pixelated; border: 1px solid var(--jp-border-color0, #616161);
  touch-action: none; }
.oe-conv .oe-photo { cursor: crosshair; }
.oe-conv :focus-visible { outline: 3px solid #4c78c8; outline-offset: 2px; }
.oe-conv .oe-sum { flex: 1 1 26em; min-width: 18em; }
.oe-conv .oe-tables { display: flex; flex-wrap: wrap; gap: 10px; }
.oe-conv table { border-collapse: collapse; font-size: .88em; font-variant-numeric: tabular-nums; margin: 0; }
.oe-conv caption { text-align: left; font-weight: 600; padding-bottom: 2px; color: inherit; }
.oe-conv td { border: 1px solid var(--jp-border-color1, #bdbdbd); padding: 2px 5px; text-align: right; min-width: 1.2em;
  white-space: nowrap; color: inherit; background: var(--jp-layout-color1, #fff); }
.oe-conv tr:nth-child(2) td:nth-child(2) { outline: 2px solid currentColor; outline-offset: -2px; }
.oe-conv td.oe-unseen { border-style: dashed; }
.oe-conv td small { display: block; }
.oe-conv .oe-own { display: grid; grid-template-columns: repeat(3, 4.2em); gap: 2px; border: 0; margin: 0; padding: 0; }
.oe-conv .oe-own legend { font-size: .9em; padding: 0; }
.oe-conv .oe-own input { width: 100%; box-sizing: border-box; }
.oe-conv .oe-total { font-weight: 600; margin: 10px 0 4px; }
.oe-conv p { margin: 4px 0; }
.oe-conv [hidden] { display: none; }
`;
const ZOOM = 6;

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-conv");

  const send = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  // The menus
  const row = add(box, "div", "oe-row");
  const menus = {};
  function menu(name, title, entries) {
    const label = add(row, "label", "", title);
    const select = add(label, "select");
    select.setAttribute("aria-label", title);
    entries.forEach(([value, text]) => (add(select, "option", "", text).value = value));
    select.addEventListener("change", () => send(name, name === "channel" ? Number(select.value) : select.value));
    menus[name] = { label, select };
  }
  const choices = model.get("menu");
  menu("way", "layer", choices.way);
  menu("kernel", "3x3 kernel (where)", choices.kernel.map((name) => [name, name]));
  menu("mix", "1x1 mix (which colours)", choices.mix.map((name) => [name, name]));
  menu("channel", "channel", choices.channel.map((name, i) => [i, name]));

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
  const photo = canvas("the photo: point at a pixel, click to hold it, or use the arrow keys");
  const output = canvas("the output channel");
  photo.drawing.className = "oe-photo";
  photo.drawing.tabIndex = 0;
  photo.drawing.setAttribute("role", "application");
  photo.drawing.setAttribute("aria-label", "the photo; arrow keys move the pixel, with Shift by eight");
  output.drawing.setAttribute("role", "img");

  const sum = add(stage, "div", "oe-sum");
  const tables = add(sum, "div", "oe-tables");
  const total = add(sum, "p", "oe-total");
  total.setAttribute("role", "status");
  const counted = add(sum, "p", "oe-counted");
  const own = add(sum, "fieldset", "oe-own");
  add(own, "legend", "", "the kernel: change a number");
  const inputs = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => {
      const input = add(own, "input");
      input.type = "number";
      input.step = "any";
      input.setAttribute("aria-label", `kernel weight, row ${i + 1}, column ${j + 1}`);
      input.addEventListener("change", () => {
        if (input.value === "" || !Number.isFinite(Number(input.value))) return drawLayer();
        const weights = model.get("weights").map((line) => [...line]);
        weights[i][j] = Number(input.value);
        send("weights", weights);
      });
      return input;
    }),
  );
  const problem = add(box, "p", "oe-problem");
  problem.setAttribute("role", "alert");

  // Pointing. Python answers each step; while it does, further steps wait, and only the last one is sent.
  let held = false;
  let wanted = null;
  let timer = null;
  function point(r, c) {
    wanted = [Math.min(height - 1, Math.max(0, r)), Math.min(width - 1, Math.max(0, c))];
    drawMaps();
    timer ??= setTimeout(() => {
      timer = null;
      model.set({ row: wanted[0], column: wanted[1] });
      wanted = null;
      model.save_changes();
    }, 40);
  }
  const where = () => wanted ?? [model.get("row"), model.get("column")];
  function under(event) {
    const frame = photo.drawing.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left - 1, event.clientY - frame.top - 1];
    point(Math.floor((y / (frame.height - 2)) * height), Math.floor((x / (frame.width - 2)) * width));
  }
  photo.drawing.addEventListener("pointermove", (event) => held || under(event));
  photo.drawing.addEventListener("click", (event) => {
    held = !held;
    if (held) under(event);
    photo.caption.textContent = held
      ? "the photo: this pixel is held; click again to let go"
      : "the photo: point at a pixel, click to hold it, or use the arrow keys";
  });
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  photo.drawing.addEventListener("keydown", (event) => {
    if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [r, c] = where();
    const far = event.shiftKey ? 8 : 1;
    point(r + far * moves[event.key][0], c + far * moves[event.key][1]);
  });

  // Drawing
  function paint(drawing, bytes) {
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes.getUint8(3 * i + c);
      image.data[4 * i + 3] = 255;
    }
    const small = new OffscreenCanvas(width, height);
    small.getContext("2d").putImageData(image, 0, 0);
    const pen = drawing.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.clearRect(0, 0, drawing.width, drawing.height);
    pen.drawImage(small, 0, 0, drawing.width, drawing.height);
    return pen;
  }
  function frame(pen, r, c, cells) {
    const reach = (cells - 1) / 2;
    const at = [(c - reach) * ZOOM, (r - reach) * ZOOM, cells * ZOOM, cells * ZOOM];
    for (const [colour, thick] of [["#000", 5], ["#fff", 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.strokeRect(...at);
    }
  }
  function drawMaps() {
    const [r, c] = where();
    frame(paint(photo.drawing, model.get("picture")), r, c, model.get("way") === "pointwise" ? 1 : 3);
    frame(paint(output.drawing, model.get("output")), r, c, 1);
  }
  function drawLayer() {
    for (const [name, { select }] of Object.entries(menus)) select.value = model.get(name);
    const way = model.get("way");
    menus.kernel.label.hidden = own.hidden = way === "pointwise";
    menus.mix.label.hidden = way === "depthwise";
    menus.channel.label.hidden = way !== "depthwise";
    model.get("weights").forEach((line, i) => line.forEach((value, j) => (inputs[i][j].value = value)));
    output.caption.textContent = `the output channel: ${model.get("legend")}`;
    output.drawing.setAttribute("aria-label", `the output channel; ${model.get("legend")}`);
    drawMaps();
  }
  function drawSum() {
    tables.replaceChildren();
    for (const panel of model.get("panels")) {
      const table = add(tables, "table");
      const read = panel.weights.flat().some((weight) => weight !== null);
      add(table, "caption", "", read ? panel.name : `${panel.name}: not read`);
      const body = add(table, "tbody");
      panel.values.forEach((line, i) => {
        const cells = add(body, "tr");
        line.forEach((value, j) => {
          const weight = panel.weights[i][j];
          const cell = add(cells, "td", weight === null ? "oe-unseen" : "");
          const shown = panel.padding[i][j] ? "pad 0" : `${value}`;
          cell.textContent = weight === null ? "–" : `${shown} × ${weight}`;
        });
      });
    }
    total.textContent = model.get("summed");
    counted.textContent = model.get("counted");
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
    drawMaps();
  }
  const layer = ["way", "kernel", "weights", "mix", "channel", "output"];
  const pixel = ["panels", "summed", "problem", "row", "column"];
  layer.forEach((name) => model.on(`change:${name}`, drawLayer));
  pixel.forEach((name) => model.on(`change:${name}`, drawSum));
  drawLayer();
  drawSum();
  return () => {
    clearTimeout(timer);
    layer.forEach((name) => model.off(`change:${name}`, drawLayer));
    pixel.forEach((name) => model.off(`change:${name}`, drawSum));
  };
}

export default { render };
