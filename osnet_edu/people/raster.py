"""One deferred z-buffer pass in NumPy: which face is seen at each sample, and what lies there."""

import numpy as np


def rasterise(screen: np.ndarray, faces: np.ndarray, cull: np.ndarray | None, height: int,
              width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the nearest face at every sample.

    screen: (V, 3): x, y in samples (centres at .5) and depth in metres.  faces: (F, 3).  cull: (F,) bool, faces to
    leave out.  Returns: hit (N,) flat sample numbers, ascending; face (N,); weights (N, 3) of its three corners.
    """
    if cull is not None:
        faces_kept = np.flatnonzero(~cull)
        faces = faces[faces_kept]
    x = screen[:, 0][faces]
    y = screen[:, 1][faces]
    x0 = np.maximum(np.ceil(x.min(1) - .5), 0).astype(np.int64)
    x1 = np.minimum(np.floor(x.max(1) - .5), width - 1).astype(np.int64)
    y0 = np.maximum(np.ceil(y.min(1) - .5), 0).astype(np.int64)
    y1 = np.minimum(np.floor(y.max(1) - .5), height - 1).astype(np.int64)
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    use = np.flatnonzero((x1 >= x0) & (y1 >= y0) & (np.abs(area) > 1e-9))
    x, y, x0, x1, y0, y1, area = x[use], y[use], x0[use], x1[use], y0[use], y1[use], area[use]
    inverse = 1 / screen[:, 2][faces[use]]   # 1 / depth is linear on the screen

    # Barycentric weights 1 and 2 are planes over the screen; weight 0 is what is left.
    slope1x, slope1y = (y[:, 2] - y[:, 0]) / area, (x[:, 0] - x[:, 2]) / area
    slope2x, slope2y = (y[:, 0] - y[:, 1]) / area, (x[:, 1] - x[:, 0]) / area

    columns = x1 - x0 + 1
    count = columns * (y1 - y0 + 1)
    total = int(count.sum())
    if total == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 3))
    triangle = np.repeat(np.arange(len(count)), count)
    local = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    row = local // columns[triangle]
    px = x0[triangle] + local - row * columns[triangle]
    py = y0[triangle] + row
    dx = px + .5 - x[:, 0][triangle]
    dy = py + .5 - y[:, 0][triangle]
    w1 = dx * slope1x[triangle] + dy * slope1y[triangle]
    w2 = dx * slope2x[triangle] + dy * slope2y[triangle]
    inside = np.flatnonzero((w1 >= 0) & (w2 >= 0) & (w1 + w2 <= 1))
    triangle, w1, w2 = triangle[inside], w1[inside], w2[inside]
    sample = py[inside] * width + px[inside]
    corner = inverse[triangle]
    near = corner[:, 0] * (1 - w1 - w2) + corner[:, 1] * w1 + corner[:, 2] * w2

    # Nearest wins: depth in the high bits, the candidate's number in the low ones, one minimum for both.
    key = ((1 - np.clip(near, 0, 1)) * (1 << 31)).astype(np.uint64) << np.uint64(32)
    key |= np.arange(len(sample), dtype=np.uint64)
    nearest = np.full(height * width, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(nearest, sample, key)
    hit = np.flatnonzero(nearest != np.iinfo(np.uint64).max)
    winner = (nearest[hit] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    weights = np.stack((1 - w1[winner] - w2[winner], w1[winner], w2[winner]), 1)
    face = use[triangle[winner]]
    return hit, face if cull is None else faces_kept[face], weights


def facing_away(screen: np.ndarray, faces: np.ndarray, normal: np.ndarray, position: np.ndarray,
                eye: np.ndarray) -> np.ndarray:
    """(F,) bool: faces all of whose corners turn their outward normal away from the eye (3,), metres."""
    away = ((position - eye) * normal).sum(1) > 0
    return away[faces].all(1)


def sun_shadow(position: np.ndarray, faces: np.ndarray, sun: np.ndarray, size: int = 96) -> dict[str, np.ndarray]:
    """Depth picture of a mesh seen from the sun.

    position: (V, 3) metres.  sun: (3,) unit, towards it.  Returns: depth (size, size) metres from the sun (inf where
    nothing stands), right, up (3,) axes, low (2,) metres, scale: cells a metre.
    """
    right = np.cross((0., 0., 1.), sun)
    right /= np.linalg.norm(right)
    up = np.cross(sun, right)
    flat = np.stack((position @ right, position @ up), 1)
    low = flat.min(0) - .03
    scale = (size - 1) / float((flat.max(0) - low + .03).max())
    away = 50 - position @ sun   # grows with the distance from the sun, always positive
    screen = np.concatenate(((flat - low) * scale, away[:, None]), 1)
    hit, face, weights = rasterise(screen, faces, None, size, size)
    depth = np.full(size * size, np.inf)
    depth[hit] = (away[faces[face]] * weights).sum(1)
    return {"depth": depth.reshape(size, size), "right": right, "up": up, "low": low, "scale": scale, "sun": sun}


def in_shadow(shadow: dict[str, np.ndarray], points: np.ndarray, bias: float = .025) -> np.ndarray:
    """(N,) share of four neighbouring sun rays that are blocked, bilinear: 0 lit, 1 in shadow. points: (N, 3) metres."""
    depth = shadow["depth"]
    size = depth.shape[0]
    x = (points @ shadow["right"] - shadow["low"][0]) * shadow["scale"] - .5
    y = (points @ shadow["up"] - shadow["low"][1]) * shadow["scale"] - .5
    away = 50 - points @ shadow["sun"] - bias
    left, low = np.floor(x), np.floor(y)
    fx, fy = x - left, y - low
    i, j = left.astype(np.int64), low.astype(np.int64)
    blocked = np.zeros(len(points))
    for di, wx in ((0, 1 - fx), (1, fx)):
        for dj, wy in ((0, 1 - fy), (1, fy)):
            inside = (i + di >= 0) & (i + di < size) & (j + dj >= 0) & (j + dj < size)
            there = depth[np.clip(j + dj, 0, size - 1), np.clip(i + di, 0, size - 1)]
            blocked += np.where(inside & (there < away), wx * wy, 0)
    return blocked


def _sky_directions() -> np.ndarray:
    """(18, 3) unit vectors spread over the upper half of the sky."""
    golden = np.pi * (3 - np.sqrt(5))
    number = np.arange(18)
    z = .08 + .90 * (number + .5) / 18
    flat = np.sqrt(1 - z * z)
    return np.stack((flat * np.cos(golden * number), flat * np.sin(golden * number), z), 1)


SKY = _sky_directions()


def sky_visibility(position: np.ndarray, normal: np.ndarray, blockers: np.ndarray, cell: float = .05) -> np.ndarray:
    """How much sky each vertex sees, cosine-weighted.

    position, normal: (V, 3).  blockers: (B, 3) points of the surfaces that hide sky, metres, dense to about a cell.
    Returns: (V,) in [0, 1]; 1 is an open surface facing up.
    """
    lit = np.zeros(len(position))
    total = np.zeros(len(position))
    start = position + normal * .02
    for toward in SKY:
        right = np.cross((0., 0., 1.), toward)
        right /= np.linalg.norm(right)
        axes = np.stack((right, np.cross(toward, right)), 1) / cell
        cast = np.floor(blockers @ axes).astype(np.int64)
        here = np.floor(start @ axes).astype(np.int64)
        low = np.minimum(cast.min(0), here.min(0))
        span = np.maximum(cast.max(0), here.max(0)) - low + 1
        cast, here = cast - low, here - low
        highest = np.full(int(span[0] * span[1]), -np.inf)
        np.maximum.at(highest, cast[:, 0] * span[1] + cast[:, 1], blockers @ toward)
        faces = np.maximum(normal @ toward, 0) + .15
        free = highest[here[:, 0] * span[1] + here[:, 1]] < start @ toward + .03
        lit += faces * free
        total += faces
    return lit / total
