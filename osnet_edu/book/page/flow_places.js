// The places of a network by their names, as explain/flow/passing.py has them.
//
// about: flow_NAME.json, as book/flow.py writes it.

import { Refused, said } from "./traits.js";

export const END = "embedding";

// A place by its name: {level, stage, block, part, map, trail: [[place, words]]}.
// Throws: Refused for a place that the network lacks.
export function placeNamed({ stages, blocks }, name) {
  if (name === "network") return placed("network");
  const [block, part] = parted(String(name));
  const stage = block === "maxpool" ? "conv1" : block.split(".")[0];
  if (!stages[stage]) {
    throw new Refused(`there is no place ${said(name)} in this network; expected network or ${Object.keys(stages).join(", ")}`);
  }
  if (name === stage) return placed("stage", stage);
  if (!stages[stage].includes(block)) throw new Refused(`${stage} has no ${said(block)}; it has ${stages[stage].join(", ")}`);
  if (part && !blocks[block]?.maps.includes(name)) {
    const has = blocks[block] ? blocks[block].maps.slice(0, -1).join(", ") : "no streams";
    throw new Refused(`there is no ${said(name)}; ${block} has ${has}`);
  }
  return placed(part ? "stream" : "block", stage, block, part);
}

// "conv3.1 stream 3" as its block and its part.
function parted(name) {
  const at = name.indexOf(" ");
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at + 1)];
}

function placed(level, stage = "", block = "", part = "") {
  const map = part ? `${block} ${part}` : block || stage;
  const trail = [["network", "network"]];
  if (stage) trail.push([stage, stage]);
  if (block && block !== stage) trail.push([block, block]);
  if (part) trail.push([map, part]);
  return { level, stage, block, part, map, trail };
}
