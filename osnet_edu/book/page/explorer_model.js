// The explorer's model in the page: it answers what widgets/explorer.py answers.

import { DEFAULTS, STATE, line, link, linked } from "./explorer_state.js";
import { SORTS, WISHES, fitting } from "./explorer_wish.js";
import { WHYS } from "./explorer_pair.js";
import { streamsNamed } from "./layout.js";
import { Refused, oneOf, said, sentence, stillAsked, traits } from "./traits.js";

const MOST_ASKED = 400; // small pictures in one message
const NO_FILE =
  "this page cannot open a file by its name; choose or drop an .onnx file made by export, in the box of the page for it";
const BUILT = "Similarities: from features that were computed when this page was built.";
const HERE = "The network in this page.";
const FOLLOWS = { // what is worked out anew when a value changes, in this order
  list: ["model", ...WISHES],
  rank: ["model", "query", "other", "silenced", "where", "own_at"],
  open: ["model", "query", "opened", "side", "why"],
  tell: STATE,
};

const STAGES = ["silenced", "where", "own_at"]; // what else the stages of a pair follow
const BOTH = "Here both photos do without the silenced streams, in the list the query alone.";

// given:
//   album, about        as gallery.js reads it; explorer.json
//   shelf, openings     of explorer_shelf.js and explorer_pair.js
//   rank(row, query)    columns of rank.js for a query's place; -1 for somebody whom nobody knows
//   own.read(bytes)     a photo of one's own; a promise.  own.framed(photo, size, at): {pixels, src, wide}
//   small(of, place)    a photo as the bytes of a picture; a promise
//   save(drawn)         a PNG as bytes of {album, at, own, lists, first, count}; a promise
//   shown(child)        the view of a pair's widget: {el, remove()}; a promise
export class Explorer {
  constructor(given) {
    Object.assign(this, given, { stale: new Set(), photo: null, children: new Map(), made: 0 });
    const { album, about, shelf } = given;
    const told = ({ names, who }) => ({ names, who });
    this.page = traits(
      {
        ...DEFAULTS, query: album.queries.names.includes(about.welcome) ? about.welcome : album.queries.names[0],
        models: shelf.names, choices: { ...album.choices, sorts: SORTS }, blocks: [], queries: told(album.queries),
        gallery: told(album.gallery), found: new Int32Array(0), at: -1, left: {}, right: {}, own: {}, said: "", noted: "",
        asked_of: "", cannot: {}, state: "", link: "", plain: true, child: null, source: BUILT,
      },
      {
        check: (set) => this.check(set),
        answer: (names, signal) => this.answer(names, signal),
        press: (message, files, signal) => this.pressed(message, files, signal),
        want: (message) => this.wanted(message),
      },
    );
    this.values = this.page.values;
    this.model = Object.assign(this.page.model, { widget_manager: this });
  }

  // The first view.
  async begin() {
    await this.answer(STATE);
  }

  // ---- what may be set

  check(set) {
    const now = { ...this.values, ...set };
    const taken = { ...set };
    if ("model" in set) this.shelf.find(set.model);
    if (set.other) this.shelf.find(set.other);
    if ("query" in set) this._checkQuery(set.query);
    if ("other" in set && set.other !== this.values.other && !("silenced" in set)) now.silenced = taken.silenced = [];
    if ("silenced" in set && set.silenced.length) {
      if (!now.other) throw new Refused("streams are silenced in the second network; choose one first");
      taken.silenced = streamsNamed(this.shelf.find(now.other).layout, set.silenced);
    }
    if ("where" in set) oneOf(set.where, ["query", "both"], "place");
    if ("sort" in set) oneOf(set.sort, SORTS, "order");
    if ("why" in set) oneOf(set.why, WHYS, "question");
    if ("side" in set) oneOf(set.side, [0, 1], "side");
    if ("own_at" in set && !(set.own_at >= 0 && set.own_at <= 1)) {
      throw new Refused(`a photo is cut from 0 (left) to 1 (right), got ${set.own_at}`);
    }
    if (set.opened) placeOf(this.album.gallery.names, set.opened, "gallery photo");
    return taken;
  }

  _checkQuery(query) {
    if (query) placeOf(this.album.queries.names, query, "query");
    else if (!this.photo) throw new Refused("no query is chosen, and no photo of one's own is here");
  }

  // ---- what follows

  async answer(names, signal) {
    if (this.values.why === "flow" && names.some((name) => STAGES.includes(name))) this.stale.add("open");
    for (const [step, of] of Object.entries(FOLLOWS)) if (names.some((name) => of.includes(name))) this.stale.add(step);
    for (const step of Object.keys(FOLLOWS)) {
      if (!this.stale.has(step)) continue;
      await this[`_${step}`](signal);
      stillAsked(signal);
      this.stale.delete(step);
    }
  }

  async _list(signal) {
    const wish = Object.fromEntries(WISHES.map((name) => [name, this.values[name]]));
    const hard = wish.failures || wish.sort !== SORTS[0] ? await this.shelf.hardness(this.values.model, signal) : null;
    this.page.tell({ found: fitting(this.album.queries, wish, () => hard) });
  }

  async _rank(signal) {
    const { query, model, other, silenced, own_at: cut } = this.values;
    const at = query ? this.album.queries.names.indexOf(query) : -1;
    const own = query ? null : this.own.framed(this.photo, this.about.size, cut);
    const left = await this._listed(model, at, own, [], signal);
    const without = silenced.length > 1 ? ` without ${silenced.length} streams` : silenced.length ? " without a stream" : "";
    const right = other ? { ...(await this._listed(other, at, own, silenced, signal)), title: other + without } : {};
    stillAsked(signal);
    this.framed = own;
    const { blocks, streams } = other ? this.shelf.find(other).layout : { blocks: [] };
    this.page.tell({
      at, left: { ...left, title: model }, said: left.said, right,
      blocks: blocks.map((block, b) => [block, streams[b]]),
      own: own ? { src: own.src, text: "your photo, as the network gets it", wide: own.wide } : {},
      source: this._source(),
    });
  }

