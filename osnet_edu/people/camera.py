"""From linear light to the picture a street camera stores: lens, sensor, tone, colour, JPEG."""

import io

import numpy as np
from PIL import Image

from .. import draws
from .view import View


def lens_blur(picture: np.ndarray, sigma_y: float, sigma_x: float) -> np.ndarray:
    """Gaussian blur of (H, W, 3); sigma in pixels, edges repeated."""
    for axis, sigma in ((0, sigma_y), (1, sigma_x)):
        if sigma < 0.15:
            continue
        reach = max(int(np.ceil(2.5 * sigma)), 1)
        weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        weight = (weight / weight.sum()).astype(np.float32)
        pad = [(0, 0)] * 3
        pad[axis] = (reach, reach)
        wide = np.pad(picture, pad, mode="edge")
        n = picture.shape[axis]
        picture = sum(w * (wide[k : k + n] if axis == 0 else wide[:, k : k + n]) for k, w in enumerate(weight))
    return picture


def tone(light: np.ndarray) -> np.ndarray:
    """Linear light (1 is a white wall in full sun) to display values in [0, 1]: a film-like shoulder, then sRGB."""
    value = 1 - np.exp(-1.5 * np.maximum(light, 0))
    value = value / (1 - np.exp(-1.5 * 1.25))
    value = np.clip(value, 0, 1)
    return np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)


def _shrunk(picture: np.ndarray, share: float) -> np.ndarray:
    """(H, W, 3) sampled at a smaller size and brought back, bilinearly: a camera of lower resolution."""
    for axis in (0, 1):
        n = picture.shape[axis]
        low = max(round(n * share), 4)
        for count, source in ((low, n), (n, low)):
            at = np.clip((np.arange(count) + 0.5) * source / count - 0.5, 0, source - 1)
            i = np.minimum(at.astype(int), source - 2)
            part = (at - i).astype(np.float32)
            part = part[:, None, None] if axis == 0 else part[None, :, None]
            picture = np.take(picture, i, axis) * (1 - part) + np.take(picture, i + 1, axis) * part
    return picture


def develop(light: np.ndarray, view: View, *, clean: bool = False) -> np.ndarray:
    """Linear light (H, W, 3) to a stored picture, uint8 (H, W, 3).

    clean: no lens blur, no noise, full resolution; tone and colour as always. Noise is drawn from view.sensor alone, so
    that two renders of one view share it.
    """
    scale = light.shape[0] / 128
    light = light.astype(np.float32)
    if not clean:
        light = lens_blur(light, view.blur * scale, float(np.hypot(view.blur, view.motion)) * scale)
        if view.resolution < 1:
            light = _shrunk(light, view.resolution)
    value = tone(light * view.exposure)
    value = value * np.asarray(view.gain, np.float32)
    value = np.clip(value, 0, 1) ** view.gamma
    grey = value @ np.array((0.299, 0.587, 0.114), np.float32)
    value = grey[..., None] + (value - grey[..., None]) * view.saturation
    if not clean:
        rng = draws.named("sensor", view.sensor, *light.shape[:2])
        shot = rng.standard_normal(light.shape, dtype=np.float32) * 0.7
        shot += rng.standard_normal(light.shape[:2], dtype=np.float32)[..., None] * 0.7
        if view.resolution < 1:
            shot = _shrunk(shot, view.resolution) * 1.5
        value = value + shot * view.noise
    return np.round(np.clip(value, 0, 1) * 255).astype(np.uint8)


def encode(image: np.ndarray, quality: int) -> bytes:
    """JPEG bytes of uint8 (H, W, 3)."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def from_jpeg(data: bytes) -> np.ndarray:
    """uint8 (H, W, 3) of JPEG bytes."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
