// What each stream of a block contributes to a number: exact Shapley values, by the coalitions and weights of
// osnet_edu/explain/shapley.py.
//
// Shapes: T streams, D features.

import { factorsOf } from "./layout.js";
import { similarities } from "./rank.js";
import { Refused, stillAsked } from "./traits.js";

const MOST = 10; // streams, of which 1,024 groups are tried

// All ways to keep some of T streams: 2 ** T lists of booleans; row k keeps stream t where bit t - 1 of k is set.
export function coalitions(streams) {
  if (!(streams >= 1 && streams <= MOST)) throw new Refused(`Shapley values need 1 to ${MOST} streams, got ${streams}`);
  return Array.from({ length: 2 ** streams }, (_, k) => Array.from({ length: streams }, (_, t) => Boolean((k >> t) & 1)));
}

// Exact Shapley values of a game: (T).  worth: (2 ** T), what each row of `coalitions` is worth.
export function values(worth) {
  const streams = Math.log2(worth.length);
  if (!Number.isInteger(streams)) throw new Refused(`the worth of 2, 4, 8, 16 ... coalitions is needed, got ${worth.length}`);
  const kept = coalitions(streams);
  const size = kept.map((some) => some.filter(Boolean).length);
  return Array.from({ length: streams }, (_, t) => {
    let sum = 0;
    kept.forEach((some, k) => {
      // The share of the orders in which exactly these streams come before this one.
      if (!some[t]) sum += share(size[k], streams) * (worth[k + 2 ** t] - worth[k]);
    });
    return sum;
  });
}

const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
const share = (size, streams) => (factorial(size) * factorial(streams - 1 - size)) / factorial(streams);

// What each stream of one block contributes to the margin s(q, p) - s(q, n).
//
// engine, layout: of the network.  photos: query, positive and negative, one behind the other.  block: its name.
// progress(done, all): passes.  Returns: {values (T), all, none}: the margin with all streams of the block and with none.
export async function ofMargin(engine, layout, photos, block, { signal, progress = () => {} } = {}) {
  const streams = layout.streams[layout.blocks.indexOf(block)];
  const kept = coalitions(streams);
  const worth = [];
  for (const some of kept) {
    stillAsked(signal);
    const silenced = some.map((stays, t) => !stays && [block, t + 1]).filter(Boolean);
    const factors = factorsOf(layout, silenced);
    const { embedding } = await engine.run(photos, { count: 3, factors, want: ["embedding"], signal });
    worth.push(margin(embedding));
    progress(worth.length, kept.length);
  }
  return { values: values(worth), all: worth[worth.length - 1], none: worth[0] };
}

// s(q, p) - s(q, n) of three rows of features: (3 * D).
export function margin(features) {
  const dim = features.length / 3;
  const [match, impostor] = similarities(features.subarray(0, dim), features.subarray(dim));
  return match - impostor;
}
