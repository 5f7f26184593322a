// The duel in the page. Of the shipped hard pairs everything was computed when this page was built, and they have grades.
// Of every pair, occlusion, CorrRISE and segment occlusion are computed by the network in this page, and drawn as they
// arrive. It answers what widgets/duelling.py answers.
//
// Shapes: three photos (query, match, impostor) of H x W pixels.

import { joined, pixelsOf } from "./explorer_shelf.js";
import { triples } from "./explorer_wish.js";
import { corrRise, occlusion, segmentOcclusion } from "./maps.js";
import { similarities } from "./rank.js";
import { titled } from "./theatre.js";
import { Refused, oneOf, stillAsked, traits } from "./traits.js";

export const LIVE = { occlusion, CorrRISE: corrRise, "segment occlusion": segmentOcclusion };
export const [SIMILAR, APART] = ["What makes the impostor so similar?", "What tells them apart?"];
const NAMES = ["query", "match", "impostor"];
const MARKS = ["", "\u2713", "\u2717"];
const BUILT = "Computed when this page was built.";
const HERE = "The network in this page.";
const OTHERS = "This pair was not computed when this page was built: only occlusion, CorrRISE and segment occlusion answer here, "
  + "and without a grade. The lab asks every method of every pair.";
const UNKNOWN = "Not graded: the true difference of this pair is not known to this page.";
const NOT_BUILT = "Not graded: this method had no grade when this page was built.";

// shelf, album, about: of the explorer.  pairs: as `recorded` makes it.  draw: {heat, grey}, as of paint.js.
// name: of the network.  first: the triple to begin with.  Returns: a Duel that shows it.
export async function duel({ shelf, album, about, pairs, draw, name, first }) {
  const made = new Duel({ shelf, album, about, pairs, draw }, shelf.find(name), triples(await shelf.hardness(name)));
  await made.point(first);
  return made;
}

// The pairs that were computed when this page was built.  told: pairs.json.  fetched(name): a file beside it as JSON.
// peaks(name): a map of theirs, (3 * H * W) numbers of -127 to 127.
export function recorded(told, fetched, peaks) {
  const places = new Map(told.pairs.map((one) => [one.photos.join("|"), one.file]));
  return {
    methods: told.methods,
    peaks,
    // The record of a network and three photos, by name; null where there is none.
    find: async (name, photos) => (name === told.model && places.has(photos.join("|")) ? fetched(places.get(photos.join("|"))) : null),
  };
}

class Duel {
  constructor(given, network, all) {
    Object.assign(this, given, { network, all, ending: null, kept: new Map() });
    const live = Object.keys(LIVE);
    const methods = [...this.pairs.methods, ...live.filter((one) => !this.pairs.methods.includes(one))];
    this.page = traits(
      {
        triples: all.map((one) => titled(this.album, one)), triple: 0,
        methods: methods.map((one) => [one, one]), buttons: methods.slice(0, 3), method: methods[0], opacity: 1,
        outlined: false, alone: false, photos: [], heats: [], scale: "", truth: "", column: "", shares: [], answer: "",
        verdict: "", measured: "", questions: [SIMILAR, APART], question: APART, sentence: "", grade: "", hatched: false,
        source: "",
      },
      { check: (set) => this.check(set), answer: (names) => this.answer(names) },
    );
    this.methods = methods;
    [this.wanted] = methods; // the method that a person chose; a pair may have to do with another one
    this.model = this.page.model;
    this.values = this.page.values;
  }

  check(set) {
    if ("triple" in set && !(set.triple >= 0 && set.triple < this.all.length)) {
      throw new Refused(`There are triples 0 to ${this.all.length - 1}, got ${set.triple}.`);
    }
    if ("method" in set) {
      oneOf(set.method, this.methods, "method");
      if (!LIVE[set.method] && !this.record && !("triple" in set)) throw new Refused(OTHERS);
    }
    if ("question" in set) oneOf(set.question, [SIMILAR, APART], "question");
    if ("opacity" in set && !(set.opacity >= 0 && set.opacity <= 1)) {
      throw new Refused(`The opacity must be 0 to 1, got ${set.opacity}.`);
    }
    return set;
  }

