// The gallery ranked for a query by the Market rule, as osnet_edu.explore.listed and osnet_edu.retrieval have it.

export const OTHER = 0, MATCH = 1, OWN_CAMERA = 2, IS_JUNK = 3, UNKNOWN = 4; // what a photo of the list is to the query
const JUNK = -1; // the person id of a bad box
const SAME = 1e-6; // similarities that differ by no more are equal

// One feature vector against all of a gallery, as cosines.  feature: (D).  features: (N, D).  Returns: (N) float32.
export function similarities(feature, features) {
  const dim = feature.length, found = new Float32Array(features.length / dim);
  const mine = length(feature, 0, dim);
  for (let k = 0; k < found.length; k++) {
    let dot = 0;
    for (let d = 0, at = k * dim; d < dim; d++, at++) dot += feature[d] * features[at];
    found[k] = dot / ((mine || 1) * (length(features, k * dim, dim) || 1));
  }
  return found;
}

function length(values, start, dim) {
  let squares = 0;
  for (let d = start; d < start + dim; d++) squares += values[d] * values[d];
  return Math.sqrt(squares);
}

// similarities: (N) float32, to every gallery photo.  query: {person, camera}, or null for somebody whom nobody knows.
// gallery: {persons, cameras}, N each.
// Returns: {place: Int32Array, similarity: Float32Array, kind: Uint8Array, rank: Int32Array, said}, the most similar
// photo first. Those that the rule leaves out stand where they would, with rank 0.
export function rank(similarities, query, { persons, cameras }) {
  const kinds = Uint8Array.from(persons, (person, k) => kindOf(person, cameras[k], query));
  // A match ranks after all others that are equally similar.
  const key = Float64Array.from(similarities, (one, k) => (kinds[k] === MATCH ? SAME : 0) - one);
  const after = (a, b) => key[a] - key[b] || (kinds[a] === MATCH) - (kinds[b] === MATCH)
    || similarities[b] - similarities[a] || a - b;
  const place = Int32Array.from(similarities.keys()).sort(after);
  const kind = Uint8Array.from(place, (k) => kinds[k]);
  let counted = 0;
  const ranks = Int32Array.from(kind, (one) => (one === OWN_CAMERA || one === IS_JUNK ? 0 : ++counted));
  const similarity = Float32Array.from(place, (k) => similarities[k]);
  return { place, similarity, kind, rank: ranks, said: said(kind, ranks, counted) };
}

function kindOf(person, camera, query) {
  if (person === JUNK) return IS_JUNK;
  if (!query) return UNKNOWN;
  if (person !== query.person) return OTHER;
  return camera === query.camera ? OWN_CAMERA : MATCH;
}

// What a list says, in a sentence.
function said(kind, ranks, count) {
  const hits = Array.from(ranks).filter((_, k) => kind[k] === MATCH);
  if (kind.includes(UNKNOWN)) {
    return `Nobody knows who this is, so right and wrong are not marked. ${count} photos are ranked.`;
  }
  if (!hits.length) {
    return `No right answer: no photo of this person by another camera is among the ${count} that are ranked.`;
  }
  const precision = hits.reduce((sum, hit, k) => sum + (k + 1) / hit, 0) / hits.length;
  const first = hits[0] === 1
    ? "Rank 1 is the same person."
    : `Wrong at rank 1: the first match has rank ${hits[0]}.`;
  const told = hits.slice(0, 8).join(", ") + (hits.length > 8 ? ", ..." : "");
  const plural = hits.length > 1 ? "matches" : "match";
  return `${first} ${hits.length} ${plural} of ${count} photos, at rank ${told}; average precision ${precision.toFixed(2)}.`;
}
