// Two blocks side by side. Python describes them; this file draws streams as rows of boxes, and what differs in thick lines.

import { add, choice, number, shape, write } from "./dom.js";
import { page } from "./page.js";

const LANE = 30, TOP = 18, LEFT = 58, LAYER = 58, JOIN = 318, WIDTH = 440;
const side = (value) => `${value}x${value}`;
const WEIGHTED = { gates: "each weighted by a gate that looks at the photo", numbers: "each weighted by learned numbers" };

function inWords(lane) {
  const many = lane.count > 1 ? `${lane.count} streams, each ` : "";
  return `${many}${lane.layers.join(", then ")}, sees ${side(lane.scale)}`;
}

function drawing(parent, block, other, rows) {
  const height = TOP + rows * LANE + 6;
  const middle = TOP + (rows * LANE) / 2;
  const svg = shape(parent, "svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img" });
  const weighted = WEIGHTED[block.weighted] ? `, ${WEIGHTED[block.weighted]}` : "";
  const streams = block.lanes.map(inWords).join("; ");
  svg.setAttribute(
    "aria-label",
    `${block.name}: squeeze ${block.squeeze}; ${streams}; joined by ${block.join}${weighted}; expand ${block.expand}.`,
  );
  const words = (x, y, text, size = 11, anchor = "middle") =>
    shape(svg, "text", { x, y: y + size * 0.35, "font-size": size, "text-anchor": anchor }, text);
  const tall = (x, text, differs) => {
    const at = { x, y: TOP, width: 22, height: height - TOP - 6, rx: 3, class: differs ? "oe-differs" : "" };
    shape(svg, "rect", at);
    words(x + 11, middle, text).setAttribute("transform", `rotate(-90 ${x + 11} ${middle})`);
  };
  tall(4, "squeeze", block.squeeze !== other.squeeze);
  tall(JOIN + 46, "join", block.join !== other.join);
  tall(JOIN + 92, "expand", block.expand !== other.expand);
  words(JOIN + 20, 9, "sees");
  shape(svg, "path", { d: `M ${JOIN + 68} ${middle} H ${JOIN + 92}` });
  block.lanes.forEach((lane, i) => {
    const y = middle + (i - (block.lanes.length - 1) / 2) * LANE;
    const twin = other.lanes[i] || { layers: [] };
    shape(svg, "path", { d: `M 26 ${y} H ${JOIN + 2} M ${JOIN + 38} ${y} H ${JOIN + 46}` });
    const copies = Math.min(lane.count, 3) - 1;
    lane.layers.forEach((name, k) => {
      const wide = name.length > 8 ? 84 : LAYER - 6;
      const x = LEFT - 22 + k * LAYER + (k && lane.layers[0].length > 8 ? 32 : 0);
      const differs = name !== twin.layers[k] || lane.count !== twin.count;
      for (let c = copies; c >= 0; c--) {
        const at = { x: x + 4 * c, y: y - 10 - 4 * c, width: wide, height: 20, rx: 3 };
        shape(svg, "rect", { ...at, class: differs ? "oe-differs" : "" });
      }
      words(x + wide / 2, y, name, 10);
    });
    if (lane.count > 1) words(LEFT + 52, y - 9, `${lane.count} of them, all alike`, 11, "start");
    words(JOIN + 20, y, side(lane.scale));
    const mark = { class: `oe-weighs ${block.weighted !== other.weighted ? "oe-differs" : ""}` };
    if (block.weighted === "gates") shape(svg, "circle", { ...mark, cx: JOIN + 46, cy: y, r: 6 });
    if (block.weighted === "numbers") shape(svg, "rect", { ...mark, x: JOIN + 40, y: y - 6, width: 12, height: 12 });
  });
}

function table(parent, block, other) {
  const rows = [
    ["joined by", (b) => b.join],
    ["its weights", (b) => (b.dynamic ? "dynamic: from the photo" : "fixed: same for all photos")],
    ["parameters, block", (b) => number(b.parameters)],
    ["multiply-adds, block", (b) => number(b.multiply_adds)],
    ["parameters, network", (b) => number(b.network_parameters)],
    ["multiply-adds, network", (b) => number(b.network_multiply_adds)],
  ];
  const body = add(add(parent, "table"), "tbody");
  rows.forEach(([title, value]) => {
    const line = add(body, "tr");
    add(line, "th", "", title).scope = "row";
    const differs = value(block) !== value(other);
    const cell = add(line, "td", `oe-right ${differs ? "oe-differs" : ""}`, value(block));
    if (differs) cell.prepend("\u2260 ");
  });
}

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-blocks");
  const pick = add(box, "div", "oe-line");
  const named = (trait) => get(trait).map((name) => [name, name]);
  const lists = [
    ["first", "first block", get("choices")],
    ["second", "second block", get("choices")],
    ["place", "place", named("places")],
    ["network", "network", named("networks")],
  ].map(([trait, title, entries]) => [trait, choice(pick, title, (value) => set({ [trait]: value }), entries)]);
  const both = add(box, "div", "oe-both oe-result");
  add(box, "p", "oe-key", "Thick lines, and \u2260: here they differ. A circle on the join is a gate that looks at the photo; a square is a learned number.");
  const said = says(box, "p", "oe-said oe-result");

  function draw() {
    lists.forEach(([trait, list]) => list.show(get(trait)));
    both.replaceChildren();
    const blocks = get("blocks");
    const rows = Math.max(2, ...blocks.map((block) => block.lanes.length));
    blocks.forEach((block, i) => {
      const figure = add(both, "figure", i ? "oe-second" : "");
      add(figure, "figcaption", "oe-strong", `${i ? "second" : "first"}: ${block.name}`);
      add(figure, "p", "oe-change", block.change);
      drawing(figure, block, blocks[1 - i], rows);
      table(figure, block, blocks[1 - i]);
    });
    write(said, get("said"));
  }
  return follow(["first", "second", "place", "network", "blocks", "said"], draw);
}

export default { render };