  async answer(names) {
    if (names.includes("triple")) await this._look();
    else if (names.includes("method") || names.includes("question")) {
      if (names.includes("method")) this.wanted = this.values.method;
      await this._show();
    }
  }

  // Shows a triple of one's own: it takes the place of the mined one of its query, or joins the list.
  async point(triple) {
    const at = this.all.findIndex(({ query }) => query === triple.query);
    const where = at < 0 ? this.all.length : at;
    this.all[where] = triple;
    this.page.tell({ triples: this.all.map((one) => titled(this.album, one)), triple: where });
    await this._look();
  }

  close() {
    this.ending?.abort();
  }

  // A triple is new: its photos, what is known of it, and the question that fits it.
  async _look() {
    const { query, positive, negative } = this.all[this.values.triple];
    const shown = [["queries", query], ["gallery", positive], ["gallery", negative]];
    const { album } = this;
    this.kept.clear();
    this.record = await this.pairs.find(this.network.name, shown.map(([of, k]) => album[of].names[k]));
    this.pixels = await Promise.all(shown.map(([of, k]) => pixelsOf(album[of], k, 1)));
    const alike = await this._similarities();
    const [height, width] = this.about.size;
    const photos = shown.map(([of, k], i) => ({
      src: album[of].src(k), grey: this.draw.grey(this.pixels[i], height, width), role: NAMES[i], mark: MARKS[i],
      who: `person ${album[of].persons[k]}`, where: `camera ${album[of].cameras[k]}`,
      similarity: i ? alike[i - 1].toFixed(3) : "",
    }));
    const method = LIVE[this.wanted] || this.record ? this.wanted : "occlusion";
    this.page.tell({ photos, heats: [], method, ...this._known(alike[0] - alike[1]) });
    await this._show();
  }

  async _similarities() {
    const { embedding } = await this._run(joined(this.pixels), 3);
    const dim = embedding.length / 3;
    this.features = [0, 1, 2].map((k) => embedding.subarray(k * dim, (k + 1) * dim));
    return similarities(this.features[0], embedding.subarray(dim));
  }

  async _run(pixels, count, signal) {
    return (await this.network.engine()).run(pixels, { count, signal });
  }

  // What does not depend on the method.
  _known(margin) {
    const { record } = this;
    const leads = margin < 0 ? "The impostor comes first" : "The match comes first";
    const apart = Math.abs(margin);
    const verdict = apart >= 0.0005 ? `${leads}, by ${apart.toFixed(3)}.` : `${leads}, by less than 0.001.`;
    if (record) {
      const { answer, measured, truth, question } = record;
      return { answer, measured, truth: truth && this.pairs.address(truth), question, verdict: record.verdict };
    }
    return { answer: "", measured: "", truth: "", question: margin < 0 ? SIMILAR : APART, verdict };
  }

  // The maps of the method, at once where they are known, else as they arrive.
  async _show() {
    this.close();
    const { method } = this.values;
    const built = this.record?.methods[method];
    if (built && !LIVE[method]) {
      const { height, width } = this._sized();
      const peaks = await this.pairs.peaks(built.file);
      const maps = [0, 1, 2].map((k) => Float64Array.from(peaks.subarray(k * height * width, (k + 1) * height * width), (one) => (one / 127) * built.peaks[k]));
      this._draw(maps, built, BUILT);
      return;
    }
    const mine = (this.ending = new AbortController());
    const work = this._live(method, built, mine.signal);
    work.catch((error) => mine.signal.aborted || this.page.tell({ source: error.message }));
    this.settled = work.catch(() => {}); // for who waits for all of it
  }

