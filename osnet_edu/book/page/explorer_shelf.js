// The networks of the explorer, each with the shipped queries and gallery as it sees them, with all streams or without
// some: explore.Shelf and explain.without, in the page.
//
// Shapes: G gallery photos, D features, K blocks of at most T streams.

import { hardness } from "./explorer_wish.js";
import { factorsOf } from "./layout.js";
import { similarities } from "./rank.js";
import { Refused, said } from "./traits.js";

const KEPT = 8; // galleries without some streams that are remembered

export class Shelf {
  // album: of gallery.js.  layout: of the shipped networks.  engineOf(name): their engine.
  // told(sentence): what takes long, in words; "" when it is done.
  constructor({ album, layout, engineOf, told }) {
    Object.assign(this, { album, told, galleries: new Map(), hard: new Map() });
    this.networks = new Map(album.models.map((name) => [name, { name, layout, engine: async () => engineOf(name) }]));
  }

  get names() {
    return [...this.networks.keys()];
  }

  // Names of the networks that a person brought.
  get own() {
    return this.names.filter((name) => this.networks.get(name).own);
  }

  // {name, layout, engine() -> promise, own}.  Throws: Refused for a name that is not there.
  find(name) {
    const found = this.networks.get(name);
    if (!found) throw new Refused(`there is no network ${said(name)} here; expected one of ${this.names.join(", ")}`);
    return found;
  }

  // {queries, gallery: (N * D), dim}, computed when this page was built or, of a network of one's own, now.
  async features(name, signal) {
    const found = this.find(name);
    found.features ??= found.own ? await this._ownFeatures(name, signal) : await this.album.features(name);
    return found.features;
  }

  // Similarities of one query to the gallery: (G) float32.
  // query: its place, or pixels of a photo of one's own.  silenced, where: as in the explorer.
  async row(name, query, { silenced = [], where = "query", signal } = {}) {
    const { queries, gallery, dim } = await this.features(name, signal);
    const own = typeof query !== "number";
    if (!silenced.length && !own) return similarities(queries.subarray(query * dim, (query + 1) * dim), gallery);
    const { layout, engine } = this.find(name);
    const pixels = own ? query : await this.album.queries.pixels(query);
    const factors = factorsOf(layout, silenced);
    const asked = (await (await engine()).run(pixels, { count: 1, factors, signal })).embedding;
    const both = where === "both" && silenced.length && !own;
    return similarities(asked, both ? await this._galleryWithout(name, silenced, signal) : gallery);
  }

  // How hard each query is, as of explorer_wish.js.
  async hardness(name, signal) {
    if (!this.hard.has(name)) {
      const { queries, gallery, dim } = await this.features(name, signal);
      const one = (q) => similarities(queries.subarray(q * dim, (q + 1) * dim), gallery);
      this.hard.set(name, hardness(this.album.queries, this.album.gallery, one));
    }
    return this.hard.get(name);
  }

  // A network of one's own: it takes the place of one of the same name.  made: {engine, layout}.
  add(name, { engine, layout }) {
    if (this.album.models.includes(name)) throw new Refused(`a network of one's own cannot be called ${said(name)}`);
    this.remove(name);
    this.networks.set(name, { name, layout, engine: async () => engine, own: true, close: () => engine.close() });
  }

  remove(name) {
    this.networks.get(name)?.close?.();
    this.networks.delete(name);
    this.hard.delete(name);
    [...this.galleries.keys()].filter((key) => JSON.parse(key)[0] === name).forEach((key) => this.galleries.delete(key));
  }

  async _ownFeatures(name, signal) {
    const queries = await this._all(name, "queries", { signal, what: "queries" });
    const gallery = await this._all(name, "gallery", { signal, what: "gallery photos" });
    return { queries, gallery, dim: queries.length / this.album.queries.count };
  }

  async _galleryWithout(name, silenced, signal) {
    const key = JSON.stringify([name, silenced]);
    if (!this.galleries.has(key)) {
      const factors = factorsOf(this.find(name).layout, silenced);
      const what = `gallery photos without ${silenced.length > 1 ? `${silenced.length} streams` : "a stream"}`;
      this.galleries.set(key, await this._all(name, "gallery", { factors, signal, what }));
      if (this.galleries.size > KEPT) this.galleries.delete(this.galleries.keys().next().value);
    }
    return this.galleries.get(key);
  }

  // All photos of "queries" or "gallery" through the network, told of as it goes.  Returns: (N * D).
  async _all(name, of, { factors, signal, what }) {
    const photos = this.album[of];
    const tell = (done, all) => this.told(done < all ? `The network ${name} looks at ${done} of ${all} ${what}.` : "");
    tell(0, photos.count);
    try {
      const [engine, pixels] = [await this.find(name).engine(), await photos.all()];
      return (await engine.run(pixels, { count: photos.count, factors, signal, progress: tell })).embedding;
    } catch (error) {
      this.told("");
      throw error;
    }
  }
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
