// What the network at work needs of this site: its files, its photos and its graphs, each fetched when it is first asked
// for and once for the page.

import { engine } from "./engine.js";
import { gallery } from "./gallery.js";
import { framed, readOwn } from "./own_photo.js";
import { colours } from "./paint.js";
import { fetched, unpacked } from "./site_file.js";

// A record of the site that was packed.  name: below data/.
export async function packedJson(base, name) {
  const bytes = await (await fetched(new URL(`data/${name}.gzip`, base))).arrayBuffer();
  return JSON.parse(new TextDecoder().decode(await unpacked(new Uint8Array(bytes))));
}

// base: the folder of the site in which data/ is.  told(sentence, part): how far a network is loaded.
// Returns: of(name) -> what flow_model.js is given of a network; a promise.
export function flowSite(base, told = () => {}) {
  const once = (make) => {
    const made = new Map();
    return (name) => {
      if (!made.has(name)) {
        made.set(name, make(name));
        made.get(name).catch(() => made.delete(name)); // the next question asks again
      }
      return made.get(name);
    };
  };
  const json = once((name) => packedJson(base, name));
  const album = once(() => gallery(base));
  const engines = new Map();

  async function of(name) {
    const [about, shown, photos] = await Promise.all([json(`flow_${name}.json`), json("flow.json"), album()]);
    const network = engineOf(name, about);
    return {
      about,
      shown,
      photos: photosOf(photos, shown.words),
      outputs: async () => (await network.ready()).outputs,
      run: (pixels, asked) => network.run(pixels, { count: 1, ...asked }),
      draw: colours,
      own: async (bytes, size) => framed(await readOwn(new Blob([bytes])), size),
    };
  }
  function engineOf(name, { bytes, size }) {
    if (!engines.has(name)) {
      const progress = (done, all) =>
        told(done < all ? `The network ${name} is loaded: ${(done / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB.` : "", done / all);
      engines.set(name, engine({ base, graph: `engine/${name}_flow.onnx`, size, maps: true, bytes, progress }));
    }
    return engines.get(name);
  }
  return { of, json };
}

// Photos of the shipped people by their names.
function photosOf({ queries, gallery }, words) {
  const places = new Map([queries, gallery].flatMap((of) => of.names.map((name, k) => [name, [of, k]])));
  const ask = (what) => (name) => {
    const [of, k] = places.get(name);
    return of[what](k);
  };
  return {
    has: (name) => places.has(name), first: queries.names[0], src: ask("src"), pixels: ask("pixels"), words: (name) => words[name],
  };
}
