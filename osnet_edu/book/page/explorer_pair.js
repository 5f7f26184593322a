// What an open pair is asked in the page, which questions it can answer, and the models that answer: the rules of
// widgets/openings.py.

import { duel } from "./explorer_duel.js";
import { matching } from "./explorer_matching.js";
import { joined, pixelsOf } from "./explorer_shelf.js";
import { Flow } from "./flow_model.js";
import { ranks, theatre } from "./theatre.js";
import { Refused, sentence, traits } from "./traits.js";

export const WHYS = ["duel", "gates", "correspondence", "edit", "flow"];
const OWN = "Nobody knows the right match of a photo of your own, so only the correspondence and the stages can be asked.";
const NO_MAPS = "The file of a network of your own has no maps, so its stages cannot be shown here. The explorer in the lab shows them.";
const HERE = "The network in this page.";
const LEFT_OUT = "the Market rule leaves this photo out, so it cannot win or lose against another one";

// The triple that a gallery photo asks about: itself, and the best-ranked photo of the other side.
// query: its place.  found: its ranking, columns of rank.js.  Throws: Refused where there is none.
export function tripleOf(album, found, query, place) {
  const at = ranks(found);
  if (!at.get(place)) throw new Refused(LEFT_OUT);
  const person = album.queries.persons[query];
  const order = [...found.place].filter((k) => at.get(k));
  const [same, others] = [true, false].map((is) => order.filter((k) => (album.gallery.persons[k] === person) === is));
  if (!same.length || !others.length) {
    const lacks = same.length ? "photo of another person" : "match by another camera";
    throw new Refused(`a duel needs a match and an impostor, and the gallery has no ${lacks} for this query`);
  }
  const [positive, negative] = same.includes(place) ? [place, others[0]] : [same[0], place];
  const similarity = (k) => found.similarity[found.place.indexOf(k)];
  return { query, positive, negative, margin: similarity(positive) - similarity(negative) };
}

// given: {shelf, album, about, rank, pairs, draw, flows: of flow_site.js}.
export class Openings {
  constructor(given) {
    this.given = given;
    this.kept = new Map(); // by network and question
  }

  // A pair: {name: of the network, query: place or -1, own: pixels, src: of the own photo, place: of the gallery photo,
  // silenced: streams that the network does without}.
  // Returns: {triple, cannot: {question: why, in a sentence}}.
  async look(pair) {
    const { shelf, album, rank } = this.given;
    const stages = shelf.find(pair.name).own ? { flow: NO_MAPS } : {};
    if (pair.query < 0) return { triple: null, cannot: { duel: OWN, gates: OWN, edit: OWN, ...stages } };
    try {
      const found = rank(await shelf.row(pair.name, pair.query), pair.query);
      return { triple: tripleOf(album, found, pair.query, pair.place), cannot: stages };
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      return { triple: null, cannot: { duel: sentence(refusal), gates: sentence(refusal), ...stages } };
    }
  }

  // What answers a question: {kind: of the widget, model, ...}.  Throws: Refused where the pair has no answer.
  async child(pair, why, { triple, cannot }, signal) {
    this.close();
    if (cannot[why]) throw new Refused(cannot[why]);
    if (why === "edit") return { kind: "edit", ...edited(this.given.album, pair) };
    if (why === "correspondence") return { kind: "matching", ...(await this._matching(pair, signal)) };
    const key = `${pair.name} ${why}`;
    if (why === "flow") return { kind: "flow", model: (await this._flow(pair, key)).model };
    if (this.kept.has(key)) await this.kept.get(key).point(triple);
    else {
      const make = { duel, gates: theatre }[why];
      this.kept.set(key, await make({ ...this.given, name: pair.name, first: triple }));
    }
    return { kind: why, model: this.kept.get(key).model, of: this.kept.get(key) };
  }

  // The pair is closed, or another one is opened: what is computed for it ends.
  close() {
    this.kept.forEach((one) => one.close?.());
  }

  // A network has changed.
  forget(name) {
    this.close();
    WHYS.forEach((why) => this.kept.delete(`${name} ${why}`));
  }

  // One for each network, which keeps the place that is open from pair to pair.
  async _flow(pair, key) {
    const { flows, album } = this.given;
    if (!this.kept.has(key)) {
      const { shown } = await flows.of(pair.name);
      const start = { colours: shown.colours, source: HERE };
      this.kept.set(key, new Flow({ start, bring: flows.of, name: pair.name }));
    }
    const made = this.kept.get(key);
    const query = pair.query < 0 ? "" : album.queries.names[pair.query];
    await made.point([query, album.gallery.names[pair.place]], pair.silenced, [pair.own]);
    if (made.values.problem) throw new Refused(made.values.problem);
    return made;
  }

  async _matching(pair, signal) {
    const { shelf, album, about } = this.given;
    const own = pair.query < 0;
    const pixels = [own ? pair.own : await pixelsOf(album.queries, pair.query, 1), await pixelsOf(album.gallery, pair.place, 1)];
    const src = [own ? pair.src : album.queries.src(pair.query), album.gallery.src(pair.place)];
    return matching(await shelf.find(pair.name).engine(), { pixels: joined(pixels), src, size: about.size }, signal);
  }
}

// A person is edited on a page of its own.
function edited(album, { query }) {
  const page = traits({ who: album.queries.who[query], photo: album.queries.names[query], source: "" });
  return { model: page.model };
}
