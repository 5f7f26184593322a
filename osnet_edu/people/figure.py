"""A dressed person as a mesh, put into the street, rasterised and lit: what a camera would gather, sample by sample."""

from dataclasses import dataclass

import numpy as np

from . import carried, clothes, hair, head
from .body import LABEL, Pose, pose_of
from .identity import Identity
from .mesh import Piece, pack_pieces
from .pattern import GLOSS, paint
from .raster import facing_away, in_shadow, interpolate, rasterise, sky_visibility, sun_shadow
from .street import Light
from .view import View

# What may differ between twins of geometry never hides sky: their shared surfaces keep their light.
NO_BLOCKER = frozenset(LABEL[name] for name in ("hair", "hat", "bag", "strap", "umbrella"))


@dataclass(frozen=True)
class Lens:
    """A pinhole: eye (3,) metres; right, up, ahead (3,) axes; focus: samples (x, y); middle: samples (x, y)."""

    eye: np.ndarray
    right: np.ndarray
    up: np.ndarray
    ahead: np.ndarray
    focus: tuple[float, float]
    middle: tuple[float, float]

    def project(self, points: np.ndarray) -> np.ndarray:
        """(V, 3) metres to (V, 3): x, y in samples and depth in metres."""
        local = points - self.eye
        depth = np.maximum(local @ self.ahead, 0.05)
        x = self.middle[0] + self.focus[0] * (local @ self.right) / depth
        y = self.middle[1] - self.focus[1] * (local @ self.up) / depth
        return np.stack((x, y, depth), 1)

    def rays(self, height: int, width: int) -> np.ndarray:
        """(height * width, 3) directions through the samples' centres; a factor of 1 is 1 m of depth."""
        x = (np.arange(width) + 0.5 - self.middle[0]) / self.focus[0]
        y = (self.middle[1] - np.arange(height) - 0.5) / self.focus[1]
        rays = self.ahead + x[None, :, None] * self.right + y[:, None, None] * self.up
        return rays.reshape(-1, 3)


@dataclass(frozen=True)
class _Layer:
    """Samples at which a figure is seen. hit: (N,) flat numbers; depth (N,) metres; light, normal (N, 3); uv (N, 2);
    label, piece (N,); shadow: what it casts, for the ground."""

    hit: np.ndarray
    depth: np.ndarray
    light: np.ndarray
    normal: np.ndarray
    uv: np.ndarray
    label: np.ndarray
    piece: np.ndarray
    shadow: dict[str, np.ndarray]


def pose_in(identity: Identity, view: View) -> Pose:
    """The pose that a view asks of a person."""
    return pose_of(identity, phase=view.phase, stride=view.stride, arms=view.arms, gaze=view.gaze, nod=view.nod)


def pieces_of(identity: Identity, pose: Pose) -> list[Piece]:
    """All surfaces of a dressed person, in the person's own axes."""
    top = clothes.make_top(identity, pose)
    return [
        top,
        *clothes.make_collar(identity, pose),
        *clothes.make_sleeves(identity, pose),
        *clothes.make_bottom(identity, pose),
        *head.make_head(identity, pose),
        *hair.make_hair(identity, pose),
        *head.make_hat(identity, pose),
        *carried.make_bag(identity, pose, top),
        *carried.make_umbrella(identity, pose),
    ]


