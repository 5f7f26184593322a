// A row of queries, and the ranking of the one that is picked.

import { add, arrows, button, picture, write } from "./dom.js";
import { page } from "./page.js";

function render({ model, el }) {
  const { box, get, set, says, follow } = page({ model, el }, "oe-pick");
  const row = add(box, "div", "oe-row");
  row.setAttribute("role", "radiogroup");
  row.setAttribute("aria-label", "The query; arrow keys take the next one");
  const last = get("offered").length - 1;
  const queries = get("offered").map(({ src, text }, k) => {
    const one = button(row, "", () => set({ chosen: k }));
    one.setAttribute("role", "radio");
    picture(one, { src, text });
    return one;
  });
  arrows(row, 5, (down, along) => {
    const to = Math.min(last, Math.max(0, get("chosen") + down + along));
    queries[to].focus();
    set({ chosen: to });
  });
  const said = says(box, "p", "oe-lead oe-result");
  const list = add(box, "ol", "oe-result");
  list.setAttribute("aria-label", "The ranking");

  function draw() {
    const chosen = get("chosen");
    queries.forEach((one, k) => {
      one.setAttribute("aria-checked", String(k === chosen));
      one.tabIndex = k === chosen ? 0 : -1; // one stop for Tab
    });
    write(said, get("said"));
    list.replaceChildren();
    get("found").forEach((photo) => {
      const item = add(list, "li", photo.same ? "oe-hit" : "oe-miss");
      const verdict = photo.same ? "\u2713 same person" : "\u2717 other person";
      picture(item, { src: photo.src, text: `Rank ${photo.rank}, ${photo.text}` });
      add(item, "b", "oe-rank", String(photo.rank)).setAttribute("aria-hidden", "true");
      add(item, "span", "oe-verdict", verdict);
      add(item, "span", "", `${photo.who}, ${photo.similarity.toFixed(2)}`);
    });
  }
  return follow(["chosen", "found", "said"], draw);
}

export default { render };
