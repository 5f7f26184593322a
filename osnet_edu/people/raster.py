"""One deferred z-buffer pass in NumPy: which face is seen at each sample, and what lies there."""

import numpy as np


def rasterise(
    screen: np.ndarray, faces: np.ndarray, cull: np.ndarray | None, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the nearest face at every sample.

    screen: (V, 3): x, y in samples (centres at .5) and depth in metres.  faces: (F, 3).  cull: (F,) bool, faces to
    leave out.  Returns: hit (N,) flat sample numbers, ascending; face (N,); weights (N, 3) of its three corners.
    """
    if cull is not None:
        faces_kept = np.flatnonzero(~cull)
        faces = faces[faces_kept]
    # One array a corner: reductions over an axis of three are many times slower.
    xa, xb, xc = (screen[:, 0][faces[:, k]] for k in range(3))
    ya, yb, yc = (screen[:, 1][faces[:, k]] for k in range(3))
    x0 = np.maximum(np.ceil(np.minimum(np.minimum(xa, xb), xc) - 0.5), 0)
    x1 = np.minimum(np.floor(np.maximum(np.maximum(xa, xb), xc) - 0.5), width - 1)
    y0 = np.maximum(np.ceil(np.minimum(np.minimum(ya, yb), yc) - 0.5), 0)
    y1 = np.minimum(np.floor(np.maximum(np.maximum(ya, yb), yc) - 0.5), height - 1)
    area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
    use = np.flatnonzero((x1 >= x0) & (y1 >= y0) & (np.abs(area) > 1e-9))
    xa, xb, xc, ya, yb, yc, area = (value[use] for value in (xa, xb, xc, ya, yb, yc, area))
    x0, x1, y0, y1 = (value[use].astype(np.int64) for value in (x0, x1, y0, y1))
    near_a, near_b, near_c = (
        1 / screen[:, 2][faces[use, k]] for k in range(3)
    )  # linear on the screen, as depth is not

    # Barycentric weights 1 and 2 are planes over the screen; weight 0 is what is left.
    slope1x, slope1y = (yc - ya) / area, (xa - xc) / area
    slope2x, slope2y = (ya - yb) / area, (xb - xa) / area

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
    dx = px + 0.5 - xa[triangle]
    dy = py + 0.5 - ya[triangle]
    w1 = dx * slope1x[triangle] + dy * slope1y[triangle]
    w2 = dx * slope2x[triangle] + dy * slope2y[triangle]
    inside = np.flatnonzero((w1 >= 0) & (w2 >= 0) & (w1 + w2 <= 1))
    triangle, w1, w2 = triangle[inside], w1[inside], w2[inside]
    sample = py[inside] * width + px[inside]
    near = near_a[triangle] * (1 - w1 - w2) + near_b[triangle] * w1 + near_c[triangle] * w2

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


def facing_away(
    screen: np.ndarray, faces: np.ndarray, normal: np.ndarray, position: np.ndarray, eye: np.ndarray
) -> np.ndarray:
    """(F,) bool: faces all of whose corners turn their outward normal away from the eye (3,), metres."""
    away = np.einsum("vi,vi->v", position - eye, normal) > 0
    return away[faces[:, 0]] & away[faces[:, 1]] & away[faces[:, 2]]


def interpolate(table: np.ndarray, corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values (V, K) of vertices at points within faces: corners (N, 3) numbers, weights (N, 3). Returns (N, K)."""
    return (
        table[corners[:, 0]] * weights[:, :1]
        + table[corners[:, 1]] * weights[:, 1:2]
        + table[corners[:, 2]] * weights[:, 2:]
    )


def sun_shadow(position: np.ndarray, faces: np.ndarray, sun: np.ndarray, size: int = 96) -> dict[str, np.ndarray]:
    """Depth picture of a mesh seen from the sun.

    position: (V, 3) metres.  sun: (3,) unit, towards it.  Returns: depth (size, size) metres from the sun (inf where
    nothing stands), right, up (3,) axes, low (2,) metres, scale: cells a metre.
    """
    right = np.cross((0.0, 0.0, 1.0), sun)
    right /= np.linalg.norm(right)
    up = np.cross(sun, right)
    flat = np.stack((position @ right, position @ up), 1)
    low = flat.min(0) - 0.03
    scale = (size - 1) / float((flat.max(0) - low + 0.03).max())
    away = 50 - position @ sun  # grows with the distance from the sun, always positive
    screen = np.concatenate(((flat - low) * scale, away[:, None]), 1)
    hit, face, weights = rasterise(screen, faces, None, size, size)
    depth = np.full(size * size, np.inf)
    depth[hit] = interpolate(away[:, None], faces[face], weights)[:, 0]
    return {"depth": depth.reshape(size, size), "right": right, "up": up, "low": low, "scale": scale, "sun": sun}


def in_shadow(shadow: dict[str, np.ndarray], points: np.ndarray, bias: float = 0.025) -> np.ndarray:
    """(N,) share of four neighbouring sun rays that are blocked: 0 lit, 1 in shadow. points: (N, 3) metres."""
    depth = shadow["depth"]
    size = depth.shape[0]
    x = (points @ shadow["right"] - shadow["low"][0]) * shadow["scale"] - 0.5
    y = (points @ shadow["up"] - shadow["low"][1]) * shadow["scale"] - 0.5
    blocked = np.zeros(len(points))
    inside = np.flatnonzero((x > -1) & (x < size) & (y > -1) & (y < size))
    x, y = x[inside], y[inside]
    away = 50 - points[inside] @ shadow["sun"] - bias
    left, low = np.floor(x), np.floor(y)
    fx, fy = x - left, y - low
    # A margin of emptiness all around saves asking which neighbours exist.
    flat = np.pad(depth, 1, constant_values=np.inf).ravel()
    at = (low.astype(np.int64) + 1) * (size + 2) + left.astype(np.int64) + 1
    blocked[inside] = (
        (flat[at] < away) * ((1 - fx) * (1 - fy))
        + (flat[at + 1] < away) * (fx * (1 - fy))
        + (flat[at + size + 2] < away) * ((1 - fx) * fy)
        + (flat[at + size + 3] < away) * (fx * fy)
    )
    return blocked


def _sky_axes(count: int) -> np.ndarray:
    """(count, 3, 3): directions spread over the sky, each with two axes across it (right, up, toward), unit."""
    golden = np.pi * (3 - np.sqrt(5))
    number = np.arange(count)
    z = 0.08 + 0.90 * (number + 0.5) / count
    flat = np.sqrt(1 - z * z)
    toward = np.stack((flat * np.cos(golden * number), flat * np.sin(golden * number), z), 1)
    right = np.cross((0.0, 0.0, 1.0), toward)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return np.stack((right, np.cross(toward, right), toward), 1)


SKY = _sky_axes(16)


def sky_visibility(position: np.ndarray, normal: np.ndarray, blockers: np.ndarray, cell: float = 0.05) -> np.ndarray:
    """How much sky each vertex sees, cosine-weighted.

    position, normal: (V, 3).  blockers: (B, 3) points of the surfaces that hide sky, metres, dense to about a cell.
    Returns: (V,) in [0, 1]; 1 is an open surface facing up.
    """
    middle = blockers.mean(0)
    cells = 96  # 4.8 m: no person and no reach is larger
    start = (position + normal * 0.02 - middle).astype(np.float32)
    blockers = (blockers - middle).astype(np.float32)
    normal = normal.astype(np.float32)
    lit = np.zeros(len(position), np.float32)
    total = np.zeros(len(position), np.float32)
    for axes in SKY.astype(np.float32):
        cast = np.clip((blockers @ axes[:2].T) / cell + cells / 2, 0, cells - 1).astype(np.int32)
        here = np.clip((start @ axes[:2].T) / cell + cells / 2, 0, cells - 1).astype(np.int32)
        highest = np.full(cells * cells, -np.inf, np.float32)
        np.maximum.at(highest, cast[:, 0] * cells + cast[:, 1], blockers @ axes[2])
        faces = np.maximum(normal @ axes[2], 0) + 0.15
        lit += faces * (highest[here[:, 0] * cells + here[:, 1]] < start @ axes[2] + 0.03)
        total += faces
    return lit / total
