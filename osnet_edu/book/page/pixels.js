// A picture as pixels, exactly as its file has them: no colour management, and what is transparent keeps its colour.

const KEPT = 1_000_000; // pixels of a canvas that is used again

let canvas, context;

// source: a Blob, or what createImageBitmap takes.  Returns: {rgb: Uint8Array (height, width, 3), width, height}.
// Throws what the browser throws.
export async function decoded(source) {
  const bitmap = await createImageBitmap(source, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  try {
    const { width, height } = bitmap;
    if (canvas?.width !== width || canvas.height !== height) {
      emptied();
      canvas = blank(width, height);
      context = canvas.getContext("2d", { willReadFrequently: true });
    }
    context.clearRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { rgb: rgbOf(isOpaque(data) ? data : (straight(bitmap) ?? data)), width, height };
  } finally {
    bitmap.close();
    if (canvas?.width * canvas?.height > KEPT) emptied();
  }
}

// The canvas's pixels go at once.
function emptied() {
  if (canvas) canvas.width = canvas.height = 0;
  canvas = context = undefined;
}

function blank(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

function isOpaque(rgba) {
  for (let k = 3; k < rgba.length; k += 4) if (rgba[k] !== 255) return false;
  return true;
}

// A canvas multiplies colours by their opacity and loses them where it is 0; WebGL hands them on as they are.
// Returns: (height, width, 4), or null where there is no WebGL, or none for so large a picture.
function straight(bitmap) {
  const gl = blank(1, 1).getContext("webgl");
  if (!gl || Math.max(bitmap.width, bitmap.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const rgba = new Uint8Array(bitmap.width * bitmap.height * 4);
  gl.readPixels(0, 0, bitmap.width, bitmap.height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  const failed = gl.getError() !== gl.NO_ERROR;
  gl.getExtension("WEBGL_lose_context")?.loseContext(); // a browser keeps few of them
  return failed ? null : rgba;
}

function rgbOf(rgba) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return rgb;
}
