// A query and a part of its ranked lists as a PNG, one list below the other.

import { Refused } from "./traits.js";

const MOST = 12; // photos of a list
const [WIDE, TALL, GAP, WORDS] = [96, 192, 14, 44]; // of a photo and around it, in pixels
const COLOURS = ["#1f5fae", "#c4510c", "#5a6576", "#5a6576", "#5a6576"]; // by kind: another person, the same, left out
const MARKS = ["\u2717 other", "\u2713 same", "", "", ""];

// album: photos.  at: place of the query, -1 for `own`, {src}.  lists: columns with a title.  first, count: of the photos
// that count.  Returns: bytes.
export async function saved({ album, at, own, lists, first, count }) {
  const chosen = lists.map(({ place, rank, kind, similarity, title }) => {
    const rows = [...place.keys()].filter((row) => rank[row]);
    const from = Math.min(Math.max(first, 0), Math.max(rows.length - 1, 0));
    const some = rows.slice(from, from + Math.min(Math.max(count, 1), MOST));
    return { title, photos: some.map((row) => ({ place: place[row], rank: rank[row], kind: kind[row], similarity: similarity[row] })) };
  });
  if (!chosen.every(({ photos }) => photos.length)) throw new Refused("there is no ranked photo to draw");
  const canvas = document.createElement("canvas");
  canvas.width = (Math.max(...chosen.map(({ photos }) => photos.length)) + 1) * (WIDE + GAP) + 2 * GAP;
  canvas.height = chosen.length * (TALL + WORDS + GAP) + GAP;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const asker = at < 0 ? { src: own.src, words: "your photo" } : { src: album.queries.src(at), words: album.queries.who[at] };
  for (const [k, { title, photos }] of chosen.entries()) {
    const top = GAP + k * (TALL + WORDS + GAP);
    await drawn(pen, asker.src, GAP, top, "#1a2230", [asker.words, title]);
    for (const [i, one] of photos.entries()) {
      const words = [`${one.rank} ${MARKS[one.kind]}`, one.similarity.toFixed(2)];
      await drawn(pen, album.gallery.src(one.place), 2 * GAP + (i + 1) * (WIDE + GAP), top, COLOURS[one.kind], words);
    }
  }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new Uint8Array(await blob.arrayBuffer());
}

async function drawn(pen, src, left, top, colour, words) {
  const img = new Image();
  img.src = src;
  await img.decode();
  pen.drawImage(img, left, top, WIDE, TALL);
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 4;
  pen.strokeRect(left, top, WIDE, TALL);
  pen.font = "13px system-ui, sans-serif";
  words.forEach((text, line) => pen.fillText(text, left, top + TALL + 18 + 18 * line, WIDE + GAP - 4));
}
