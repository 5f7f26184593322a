// The shipped queries and gallery, as book/gallery.py wrote them below data/.

import { decoded } from "./pixels.js";
import { fetched } from "./site_file.js";

// base: the folder of the site in which data/ is.
// Returns: {queries, gallery: Photos, models: names, choices: {cameras, attributes, twins, sorts}, size: [H, W],
//   hardness: {model: {first_hit, positive, negative, average_precision}}, of each query, null where there is none,
//   features(model) -> {queries, gallery: Float32Array (N, dim), dim}}
// Photos: {count, names, who, described, persons, cameras, attributes: ["hat: cap", ...] each, twins: the part or "",
//   src(k): an address for an <img>, pixels(k) -> Uint8Array (H, W, 3), all(progress) -> Uint8Array (count, H, W, 3)}
// Errors: a sentence for a file that does not come.
export async function gallery(base = new URL("../", import.meta.url)) {
  const at = (name) => new URL(`data/${name}`, base).href;
  const told = await (await fetched(at("gallery.json"))).json();
  const photos = (split) => {
    const { names, bytes, attributes, ...known } = told[split];
    return {
      ...known,
      names,
      count: names.length,
      attributes: attributes.map((some) => some.map((k) => told.worn[k])),
      ...pictures((name) => at(`photos/${split}/${encodeURIComponent(name)}`), names, at(`${split}.jpgs`), bytes, told.size),
    };
  };
  const kept = new Map();
  const features = async (model) => {
    if (!told.features[model]) throw new Error(`There is no network ${model} here.`);
    const [queries, whole] = await Promise.all(
      ["query", "gallery"].map((split) => numbers(at(`features/${told.features[model][split]}`))),
    );
    return { queries, gallery: whole, dim: told.dim };
  };
  return {
    queries: photos("query"),
    gallery: photos("gallery"),
    models: told.models,
    choices: told.choices,
    hardness: told.hardness,
    size: told.size,
    features(model) {
      if (!kept.has(model)) {
        kept.set(model, features(model));
        kept.get(model).catch(() => kept.delete(model));
      }
      return kept.get(model);
    },
  };
}

function pictures(src, names, together, bytes, [height, width]) {
  const each = height * width * 3;
  const one = async (file) => {
    const found = await decoded(file);
    if (found.width !== width || found.height !== height) throw new Error("A photo of this site has another size.");
    return found.rgb;
  };
  let whole;
  const load = async (progress) => {
    const file = await (await fetched(together)).blob();
    const made = new Uint8Array(names.length * each);
    let start = 0;
    for (let k = 0; k < names.length; k++) {
      made.set(await one(file.slice(start, start + bytes[k], "image/jpeg")), k * each);
      start += bytes[k];
      progress?.(k + 1, names.length);
    }
    return made;
  };
  return {
    src: (k) => src(names[k]),
    async pixels(k) {
      if (whole) return (await whole).slice(k * each, (k + 1) * each);
      return one(await (await fetched(src(names[k]))).blob());
    },
    all(progress) {
      whole ??= load(progress).catch((error) => {
        whole = undefined;
        throw error;
      });
      return whole;
    },
  };
}

async function numbers(address) {
  const bytes = await (await fetched(address)).arrayBuffer();
  return address.endsWith(".f16") ? Float32Array.from(new Uint16Array(bytes), half) : new Float32Array(bytes);
}

// A number of 16 bits, as IEEE 754 has it.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, rest = bits & 1023;
  if (exponent === 31) return rest ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + rest / 1024) * 2 ** (exponent - 15) : (rest / 1024) * 2 ** -14);
}
