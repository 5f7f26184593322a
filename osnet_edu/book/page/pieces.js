// A photo cut into pieces of one colour, small and large ones, and one of them taken away: what segment occlusion needs of
// osnet_edu/explain/exchange.py.
//
// A photo: {pixels (H * W * 3) uint8, height, width}.  A piece: an array of flat indices into its pixels.

import { grown } from "./ward.js";
import { rounded } from "./maps.js";

const [LEAVES, COARSEST] = [96, 6]; // finest pieces, and pieces at which joining stops
const JOINED = 1500 / (128 * 64); // largest share of the photo that a piece across gaps takes
const AROUND = 4 / 128; // of the height: how far the colours around a piece reach into it
const SHARP = 0.01; // of similarity: by how much a rise may stay below the highest and still count
const PLACE = 0.1; // of a pixel's row and column against its Lab colour, for photos of 128 rows

// The pieces of Ward's tree from the finest to the coarsest, and those that are joined by colour and height across gaps.
export function pieces(photo) {
  const { height, width } = photo;
  const lab = labOf(photo.pixels);
  const { steps, leaves } = grown(placed(smoothed(lab, height, width), height, width), height, width, LEAVES);
  const members = [...leaves];
  for (const [one, other] of steps.slice(0, LEAVES - COARSEST)) members.push([...members[one], ...members[other]]);
  const scale = 128 / height;
  const looks = leaves.map((leaf) => {
    const found = [0, 0, 0, 0, 0];
    for (const at of leaf) {
      for (let c = 0; c < 3; c++) found[c] += lab[3 * at + c] / leaf.length;
      found[3] += (scale * Math.floor(at / width)) / leaf.length;
      found[4] += (0.25 * scale * (at % width)) / leaf.length;
    }
    return found;
  });
  const across = [...leaves];
  const small = [];
  for (const [one, other] of averageLinkage(looks)) {
    across.push([...across[one], ...across[other]]);
    if (across.at(-1).length <= JOINED * height * width) small.push(across.at(-1));
  }
  return [...members, ...small];
}

// What taking pieces away did, as a map: 0 or below, the sum over all pixels is -1.  rises: of the number, for each piece.
export function heatOf({ height, width }, some, rises) {
  const highest = Math.max(...rises);
  const heat = new Float64Array(height * width);
  let total = 0;
  some.forEach((piece, k) => {
    const weight = Math.exp((rises[k] - highest) / SHARP) / piece.length;
    total += weight * piece.length;
    for (const at of piece) heat[at] -= weight;
  });
  return heat.map((one) => one / total);
}

// The photo without a piece: in the colours of what lies around it; far inside, those of the nearest pixel outside.
export function goneOf({ pixels, height, width }, piece) {
  const inside = new Uint8Array(height * width);
  for (const at of piece) inside[at] = 1;
  const around = blurredAround(pixels, inside, piece, height, width);
  const found = pixels.slice();
  for (const at of piece) {
    const [known, ...colours] = around(at);
    const from = known > 0.02 ? -1 : nearestOutside(inside, at, height, width);
    const colour = from < 0 ? colours.map((one) => one / Math.max(known, 1e-3)) : pixels.subarray(3 * from, 3 * from + 3);
    found.set(rounded(colour), 3 * at);
  }
  return found;
}

// A blur of what lies outside a piece, asked for at its pixels: (share outside, red, green, blue).
function blurredAround(pixels, inside, piece, height, width) {
  const kernel = gaussian(AROUND * height);
  const rows = piece.map((at) => Math.floor(at / width));
  const columns = piece.map((at) => at % width);
  const [top, bottom] = [least(rows), most(rows)];
  const radius = (kernel.length - 1) / 2;
  const [left, right] = [Math.max(0, least(columns) - radius), Math.min(width - 1, most(columns) + radius)];
  const wide = right - left + 1;
  const down = new Float64Array((bottom - top + 1) * wide * 4);
  for (let row = top; row <= bottom; row++) {
    for (let k = -radius; k <= radius; k++) {
      const from = mirrored(row + k, height) * width;
      const weight = kernel[k + radius];
      for (let column = left; column <= right; column++) {
        if (inside[from + column]) continue;
        const to = 4 * ((row - top) * wide + column - left);
        const at = 3 * (from + column);
        down[to] += weight;
        for (let c = 0; c < 3; c++) down[to + 1 + c] += weight * pixels[at + c];
      }
    }
  }
  return (at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    const found = [0, 0, 0, 0];
    for (let k = -radius; k <= radius; k++) {
      const from = 4 * ((row - top) * wide + mirrored(column + k, width) - left);
      for (let c = 0; c < 4; c++) found[c] += kernel[k + radius] * down[from + c];
    }
    return found;
  };
}

