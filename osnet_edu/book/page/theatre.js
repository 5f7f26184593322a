// The gate theatre in the page: gates and rankings by the network in the page, shares as they were computed when the page
// was built. It answers what widgets/gate_theatre.py answers.
//
// Shapes: three photos (query, match, impostor), K blocks, T streams, C channels.

import { joined, pixelsOf } from "./explorer_shelf.js";
import { triples } from "./explorer_wish.js";
import { gatesOf, streamsNamed } from "./layout.js";
import { ofMargin } from "./shapley.js";
import { leaning, moved, verdict } from "./theatre_words.js";
import { Refused, oneOf, stillAsked, traits } from "./traits.js";

const LISTED = 10; // photos of the ranked list
const ROLES = ["query", "match", "impostor"];
const NO_MEAN = "the mean of a stream needs PyTorch, which this page does not have: open the lab for it";
export const SOURCE =
  "Gates, similarities and ranks: the network in this page. Shares: computed when this page was built. A link keeps the"
  + " pair, and not what you silence here.";
const OWN = "Gates, similarities and ranks: the network in this page. Shares need PyTorch: open the lab for those of a network of your own.";

// Rank of each photo of the list that counts: a Map from place to rank.  found: columns of rank.js.
export const ranks = ({ place, rank }) => new Map([...place].map((one, k) => [one, rank[k]]).filter(([, at]) => at));

// shelf, album, about: of the explorer.  name: of the network.  rank(similarities, query): columns.
// first: the triple {query, positive, negative, margin} to begin with.  Returns: a Theatre that shows it.
export async function theatre({ shelf, album, about, name, rank, first }) {
  const made = new Theatre({ shelf, album, about, rank }, shelf.find(name), triples(await shelf.hardness(name)));
  await made.point(first);
  return made;
}

// model: what the widget draws.  point(triple): shows another one.  contributions(block, progress): Shapley values of the
// margin.  blocks: their names.
class Theatre {
  constructor(given, network, all) {
    Object.assign(this, given, { network, all, stale: new Set() });
    const { layout } = network;
    this.blocks = layout.blocks;
    this.page = traits(
      {
        triples: all.map((one) => titled(this.album, one)), triple: 0, silenced: [], fill: "zero", where: "query",
        chosen: [layout.blocks[0], 1], opened: "", size: this.about.size, photos: [], blocks: [], channels: [], field: {},
        places: [], effects: [], sentence: "", details: "", how: "", note: "", source: network.own ? OWN : SOURCE,
      },
      { check: (set) => this.check(set), answer: (names, signal) => this.answer(names, signal) },
    );
    this.model = this.page.model;
    this.values = this.page.values;
  }

  check(set) {
    const { layout } = this.network;
    const taken = { ...set };
    if ("triple" in set && !(set.triple >= 0 && set.triple < this.all.length)) {
      throw new Refused(`There are triples 0 to ${this.all.length - 1}, got ${set.triple}.`);
    }
    if ("silenced" in set) taken.silenced = streamsNamed(layout, set.silenced);
    if ("chosen" in set) [taken.chosen] = streamsNamed(layout, [set.chosen]);
    if ("opened" in set) oneOf(set.opened, ["", ...layout.blocks], "block");
    if ("fill" in set) oneOf(set.fill, ["zero", "mean"], "filling");
    if (set.fill === "mean") throw new Refused(NO_MEAN);
    if ("where" in set) oneOf(set.where, ["query", "both"], "place");
    return taken;
  }

  async answer(names, signal) {
    const steps = { triple: "look", chosen: "point", opened: "open", silenced: "rank", fill: "rank", where: "rank" };
    names.forEach((one) => this.stale.add(steps[one]));
    for (const step of ["look", "rank", "open", "point"]) {
      if (!this.stale.has(step)) continue;
      await this[`_${step}`](signal);
      this.stale.delete(step);
    }
  }

  // Shows a triple of one's own: it takes the place of the mined one of its query, or joins the list.
  async point(triple) {
    const at = this.all.findIndex(({ query }) => query === triple.query);
    const where = at < 0 ? this.all.length : at;
    this.all[where] = triple;
    this.page.tell({ triples: this.all.map((one) => titled(this.album, one)), triple: where });
    await this.answer(["triple"]);
  }

  async contributions(block, progress) {
    return ofMargin(await this.network.engine(), this.network.layout, this.pixels, block, { progress });
  }

  // A triple is new: its photos, its gates, and all that follows.
  async _look(signal) {
    const { album, network } = this;
    this.triple = this.all[this.values.triple];
    const { query, positive, negative } = this.triple;
    const shown = [["queries", query], ["gallery", positive], ["gallery", negative]];
    this.pixels = joined(await Promise.all(shown.map(([of, k]) => pixelsOf(album[of], k, 1))));
    const { gates } = await (await network.engine()).run(this.pixels, { count: 3, want: ["gates"], signal });
    const seen = this.about.shares[network.name];
    this.gates = gatesOf(network.layout, gates);
    this.shares = shown.map(([of, k]) => (seen ? sharesOf(network.layout, seen[of], k) : null));
    this.plain = await this._ranked([], signal);
    stillAsked(signal);
    const photo = ([of, k], i) => ({ src: album[of].src(k), role: ROLES[i], text: `${ROLES[i]}: ${album[of].who[k]}` });
    this.page.tell({ photos: shown.map(photo), blocks: this.blocks.map((block, b) => blockSeen(block, b, this)) });
    ["rank", "open", "point"].forEach((one) => this.stale.add(one));
  }

