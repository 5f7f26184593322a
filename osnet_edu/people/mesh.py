"""Surfaces: a tube lofted through rings, and what is made from one: balls, boxes, ribbons."""

from dataclasses import dataclass, replace

import numpy as np

from .noise import cloud, sample

_UP = np.array((0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Piece:
    """A lofted surface with (R, S) grid points, S including the seam twice.

    grid: (R, S, 3) metres.  normal: (R, S, 3) unit, outward.  uv: (R, S, 2): u runs once around, 0 to 1, with 0.5 in
    front; v runs along the rings.  material: who colours it.  label: index into PARTS.  closed: no inside is ever
    seen, so that faces turned away need not be drawn.  shade: (R, S) cavity, 1 open, 0 dark.
    """

    name: str
    material: str
    label: int
    grid: np.ndarray
    normal: np.ndarray
    uv: np.ndarray
    shade: np.ndarray
    closed: bool = True


@dataclass(frozen=True)
class Rings:
    """The rings that a surface is lofted through.

    centre: (R, 3) metres.  left, front: (R, 3) or (3,) unit axes of each ring.  wide, deep: (R,) half axes in metres
    along left and front.  v: (R,) where each ring lies along the surface.
    """

    centre: np.ndarray
    left: np.ndarray
    front: np.ndarray
    wide: np.ndarray
    deep: np.ndarray
    v: np.ndarray

    def then(self, other: "Rings") -> "Rings":
        """These rings and, after them, another's; both with axes (R, 3)."""
        return Rings(*(np.concatenate((mine, its)) for mine, its in zip(_arrays(self), _arrays(other), strict=True)))

    def narrowed(self, by: np.ndarray) -> "Rings":
        """The same rings with both half axes smaller by (R,) metres."""
        return replace(self, wide=self.wide - by, deep=self.deep - by)


def _arrays(rings: Rings) -> tuple[np.ndarray, ...]:
    return rings.centre, rings.left, rings.front, rings.wide, rings.deep, rings.v


def _super(wave: np.ndarray, power: np.ndarray | float) -> np.ndarray:
    """A cosine or sine bent so that cos, sin run around |x|^power + |y|^power = 1."""
    return np.sign(wave) * np.abs(wave) ** (2 / np.asarray(power, float))


def ring_angles(segments: int) -> np.ndarray:
    """(segments + 1,) radians from the back (0) by the left side once around to the back."""
    return np.linspace(0, 2 * np.pi, segments + 1)


def loft(
    name: str,
    material: str,
    label: int,
    rings: Rings,
    *,
    power: np.ndarray | float = 2.0,
    segments: int = 20,
    bulge: np.ndarray | None = None,
    closed: bool = True,
) -> Piece:
    """Sweep a super-ellipse along rings.

    power: 2 ellipse, larger boxier; a number or (R,).  bulge: (R, segments + 1) metres added outward.
    """
    centre = rings.centre
    angle = ring_angles(segments)
    power = np.broadcast_to(np.asarray(power, float), rings.wide.shape)[:, None]
    sideways = _super(np.sin(angle), power) * rings.wide[:, None]
    forward = _super(-np.cos(angle), power) * rings.deep[:, None]
    if bulge is not None:
        sideways = sideways + bulge * np.sin(angle)
        forward = forward - bulge * np.cos(angle)
    left = np.broadcast_to(rings.left, centre.shape)[:, None]
    front = np.broadcast_to(rings.front, centre.shape)[:, None]
    grid = centre[:, None] + sideways[..., None] * left + forward[..., None] * front
    uv = np.empty(grid.shape[:2] + (2,))
    uv[..., 0] = angle / (2 * np.pi)
    uv[..., 1] = rings.v[:, None]
    return surface(name, material, label, grid, uv, centre=centre, closed=closed)


def surface(
    name: str,
    material: str,
    label: int,
    grid: np.ndarray,
    uv: np.ndarray,
    *,
    centre: np.ndarray | None = None,
    closed: bool = True,
    wrap: bool = True,
) -> Piece:
    """A Piece from a grid of points, with normals by finite differences, outward from `centre` (R, 3).

    wrap: whether the last column is the first again.
    """
    along = np.empty_like(grid)
    along[1:-1] = grid[2:] - grid[:-2]
    along[0] = grid[1] - grid[0]
    along[-1] = grid[-1] - grid[-2]
    around = np.empty_like(grid)
    around[:, 1:-1] = grid[:, 2:] - grid[:, :-2]
    if wrap:
        around[:, 0] = around[:, -1] = grid[:, 1] - grid[:, -2]
    else:
        around[:, 0] = grid[:, 1] - grid[:, 0]
        around[:, -1] = grid[:, -1] - grid[:, -2]
    normal = _cross(around, along)
    outward = grid - (grid.mean(axis=1) if centre is None else centre)[:, None]
    if float((normal * outward).sum()) < 0:
        normal = -normal
    length = np.sqrt(np.einsum("rsi,rsi->rs", normal, normal))[..., None]
    flat = length[..., 0] < 1e-12
    normal = normal / np.maximum(length, 1e-12)
    if flat.any():  # a pole: all points of the ring are one point
        ring = np.broadcast_to((along * np.array((1.0, 1.0, 1.0))).mean(axis=1, keepdims=True), grid.shape)
        sign = np.where(np.arange(len(grid)) < len(grid) / 2, -1.0, 1.0)[:, None, None]
        pole = sign * ring / np.maximum(np.linalg.norm(ring, axis=-1, keepdims=True), 1e-12)
        normal = np.where(flat[..., None], pole, normal)
    return Piece(name, material, label, grid, normal, uv, np.ones(grid.shape[:2]), closed)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.empty_like(a)
    out[..., 0] = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    out[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    out[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out


def folds(
    grain: int, v: np.ndarray, segments: int, depth: np.ndarray | float, *, around: float = 2.0, along: float = 3.0
) -> np.ndarray:
    """(R, segments + 1) metres of cloth folds: smooth noise, periodic around the ring.

    grain: shifts the noise, one cut for each person.  v: (R,) metres along.  depth: metres, a number or (R, 1).
    """
    u = ring_angles(segments)[None] / (2 * np.pi) * np.round(around) / 2
    shift = (grain % 97) / 97
    return sample(cloud("folds", 3), u + np.zeros_like(v)[:, None], v[:, None] * along / 4 + shift) * depth


def unit(vector: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) at length 1."""
    vector = np.asarray(vector, float)
    return vector / np.maximum(np.sqrt(np.einsum("...i,...i->...", vector, vector)), 1e-12)[..., None]


def turn(axis: int, angle: float) -> np.ndarray:
    """(3, 3) rotation by `angle` radians about axis 0, 1 or 2 (right-handed)."""
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def path_frames(points: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ring axes (left, front), each (R, 3), across a path of points (R, 3), as near to the given left as can be."""
    along = unit(np.gradient(points, axis=0))
    front = unit(_cross(along, np.broadcast_to(left, along.shape)))
    flip = np.sign(front[:, :1] * 0 + 1)
    return unit(_cross(front, along)) * flip, front


def tube(
    name: str,
    material: str,
    label: int,
    points: np.ndarray,
    radius: np.ndarray | float,
    left: np.ndarray,
    *,
    flat: float = 1.0,
    segments: int = 8,
    closed: bool = True,
) -> Piece:
    """A round tube (or a flat ribbon, flat < 1 its share of thickness) of `radius` metres along points (R, 3)."""
    points = np.asarray(points, float)
    side, front = path_frames(points, np.asarray(left, float))
    wide = np.broadcast_to(np.asarray(radius, float), (len(points),)).copy()
    rings = Rings(points, side, front, wide, wide * flat, np.linspace(0, 1, len(points)))
    return loft(name, material, label, rings, segments=segments, closed=closed)


def box(
    name: str,
    material: str,
    label: int,
    centre: np.ndarray,
    left: np.ndarray,
    front: np.ndarray,
    size: tuple[float, float, float],
    *,
    power: float = 5.0,
    segments: int = 16,
    taper: float = 1.0,
) -> Piece:
    """A rounded box around `centre`; size: half width, half depth, half height in metres; taper: top over bottom."""
    up = np.cross(front, left)
    t = np.array((-1, -1, -0.97, -0.88, -0.5, 0, 0.5, 0.88, 0.97, 1, 1.0))
    fit = np.array((0, 0.80, 0.92, 1, 1, 1, 1, 1, 0.92, 0.80, 0)) * np.linspace(1, taper, 11)
    rings = Rings(centre + t[:, None] * size[2] * up, left, front, size[0] * fit, size[1] * fit, (t + 1) / 2)
    return loft(name, material, label, rings, power=power, segments=segments)


def ball(
    name: str,
    material: str,
    label: int,
    centre: np.ndarray,
    left: np.ndarray,
    front: np.ndarray,
    size: tuple[float, float, float],
    *,
    segments: int = 12,
    rings: int = 8,
) -> Piece:
    """An ellipsoid of half axes `size` metres (along left, front and up)."""
    up = np.cross(front, left)
    t = np.linspace(-np.pi / 2, np.pi / 2, rings)
    middle = centre + np.sin(t)[:, None] * size[2] * up
    lofted = Rings(middle, left, front, size[0] * np.cos(t), size[1] * np.cos(t), (np.sin(t) + 1) / 2)
    return loft(name, material, label, lofted, segments=segments)


def moved(piece: Piece, matrix: np.ndarray, shift: np.ndarray) -> Piece:
    """The piece rotated by matrix (3, 3) about the origin and shifted by (3,) metres."""
    return replace(piece, grid=piece.grid @ matrix.T + shift, normal=piece.normal @ matrix.T)


def pack_pieces(pieces: list[Piece]) -> dict[str, np.ndarray]:
    """Pieces as one mesh: position, normal (V, 3), uv (V, 2), shade (V,), faces (F, 3), piece, closed (F,)."""
    faces, owner, closed = [], [], []
    start = 0
    for number, piece in enumerate(pieces):
        rings, columns = piece.grid.shape[:2]
        at = start + np.arange(rings * columns).reshape(rings, columns)
        a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, 1:].ravel(), at[1:, :-1].ravel()
        both = np.empty((2 * len(a), 3), np.int64)
        both[0::2] = np.stack((a, b, c), 1)
        both[1::2] = np.stack((a, c, d), 1)
        faces.append(both)
        owner.append(np.full(len(both), number, np.int16))
        closed.append(np.full(len(both), piece.closed))
        start += rings * columns
    flat = lambda key, width: np.concatenate([getattr(p, key).reshape(-1, width) for p in pieces])  # noqa: E731
    return {
        "position": flat("grid", 3),
        "normal": flat("normal", 3),
        "uv": flat("uv", 2),
        "shade": flat("shade", 1)[:, 0],
        "faces": np.concatenate(faces),
        "piece": np.concatenate(owner),
        "closed": np.concatenate(closed),
    }
