// Photos and maps as pictures: the colours of osnet_edu/figures/heat.py.

const COLOURS = ["0b3c7d", "4f93d8", "f2f2f2", "f0963c", "9a3c00"].map((one) => [0, 2, 4].map((k) => parseInt(one.slice(k, k + 2), 16)));
const STEPS = 256;
const STRONGEST = 0.9; // opacity of full colour: the photo stays to be seen

// pixels: (H * W * 4) RGBA.  Returns: a data URI.
function uri(rgba, height, width) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  const made = canvas.toDataURL("image/png");
  canvas.width = canvas.height = 0; // its pixels go at once
  return made;
}

// The colour of -1 (blue, against) to 1 (orange, for).
function colourOf(value) {
  const at = Math.min(STEPS - 1, Math.floor((0.5 + 0.5 * value) * STEPS)) / (STEPS - 1);
  const from = Math.min(COLOURS.length - 2, Math.floor(at * (COLOURS.length - 1)));
  const part = at * (COLOURS.length - 1) - from;
  return COLOURS[from].map((one, c) => one + part * (COLOURS[from + 1][c] - one));
}

// A map alone as RGBA, clear where it is 0 and ever less so to where it is full.  full: 0 leaves all clear.
export function heatColours(map, full) {
  const rgba = new Uint8Array(4 * map.length);
  map.forEach((one, at) => {
    const strength = full ? Math.min(1, Math.max(-1, one / full)) : 0;
    const root = Math.sign(strength) * Math.abs(strength) ** 0.6;
    rgba.set([...colourOf(root), 255 * STRONGEST * Math.abs(root)].map(Math.round), 4 * at);
  });
  return rgba;
}

export const heat = (map, height, width, full) => uri(heatColours(map, full), height, width);

// A photo without colours and paler, for a map to lie on.  pixels: (H * W * 3) uint8.
export function grey(pixels, height, width) {
  const rgba = new Uint8Array(4 * height * width);
  for (let at = 0; at < height * width; at++) {
    const [r, g, b] = pixels.subarray(3 * at, 3 * at + 3);
    const pale = Math.round(255 * (0.35 + (0.6 * (0.299 * r + 0.587 * g + 0.114 * b)) / 255));
    rgba.set([pale, pale, pale, 255], 4 * at);
  }
  return uri(rgba, height, width);
}

// A photo as it is.  pixels: (H * W * 3) uint8.
export function colours(pixels, height, width) {
  const rgba = new Uint8Array(4 * height * width).fill(255);
  for (let at = 0; at < height * width; at++) rgba.set(pixels.subarray(3 * at, 3 * at + 3), 4 * at);
  return uri(rgba, height, width);
}
