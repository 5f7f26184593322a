// A lesson's page: its widgets come alive when they come near, and predictions are kept in this browser.

import { ranked } from "./ranked.js";
import { fetched, unpacked } from "./site_file.js";
import { still } from "./still.js";

const NEAR = "600px";
const KEPT = "osnet_edu.predictions";
const COMPLETE = "Python answered every setting of this when the page was built.";
const PARTLY = "Python answered some settings of this when the page was built; for the rest, open the lab.";
const DRAWN = "This was drawn when the page was built. To change anything in it, open the lab.";
const PREDICTED = "Your answer is kept in this browser, and sent nowhere.";
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

async function wake(place) {
  const { script, record: name } = place.dataset;
  const [{ default: widget }, table] = await Promise.all([
    import(new URL(`widgets/${script}`, base).href),
    recordOf(name),
    styled(script),
  ]);
  const { record, ...answers } = table;
  const model = still(record, answers, WORKS[script]);
  if (script === "predict.js") remember(model, name);
  const el = document.createElement("div");
  widget.render({ model, el });
  place.replaceChildren(el, said(script, answers));
  place.dataset.state = "alive";
}

// The line below a widget: what answers here.
function said(script, { complete, controls, film }) {
  const line = document.createElement("p");
  line.className = "oe-from";
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
