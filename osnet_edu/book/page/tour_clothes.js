// The same person in a stranger's clothes, and a stranger in hers: whom does the network take for her?

import { add, button, picture } from "../widgets/dom.js";

const KEYS = ["the same clothes", "strangers' clothes", "exchanged clothes", "first is who wears her clothes"];
const WORDS = [
  "in their own clothes",
  "in strangers' clothes",
  "in exchanged clothes",
  "then first instead: who wears the clothes now",
];

// record: tour.json.  src: name of a picture -> its address.
export function clothes(root, record, src) {
  const menu = add(root, "div", "play-chips");
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", "Three people");
  const body = add(root, "div", "play-clothes");
  const chips = record.clothes.map((one, k) => {
    const chip = button(menu, "", () => show(k), "play-chip");
    chip.setAttribute("aria-label", `Person ${k + 1}`);
    picture(chip, { src: src(one.query.src), text: "" });
    return chip;
  });
  function show(k) {
    chips.forEach((chip, j) => chip.setAttribute("aria-pressed", String(j === k)));
    body.replaceChildren();
    ask(body, record, record.clothes[k], src);
  }
  show(0);
}

// Who is in a photo, without a guess whether the person is a woman.
const plain = ({ words }) => words.replace("in her clothes", "in this person's clothes");

function ask(root, record, one, src) {
  const row = add(root, "div", "play-row");
  shown(row, one.query, "This person", src);
  shown(row, one.match, `The same person by camera ${one.match.camera}: similarity ${one.network.toFixed(2)}`, src);
  const taken = one.dressed[0].network > one.dressed[1].network ? 0 : 1;
  const options = one.dressed.map((dressed, side) => {
    const figure = add(row, "figure", "play-option");
    const choose = button(figure, "", () => tell(side), "play-photo");
    const words = plain(dressed);
    choose.setAttribute("aria-label", words);
    picture(choose, { src: src(dressed.src), text: "" });
    const caption = add(figure, "figcaption");
    add(caption, "b", "", words);
    return { figure, choose, caption };
  });
  const panel = add(root, "div", "play-answer");
  const said = add(panel, "div", "play-said");
  said.setAttribute("role", "status");
  add(said, "p", "play-ask", "The network gets one of the two new photos. With which one does it still find this person first?");
  add(said, "p", "play-note", "Click the photo that you believe in.");

  let asked = true;
  function tell(side) {
    if (!asked) return;
    asked = false;
    said.replaceChildren();
    options.forEach(({ figure, caption }, k) => {
      const dressed = one.dressed[k];
      if (k === side) figure.classList.add("play-mine");
      add(caption, "span", "", `similarity ${dressed.network.toFixed(2)}`);
      add(caption, "span", "", dressed.rank === 1 ? "this person comes first" : `this person comes at rank ${dressed.rank}`);
    });
    add(said, "h3", "", `${side === taken ? "Yes" : "No"}: it is ${plain(one.dressed[taken])}.`);
    add(said, "p", "", "The network compares what people wear.");
    measured(panel, record);
  }
}

function shown(parent, photo, words, src) {
  const figure = add(parent, "figure");
  picture(figure, { src: src(photo.src), text: photo.looks });
  add(figure, "figcaption", "", words);
}

// The experiment's figures: how often the right person comes first.
function measured(parent, record) {
  add(parent, "p", "play-small", `For all ${record.all.queries} photos: how often the person comes first`);
  const list = add(parent, "ul", "play-bars");
  KEYS.forEach((key, k) => {
    const { value, low, high } = record.measured[key];
    const row = add(list, "li");
    add(row, "span", "", WORDS[k]);
    add(add(row, "span", "play-bar"), "i").style.width = `${value}%`;
    add(row, "b", "", `${value} %`).title = `95 % interval: ${low} to ${high} %`;
  });
}
