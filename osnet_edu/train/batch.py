"""The batch of a step: which people and photos, and how these are made to differ as cameras make them differ."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .. import draws
from ..embed import MEAN, STD
from ..network.model import OSNet
from .recipe import TrainConfig


def draw_batch(
    labels: np.ndarray, config: TrainConfig, step: int, rng: np.random.Generator, neighbours: np.ndarray | None = None
) -> np.ndarray:
    """Which photos make the batch of a step: indices (B,).

    With people = P, each person comes once before anyone comes again. neighbours: (people, k) labels, nearest first;
    where given, half of the batch are the others' nearest neighbours: look-alikes must meet to be told apart.
    """
    if not config.people:
        return _walk(len(labels), config.shots, config.seed, step)
    count = labels.max() + 1
    half = config.people // 2 if neighbours is not None else config.people
    chosen = list(dict.fromkeys(_walk(count, min(half, count), config.seed, step).tolist()))
    if neighbours is not None:
        for rank in range(neighbours.shape[1]):
            for person in list(chosen[:half]):
                other = int(neighbours[person, rank])
                if len(chosen) < min(config.people, count) and other not in chosen:
                    chosen.append(other)
    batch = []
    for person in chosen:
        own = np.flatnonzero(labels == person)
        batch.append(rng.choice(own, config.shots, replace=len(own) < config.shots))
    return np.concatenate(batch)


def neighbours_of(model: OSNet, config: TrainConfig, step: int) -> np.ndarray | None:
    """The nearest others, by the classifier's weights, of the people whose turn it is: (people, k), their rows filled.

    None before the weights mean anything.
    """
    if not (config.lookalikes and config.people) or step <= config.triplet_from * config.steps:
        return None
    unit = F.normalize(model.get_parameter("classifier.weight").detach().float())
    turn = torch.from_numpy(np.unique(_walk(len(unit), min(config.people // 2, len(unit)), config.seed, step)))
    similarity = unit[turn.to(unit.device)] @ unit.T
    similarity[torch.arange(len(turn)), turn] = -2
    nearest = np.zeros((len(unit), min(4, len(unit) - 1)), int)
    nearest[turn.numpy()] = similarity.topk(nearest.shape[1], dim=1).indices.cpu().numpy()
    return nearest


def _walk(count: int, size: int, seed: int, step: int) -> np.ndarray:
    """The step-th group of `size` in an endless walk over range(count), shuffled anew each time round."""
    first, last = (step - 1) * size, step * size
    epochs = range(first // count, (last - 1) // count + 1)
    walk = np.concatenate([draws.named(seed, "epoch", epoch, order="little").permutation(count) for epoch in epochs])
    return walk[first - epochs[0] * count :][:size]


def augment(images: Tensor, config: TrainConfig, rng: np.random.Generator, share: slice = slice(None)) -> Tensor:
    """Make photos differ as cameras make them differ: (B, H, W, 3) uint8, RGB -> (B, 3, H, W) float32, normalised.

    Flip, shift and zoom are one look-up of rows and columns; colour jitter is brightness, saturation and a gain for
    each channel; erasing fills a rectangle with mean grey; a coarse photo has lost its detail, a grey one its colour.
    Draws come from rng, so that devices agree.
    share: the photos to return; draws are made for all, so that a photo's do not depend on who else is returned.
    """
    everyone, h, w, _ = images.shape
    images = images[share]
    device = images.device

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (everyone, *shape))[share].astype(np.float32)).to(device)

    zoom = torch.exp(draw(-config.zoom, config.zoom, 1))
    reach = config.shift * h
    rows = (torch.arange(h, device=device) - h / 2) * zoom + h / 2 + draw(-reach, reach, 1)
    columns = (torch.arange(w, device=device) - w / 2) * zoom + w / 2 + draw(-reach / 2, reach / 2, 1)
    rows, columns = rows.round().long().clamp(0, h - 1), columns.round().long().clamp(0, w - 1)
    if config.flip:
        columns = torch.where(draw(0, 1, 1) < 0.5, columns, columns.flip(1))
    # One flat look-up, and one 3 x 3 matrix a photo: saturation, brightness, gains and normalisation are all linear.
    photo = torch.arange(len(images), device=device)[:, None, None]
    cells = (photo * h + rows[:, :, None]) * w + columns[:, None, :]
    pixels = images.reshape(-1, 3).index_select(0, cells.flatten()).reshape(-1, h * w, 3).float()
    if config.coarse:
        chosen, shares = rng.random(everyone) < config.coarse, rng.uniform(0.35, 0.8, everyone)
        for i in np.flatnonzero(chosen[share]):
            pixels[i] = _coarsened(pixels[i].unflatten(0, (h, w)), shares[share][i]).flatten(0, 1)
    mean, std = torch.tensor(MEAN, device=device), torch.tensor(STD, device=device)
    colours = torch.eye(3, device=device)
    if config.colour:
        saturation = 1 + draw(-config.colour, config.colour, 1, 1)
        if config.grey:
            saturation = torch.where(draw(0, 1, 1, 1) < config.grey, 0.0, saturation)
        gains = (1 + draw(-config.colour, config.colour, 1, 1)) * (1 + draw(-0.3, 0.3, 1, 3) * config.colour)
        colours = (saturation * colours + (1 - saturation) / 3) * gains
    colours = (colours / (255 * std)).expand(len(images), 3, 3)
    x = torch.baddbmm((-mean / std).expand(len(images), 1, 3), pixels, colours).unflatten(1, (h, w))
    if config.erasing:
        area, ratio = rng.uniform(0.02, 0.25, everyone), np.exp(rng.uniform(-1, 1, everyone))
        high, wide = np.sqrt(area * ratio).clip(0, 1) * h, np.sqrt(area / ratio).clip(0, 1) * w
        top, left = rng.random(everyone) * (h - high), rng.random(everyone) * (w - wide)
        chosen = rng.random(everyone) < config.erasing
        corners = np.stack([top, top + high, left, left + wide], 1).astype(int)[share]
        for i in np.flatnonzero(chosen[share]):
            first, last, start, end = corners[i]
            x[i, first:last, start:end] = 0
    return x.permute(0, 3, 1, 2)


def _coarsened(photo: Tensor, share: float) -> Tensor:
    """A photo as a camera with fewer pixels sees it: (H, W, 3) made smaller to a share of its size, and large again."""
    h, w, _ = photo.shape
    photo = photo.permute(2, 0, 1)[None]
    small = F.interpolate(photo, (max(1, round(h * share)), max(1, round(w * share))), mode="area")
    return F.interpolate(small, (h, w), mode="bilinear", align_corners=False)[0].permute(1, 2, 0)
