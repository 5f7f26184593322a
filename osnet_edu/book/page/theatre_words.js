// What the gate theatre says: which streams a block leans on, and what silencing them did. The sentences of
// widgets/theatre_words.py.

const ALL_ON = "All streams are on.";
const ABOUT_ALIKE = 0.04; // shares that differ by no more are called about alike, per stream
const NAMED = 3; // silenced streams that a sentence names; more are counted

const plural = (count) => (count > 1 ? "s" : "");

// Which streams one photo leans on in a block.  shares: (T), signed, sum 1; NaN for a block that is silent.
export function leaning(block, shares) {
  if (shares.length === 1) return `Block ${block} has one stream.`;
  if (shares.some(Number.isNaN)) return `Block ${block} is silent for this photo: all its streams are zero.`;
  const even = 1 / shares.length;
  if (shares.every((share) => Math.abs(share - even) <= ABOUT_ALIKE)) {
    return `Block ${block} uses its ${shares.length} streams about alike.`;
  }
  const order = shares.map((_, t) => t).sort((one, other) => shares[other] - shares[one]);
  const chosen = order.slice(0, Math.max(1, Math.floor(shares.length / 2)));
  const names = chosen.map((t) => t + 1).sort((one, other) => one - other).join(" and ");
  const total = chosen.reduce((sum, t) => sum + shares[t], 0);
  return `Block ${block} leans on stream${plural(chosen.length)} ${names}: ${(100 * total).toFixed(0)} %.`;
}

// The silenced streams in words: "Without stream 1 in conv3.0".
export function without(silenced) {
  const blocks = new Map();
  for (const [block, stream] of silenced) blocks.set(block, [...(blocks.get(block) || []), stream]);
  if (silenced.length > NAMED && blocks.size > 1) {
    const same = new Set([...blocks.values()].map((streams) => [...streams].sort().join()));
    const one = [...blocks.values()][0];
    if (same.size === 1 && one.length === 1) return `Without stream ${one[0]} in ${blocks.size} blocks`;
    return `Without ${silenced.length} streams in ${blocks.size} blocks`;
  }
  const parts = [...blocks].map(([block, streams]) => {
    const listed = [streams.slice(0, -1).join(", "), String(streams[streams.length - 1])].filter(Boolean).join(" and ");
    return `stream${plural(streams.length)} ${listed} in ${block}`;
  });
  return `Without ${parts.join(" and ")}`;
}

// What silencing did to the order of a pair.  before, now: similarities of the match and of the impostor.
export function verdict(silenced, before, now) {
  const [match, impostor] = now;
  const numbers = `${match.toFixed(3)} against ${impostor.toFixed(3)}`;
  if (!silenced.length) return `${ALL_ON} ${first(match, impostor)}: ${numbers}.`;
  const [was, isNow] = [before[0] - before[1], match - impostor];
  if (isNow === 0) return `${without(silenced)} the match and the impostor are equally near: ${numbers}.`;
  const [one, other] = isNow > 0 ? ["the match", "the impostor"] : ["the impostor", "the match"];
  return `${without(silenced)} ${one} ${was * isNow > 0 ? "still " : ""}comes before ${other}: ${numbers}.`;
}

function first(match, impostor) {
  if (match === impostor) return "The match and the impostor are equally near";
  return match > impostor ? "The match comes before the impostor" : "The impostor comes before the match";
}

// How a photo changed its place in the ranking.
export function moved(rank, before) {
  if (rank === before) return "";
  return `${rank < before ? "up" : "down"}, was ${before}`;
}
