// What the network at work shows, as what stands behind the # of an address:
// photos=A,B&at=conv3.1 stream 3&cell=0:7:3&silenced=conv3.1:3,conv2.0:1&model=untrained

import { encoded, fieldsOf } from "./address.js";
import { Refused, said } from "./traits.js";

const NAMES = ["photos", "at", "cell", "silenced", "model"];
const NO_STATE = "this address does not end in a state of the network at work";
const FORMS = { cell: /^\d+:\d+:\d+$/, silenced: /^[^:,]+:\d+(,[^:,]+:\d+)*$/ };

// What follows the # in an address; "" where a photo of one's own is shown, which no address holds.
// values: the traits of flow_model.js and `model`.  first: the photos that are shown without an address.
export function link({ shown, at, cell, silenced, model }, first) {
  if (shown.includes("")) return "";
  const texts = {
    photos: shown.join() === first.join() ? "" : shown.join(),
    at: at === "network" ? "" : at,
    cell: cell[0] === at ? cell.slice(1).join(":") : "",
    silenced: silenced.map((one) => one.join(":")).join(),
    model: model === "shipped" ? "" : model,
  };
  return NAMES.filter((name) => texts[name]).map((name) => `${name}=${encoded(texts[name])}`).join("&");
}

// The same back: {shown, at, cell, silenced, model}, all of them.  text: what follows the #.
// Throws: Refused for any other text.
export function linked(text, first) {
  const found = fieldsOf(text, NAMES, NO_STATE);
  for (const [name, form] of Object.entries(FORMS)) {
    if (found[name] && !form.test(found[name])) {
      throw new Refused(`${name} cannot be ${said(found[name].slice(0, 40))} in an address`);
    }
  }
  const { photos, at = "network", cell, silenced, model = "shipped" } = found;
  const pairs = silenced ? silenced.split(",").map((one) => one.split(":")) : [];
  return {
    shown: photos ? photos.split(",") : first,
    at,
    cell: cell ? [at, ...cell.split(":").map(Number)] : [],
    silenced: pairs.map(([block, stream]) => [block, Number(stream)]),
    model,
  };
}
