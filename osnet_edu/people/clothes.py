"""Trunk, limbs and what is worn on them: tops, sleeves, trousers, skirts, shoes, hands. Lengths in metres."""

import numpy as np

from .body import FORWARD, LABEL, LEFT, Limb, Pose
from .identity import Identity
from .mesh import Piece, ball, folds, loft, moved, path_frames, tube, unit

# The trunk by height above the pelvis (for a height of 1.75 m): half width, half depth.
TRUNK = np.array((
    (-.12, .128, .098), (-.06, .160, .114), (.00, .170, .120), (.08, .160, .112), (.20, .138, .100), (.32, .152, .110),
    (.40, .164, .115), (.455, .168, .108), (.50, .158, .094), (.53, .128, .080), (.552, .092, .069), (.575, .064, .060),
    (.62, .054, .056)))
LEG = np.array(((-.10, .082), (.0, .088), (.15, .082), (.34, .062), (.425, .056), (.47, .055), (.56, .056), (.70, .043),
                (.80, .034), (.86, .034)))          # along the leg from the hip: radius
ARM = np.array(((0., .046), (.07, .054), (.13, .050), (.24, .042), (.285, .039), (.36, .040), (.50, .028), (.56, .026)))


def trunk_at(identity: Identity, pose: Pose, t: np.ndarray, ease: float) -> tuple[np.ndarray, ...]:
    """Rings of the trunk at t (R,), heights above the pelvis in units of the body's size.

    ease: metres between skin and cloth.  Returns: centre (R, 3), left (R, 3), front (R, 3), wide (R,), deep (R,).
    """
    wide = np.interp(t, TRUNK[:, 0], TRUNK[:, 1])
    deep = np.interp(t, TRUNK[:, 0], TRUNK[:, 2])
    at = lambda centre, spread: np.exp(-((t - centre) / spread) ** 2)  # noqa: E731
    figure, extra = identity.figure, identity.girth - 1
    body = np.clip((.56 - t) / .10, 0, 1)      # the neck does not follow the build
    wide = wide * (1 + body * extra * (.55 + .55 * at(.16, .16))) * (1 + body * at(.45, .14) * (identity.shoulders - 1))
    deep = deep * (1 + body * extra * (.60 + .65 * at(.14, .15)))
    wide = wide + figure * (.010 * at(0., .10) - .014 * at(.20, .09) - .006 * at(.45, .10))
    bust = max(figure, 0) * .020 * at(.37, .065)
    belly = .05 * max(extra, 0) * at(.12, .12)
    size = pose.size
    spine = unit(pose.chest - pose.pelvis)
    share = np.clip((t + .05) / .5, 0, 1)[:, None]
    left = unit(pose.hips[:, 1] * (1 - share) + pose.trunk[:, 1] * share)
    front = unit(np.cross(left, spine))
    centre = pose.pelvis + t[:, None] * size * spine + ((bust * .6 + belly * .6) * size)[:, None] * front
    fade = np.clip((.60 - t) / .06, .25, 1)
    return centre, left, front, (wide * size + ease * fade), ((deep + bust * .6 + belly * .6) * size + ease * fade)


def _round(points: np.ndarray, count: int, soft: float) -> np.ndarray:
    """A polyline (P, 3) resampled to (count, 3) points at even lengths with its corners rounded over `soft` metres."""
    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    length = np.concatenate(((0,), np.cumsum(step)))
    fine = np.linspace(0, length[-1], count)
    reach = np.linspace(-1, 1, 7) * soft
    weight = 1 - (np.linspace(-1, 1, 7) * .9) ** 2
    edge = np.minimum(fine, length[-1] - fine)[:, None]
    at = fine[:, None] + np.clip(reach, -edge, edge)
    smooth = np.stack([np.interp(at, length, points[:, axis]) for axis in range(3)], -1)
    return (smooth * weight[None, :, None]).sum(1) / weight.sum()


