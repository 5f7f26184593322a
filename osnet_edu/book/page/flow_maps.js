// Maps in three colours, what of them is unlike in the other photo, and how far apart two photos are: the rules of
// explain/flow/palette.py and parting.py, and of widgets/flow_drawn.py.
//
// A map: {data: Float32Array (C, h, w), shape: [C, h, w]}.  about: flow_NAME.json.

import { END } from "./flow_places.js";

const GREY = [64, 68, 76]; // of a cell that the other photo has as well
const LOWER = 0.3; // how bright such a cell still is

// Red is the first direction of a basis, green the second, blue the third.  Returns: (h * w * 3) uint8.
export function colours({ data, shape: [channels, rows, columns] }, { mean, axes, low, high }) {
  const cells = rows * columns;
  const found = new Uint8Array(3 * cells);
  axes.forEach((axis, k) => {
    const wide = high[k] - low[k];
    const sums = new Float64Array(cells);
    for (let c = 0, at = 0; c < channels; c++) {
      for (let cell = 0; cell < cells; cell++, at++) sums[cell] += (data[at] - mean[c]) * axis[c];
    }
    sums.forEach((sum, cell) => {
      const shade = wide > 0 ? Math.round(255 * clipped((sum - low[k]) / wide)) : 128;
      found[3 * cell + k] = shade;
    });
  });
  return found;
}

const clipped = (value) => Math.min(1, Math.max(0, value));

// Cells of a map as rows of length 1: (cells * C).
function unitCells({ data, shape: [channels, rows, columns] }) {
  const cells = rows * columns;
  const found = new Float32Array(cells * channels);
  for (let cell = 0; cell < cells; cell++) {
    let square = 0;
    for (let c = 0; c < channels; c++) square += data[c * cells + cell] ** 2;
    const length = Math.max(Math.sqrt(square), 1e-12);
    for (let c = 0; c < channels; c++) found[cell * channels + c] = data[c * cells + cell] / length;
  }
  return found;
}

// How little each cell finds its like in the other map: 1 minus the cosine of the most similar one, (cells) of each.
export function unlike(first, second) {
  const [channels, rows, columns] = first.shape;
  const cells = rows * columns;
  const [one, other] = [unitCells(first), unitCells(second)];
  const best = [new Float32Array(cells).fill(-2), new Float32Array(cells).fill(-2)];
  for (let a = 0; a < cells; a++) {
    const from = a * channels;
    let most = -2;
    for (let b = 0, at = 0; b < cells; b++) {
      let sum = 0;
      for (let c = from; c < from + channels; c++) sum += one[c] * other[at++];
      if (sum > most) most = sum;
      if (sum > best[1][b]) best[1][b] = sum;
    }
    best[0][a] = most;
  }
  return best.map((some) => Float64Array.from(some, (cosine) => 1 - cosine));
}

// How little each cell of two maps is lit, in [0, 1].  usual: of the map.
export function lit(first, second, usual) {
  const found = unlike(first, second);
  return usual > 0 ? found.map((one) => one.map((value) => clipped(value / usual))) : found.map((one) => one.fill(0));
}

// Colours (h * w * 3), grey where a cell is not lit (h * w).
export function dulled(shades, shining) {
  const found = new Uint8Array(shades.length);
  shining.forEach((share, cell) => {
    const at = 3 * cell;
    const bright = LOWER * ((shades[at] + shades[at + 1] + shades[at + 2]) / 3 - 128);
    for (let k = 0; k < 3; k++) {
      const dull = GREY[k] + bright;
      found[at + k] = Math.min(255, Math.max(0, Math.round(dull + share * (shades[at + k] - dull))));
    }
  });
  return found;
}

// The most similar cell of another map: {match: [row, column], cosine}.
export function matchOf(one, other, [row, column]) {
  const [channels, rows, columns] = one.shape;
  const mine = unitCells(one).subarray((row * columns + column) * channels, (row * columns + column + 1) * channels);
  const theirs = unitCells(other);
  let [best, cosine] = [0, -2];
  for (let cell = 0; cell < rows * columns; cell++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += mine[c] * theirs[cell * channels + c];
    if (sum > cosine) [best, cosine] = [cell, sum];
  }
  return { match: [Math.floor(best / columns), best % columns], cosine };
}

// ---- how far apart

export function cosineOf(one, other) {
  let [dot, a, b] = [0, 0, 0];
  one.forEach((value, k) => {
    dot += value * other[k];
    a += value * value;
    b += other[k] * other[k];
  });
  return dot / ((Math.sqrt(a) || 1) * (Math.sqrt(b) || 1));
}

// The mean of each channel, or the embedding.
function pooled(photo, name) {
  if (name === END) return photo.embedding;
  const { data, shape: [channels, rows, columns] } = photo.map(name);
  const cells = rows * columns;
  return Float64Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let at = c * cells; at < (c + 1) * cells; at++) sum += data[at];
    return sum / cells;
  });
}

// Where two photos part: {ratios: {step: distance, 1 is usual}, block: "" for none, widest, already, sentence}.
export function parting({ trunk, blocks, usual, parted }, [one, other]) {
  const names = [...trunk, END];
  const far = (name) => (1 - cosineOf(pooled(one, name), pooled(other, name))) / Math.max(usual[name], 1e-12);
  const ratios = Object.fromEntries(names.map((name) => [name, far(name)]));
  const since = names.findLastIndex((name) => ratios[name] < parted) + 1; // from here on they are apart
  const block = Object.keys(blocks).find((name) => names.indexOf(name) >= since) ?? "";
  const widest = names.reduce((best, name) => (ratios[name] > ratios[best] ? name : best));
  const already = Boolean(block) && Math.min(...Object.values(ratios)) >= parted;
  return { ratios, block, widest, already, sentence: partingSaid({ ratios, block, widest, already, parted }) };
}

function partingSaid({ ratios, block, widest, already, parted }) {
  const times = (name) => ratios[name].toFixed(2);
  const end = `${times(END)} times the usual distance`;
  if (already) return `The two are apart even before the first block, ${block}: at the end they are ${end} apart.`;
  if (block) return `The two part in ${block} and stay apart: at the end they are ${end} apart.`;
  if (ratios[END] >= parted) return `The two part behind the last block: at the end they are ${end} apart.`;
  if (widest === END) return `No block keeps the two apart: at the end, where they are furthest apart, they are only ${end} apart.`;
  const most = `they are furthest apart behind ${widest}, ${times(widest)} times the usual distance`;
  return `No block keeps the two apart: ${most}, and at the end only ${times(END)} times.`;
}
