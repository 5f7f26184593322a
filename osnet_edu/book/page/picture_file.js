// What a picture file is, read from its first bytes before anything is decoded, as osnet_edu.photos.picture does it.

const READ = "JPEG, PNG, BMP or WebP";
// Kinds that are not read, by the letters at the start of the file or behind the fourth.
const OTHERS = {
  "GIF8": "GIF", "ftypavif": "AVIF", "ftypavis": "AVIF", "ftyphei": "HEIC", "ftyphev": "HEIC", "ftypmif1": "HEIC",
  "ftypmsf1": "HEIC", "JXL ": "JPEG XL", "\xff\x0a": "JPEG XL", "jP  ": "JPEG 2000", "\xff\x4f\xff\x51": "JPEG 2000",
  "%PDF": "PDF", "<svg": "SVG", "<?xml": "SVG", "II*\0": "TIFF", "MM\0*": "TIFF",
};
const ORIENTATION = 0x112; // the number of the camera's note in EXIF

// file: Uint8Array.  Returns: {kind: a MIME type, width, height, orientation: 1 to 8 of a WebP, else 1, since browsers
// turn the others themselves}.  Throws: an Error with a sentence for any other file, and a part of one.
export function looked(file) {
  if (!file.length) throw new Error("The photo is an empty file.");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = letters(file, 0, 16);
  const read = [
    [start.startsWith("\xff\xd8\xff"), jpeg], [start.startsWith("\x89PNG\r\n\x1a\n"), png],
    [start.startsWith("RIFF") && start.slice(8, 12) === "WEBP", webp], [start.startsWith("BM"), bmp],
  ].find(([fits]) => fits)?.[1];
  if (!read) throw new Error(otherKind(start));
  try {
    const found = { orientation: 1, ...read(file, view) };
    if (found.width > 0 && found.height > 0) return found;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it ends too early
  }
  throw new Error(`This file cannot be read as a picture; expected a complete file of ${READ}.`);
}

function otherKind(start) {
  const mark = Object.keys(OTHERS).find((one) => start.startsWith(one) || start.slice(4).startsWith(one));
  if (mark) return `This file cannot be read as a picture: it is ${OTHERS[mark]}; expected ${READ}.`;
  return `This file cannot be read as a picture; expected a complete file of ${READ}.`;
}

function png(file, view) {
  return { kind: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

function bmp(file, view) {
  if (view.getUint32(14, true) === 12) { // an old header
    return { kind: "image/bmp", width: view.getUint16(18, true), height: view.getUint16(20, true) };
  }
  return { kind: "image/bmp", width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

function jpeg(file, view) {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) throw new RangeError();
    const mark = view.getUint8(at + 1);
    if (mark === 0xff || mark === 1 || (mark >= 0xd0 && mark <= 0xd8)) { // filling, or a mark without a length
      at += mark === 0xff ? 1 : 2;
    } else if (mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark)) {
      return { kind: "image/jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    } else at += 2 + view.getUint16(at + 2);
  }
}

function webp(file, view) {
  let size, orientation = 1;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = letters(file, at, 4), length = view.getUint32(at + 4, true), inside = at + 8;
    if (name === "VP8X") {
      const edge = (from) => 1 + view.getUint16(from, true) + (view.getUint8(from + 2) << 16);
      size = { width: edge(inside + 4), height: edge(inside + 7) };
    } else if (name === "VP8L" && !size) {
      const bits = view.getUint32(inside + 1, true);
      size = { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
    } else if (name === "VP8 " && !size) {
      const edge = (from) => view.getUint16(from, true) & 0x3fff;
      size = { width: edge(inside + 6), height: edge(inside + 8) };
    } else if (name === "EXIF") orientation = noted(file.subarray(inside, inside + length));
    at = inside + length + (length % 2);
  }
  return { kind: "image/webp", orientation, ...size };
}

// The camera's note on its orientation; 1 where there is none, or a broken one.
function noted(exif) {
  const bytes = letters(exif, 0, 6) === "Exif\0\0" ? exif.subarray(6) : exif;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const little = letters(bytes, 0, 2) === "II", table = view.getUint32(4, little);
    for (let k = 0; k < view.getUint16(table, little); k++) {
      const entry = table + 2 + 12 * k;
      if (view.getUint16(entry, little) !== ORIENTATION) continue;
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  } catch {
    // it ends too early
  }
  return 1;
}

function letters(bytes, start, count) {
  return String.fromCharCode(...bytes.subarray(start, start + count));
}