def limb_tube(name: str, material: str, label: int, points: np.ndarray, start: float, stop: float, radius: np.ndarray,
              left: np.ndarray, *, rings: int, segments: int, ease: float = 0., flare: float = 0., fold: float = 0.,
              grain: int = 0, scale: float = 1., cap: bool = False, thick: float = 1.) -> Piece:
    """A sleeve, leg or bare limb around the joints `points` (P, 3), between two lengths along them (metres).

    radius: (K, 2) table of length and radius in units of the body's size (`scale` metres).  ease, flare: metres of
    cloth off the skin, all along and at the far end.  fold: metres.
    """
    total = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    fine = _round(points, 40, .045 * scale)
    at = np.linspace(start, stop, rings)
    share = np.linspace(0, total, 40)
    path = np.stack([np.interp(at, share, fine[:, axis]) for axis in range(3)], -1)
    side, front = path_frames(path, left)
    size = np.interp(at / scale, radius[:, 0], radius[:, 1]) * scale * thick + ease
    size = size + flare * ((at - start) / max(stop - start, 1e-6)) ** 1.5
    if cap:
        size[:2] *= (.80, .95)
    bulge = folds(grain, at * 1.0, segments, fold, along=4.) if fold else None
    return loft(name, material, label, path, side, front, size, size, v=at, segments=segments, bulge=bulge)


def leg_points(leg: Limb, size: float) -> np.ndarray:
    """(4, 3): a little above the hip, hip, knee, ankle."""
    return np.concatenate((leg.joint[:1] + np.array((0, 0, .05 * size)), leg.joint))


def drape(identity: Identity, pose: Pose, top: float, hem: float, ease: float, flare: float,
          rings: int) -> tuple[np.ndarray, ...]:
    """Rings of cloth that hangs around both legs, from `top` down to `hem` (heights above the pelvis, body units).

    However far the legs are apart, each ring encloses them: no leg can show through a hem.
    Returns: t (R,), centre, left, front (R, 3), wide, deep (R,).
    """
    t = np.linspace(top, hem, rings)
    centre, left, front, wide, deep = trunk_at(identity, pose, np.maximum(t, -.03), ease)
    below = t < 0
    height = pose.pelvis[2] + t[below] * pose.size
    centre[below, 2] = height
    box = []
    for leg in pose.legs:
        joints = leg.joint
        order = np.argsort(joints[:, 2])
        x, y = (np.interp(height, joints[order, 2], joints[order, axis]) for axis in (0, 1))
        along = np.interp(height, joints[order, 2], (np.array((0., .425, .83)))[order])
        radius = np.interp(along, LEG[:, 0], LEG[:, 1]) * pose.size * (1 + .8 * (identity.girth - 1)) + .012 + .4 * ease
        box.append((x - radius, x + radius, y - radius, y + radius))
    box = np.array(box)
    x0, x1 = box[:, 0].min(0), box[:, 1].max(0)
    y0, y1 = box[:, 2].min(0), box[:, 3].max(0)
    drop = -t[below] * pose.size
    share = np.clip(drop / .10, 0, 1)
    spread_x = (x1 - x0) / 2 * (1 + .06 * share)
    spread_y = (y1 - y0) / 2 * (1 + .06 * share)
    # Heavy cloth keeps the width of the hips, and follows the knees with a delay.
    hip_deep = deep[~below][-1] * (1 + .1 * share) if (~below).any() else deep[0]
    hip_wide = wide[~below][-1] if (~below).any() else wide[0]
    deep[below] = np.maximum(spread_x, hip_deep * .92) + flare * drop
    wide[below] = np.maximum(spread_y, hip_wide * .97) + flare * drop
    anchor = centre[~below][-1] if (~below).any() else centre[0]
    centre[below, 0] = anchor[0] * (1 - share) + (x0 + x1) / 2 * share
    centre[below, 1] = anchor[1] * (1 - share) + (y0 + y1) / 2 * share
    left[below] = unit(left[below] * (1 - share[:, None]) + LEFT * share[:, None])
    front[below] = unit(front[below] * (1 - share[:, None]) + FORWARD * share[:, None])
    kernel = np.array((1, 2, 3, 2, 1)) / 9
    if len(t) > 6:   # soften the corner between hip and leg
        for row in (wide, deep):
            inner = np.convolve(np.pad(row, 2, mode="edge"), kernel, "valid")
            row[below] = np.maximum(inner[below], row[below] * .985)
    return t, centre, left, front, wide, deep


