// Starts the slides of a lesson: arrows turn them, S opens the speaker's view, B or a full stop makes the screen black.

import Notes from "../slides/notes.esm.js";
import Reveal from "../slides/reveal.esm.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const deck = new Reveal(document.querySelector(".reveal"), {
  width: 1280,
  height: 720,
  margin: 0.02,
  minScale: 0.1,
  maxScale: 4,
  center: false,
  hash: true,
  controls: true,
  progress: true,
  slideNumber: "c/t",
  transition: calm ? "none" : "fade",
  plugins: [Notes],
});
deck.initialize();
