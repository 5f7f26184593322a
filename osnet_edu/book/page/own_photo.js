// A photo of one's own: a file, a blob or a frame of a camera, brought to the shape of a person as osnet_edu.explore
// does it. It is read here and sent nowhere.

import { decoded } from "./pixels.js";
import { looked } from "./picture_file.js";
import { resized } from "./resample.js";

const SMALLEST = 16; // pixels of the shorter side
const PIXELS = 50_000_000; // the largest picture that is decoded
const BYTES = 200_000_000; // the largest file that is opened

// source: a File or Blob of JPEG, PNG, BMP or WebP, of an animation its first picture; or what has pixels: a <video>, a
// canvas, an ImageBitmap.  Returns: {rgb: Uint8Array (height, width, 3), width, height}, upright.
// Throws: an Error with a sentence for what is not a picture, smaller than 16 pixels, or larger than 50 million.
export async function readOwn(source) {
  const photo = source instanceof Blob ? await readFile(source) : await readFrame(source);
  if (Math.min(photo.width, photo.height) < SMALLEST) {
    throw new Error(`The photo has ${photo.width}x${photo.height} pixels; at least ${SMALLEST} a side are needed.`);
  }
  return photo;
}

// The part of a photo that the network gets.  size: [H, W].  at: where a wide photo is cut, 0 left to 1 right.
// Returns: Uint8Array (H, W, 3).
export function framed({ rgb, width, height }, size, at = 0.5) {
  const wanted = shapely(height, size);
  const part = width > wanted ? { left: even((width - wanted) * at), width: wanted } : undefined;
  return resized(rgb, [height, width], size, part);
}

// Whether a photo is wider than what the network gets, so that a place to cut it may be chosen.
export function isWide({ width, height }, size) {
  return width > shapely(height, size);
}

function shapely(height, size) {
  return Math.max(1, even((height * size[1]) / size[0]));
}

// Rounded as Python rounds: a half goes to the even neighbour.
function even(value) {
  const down = Math.floor(value), rest = value - down;
  if (rest === 0.5) return down + (down % 2);
  return rest < 0.5 ? down : down + 1;
}

async function readFile(file) {
  if (file.size > BYTES) {
    throw new Error(`The photo is a file of ${Math.round(file.size / 1e6)} MB; the limit is ${BYTES / 1e6} MB.`);
  }
  let bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error("The photo cannot be read: the file is gone, is a folder, or may not be opened.");
  }
  const { kind, width, height, orientation } = looked(bytes);
  checkSize(width, height);
  try {
    return upright(await decoded(new Blob([bytes], { type: kind })), orientation);
  } catch {
    throw new Error("This file cannot be read as a picture: it is damaged, or not complete.");
  }
}

async function readFrame(source) {
  const [width, height] = [source.videoWidth ?? source.width, source.videoHeight ?? source.height];
  if (!(width * height > 0)) throw new Error("The camera has not given a picture yet.");
  checkSize(width, height);
  return decoded(source);
}

function checkSize(width, height) {
  if (width * height > PIXELS) {
    throw new Error(`The photo has ${width}x${height} pixels; the limit is ${PIXELS / 1e6} million.`);
  }
}

// A picture turned by the camera's note, 1 to 8 as EXIF numbers them.
function upright(photo, orientation) {
  if (orientation === 1) return photo;
  const { rgb, width, height } = photo, sideways = orientation > 4;
  const made = new Uint8Array(rgb.length), across = sideways ? height : width, down = sideways ? width : height;
  const mirrored = [2, 3, 7, 8].includes(orientation), upside = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [a, b] = sideways ? [y, x] : [x, y]; // column and row of the file
      const from = ((upside ? height - 1 - b : b) * width + (mirrored ? width - 1 - a : a)) * 3;
      made.set(rgb.subarray(from, from + 3), (y * across + x) * 3);
    }
  }
  return { rgb: made, width: across, height: down };
}
