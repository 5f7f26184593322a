// The networks of the explorer, each with the shipped queries and gallery as it sees them, with all streams or without
// some: explore.Shelf and explain.without, in the page.
//
// Shapes: G gallery photos, D features, K blocks of at most T streams.

import { hardness } from "./explorer_wish.js";
import { Refused, said, stillAsked } from "./traits.js";

const KEPT = 8; // galleries without some streams that are remembered
const PART = 32; // photos that are embedded at a time

// Rows of length 1; an all-zero row stays zero.  features: (N, D).
export function unit(features, dim) {
  const found = new Float32Array(features.length);
  for (let start = 0; start < features.length; start += dim) {
    let square = 0;
    for (let k = start; k < start + dim; k++) square += features[k] * features[k];
    const length = Math.sqrt(square) || 1;
    for (let k = start; k < start + dim; k++) found[k] = features[k] / length;
  }
  return found;
}

// Cosine similarity of one row of length 1 to each of many: (N).
export function similarities(rows, one) {
  const dim = one.length;
  const found = new Float32Array(rows.length / dim);
  for (let k = 0, at = 0; k < found.length; k++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += one[d] * rows[at++];
    found[k] = sum;
  }
  return found;
}

// What each stream is multiplied by: (K * T), 0 for a silenced one.  layout: {blocks, streams}.  silenced: [block, stream].
export function factorsOf({ blocks, streams }, silenced) {
  const most = Math.max(...streams);
  const found = new Float32Array(blocks.length * most).fill(1);
  for (const [block, stream] of silenced) found[blocks.indexOf(block) * most + stream - 1] = 0;
  return found;
}

// Each stream once, in the order of the network.  Throws: Refused for what is no stream of it.
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

// album: of gallery.js.  layout: of the shipped networks.  engineOf(name): their engine.
// told(sentence): what takes long, in words; "" when it is done.
export function shelf({ album, layout, engineOf, told }) {
  const networks = new Map(); // by name: {engine(), layout, features(signal)}
  for (const name of album.models) networks.set(name, { name, layout, engine: () => engineOf(name), ready: null });

  function find(name) {
    const found = networks.get(name);
    if (!found) throw new Refused(`there is no network ${said(name)} here; expected one of ${[...networks.keys()].join(", ")}`);
    return found;
  }
  // The network's features of length 1: {queries, gallery, dim}.
  async function features(name, signal) {
    const found = find(name);
    if (!found.features) {
      const raw = found.embed ? await found.embed(signal) : await album.features(name);
      found.features = { queries: unit(raw.queries, raw.dim), gallery: unit(raw.gallery, raw.dim), dim: raw.dim };
    }
    return found.features;
  }
  // Photos through the network in parts, each told of.  of: "queries" or "gallery".  Returns: (N, D).
  async function embedAll(name, of, { factors, signal, what }) {
    const photos = album[of];
    const engine = await find(name).engine();
    const parts = [];
    for (let start = 0; start < photos.count; start += PART) {
      stillAsked(signal);
      told(`The network ${name} looks at ${start} of ${photos.count} ${what}.`);
      const count = Math.min(PART, photos.count - start);
      const pixels = await pixelsOf(photos, start, count);
      parts.push((await engine.run(pixels, { count, factors, want: ["embedding"], signal })).embedding);
    }
    told("");
    return joined(parts);
  }
  const galleries = new Map(); // without some streams
  async function galleryWithout(name, silenced, signal) {
    const key = JSON.stringify([name, silenced]);
    if (!galleries.has(key)) {
      const factors = factorsOf(find(name).layout, silenced);
      const what = `gallery photos without ${silenced.length > 1 ? `${silenced.length} streams` : "a stream"}`;
      const found = await embedAll(name, "gallery", { factors, signal, what });
      const { dim } = await features(name, signal);
      galleries.set(key, unit(found, dim));
      if (galleries.size > KEPT) galleries.delete(galleries.keys().next().value);
    }
    return galleries.get(key);
  }
  // Similarities of one query to the gallery: (G) float32.
  // query: its place, or pixels of a photo of one's own.  silenced, where: as in the explorer.
  async function row(name, query, { silenced = [], where = "query", signal } = {}) {
    const { queries, gallery, dim } = await features(name, signal);
    const own = typeof query !== "number";
    if (!silenced.length && !own) return similarities(gallery, queries.subarray(query * dim, (query + 1) * dim));
    const engine = await find(name).engine();
    const pixels = own ? query : await album.queries.pixels(query);
    const factors = factorsOf(find(name).layout, silenced);
    const asked = unit((await engine.run(pixels, { count: 1, factors, want: ["embedding"], signal })).embedding, dim);
    const both = where === "both" && silenced.length && !own;
    return similarities(both ? await galleryWithout(name, silenced, signal) : gallery, asked);
  }
  const hard = new Map();
  async function hardnessOf(name, signal) {
    if (!hard.has(name)) {
      const { queries, gallery, dim } = await features(name, signal);
      const one = (q) => similarities(gallery, queries.subarray(q * dim, (q + 1) * dim));
      hard.set(name, hardness(album.queries, album.gallery, one));
    }
    return hard.get(name);
  }
  // A network of one's own.  made: {engine, layout}; it takes the place of one of the same name.
  function add(name, made) {
    if (album.models.includes(name)) throw new Refused(`a network of one's own cannot be called ${said(name)}`);
    networks.get(name)?.close?.();
    hard.delete(name);
    [...galleries.keys()].filter((key) => JSON.parse(key)[0] === name).forEach((key) => galleries.delete(key));
    const embed = async (signal) => {
      const [queries, gallery] = [
        await embedAll(name, "queries", { signal, what: "queries" }),
        await embedAll(name, "gallery", { signal, what: "gallery photos" }),
      ];
      return { queries, gallery, dim: queries.length / album.queries.count };
    };
    networks.set(name, { name, layout: made.layout, engine: async () => made.engine, embed, own: true, close: () => made.engine.close() });
  }
  return {
    find,
    add,
    remove: (name) => networks.delete(name),
    features,
    row,
    hardness: hardnessOf,
    names: () => [...networks.keys()],
    own: () => [...networks.values()].filter((one) => one.own).map((one) => one.name),
  };
}

// Some photos one behind the other: (count * H * W * 3).
export async function pixelsOf(photos, start, count) {
  return joined(await Promise.all(Array.from({ length: count }, (_, k) => photos.pixels(start + k))));
}

// Arrays of one kind, one behind the other.
export function joined(parts) {
  const found = new parts[0].constructor(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    found.set(one, at);
    at += one.length;
  }
  return found;
}
