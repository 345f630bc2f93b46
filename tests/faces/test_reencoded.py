"""Boxes do not depend on how a clip was encoded."""

from fractions import Fraction

import av
import numpy as np
import pytest

from conclugen.faces.boxes import overlap
from conclugen.faces.extract import extract
from conclugen.media.items import MediaItem

ENCODERS = {
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "b": "1M"}),
    "mpeg4.avi": ("mpeg4", "yuv420p", {"b": "1M"}),
    "mjpeg.mov": ("mjpeg", "yuvj420p", {"q": "5"}),
    "hevc.mp4": ("libx265", "yuv420p", {"preset": "ultrafast", "x265-params": "log-level=none"}),
}
RATES = (15, 25, 50)
CLIPS = 3
NEAR_S = 0.045  # frames of the original are 0.04 s apart
SAME_BOX, SHARE = 0.8, 0.95  # least overlap, in this share of the common times

pytestmark = [pytest.mark.real, pytest.mark.slow]


def reencode(source, target, codec, pixels, options, rate):
    """Write the frames of a clip that are on screen at the times i / `rate`."""
    with av.open(str(source)) as read, av.open(str(target), "w") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in read.decode(video=0)]
        given = float(read.streams.video[0].average_rate)
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        for i in range(int(len(frames) / given * rate)):
            frame = av.VideoFrame.from_ndarray(frames[min(int(i * given / rate), len(frames) - 1)], format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def boxes(path, settings):
    done = extract(MediaItem("u", path.name, None, None, None, 1, ""), str(path.parent), settings())
    assert done.present, (path.name, done.reason)
    return done.track


@pytest.fixture(scope="module")
def originals(shared_data, settings):
    paths = sorted((shared_data / "clips").glob("*.mpg"))[:CLIPS]
    assert len(paths) == CLIPS
    return [(path, boxes(path, settings)) for path in paths]


@pytest.mark.parametrize("clip", range(CLIPS))
@pytest.mark.parametrize("name", ENCODERS)
def test_a_clip_has_the_same_boxes_however_it_is_encoded(originals, settings, tmp_path, name, clip):
    codec, pixels, options = ENCODERS[name]
    if codec not in av.codecs_available:
        pytest.skip(f"no encoder {codec}")
    rate = RATES[(clip + list(ENCODERS).index(name)) % len(RATES)]  # every encoder meets every rate
    source, expected = originals[clip]
    reencode(source, tmp_path / name, codec, pixels, options, rate)
    found = boxes(tmp_path / name, settings)
    assert (found.width, found.height) == (expected.width, expected.height)
    nearest = np.abs(found.time_s[None] - expected.time_s[:, None]).argmin(1)
    common = np.abs(found.time_s[nearest] - expected.time_s) < NEAR_S
    assert common.mean() > 0.9
    shared = np.array([overlap(a[None], b[None])[0, 0] for a, b in zip(expected.box, found.box[nearest], strict=True)])
    assert (shared[common] >= SAME_BOX).mean() >= SHARE, np.sort(shared[common])[:10]