  _source() {
    const { query, model, other, silenced, where } = this.values;
    if (!query) return `${HERE} Your photo stays in this tab.`;
    const live = [model, other].some((name) => name && this.shelf.find(name).own);
    if (!silenced.length) return live ? HERE : BUILT;
    return `${live ? HERE : BUILT} Without the silenced streams: the network in this page looks at the query${where === "both" ? " and at the gallery" : ""} again.`;
  }

  async _listed(name, at, own, silenced, signal) {
    const row = await this.shelf.row(name, own ? own.pixels : at, { silenced, where: this.values.where, signal });
    return this.rank(row, at);
  }

  // Shows the pair that is open, or nothing.
  async _open(signal) {
    const { opened, side, other, model, why, query } = this.values;
    if (!opened) {
      this.openings.close();
      this.page.tell({ child: null, asked_of: "", cannot: {} });
      return;
    }
    const name = side && other ? other : model;
    const place = this.album.gallery.names.indexOf(opened);
    const at = query ? this.album.queries.names.indexOf(query) : -1;
    const silenced = side && other ? this.values.silenced : [];
    const pair = { name, query: at, own: this.framed?.pixels, src: this.framed?.src, place, silenced };
    const asker = at < 0 ? "your photo" : this.album.queries.who[at];
    let words = `${asker}, and ${this.album.gallery.who[place]}: asked of the network ${name}.`;
    const known = await this.openings.look(pair);
    let child = null;
    try {
      child = this._view(await this.openings.child(pair, why, known, signal));
      if (why === "flow" && silenced.length && this.values.where === "query") words = `${words} ${BOTH}`;
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      words = `${words} ${sentence(refusal)}`;
    }
    stillAsked(signal);
    this.page.tell({ child, asked_of: words, cannot: known.cannot });
  }

  async _tell() {
    this.page.tell({ state: line(this.values, this.shelf.own), link: this.values.query ? link(this.values) : "" });
  }

  // ---- the widget of a pair, as asking.js asks for it

  _view(child) {
    for (const [id, one] of this.children) if (one.model === child.model) return `IPY_MODEL_${id}`;
    const id = `page-${(this.made += 1)}`;
    this.children.clear(); // one is shown at a time
    this.children.set(id, child);
    return `IPY_MODEL_${id}`;
  }

  async get_model(id) {
    return this.children.get(id);
  }

  async create_view(child) {
    return this.shown(child);
  }

  // ---- what the widget asks for

  wanted(message) {
    const what = ["queries", "gallery"].find((name) => message?.[name]);
    if (!what) return false;
    const places = message[what].slice(0, MOST_ASKED);
    Promise.all(places.map((place) => this.small(what, place))).then(
      (all) => this.page.send({ [what]: places, texts: places.map((place) => this.album[what].described[place]) }, all),
      (error) => this.page.tell({ problem: sentence(error) }),
    );
    return true;
  }

  async pressed(message, files, signal) {
    const [what] = Object.keys(message);
    if (what === "photo" && files.length === 1) await this.bring(await this.own.read(files[0]), signal);
    else if (what === "link") await this.take(linked(message.link), signal);
    else if (what === "network") await this.add(message.network, signal);
    else if (what === "weights") throw new Refused(NO_FILE);
    else if (what === "save") await this._saved(message.save);
    else throw new Refused(`there is no button ${said(what).slice(0, 60)} here`);
  }

  // A photo of one's own becomes the query.
  async bring(photo, signal) {
    this.photo = photo;
    this.page.tell({ why: "correspondence", query: "" }); // the one question that needs no right answer
    await this.answer(["query", "why"], signal);
  }

  // A network of one's own ranks from now on.  made: {name, engine, layout}.
  async add(made, signal) {
    this.shelf.add(made.name, made);
    this.openings.forget(made.name);
    const before = this.values.model;
    this.page.tell({ models: this.shelf.names, model: made.name });
    try {
      await this.answer(["model", ...(this.values.other === made.name ? ["other"] : [])], signal);
    } catch (error) {
      if (!signal?.aborted) {
        this.shelf.remove(made.name);
        this.page.tell({ models: this.shelf.names, model: before });
      }
      throw error;
    }
  }

  // Sets a state, all of it or nothing.
  async take(values, signal) {
    const before = Object.fromEntries(STATE.map((name) => [name, this.values[name]]));
    const taken = this.check(values);
    try {
      this.page.tell(taken);
      await this.answer(Object.keys(taken), signal);
    } catch (error) {
      if (!signal?.aborted) this.page.tell(before);
      throw error;
    }
  }

  async _saved({ first, count, view }) {
    if (!Number.isInteger(first) || !Number.isInteger(count)) throw new Refused("a picture needs its first photo and how many");
    const { query, left, right, at } = this.values;
    const lists = right.place ? [left, right] : [left];
    const png = await this.save({ album: this.album, at, own: this.framed, lists, first, count });
    this.page.send({ png: `${query ? query.replace(/\.\w+$/, "") : "own_photo"}.png`, view }, [png]);
  }
}

function placeOf(names, name, what) {
  const place = names.indexOf(name);
  if (place < 0) throw new Refused(`there is no ${what} ${said(name)} that can be read; expected a name such as ${names[0]}`);
  return place;
}
