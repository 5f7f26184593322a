"""One photo with everything that is true about it: picture, parts, coverage, depth, normals, UV."""

from dataclasses import dataclass

import numpy as np

from .. import draws
from ..refused import Refused
from . import camera, figure, street
from .body import LABEL, PARTS, Pose
from .identity import Identity, draw_identity
from .view import View

SAMPLES = 2  # samples a pixel along each side


@dataclass(frozen=True)
class Shot:
    """A rendered photo of H rows and W columns.

    image: (H, W, 3) uint8, display sRGB.  labels: (H, W) uint8, the part (index into PARTS) that covers most.
    coverage: (K, H, W) float32, the share of each pixel that each part covers before any blur; sums to 1.
    depth: (H, W) float32 metres (inf where only street).  normal: (H, W, 3) float32, unit, x right, y away, z up; 0 on
    the street.  uv: (H, W, 2) float32 and piece: (H, W) int16 (-1 off the person): the point of the surface that is
    seen, the same for one person from any side.
    """

    image: np.ndarray
    labels: np.ndarray
    coverage: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    uv: np.ndarray
    piece: np.ndarray


@dataclass(frozen=True)
class Difference:
    """Two people in one view.

    one, other: Shot, through one camera chain and one noise draw, without JPEG.  truth: (H, W) float32 in [0, 1], how
    strongly the clean pictures differ.  coverage: (H, W) float32, share of each pixel where a part that differs
    shows in either.
    """

    one: Shot
    other: Shot
    truth: np.ndarray
    coverage: np.ndarray


@dataclass(frozen=True)
class Exposed:
    """Linear light (H, W, 3) before the lens, and the truth beside it."""

    light: np.ndarray
    shot: Shot


def lens_of(identity: Identity, view: View, height: int, width: int) -> figure.Lens:
    """Aim the camera so that the person's height fills the crop; height, width in samples.

    Only the body's height counts: no hat, bag or step moves the crop.
    """
    eye = np.array((0.0, -view.distance, view.camera_height))
    middle = np.array((0.0, 0.0, 0.5 * identity.height))
    ahead = (middle - eye) / np.linalg.norm(middle - eye)
    right = np.array((1.0, 0.0, 0.0))
    up = np.cross(right, ahead)
    flat = figure.Lens(eye, right, up, ahead, (1.0, 1.0), (0.0, 0.0))
    rows = flat.project(np.array(((0, 0, 0), (0, 0, identity.height * 1.01))))[:, 1]
    focus = 0.88 * height / (rows[0] - rows[1]) * np.exp(view.zoom)
    centre = (width / 2 + view.dx * height, height / 2 + view.dy * height - focus * rows.mean())
    return figure.Lens(eye, right, up, ahead, (float(focus * np.exp(view.stretch)), float(focus)), centre)


def _passers(view: View) -> list[tuple[Identity, Pose, float, tuple[float, float]]]:
    """Other people in the picture: identity, pose, yaw, place."""
    found = []
    if view.passer:
        found.append((view.passer, (view.passer_x, view.passer_y)))
    if view.occluder == "person":
        side = 0.42 if view.occluder_at > 0.5 else -0.42
        found.append((view.scene + (1 << 21), (side + 0.5 * (view.occluder_at - 0.5), -0.8)))
    people = []
    for name, place in found:
        rng = draws.named("passer", name)
        who = draw_identity(name, 0)
        pose = figure.pose_of(who, phase=float(rng.uniform(0, 6.28)), stride=float(rng.uniform(0.1, 1.1)))
        people.append((who, pose, float(rng.uniform(-np.pi, np.pi)), place))
    return people


