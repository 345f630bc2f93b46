import numpy as np
import pytest
import torch
from torch.nn import functional as F

from conclugen.features.pixels import ImageNetNormalise, unit_images


def test_same_size_is_only_rescaled():
    frames = torch.randint(0, 256, (2, 8, 8, 3), dtype=torch.uint8)
    images = unit_images(frames, 8)
    assert images.shape == (2, 3, 8, 8)
    torch.testing.assert_close(images[1, 2], frames[1, ..., 2] / 255.0)


def test_channels_stay_red_green_blue():
    red = torch.zeros(1, 20, 20, 3, dtype=torch.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(unit_images(red, 9).mean((0, 2, 3)), [1, 0, 0], atol=1e-6)
    normal = ImageNetNormalise()(unit_images(red, 9)).mean((0, 2, 3))
    # (1 - .485) / .229, (0 - .456) / .224, (0 - .406) / .225
    np.testing.assert_allclose(normal, [2.2489, -2.0357, -1.8044], atol=1e-3)


def test_aspect_is_kept_and_the_centre_cropped():
    wide = torch.zeros(1, 10, 30, 3, dtype=torch.uint8)
    wide[:, :, 10:20] = 255
    assert unit_images(wide, 10).min() == 1.0


def test_shrinking_does_not_alias():
    stripes = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    stripes[:, :, ::2] = 255
    shrunk = unit_images(stripes, 16)[..., 2:-2]
    assert shrunk.std() < 0.02
    assert abs(float(shrunk.mean()) - 0.5) < 0.02


@pytest.mark.parametrize(("height", "width", "size"), [(224, 224, 112), (40, 60, 32), (50, 50, 64)])
def test_bytes_are_resized_as_floats_would_be(height, width, size):
    frames = torch.randint(0, 256, (3, height, width, 3), dtype=torch.uint8)
    images, scale = unit_images(frames, size) * 255, size / min(height, width)
    target = (round(height * scale), round(width * scale))
    floats = frames.permute(0, 3, 1, 2).float()
    expected = F.interpolate(floats, target, mode="bilinear", antialias=True, align_corners=False)
    left = (target[1] - size) // 2
    torch.testing.assert_close(images, expected[..., left : left + size], atol=1.5, rtol=0)  # half a level, twice
    assert images.shape == (3, 3, size, size)
    torch.testing.assert_close(images, images.round(), atol=1e-4, rtol=0)
