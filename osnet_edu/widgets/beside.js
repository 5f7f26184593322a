// Two ranked lists side by side: they scroll together, and lines join each photo's two places.

import { shape } from "./dom.js";

// svg: between the two.  sides(): both, as {list, rows, data: {place, kind}}; none where there is one list alone.
export function beside(svg, sides) {
  let leading = 0;

  function join() {
    const [a, b] = sides();
    if (b && !a.list.element.clientHeight) return; // hidden: the lines stay as they are
    svg.replaceChildren();
    if (!b) return;
    const [wide, tall] = [svg.clientWidth || 60, a.list.element.clientHeight];
    svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
    const middle = ({ list }, k) => list.tall * (k + 0.5) - list.element.scrollTop;
    const rowOf = ({ rows, data }) => new Map(rows.map((row, k) => [data.place[row], k]));
    const [ours, theirs] = [rowOf(a), rowOf(b)];
    // Every photo that is in view in one of the two.
    const seen = new Set();
    for (const { list, rows, data } of [a, b]) {
      const [first, last] = list.view();
      for (let k = first; k <= last; k++) seen.add(data.place[rows[k]]);
    }
    for (const place of seen) {
      const [here, there] = [ours.get(place), theirs.get(place)];
      if (here === undefined || there === undefined) continue;
      const [y1, y2] = [middle(a, here), middle(b, there)];
      const match = a.data.kind[a.rows[here]] === 1;
      const d = `M0 ${y1} C${wide / 2} ${y1} ${wide / 2} ${y2} ${wide} ${y2}`;
      shape(svg, "path", { d, class: match ? "oe-match" : "oe-other" });
    }
  }

  return {
    join,
    // List `which` (0 or 1) has moved: the other one follows, unless it is the one that is being moved.
    scrolled(which) {
      const both = sides();
      if (both.length < 2) return;
      const [one, other] = [both[which].list.element, both[1 - which].list.element];
      if (document.activeElement !== other || one === document.activeElement) leading = which;
      if (leading === which && other.scrollTop !== one.scrollTop) other.scrollTop = one.scrollTop;
      join();
    },
  };
}
