// The explorer: a strip of queries, the ranked gallery of one network or of two side by side, and the open pair. Each part
// has a file of its own; this one puts them on the page.

import { add, write } from "./dom.js";
import { filters } from "./filters.js";
import { gallery } from "./gallery.js";
import { networks } from "./networks.js";
import { openpair } from "./openpair.js";
import { page } from "./page.js";
import { askedQuery, strip } from "./strip.js";
import { takeaway } from "./takeaway.js";
import { thumbnails } from "./thumbnails.js";

const NARROW = 620; // CSS pixels: below, what is set only now and then is folded
const TRAITS = [
  "query", "model", "other", "silenced", "where", "search", "camera", "attribute", "twin", "failures", "sort", "left_out",
  "opened", "side", "why", "own_at", "models", "choices", "blocks", "queries", "gallery", "found", "at", "left", "right",
  "own", "said", "noted", "asked_of", "state", "link", "child",
  "cannot", "plain", "asked", "answered",
];

function render({ model, el }) {
  const here = page({ model, el }, "oe-explorer");
  const { box, python, get, set, says, follow } = here;

  const pictures = thumbnails(python, (what, places) => {
    if (what === "queries") {
      queries.redraw(places);
      asked.draw();
    } else lists.redraw(places);
    pair.redraw();
  });
  const filter = filters(box, here, () => set({ query: get("queries").names[queries.found()[0]] }));
  const queries = strip(box, pictures, here);
  const shelf = networks(box, here);
  const progress = says(box, "p", "oe-soft");
  const main = add(box, "div", "oe-main");
  const asked = askedQuery(main, pictures, here);
  const lists = gallery(main, pictures, here, (place, side) => {
    const asker = get("at") < 0 ? "your photo" : get("queries").who[get("at")];
    set({ opened: get("gallery").names[place], side });
    pair.opened(`${asker}, and ${get("gallery").who[place]}`);
  });
  const pair = openpair(box, here, {
    pictured: (place) => (place < 0 ? asked.picture() : pictures.ask("gallery", place)),
    closed() {
      lists.focus();
      main.scrollIntoView({ block: "nearest" });
    },
  });
  const away = takeaway(box, here, lists.rows);
  const notes = add(box, "p", "oe-small");

  function draw() {
    queries.draw();
    filter.draw(queries.found());
    shelf.draw();
    asked.draw();
    lists.draw();
    pair.draw();
    away.draw();
    write(notes, get("noted"));
    notes.hidden = !get("noted");
  }
  const unfold = folding(box, [filter.fold, shelf.fold]);
  const deaf = python.listen([
    ["msg:custom", (message) => message.progress !== undefined && write(progress, message.progress)],
  ]);
  const undo = follow(TRAITS, draw);
  return () => {
    undo();
    deaf();
    unfold();
    [filter, queries, pictures, lists, pair, away].forEach((part) => part.end());
  };
}

// Where there is room, nothing is folded.  Returns: the undoing.
function folding(box, folds) {
  const watch = new ResizeObserver(() => {
    const narrow = box.clientWidth > 0 && box.clientWidth <= NARROW;
    if (narrow === box.classList.contains("oe-narrow")) return;
    box.classList.toggle("oe-narrow", narrow);
    folds.forEach((one) => (one.open = !narrow));
  });
  watch.observe(box);
  return () => watch.disconnect();
}

export default { render };