  async _live(method, built, signal) {
    const maps = this.kept.get(method) || [0, 1, 2].map(() => new Float64Array(this.pixels[0].length / 3));
    const source = [built ? `Maps: the network in this page. Grade: ${BUILT.toLowerCase()}` : HERE, this.record ? "" : OTHERS];
    if (!this.kept.has(method)) {
      this._draw(maps, null, HERE);
      for (const k of [2, 1, 0]) {
        maps[k] = await this._map(method, k, signal, (map, done, all) => {
          maps[k] = map;
          this._draw(maps, null, `${HERE} It looks at ${done} of ${all} versions of the ${NAMES[k]}.`);
        });
      }
      this.kept.set(method, maps);
    }
    this._draw(maps, built, source.filter(Boolean).join(" "));
  }

  async _map(method, k, signal, arrived) {
    const [query, match, impostor] = this.features;
    const look = async (pixels, count) => {
      const { embedding } = await this._run(pixels, count, signal);
      stillAsked(signal); // or it would draw on the next pair
      return embedding;
    };
    const photo = { pixels: this.pixels[k], ...this._sized() };
    if (method === "segment occlusion") {
      const reference = await this._both(look, this.pixels[[2, 0, 0][k]]);
      return LIVE[method](look, photo, (features) => similarities(reference, features), { arrived });
    }
    const target = (features) => {
      if (k) return similarities(query, features);
      const [one, other] = [similarities(match, features), similarities(impostor, features)];
      return one.map((value, at) => value - other[at]);
    };
    return LIVE[method](look, photo, target, { arrived });
  }

  // The direction of a photo and of its mirror image together.
  async _both(look, pixels) {
    const { height, width } = this._sized();
    const turned = new Uint8Array(pixels.length);
    for (let at = 0; at < height * width; at++) {
      const from = 3 * (Math.floor(at / width) * width + (width - 1 - (at % width)));
      turned.set(pixels.subarray(from, from + 3), 3 * at);
    }
    const features = await look(joined([pixels, turned]), 2);
    const dim = features.length / 2;
    const [one, other] = [features.subarray(0, dim), features.subarray(dim)];
    const [a, b] = [Math.hypot(...one), Math.hypot(...other)];
    return one.map((value, d) => value / a + other[d] / b);
  }

  _sized() {
    const [height, width] = this.about.size;
    return { height, width };
  }

  // built: what was worked out for this method when the page was built, or null.
  _draw(maps, built, source) {
    const { height, width } = this._sized();
    const { question } = this.values;
    const strongest = maps.map((map) => map.reduce((most, one) => Math.max(most, Math.abs(one)), 0));
    const full = question === SIMILAR && strongest[2] ? strongest[2] : Math.max(...strongest);
    const said = built?.questions[question];
    const text = (k) => built?.texts[k] || place(maps[k], strongest[k], k, width);
    this.maps = maps;
    this.page.tell({
      heats: maps.map((map, k) => ({ src: this.draw.heat(map, height, width, full), text: text(k) })),
      scale: full ? `Full colour: \u00b1${short(full)} and more, the same in all three.` : "All maps are blank.",
      column: question === SIMILAR ? "for the impostor" : "against the impostor",
      sentence: said?.sentence || "", shares: said?.shares || [],
      grade: said?.grade || (this.record ? NOT_BUILT : UNKNOWN),
      hatched: said?.hatched || false, source,
    });
  }
}

function place(map, strongest, k, width) {
  if (!strongest) return `The map on the ${NAMES[k]} is blank.`;
  const at = map.findIndex((one) => Math.abs(one) === strongest);
  return `The map on the ${NAMES[k]} is strongest at row ${Math.floor(at / width)}, column ${at % width}.`;
}

// Two digits that count.
function short(value) {
  const text = Number(value.toPrecision(2));
  return text < 1e-4 ? text.toExponential().replace(/e-(\d)$/, "e-0$1") : String(text);
}
