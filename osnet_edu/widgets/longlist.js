// A list of any length: only what is in view is in the page. A row that runs sideways, a grid, or a column.

import { add } from "./dom.js";

const BEYOND = 2; // lines that are drawn before and after the view
let lists = 0;

// kind: "row", "grid" or "column".  wide, tall: of an item in CSS pixels.  draw(node, index): fills an item.
// label(index): an item in words.  chosen(index): Enter, Space or a click.  scrolled(): the view has moved.
export function longlist(parent, { title, kind, wide, tall, draw, label, chosen, scrolled = () => {} }) {
  const own = `oe-list-${(lists += 1)}`;
  const element = add(parent, "div", `oe-list oe-${kind}`);
  element.tabIndex = 0;
  element.setAttribute("role", "listbox");
  element.setAttribute("aria-label", title);
  element.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the arrow keys
  const inner = add(element, "div", "oe-inner");
  inner.setAttribute("role", "presentation");
  const nodes = new Map();
  let [count, active, selected] = [0, -1, -1];
  let awaited = -1; // an item to be shown as soon as the list has a size

  const across = () => {
    if (kind === "row") return Math.max(1, count);
    return kind === "column" ? 1 : Math.max(1, Math.floor(element.clientWidth / wide));
  };
  function lines() {
    // The first and last line in view: of a row, a line is an item.
    const [from, seen, size] =
      kind === "row" ? [element.scrollLeft, element.clientWidth, wide] : [element.scrollTop, element.clientHeight, tall];
    return [Math.floor(from / size), Math.floor((from + Math.max(0, seen - 1)) / size)];
  }
  // The first and last item in view.
  function view() {
    const [first, last] = lines();
    const many = kind === "row" ? 1 : across();
    return [Math.min(first * many, count), Math.min((last + 1) * many, count) - 1];
  }
  function arrange() {
    if (!element.clientWidth || !element.clientHeight) return; // hidden: it is arranged when it is seen again
    const many = across();
    if (kind === "row") Object.assign(inner.style, { width: `${count * wide}px`, height: `${tall}px` });
    else inner.style.height = `${Math.ceil(count / many) * tall}px`;
    if (awaited >= 0) {
      const index = awaited;
      awaited = -1;
      reveal(index, true);
    }
    const [first, last] = lines().map((line, k) => line + (k ? BEYOND : -BEYOND));
    const per = kind === "row" ? 1 : many;
    const [from, to] = [Math.max(0, first * per), Math.min(count, (last + 1) * per)];
    for (const [index, node] of nodes) {
      if (index < from || index >= to) {
        node.remove();
        nodes.delete(index);
      }
    }
    for (let index = from; index < to; index++) {
      if (!nodes.has(index)) nodes.set(index, item(index));
      place(nodes.get(index), index, many);
    }
    // What is in the page stands in the order of the list, for whoever reads it without seeing it. A node that stands
    // right is left alone: one that is moved under a pressed mouse button gets no click.
    [...nodes.keys()].sort((a, b) => a - b).forEach((index, k) => {
      if (inner.children[k] !== nodes.get(index)) inner.insertBefore(nodes.get(index), inner.children[k] || null);
    });
    mark();
  }
  function place(node, index, many) {
    const [x, y] = kind === "row" ? [index * wide, 0] : [(index % many) * wide, Math.floor(index / many) * tall];
    Object.assign(node.style, { left: `${x}px`, top: `${y}px`, height: `${tall}px` });
    node.style.width = kind === "column" ? "100%" : `${wide}px`;
  }
  function item(index) {
    const node = document.createElement("div");
    node.id = `${own}-${index}`;
    node.className = "oe-item";
    node.dataset.index = index;
    node.setAttribute("role", "option");
    fillIn(node, index);
    return node;
  }
  function fillIn(node, index) {
    node.replaceChildren();
    node.setAttribute("aria-label", label(index));
    node.setAttribute("aria-posinset", index + 1);
    node.setAttribute("aria-setsize", count);
    draw(node, index);
  }
  function mark() {
    for (const [index, node] of nodes) {
      node.setAttribute("aria-selected", String(index === selected));
      node.classList.toggle("oe-active", index === active);
    }
    if (nodes.has(active)) element.setAttribute("aria-activedescendant", nodes.get(active).id);
    else element.removeAttribute("aria-activedescendant");
  }
  // central: what was out of view comes to the middle, and not to the edge.
  function reveal(index, central = false) {
    if (!element.clientWidth) {
      awaited = index;
      return;
    }
    const many = across();
    const sideways = kind === "row";
    const [at, size] = sideways ? [index * wide, wide] : [Math.floor(index / many) * tall, tall];
    const [from, seen] = sideways ? [element.scrollLeft, element.clientWidth] : [element.scrollTop, element.clientHeight];
    const outside = at < from || at + size > from + seen;
    const edge = at < from ? at : at + size - seen;
    const to = outside ? (central ? Math.max(0, at - (seen - size) / 2) : edge) : from;
    if (to !== from) element.scrollTo(sideways ? { left: to } : { top: to });
  }
  function activate(index) {
    if (!count) return;
    active = Math.min(count - 1, Math.max(0, index));
    reveal(active);
    arrange();
  }
  let waiting = 0;
  const soon = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      arrange();
      scrolled();
    });
  };
  element.addEventListener("scroll", soon);
  element.addEventListener("focus", () => {
    // Not for the mouse: the list would move under it, and the click would be lost.
    if (!element.matches(":focus-visible")) return;
    if (active < 0 || active >= count) activate(selected >= 0 ? selected : 0);
  });
  element.addEventListener("click", (event) => {
    const node = event.target.closest(".oe-item");
    if (!node) return;
    activate(Number(node.dataset.index));
    chosen(active);
  });
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const many = across();
    const [first, last] = view();
    const page = Math.max(1, last - first);
    const by = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: kind === "row" ? -1 : -many,
      ArrowDown: kind === "row" ? 1 : many,
      PageUp: -page,
      PageDown: page,
      Home: -count,
      End: count,
    }[event.key];
    if (by === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (by !== undefined) activate(active + by);
    else if (active >= 0) chosen(active);
  });
  const watch = new ResizeObserver(soon);
  watch.observe(element);

  return {
    element,
    tall,
    view,
    name: (text) => element.setAttribute("aria-label", text),
    // New items: drawn anew, from the start of the list where `fresh`.
    fill(many, fresh) {
      count = many;
      if (fresh) {
        [active, awaited] = [-1, -1];
        element.scrollTo(0, 0);
      }
      active = Math.min(active, count - 1);
      nodes.forEach((node) => node.remove());
      nodes.clear();
      arrange();
    },
    // One item's looks have changed.
    redraw(index) {
      if (nodes.has(index)) fillIn(nodes.get(index), index);
      mark();
    },
    select(index, show = false) {
      selected = index;
      if (index >= 0 && show) reveal(index, true);
      mark();
    },
    end() {
      watch.disconnect();
      cancelAnimationFrame(waiting);
    },
  };
}