def draw(
    identity: Identity,
    pose: Pose,
    yaw: float,
    at: tuple[float, float],
    lens: Lens,
    light: Light,
    height: int,
    width: int,
) -> _Layer:
    """Rasterise and light one person.

    yaw: radians, 0 faces the camera.  at: metres right of and behind the crop's middle.  height, width: samples.
    """
    pieces = pieces_of(identity, pose)
    mesh = pack_pieces(pieces)
    ahead = np.array((np.sin(yaw), -np.cos(yaw), 0))
    left = np.array((np.cos(yaw), np.sin(yaw), 0))
    turn = np.stack((ahead, left, (0.0, 0.0, 1.0)), 1)
    position = mesh["position"] @ turn.T + np.array((*at, 0.0))
    normal = mesh["normal"] @ turn.T
    label = np.array([piece.label for piece in pieces])
    owner = np.repeat(np.arange(len(pieces)), [piece.shade.size for piece in pieces])
    blocks = ~np.isin(label[owner], list(NO_BLOCKER))
    sky = sky_visibility(position, normal, position[blocks][::2])

    screen = lens.project(position)
    away = facing_away(screen, mesh["faces"], normal, position, lens.eye) & mesh["closed"]
    hit, face, weight = rasterise(screen, mesh["faces"], away, height, width)
    shadow = sun_shadow(position, mesh["faces"], light.sun)
    table = np.concatenate((position, normal, mesh["uv"], sky[:, None], screen[:, 2:], mesh["shade"][:, None]), 1)
    value = interpolate(table, mesh["faces"][face], weight)
    point, facing, uv = value[:, :3], _unit(value[:, 3:6]), value[:, 6:8]
    open_sky, depth, shade = value[:, 8], value[:, 9], value[:, 10]
    look = _unit(lens.eye - point)
    inside = _dot(facing, look) < -0.05  # the inner side of cloth
    facing = np.where(inside[:, None], -facing, facing)
    piece = mesh["piece"][face]
    surface = _painted(identity, pieces, piece, uv)
    open_sky = np.clip(open_sky * np.where(inside, 0.35, 1.0) * shade, 0, 1)
    blocked = in_shadow(shadow, point + facing * 0.02)
    out = _lit(surface, light, facing, look, open_sky, blocked)
    return _Layer(hit, depth, out, facing, uv, surface.label, piece, shadow)


@dataclass(frozen=True)
class _Surface:
    """What N samples show. albedo: (N, 3) linear colour; gloss: (N,); label: (N,) uint8, the part."""

    albedo: np.ndarray
    gloss: np.ndarray
    label: np.ndarray


def _painted(identity: Identity, pieces: list[Piece], piece: np.ndarray, uv: np.ndarray) -> _Surface:
    """The materials of N samples.  piece: (N,) which of the pieces.  uv: (N, 2) where on it."""
    albedo, gloss = np.empty((len(piece), 3)), np.zeros(len(piece))
    label = np.array([one.label for one in pieces])[piece].astype(np.uint8)
    materials = list(dict.fromkeys(one.material for one in pieces))
    kind = np.array([materials.index(one.material) for one in pieces])[piece]
    for number, material in enumerate(materials):
        rows = np.flatnonzero(kind == number)
        if len(rows):
            color, labels = paint(identity, material, uv[rows])
            albedo[rows] = color
            if not isinstance(labels, int):
                label[rows] = labels
            gloss[rows] = GLOSS.get(material, 0.0)
    return _Surface(albedo, gloss, label)


def _lit(
    surface: _Surface, light: Light, facing: np.ndarray, look: np.ndarray, open_sky: np.ndarray, blocked: np.ndarray
) -> np.ndarray:
    """(N, 3) linear light of N samples.

    facing, look: (N, 3) unit, the surface's normal and the way to the camera.  open_sky, blocked: (N,) shares of the
    sky that is seen and of the sun that is not.
    """
    toward = facing @ light.sun
    skin = (surface.label == LABEL["skin"])[:, None]
    wrap = np.where(
        skin,
        np.clip((toward[:, None] + np.array((0.30, 0.14, 0.08))) / np.array((1.30, 1.14, 1.08)), 0, 1),
        np.clip(toward, 0, 1)[:, None],
    )
    sun = light.sunlight * wrap * (1 - blocked)[:, None]
    up = 0.5 + 0.5 * facing[:, 2]
    ambient = light.sky * (up * open_sky)[:, None] + light.bounce * ((1 - up) * (0.4 + 0.6 * open_sky))[:, None]
    shine = np.clip(_dot(facing, _unit(look + light.sun)), 0, 1) ** 24 * surface.gloss
    rim = (1 - np.clip(_dot(facing, look), 0, 1)) ** 4 * surface.gloss * 0.6
    return (
        surface.albedo * (sun + ambient)
        + light.sunlight * (shine * (1 - blocked))[:, None]
        + light.sky * (rim * open_sky)[:, None]
    )


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("ni,ni->n", one, other)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.sqrt(_dot(vector, vector)), 1e-9)[:, None]


def shade_of(layer: _Layer, points: np.ndarray) -> np.ndarray:
    """(N,) share of the sun that a figure takes from points (N, 3) of the street."""
    return in_shadow(layer.shadow, points, bias=0.06)
