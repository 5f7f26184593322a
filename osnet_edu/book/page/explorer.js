// explorer.html: the explorer's own widget, fed by the network in the page and by what was computed when it was built.

import explorer from "../widgets/explorer.js";
import { duelView, editView, flowView, matchingView, theatreView } from "./explorer_views.js";
import { recorded } from "./explorer_duel.js";
import { Explorer } from "./explorer_model.js";
import { Openings } from "./explorer_pair.js";
import { saved } from "./explorer_save.js";
import { Shelf } from "./explorer_shelf.js";
import { linked } from "./explorer_state.js";
import { engine } from "./engine.js";
import { flowSite } from "./flow_site.js";
import { gallery } from "./gallery.js";
import { ownNetwork } from "./own_network.js";
import { framed, isWide, readOwn } from "./own_photo.js";
import * as paint from "./paint.js";
import { decoded } from "./pixels.js";
import { rank } from "./rank.js";
import { fetched } from "./site_file.js";
import { sentence } from "./traits.js";
import { working } from "./working.js";

const BASE = new URL("../", import.meta.url);
const VIEWS = { duel: duelView, gates: theatreView, matching: matchingView, edit: editView, flow: flowView };
const STATE = /^#\w+=/; // the end of an address that holds a state, as takeaway.js knows it

const STYLES = [
  "widgets/explorer.css", "widgets/duelling.css", "widgets/gate_theatre.css", "widgets/matching.css", "widgets/flow.css",
  "page/explorer.css",
];

// The widgets' own styles, which are there before the widgets are.
function styled() {
  const links = STYLES.map((name) => {
    const link = document.head.appendChild(document.createElement("link"));
    Object.assign(link, { rel: "stylesheet", href: new URL(name, BASE).href });
    return new Promise((done) => (link.onload = link.onerror = done));
  });
  return Promise.all(links);
}

const at = (name) => new URL(`data/${name}`, BASE).href;

const json = async (name) => (await fetched(at(name))).json();

// What was worked out when the page was built: explorer.json, with the shares of each network's streams as numbers.
async function built() {
  const about = await json("explorer.json");
  const bytes = await (await fetched(at("shares.f32"))).arrayBuffer();
  for (const kinds of Object.values(about.shares)) {
    for (const [of, [start, count]] of Object.entries(kinds)) kinds[of] = new Float32Array(bytes, 4 * start, count);
  }
  return about;
}

// Names as Python's explorer has them: `who` of gallery.js numbers photos of one person by one camera.
function named(album) {
  const who = ({ persons, cameras }) =>
    persons.map((person, k) => `${{ 0: "a passer-by", [-1]: "junk" }[person] || `person ${person}`}, camera ${cameras[k]}`);
  return { ...album, queries: { ...album.queries, who: who(album.queries) }, gallery: { ...album.gallery, who: who(album.gallery) } };
}

// Networks of the site, loaded when they are first asked.  told(sentence): how far one is.
function engines(told) {
  const made = new Map();
  return (name) => {
    if (!made.has(name)) {
      const progress = (done, all) =>
        told(done < all ? `The network ${name} is loaded: ${(done / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB.` : "", done / all);
      made.set(name, engine({ base: BASE, graph: `engine/${name}.onnx`, progress }));
    }
    return made.get(name);
  };
}

// The pairs that were computed when the page was built.
async function pairs() {
  const found = recorded(await json("pairs/pairs.json"), (name) => json(`pairs/${name}`), async (name) => {
    const { rgb } = await decoded(await (await fetched(at(`pairs/${name}`))).blob());
    return Int8Array.from({ length: rgb.length / 3 }, (_, k) => rgb[3 * k] - 128);
  });
  return { ...found, address: (name) => at(`pairs/${name}`) };
}

const own = {
  read: (bytes) => readOwn(new Blob([bytes])),
  framed(photo, size, cut) {
    const pixels = framed(photo, size, cut);
    return { pixels, src: paint.colours(pixels, ...size), wide: isWide(photo, size) };
  },
};

async function begun(told) {
  const [album, about] = [named(await gallery(BASE)), await built()];
  const ranked = (row, query) => {
    const who = query < 0 ? null : { person: album.queries.persons[query], camera: album.queries.cameras[query] };
    return rank(row, who, album.gallery);
  };
  const shelf = new Shelf({ album, layout: about.layout, engineOf: engines(told), told });
  const given = { shelf, album, about, rank: ranked, pairs: await pairs(), draw: paint, flows: flowSite(BASE, told) };
  const small = async (of, place) => new Uint8Array(await (await fetch(album[of].src(place))).arrayBuffer());
  const shown = (child) => VIEWS[child.kind](child);
  const made = new Explorer({ ...given, openings: new Openings(given), own, small, shown, save: saved });
  await made.begin();
  return made;
}

// The state stands behind the # of the address; anything that is not a state is refused with a sentence.
function addressed({ page, model }) {
  const known = (id) => id && document.getElementById(decodeURIComponent(id));
  function look() {
    const text = location.hash.slice(1);
    if (!text || STATE.test(location.hash) || known(text)) return; // the widget itself takes a state
    try {
      linked(text);
    } catch (refusal) {
      page.tell({ problem: sentence(refusal) });
    }
  }
  model.on("change:link", () => {
    const link = model.get("link");
    history.replaceState(null, "", link ? `#${link}` : location.pathname + location.search);
  });
  window.addEventListener("hashchange", look);
  look();
}

// A network of one's own: chosen, or dropped anywhere on the page.
function ownNetworks(parent, { page, model }, told) {
  const box = parent.appendChild(document.createElement("details"));
  box.className = "page-network";
  box.innerHTML = "<summary>A network of your own</summary><p>Choose or drop an .onnx file that <code>python -m osnet_edu"
    + " export OUT.onnx</code> wrote. Its graph is checked before it ranks anything. It stays in this tab.</p>";
  const input = box.appendChild(document.createElement("input"));
  Object.assign(input, { type: "file", accept: ".onnx" });
  input.setAttribute("aria-label", "an .onnx file");
  async function take(file) {
    try {
      told(`${file.name} is checked.`);
      const { engine: made, info, name } = await ownNetwork(file, { base: BASE });
      page.ask({}, { network: { name, engine: made, layout: info.layout } });
    } catch (error) {
      model.set("problem", sentence(error));
    }
    told("");
  }
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = "";
  });
  parent.addEventListener("drop", (event) => {
    const file = [...(event.dataTransfer?.files || [])].find((one) => one.name.endsWith(".onnx"));
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    parent.querySelectorAll(".oe-drop").forEach((one) => one.classList.remove("oe-drop"));
    take(file);
  }, true);
}

async function show(main) {
  const told = working(main);
  told("The shipped people are fetched.");
  try {
    const [made] = await Promise.all([begun(told), styled()]);
    told("");
    const source = main.appendChild(document.createElement("p"));
    source.className = "page-source";
    const say = () => (source.textContent = made.values.source);
    made.model.on("change:source", say);
    say();
    explorer.render({ model: made.model, el: main.appendChild(document.createElement("div")) });
    ownNetworks(main, made, told);
    addressed(made);
    main.dataset.ready = "true";
    return made;
  } catch (error) {
    told(sentence(error));
    throw error;
  }
}

const main = document.getElementById("explorer");
export const started = main && show(main); // the explorer's model, for who looks at it from outside
