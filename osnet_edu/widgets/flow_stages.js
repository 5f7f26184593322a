// The row of stages: photos on the left, a column for each stage, the 512 numbers as a bar code at the end.

import { add, button, bytes, picture, shape } from "./dom.js";
import { ORDER, cellClicked, mapPicture, redrawn, shapeLines, shapeOf } from "./flow_maps.js";

const SHADES = 12; // of a bar code: one drawing each, since a page with thousands of stripes is slow
const FAR = "Bars: how far apart the two photos are behind a stage; 1 is as far as two photos of the gallery usually are.";
const FULL = 1.6; // of the usual distance: as long as the bar of a stage

// open(at, cell): a stage was clicked. The first click opens it, and the next one asks a cell.
export function flowStages(parent, get, open) {
  const row = add(parent, "div", "oe-stages oe-result");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "from the photo to 512 numbers");
  const redraw = redrawn(row);
  let reached = Infinity; // columns that have appeared
  const last = () => get("network").maps.length; // the column of the last stage
  const behind = (name) => distanceBehind(get, name);

  function appear() {
    row.querySelectorAll(".oe-column").forEach((column, k) => column.classList.toggle("oe-waits", k > reached));
  }
  function draw(lit) {
    const { maps, code, similarity, parted } = get("network");
    const stage = get("trail")[1]?.[0] || "";
    redraw([maps, get("pictures"), code, lit, stage, parted], () => {
      photosColumn(row, get("pictures"), get("size"));
      for (const map of maps) {
        const here = parted.split(".")[0] === map.name ? parted : "";
        stageColumn(row, map, { lit, open, chosen: stage === map.name, ratio: behind(map.name), parted: here });
      }
      codes(row, code, similarity, get("ratios").embedding);
      if (code.length > 1) add(row, "p", "oe-far oe-small oe-soft", FAR);
    });
    appear();
  }
  return {
    draw,
    hiding: () => reached <= last(),
    rewind: () => (reached = 0),
    all() {
      reached = Infinity;
      appear();
    },
    // One column more.  Returns: what is said of it; "" where all are there.
    next() {
      if (reached === Infinity) reached = 0;
      reached += 1;
      const { maps, similarity } = get("network");
      const ends = reached > maps.length;
      if (ends) reached = Infinity;
      appear();
      if (ends) return "";
      const map = maps[reached - 1];
      const ratio = behind(map.name);
      const far = ratio === undefined ? "" : `, the two are ${ratio.toFixed(2)} times the usual distance apart`;
      return `${map.name}: ${shapeOf(map.shape)}${far}.`;
    },
  };
}

// How far apart two photos are behind a stage, 1 is usual; nothing for one photo.
function distanceBehind(get, stage) {
  const steps = Object.keys(get("ratios")).filter((name) => name.split(".")[0] === stage);
  return get("ratios")[steps[steps.length - 1]];
}

function photosColumn(row, pictures, size) {
  const column = add(row, "div", "oe-column oe-begins");
  const maps = add(column, "div", "oe-maps");
  pictures.forEach((one, k) => picture(maps, { src: one.src, text: `${ORDER[k]} photo: ${one.text}` }));
  add(column, "b", "", pictures.length > 1 ? "photos" : "photo");
  shapeLines(column, [pictures.length, 3, ...size]);
}

function stageColumn(row, map, { lit, open, chosen, ratio, parted }) {
  const column = add(row, "div", "oe-column");
  const one = add(column, "button", "oe-step");
  one.type = "button";
  one.dataset.key = map.name;
  one.addEventListener("click", (event) => open(map.name, chosen ? cellClicked(event, map) : undefined));
  one.setAttribute("aria-pressed", String(chosen));
  const maps = add(one, "span", "oe-maps");
  map.src.forEach((_, photo) => mapPicture(maps, map, photo, lit));
  add(one, "b", "", map.name);
  shapeLines(one, map.shape);
  one.title = `(B, C, H, W) = (${map.shape.join(", ")})`;
  const far = ratio === undefined ? "" : `, ${ratio.toFixed(2)} times the usual distance apart`;
  one.setAttribute("aria-label", `${map.name}: ${shapeOf(map.shape)}${far}`);
  if (ratio !== undefined) distance(column, ratio);
  if (!parted) return;
  const here = button(column, `part in ${parted}`, () => open(parted), "oe-parts oe-small");
  here.dataset.key = "parted";
  here.setAttribute("aria-label", `part in ${parted}: open this block`);
}

function distance(column, ratio) {
  const meter = add(column, "span", "oe-distance");
  meter.title = `${ratio.toFixed(2)} times the usual distance`;
  const bar = add(meter, "i");
  bar.style.width = `${Math.min(100, (100 * ratio) / FULL)}%`;
  add(meter, "b", "oe-small", ratio.toFixed(2));
}

function codes(row, code, similarity, ratio) {
  const column = add(row, "div", "oe-column oe-ends");
  const maps = add(column, "div", "oe-codes");
  code.forEach((values, k) => barcode(maps, values, `the 512 numbers of the ${ORDER[k]} photo as a bar code`));
  add(column, "b", "", code.length > 1 ? `similarity ${similarity.toFixed(2)}` : "512 numbers");
  if (code.length > 1) add(column, "span", "oe-small oe-soft", "512 numbers each");
  if (ratio !== undefined) distance(column, ratio);
}

// Numbers as stripes, the larger the darker; in the ink of the page, so that they follow its theme.
export function barcode(parent, values, words) {
  const data = bytes(values);
  const look = { viewBox: `0 0 ${data.length} 1`, preserveAspectRatio: "none", role: "img", "aria-label": words, class: "oe-code" };
  const svg = shape(parent, "svg", look);
  const shades = Array.from({ length: SHADES }, () => "");
  data.forEach((value, x) => (value && (shades[Math.ceil((value / 255) * SHADES) - 1] += `M${x} 0h1v1h-1z`)));
  shades.forEach((d, k) => d && shape(svg, "path", { d, "fill-opacity": ((k + 0.5) / SHADES).toFixed(2) }));
}
