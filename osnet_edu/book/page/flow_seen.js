// A cell of a map: the pixels it can see, those that move it, and where the other photo has the same. The rules of
// explain/flow/seen.py.
//
// about: flow_NAME.json.

import { matchOf } from "./flow_maps.js";

const HOLDS = 0.9; // of what moves a cell

// What is drawn and said of a cell.  maps: of each photo, {data, shape}.  name: of the map.  heat: (H * W), as the graph
// gives it.  cell: [row, column] of photo `photo`.
export function cellSeen(about, maps, { name, photo, cell, heat }) {
  const { reach } = about.maps[name];
  const windows = Object.fromEntries(["shortest", "longest"].map((path) => [path, windowOf(reach, cell, path)]));
  const [row, column] = cell.map((at) => reach.origin + at * reach.step);
  const most = Math.max(...heat);
  const holds = most > 0 ? sideOf(heat, about.size, row, column) : 0;
  const { match, cosine } = maps.length === 2 ? matchOf(maps[photo], maps[1 - photo], cell) : { match: [], cosine: 0 };
  return {
    map: name, photo, cell, windows, heat: Uint8Array.from(heat, (one) => (most > 0 ? Math.round(255 * Math.sqrt(one / most)) : 0)),
    holds, match, cosine, sentence: seenSaid(cell, reach, about.size, holds, match, cosine),
  };
}

// top, left, bottom, right in pixels.
function windowOf({ origin, step, ...sides }, cell, path) {
  const [top, left] = cell.map((at) => origin + at * step - (sides[path] - 1) / 2);
  return [top, left, top + sides[path], left + sides[path]];
}

// Side in pixels of the smallest square around a pixel that holds so much of the heat.
function sideOf(heat, [height, width], row, column) {
  const rings = new Map(); // by distance
  let all = 0;
  for (let at = 0; at < height * width; at++) {
    const away = Math.max(Math.abs(Math.floor(at / width) - row), Math.abs((at % width) - column));
    rings.set(away, (rings.get(away) || 0) + heat[at]);
    all += heat[at];
  }
  let sum = 0;
  const enough = HOLDS * all * (1 - 1e-12);
  const order = [...rings.keys()].sort((a, b) => a - b);
  const reached = order.find((away) => (sum += rings.get(away)) >= enough) ?? order.at(-1);
  return 2 * Math.floor(reached) + 1;
}

function seenSaid([row, column], { longest }, size, holds, match, cosine) {
  const larger = longest > Math.max(...size) ? " (more than the photo)" : "";
  const moves = holds ? `, and 90 % of what moves it lies within ${holds} x ${holds}` : ", and all its channels are zero here";
  const found = match.length
    ? `; the most similar cell of the other photo is row ${match[0] + 1}, column ${match[1] + 1} (${cosine.toFixed(2)})` : "";
  return `Row ${row + 1}, column ${column + 1} can see ${longest} x ${longest} pixels${larger}${moves}${found}.`;
}
