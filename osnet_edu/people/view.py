"""All that is not the person: the camera, the place, the hour, the step, the luck of the shutter."""

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from .. import draws
from ..refused import Refused


@dataclass(frozen=True)
class Camera:
    """A fixed street camera. heading: radians, the way most people walk (0 = towards it); height, distance: metres."""

    heading: float
    height: float
    distance: float
    gain: tuple[float, float, float]
    gamma: float
    saturation: float
    exposure: float
    sun: float
    blur: float
    noise: float
    jpeg: int
    resolution: float


CAMERAS: tuple[Camera, ...] = (
    Camera(0.35, 2.9, 9.0, (1.05, 1.00, 0.93), 1.02, 0.92, 1.02, 0.80, 0.45, 0.013, 84, 1.0),
    Camera(-0.60, 3.6, 11.5, (0.93, 0.98, 1.07), 0.96, 1.02, 0.90, 0.35, 0.50, 0.016, 80, 1.0),
    Camera(1.30, 2.4, 7.5, (1.04, 0.99, 0.99), 0.94, 1.10, 1.10, 1.15, 0.35, 0.010, 88, 1.0),
    Camera(-1.15, 3.2, 10.0, (0.97, 1.00, 1.00), 1.10, 0.75, 0.80, 0.15, 0.60, 0.020, 76, 1.0),
    Camera(0.05, 4.2, 14.0, (1.00, 1.05, 0.95), 0.98, 1.08, 1.12, 1.00, 0.40, 0.012, 86, 1.0),
    Camera(2.30, 2.2, 8.2, (1.08, 0.96, 1.00), 1.06, 0.82, 0.92, 0.45, 0.75, 0.022, 73, 0.55),
)
# The other world's cameras: lower or higher than any that a network trains on.
OTHER_CAMERAS: tuple[Camera, ...] = (
    Camera(0.80, 5.2, 12.0, (1.12, 1.00, 0.88), 0.92, 0.88, 1.00, 0.60, 0.50, 0.015, 82, 1.0),
    Camera(-0.20, 1.5, 7.0, (0.88, 1.00, 1.12), 1.04, 0.95, 0.95, 0.90, 0.45, 0.014, 84, 1.0),
    Camera(1.80, 5.6, 15.0, (0.97, 1.09, 0.93), 1.00, 0.80, 0.85, 0.30, 0.60, 0.018, 78, 0.8),
    Camera(-1.60, 1.4, 8.5, (1.10, 0.92, 1.04), 0.98, 1.05, 1.08, 1.00, 0.40, 0.012, 86, 1.0),
    Camera(0.20, 5.0, 10.5, (1.03, 0.97, 0.87), 1.12, 0.70, 0.90, 0.20, 0.65, 0.020, 76, 0.7),
    Camera(2.70, 1.6, 9.5, (0.92, 1.03, 0.90), 0.95, 1.12, 1.05, 0.75, 0.50, 0.016, 80, 1.0),
)
# Share of the sun's light that gets through.
LIGHT = {"clear": 1.0, "cloudy": 0.55, "overcast": 0.12, "rain": 0.06, "fog": 0.08, "snow": 0.15}
WEATHER = tuple(LIGHT)
ARMS = ("swing", "pocket", "phone", "chest", "behind")
OCCLUDERS = ("none", "pole", "hedge", "bollard", "bike", "car", "bin", "sign", "person")


@dataclass(frozen=True)
class View:
    """One shutter release.

    camera: 1 to 6; its lens and sensor.  street: 1 to 6, the camera's own unless crossed; higher
    numbers are places that only other worlds have (see street.street_of).
    yaw, gaze, nod, sun_azimuth, sun_height: radians (yaw 0 faces the camera, sun_azimuth 0 is behind the person).
    phase: step in radians.  stride: 0 standing to 1.2.  hour: 0 to 24.
    dx, dy: crop shift, shares of the box's height.  zoom, stretch: log scale.  motion, blur: pixels at 128 rows.
    place, passer_x, passer_y, distance, camera_height: metres.  occluder_at: share of the width.
    exposure, gain, gamma, saturation, noise, jpeg, resolution: the camera chain.
    scene, sensor, passer: numbers of random draws (passer 0: nobody passes).
    """

    camera: int
    street: int
    sequence: int
    yaw: float
    phase: float
    stride: float
    arms: str
    gaze: float
    nod: float
    camera_height: float
    distance: float
    dx: float
    dy: float
    zoom: float
    stretch: float
    hour: float
    weather: str
    sun: float
    sun_azimuth: float
    sun_height: float
    place: float
    scene: int
    occluder: str
    occluder_at: float
    passer: int
    passer_x: float
    passer_y: float
    exposure: float
    gain: tuple[float, float, float]
    gamma: float
    saturation: float
    motion: float
    blur: float
    noise: float
    jpeg: int
    resolution: float
    sensor: int


VIEW_FIELDS = tuple(field.name for field in fields(View))


@dataclass(frozen=True)
class Habits:
    """How much photos of one camera differ from one another.

    occluded, passed: chances that something stands in front, that somebody walks behind.  dx, dy, zoom: spread of the
    crop.  motion: spread of the smear, pixels.  arms: chances, in the order of ARMS.  jpeg: lowest and highest quality.
    stretch: spread of the crop's width against its height.
    """

    occluded: float = 0.12
    passed: float = 0.18
    dx: float = 0.065
    dy: float = 0.045
    zoom: float = 0.09
    motion: float = 0.5
    arms: tuple[float, ...] = (0.72, 0.08, 0.10, 0.05, 0.05)
    jpeg: tuple[int, int] = (72, 90)
    stretch: float = 0.05