def make_top(identity: Identity, pose: Pose) -> Piece:
    """The trunk's garment from neck to hem in one surface: no seam at the waist, whatever its length."""
    ease, size = identity.top_ease, pose.size
    hem = .20 - .86 * identity.top_length           # 0: the waist, 1: the calf
    rise = {"tank": .552, "t-shirt": .560, "dress": .556, "shirt": .572, "jacket": .578, "coat": .580,
            "hoodie": .570, "jumper": .574}[identity.top]
    upper = np.concatenate((np.linspace(rise, .40, 11), np.linspace(.36, max(hem, 0.) + .02, 8)))
    if hem < 0:
        flare = {"dress": .16, "coat": .10}.get(identity.top, .02)
        long = drape(identity, pose, .0, hem, ease, flare, 4 + int(14 * -hem / .66))
        above = trunk_at(identity, pose, upper, ease)
        t = np.concatenate((upper, long[0]))
        centre, left, front, wide, deep = (np.concatenate(pair) for pair in zip(above, long[1:], strict=True))
    else:
        t = np.concatenate((upper, (hem,)))
        centre, left, front, wide, deep = trunk_at(identity, pose, t, ease)
    if identity.top in ("dress",) and identity.figure > 0:   # a dress is cut to the waist
        narrow = np.exp(-((t - .21) / .07) ** 2) * .012 * size
        wide, deep = wide - narrow, deep - narrow
    power = np.interp(t, (-.3, 0, .3, .5, .58), (2.3, 2.4, 2.5, 2.35, 2.))
    loose = {"tank": .5, "t-shirt": .9, "dress": .8, "shirt": .9}.get(identity.top, 1.15)
    depth = (np.interp(t, (-.6, -.1, .3, .5, .55), (.016, .008, .006, .003, 0.)) * loose)[:, None]
    bulge = folds(identity.grain, t, 28, depth, around=2 if hem >= 0 else 4, along=4.)
    if hem < -.1:   # the long folds of a skirt
        pleat = np.interp(t, (-.6, -.12), (.012, 0.))[:, None]
        bulge = bulge + pleat * np.sin(np.linspace(0, 2 * np.pi, 29) * 7 + identity.grain % 7)
    piece = loft("top", "top", LABEL["top"], centre, left, front, wide, deep, v=(.52 - t) * size, power=power,
                 segments=28, bulge=bulge, closed=False)
    return piece


def make_sleeves(identity: Identity, pose: Pose) -> list[Piece]:
    """Sleeves, bare arms below them, hands."""
    size, pieces = pose.size, []
    thick = 1 + .55 * (identity.girth - 1)
    for name, side, arm in (("left", 1, pose.arms[0]), ("right", -1, pose.arms[1])):
        inner = pose.chest + pose.trunk @ np.array((0, side * .085, .058)) * size
        points = np.concatenate((inner[None], arm.joint))
        lead = float(np.linalg.norm(arm.joint[0] - inner))
        table = ARM + np.array((lead / size, 0))
        table = np.concatenate((np.array(((0, .046),)), table))
        length = lead + .535 * size
        hint = pose.trunk[:, 0]
        end = lead + (length - lead) * (.10 + .90 * identity.sleeve) if identity.sleeve > 0 else 0.
        if identity.sleeve > 0:
            cloth = identity.top_ease
            cuff = .010 if identity.sleeve < .7 and identity.top in ("t-shirt", "shirt", "dress") else -.002
            pieces.append(limb_tube(f"{name} sleeve", "sleeve", LABEL["top"], points, 0, end, table, hint, rings=14,
                                    segments=14, ease=.35 * cloth + .006, flare=cuff, fold=.22 * cloth + .002,
                                    grain=identity.grain + 31 * side, scale=size, thick=thick))
        if identity.sleeve < .98:
            pieces.append(limb_tube(f"{name} arm", "skin", LABEL["skin"], points, max(end - .04, .01), length, table,
                                    hint, rings=12, segments=12, scale=size, thick=thick))
        pieces += make_hand(name, side, arm, size)
    return pieces


