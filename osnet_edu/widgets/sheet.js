// The open pair where it lies over the list, on a narrow page: a swipe down closes it, and it makes way for a keyboard that
// is at work below it. Where the pair stands beside the list, both do nothing that is seen.

const FAR = 70; // CSS pixels of a swipe that closes

// main: holds the list and the pair.  pair: {element, head, close()}.
export function sheet(main, { element, head, close }) {
  const aside = (event) => element.classList.toggle("oe-aside", !element.contains(event.target));
  const isOver = () => getComputedStyle(element).position === "absolute";
  let from = null;
  const move = (y) => {
    const by = from === null ? 0 : Math.max(0, y - from);
    element.style.translate = by ? `0 ${by}px` : "";
    return by;
  };
  const swipe = {
    touchstart: (event) => (from = isOver() ? event.touches[0].clientY : null),
    touchmove: (event) => move(event.touches[0].clientY),
    touchend(event) {
      const by = move(event.changedTouches[0].clientY);
      from = null;
      move(0);
      if (by > FAR) close();
    },
    touchcancel() {
      from = null;
      move(0);
    },
  };
  // Before the list hears of a key: it may open another pair, which comes to the front again.
  for (const name of ["focusin", "keydown"]) main.addEventListener(name, aside, { capture: true });
  for (const [name, heard] of Object.entries(swipe)) head.addEventListener(name, heard, { passive: true });
  return {
    end() {
      for (const name of ["focusin", "keydown"]) main.removeEventListener(name, aside, { capture: true });
      for (const [name, heard] of Object.entries(swipe)) head.removeEventListener(name, heard);
    },
  };
}
