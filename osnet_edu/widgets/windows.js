// What a cell can see, as a frame on a photo: where the frame goes beyond the picture, it runs along the edge.

import { outline } from "./dom.js";

// A triangle at the edge: beyond it, the window goes on.
function pointer(pen, px, py, dx, dy, size = 7) {
  pen.beginPath();
  pen.moveTo(px + dx * size, py + dy * size);
  pen.lineTo(px + dy * size, py + dx * size);
  pen.lineTo(px - dy * size, py - dx * size);
  pen.closePath();
  pen.fillStyle = "#fff";
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = "#000";
  pen.stroke();
}

// A window as a frame that stays in the picture; inset keeps two that both run along the edge apart.
// place: [margin, zoom], pixels of the canvas around the photo, and for one pixel of the photo.
export function windowFrame(pen, [margin, zoom], [top, left, bottom, right], dash, inset) {
  const { canvas } = pen;
  const [most, least] = [(at, limit) => Math.min(at, limit - inset), (at) => Math.max(at, inset)];
  const [x, y] = [margin + left * zoom, margin + top * zoom];
  const [x2, y2] = [margin + right * zoom, margin + bottom * zoom];
  const [l, t, r, b] = [least(x), least(y), most(x2, canvas.width), most(y2, canvas.height)];
  outline(pen, [l, t, r - l, b - t], dash);
  const [middleX, middleY] = [(l + r) / 2, (t + b) / 2];
  if (l > x) pointer(pen, l + 2, middleY, -1, 0);
  if (t > y) pointer(pen, middleX, t + 2, 0, -1);
  if (r < x2) pointer(pen, r - 2, middleY, 1, 0);
  if (b < y2) pointer(pen, middleX, b - 2, 0, 1);
}
