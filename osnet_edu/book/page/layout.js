// What lies where in the factors and the gates of a graph: network/export.py's Layout, {blocks, streams, channels}.

import { Refused, said } from "./traits.js";

// What each stream is multiplied by: (K * T), 0 for a silenced one.  layout: {blocks, streams}.  silenced: [block, stream].
export function factorsOf({ blocks, streams }, silenced) {
  const most = Math.max(...streams);
  const found = new Float32Array(blocks.length * most).fill(1);
  for (const [block, stream] of silenced) found[blocks.indexOf(block) * most + stream - 1] = 0;
  return found;
}

// Each stream once, in the order of the network.  Throws: Refused for a stream that is not there.
export function streamsNamed({ blocks, streams }, named) {
  const found = new Map();
  for (const one of named) {
    if (!Array.isArray(one) || one.length !== 2) {
      throw new Refused(`a stream is named by its block and its number, got ${said(one)}`);
    }
    const [block, stream] = one;
    const row = blocks.indexOf(block);
    if (row < 0) throw new Refused(`there is no block ${said(block)}; expected one of ${blocks.join(", ")}`);
    const numbers = Array.from({ length: streams[row] }, (_, t) => t + 1);
    if (!numbers.includes(stream)) {
      throw new Refused(`there is no stream of ${block} ${said(stream)}; expected one of ${numbers.join(", ")}`);
    }
    found.set(row * 100 + stream, [block, stream]);
  }
  return [...found.keys()].sort((a, b) => a - b).map((key) => found.get(key));
}

// gates: (N, K, T, C) as the graph pads them.  Returns: per photo, block and stream the numbers that its gate has.
export function gatesOf({ blocks, streams, channels }, gates) {
  if (!gates) return [0, 1, 2].map(() => blocks.map((_, b) => Array.from({ length: streams[b] }, () => [])));
  const [T, C] = [Math.max(...streams), Math.max(...channels)];
  const all = gates.length / (blocks.length * T * C);
  return Array.from({ length: all }, (_, n) =>
    blocks.map((_, b) =>
      Array.from({ length: streams[b] }, (_, t) => {
        const start = ((n * blocks.length + b) * T + t) * C;
        return Array.from(gates.subarray(start, start + channels[b]));
      }),
    ),
  );
}