def make_hand(name: str, side: int, arm: Limb, size: float) -> list[Piece]:
    """A palm with fingers a little curled, and a thumb."""
    ahead, thumb, back = arm.end.T
    thumb = thumb - back * .2
    t = np.array((-.02, 0, .03, .06, .09, .12, .15, .172, .18))
    wide = np.array((.024, .026, .036, .040, .039, .034, .030, .020, .002))
    deep = np.array((.022, .021, .017, .016, .014, .012, .010, .007, .002))
    curl = np.array((0, 0, 0, .002, .008, .020, .038, .054, .060))
    centre = arm.joint[2] + size * (t[:, None] * ahead - curl[:, None] * back)
    palm = loft(f"{name} hand", "hand", LABEL["skin"], centre, thumb, back, wide * size * .92, deep * size, v=t / .18,
                power=2.6, segments=12)
    start = arm.joint[2] + size * (.018 * ahead + .022 * thumb)
    along = unit(ahead * .80 + thumb * .55 - back * .35)
    path = start + np.array((0, .02, .045, .068, .078))[:, None] * size * along
    return [palm, tube(f"{name} thumb", "skin", LABEL["skin"], path, np.array((.012, .013, .011, .010, .003)) * size,
                       back, segments=8)]


def make_bottom(identity: Identity, pose: Pose) -> list[Piece]:
    """Trousers, shorts or a skirt, bare legs below, socks."""
    size, pieces = pose.size, []
    ease = identity.bottom_ease
    covered = 0.
    thick = 1 + .80 * (identity.girth - 1)
    hem = .20 - .86 * identity.top_length
    if identity.bottom == "skirt":
        low = -.05 - .72 * identity.bottom_length
        if hem > low - .02:
            t, centre, left, front, wide, deep = drape(identity, pose, .17, low, ease * .3 + .004, .05 + ease * 5, 24)
            bulge = np.interp(t, (-.6, -.1), (.014, 0.))[:, None] * np.sin(np.linspace(0, 2 * np.pi, 29) * 8
                                                                           + identity.grain % 5)
            pieces.append(loft("skirt", "bottom", LABEL["bottom"], centre, left, front, wide, deep,
                               v=(.2 - t) * size, power=2.3, segments=28, bulge=bulge, closed=False))
    elif identity.bottom != "none":
        covered = .06 + .77 * identity.bottom_length
        t = np.array((.19, .14, .08, .02, -.04, -.09, -.13))
        centre, left, front, wide, deep = trunk_at(identity, pose, t, ease * .5 + .004)
        tucked = np.clip((t - hem + .03) / .02, 0, 1) * (ease * .5 + .014)   # under the top's hem
        wide, deep = wide - tucked, deep - tucked
        wide[-2:] *= (.95, .80)
        deep[-2:] *= (.95, .78)
        if hem > -.13:
            pieces.append(loft("seat", "bottom", LABEL["bottom"], centre, left, front, wide, deep, v=(.2 - t) * size,
                               power=2.3, segments=24))
    for name, leg in (("left", pose.legs[0]), ("right", pose.legs[1])):
        points = leg_points(leg, size)
        start = .05 * size
        table = LEG + np.array((.05, 0))
        hint = pose.hips[:, 1]
        if covered:
            end = start + covered * size
            wider = {"trousers": .012, "jeans": .008, "shorts": .022}.get(identity.bottom, 0.)
            knee = {"leggings": .002}.get(identity.bottom, .006)
            pieces.append(limb_tube(f"{name} trouser", "trouser", LABEL["bottom"], points, start * .9, end, table, hint,
                                    rings=18, segments=16, ease=ease, flare=wider, fold=knee,
                                    grain=identity.grain + (7 if name == "left" else 3), scale=size, thick=thick,
                                    cap=True))
        if covered < .80:
            pieces.append(limb_tube(f"{name} leg", "skin", LABEL["skin"], points, max(start + covered * size - .05, 0),
                                    start + .83 * size, table, hint, rings=16, segments=14, scale=size, thick=thick))
        top = start + (.81 - identity.sock_length) * size
        pieces.append(limb_tube(f"{name} sock", "sock", LABEL["sock"], points, top, start + .83 * size, table, hint,
                                rings=6, segments=12, ease=.004, scale=size, thick=thick))
        pieces += make_shoe(identity, name, leg, size)
    return pieces


