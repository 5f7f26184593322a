"""All that is not the person: the camera, the place, the hour, the step, the luck of the shutter."""

import math
from dataclasses import dataclass, fields

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
WEATHER = ("clear", "cloudy", "overcast", "rain", "fog", "snow")
ARMS = ("swing", "pocket", "phone", "chest", "behind")
OCCLUDERS = ("none", "pole", "hedge", "bollard", "bike", "car", "bin", "sign", "person")


@dataclass(frozen=True)
class View:
    """One shutter release.

    camera: 1 to 6; its lens and sensor.  street: 1 to 6, the camera's own unless crossed.
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


def draw_view(seed: int, person: int, camera: int, n: int) -> View:
    """Draw photo number n of a person under a camera; photos 2k and 2k + 1 are one walk past it (a sequence).

    camera: 1 to 6.  n: 0, 1, 2, ...
    Raises: Refused if there is no such camera.
    """
    if camera not in range(1, len(CAMERAS) + 1):
        raise Refused(f"camera is {camera!r}; allowed are 1 to {len(CAMERAS)}")
    fixed = CAMERAS[camera - 1]
    walk = draws.named(seed, "walk", person, camera, n // 2)
    rng = draws.named(seed, "view", person, camera, n)
    turned = math.pi if walk.random() < 0.35 else 0.0
    yaw = fixed.heading + walk.normal(0, 0.7) + turned
    hour = walk.uniform(7.5, 18.5)
    weather = str(walk.choice(WEATHER, p=(0.42, 0.24, 0.19, 0.07, 0.04, 0.04)))
    place = walk.uniform(-60, 60)
    scene = int(walk.integers(1 << 20))
    standing = walk.random() < 0.15
    arms = str(walk.choice(ARMS, p=(0.72, 0.08, 0.10, 0.05, 0.05)))
    yaw += rng.normal(0, 0.15)
    yaw = (yaw + math.pi) % (2 * math.pi) - math.pi
    light = {"clear": 1.0, "cloudy": 0.55, "overcast": 0.12, "rain": 0.06, "fog": 0.08, "snow": 0.15}[weather]
    noon = math.sin(math.pi * (hour - 6.5) / 13)
    occluded = rng.random() < 0.12
    passed = rng.random() < 0.18
    side = 1 if rng.random() < 0.5 else -1
    exposure = fixed.exposure * math.exp(rng.normal(0, 0.09)) * {"rain": 1.08}.get(weather, 1.0)
    gain = tuple(round(float(value * math.exp(rng.normal(0, 0.03))), 4) for value in fixed.gain)
    values = dict(
        yaw=yaw,
        phase=rng.uniform(0, 2 * math.pi),
        stride=rng.uniform(0.02, 0.12) if standing else np.clip(rng.normal(0.85, 0.16), 0.4, 1.2),
        gaze=np.clip(rng.normal(0, 0.28), -0.9, 0.9),
        nod=rng.normal(0.05, 0.10),
        camera_height=fixed.height * math.exp(rng.normal(0, 0.02)),
        distance=fixed.distance * math.exp(rng.normal(0, 0.12)),
        dx=rng.normal(0, 0.065),
        dy=rng.normal(0, 0.045),
        zoom=rng.normal(0, 0.09),
        stretch=rng.normal(0, 0.05),
        hour=hour,
        sun=fixed.sun * light * rng.uniform(0.85, 1.15),
        place=place + rng.normal(0, 0.6),
        sun_azimuth=(hour - 12.5) * 0.27 + camera * 1.7,
        sun_height=0.18 + 0.85 * max(noon, 0.0),
        occluder_at=rng.uniform(0.05, 0.95),
        passer_x=side * rng.uniform(0.35, 0.95),
        passer_y=rng.uniform(-0.3, 4.5),
        exposure=exposure,
        gamma=fixed.gamma * math.exp(rng.normal(0, 0.04)),
        saturation=fixed.saturation * math.exp(rng.normal(0, 0.07)),
        motion=abs(rng.normal(0, 0.5)),
        blur=fixed.blur,
        noise=fixed.noise,
        resolution=fixed.resolution,
    )
    jpeg = int(np.clip(round(rng.normal(fixed.jpeg, 2)), 72, 90))
    occluder = str(rng.choice(OCCLUDERS[1:])) if occluded else "none"
    passer = int(rng.integers(1, 1 << 20)) if passed else 0
    return View(
        camera=camera,
        street=camera,
        sequence=n // 2 + 1,
        arms=arms,
        weather=weather,
        scene=scene,
        occluder=occluder,
        passer=passer,
        gain=gain,
        jpeg=jpeg,
        sensor=int(rng.integers(1 << 30)),
        **{name: round(float(value), 4) for name, value in values.items()},
    )