def expose(identity: Identity, view: View, size: tuple[int, int], pose: Pose | None = None) -> Exposed:
    """Everything before the lens. size: (height, width) pixels. pose: instead of the view's own, to freeze it."""
    rows, columns = size[0] * SAMPLES, size[1] * SAMPLES
    lens = lens_of(identity, view, rows, columns)
    light = street.light_of(view)
    rays = lens.rays(rows, columns).astype(np.float32)  # the street can do with half the digits, and half the time
    scene = street.backdrop(view, light, lens.eye, rays)
    pose = figure.pose_in(identity, view) if pose is None else pose
    person = figure.draw(identity, pose, view.yaw, (0.0, 0.0), lens, light, rows, columns)
    others = [
        figure.draw(who, stand, yaw, place, lens, light, rows, columns) for who, stand, yaw, place in _passers(view)
    ]
    shaded = np.zeros(len(rays), np.float32)
    for layer in (person, *others):
        shaded = np.maximum(shaded, figure.shade_of(layer, scene.point).astype(np.float32))
    contact = np.exp(-((scene.point[:, 0] / 0.30) ** 2 + (scene.point[:, 1] / 0.30) ** 2)) * 0.38 * scene.floor
    color = scene.color + (scene.unlit - scene.color) * shaded[:, None]
    color = color * (1 - contact)[:, None]
    soft = street.softness(view) * rows / 128
    if soft:
        color = camera.lens_blur(color.reshape(rows, columns, 3), soft, soft).reshape(-1, 3)

    depth = scene.depth.copy()
    label = np.zeros(len(rays), np.uint8)
    for layer in others:
        wins = layer.depth < depth[layer.hit]
        at = layer.hit[wins]
        color[at], depth[at], label[at] = layer.light[wins], layer.depth[wins], LABEL["other"]
    seen = person.depth < depth[person.hit]
    at = person.hit[seen]
    color[at], depth[at], label[at] = person.light[seen], person.depth[seen], person.label[seen]
    normal = np.zeros((len(rays), 3), np.float32)
    uv = np.zeros((len(rays), 2), np.float32)
    piece = np.full(len(rays), -1, np.int16)
    normal[at], uv[at], piece[at] = person.normal[seen], person.uv[seen], person.piece[seen]
    hit, paint, factor = street.occlude(view, light, lens.eye, rays)
    color[hit], depth[hit], label[hit], piece[hit] = paint, factor, LABEL["other"], -1
    color = street.haze(view, color, depth, light)
    return Exposed(_pixels(color, size), _truth(label, depth, normal, uv, piece, size))


