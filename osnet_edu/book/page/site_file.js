// A file of this site.  Returns: the answer of the server.  Throws: an Error with a sentence.
export async function fetched(address) {
  const name = decodeURIComponent(String(address).split("/").pop());
  let answer;
  try {
    answer = await fetch(address);
  } catch {
    throw new Error(`The file ${name} of this site could not be fetched: is the network there?`);
  }
  if (!answer.ok) throw new Error(`The file ${name} is missing on this site (the server answered ${answer.status}).`);
  return answer;
}

// The content of a large file of this site, which was packed by gzip; a server may have unpacked it on the way.
// bytes: Uint8Array.  Returns: a promise of a Uint8Array.  Throws: an Error with a sentence.
export async function unpacked(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser cannot unpack the files of this site. A browser of 2023 or later can.");
  }
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error("A file of this site is damaged: it cannot be unpacked.");
  }
}