def sun_at(hour: float, camera: int) -> tuple[float, float]:
    """Azimuth and height of the sun over a camera's street, in radians.  hour: 0 to 24."""
    noon = math.sin(math.pi * (hour - 6.5) / 13)
    return (hour - 12.5) * 0.27 + camera * 1.7, 0.18 + 0.85 * max(noon, 0.0)


@dataclass(frozen=True)
class _Walk:
    """What the photos of one walk past a camera share, in the units of View.  standing: whether the person stands."""

    yaw: float
    hour: float
    weather: str
    place: float
    scene: int
    standing: bool
    arms: str


def _walk(rng: np.random.Generator, fixed: Camera, habits: Habits) -> _Walk:
    turned = math.pi if rng.random() < 0.35 else 0.0
    return _Walk(
        yaw=fixed.heading + rng.normal(0, 0.7) + turned,
        hour=rng.uniform(7.5, 18.5),
        weather=str(rng.choice(WEATHER, p=(0.42, 0.24, 0.19, 0.07, 0.04, 0.04))),
        place=rng.uniform(-60, 60),
        scene=int(rng.integers(1 << 20)),
        standing=bool(rng.random() < 0.15),
        arms=str(rng.choice(ARMS, p=habits.arms)),
    )


def draw_view(
    seed: int,
    person: int,
    camera: int,
    n: int,
    *,
    lens: Camera | None = None,
    street: int | None = None,
    habits: Habits = Habits(),
) -> View:
    """Draw photo number n of a person under a camera; photos 2k and 2k + 1 are one walk past it (a sequence).

    camera: 1 to 6.  n: 0, 1, 2, ...  lens, street: instead of the camera's own.  habits: how much photos differ.
    Raises: Refused if there is no such camera.
    """
    if camera not in range(1, len(CAMERAS) + 1):
        raise Refused(f"camera is {camera!r}; allowed are 1 to {len(CAMERAS)}")
    fixed = lens or CAMERAS[camera - 1]
    walk = _walk(draws.named(seed, "walk", person, camera, n // 2), fixed, habits)
    rng = draws.named(seed, "view", person, camera, n)
    # The order of the draws is fixed: with one draw more, or an earlier one, the same numbers give other photos.
    yaw = walk.yaw + rng.normal(0, 0.15)
    yaw = (yaw + math.pi) % (2 * math.pi) - math.pi
    sun_azimuth, sun_height = sun_at(walk.hour, camera)
    occluded = rng.random() < habits.occluded
    passed = rng.random() < habits.passed
    side = 1 if rng.random() < 0.5 else -1
    exposure = fixed.exposure * math.exp(rng.normal(0, 0.09)) * {"rain": 1.08}.get(walk.weather, 1.0)
    red, green, blue = (round(float(value * math.exp(rng.normal(0, 0.03))), 4) for value in fixed.gain)
    values = dict(
        yaw=yaw,
        phase=rng.uniform(0, 2 * math.pi),
        stride=rng.uniform(0.02, 0.12) if walk.standing else np.clip(rng.normal(0.85, 0.16), 0.4, 1.2),
        gaze=np.clip(rng.normal(0, 0.28), -0.9, 0.9),
        nod=rng.normal(0.05, 0.10),
        camera_height=fixed.height * math.exp(rng.normal(0, 0.02)),
        distance=fixed.distance * math.exp(rng.normal(0, 0.12)),
        dx=rng.normal(0, habits.dx),
        dy=rng.normal(0, habits.dy),
        zoom=rng.normal(0, habits.zoom),
        stretch=rng.normal(0, habits.stretch),
        hour=walk.hour,
        sun=fixed.sun * LIGHT[walk.weather] * rng.uniform(0.85, 1.15),
        place=walk.place + rng.normal(0, 0.6),
        sun_azimuth=sun_azimuth,
        sun_height=sun_height,
        occluder_at=rng.uniform(0.05, 0.95),
        passer_x=side * rng.uniform(0.35, 0.95),
        passer_y=rng.uniform(-0.3, 4.5),
        exposure=exposure,
        gamma=fixed.gamma * math.exp(rng.normal(0, 0.04)),
        saturation=fixed.saturation * math.exp(rng.normal(0, 0.07)),
        motion=abs(rng.normal(0, habits.motion)),
        blur=fixed.blur,
        noise=fixed.noise,
        resolution=fixed.resolution,
    )
    jpeg = int(np.clip(round(rng.normal(fixed.jpeg, 2)), *habits.jpeg))
    occluder = str(rng.choice(OCCLUDERS[1:])) if occluded else "none"
    passer = int(rng.integers(1, 1 << 20)) if passed else 0
    return View(
        camera=camera,
        street=street or camera,
        sequence=n // 2 + 1,
        arms=walk.arms,
        weather=walk.weather,
        scene=walk.scene,
        occluder=occluder,
        passer=passer,
        gain=(red, green, blue),
        jpeg=jpeg,
        sensor=int(rng.integers(1 << 30)),
        **{name: round(float(value), 4) for name, value in values.items()},
    )


def spoiled(view: View) -> View:
    """A detector's bad box: shifted or scaled until little of a person is in it."""
    rng = draws.named("spoil", view.sensor)
    side = 1 if rng.random() < 0.5 else -1
    return replace(
        view,
        dx=round(side * float(rng.uniform(0.20, 0.30)), 4),
        dy=round(float(rng.normal(0, 0.22)), 4),
        zoom=round(float(rng.uniform(0.2, 0.7)), 4),
    )