def _pixels(value: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Mean over the samples of each pixel: (H, W, ...)."""
    grid = value.reshape(size[0], SAMPLES, size[1], SAMPLES, -1)
    return np.asarray(sum(grid[:, i, :, j] for i in range(SAMPLES) for j in range(SAMPLES)) / SAMPLES**2)


def _truth(
    label: np.ndarray, depth: np.ndarray, normal: np.ndarray, uv: np.ndarray, piece: np.ndarray, size: tuple[int, int]
) -> Shot:
    """Shares of parts, and the surface at the sample that shows the part which covers most."""
    height, width = size

    def split(value: np.ndarray) -> np.ndarray:
        blocks = value.reshape(height, SAMPLES, width, SAMPLES, *value.shape[1:]).swapaxes(1, 2)
        return blocks.reshape(height * width, SAMPLES**2, *value.shape[1:])

    parts = split(label)
    counts = np.zeros((len(PARTS), height * width), np.float32)
    every = np.arange(height * width)
    for k in range(SAMPLES**2):
        counts[parts[:, k], every] += 1 / SAMPLES**2
    labels = counts.argmax(0).astype(np.uint8)
    chosen = (parts == labels[:, None]).argmax(1)
    pick = lambda value: split(value)[every, chosen]  # noqa: E731
    far = np.where(labels == 0, np.inf, pick(depth)).astype(np.float32)
    on = (pick(piece) >= 0)[:, None]
    grid = lambda value: value.reshape(height, width, *value.shape[1:])  # noqa: E731
    return Shot(
        np.zeros((height, width, 3), np.uint8),
        grid(labels),
        counts.reshape(-1, height, width),
        grid(far),
        grid(pick(normal) * on),
        grid(pick(uv) * on),
        grid(pick(piece)),
    )


def _developed(exposed: Exposed, view: View, clean: bool, jpeg: bool) -> Shot:
    image = camera.develop(exposed.light, view, clean=clean)
    if jpeg and not clean:
        image = camera.from_jpeg(camera.encode(image, view.jpeg))
    shot = exposed.shot
    return Shot(image, shot.labels, shot.coverage, shot.depth, shot.normal, shot.uv, shot.piece)


def render(
    identity: Identity,
    view: View,
    *,
    size: tuple[int, int] = (128, 64),
    clean: bool = False,
    jpeg: bool = True,
    pose: Pose | None = None,
) -> Shot:
    """Take one photo.

    size: (height, width) pixels, height twice the width.  clean: no lens blur, no noise, no JPEG.  jpeg: whether the
    picture goes through the camera's JPEG.  pose: freezes the pose of another.
    Raises: Refused for a size that is not two whole numbers of at least 16.
    """
    if len(size) != 2 or min(size) < 16:
        raise Refused(f"size is {size!r}; allowed are (height, width) of at least 16 pixels each")
    return _developed(expose(identity, view, (int(size[0]), int(size[1])), pose), view, clean, jpeg)


def jpeg(identity: Identity, view: View, *, size: tuple[int, int] = (128, 64)) -> bytes:
    """The file that the camera writes: `render` gives what it holds.  size: (height, width) pixels."""
    return camera.encode(camera.develop(expose(identity, view, size).light, view), view.jpeg)


def difference(one: Identity, other: Identity, view: View, *, size: tuple[int, int] = (128, 64)) -> Difference:
    """Two people in one view, and where they differ.

    Both share the pose, the camera chain and the noise, without JPEG. truth is the Euclidean distance of the two clean
    pictures in display sRGB, over its largest value, so that it weighs a strong change of colour more than a faint one.
    """
    pose = figure.pose_in(one, view)
    if (one.height, one.stoop) != (other.height, other.stoop):
        pose = None
    a, b = expose(one, view, size, pose), expose(other, view, size, pose)
    clean = [camera.develop(each.light, view, clean=True).astype(np.float32) / 255 for each in (a, b)]
    gap = np.sqrt(((clean[0] - clean[1]) ** 2).sum(-1))
    changed = gap > 0
    parts = [LABEL[name] for name in changed_parts(one, other)]
    cover = np.maximum(a.shot.coverage[parts].sum(0), b.shot.coverage[parts].sum(0)) * changed if parts else gap * 0
    return Difference(
        _developed(a, view, False, False),
        _developed(b, view, False, False),
        (gap / max(float(gap.max()), 1e-6)).astype(np.float32),
        cover.astype(np.float32),
    )


# The parts on which each attribute can show.
SHOWS: dict[str, tuple[str, ...]] = {
    "skin": ("skin",),
    "hair": ("hair",),
    "beard": ("hair",),
    "hat": ("hat",),
    "glasses": ("glasses",),
    "top": ("top", "skin", "inner"),
    "pattern": ("top", "print"),
    "sleeve": ("top", "skin"),
    "inner": ("inner",),
    "open": ("top", "inner"),
    "logo": ("print",),
    "bottom": ("bottom", "skin"),
    "shoe": ("shoe", "sole"),
    "sole": ("sole",),
    "sock": ("sock",),
    "bag": ("bag", "strap"),
    "strap": ("strap",),
    "umbrella": ("umbrella",),
}


def changed_parts(one: Identity, other: Identity) -> tuple[str, ...]:
    """Names of the parts on which two people can differ."""
    found: set[str] = set()
    for name, value in vars(one).items():
        if value != getattr(other, name):
            if name.endswith("_color") and name != "logo_color":
                found.add(name[:-6])
            elif name == "top_color2":
                found |= {"top", "print"} if one.pattern == "marks" else {"top"}
            else:
                found |= set(SHOWS.get(name.split("_")[0], PARTS[1:-1]))
    return tuple(part for part in PARTS if part in found)
