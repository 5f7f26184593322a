// A photo at another size, to the bit as the bilinear resize of Pillow 13 makes it: each new pixel is a weighted mean of
// all old pixels that it covers, along the rows and then along the columns, each time rounded to a whole number. Where
// the height shrinks by more than twice as many pixels as the width, the columns come first.

const BITS = 22; // of a weight, as a whole number

// rgb: Uint8Array (rows, width, 3).  part: the columns that are taken, {left, width}, all where absent.
// Returns: Uint8Array (size[0], size[1], 3).
export function resized(rgb, [rows, width], size, part = { left: 0, width }) {
  const wide = part.width === size[1] ? null : weights(part.width, size[1]);
  const high = rows === size[0] ? null : weights(rows, size[0]);
  const start = part.left * 3, step = width * 3;
  if (rows > size[0] && rows - size[0] > 2 * (part.width - size[1])) {
    const low = along(rgb, { lines: part.width, step: 3, unit: step, start }, size[0], high, false);
    return along(low, { lines: size[0], step: part.width * 3, unit: 3, start: 0 }, size[1], wide, true);
  }
  const narrow = along(rgb, { lines: rows, step, unit: 3, start }, size[1], wide, true);
  return along(narrow, { lines: size[1], step: 3, unit: size[1] * 3, start: 0 }, size[0], high, false);
}

// For each of `count` new pixels: the first old one, and whole-number weights of those from it on.
function weights(old, count) {
  const scale = old / count, reach = Math.max(scale, 1), made = [];
  for (let k = 0; k < count; k++) {
    const centre = (k + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5)), end = Math.min(old, Math.trunc(centre + reach + 0.5));
    const near = Float64Array.from({ length: end - first }, (_, x) => {
      const away = Math.abs((x + first - centre + 0.5) * (1 / reach));
      return away < 1 ? 1 - away : 0;
    });
    const sum = near.reduce((total, one) => total + one, 0);
    made.push({ first, near: Int32Array.from(near, (one) => Math.trunc(0.5 + (sum ? one / sum : one) * 2 ** BITS)) });
  }
  return made;
}

// One direction: `lines` lines that begin `step` apart, their pixels `unit` apart.  byRow: the lines are rows.
function along(pixels, { lines, step, unit, start }, count, table, byRow) {
  const made = new Uint8Array(lines * count * 3);
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < count; k++) {
      const to = (byRow ? line * count + k : k * lines + line) * 3;
      const { first, near } = table ? table[k] : { first: k };
      const from = start + line * step + first * unit;
      for (let colour = 0; colour < 3; colour++) {
        made[to + colour] = near ? mean(pixels, from + colour, unit, near) : pixels[from + colour];
      }
    }
  }
  return made;
}

function mean(pixels, from, unit, near) {
  let sum = 1 << (BITS - 1);
  for (let x = 0, at = from; x < near.length; x++, at += unit) sum += pixels[at] * near[x];
  return Math.min(255, Math.max(0, sum >> BITS));
}
