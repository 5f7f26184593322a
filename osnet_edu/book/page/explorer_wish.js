// How hard each query is for a network, its triples, and which queries fit a wish: the rules of explore.Wish and of
// retrieval.mining.
//
// Shapes: Q queries, G gallery photos.

import { oneOf } from "./traits.js";

export const SORTS = ["name", "hardest positive", "hardest negative", "smallest margin"];
export const WISHES = ["search", "camera", "attribute", "twin", "failures", "sort"];
export const JUNK = -1;
const SAME = 1e-6; // distances that differ by no more are equal

// queries, gallery: photos of gallery.js.  row(q): (G) similarities.
// Returns: {firstHit (Q) rank of the first match or 0, positive, negative (Q) places of the hardest ones or -1,
// positiveSimilarity, negativeSimilarity (Q), NaN where there is none}.
export function hardness(queries, gallery, row) {
  const count = queries.count;
  const found = {
    firstHit: new Int32Array(count),
    positive: new Int32Array(count).fill(-1),
    negative: new Int32Array(count).fill(-1),
    positiveSimilarity: new Float64Array(count).fill(NaN),
    negativeSimilarity: new Float64Array(count).fill(NaN),
  };
  for (let q = 0; q < count; q++) oneQuery(found, q, queries, gallery, row(q));
  return found;
}

function oneQuery(found, q, queries, gallery, similar) {
  const [person, camera] = [queries.persons[q], queries.cameras[q]];
  let [positive, negative, best] = [-1, -1, -1];
  for (let g = 0; g < gallery.count; g++) {
    if (gallery.persons[g] === person) {
      if (gallery.cameras[g] === camera) continue;
      if (positive < 0 || similar[g] < similar[positive]) positive = g;
      if (best < 0 || similar[g] > similar[best]) best = g;
    } else if (gallery.persons[g] !== JUNK && (negative < 0 || similar[g] > similar[negative])) negative = g;
  }
  found.positive[q] = positive;
  found.negative[q] = negative;
  if (positive >= 0) found.positiveSimilarity[q] = similar[positive];
  if (negative >= 0) found.negativeSimilarity[q] = similar[negative];
  if (best < 0) return;
  let before = 0; // an equal similarity is not a hit
  for (let g = 0; g < gallery.count; g++) {
    const other = gallery.persons[g] !== person && gallery.persons[g] !== JUNK;
    if (other && similar[g] >= similar[best] - SAME) before += 1;
  }
  found.firstHit[q] = before + 1;
}

// The hardest positive and negative of every query that has both, the smallest margin first:
// [{query, positive, negative, margin}].
export function triples(hard) {
  const found = [];
  hard.positive.forEach((positive, query) => {
    const negative = hard.negative[query];
    if (positive < 0 || negative < 0) return;
    found.push({ query, positive, negative, margin: hard.positiveSimilarity[query] - hard.negativeSimilarity[query] });
  });
  return found.sort((one, other) => one.margin - other.margin);
}

// The places of the queries that fit a wish, in its order: Int32Array.  hard(): of the network that ranks.
export function fitting(queries, wish, hard) {
  oneOf(wish.sort, SORTS, "order");
  const words = wish.search.toLowerCase().split(/\s+/).filter(Boolean);
  const [all, together] = [[], []];
  for (let k = 0; k < queries.count; k++) {
    if (wish.camera && queries.cameras[k] !== wish.camera) continue;
    if (wish.attribute && !queries.attributes[k].includes(wish.attribute)) continue;
    if (wish.twin && queries.twins[k] !== wish.twin) continue;
    if (wish.failures && hard().firstHit[k] <= 1) continue;
    const text = `${queries.names[k]} ${queries.who[k]} ${queries.described[k]}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    all.push(k);
    if (words.length && text.includes(words.join(" "))) together.push(k);
  }
  const kept = together.length ? together : all;
  return Int32Array.from(wish.sort === SORTS[0] ? kept : sorted(kept, wish.sort, hard()));
}

// Who has no such photo comes at the end.
function sorted(kept, sort, { positiveSimilarity, negativeSimilarity }) {
  const key = {
    [SORTS[1]]: (k) => positiveSimilarity[k],
    [SORTS[2]]: (k) => -negativeSimilarity[k],
    [SORTS[3]]: (k) => positiveSimilarity[k] - negativeSimilarity[k],
  }[sort];
  const behind = (value) => (Number.isNaN(value) ? Infinity : value);
  const compared = (one, other) => (one === other ? 0 : one - other); // Infinity - Infinity is NaN
  return kept.sort((one, other) => compared(behind(key(one)), behind(key(other))));
}
