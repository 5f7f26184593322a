// A network of one's own: an .onnx file that `python -m osnet_edu export` wrote. It is checked in a worker before it
// ranks anything, and a file that hangs there ends with the worker.

import { engine, SIZE } from "./engine.js";

const FEATURES = 512; // numbers of a photo's features, of every network of the kit
const BYTES = 200_000_000; // the largest file that is opened
const PATIENCE = 30; // seconds that loading may take after the last byte, with the first photos

// file: a File or Blob.  base: the folder of the site in which engine/ is.  progress: as for an engine.
// Returns: {engine, info, name}: an engine that has answered, as engine.js makes them.
// Throws: an Error with a sentence for a file that is not such a network; nothing is left running.
export async function ownNetwork(file, { base, size = SIZE, progress, patience = PATIENCE } = {}) {
  const name = file.name ?? "your network";
  if (file.size > BYTES) {
    throw new Error(`${name} is a file of ${Math.round(file.size / 1e6)} MB; the limit is ${BYTES / 1e6} MB.`);
  }
  let graph;
  try {
    graph = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`${name} cannot be read: the file is gone, is a folder, or may not be opened.`);
  }
  const late = watch(patience, `${name} did not answer in ${patience} seconds.`);
  const loaded = (...bytes) => {
    late.again(); // what counts is the time without any progress
    progress?.(...bytes);
  };
  const made = engine({ ...(base && { base }), graph, size, features: FEATURES, progress: loaded });
  try {
    const info = await Promise.race([tried(made, size), late.ended]);
    return { engine: made, info, name };
  } catch (error) {
    made.close();
    throw error;
  } finally {
    late.stop();
  }
}

// Two photos, as a ranking will embed them: their features are numbers, and not the same for both.
async function tried(made, size) {
  const info = await made.ready();
  const each = size[0] * size[1] * 3;
  const photos = Uint8Array.from({ length: 2 * each }, (_, k) => (k < each ? (k * 7) % 256 : 40));
  const want = info.outputs.filter((one) => ["embedding", "gates", "map"].includes(one));
  const { embedding } = await made.run(photos, { count: 2, want });
  if (embedding.length !== 2 * FEATURES) {
    throw new Error(`This network gives ${embedding.length} features for 2 photos; ${2 * FEATURES} were expected.`);
  }
  if (!embedding.every(Number.isFinite)) throw new Error("This network gives features that are NaN or infinite.");
  if (embedding.subarray(0, FEATURES).every((one, k) => one === embedding[FEATURES + k])) {
    throw new Error("This network gives the same features for every photo.");
  }
  return info;
}

// A promise that is refused after so many seconds; again() starts the time anew.
function watch(seconds, sentence) {
  let timer, again;
  const ended = new Promise((_, refused) => {
    again = () => {
      clearTimeout(timer);
      timer = setTimeout(() => refused(new Error(sentence)), seconds * 1000);
    };
  });
  again();
  return { ended, again, stop: () => clearTimeout(timer) };
}
