// The random masks of CorrRISE, the same as osnet_edu/explain/perturbation.py draws: PyTorch's numbers are those of the
// Mersenne Twister (Matsumoto and Nishimura 1998), and a map of the page is the map of the lab.

const [SIZE, SHIFT] = [624, 397];

// Returns: the next whole number of 32 bits, each time.
export function twister(seed) {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let k = 1; k < SIZE; k++) {
    const before = state[k - 1] ^ (state[k - 1] >>> 30);
    state[k] = Math.imul(1812433253, before) + k;
  }
  let at = SIZE;
  function renew() {
    for (let k = 0; k < SIZE; k++) {
      const mixed = (state[k] & 0x80000000) | (state[(k + 1) % SIZE] & 0x7fffffff);
      state[k] = state[(k + SHIFT) % SIZE] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  }
  return () => {
    if (at === SIZE) renew();
    let found = state[at++];
    found ^= found >>> 11;
    found ^= (found << 7) & 0x9d2c5680;
    found ^= (found << 15) & 0xefc60000;
    return (found ^ (found >>> 18)) >>> 0;
  };
}

// count masks (H * W) of 0 to 1: a random grid of 0 and 1, enlarged smoothly, each shifted by a part of a cell.
export function randomMasks(count, cells, height, width, seed) {
  const next = twister(seed);
  const side = Math.max(1, Math.round(height / cells)); // pixels of a cell
  const [down, across] = [height, width].map((one) => Math.floor(one / side) + 2);
  const grids = Array.from({ length: count }, () =>
    Float32Array.from({ length: down * across }, () => ((next() & 0xffffff) / 2 ** 24 < 0.5 ? 1 : 0)),
  );
  return grids.map((grid) => {
    const [upper, left] = [next() % side, next() % side];
    const mask = new Float64Array(height * width);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        mask[row * width + column] = between(grid, down, across, (row + upper + 0.5) / side - 0.5, (column + left + 0.5) / side - 0.5);
      }
    }
    return mask;
  });
}

// A grid at a place between its cells, the edge repeated.
function between(grid, down, across, row, column) {
  const [r, c] = [Math.max(0, row), Math.max(0, column)];
  const [top, left] = [Math.floor(r), Math.floor(c)];
  const [low, right] = [Math.min(down - 1, top + 1), Math.min(across - 1, left + 1)];
  const [v, h] = [r - top, c - left];
  const at = (one, other) => grid[one * across + other];
  return (1 - v) * ((1 - h) * at(top, left) + h * at(top, right)) + v * ((1 - h) * at(low, left) + h * at(low, right));
}
