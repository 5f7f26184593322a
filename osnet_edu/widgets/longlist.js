// A list of any length: only what is in view is in the page. A row that runs sideways, a grid, or a column.

import { add } from "./dom.js";
import { moving } from "./movers.js";

const BEYOND = 2; // lines that are drawn before and after the view
let lists = 0;

// kind: "row", "grid" or "column".  wide, tall(wide): of an item in CSS pixels; a grid's items are as wide as fills its
// lines, and `wide` at least.  draw(node, index): fills an item.  label(index): an item in words.  chosen(index): Enter,
// Space or a click.  scrolled(): the view has moved.
export function longlist(parent, { title, kind, wide, tall, draw, label, chosen, scrolled = () => {} }) {
  const own = `oe-list-${(lists += 1)}`;
  const { element, inner } = listbox(parent, title, kind);
  const { perLine, lines, view, extent, place, goal } = geometry(element, kind, wide, tall);
  const shown = items(inner, { own, draw, label });
  let [count, active, selected] = [0, -1, -1];
  let awaited = -1; // an item to be shown as soon as the list has a size

  function arrange() {
    if (!element.clientWidth || !element.clientHeight) return; // hidden: it is arranged when it is seen again
    Object.assign(inner.style, extent(count));
    if (awaited >= 0) {
      const index = awaited;
      awaited = -1;
      reveal(index, true);
    }
    const [first, last] = lines().map((line, k) => line + (k ? BEYOND : -BEYOND));
    shown.keep(Math.max(0, first * perLine()), Math.min(count, (last + 1) * perLine()), count, place);
    mark();
  }
  const mark = () => shown.mark(element, active, selected);
  // central: what was out of view comes to the middle, and not to the edge.
  function reveal(index, central = false) {
    if (!element.clientWidth) awaited = index;
    else {
      const to = goal(index, central);
      if (to) element.scrollTo(to);
    }
  }
  function activate(index) {
    if (!count) return;
    active = Math.min(count - 1, Math.max(0, index));
    reveal(active);
    arrange();
  }
  const end = attention(element, () => {
    arrange();
    scrolled();
  });
  focused(element, () => (active < 0 || active >= count) && activate(selected >= 0 ? selected : 0));
  clicked(element, (index) => {
    activate(index);
    chosen(active);
  });
  keys(element, {
    moved: (by) => activate(active + by),
    entered: () => active >= 0 && chosen(active),
    lengths: () => ({ line: perLine(), page: Math.max(1, view(count)[1] - view(count)[0]), all: count }),
  });

  return {
    element,
    tall: tall(wide),
    view: () => view(count),
    name: (text) => element.setAttribute("aria-label", text),
    // New items: drawn anew, from the start of the list where `fresh`.
    fill(many, fresh) {
      count = many;
      if (fresh) {
        [active, awaited] = [-1, -1];
        element.scrollTo(0, 0);
      }
      active = Math.min(active, count - 1);
      const glide = shown.clear();
      arrange();
      if (!fresh) glide();
    },
    // One item's looks have changed.
    redraw(index) {
      shown.redraw(index, count);
      mark();
    },
    select(index, show = false) {
      selected = index;
      if (index >= 0 && show) reveal(index, true);
      mark();
    },
    end,
  };
}

function listbox(parent, title, kind) {
  const element = add(parent, "div", `oe-list oe-${kind}`);
  element.tabIndex = 0;
  element.setAttribute("role", "listbox");
  element.setAttribute("aria-label", title);
  element.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the arrow keys
  const inner = add(element, "div", "oe-inner");
  inner.setAttribute("role", "presentation");
  return { element, inner };
}

