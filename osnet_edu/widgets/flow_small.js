// The map at the head of a lesson: one row of stages, small until somebody touches it, with the place marked.

import { add, button, write } from "./dom.js";

const INSIDE = { squeeze: "squeeze", sum: "weighted sum", expansion: "expansion", bypass: "identity path" };

// A place in words: "stream 3 of conv3.0".  blocks: of the open stage.
export function placeWords(at, blocks) {
  const [owner, ...inner] = at.split(" ");
  const part = inner.join(" ");
  if (part) return `${INSIDE[part] ? `the ${INSIDE[part]}` : part} of ${owner}`;
  if (at === "network") return "the whole network";
  return blocks.includes(at) ? `block ${at}` : at.includes(".") || at === "maxpool" ? at : `stage ${at}`;
}

// What stands above the row while it is small.  closedBy(line): a button there that makes it small again.
export function flowSmall(box, { get, set }) {
  const head = add(box, "div", "oe-line oe-here");
  const where = add(head, "b");
  const opens = button(head, "", () => set({ small: false }));
  add(head, "span", "oe-small oe-soft", "or click any stage");
  let closes;
  // A click on a stage opens that stage, and one beside the stages what is marked.
  box.addEventListener("click", () => get("small") && set({ small: false }));
  return {
    closedBy(line) {
      closes = button(line, "Make it small", (event) => {
        event.stopPropagation(); // a click on what is small would open it
        set({ small: true });
      });
    },
    draw() {
      const [small, at] = [get("small"), get("at")];
      const focused = [opens, closes].includes(document.activeElement);
      head.hidden = !small;
      box.classList.toggle("oe-little", small);
      box.classList.toggle("oe-whole", at === "network");
      const words = placeWords(at, get("stage").blocks || []);
      write(where, `You are here: ${words}`);
      write(opens, at === "network" ? "Open the network" : `Open ${words}`);
      if (focused) (small ? opens : closes).focus();
    },
  };
}
