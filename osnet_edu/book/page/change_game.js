// What the network makes of a change, in numbers and in words; the rules are those of osnet_edu/explore/games.py.

import { MATCH, rank, similarities } from "./rank.js";

// One picture. feature: (D) of it.  base: (D), of the picture without a change.  gates: (blocks, streams, channels) as
// the engine has them, or null.  who: {person, camera}.
// Returns: {similarity to the base, rank of the person's first photo, 0 without one, list: as rank.js, gates: means
// [block][stream], or null}
export function seen({ feature, base, gates, layout, who, gallery, features }) {
  const list = rank(similarities(feature, features), who, gallery);
  const first = list.kind.indexOf(MATCH);
  return {
    similarity: similarities(base, feature)[0],
    rank: first < 0 ? 0 : list.rank[first],
    list,
    gates: gates && means(gates, layout),
  };
}

// Mean over the channels that a stream has; the others are 0.
function means(gates, { blocks, streams, shape }) {
  const [, most, channels] = shape;
  return blocks.map((_, block) =>
    Array.from({ length: streams[block] }, (_, stream) => {
      const start = (block * most + stream) * channels;
      const some = gates.subarray(start, start + channels).filter((value) => value !== 0);
      return some.reduce((sum, value) => sum + value, 0) / Math.max(some.length, 1);
    }),
  );
}

// variant: {words, game, share}, null without a change.  before, now: ranks.
// Returns: {won, says}: does the game count this, and what is said.
export function judged(variant, before, now) {
  if (!variant) return { won: false, says: "Nothing is changed yet." };
  const known = now === 1;
  if (known) return { won: false, says: "The network still knows this person." };
  const says = "The network no longer knows this person: somebody else comes first.";
  return { won: variant.game && before === 1, says };
}

// best: {words, share} or null.  The fewer pixels, the better.
export const better = (variant, best) => !best || variant.share < best.share;

// A change in words, such as "shoes: red".
export const named = (variant) => `${variant.group}: ${variant.words}`;

export const percent = (share) => `${(100 * share).toFixed(1)} %`;
