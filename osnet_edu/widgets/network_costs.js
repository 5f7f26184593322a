// Table 1 for any width and resolution. Python counts; this file draws rows and bars.

import { add, button, number, slider, write } from "./dom.js";
import { page } from "./page.js";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-costs");
  const knob = (name, title, limits, inWords) =>
    [name, slider(box, title, limits, (value) => set({ [name]: value }), inWords)];
  const sliders = [
    knob("width", "width \u03b2, of all channels", { min: 0.05, max: 1.5, step: 0.05 }, (value) => `x ${value.toFixed(2)}`),
    knob("height", "resolution of the photo", { min: 32, max: 512, step: 32 }, (value) => `${value} x ${Math.floor(value / 2)}`),
    knob("streams", "T, streams a block", { min: 1, max: get("most_streams"), step: 1 }, String),
  ];
  const total = says(box, "p", "oe-strong oe-result");
  const cited = add(box, "p", "oe-result");
  const table = add(add(box, "div", "oe-wide oe-result"), "table");
  const head = add(add(table, "thead"), "tr");
  ["stage", "output", "operation", "parameters", "multiply-adds"].forEach((text, i) => {
    add(head, "th", i > 2 ? "oe-right" : "", text).scope = "col";
  });
  const body = add(table, "tbody");

  function cost(row, value, bar, kind) {
    const cell = add(row, "td", "oe-right", number(value));
    if (bar !== null) add(cell, "span", `oe-bar ${kind}`).style.width = `${(100 * bar).toFixed(1)}%`;
  }
  const lines = []; // one line a row of the table; they stay, so that the keyboard's focus does
  function line(i) {
    if (!lines[i]) {
      const row = add(body, "tr");
      lines[i] = { row, opener: button(add(row, "td"), "", () => set({ opened: get("opened") === i ? -1 : i })) };
    }
    return lines[i];
  }
  function inside() {
    const parts = get("layers").map((layer) => {
      const row = document.createElement("tr");
      [layer.name, layer.output, layer.calls > 1 ? `${layer.kinds}; ${layer.calls} calls` : layer.kinds].forEach((text) =>
        add(row, "td", "", text),
      );
      cost(row, layer.parameters, null, "");
      cost(row, layer.multiply_adds, null, "");
      return row;
    });
    if (!parts.length) {
      parts.push(document.createElement("tr"));
      add(parts[0], "td", "", "no weights: pooling costs nothing in this count").colSpan = 5;
    }
    parts.forEach((row) => (row.className = "oe-inside"));
    return parts;
  }
  function draw() {
    sliders.forEach(([name, shown]) => shown.show(get(name)));
    write(total, `${number(get("parameters"))} parameters, ${number(get("multiply_adds"))} multiply-adds a photo`);
    write(cited, get("cited"));
    body.querySelectorAll(".oe-inside").forEach((row) => row.remove());
    get("rows").forEach((values, i) => {
      const { row, opener } = line(i);
      const open = get("opened") === i;
      write(opener, `${open ? "\u25be" : "\u25b8"} ${values.stage}`);
      opener.setAttribute("aria-expanded", String(open));
      while (row.children.length > 1) row.lastChild.remove();
      add(row, "td", "", values.output);
      add(row, "td", "", values.operation);
      cost(row, values.parameters, values.parameter_bar, "");
      cost(row, values.multiply_adds, values.multiply_add_bar, "oe-work");
      if (open) row.after(...inside());
    });
  }
  return follow(["width", "height", "streams", "rows", "layers", "opened", "cited"], draw);
}

export default { render };
