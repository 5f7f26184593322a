// Two blocks side by side. Python describes them; this file draws streams as rows of boxes.

// JupyterLab takes arrow keys and letters for its own, unless the very element that has the focus asks it not to.
const KEYED = ["button", "input", "select"];
const SVG = "http://www.w3.org/2000/svg";

const STYLE = `
.oe-blocks { max-width: 66em; color: var(--jp-content-font-color1, #212121); line-height: 1.45;
  background: var(--jp-layout-color1, #fff); border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 4px;
  padding: 10px 14px; font-family: var(--jp-content-font-family, sans-serif);
  font-size: var(--jp-content-font-size1, 14px); }
.oe-blocks .oe-pick { display: flex; flex-wrap: wrap; gap: 6px 18px; margin-bottom: 8px; }
.oe-blocks label { display: inline-flex; gap: 6px; align-items: center; }
.oe-blocks select { font: inherit; color: inherit; background: var(--jp-layout-color1, #fff); padding: 2px 4px;
  border: 1px solid var(--jp-border-color0, #616161); border-radius: 3px; max-width: 17em; }
.oe-blocks :focus-visible { outline: 3px solid #4c78c8; outline-offset: 2px; }
.oe-blocks .oe-both { display: grid; grid-template-columns: repeat(auto-fit, minmax(24em, 1fr)); gap: 14px; }
.oe-blocks figure { margin: 0; border-top: 4px solid #4c78c8; padding-top: 6px; min-width: 0; }
.oe-blocks figure.oe-second { border-top: 4px dashed #d97b29; }
.oe-blocks figcaption { font-weight: 600; }
.oe-blocks .oe-change { color: var(--jp-content-font-color2, #555); min-height: 2.9em; margin: 2px 0; }
.oe-blocks svg { width: 100%; height: auto; display: block; }
.oe-blocks svg text { fill: var(--jp-content-font-color1, #212121); font-family: var(--jp-content-font-family, sans-serif); }
.oe-blocks svg rect { fill: var(--jp-layout-color2, #eee); stroke: var(--jp-border-color0, #616161); stroke-width: 1; }
.oe-blocks svg rect.oe-dynamic { stroke-width: 2.5; }
.oe-blocks svg path { fill: none; stroke: var(--jp-border-color0, #616161); stroke-width: 1.2; }
.oe-blocks table { border-collapse: collapse; margin: 8px 0 0; font-variant-numeric: tabular-nums; width: 100%; }
.oe-blocks th, .oe-blocks td { padding: 2px 8px 2px 0; text-align: left; color: inherit; border: 0; font-weight: 400;
  border-bottom: 1px solid var(--jp-border-color1, #bdbdbd); background: transparent; vertical-align: top; }
.oe-blocks td { text-align: right; padding-right: 0; }
.oe-blocks .oe-said { margin: 12px 0 0; }
.oe-blocks th { white-space: nowrap; }
.oe-blocks [hidden] { display: none; }
`;

function add(parent, tag, className = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (KEYED.includes(tag)) element.dataset.lmSuppressShortcuts = "true";
  return element;
}

function shape(parent, tag, attributes, text = "") {
  const element = parent.appendChild(document.createElementNS(SVG, tag));
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  if (text) element.textContent = text;
  return element;
}

const number = (value) => value.toLocaleString("en-GB");
const side = (value) => `${value}x${value}`;

const LANE = 30, TOP = 18, LEFT = 58, LAYER = 58, JOIN = 318, WIDTH = 440;

function stream(lane) {
  const many = lane.count > 1 ? `${lane.count} streams, each ` : "";
  return `${many}${lane.layers.join(", then ")}, sees ${side(lane.scale)}`;
}

