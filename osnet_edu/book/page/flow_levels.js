// What the levels of the network at work show and say, above a cell: the rules of explain/flow/levels.py and of
// widgets/flow_drawn.py.
//
// about: flow_NAME.json.  now: [photo] of one or two, each {map(name), gates: by block and stream, embedding}.
// draw(name, {words, lit}): a map as flow_drawn.map_as_pictures makes it.

import { cosineOf } from "./flow_maps.js";

const ORDER = ["the first photo", "the second photo"];
const WORDS = {
  squeeze: "a 1x1 convolution that leaves fewer channels, cell by cell",
  sum: "the streams as one map",
  expansion: "a 1x1 convolution back to all channels",
  bypass: "what goes around the streams",
};

export const similarity = ([one, other]) => cosineOf(one.embedding, other.embedding);

// parted: of flow_maps.parting; null for one photo.
export function networkLevel(about, now, draw, parted) {
  return {
    maps: Object.keys(about.stages).map((name) => draw(name, { lit: true })),
    code: now.map(({ embedding }) => codeOf(embedding)),
    similarity: parted ? similarity(now) : 1,
    parted: parted && !parted.already ? parted.block : "",
    sentence: parted ? parted.sentence : alone(now[0].embedding),
  };
}

function alone(embedding) {
  const on = embedding.filter((value) => value > 0).length;
  return `The photo becomes ${embedding.length} numbers, ${on} of which are above zero.`;
}

// 255 for the largest number.
function codeOf(embedding) {
  const most = Math.max(1e-12, ...embedding);
  return Uint8Array.from(embedding, (value) => Math.round((255 * Math.max(0, value)) / most));
}

export function stageLevel(about, draw, stage, parted) {
  const names = about.stages[stage];
  const blocks = names.filter((name) => about.blocks[name]);
  const maps = names.map((name, k) => {
    const words = blocks.includes(name) ? `block ${k + 1}` : name.includes(".") ? "transition" : name;
    return draw(name, { lit: true, words: name === "maxpool" ? "max pool" : words });
  });
  return { maps, sentence: stageSaid(about, stage, maps.at(-1).shape, parted), blocks, name: stage };
}

function stageSaid({ stages, trunk }, stage, [, channels, height, width], parted) {
  const made = `${stage} makes ${height} x ${width} cells of ${channels} channels`;
  if (!parted) return `${made}.`;
  const names = stages[stage];
  const at = trunk.indexOf(names[0]);
  const after = parted.ratios[names.at(-1)];
  if (!at) return `${made}; behind it the two photos are ${after.toFixed(2)} times the usual distance apart.`;
  const before = parted.ratios[trunk[at - 1]];
  const way = after > before ? "moves the two photos apart" : "brings the two photos nearer";
  return `${made} and ${way}: from ${before.toFixed(2)} to ${after.toFixed(2)} times the usual distance.`;
}

export function blockLevel(about, now, draw, block, silenced) {
  const { maps, join, gate, fields } = about.blocks[block];
  const streams = fields.map((field, t) => {
    const gates = now.map((photo) => photo.gates[block][t]).filter((row) => row.length);
    return {
      ...draw(`${block} stream ${t + 1}`, { words: `stream ${t + 1}` }),
      stream: t + 1,
      ...field,
      gate: gates.map(mean),
      channels: gates.map((row) => Uint8Array.from(row, (one) => Math.round(255 * one))),
      silenced: silenced.some(([name, stream]) => name === block && stream === t + 1),
    };
  });
  const parts = maps.filter((name) => !name.includes(" stream "));
  return {
    name: block, join, gate, note: about.note, sentence: blockSaid(block, streams, gate, join),
    parts: parts.map((name) => draw(name, { lit: name === block, words: name.slice(block.length).trim() || "output" })),
    streams,
  };
}

const mean = (row) => row.reduce((sum, one) => sum + one, 0) / row.length;

function blockSaid(block, streams, gate, join) {
  if (streams.length === 1) return `${block} has one stream${gate ? ", with a gate" : ""}.`;
  if (!gate) return `${block} has no gate: ${join} alone joins its ${streams.length} streams.`;
  const count = streams[0].gate.length;
  const widest = Array.from({ length: count }, (_, k) => streams.reduce((best, one) => (one.gate[k] > best.gate[k] ? one : best)));
  const said = widest.map((one, k) => `stream ${one.stream} for ${ORDER[k]} (${one.gate[k].toFixed(2)})`);
  if (count === 2 && widest[0] === widest[1]) {
    const numbers = widest[0].gate.map((one) => one.toFixed(2)).join(" and ");
    return `The gate of ${block} opens widest for stream ${widest[0].stream} for both photos (${numbers} on average).`;
  }
  return `The gate of ${block} opens widest for ${said.join(" and ")}.`;
}

// The place that is open, in a sentence.  traits: what was worked out, {network, stage, block}.
export function placeSaid(here, { network, stage, block }) {
  if (here.level === "network") return network.sentence;
  if (here.level === "stage" || !block.name) return stage.sentence;
  if (!here.part) return block.sentence;
  if (here.part.startsWith("stream ")) return streamSaid(block.streams[Number(here.part.slice(7)) - 1], here.block);
  return partSaid(block.parts.find(({ name }) => name === here.map), block.join);
}

function partSaid({ name, shape: [, channels, height, width] }, join) {
  const part = name.slice(name.indexOf(" ") + 1);
  const words = part === "sum" ? `${WORDS[part]}, joined by ${join}` : WORDS[part];
  return `${name} has ${channels} channels of ${height} x ${width} cells: ${words}.`;
}

function streamSaid({ stream, cells, longest, gate, silenced }, block) {
  const said = `A cell of stream ${stream} of ${block} sees ${cells} x ${cells} cells of the block's input, `
    + `and at most ${longest} x ${longest} pixels of the photo`;
  const open = gate.length ? `; its gate is ${gate.map((one) => one.toFixed(2)).join(" and ")} on average` : "";
  return `${said}${open}${silenced ? "; it is silenced" : ""}.`;
}

// What silencing did to the similarity, in a sentence; "" where nothing is silenced.  before: with all streams.
export function withoutSaid(before, now, silenced) {
  if (!silenced.length) return "";
  const blocks = new Map();
  for (const [block, stream] of silenced) blocks.set(block, [...(blocks.get(block) || []), stream]);
  const many = [...blocks].map(([name, all]) => `stream${all.length > 1 ? "s" : ""} ${all.join(", ")} of ${name}`).join(" and ");
  if (now.length === 1) {
    const kept = cosineOf(before[0].embedding, now[0].embedding);
    return `Without ${many} the photo's similarity to itself with all streams is ${kept.toFixed(2)}.`;
  }
  return `Without ${many} the similarity is ${similarity(now).toFixed(2)}; with all streams it is ${similarity(before).toFixed(2)}.`;
}