  async _ranked(silenced, signal) {
    const { query } = this.triple;
    const similarity = await this.shelf.row(this.network.name, query, { silenced, where: this.values.where, signal });
    const found = this.rank(similarity, query);
    return { similarity, found, ranks: ranks(found) };
  }

  async _rank(signal) {
    const { silenced, where } = this.values;
    const { plain } = this;
    const now = silenced.length ? await this._ranked(silenced, signal) : plain;
    stillAsked(signal);
    const pair = [this.triple.positive, this.triple.negative];
    const at = ({ similarity }) => pair.map((k) => similarity[k]);
    const order = [...now.found.place].filter((k) => now.ranks.get(k)).slice(0, LISTED);
    const alike = where === "query" ? "in the query alone; the gallery has all its streams" : "in query and gallery";
    this.page.tell({
      places: order.map((k, i) => this._place(k, i + 1, now)),
      effects: pair.map((k, i) => ({
        who: ROLES[i + 1], before: plain.similarity[k], now: now.similarity[k],
        rank_before: plain.ranks.get(k) || 0, rank: now.ranks.get(k) || 0,
      })),
      sentence: verdict(silenced, at(plain), at(now)),
      how: silenced.length ? `A silenced stream becomes zero, ${alike}.` : "",
    });
  }

  _place(k, at, now) {
    const { queries, gallery } = this.album;
    const before = this.plain.ranks.get(k);
    return {
      src: gallery.src(k), name: gallery.names[k], rank: at, before, similarity: now.similarity[k],
      match: gallery.persons[k] === queries.persons[this.triple.query], moved: moved(at, before),
    };
  }

  _open() {
    const { layout } = this.network;
    const b = layout.blocks.indexOf(this.values.opened);
    const found = [];
    for (let t = 0; b >= 0 && layout.channels[b] && t < layout.streams[b]; t++) {
      ROLES.forEach((photo, i) => {
        const row = this.gates[i][b][t];
        const [low, high] = [Math.min(...row), Math.max(...row)].map((one) => one.toFixed(2));
        const text = `stream ${t + 1}, ${photo}: ${row.length} gates from ${low} to ${high}`;
        found.push({ stream: t + 1, photo, values: row.map((one) => Math.round(1000 * one) / 1000), text });
      });
    }
    this.page.tell({ channels: found });
  }

  _point() {
    const { layout } = this.network;
    const [block, stream] = this.values.chosen;
    const b = layout.blocks.indexOf(block);
    const field = this.about.fields[`${block}:${stream}`];
    const told = [];
    const gates = () => ROLES.map((_, i) => mean(this.gates[i][b][stream - 1]).toFixed(2));
    const share = (one) => `${(100 * one.streams[b][stream - 1]).toFixed(0)} %`;
    if (layout.channels[b]) told.push(`mean gate ${gates().join(", ")}`);
    if (this.shares[0]) told.push(`share ${this.shares.map(share).join(", ")}`);
    const cells = field ? `, ${field.cells} x ${field.cells} cells` : "";
    this.page.tell({
      field: field || { says: "" },
      details: `Stream ${stream} of ${block}${cells} (${ROLES.join(", ")}): ${told.join("; ")}.`,
    });
  }
}

// A triple in a list to choose from.
export function titled(album, { query, margin }) {
  return `${album.queries.who[query]}: ${margin < 0 ? "impostor" : "match"} first by ${Math.abs(margin).toFixed(2)}`;
}

const mean = (row) => row.reduce((sum, one) => sum + one, 0) / row.length;

// shares: (N * K * (T + 1)), of each block its streams' and then the branch's.
function sharesOf({ blocks, streams }, shares, k) {
  const wide = Math.max(...streams) + 1;
  const row = (b) => shares.subarray((k * blocks.length + b) * wide, (k * blocks.length + b + 1) * wide);
  return {
    streams: blocks.map((_, b) => Array.from(row(b).subarray(0, streams[b]))),
    branch: blocks.map((_, b) => row(b)[wide - 1]),
  };
}

function blockSeen(block, b, { gates, shares }) {
  const known = Boolean(shares[0]);
  const finite = (value) => (Number.isFinite(value) ? value : 0);
  const streams = gates[0][b].map((row, t) => ({
    stream: t + 1,
    cells: 2 * t + 3,
    gate: row.length ? gates.map((one) => mean(one[b][t])) : [],
    share: shares.map((one) => (known ? finite(one.streams[b][t]) : 0)),
  }));
  const leans = known ? leaning(block, shares[0].streams[b]) : `The shares of block ${block} are not known here.`;
  return { name: block, streams, branch: shares.map((one) => (known ? finite(one.branch[b]) : 0)), leans };
}