// Where the items of a list lie, and which of them are in view. It measures the element and changes nothing.
function geometry(element, kind, wide, tall) {
  const sideways = kind === "row";
  const perLine = () => (kind === "grid" ? Math.max(1, Math.floor(element.clientWidth / wide)) : 1);
  const broad = () => (kind === "grid" ? Math.floor(element.clientWidth / perLine()) : wide);
  const size = () => (sideways ? wide : tall(broad())); // of a line: in a row, a line is an item
  const inView = () => (sideways ? [element.scrollLeft, element.clientWidth] : [element.scrollTop, element.clientHeight]);

  // The first and last line in view.
  function lines() {
    const [from, seen] = inView();
    return [Math.floor(from / size()), Math.floor((from + Math.max(0, seen - 1)) / size())];
  }
  // The first and last item in view.
  function view(count) {
    const [first, last] = lines();
    return [Math.min(first * perLine(), count), Math.min((last + 1) * perLine(), count) - 1];
  }
  function extent(count) {
    if (sideways) return { width: `${count * wide}px`, height: `${tall(wide)}px` };
    return { height: `${Math.ceil(count / perLine()) * size()}px` };
  }
  function place(index) {
    const many = perLine();
    const [x, y] = sideways ? [index * wide, 0] : [(index % many) * broad(), Math.floor(index / many) * size()];
    const width = kind === "column" ? "100%" : `${broad()}px`;
    return { left: `${x}px`, top: `${y}px`, height: `${tall(broad())}px`, width };
  }
  // Where to scroll to, so that an item is in view; null where it is.
  function goal(index, central) {
    const long = size();
    const at = Math.floor(index / perLine()) * long;
    const [from, seen] = inView();
    const outside = at < from || at + long > from + seen;
    const edge = at < from ? at : at + long - seen;
    const to = outside ? (central ? Math.max(0, at - (seen - long) / 2) : edge) : from;
    if (to === from) return null;
    return sideways ? { left: to } : { top: to };
  }
  return { perLine, lines, view, extent, place, goal };
}

// The items that are in the page.
function items(inner, { own, draw, label }) {
  const nodes = new Map(); // by index

  function item(index, count) {
    const node = document.createElement("div");
    node.id = `${own}-${index}`;
    node.className = "oe-item";
    node.dataset.index = index;
    node.setAttribute("role", "option");
    fillIn(node, index, count);
    return node;
  }
  function fillIn(node, index, count) {
    node.replaceChildren();
    node.setAttribute("aria-label", label(index));
    node.setAttribute("aria-posinset", index + 1);
    node.setAttribute("aria-setsize", count);
    draw(node, index);
  }
  return {
    // Exactly the items from..to - 1 of `count`.  place(index): their style.
    keep(from, to, count, place) {
      for (const [index, node] of nodes) {
        if (index < from || index >= to) {
          node.remove();
          nodes.delete(index);
        }
      }
      for (let index = from; index < to; index++) {
        if (!nodes.has(index)) nodes.set(index, item(index, count));
        Object.assign(nodes.get(index).style, place(index));
      }
      // What is in the page stands in the order of the list, for a person who hears it read aloud. A node that stands
      // right is left alone: one that is moved under a pressed mouse button gets no click.
      [...nodes.keys()].sort((a, b) => a - b).forEach((index, k) => {
        if (inner.children[k] !== nodes.get(index)) inner.insertBefore(nodes.get(index), inner.children[k] || null);
      });
    },
    redraw(index, count) {
      if (nodes.has(index)) fillIn(nodes.get(index), index, count);
    },
    // Returns: what lets those glide that are there again, on another place.
    clear() {
      const glide = moving(inner);
      nodes.forEach((node) => node.remove());
      nodes.clear();
      return glide;
    },
    mark(list, active, selected) {
      for (const [index, node] of nodes) {
        node.setAttribute("aria-selected", String(index === selected));
        node.classList.toggle("oe-active", index === active);
      }
      if (nodes.has(active)) list.setAttribute("aria-activedescendant", nodes.get(active).id);
      else list.removeAttribute("aria-activedescendant");
    },
  };
}

// seen(): the list was scrolled, or has another size; once a frame.  Returns: the undoing.
function attention(element, seen) {
  let waiting = 0;
  const soon = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      seen();
    });
  };
  element.addEventListener("scroll", soon);
  const watch = new ResizeObserver(soon);
  watch.observe(element);
  return () => {
    watch.disconnect();
    cancelAnimationFrame(waiting);
  };
}

// By the keyboard, and not for the mouse: the list would move under it, and the click would be lost.
function focused(element, seen) {
  element.addEventListener("focus", () => element.matches(":focus-visible") && seen());
}

function clicked(element, item) {
  element.addEventListener("click", (event) => {
    const node = event.target.closest(".oe-item");
    if (node) item(Number(node.dataset.index));
  });
}

// lengths(): items in a line, in a page and in all.
function keys(element, { moved, entered, lengths }) {
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { line, page, all } = lengths();
    const by = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -line,
      ArrowDown: line,
      PageUp: -page,
      PageDown: page,
      Home: -all,
      End: all,
    }[event.key];
    if (by === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (by !== undefined) moved(by);
    else entered();
  });
}
