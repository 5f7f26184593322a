// A picture file as pixels, exactly as it is: no colour management, no turning.

let canvas;

// file: a Blob.  Returns: {rgb: Uint8Array (height, width, 3), width, height}.  Throws what the browser throws.
export async function decoded(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { rgb: rgbOf(context.getImageData(0, 0, width, height).data), width, height };
}

// (N, 4) -> (N, 3): what is transparent keeps the colour under it.
export function rgbOf(rgba) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return rgb;
}
