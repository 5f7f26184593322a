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
