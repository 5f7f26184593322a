// The explorer: a strip of queries, the query, the ranked gallery of one network or of two side by side, and the open pair
// beside it. Each part has a file of its own; this one puts them on the page.

import { add, write } from "./dom.js";
import { filters } from "./filters.js";
import { gallery } from "./gallery.js";
import { networks } from "./networks.js";
import { openpair } from "./openpair.js";
import { page } from "./page.js";
import { sheet } from "./sheet.js";
import { askedQuery, strip } from "./strip.js";
import { takeaway } from "./takeaway.js";
import { thumbnails } from "./thumbnails.js";

const INVITE = "Choose a photo. Why is it there? How does the network tell the two apart, stage by stage? Which scale was used, and where did it look?";
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
  const bar = add(box, "div", "oe-queries");
  const filter = filters(bar, here, () => set({ query: get("queries").names[queries.found()[0]] }));
  const queries = strip(bar, pictures, here);
  const progress = says(box, "p", "oe-soft");
  const main = add(box, "div", "oe-main");
  const asked = askedQuery(main, box, pictures, here);
  const right = add(main, "div", "oe-ranking");
  const lists = gallery(right, pictures, here, {
    above: () => networks(right, here),
    opened(place, side) {
      const asker = get("at") < 0 ? "your photo" : get("queries").who[get("at")];
      set({ opened: get("gallery").names[place], side });
      pair.opened(`${asker}, and ${get("gallery").who[place]}`);
    },
  });
  add(main, "p", "oe-invite oe-soft", INVITE);
  const pair = openpair(main, here, {
    pictured: (place) => (place < 0 ? asked.picture() : pictures.ask("gallery", place)),
    closed() {
      lists.focus();
      main.scrollIntoView({ block: "nearest" });
    },
  });
  const covered = sheet(main, pair);
  const away = takeaway(box, here, lists.rows);
  const notes = add(box, "p", "oe-small");

  function draw() {
    queries.draw();
    filter.draw(queries.found());
    asked.draw();
    lists.draw();
    pair.draw();
    away.draw();
    write(notes, get("noted"));
    notes.hidden = !get("noted");
  }
  const deaf = python.listen([
    ["msg:custom", (message) => message.progress !== undefined && write(progress, message.progress)],
  ]);
  const undo = follow(TRAITS, draw);
  return () => {
    undo();
    deaf();
    [filter, asked, queries, pictures, lists, pair, covered, away].forEach((part) => part.end());
  };
}

export default { render };
