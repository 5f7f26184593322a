// A lesson's page: its widgets come alive when they come near, and predictions are kept in this browser.

import { ranked } from "./ranked.js";
import { fetched, unpacked } from "./site_file.js";
import { still, unpacked as resolved } from "./still.js";

const NEAR = "600px";
const KEPT = "osnet_edu.predictions";
const COMPLETE = "Python answered every setting of this when the page was built.";
const PARTLY = "Python answered some settings of this when the page was built; for the rest, open the lab.";
const DRAWN = "This was drawn when the page was built. To change anything in it, open the lab.";
const PREDICTED = "Your answer is kept in this browser, and sent nowhere.";
const LIVES = "This was drawn when the page was built. Touch it, and the network in this page answers; its files are fetched then.";
const SUMMED = "The sums are made in this page as you move the photos; only the lab judges the puzzles.";
const WORKS = { "ranking.js": ranked };
const base = new URL("../", import.meta.url);

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) || "{}");
  } catch {
    return {};
  }
}

// Answers of predict boxes.  name: of the box in the whole site.
function remember(model, name) {
  const before = kept()[name];
  if (before) {
    model.set("chosen", before);
    model.save_changes();
  }
  model.on("change:chosen", () => {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: model.get("chosen") }));
    } catch {
      // a browser that keeps nothing: the answer stands until the page is left
    }
  });
}

// The style sheet of a widget, once for the page.  Returns: when it is there.
const sheets = new Map();
function styled(script) {
  const name = script.replace(/\.js$/, ".css");
  if (!sheets.has(name)) {
    sheets.set(
      name,
      new Promise((done) => {
        const link = document.createElement("link");
        Object.assign(link, { rel: "stylesheet", href: new URL(`widgets/${name}`, base).href, onload: done, onerror: done });
        document.head.append(link);
      }),
    );
  }
  return sheets.get(name);
}

// What a widget draws, and what Python answered.
async function recordOf(name) {
  const answer = await fetched(new URL(`data/alive/${name}.gzip`, base));
  return JSON.parse(new TextDecoder().decode(await unpacked(new Uint8Array(await answer.arrayBuffer()))));
}

// Widgets that the network in this page answers: all of a page by one engine, which is fetched when one is touched.
let site;
const lines = new Set(); // below each of them
async function living({ record, shared, network }) {
  const [{ Flow }, { flowSite }] = await Promise.all([import("./flow_model.js"), import("./flow_site.js")]);
  site ??= flowSite(base, (text) => lines.forEach((line) => (line.textContent = text || LIVES)));
  return new Flow({ start: resolved(shared)(record), bring: site.of, name: network }).model;
}

async function wake(place) {
  const { script, record: name } = place.dataset;
  const [{ default: widget }, table] = await Promise.all([
    import(new URL(`widgets/${script}`, base).href),
    recordOf(name),
    styled(script),
  ]);
  const { record, ...answers } = table;
  const model = table.network ? await living(table) : still(record, answers, WORKS[script]);
  if (script === "predict.js") remember(model, name);
  const el = document.createElement("div");
  widget.render({ model, el });
  place.replaceChildren(el, said(script, answers));
  place.dataset.state = "alive";
}

// The line below a widget: what answers here.
function said(script, { complete, controls, film, network }) {
  const line = document.createElement("p");
  line.className = "oe-from";
  if (network) {
    lines.add(line);
    line.textContent = LIVES;
    return line;
  }
  const words = complete ? COMPLETE : controls.length || film ? PARTLY : DRAWN;
  line.append({ "predict.js": PREDICTED, "ranking.js": SUMMED }[script] || words);
  if (!complete) {
    const link = document.createElement("a");
    link.href = new URL("../index.html#install", base).href;
    link.textContent = "How to open the lab";
    line.append(" ", link);
  }
  return line;
}

function sleeping(place) {
  wake(place).catch((error) => {
    place.dataset.state = "failed";
    place.textContent = `This part could not be drawn (${error.message}). Reload the page, or open the lab.`;
  });
}

const places = [...document.querySelectorAll(".oe-alive")];
const watcher = new IntersectionObserver(
  (entries) =>
    entries
      .filter((entry) => entry.isIntersecting)
      .forEach(({ target }) => {
        watcher.unobserve(target);
        sleeping(target);
      }),
  { rootMargin: NEAR },
);
places.forEach((place) => watcher.observe(place));
window.addEventListener("beforeprint", () =>
  places.filter((place) => !place.dataset.state).forEach((place) => sleeping(place)),
);