def make_shoe(identity: Identity, name: str, leg: Limb, size: float) -> list[Piece]:
    """A shoe along the foot, its sole the lowest band; a boot has a shaft."""
    kind = identity.shoe
    x = np.array((-.068, -.066, -.055, -.03, .0, .04, .08, .12, .15, .172, .184, .186))
    wide = np.array((.005, .020, .031, .035, .035, .036, .042, .045, .043, .034, .018, .004))
    high = np.array((.005, .050, .078, .088, .094, .082, .062, .050, .044, .038, .030, .010))
    if kind in ("flat", "sandal"):
        high = high * np.array((1, 1, .92, .80, .62, .58, .64, .72, .78, .8, .8, 1))
        wide = wide * .93
    if kind == "boot":
        high, wide = high * 1.10, wide * 1.08
    angle = np.linspace(0, 2 * np.pi, 17)
    # A cross-section that is flat below: the sole on the ground, the upper rounded.
    across = np.sin(angle)[None] * wide[:, None]
    rise = np.where(np.cos(angle) < 0, (np.abs(np.cos(angle)) ** .8)[None] * high[:, None], 0) + .0
    under = np.where(np.cos(angle) >= 0, 1, 0)
    grid = np.stack((np.broadcast_to(x[:, None], across.shape) + 0 * across, across * (1 - .05 * under), rise), -1)
    grid[..., 2] -= .075 + .006
    grid[..., 0] *= 1.02
    uv = np.empty(grid.shape[:2] + (2,))
    uv[..., 0] = angle / (2 * np.pi)
    uv[..., 1] = grid[..., 2] + .081
    from .mesh import surface
    shoe = surface(f"{name} shoe", "shoe", LABEL["shoe"], grid * size, uv, centre=grid.mean(1) * size)
    pieces = [moved(shoe, leg.end, leg.joint[2])]
    if kind == "boot":
        points = leg_points(leg, size)
        pieces.append(limb_tube(f"{name} shaft", "shaft", LABEL["shoe"], points, .05 * size + .68 * size,
                                .05 * size + .83 * size, LEG + np.array((.05, 0)), LEFT, rings=6, segments=14,
                                ease=.014, scale=size))
    return pieces


def make_collar(identity: Identity, pose: Pose) -> list[Piece]:
    """Neck, and what stands around it: a shirt's or coat's collar, a hood."""
    size = pose.size
    base = pose.chest + pose.trunk @ np.array((-.006, 0, .06)) * size
    skull = pose.chin + pose.head @ np.array((-.03, 0, .075)) * size * identity.head_scale
    path = base + np.linspace(0, 1, 6)[:, None] * (skull - base)
    wide = np.array((.066, .058, .053, .051, .050, .048)) * size * (1 + .3 * (identity.girth - 1) - .05 *
                                                                    identity.figure)
    pieces = [loft("neck", "skin", LABEL["skin"], path, pose.trunk[:, 1], unit(np.cross(pose.trunk[:, 1],
              skull - base)), wide, wide * 1.05, v=np.linspace(0, 1, 6), segments=14)]
    if identity.top in ("shirt", "coat", "jacket", "jumper"):
        t = np.linspace(.545, {"shirt": .592, "coat": .605, "jacket": .600, "jumper": .588}[identity.top], 4)
        centre, left, front, wide, deep = trunk_at(identity, pose, t, identity.top_ease)
        out = np.array((.010, .010, .009, .006)) * size
        flat = np.array((.072, .064, .062, .062)) * size
        pieces.append(loft("collar", "collar", LABEL["top"], centre, left, front, flat + out, flat * .98 + out,
                           v=(.52 - t) * size, segments=18, closed=False))
    if identity.top == "hoodie":
        at = pose.chest + pose.trunk @ np.array((-.085, 0, .085)) * size
        pieces.append(ball("hood", "collar", LABEL["top"], at, pose.trunk[:, 1], pose.trunk[:, 0],
                           (.105 * size, .060 * size, .055 * size)))
    return pieces
