// Correspondence in the page: the cells of the last map of two photos, by the network in the page. It answers what
// widgets/matching.py answers.
//
// Shapes: C channels, h x w cells.

import { Refused, oneOf, traits } from "./traits.js";

const STAGE = "conv5";
const SOURCE =
  "The network in this page, which gives its last map, conv5. The lab asks the finer maps of conv2 to conv4 too, and "
  + "grades the answers for two photos of one person.";
const NOT_GRADED = "Not graded here.";

// engine: of the network.  photos: {pixels: of both, one behind the other; src: their addresses; size: [H, W]}.
// Returns: {model}.
export async function matching(engine, { pixels, src, size }, signal) {
  const { map, mapShape } = await engine.run(pixels, { count: 2, want: ["map"], signal });
  const [channels, rows, columns] = mapShape;
  const similarity = cellByCell(map, channels, rows * columns);
  const table = inBytes(similarity);
  const best = similarity.map((row) => {
    const at = row.indexOf(Math.max(...row));
    return [Math.floor(at / columns), at % columns];
  });
  const page = traits(
    {
      stages: [STAGE], stage: STAGE, photos: src, size, cells: [rows, columns], cell: start(rows, columns), table, best,
      true: best.map(() => []), known: false, score: NOT_GRADED, said: "", source: SOURCE,
    },
    { check, answer: async () => point() },
  );

  function check(set) {
    if ("stage" in set) oneOf(set.stage, [STAGE], "stage");
    if ("cell" in set) {
      const [row, column] = set.cell;
      if (set.cell.length !== 2 || !(row >= 0 && row < rows && column >= 0 && column < columns)) {
        throw new Refused(`There are cells 0 to ${rows - 1}, 0 to ${columns - 1}, got [${set.cell.join(", ")}].`);
      }
    }
    return set;
  }
  function point() {
    const [row, column] = page.values.cell;
    const [r, c] = best[row * columns + column];
    const alike = similarity[row * columns + column][r * columns + c];
    page.tell({
      said: `Row ${row + 1}, column ${column + 1} finds itself at row ${r + 1}, column ${c + 1} (similarity ${alike.toFixed(2)}).`,
    });
  }
  point();
  return { model: page.model };
}

// Cosine of each cell of the first photo with each cell of the second: rows of numbers.  map: (2 * C * cells).
export function cellByCell(map, channels, cells) {
  const unit = (photo) =>
    Array.from({ length: cells }, (_, cell) => {
      const found = Array.from({ length: channels }, (_, c) => map[(photo * channels + c) * cells + cell]);
      const length = Math.max(Math.hypot(...found), 1e-12);
      return found.map((one) => one / length);
    });
  const [first, second] = [unit(0), unit(1)];
  return first.map((one) => second.map((other) => one.reduce((sum, value, c) => sum + value * other[c], 0)));
}

// Of each cell: from its least to its most similar cell, as 0 to 255.
function inBytes(similarity) {
  const found = new Uint8Array(similarity.length ** 2);
  similarity.forEach((row, k) => {
    const [low, high] = [Math.min(...row), Math.max(...row)];
    row.forEach((one, at) => (found[k * row.length + at] = Math.round((255 * (one - low)) / Math.max(high - low, 1e-9))));
  });
  return found;
}

// A cell in the middle.
function start(rows, columns) {
  let [best, found] = [Infinity, [0, 0]];
  for (let k = 0; k < rows * columns; k++) {
    const at = [Math.floor(k / columns), k % columns];
    const away = Math.abs(at[0] - 0.4 * rows) + Math.abs(at[1] - 0.5 * columns);
    if (away < best) [best, found] = [away, at];
  }
  return found;
}
