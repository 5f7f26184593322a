// How far a stream sees. Python computes windows and heat; this file draws them over the photo.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];

const STYLE = `
.oe-field { max-width: 62em; color: var(--jp-content-font-color1, #212121); line-height: 1.45;
  background: var(--jp-layout-color1, #fff); border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 4px;
  padding: 10px 14px; font-family: var(--jp-content-font-family, sans-serif);
  font-size: var(--jp-content-font-size1, 14px); display: flex; flex-wrap: wrap; gap: 12px 28px; }
.oe-field canvas { display: block; max-width: 100%; }
.oe-field .oe-side { flex: 1 1 24em; min-width: 18em; }
.oe-field label { display: grid; grid-template-columns: 11em 1fr 2.5em; gap: 8px; align-items: center; margin: 4px 0; }
.oe-field label.oe-check { grid-template-columns: auto 1fr; }
.oe-field input[type=range] { width: 100%; accent-color: #4c78c8; margin: 0; }
.oe-field select { font: inherit; color: inherit; background: var(--jp-layout-color2, #eee);
  border: 1px solid var(--jp-border-color0, #616161); border-radius: 3px; padding: 2px 4px; justify-self: start; }
.oe-field :focus-visible { outline: 3px solid #4c78c8; outline-offset: 2px; }
.oe-field p { margin: 5px 0; }
.oe-field table { border-collapse: collapse; margin: 10px 0; font-variant-numeric: tabular-nums; font-size: .93em; }
.oe-field th, .oe-field td { padding: 2px 12px 2px 4px; text-align: right; color: inherit; border: 0;
  border-bottom: 1px solid var(--jp-border-color1, #bdbdbd); background: transparent; }
.oe-field tr.oe-here td { font-weight: 700; }
.oe-field .oe-key { font-size: .9em; }
.oe-field [hidden] { display: none; }
`;
const MARGIN = 28; // of screen pixels around the photo: what a window sees there is padding

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-field");
  const send = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  const [height, width] = [model.get("height"), model.get("width")];
  const zoom = Math.max(1, Math.round(440 / height));
  const figure = add(box, "div");
  const canvas = add(figure, "canvas");
  canvas.width = width * zoom + 2 * MARGIN;
  canvas.height = height * zoom + 2 * MARGIN;
  canvas.setAttribute("role", "img");

  const side = add(box, "div", "oe-side");
  function slider(name, title, most) {
    const label = add(side, "label");
    add(label, "span", "", title);
    const input = add(label, "input");
    Object.assign(input, { type: "range", min: 1, max: most, step: 1 });
    input.setAttribute("aria-label", title);
    const shown = add(label, "output");
    input.addEventListener("input", () => send(name, Number(input.value)));
    return { input, shown };
  }
  const label = add(side, "label");
  add(label, "span", "", "block");
  const block = add(label, "select");
  block.setAttribute("aria-label", "block");
  model.get("blocks").forEach((name) => (add(block, "option", "", name).value = name));
  block.addEventListener("change", () => send("block", block.value));
  const sliders = {
    streams: slider("streams", "T, streams a block", model.get("most_streams")),
    stream: slider("stream", "t, the stream asked", model.get("streams")),
  };
  const check = add(side, "label", "oe-check");
  const measured = add(check, "input");
  measured.type = "checkbox";
  measured.addEventListener("change", () => send("measured", measured.checked));
  add(check, "span", "", "draw the measured field");

  const status = add(side, "div");
  status.setAttribute("role", "status");
  const table = add(side, "table");
  const head = add(add(table, "thead"), "tr");
  ["t", "cells", "shortest", "longest"].forEach((text) => (add(head, "th", "", text).scope = "col"));
  const body = add(table, "tbody");
  add(
    side, "p", "oe-key",
    "Solid frame: shortest path. Dashed frame: longest path, cut off where it leaves the picture. " +
      "Orange: what moves the unit, strongest where it is densest. Around the photo lies padding.",
  );
  const problem = add(side, "p");
  problem.setAttribute("role", "alert");

  function layer(bytes, channels, colour) {
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = colour ? colour[c] : bytes.getUint8(channels * i + c);
      image.data[4 * i + 3] = colour ? bytes.getUint8(i) * 0.85 : 255;
    }
    const small = new OffscreenCanvas(width, height);
    small.getContext("2d").putImageData(image, 0, 0);
    return small;
  }
  function frame(pen, [top, left, bottom, right], dash) {
    const at = [MARGIN + left * zoom, MARGIN + top * zoom, (right - left) * zoom, (bottom - top) * zoom];
    for (const [colour, thick] of [["#000", 5], ["#fff", 2]]) {
      pen.setLineDash(dash);
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.strokeRect(...at);
    }
  }
  function draw() {
    const pen = canvas.getContext("2d");
    pen.setLineDash([]);
    pen.fillStyle = "#7d7d7d";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = false;
    const place = [MARGIN, MARGIN, width * zoom, height * zoom];
    pen.drawImage(layer(model.get("picture"), 3), ...place);
    if (model.get("measured") && model.get("heat").byteLength) {
      pen.fillStyle = "rgba(0, 0, 0, 0.3)"; // a dimmed photo, so that the heat stands out
      pen.fillRect(...place);
      pen.drawImage(layer(model.get("heat"), 1, [255, 150, 30]), ...place);
    }
    const windows = model.get("windows");
    if (windows.longest) frame(pen, windows.longest, [9, 6]);
    if (windows.shortest) frame(pen, windows.shortest, []);
    canvas.setAttribute("aria-label", `The photo with the windows drawn on it. ${model.get("sentences").join(" ")}`);

    block.value = model.get("block");
    measured.checked = model.get("measured");
    sliders.stream.input.max = model.get("streams");
    for (const [name, { input, shown }] of Object.entries(sliders)) {
      input.value = model.get(name);
      shown.textContent = model.get(name);
    }
    status.replaceChildren(...model.get("sentences").map((text) => {
      const line = document.createElement("p");
      line.textContent = text;
      return line;
    }));
    body.replaceChildren();
    for (const line of model.get("table")) {
      const row = add(body, "tr", line[0] === model.get("stream") ? "oe-here" : "");
      const [t, cells, shortest, longest] = line;
      const here = line[0] === model.get("stream") ? "\u25b8 " : "";
      [`${here}${t}`, `${cells} x ${cells}`, `${shortest} px`, `${longest} px`].forEach((text) => add(row, "td", "", text));
    }
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
  }
  const traits = ["block", "streams", "stream", "measured", "heat", "windows", "sentences", "table", "problem"];
  traits.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => traits.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
