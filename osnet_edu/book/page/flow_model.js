// The network at work in the page: it answers what widgets/flow.py answers.

import { factorsOf, gatesOf, streamsNamed } from "./layout.js";
import { blockLevel, networkLevel, placeSaid, stageLevel, withoutSaid } from "./flow_levels.js";
import { colours, dulled, lit, parting } from "./flow_maps.js";
import { placeNamed } from "./flow_places.js";
import { cellSeen } from "./flow_seen.js";
import { Refused, said, stillAsked, traits } from "./traits.js";

const PASSES = 8; // that are remembered, each some 2 MB
const CELLS = 32; // whose heat is remembered
const FOLLOWS = ["pass", "open", "point"]; // each of them needs what follows it
const STEPS = { shown: "pass", silenced: "pass", at: "open", cell: "point" };
export const START = {
  shown: [], at: "network", cell: [], silenced: [], small: false, size: [], pairs: [], choices: [], pictures: [], network: {},
  stage: {}, block: {}, seen: {}, trail: [], said: "", effect: "", ratios: {}, colours: "",
};

// start: traits to begin with, such as Python wrote them when the page was built.
// name: of the network; also a trait, `model`.
// bring(name): what the answers need; a promise, asked again after it was refused:
//   about           flow_NAME.json
//   photos          {has(name), first: a name, pixels(name) -> promise, src(name), words(name)}
//   run(pixels, {factors, want, cell, signal}) -> {name: Float32Array, nameShape}, of the network's graph of all maps
//   outputs()       names of all that the graph gives; a promise
//   draw(rgb, height, width)  an address of a picture
//   own(bytes, size)  pixels of a photo of one's own; a promise
// Returns: a Flow; its model is for the widget.
export class Flow {
  constructor({ start, bring, name = "shipped" }) {
    Object.assign(this, { bring, own: [], stale: new Set(), passes: new Map(), heats: new Map(), state: null, named: 0 });
    this.page = traits(
      { ...START, ...start, model: name },
      {
        begin: async () => (this.given ??= await bring(this.values.model)),
        check: (set) => this.check(set),
        answer: (names, signal) => this.answer(names, signal),
        press: (message, files, signal) => this.pressed(message, files, signal),
      },
    );
    this.model = this.page.model;
    this.values = this.page.values;
  }

  // Other photos by their names, "" for one's own, whose pixels stand at its place in `own`; and these streams silenced.
  // What goes wrong is in `problem`.
  async point(shown, silenced, own) {
    this.own = own.map((pixels) => pixels && this._kept(pixels));
    await this.page.ask({ shown, silenced });
  }

  // ---- what may be set

  check(set) {
    const { about } = this.given;
    const taken = { ...set };
    if ("at" in set) placeNamed(about, set.at);
    if ("silenced" in set) taken.silenced = streamsNamed(about.layout, set.silenced);
    if ("shown" in set) this._checkShown(set.shown);
    if ("cell" in set) this._checkCell(set.cell);
    return taken;
  }

  _checkShown(shown) {
    const { photos } = this.given;
    if (shown.length < 1 || shown.length > 2) throw new Refused(`one photo or two can be shown, got ${shown.length}`);
    shown.forEach((name, k) => {
      if (!name && !this.own[k]) throw new Refused(`photo ${k + 1} has no name, and no photo of one's own is in its place`);
      if (name && !photos.has(name)) {
        throw new Refused(`there is no photo ${said(name)} in this folder; expected a name such as ${photos.first}`);
      }
    });
  }

  _checkCell(cell) {
    if (!cell.length) return;
    const [name, photo, row, column] = cell;
    if (cell.length !== 4 || typeof name !== "string" || !cell.slice(1).every(Number.isInteger)) {
      throw new Refused(`a cell is [map, photo, row, column], got ${said(cell)}`);
    }
    const { map } = placeNamed(this.given.about, name);
    if (!map) throw new Refused("the whole network has no cells; expected the map of a stage, a block or a stream");
    const [, rows, columns] = this.given.about.maps[map].shape;
    const count = this.values.pictures.length;
    if (!(photo >= 0 && photo < count && row >= 0 && row < rows && column >= 0 && column < columns)) {
      throw new Refused(`${name} has photos 0 to ${count - 1} of ${rows} x ${columns} cells, got ${said(cell.slice(1))}`);
    }
  }

  // ---- what follows

  // All of it is worked out first and told then: where something goes wrong, the last good picture stays.
  async answer(names, signal) {
    names.forEach((name) => STEPS[name] && this.stale.add(STEPS[name]));
    const first = FOLLOWS.findIndex((step) => this.stale.has(step));
    if (first < 0) return;
    const passes = first === 0 || !this.state;
    const state = passes ? await this._passed(signal) : this.state;
    const found = first === 0 ? this._network(state) : {};
    const here = placeNamed(this.given.about, this.values.at);
    if (first <= 1) Object.assign(found, this._open(state, here));
    Object.assign(found, await this._point({ ...this.values, ...found }, state, here, signal));
    stillAsked(signal);
    this.state = state;
    this.page.tell(found);
    this.stale.clear();
  }

  // What the network made of the photos: {shown, now, plain, parted, draw}.
  async _passed(signal) {
    const { shown, silenced } = this.values;
    const { about } = this.given;
    const looked = async (streams) => {
      const found = [];
      for (let k = 0; k < shown.length; k++) found.push(await this._photo(shown[k] || this.own[k], streams, signal));
      return found;
    };
    const now = await looked(silenced);
    const plain = silenced.length ? await looked([]) : now;
    const parted = now.length === 2 ? parting(about, now) : null;
    return { shown, now, plain, parted, draw: this._drawing(now) };
  }

