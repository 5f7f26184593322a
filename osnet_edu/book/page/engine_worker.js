// The worker in which the network computes, so that the page stays alive.
//
// In: {id, load: {base, graph, features, bytes, maps}} and then {id, run: {photos, count, size, factors, want, cell}}.
// Out: {id, loaded: [bytes, of all]} on the way; at the end {id, answer} or {id, problem, ended}: a sentence, and whether
// this worker is of no use any more.

import { checkWebAssembly, inspected, session } from "./engine_session.js";
import { fetched, unpacked } from "./site_file.js";

let run;

async function load({ base, graph, features, bytes: long, maps }, told) {
  checkWebAssembly();
  const at = (name) => new URL(`engine/${name}`, base).href;
  const { bytes } = JSON.parse(new TextDecoder().decode(await bytesOf(at("engine.json"))));
  const wasm = "ort-wasm-simd-threaded.wasm.gzip";
  const address = typeof graph === "string" ? new URL(graph, base).href : null;
  const sizes = [bytes[wasm], address ? long ?? bytes[address.split("/").pop()] ?? 0 : 0];
  const done = [0, 0];
  const grown = (k) => (count) => {
    done[k] = count;
    told(done[0] + done[1], sizes[0] + sizes[1]);
  };
  const file = address ? await bytesOf(address, grown(1)) : graph;
  const inside = inspected(file, maps);
  if (features && inside.features !== features) {
    throw new Error(`This network gives ${inside.features} features for a photo; the kit's networks give ${features}.`);
  }
  const binary = await unpacked(await bytesOf(at(wasm), grown(0)));
  const ort = await import(at("ort.wasm.min.mjs"));
  run = await session(ort, { wasm: binary, mjs: at("ort-wasm-simd-threaded.mjs"), graph: inside });
  return { layout: inside.layout, features: inside.features, outputs: inside.outputs };
}

// A file of the site, as Uint8Array.  told: (bytes so far).
async function bytesOf(address, told) {
  const answer = await fetched(address);
  const parts = [];
  let count = 0;
  try {
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      count += value.length;
      told?.(count);
    }
  } catch {
    throw new Error(`The file ${address.split("/").pop()} of this site came only in part: the connection broke.`);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

self.onmessage = async ({ data: { id, load: asked, run: input } }) => {
  try {
    const answer = asked
      ? await load(asked, (done, total) => self.postMessage({ id, loaded: [done, total] }))
      : await run(input);
    const moved = Object.values(answer).filter((one) => one instanceof Float32Array).map((one) => one.buffer);
    self.postMessage({ id, answer }, moved);
  } catch (error) {
    self.postMessage({ id, problem: error.message, ended: Boolean(error.ended) });
  }
};
self.postMessage({ id: 0 }); // it stands
