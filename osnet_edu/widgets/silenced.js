// Streams that a network does without, as [[block, stream]]: what a press of a button makes of them.

const same = (block, stream) => (one) => one[0] === block && one[1] === stream;

export const isSilent = (silenced, block, stream) => silenced.some(same(block, stream));

// One stream more, or one less.
export function toggled(silenced, block, stream) {
  const rest = silenced.filter((one) => !same(block, stream)(one));
  return rest.length < silenced.length ? rest : [...silenced, [block, stream]];
}

// Does a block have this stream alone?  streams: the numbers of all that it has.
export function isAlone(silenced, block, streams, stream) {
  return streams.length > 1 && streams.every((one) => isSilent(silenced, block, one) === (one !== stream));
}

// All other streams of the block are silenced; once more, and they are on again.
export function soloed(silenced, block, streams, stream) {
  const outside = silenced.filter(([name]) => name !== block);
  if (isAlone(silenced, block, streams, stream)) return outside;
  return [...outside, ...streams.filter((one) => one !== stream).map((one) => [block, one])];
}

// blocks: [[name, numbers of its streams]].  Is a stream silenced in every block that has it?
export function isSilentEverywhere(silenced, blocks, stream) {
  return blocks.every(([name, streams]) => !streams.includes(stream) || isSilent(silenced, name, stream));
}

export function toggledEverywhere(silenced, blocks, stream) {
  const others = silenced.filter(([, one]) => one !== stream);
  if (isSilentEverywhere(silenced, blocks, stream)) return others;
  return [...others, ...blocks.filter(([, streams]) => streams.includes(stream)).map(([name]) => [name, stream])];
}
