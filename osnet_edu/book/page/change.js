// A person that one can change: pictures that were rendered before, embedded by the network in this page.
// #person=0216&change=3 in the address names what is shown.

import { add, bytes, write } from "../widgets/dom.js";
import { better, judged, named, seen } from "./change_game.js";
import { changeView } from "./change_view.js";
import { engine } from "./engine.js";
import { gallery as opened } from "./gallery.js";
import { kept } from "./kept.js";
import { decoded } from "./pixels.js";
import { fetched } from "./site_file.js";

const BASE = new URL("../", import.meta.url);
const DATA = new URL("data/", BASE);
const MODEL = "shipped";

async function json(name) {
  return (await fetched(new URL(name, DATA))).json();
}

// Everything that is computed: the network, the gallery, what was seen before.
function network(progress) {
  const runs = engine({ base: BASE, progress });
  const remembered = new Map();
  let gallery, features;

  // jpegs: base64 texts.  Returns: [{feature, gates}]
  async function look(jpegs) {
    const photos = [];
    for (const jpeg of jpegs) photos.push((await decoded(new Blob([bytes({ base64: jpeg })], { type: "image/jpeg" }))).rgb);
    const together = new Uint8Array(photos.length * photos[0].length);
    photos.forEach((one, k) => together.set(one, k * one.length));
    const info = await runs.ready();
    const want = info.outputs?.includes("gates") === false ? ["embedding"] : ["embedding", "gates"];
    const found = await runs.run(together, { count: photos.length, want });
    const part = (values, k) => values?.slice((k * values.length) / photos.length, ((k + 1) * values.length) / photos.length);
    const layout = { ...info.layout, shape: found.gatesShape };
    return photos.map((_, k) => ({ feature: part(found.embedding, k), gates: part(found.gates, k) ?? null, layout }));
  }

  // person: one file's record.  at: of a variant, or -1 for the base.  Returns: as `seen`, of both.
  async function ask(person, at) {
    gallery ??= await opened(BASE);
    features ??= (await gallery.features(MODEL)).gallery;
    const missing = [-1, at].filter((k, i, all) => all.indexOf(k) === i && !remembered.has(`${person.person} ${k}`));
    const jpegs = missing.map((k) => (k < 0 ? person.base : person.variants[k].jpeg));
    if (jpegs.length) (await look(jpegs)).forEach((one, i) => remembered.set(`${person.person} ${missing[i]}`, one));
    const [base, now] = [-1, at].map((k) => remembered.get(`${person.person} ${k}`));
    const who = { person: person.person, camera: person.camera };
    const all = [base, now].map((one) =>
      seen({ ...one, base: base.feature, who, gallery: gallery.gallery, features }));
    return { before: all[0], now: all[1], blocks: base.layout.blocks, src: gallery.gallery.src, words: gallery.gallery.who };
  }

  return { ask };
}

export function change(root, { people, loading }) {
  const memory = kept("osnet_edu.change");
  const best = Object(memory.get() ?? {});
  const files = new Map();
  const state = { file: people[0].file, at: -1, tried: [] };
  const net = network((done, all) => view.loaded(done, all));
  const view = changeView(root, { people, src: (name) => new URL(name, DATA).href, took, chose });
  let turn = 0;

  function took(file) {
    location.hash = `#person=${file.replace(".json", "")}`;
  }

  function chose(at) {
    location.hash = `#person=${state.file.replace(".json", "")}${at < 0 ? "" : `&change=${at + 1}`}`;
  }

  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const file = `${asked.get("person")}.json`;
    const found = people.some((one) => one.file === file) ? file : people[0].file;
    if (found !== state.file) state.tried = [];
    state.file = found;
    state.at = Math.trunc(Number(asked.get("change") ?? 0)) - 1;
  }

  async function show() {
    read();
    const mine = (turn += 1);
    try {
      if (!files.has(state.file)) files.set(state.file, await json(`people/${state.file}`));
      const person = files.get(state.file);
      if (mine !== turn) return;
      const at = person.variants[state.at] ? state.at : -1;
      view.pictured({ ...state, at, person, best: best[state.file] ?? null });
      const found = await net.ask(person, at);
      if (mine !== turn) return;
      const variant = person.variants[at] ?? null;
      const verdict = judged(variant, found.before.rank, found.now.rank);
      if (verdict.won && better(variant, best[state.file])) {
        best[state.file] = { words: named(variant), share: variant.share };
        memory.set(best);
      }
      if (variant && !state.tried.some((one) => one.at === at)) {
        state.tried = [...state.tried, { at, similarity: found.now.similarity, known: found.now.rank === 1 }];
      }
      write(loading, "");
      view.answered({ ...state, at, person, variant, verdict, best: best[state.file] ?? null, ...found });
    } catch (error) {
      if (mine === turn) view.failed(error.message);
    }
  }

  window.addEventListener("hashchange", show);
  return show();
}

async function start() {
  const loading = document.querySelector("[data-loading]");
  try {
    const { people } = await json("people/people.json");
    await change(document.querySelector("[data-change]"), { people, loading });
  } catch (error) {
    write(loading, error.message);
  }
}

if (document.querySelector("[data-change]")) start();
