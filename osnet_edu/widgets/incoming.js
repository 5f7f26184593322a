// A photo of one's own: chosen, dropped, pasted or taken. The page looks at it and makes it small before it travels, and
// it stays on this machine.

import { add, button, write } from "./dom.js";

const SIDE = 1024; // pixels of the longer side that travels
const MOST_PIXELS = 50e6;
const MOST_BYTES = 100e6;
const STAYS = "It stays on this machine.";
const HEAD = 65536; // bytes in which a file says that it is animated

// The file as a PNG of at most SIDE pixels a side: {content, note}. Throws an Error with a sentence for a file that
// cannot be one.
async function shrunk(file) {
  const called = file.name || "The picture";
  if (!file.size) throw new Error(`${called} is empty.`);
  if (file.size > MOST_BYTES) throw new Error(`${called} has ${Math.round(file.size / 1e6)} MB; at most 100 are taken.`);
  const address = URL.createObjectURL(file);
  const canvas = document.createElement("canvas");
  try {
    const img = await loaded(address, called);
    const [width, height] = [img.naturalWidth, img.naturalHeight];
    if (!width || !height) throw new Error(`${called} has no size in pixels; expected a photo.`);
    if (width * height > MOST_PIXELS) {
      const million = Math.round((width * height) / 1e6);
      throw new Error(`${called} has ${width}x${height} pixels, ${million} million; at most 50 million are taken.`);
    }
    const scale = Math.min(1, SIDE / Math.max(width, height));
    [canvas.width, canvas.height] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.imageSmoothingQuality = "high";
    pen.drawImage(img, 0, 0, canvas.width, canvas.height); // turned as the camera's note says
    const seen = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    let clear = false;
    for (let k = 3; k < seen.length && !clear; k += 4) clear = seen[k] < 255;
    pen.globalCompositeOperation = "destination-over";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const notes = [`${called}, ${width}x${height} pixels.`];
    if (await animated(file)) notes.push("Of the animation, the first picture is taken.");
    if (clear) notes.push("What was see-through is white.");
    return { content: await blob.arrayBuffer(), note: notes.join(" ") };
  } finally {
    canvas.width = canvas.height = 0; // its pixels go at once, and not some day
    URL.revokeObjectURL(address);
  }
}

function loaded(address, called) {
  return new Promise((done, failed) => {
    const img = new Image();
    img.onload = () => done(img);
    img.onerror = () => failed(new Error(`${called} is not a picture that this browser can read; expected a JPEG or PNG.`));
    img.src = address;
  });
}

async function animated(file) {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const text = String.fromCharCode(...head.subarray(0, 4096));
  return (text.startsWith("GIF") && text.includes("NETSCAPE")) || /^RIFF....WEBP.*ANIM/s.test(text) || /PNG.*acTL/s.test(text);
}

// The controls, and the whole box as a place to drop a photo on. send(content): takes the bytes.  where: the box in a
// word.
export function incoming(parent, box, send, where = "explorer") {
  const line = add(parent, "div", "oe-line");
  const input = add(line, "input");
  Object.assign(input, { type: "file", accept: "image/*", hidden: true });
  button(line, "Choose a photo", () => input.click());
  const paste = button(line, "Paste one here", () => paste.focus());
  paste.title = "Click here, then press Ctrl-V or Cmd-V";
  const camera = button(line, "Use the camera", () => shot.start());
  const said = add(parent, "p", "oe-own-said");
  said.setAttribute("role", "status");
  const say = (text) => write(said, text);
  say(`You can also drop a photo on the ${where}. ${STAYS}`);

  async function take(file) {
    try {
      const { content, note } = await shrunk(file);
      say(`${note} ${STAYS}`);
      send(content);
    } catch (error) {
      say(error.message);
    }
  }
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // so that the same file can be chosen again
  });
  dropped(box, take, say);
  const shot = cameraShot(parent, camera, take, say);
  return { end: shot.stop };
}

// A photo that is dropped on the box or pasted into it.
function dropped(box, take, say) {
  const first = (transfer) => [...(transfer?.files || [])][0];
  function taken(event, transfer, without) {
    event.preventDefault();
    event.stopPropagation();
    const file = first(transfer);
    if (file) take(file);
    else say(without);
  }
  box.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("oe-drop");
  });
  box.addEventListener("dragleave", () => box.classList.remove("oe-drop"));
  box.addEventListener("drop", (event) => {
    box.classList.remove("oe-drop");
    taken(event, event.dataTransfer, "What was dropped is not a file; expected a photo.");
  });
  box.addEventListener("paste", (event) => {
    if (event.target.matches("input[type=text], input[type=search]")) return;
    taken(event, event.clipboardData, "The clipboard holds no photo.");
  });
}

// What the camera sees, and a button that takes it.  starter: the button that starts and stops the camera.
function cameraShot(parent, starter, take, say) {
  const seen = add(parent, "div", "oe-camera");
  seen.hidden = true;
  let stream = null;
  async function start() {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch (error) {
      say(`There is no camera that this page may use (${error.name}).`);
      return;
    }
    starter.textContent = "Stop the camera";
    seen.hidden = false;
    seen.replaceChildren();
    const video = add(seen, "video");
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    video.setAttribute("aria-label", "what the camera sees");
    await video.play();
    button(seen, "Take the photo", () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
      canvas.getContext("2d").drawImage(video, 0, 0);
      canvas.toBlob((blob) => take(new File([blob], "The camera's photo", { type: "image/png" })), "image/png");
      stop();
    }).focus();
  }
  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    starter.textContent = "Use the camera";
    seen.hidden = true;
    seen.replaceChildren();
  }
  return { start, stop };
}