const least = (values) => values.reduce((one, other) => Math.min(one, other));
const most = (values) => values.reduce((one, other) => Math.max(one, other));

function nearestOutside(inside, at, height, width) {
  const [row, column] = [Math.floor(at / width), at % width];
  let [best, found] = [Infinity, -1];
  for (let k = 0; k < inside.length; k++) {
    const away = inside[k] ? Infinity : (Math.floor(k / width) - row) ** 2 + ((k % width) - column) ** 2;
    if (away < best) [best, found] = [away, k];
  }
  return found;
}

// Weights that sum to 1, as far as four deviations.
function gaussian(sigma) {
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((sum, one) => sum + one, 0);
  return kernel.map((one) => one / total);
}

// A place beyond an edge is its mirror image.
function mirrored(at, count) {
  if (at < 0) return mirrored(-at - 1, count);
  return at >= count ? mirrored(2 * count - 1 - at, count) : at;
}

// Colours in Lab, a little smoothed.
function smoothed(lab, height, width) {
  const kernel = gaussian(0.4);
  const radius = (kernel.length - 1) / 2;
  const along = (values, step) => {
    const found = new Float64Array(values.length);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        for (let k = -radius; k <= radius; k++) {
          const [r, c] = step ? [row, mirrored(column + k, width)] : [mirrored(row + k, height), column];
          const [from, to] = [3 * (r * width + c), 3 * (row * width + column)];
          for (let i = 0; i < 3; i++) found[to + i] += kernel[k + radius] * values[from + i];
        }
      }
    }
    return found;
  };
  return along(along(lab, 0), 1);
}

// Of each pixel its colour and its place: (H * W * 5).
function placed(lab, height, width) {
  const scale = (PLACE * 128) / height;
  const found = new Float64Array(height * width * 5);
  for (let at = 0; at < height * width; at++) {
    found.set([lab[3 * at], lab[3 * at + 1], lab[3 * at + 2], scale * Math.floor(at / width), scale * (at % width)], 5 * at);
  }
  return found;
}

// sRGB (N * 3) uint8 -> CIE Lab, white D65.
export function labOf(pixels) {
  const matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
  const white = matrix.map((row) => row[0] + row[1] + row[2]);
  const linear = Float64Array.from({ length: 256 }, (_, k) => (k / 255 <= 0.04045 ? k / 255 / 12.92 : ((k / 255 + 0.055) / 1.055) ** 2.4));
  const root = (value) => (value > (6 / 29) ** 3 ? Math.cbrt(value) : value / (3 * (6 / 29) ** 2) + 4 / 29);
  const found = new Float64Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const [x, y, z] = matrix.map((row, i) => {
      const sum = row[0] * linear[pixels[at]] + row[1] * linear[pixels[at + 1]] + row[2] * linear[pixels[at + 2]];
      return root(sum / white[i]);
    });
    found.set([116 * y - 16, 500 * (x - y), 200 * (y - z)], at);
  }
  return found;
}

// Which two are joined, step by step, where the nearest on average come first; a step's result is the next number.
function averageLinkage(points) {
  const size = points.map(() => 1);
  const apart = points.map((one) => points.map((other) => Math.hypot(...one.map((value, k) => value - other[k]))));
  const there = points.map((_, k) => k);
  const steps = [];
  while (there.length > 1) {
    let [best, a, b] = [Infinity, 0, 0];
    for (const one of there) {
      for (const other of there) if (other < one && apart[one][other] < best) [best, a, b] = [apart[one][other], other, one];
    }
    steps.push([a, b]);
    const made = size.length;
    size.push(size[a] + size[b]);
    apart.push([]);
    for (const other of there) {
      apart[made][other] = (size[a] * apart[a][other] + size[b] * apart[b][other]) / size[made];
      apart[other][made] = apart[made][other];
    }
    there.splice(0, there.length, ...there.filter((one) => one !== a && one !== b), made);
  }
  return steps;
}
