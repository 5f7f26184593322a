// Items that have another place after a list was drawn anew: each glides from its old place to the new one.

const LONG = 200; // milliseconds

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Call it before the items of an element change, and what it returns after that. An item is known by its data-moves.
export function moving(inner) {
  const places = () => new Map([...inner.children].map((node) => [node.dataset.moves, node]));
  if (!inner.offsetParent || calm()) return () => {};
  const before = new Map([...places()].map(([name, node]) => [name, [node.offsetLeft, node.offsetTop]]));
  return () => {
    for (const [name, node] of places()) {
      if (name === undefined || !before.has(name)) continue;
      const [x, y] = before.get(name);
      const [left, top] = [x - node.offsetLeft, y - node.offsetTop];
      if (!left && !top) continue;
      node.animate([{ translate: `${left}px ${top}px` }, { translate: "0 0" }], { duration: LONG, easing: "ease-out" });
    }
  };
}
