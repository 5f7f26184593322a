// The network itself, computed by onnxruntime-web on one thread: what the worker runs, and what node can run too.
//
//     images (N, H, W, 3) uint8, factors (blocks, streams) float32
//     -> embedding (N, D), gates (N, blocks, streams, channels), map (N, C, H/16, W/16), all float32
//
// or one of all maps, as flow_graph.py writes it, for one photo: also which (maps) float32 and cell (2) int64, and every
// map by its name, and heat (H, W).

import { described, required } from "./onnx_file.js";

const SIMD = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]); // the smallest program that needs it

// Whether this browser may compute at all.  Throws: an Error with a sentence.
export function checkWebAssembly() {
  if (typeof WebAssembly !== "object") {
    throw new Error("This browser has no WebAssembly, or it is switched off. A newer browser can run the network.");
  }
  if (!WebAssembly.validate(SIMD)) {
    throw new Error("This browser has no WebAssembly SIMD. A browser of 2023 or later can run the network.");
  }
  try {
    new WebAssembly.Module(SIMD);
  } catch {
    throw new Error("A policy of this site or of this browser forbids WebAssembly, so the network cannot run here.");
  }
}

// What a graph says of itself.  file: Uint8Array.  maps: whether it has to be one of all maps.
// Returns: {layout: {blocks, streams, channels}, features, outputs, maps: names or null, file}, the file with factors as
// a required input.  Throws: an Error with a sentence for a graph that is not the kit's.
export function inspected(file, maps = false) {
  const told = described(file);
  const given = told.inputs.filter((one) => !told.fixed.has(one.name) || one.name === "factors");
  const outputs = told.outputs.map((one) => one.name);
  const layout = layoutOf(told.metadata["osnet_edu.layout"]);
  const names = given.map((one) => one.name).sort().join(" and ");
  if (names !== (maps ? "cell and factors and images and which" : "factors and images")) {
    throw new Error(`This graph's inputs are ${names || "none"}; the kit's graphs have images and factors.`);
  }
  if (!outputs.includes("embedding") || !outputs.includes(maps ? "heat" : "map")) {
    throw new Error(`This graph's outputs are ${outputs.join(" and ")}; the kit's graphs have embedding, gates and map.`);
  }
  if (!layout) throw new Error("This graph does not say what its gates are: it was not made by the kit's export.");
  const expected = `${layout.blocks.length},${Math.max(...layout.streams)}`;
  const dims = Object.fromEntries(given.map((one) => [one.name, one.dims]));
  if (dims.images.length !== 4 || dims.images[3] !== 3 || String(dims.factors) !== expected) {
    throw new Error(
      `This graph takes images (${dims.images}) and factors (${dims.factors}); expected (N,H,W,3) and (${expected}).`,
    );
  }
  const features = told.outputs.find((one) => one.name === "embedding").dims.at(-1);
  const asked = maps ? JSON.parse(told.metadata["osnet_edu.maps"]) : null;
  return { layout, features, outputs, maps: asked, file: told.fixed.has("factors") ? required(file, "factors") : file };
}

function layoutOf(text) {
  try {
    const { blocks, streams, channels } = JSON.parse(text);
    const same = blocks.length > 0 && blocks.length === streams.length && blocks.length === channels.length;
    return same ? { blocks, streams, channels } : null;
  } catch {
    return null;
  }
}

// ort: onnxruntime-web.  wasm: the bytes of its .wasm; mjs: the address of its .mjs.  graph: as `inspected` returns it.
// Returns: run({photos, count, size, factors, want, cell}) -> {embedding, gates, map: Float32Array, shapes: {name: dims}}.
export async function session(ort, { wasm, mjs, graph }) {
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: { mjs }, wasmBinary: wasm });
  ort.env.logLevel = "error";
  let made;
  try {
    made = await ort.InferenceSession.create(graph.file, { executionProviders: ["wasm"] });
  } catch (error) {
    throw new Error(inWords(error, "The network could not be loaded"));
  }
  const { blocks, streams } = graph.layout;
  const shape = [blocks.length, Math.max(...streams)];
  return async ({ photos, count, size, factors, want, cell }) => {
    const missing = want.find((name) => !graph.outputs.includes(name));
    if (missing) throw new Error(`This network has no ${missing}.`);
    const given = factors ?? new Float32Array(shape[0] * shape[1]).fill(1);
    if (given.length !== shape[0] * shape[1]) {
      throw new Error(`There are ${shape[0]} x ${shape[1]} factors, blocks x streams, got ${given.length}.`);
    }
    const feeds = {
      images: new ort.Tensor("uint8", photos, [count, ...size, 3]),
      factors: new ort.Tensor("float32", given, shape),
      ...(graph.maps && asking(ort, graph.maps, cell)),
    };
    try {
      const found = await made.run(feeds, want);
      const shapes = Object.fromEntries(want.map((name) => [name, found[name].dims.slice(1)]));
      return { shapes, ...Object.fromEntries(want.map((name) => [name, new Float32Array(found[name].data)])) };
    } catch (error) {
      // What WebAssembly left behind may be anything: the next question starts it anew.
      throw Object.assign(new Error(inWords(error, "The network could not compute")), { ended: true });
    }
  };
}

// Which cell of which map is asked; none where there is no cell.
function asking(ort, maps, cell) {
  const which = Float32Array.from(maps, (name) => (name === cell?.map ? 1 : 0));
  const at = BigInt64Array.from(cell?.at ?? [0, 0], BigInt);
  return { which: new ort.Tensor("float32", which, [maps.length]), cell: new ort.Tensor("int64", at, [2]) };
}

function inWords(error, what) {
  const why = String(error?.message ?? error).split("\n")[0];
  if (error instanceof RangeError || /out of memory|OOM|bad_alloc|allocat|exceeds the supported maximum/i.test(why)) {
    return `${what}: this browser gave it too little memory. Closing other tabs may help.`;
  }
  return `${what} (${why.slice(0, 300)}).`;
}
