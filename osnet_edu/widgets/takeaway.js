// What a person takes away: the state as a line of Python and as a link, and the ranking as a picture.

import { add, button, bytes, write } from "./dom.js";

const OWN = "A link cannot hold a photo of your own.";
const STATE = /^#\w+=/; // the end of an address that holds a state

// rows(): the first of the ranks in view, and how many.
export function takeaway(parent, { python, get, press }, rows) {
  const view = Math.random().toString(36).slice(2); // whose picture is saved, where a widget is shown twice
  const foot = add(parent, "div", "oe-line oe-foot");
  const code = copied("This state as a line of Python", "Copy the line");
  const link = copied("This state as a link", "Copy the link");
  button(foot, "Save as PNG", () => press({ save: { ...rows(), view } }));

  function copied(title, words) {
    const text = add(foot, "input", "oe-copied");
    Object.assign(text, { type: "text", readOnly: true });
    text.setAttribute("aria-label", title);
    const copy = button(foot, words, async () => {
      text.select();
      try {
        await navigator.clipboard.writeText(text.value);
        write(copy, "Copied");
      } catch {
        write(copy, "Selected: press Ctrl-C");
      }
      setTimeout(() => write(copy, words), 2000);
    });
    return { text, copy };
  }
  function save(name, content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes(content)], { type: "image/png" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  function heard(message, buffers) {
    if (message.png && message.view === view) save(message.png, buffers[0]);
  }
  // A notebook has lines of Python, and its address is not the explorer's. Nor is that of a frame within a page.
  const hasAddress = () => !document.querySelector(".jp-NotebookPanel") && window === window.top && location.host !== "";
  // What the address says holds from the start, and again when it is changed by hand.
  function follow() {
    if (get("plain") && hasAddress() && STATE.test(location.hash)) press({ link: location.hash.slice(1) });
  }
  const deaf = python.listen([["msg:custom", heard]]);
  window.addEventListener("hashchange", follow);
  requestAnimationFrame(follow); // in the page by now

  return {
    draw() {
      code.text.value = get("state");
      const here = hasAddress();
      Object.values(link).forEach((one) => (one.hidden = !here));
      link.copy.hidden ||= !get("link");
      link.text.value = get("link") ? `${location.origin}${location.pathname}#${get("link")}` : OWN;
    },
    end() {
      deaf();
      window.removeEventListener("hashchange", follow);
    },
  };
}
