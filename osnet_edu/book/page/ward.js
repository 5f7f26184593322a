// Ward's tree of the pixels of a photo, neighbours only: which two groups are joined, where the sum of squares grows least
// (Ward, Hierarchical Grouping to Optimize an Objective Function, 1963; in the order of scikit-learn's ward_tree).
//
// features: (H * W * 5).  leaves: groups to stop at and to begin the answer with.
// Returns: {leaves: pixels of each, steps: the two groups of each join after that; a join's result is the next number}.
export function grown(features, height, width, leaves) {
  const count = height * width;
  const wide = features.length / count;
  const weight = new Float64Array(2 * count - 1).fill(1, 0, count);
  const sums = new Float64Array((2 * count - 1) * wide);
  sums.set(features);
  const near = Array.from({ length: count }, (_, at) => neighbours(at, height, width));
  const used = new Uint8Array(2 * count - 1).fill(1, 0, count);
  const cost = (one, other) => {
    let square = 0;
    for (let k = 0; k < wide; k++) {
      square += (sums[one * wide + k] / weight[one] - sums[other * wide + k] / weight[other]) ** 2;
    }
    return (square * weight[one] * weight[other]) / (weight[one] + weight[other]);
  };
  const waiting = heap();
  for (let at = 0; at < count; at++) for (const other of near[at]) if (other < at) waiting.push(cost(at, other), at, other);
  const joins = [];
  for (let made = count; made < 2 * count - 1; made++) {
    let [one, other] = waiting.pop();
    while (!used[one] || !used[other]) [one, other] = waiting.pop();
    joins.push([other, one]);
    used[one] = used[other] = 0;
    used[made] = 1;
    weight[made] = weight[one] + weight[other];
    for (let k = 0; k < wide; k++) sums[made * wide + k] = sums[one * wide + k] + sums[other * wide + k];
    near.push(new Set([...near[one], ...near[other]]));
    near[made].delete(one);
    near[made].delete(other);
    near[one] = near[other] = null;
    for (const next of near[made]) {
      near[next].delete(one);
      near[next].delete(other);
      near[next].add(made);
      waiting.push(cost(made, next), made, next);
    }
  }
  return parted(joins, count, leaves);
}

function neighbours(at, height, width) {
  const [row, column] = [Math.floor(at / width), at % width];
  const found = new Set();
  if (row) found.add(at - width);
  if (column) found.add(at - 1);
  if (column < width - 1) found.add(at + 1);
  if (row < height - 1) found.add(at + width);
  return found;
}

function parted(joins, count, leaves) {
  const groups = new Map(Array.from({ length: count }, (_, at) => [at, [at]]));
  const early = count - leaves;
  joins.slice(0, early).forEach(([one, other], k) => {
    groups.set(count + k, [...groups.get(one), ...groups.get(other)]);
    groups.delete(one);
    groups.delete(other);
  });
  const name = new Map([...groups.keys()].map((node, k) => [node, k]));
  const steps = joins.slice(early).map(([one, other], k) => {
    name.set(count + early + k, leaves + k);
    return [name.get(one), name.get(other)];
  });
  return { leaves: [...groups.values()], steps };
}

// The smallest first; of equal ones, the smaller pair.
function heap() {
  const all = []; // [cost, one, other]
  const before = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  return {
    push(...one) {
      let at = all.length;
      for (let above = (at - 1) >> 1; at && before(one, all[above]) < 0; above = (at - 1) >> 1) {
        all[at] = all[above];
        at = above;
      }
      all[at] = one;
    },
    pop() {
      const top = all[0];
      const last = all.pop();
      if (all.length) {
        let at = 0;
        for (let below = 1; below < all.length; below = 2 * at + 1) {
          if (below + 1 < all.length && before(all[below + 1], all[below]) < 0) below += 1;
          if (before(last, all[below]) <= 0) break;
          all[at] = all[below];
          at = below;
        }
        all[at] = last;
      }
      return [top[1], top[2]];
    },
  };
}
