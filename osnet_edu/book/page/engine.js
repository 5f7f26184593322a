// The network in the page: photos in, features, gates and the last map out. It is loaded when it is first asked for,
// computes in a worker of its own, and sends nothing anywhere.

export const SIZE = [128, 64]; // height and width of the kit's photos
const BATCH = 32; // photos at a time: between two batches one may stop, and another question may be answered
const CLOSED = "The network was closed before it answered.";

// base: the folder of the site in which engine/ is.  graph: an address below it, or the bytes of an ONNX file.
// size: of the photos.  features: how many numbers the network must give, any where absent.  progress: (bytes, of all) while it is loaded.
// bytes: how long the graph is, where engine.json does not say it.  maps: it is a graph of all maps, as flow_graph.py writes it.
// Returns:
//   ready() -> {layout: {blocks, streams, channels}, size: [H, W], features: D, outputs: names}; loads it once
//   run(photos, {count, factors, want, signal, progress, batch, cell}) -> {embedding (count, D), gates (count, blocks,
//     streams, channels), map (count, ...mapShape)}: those in `want`, Float32Array, with gatesShape and mapShape.
//     photos: Uint8Array (count, H, W, 3), RGB.  factors: Float32Array (blocks, streams), 1 where absent.
//     signal: of an AbortController, heard between batches.  progress: (photos, of all).
//     cell: {map, at: [row, column]} that is asked, of a graph of all maps, which takes one photo at a time.
//   close() ends the worker; what was asked is refused.
// Errors: a plain sentence each; an aborted run throws the signal's reason.
export function engine({
  base = new URL("../", import.meta.url), graph = "engine/shipped.onnx", size = SIZE, features, progress, bytes, maps = false,
} = {}) {
  let worker, loading, closed = 0;

  async function ask(message, moved, loaded) {
    if (!worker) throw new Error(CLOSED);
    return worker.ask(message, moved, loaded);
  }

  async function load() {
    const before = closed;
    if (globalThis.location?.protocol === "file:") {
      throw new Error(
        "This page was opened as a file, and a browser runs the network only from a server. "
          + "Type python3 -m http.server in the folder of the site and open the address that it prints.",
      );
    }
    const made = await started(new URL("engine_worker.js", import.meta.url));
    if (closed !== before) {
      made.end();
      throw new Error(CLOSED);
    }
    worker = made;
    const asked = { base: new URL(base, import.meta.url).href, graph, features, bytes, maps };
    const info = await ask({ load: asked }, [], progress);
    return { ...info, size: [...size] };
  }

  function ready() {
    if (!loading) {
      const mine = load().catch((error) => {
        if (loading === mine) close();
        throw error;
      });
      loading = mine;
    }
    return loading;
  }

  async function run(photos, { count, factors, want = ["embedding"], signal, progress: told, batch = maps ? 1 : BATCH, cell } = {}) {
    signal?.throwIfAborted();
    await ready();
    const each = size[0] * size[1] * 3, all = count ?? photos.length / each;
    if (photos.length !== all * each || !Number.isInteger(all)) {
      throw new Error(`Expected ${count ?? ""} photos of ${each} bytes each, got ${photos.length} bytes.`.replace("  ", " "));
    }
    const whole = {};
    if (!all) return Object.fromEntries(want.map((name) => [name, new Float32Array(0)]));
    for (let start = 0; start < all; start += batch) {
      signal?.throwIfAborted();
      const end = Math.min(start + batch, all), some = new Uint8Array(photos.slice(start * each, end * each).buffer);
      const input = { photos: some, count: end - start, size, factors, want, cell };
      const { shapes, ...part } = await ask({ run: input }, [some.buffer]).catch((error) => {
        if (error.ended) close();
        throw error;
      });
      for (const name of want) {
        const length = part[name].length / (end - start);
        whole[name] ??= new Float32Array(all * length);
        whole[name].set(part[name], start * length);
        if (name !== "embedding") whole[`${name}Shape`] = shapes[name];
      }
      told?.(end, all);
    }
    return whole;
  }

  function close() {
    closed += 1;
    worker?.end();
    worker = loading = undefined;
  }

  return { ready, run, close };
}

// A worker that answers questions by their number.  Through a blob it gets the page's own Content-Security-Policy.
async function started(address) {
  const waiting = new Map();
  const blob = URL.createObjectURL(new Blob([`import ${JSON.stringify(address.href)};`], { type: "text/javascript" }));
  const blocked = "The network's worker could not be started: a file of this site is missing, or a policy forbids it.";
  let made;
  try {
    made = new Worker(blob, { type: "module" });
  } catch {
    throw new Error(blocked);
  }
  const refuse = (problem) => {
    waiting.forEach(({ refused }) => refused(new Error(problem)));
    waiting.clear();
  };
  made.onmessage = ({ data: { id, loaded, answer, problem, ended } }) => {
    const asked = waiting.get(id);
    if (loaded) return asked?.told?.(...loaded);
    waiting.delete(id);
    return problem ? asked?.refused(Object.assign(new Error(problem), { ended })) : asked?.answered(answer);
  };
  made.onerror = (event) => {
    event.preventDefault();
    refuse(blocked);
  };
  let next = 0;
  const wait = (told) => new Promise((answered, refused) => waiting.set(next++, { answered, refused, told }));
  await wait().finally(() => URL.revokeObjectURL(blob));
  return {
    ask(message, moved = [], told) {
      const id = next;
      const answer = wait(told);
      made.postMessage({ id, ...message }, moved);
      return answer;
    },
    end() {
      made.terminate();
      refuse(CLOSED);
    },
  };
}