  // One photo, by its name or as one's own, through the network: {pixels, map(name), gates, embedding}.
  async _photo(photo, silenced, signal) {
    const key = JSON.stringify([photo.key ?? photo, silenced]);
    return remembered(this.passes, key, PASSES, async () => {
      const { about, photos, run, outputs } = this.given;
      const pixels = photo.pixels ?? (await photos.pixels(photo));
      stillAsked(signal);
      const want = (await outputs()).filter((name) => name !== "heat");
      const found = await run(pixels, { factors: factorsOf(about.layout, silenced), want, signal });
      const gates = gatesOf(about.layout, found.gates);
      return {
        pixels,
        map: (name) => ({ data: found[name], shape: found[`${name}Shape`] }),
        gates: Object.fromEntries(about.layout.blocks.map((block, b) => [block, gates[0][b]])),
        embedding: found.embedding,
      };
    });
  }

  // Maps as pictures, each made once.
  _drawing(now) {
    const { about, draw } = this.given;
    const made = new Map();
    const picture = (name, shining) => {
      const [, rows, columns] = now[0].map(name).shape;
      const shades = now.map((photo) => colours(photo.map(name), about.maps[name].basis));
      const both = shining && now.length === 2 ? lit(...now.map((photo) => photo.map(name)), about.unlike[name]) : [];
      return {
        name, shape: [now.length, ...now[0].map(name).shape],
        src: shades.map((one) => draw(one, rows, columns)),
        lit: both.map((one, k) => draw(dulled(shades[k], one), rows, columns)),
      };
    };
    return (name, { words = name, lit: shining = false } = {}) => {
      const key = `${name} ${shining}`;
      if (!made.has(key)) made.set(key, picture(name, shining));
      const { shape, src, lit: shone } = made.get(key);
      return { name, words, shape, src, lit: shone };
    };
  }

  _network({ shown, now, plain, parted, draw }) {
    const { about, photos, draw: drawn } = this.given;
    const { cell, silenced } = this.values;
    return {
      ...(cell.length && cell[1] >= shown.length ? { cell: [] } : {}),
      size: about.size,
      pictures: shown.map((name, k) => ({
        src: name ? photos.src(name) : drawn(now[k].pixels, ...about.size), text: name ? photos.words(name) : "your photo",
      })),
      ratios: parted ? parted.ratios : {},
      effect: withoutSaid(plain, now, silenced),
      network: networkLevel(about, now, draw, parted),
    };
  }

  _open({ now, parted, draw }, here) {
    const { about } = this.given;
    return {
      stage: here.stage ? stageLevel(about, draw, here.stage, parted) : {},
      block: about.blocks[here.block] ? blockLevel(about, now, draw, here.block, this.values.silenced) : {},
      trail: here.trail,
    };
  }

  async _point(values, { shown, now }, here, signal) {
    const { cell } = values;
    if (!cell.length || cell[0] !== here.map) return { seen: {}, said: placeSaid(here, values) };
    const [name, photo, row, column] = cell;
    const { about, run } = this.given;
    const owner = shown[photo] || this.own[photo].key;
    const heat = await remembered(this.heats, JSON.stringify([owner, values.silenced, name, row, column]), CELLS, async () => {
      const asked = { factors: factorsOf(about.layout, values.silenced), want: ["heat"], cell: { map: name, at: [row, column] }, signal };
      return (await run(now[photo].pixels, asked)).heat;
    });
    const seen = cellSeen(about, now.map((one) => one.map(name)), { name, photo, cell: [row, column], heat });
    return { seen, said: seen.sentence };
  }

  // ---- another network, and a photo of one's own

  async pressed(message, files, signal) {
    if (message?.network) return this._become(message.network, signal);
    if (!Number.isInteger(message?.photo) || files.length !== 1) {
      throw new Refused("expected one photo, and which of the two it replaces");
    }
    if (message.photo < 0 || message.photo > 1) {
      throw new Refused(`a photo takes the place of photo 0 or 1, got ${message.photo}`);
    }
    const pixels = await this.given.own(files[0], this.given.about.size);
    stillAsked(signal);
    const before = { own: [...this.own], shown: this.values.shown };
    const place = Math.min(message.photo, before.shown.length);
    this.own[place] = this._kept(pixels);
    this.page.tell({ shown: Object.assign([...before.shown], { [place]: "" }) });
    try {
      await this.answer(["shown"], signal);
    } catch (error) {
      if (!signal?.aborted) {
        this.own = before.own;
        this.page.tell({ shown: before.shown });
      }
      throw error;
    }
  }

  async _become(model, signal) {
    const before = [this.given, this.values.model];
    const use = (given, name) => {
      Object.assign(this, { given, state: null });
      [this.passes, this.heats].forEach((all) => all.clear());
      this.page.tell({ model: name });
    };
    use(await this.bring(model), model);
    try {
      await this.answer(["shown"], signal);
    } catch (error) {
      if (!signal?.aborted) use(...before);
      throw error;
    }
  }

  _kept(pixels) {
    return { pixels, key: (this.named += 1) };
  }
}

// What is under a key, made where it is not there; the oldest goes.
async function remembered(all, key, most, make) {
  const found = all.get(key) ?? (await make());
  all.delete(key);
  all.set(key, found);
  if (all.size > most) all.delete(all.keys().next().value);
  return found;
}
