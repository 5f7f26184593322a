// The blocks of the gate theatre: a card each with a cell for every stream: its gate as a number, bars of gates and shares,
// and buttons that silence and solo.

import { add, button, percent, shape } from "./dom.js";
import { isAlone, isSilent, isSilentEverywhere, soloed, toggled, toggledEverywhere } from "./silenced.js";

const [BAR, GAP, HALF] = [6, 2, 46]; // of the bars in a stream's picture
const TOP = 1.0; // share of a block that fills its bar
const LEFTWARD = 9; // of its length, at most, where a share is negative

// kinds: classes of query, match and impostor.
function bars(parent, { gate, share }, kinds) {
  const rows = share.length;
  const svg = shape(parent, "svg", { viewBox: `0 0 ${2 * HALF + 10} ${rows * (BAR + GAP)}`, "aria-hidden": "true" });
  const zero = HALF + 10;
  share.forEach((part, i) => {
    const y = i * (BAR + GAP);
    if (gate.length) {
      shape(svg, "rect", { x: 0, y, width: HALF, height: BAR, class: "oe-track" });
      shape(svg, "rect", { x: 0, y, width: gate[i] * HALF, height: BAR, class: kinds[i] });
    }
    const long = (Math.min(Math.abs(part), TOP) / TOP) * HALF;
    const width = part < 0 ? Math.min(long, LEFTWARD) : long;
    shape(svg, "rect", { x: zero, y, width: HALF, height: BAR, class: "oe-track" });
    shape(svg, "rect", { x: part < 0 ? zero - width : zero, y, width, height: BAR, class: kinds[i] });
  });
  shape(svg, "line", { x1: zero, x2: zero, y1: 0, y2: rows * (BAR + GAP), class: "oe-zero" });
}

const numbers = ({ gate, share }) => (gate.length ? `gate ${gate[0].toFixed(2)}, ` : "") + `share ${percent(share[0])}`;

// One stream.  pressed: {picked(), silent(), soloed()}.
function streamRow(card, block, one, kinds, pressed) {
  const row = add(card, "div", "oe-stream");
  const said = (element, words) => element.setAttribute("aria-label", words);
  const name = button(row, `${one.stream}: ${one.cells}\u00d7${one.cells}`, pressed.picked, "oe-pick");
  said(name, `stream ${one.stream} of ${block}, ${one.cells} by ${one.cells} cells: ${numbers(one)}; draw its field`);
  const read = add(row, "div", "oe-read");
  if (one.gate.length) add(read, "b", "", one.gate[0].toFixed(2));
  else add(read, "span", "oe-small", "no gate");
  add(read, "span", "oe-small oe-soft", percent(one.share[0]));
  bars(row, one, kinds);
  const line = add(row, "div", "oe-two");
  const silence = button(line, "silence", pressed.silent);
  said(silence, `silence stream ${one.stream} of ${block}`);
  const only = button(line, "solo", pressed.soloed);
  said(only, `solo stream ${one.stream} of ${block}`);
  return { row, name, silence, only, stream: one.stream };
}

const streamsOf = (block) => block.streams.map((one) => one.stream);

// acts: {silenced(): now, silence(pairs), pick(block, stream), open(block)}.
function blockCard(board, block, kinds, acts) {
  const card = add(board, "section", "oe-block");
  card.setAttribute("aria-label", `block ${block.name}`);
  const head = add(card, "div", "oe-name");
  add(head, "b", "", block.name);
  const cells = add(card, "div", "oe-cells");
  const streams = block.streams.map((one) => streamRow(cells, block.name, one, kinds, {
    picked: () => acts.pick(block.name, one.stream),
    silent: () => acts.silence(toggled(acts.silenced(), block.name, one.stream)),
    soloed: () => acts.silence(soloed(acts.silenced(), block.name, streamsOf(block), one.stream)),
  }));
  add(card, "p", "oe-leans oe-small oe-soft", block.leans);
  const gated = block.streams.some((one) => one.gate.length);
  const open = gated ? button(head, "all channels", () => acts.open(block.name)) : null;
  open?.setAttribute("aria-label", `all channels of ${block.name}`);
  return { block, open, streams };
}

// A row of buttons that silence a stream in all blocks.
function everywhere(place, blocks, acts) {
  place.replaceChildren();
  const all = blocks.map((block) => [block.name, streamsOf(block)]);
  const most = Math.max(...all.map(([, streams]) => streams.length));
  add(place, "span", "", "In all blocks:");
  return Array.from({ length: most }, (_, t) => {
    const press = () => acts.silence(toggledEverywhere(acts.silenced(), all, t + 1));
    const one = button(place, `silence stream ${t + 1}`, press);
    return { show: (silenced) => one.setAttribute("aria-pressed", String(isSilentEverywhere(silenced, all, t + 1))) };
  });
}

export function theatreBlocks(parent, kinds, acts) {
  const board = add(parent, "div", "oe-board");
  const line = add(parent, "div", "oe-line oe-everywhere");
  let cards = [];
  let buttons = [];
  let made = "";

  function make(blocks) {
    const key = JSON.stringify(blocks);
    if (made === key) return;
    made = key;
    // The focus stays with the button that was pressed, also where its card is made anew.
    const focused = board.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : "";
    board.replaceChildren();
    cards = blocks.map((block) => blockCard(board, block, kinds, acts));
    buttons = everywhere(line, blocks, acts);
    if (focused) [...board.querySelectorAll("button")].find((b) => b.getAttribute("aria-label") === focused)?.focus();
  }
  function draw(blocks, { chosen, opened }) {
    make(blocks);
    const silenced = acts.silenced();
    const pressed = (one, on) => one.setAttribute("aria-pressed", String(on));
    for (const { block, open, streams } of cards) {
      open?.setAttribute("aria-expanded", String(opened === block.name));
      for (const { row, name, silence, only, stream } of streams) {
        const off = isSilent(silenced, block.name, stream);
        row.classList.toggle("oe-off", off);
        pressed(silence, off);
        pressed(only, isAlone(silenced, block.name, streamsOf(block), stream));
        pressed(name, chosen[0] === block.name && chosen[1] === stream);
      }
    }
    buttons.forEach((one) => one.show(silenced));
  }
  return { draw };
}
