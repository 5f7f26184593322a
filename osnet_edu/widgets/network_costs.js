// Table 1 for any width and resolution. Python counts; this file draws rows and bars.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];

const STYLE = `
.oe-costs { max-width: 66em; color: var(--jp-content-font-color1, #212121); line-height: 1.45;
  background: var(--jp-layout-color1, #fff); border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 4px;
  padding: 10px 14px; font-family: var(--jp-content-font-family, sans-serif);
  font-size: var(--jp-content-font-size1, 14px); overflow-x: auto; }
.oe-costs label { display: grid; grid-template-columns: 13em minmax(8em, 24em) 8em; gap: 10px; align-items: center;
  margin: 3px 0; }
.oe-costs input[type=range] { width: 100%; accent-color: #4c78c8; margin: 0; }
.oe-costs :focus-visible { outline: 3px solid #4c78c8; outline-offset: 2px; }
.oe-costs .oe-total { font-weight: 600; margin: 10px 0 2px; }
.oe-costs p { margin: 4px 0; }
.oe-costs table { border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; width: 100%; }
.oe-costs th, .oe-costs td { padding: 3px 8px; text-align: left; color: inherit; border: 0;
  border-bottom: 1px solid var(--jp-border-color1, #bdbdbd); background: transparent; white-space: nowrap;
  vertical-align: top; }
.oe-costs td.oe-number { text-align: right; width: 20%; }
.oe-costs td button { font: inherit; color: inherit; background: var(--jp-layout-color2, #eee); cursor: pointer;
  border: 1px solid var(--jp-border-color0, #616161); border-radius: 3px; padding: 0 8px; min-width: 8.5em;
  text-align: left; }
.oe-costs .oe-bar { display: block; height: 7px; margin-left: auto; background: #4c78c8; }
.oe-costs .oe-bar.oe-work { background: repeating-linear-gradient(45deg, #d95f02 0 3px, #f4a259 3px 6px); }
.oe-costs .oe-inside td { font-size: .9em; padding-left: 24px; }
.oe-costs [hidden] { display: none; }
`;

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

const number = (value) => value.toLocaleString("en-GB");

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-costs");
  const send = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  function slider(name, title, [min, max, step], shown) {
    const label = add(box, "label");
    add(label, "span", "", title);
    const input = add(label, "input");
    Object.assign(input, { type: "range", min, max, step });
    input.setAttribute("aria-label", title);
    const output = add(label, "output");
    input.addEventListener("input", () => send(name, Number(input.value)));
    return () => {
      input.value = model.get(name);
      output.textContent = shown(model.get(name));
      input.setAttribute("aria-valuetext", shown(model.get(name)));
    };
  }
  const sliders = [
    slider("width", "width \u03b2, of all channels", [0.05, 1.5, 0.05], (value) => `x ${value.toFixed(2)}`),
    slider("height", "resolution of the photo", [32, 512, 32], (value) => `${value} x ${Math.floor(value / 2)}`),
    slider("streams", "T, streams a block", [1, model.get("most_streams"), 1], (value) => `${value}`),
  ];
  const total = add(box, "p", "oe-total");
  total.setAttribute("role", "status");
  const cited = add(box, "p");
  const table = add(box, "table");
  const head = add(add(table, "thead"), "tr");
  ["stage", "output", "operation", "parameters", "multiply-adds"].forEach((text) => {
    const title = add(head, "th", "", text);
    title.scope = "col";
    if (/parameters|multiply/.test(text)) title.style.textAlign = "right";
  });
  const body = add(table, "tbody");
  const problem = add(box, "p");
  problem.setAttribute("role", "alert");

  function cost(row, value, bar, kind) {
    const cell = add(row, "td", "oe-number", number(value));
    if (bar !== null) add(cell, "span", `oe-bar ${kind}`).style.width = `${(100 * bar).toFixed(1)}%`;
  }
  const lines = []; // one line a row of the table; they stay, so that the keyboard's focus does
  function drawTable() {
    model.get("rows").forEach((row, i) => {
      if (!lines[i]) {
        const line = add(body, "tr");
        const button = add(add(line, "td"), "button");
        button.type = "button";
        button.addEventListener("click", () => send("opened", model.get("opened") === i ? -1 : i));
        lines[i] = { line, button };
      }
      const { line, button } = lines[i];
      const open = model.get("opened") === i;
      button.textContent = `${open ? "\u25be" : "\u25b8"} ${row.stage}`;
      button.setAttribute("aria-expanded", String(open));
      while (line.children.length > 1) line.lastChild.remove();
      add(line, "td", "", row.output);
      add(line, "td", "", row.operation);
      cost(line, row.parameters, row.parameter_bar, "");
      cost(line, row.multiply_adds, row.multiply_add_bar, "oe-work");
    });
    body.querySelectorAll(".oe-inside").forEach((line) => line.remove());
    const opened = lines[model.get("opened")];
    if (!opened) return;
    const inside = model.get("layers").map((layer) => {
      const line = document.createElement("tr");
      line.className = "oe-inside";
      add(line, "td", "", layer.name);
      add(line, "td", "", layer.output);
      add(line, "td", "", layer.calls > 1 ? `${layer.kinds}; ${layer.calls} calls` : layer.kinds);
      cost(line, layer.parameters, null, "");
      cost(line, layer.multiply_adds, null, "");
      return line;
    });
    if (!inside.length) {
      const line = document.createElement("tr");
      line.className = "oe-inside";
      add(line, "td", "", "no weights: pooling costs nothing in this count").colSpan = 5;
      inside.push(line);
    }
    opened.line.after(...inside);
  }
  function draw() {
    sliders.forEach((update) => update());
    total.textContent =
      `${number(model.get("parameters"))} parameters, ${number(model.get("multiply_adds"))} multiply-adds a photo`;
    cited.textContent = model.get("cited");
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
    drawTable();
  }
  const traits = ["width", "height", "streams", "rows", "layers", "opened", "cited", "problem"];
  traits.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => traits.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