function picture(block, rows) {
  const height = TOP + rows * LANE + 6;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${block.name}: squeeze ${block.squeeze}; ${block.lanes.map(stream).join("; ")}; ` +
    `joined by ${block.join}; expand ${block.expand}.`);
  const middle = TOP + (rows * LANE) / 2;
  const words = (x, y, text, size = 11, anchor = "middle") =>
    shape(svg, "text", { x, y: y + size * 0.35, "font-size": size, "text-anchor": anchor }, text);
  const tall = (x, text, className) => {
    shape(svg, "rect", { x, y: TOP, width: 22, height: height - TOP - 6, rx: 3, class: className });
    const title = words(x + 11, middle, text);
    title.setAttribute("transform", `rotate(-90 ${x + 11} ${middle})`);
  };
  tall(4, "squeeze", "");
  tall(JOIN + 46, "join", block.dynamic ? "oe-dynamic" : "");
  tall(JOIN + 92, "expand", "");
  words(JOIN + 20, 9, "sees");
  shape(svg, "path", { d: `M ${JOIN + 68} ${middle} H ${JOIN + 92}` });
    block.lanes.forEach((lane, i) => {
    const y = middle + (i - (block.lanes.length - 1) / 2) * LANE;
    shape(svg, "path", { d: `M 26 ${y} H ${JOIN + 2} M ${JOIN + 38} ${y} H ${JOIN + 46}` });
    const copies = Math.min(lane.count, 3) - 1;
    lane.layers.forEach((name, k) => {
      const wide = name.length > 8 ? 84 : LAYER - 6;
      const x = LEFT - 22 + k * LAYER + (k && lane.layers[0].length > 8 ? 32 : 0);
      for (let c = copies; c >= 0; c--)
        shape(svg, "rect", { x: x + 4 * c, y: y - 10 - 4 * c, width: wide, height: 20, rx: 3 });
      words(x + wide / 2, y, name, 10);
    });
    if (lane.count > 1) words(LEFT + 52, y - 9, `${lane.count} of them, all alike`, 11, "start");
    words(JOIN + 20, y, side(lane.scale));
  });
  return svg;
}

function render({ model, el }) {
  add(el, "style").textContent = STYLE;
  const box = add(el, "div", "oe-blocks");
  const pick = add(box, "div", "oe-pick");
  const selects = [];
  function select(name, title, options) {
    const label = add(pick, "label");
    add(label, "span", "", title);
    const input = add(label, "select");
    input.setAttribute("aria-label", title);
    options.forEach(([value, text]) => (add(input, "option", "", text).value = value));
    input.addEventListener("change", () => {
      model.set(name, input.value);
      model.save_changes();
    });
    selects.push(() => (input.value = model.get(name)));
  }
  select("first", "first block", model.get("choices"));
  select("second", "second block", model.get("choices"));
  select("place", "place", model.get("places").map((name) => [name, name]));
  select("network", "network", model.get("networks").map((name) => [name, name]));
  const both = add(box, "div", "oe-both");
  const said = add(box, "p", "oe-said");
  said.setAttribute("role", "status");
  const problem = add(box, "p");
  problem.setAttribute("role", "alert");

  function draw() {
    selects.forEach((update) => update());
    both.replaceChildren();
    model.get("blocks").forEach((block, i) => {
      const figure = add(both, "figure", i ? "oe-second" : "");
      add(figure, "figcaption", "", `${i ? "second" : "first"}: ${block.name}`);
      add(figure, "p", "oe-change", block.change);
      figure.append(picture(block, Math.max(2, ...model.get("blocks").map((other) => other.lanes.length))));
      const body = add(add(figure, "table"), "tbody");
      [
        ["joined by", block.join],
        ["its weights", block.dynamic ? "dynamic: from the photo" : "fixed: same for all photos"],
        ["parameters, block", number(block.parameters)],
        ["multiply-adds, block", number(block.multiply_adds)],
        ["parameters, network", number(block.network_parameters)],
        ["multiply-adds, network", number(block.network_multiply_adds)],
      ].forEach(([title, value]) => {
        const line = add(body, "tr");
        add(line, "th", "", title).scope = "row";
        add(line, "td", "", value);
      });
    });
    said.textContent = model.get("said");
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
  }
  const traits = ["first", "second", "place", "network", "blocks", "said", "problem"];
  traits.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => traits.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
