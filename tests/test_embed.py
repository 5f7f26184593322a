"""Photos to features: normalisation by hand, batches that do not matter, a cache that knows what changed."""

import numpy as np
import pytest
import torch
from PIL import Image

from osnet_edu import embed, osnet
from osnet_edu.photos import market


@pytest.fixture
def photos(tmp_path):
    rng = np.random.Generator(np.random.PCG64(0))
    for i in range(7):
        picture = Image.fromarray(rng.integers(0, 256, (64, 32, 3), dtype=np.uint8))
        picture.save(tmp_path / market.format_name(i, 1, 1, 1, 1), quality=95)
    return [market.parse_name(path) for path in sorted(tmp_path.glob("*.jpg"))]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return osnet(0.25).eval()


def test_pictures_that_may_not_be_written_are_taken_without_a_warning():
    images = np.full((1, 4, 2, 3), 128, np.uint8)
    images.setflags(write=False)
    assert np.array_equal(embed.normalise(images), embed.normalise(images.copy()))


def test_normalise_by_hand():
    images = np.zeros((1, 2, 1, 3), np.uint8)
    images[0, 1, 0] = (255, 128, 0)
    x = embed.normalise(images)
    assert x.shape == (1, 3, 2, 1)
    expected = [(1 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, -0.406 / 0.225]
    np.testing.assert_allclose(x[0, :, 1, 0], expected, rtol=1e-6)
    with pytest.raises(ValueError, match="expected images"):
        embed.normalise(images.astype(np.float32))


def test_the_batch_size_changes_nothing(model, photos):
    whole = embed.embed(model, photos, size=(64, 32))
    parts = embed.embed(model, photos, size=(64, 32), batch=3)
    np.testing.assert_allclose(whole.features, parts.features, atol=1e-6)
    assert whole.people.tolist() == list(range(7)) and whole.features.dtype == np.float32


def test_features_are_those_of_the_model_in_eval_mode(model, photos):
    images = market.decode(photos, (64, 32)).images
    with torch.no_grad():
        expected = model(embed.normalise(images)).numpy()
    model.train()
    found = embed.embed(model, photos, size=(64, 32)).features
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert model.training


def test_broken_photos_are_skipped_and_said(model, photos):
    photos[2].path.write_bytes(b"")
    for cache in (
        None,
        photos[0].path.parent / "cache",
        photos[0].path.parent / "cache",
    ):  # twice: made, then remembered
        found = embed.embed(model, photos, size=(64, 32), batch=1, cache=cache)
        assert found.people.tolist() == [0, 1, 3, 4, 5, 6] and len(found.features) == 6
        assert [(s.path, s.reason) for s in found.skipped] == [(photos[2].path, "empty file")]


def test_nothing_to_read_is_refused(model, photos):
    for photo in photos:
        photo.path.write_bytes(b"")
    with pytest.raises(ValueError, match="none of 7 photos can be read"):
        embed.embed(model, photos, size=(64, 32))


def test_the_cache_is_used_until_weights_or_photos_change(model, photos, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    first = embed.embed(model, photos, size=(64, 32), cache=cache)
    with monkeypatch.context() as patch:
        patch.setattr(embed.photos, "decode", lambda *_: pytest.fail("decoded again"))
        again = embed.embed(model, photos, size=(64, 32), cache=cache)
    np.testing.assert_array_equal(first.features, again.features)
    assert again.photos == first.photos
    with torch.no_grad():
        model.fc[0].bias += 1
    changed = embed.embed(model, photos, size=(64, 32), cache=cache)
    assert np.abs(changed.features - first.features).max() > 0.1
    Image.new("RGB", (32, 64), (255, 0, 0)).save(photos[0].path)
    assert not np.array_equal(embed.embed(model, photos, size=(64, 32), cache=cache).features[0], changed.features[0])
    assert len(list(cache.iterdir())) == 3
