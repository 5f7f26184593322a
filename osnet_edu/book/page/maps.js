// Maps of what in a photo speaks for a number, by methods that only ask the network forwards: occlusion, CorrRISE and
// segment occlusion, as osnet_edu/explain/perturbation.py and exchange.py have them. What is painted is rounded to whole
// colours before the network sees it, as there.
//
// A photo: {pixels (H * W * 3) uint8, height, width}.  A map: (H * W) Float64Array, above zero speaks for the number.
// look(photos, count): features (count * D) of photos one behind the other; a promise.
// target(features, dim): the number of each row, an array.

import { randomMasks } from "./map_masks.js";
import { goneOf, heatOf, pieces } from "./pieces.js";

const PART = 32; // altered photos that go through the network at a time

// How far the number falls when a square is painted over, averaged over the squares on each pixel.
// window, step: side of the square and distance between squares in pixels; 3/32 and 1/32 of the height without them.
// arrived(map, done, all): what is known so far, in which a pixel without a square yet is 0.
export async function occlusion(look, photo, target, { window, step, arrived = () => {} } = {}) {
  const { height, width, pixels } = photo;
  const side = window ?? Math.max(1, Math.round((height * 3) / 32));
  const apart = step ?? Math.max(1, Math.round(height / 32));
  const paint = rounded(blurred(photo, side / 2));
  const before = Math.floor((side - 1) / apart) * apart; // windows begin outside, so that every pixel has equally many
  const [down, across] = [height, width].map((one) => Math.ceil((one + before) / apart));
  const squares = Array.from({ length: down * across }, (_, k) => ({
    top: Math.floor(k / across) * apart - before,
    left: (k % across) * apart - before,
  }));
  const [sum, count] = [new Float64Array(height * width), new Float64Array(height * width)];
  const map = new Float64Array(height * width);
  const [whole] = await scores(look, photo, target, [pixels]);
  await inParts(look, photo, target, squares, (one) => painted(photo, paint, one, side), (one, score, done) => {
    within(photo, one, side, (at) => {
      sum[at] += whole - score;
      count[at] += 1;
      map[at] = sum[at] / count[at];
    });
    if (done) arrived(map, done, squares.length);
  });
  return map;
}

// Where does showing a pixel go along with a higher number?  The correlation over many photos, each with random parts
// painted over.  masks: how many; cells: of the random grid, for the photo's height.
export async function corrRise(look, photo, target, { masks = 512, cells = 12, seed = 0, arrived = () => {} } = {}) {
  const { height, width, pixels } = photo;
  const shown = randomMasks(masks, cells, height, width, seed);
  const paint = blurred(photo, height / cells / 2);
  const mixed = (mask) => {
    const found = new Float64Array(pixels.length);
    for (let at = 0; at < pixels.length; at++) {
      found[at] = paint[at] + mask[Math.floor(at / 3)] * (pixels[at] - paint[at]);
    }
    return rounded(found);
  };
  const known = [];
  await inParts(look, photo, target, shown, mixed, (_mask, score, done) => {
    known.push(score);
    if (done) arrived(correlated(shown, known), done, masks);
  });
  return correlated(shown, known);
}

// The correlation of each pixel's share with the scores that are known.
function correlated(shown, scores) {
  const map = new Float64Array(shown[0].length);
  const middle = scores.reduce((sum, one) => sum + one, 0) / scores.length;
  const away = scores.map((one) => one - middle);
  const length = Math.sqrt(away.reduce((sum, one) => sum + one * one, 0));
  for (let at = 0; at < map.length; at++) {
    let [sum, square, together] = [0, 0, 0];
    for (let k = 0; k < away.length; k++) sum += shown[k][at];
    const average = sum / away.length;
    for (let k = 0; k < away.length; k++) {
      const share = shown[k][at] - average;
      square += share * share;
      together += share * away[k];
    }
    const size = Math.sqrt(square) * length;
    map[at] = size > 0 ? together / size : 0;
  }
  return map;
}

// What speaks against a match: pieces of one colour are taken away one by one. 0 or below; all pixels sum to -1.
// reference: the direction (D) to which the photo is to be similar.
export async function segmentOcclusion(look, photo, target, { arrived = () => {} } = {}) {
  const all = pieces(photo);
  const [whole] = await scores(look, photo, target, [photo.pixels]);
  const rises = [];
  await inParts(look, photo, target, all, (piece) => goneOf(photo, piece), (_piece, score, done) => {
    rises.push(score - whole);
    if (done) arrived(heatOf(photo, all.slice(0, rises.length), rises), done, all.length);
  });
  return heatOf(photo, all, rises);
}

// Altered photos, some at a time.  make(one): pixels.  heard(one, score, done): of each; done is 0 but for the last of
// a part.
async function inParts(look, photo, target, all, make, heard) {
  for (let start = 0; start < all.length; start += PART) {
    const some = all.slice(start, start + PART);
    const found = await scores(look, photo, target, some.map(make));
    some.forEach((one, k) => heard(one, found[k], k === some.length - 1 ? start + some.length : 0));
  }
}

async function scores(look, { pixels }, target, versions) {
  const all = new Uint8Array(versions.length * pixels.length);
  versions.forEach((one, k) => all.set(one, k * pixels.length));
  const features = await look(all, versions.length);
  return target(features, features.length / versions.length);
}

function within({ height, width }, { top, left }, side, each) {
  for (let row = Math.max(0, top); row < Math.min(height, top + side); row++) {
    for (let column = Math.max(0, left); column < Math.min(width, left + side); column++) each(row * width + column);
  }
}

function painted(photo, paint, square, side) {
  const found = photo.pixels.slice();
  within(photo, square, side, (at) => {
    for (let c = 3 * at; c < 3 * at + 3; c++) found[c] = paint[c];
  });
  return found;
}

// Half-way values go to the even number, as in Python.
export function rounded(values) {
  const found = new Uint8Array(values.length);
  values.forEach((value, k) => (found[k] = Math.min(255, Math.max(0, evenly(value)))));
  return found;
}

function evenly(value) {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 ? down + 1 : down;
}

// A Gaussian blur that repeats the photo's edge.  sigma: pixels.  Returns: (H * W * 3) Float64Array.
export function blurred({ pixels, height, width }, sigma) {
  const radius = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((sum, one) => sum + one, 0);
  const across = alongAxis(pixels, height, width, kernel.map((one) => one / total), [0, 1]);
  return alongAxis(across, height, width, kernel.map((one) => one / total), [1, 0]);
}

// way: (rows, columns) of a step.
function alongAxis(values, height, width, kernel, [down, right]) {
  const radius = (kernel.length - 1) / 2;
  const found = new Float64Array(values.length);
  const inside = (at, most) => Math.min(most - 1, Math.max(0, at));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const to = 3 * (row * width + column);
      for (let k = -radius; k <= radius; k++) {
        const from = 3 * (inside(row + k * down, height) * width + inside(column + k * right, width));
        for (let c = 0; c < 3; c++) found[to + c] += kernel[k + radius] * values[from + c];
      }
    }
  }
  return found;
}
