// Maps of the network at work as pictures with a cell for each pixel, and what is said of their shapes.

import { add, cellUnder } from "./dom.js";

export const ORDER = ["first", "second"];
export const shapeOf = ([, channels, rows, columns]) => `${channels} channels, ${rows} \u00d7 ${columns} cells`;

// The shape in two short lines.  Where there is no room for the words, the first column of the row has them.
export function shapeLines(parent, [, channels, rows, columns]) {
  const lines = add(parent, "span", "oe-shape oe-small oe-soft");
  const first = add(lines, "span", "", String(channels));
  add(first, "span", "oe-unit", " channels");
  add(lines, "span", "", `${rows}\u00d7${columns}`);
}

// A map of one photo.  lit: only what differs has its colours.
export function mapPicture(parent, map, photo, lit) {
  const img = add(parent, "img", "oe-map");
  const src = lit && map.lit.length ? map.lit[photo] : map.src[photo];
  img.src = src;
  img.draggable = false;
  const [, , rows, columns] = map.shape;
  img.alt = `${map.name} of the ${ORDER[photo]} photo in three colours, ${rows} by ${columns} cells`;
  return img;
}

// A row or column as near as there is one, of `most`.
export const nearest = (at, most) => Math.min(most - 1, Math.max(0, at));

// The cell of a map that was clicked, [photo, row, column]; nothing where the click came from a key or beside the maps.
export function cellClicked(event, map) {
  const img = event.target;
  if (!event.detail || !img.matches?.("img.oe-map")) return undefined;
  const [, , rows, columns] = map.shape;
  const [row, column] = cellUnder(event, img, rows, columns);
  const photo = [...img.parentElement.querySelectorAll("img.oe-map")].indexOf(img);
  return [photo, nearest(row, rows), nearest(column, columns)];
}

// Draws anew only if something changed, and gives the focus back to the control of the same name.
export function redrawn(parent) {
  let made = "";
  return (values, make) => {
    const now = JSON.stringify(values, (_, value) => (ArrayBuffer.isView(value) ? [...new Uint8Array(value.buffer)].join() : value));
    if (now === made) return;
    made = now;
    const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    parent.replaceChildren();
    make();
    if (focused) parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };
}
