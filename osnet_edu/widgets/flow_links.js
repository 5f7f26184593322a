// Text points into the picture: a link to #flow=conv3.1+stream+3 marks that part while it is pointed at or has the
// focus, and opens it when it is pressed. Widgets share no memory, so each picture listens to the document and answers
// for the links to which it is the nearest: the last one above the link, or the first one.

import { add, button, write } from "./dom.js";
import { calm } from "./movers.js";

const BEGINS = "#flow=";
const GAP = 6; // pixels between a link and its card

const linkOf = (event) => event.target.closest?.(`a[href^="${BEGINS}"]`);
const placeOf = (link) => decodeURIComponent(link.getAttribute("href").slice(BEGINS.length).replaceAll("+", " "));

// The stage, the block and the part of a place, as the buttons that show them are called.
function keysOf(place) {
  const owner = place.split(" ")[0];
  return new Set([owner === "maxpool" ? "conv1" : owner.split(".")[0], owner, place]);
}

function answersFor(box, link) {
  const whole = link.closest(".jp-Notebook") || document; // several notebooks may stand side by side
  const boxes = [...whole.querySelectorAll(".oe-flow:not(.oe-card)")];
  const above = boxes.filter((one) => one.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING);
  return (above.at(-1) || boxes[0]) === box;
}

// An element comes into view, and the focus to what is in it.
function show(one, block, focused) {
  focused.focus({ preventScroll: true });
  one.scrollIntoView({ block, behavior: calm() ? "auto" : "smooth" });
}

// pairs: [event, heard].  Returns: the undoing.
function listening(pairs) {
  pairs.forEach(([type, act]) => document.addEventListener(type, act, true));
  return () => pairs.forEach(([type, act]) => document.removeEventListener(type, act, true));
}

function inView(box) {
  const { top, bottom } = box.querySelector(".oe-stages").getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}

// parent: where the sentence and the way back stand.  Returns: draw, when the picture was drawn anew; end.
export function flowLinks(box, { set, says }) {
  const said = says(box, "p", "oe-unseen");
  const back = button(add(box, "div", "oe-back"), "Back to the text", goBack);
  back.hidden = true;
  let pointed = null; // the link that is pointed at or has the focus
  let from = null; // the link that was pressed
  let arriving = false;
  let card = null;

  function mark() {
    const keys = pointed ? keysOf(placeOf(pointed)) : new Set();
    box.querySelectorAll("[data-key]").forEach((one) => one.classList.toggle("oe-pointed", keys.has(one.dataset.key)));
    box.classList.toggle("oe-pointed", keys.has("network"));
  }
  function point(link) {
    pointed = link;
    link.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes Enter
    mark();
    const words = `${link.textContent}: click or press Enter to open it in the picture.`;
    write(said, words);
    card?.remove();
    card = cardAt(link, box, words);
  }
  function leave() {
    if (!pointed) return;
    pointed = null;
    write(said, "");
    mark();
    card.remove();
  }
  // Once it is no longer small, which is at once or when it is drawn.
  function arrive() {
    if (!arriving || box.classList.contains("oe-little")) return;
    arriving = back.hidden = false;
    show(box, "start", back);
  }
  function goBack() {
    back.hidden = true;
    show(from, "center", from);
    leave();
  }
  const acts = {
    pointerover(link, event) {
      if (event.pointerType !== "touch") point(link);
    },
    focusin: (link) => link.matches(":focus-visible") && point(link),
    pointerout: (link) => link === pointed && !link.matches(":focus-visible") && leave(),
    focusout: (link) => link === pointed && leave(),
    click(link, event) {
      event.preventDefault();
      event.stopPropagation();
      leave();
      from = link;
      arriving = true;
      set({ at: placeOf(link), cell: [], small: false });
      arrive();
    },
  };
  function heard(event) {
    const link = linkOf(event);
    if (link && answersFor(box, link)) acts[event.type](link, event);
  }
  function pressed({ key, target }) {
    if (key === "Escape" && pointed) leave();
    else if (key === "Escape" && !back.hidden && box.contains(target)) goBack();
  }
  const deaf = listening([
    ...Object.keys(acts).map((type) => [type, heard]), ["keydown", pressed], ["scroll", () => pointed && lay(card, pointed)],
  ]);
  return {
    draw() {
      mark();
      arrive();
    },
    end() {
      deaf();
      leave();
    },
  };
}

// What a link points at, beside it: the words, and the row of stages where the picture itself is out of view.
function cardAt(link, box, words) {
  const card = add(document.body, "div", "oe-box oe-flow oe-little oe-card");
  card.setAttribute("aria-hidden", "true"); // the sentence is said elsewhere
  card.inert = true;
  add(card, "p", "oe-small", words);
  if (!inView(box)) {
    const row = card.appendChild(box.querySelector(".oe-stages").cloneNode(true));
    row.querySelectorAll("[aria-pressed]").forEach((one) => one.removeAttribute("aria-pressed"));
    card.classList.toggle("oe-pointed", box.classList.contains("oe-pointed"));
  }
  lay(card, link);
  return card;
}

// Below the link, or above it where there is no room.
function lay(card, link) {
  const { left, top, bottom } = link.getClientRects()[0];
  const room = innerWidth - card.offsetWidth - GAP;
  card.style.left = `${Math.max(GAP, Math.min(left, room))}px`;
  const under = bottom + GAP + card.offsetHeight < innerHeight;
  card.style.top = `${under ? bottom + GAP : top - GAP - card.offsetHeight}px`;
}
