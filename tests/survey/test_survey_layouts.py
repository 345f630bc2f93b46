"""Official layouts are known by what only they have."""

import pytest

from conclugen.survey.layouts import LAYOUTS, OFFICIAL, layout_of

HOLDS = {
    "mosei": ["Raw/Videos/Segmented/Combined/a_0.mp4", "CMU_MOSEI_Labels.csd"],
    "meld": ["train_sent_emo.csv", "train_splits/dia0_utt0.mp4"],
    "voxceleb2": ["dev/mp4/id00001/abc/00001.mp4"],
    "caer": ["CAER/train/Anger/0001.avi"],
    "ravdess": ["Actor_01/03-01-01-01-01-01-01.wav"],
    "cremad": ["AudioWAV/1001_DFA_ANG_XX.wav"],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_known_by_its_files(tmp_path, name):
    for path in HOLDS[name]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert layout_of(tmp_path) == name


@pytest.mark.parametrize(
    "paths",
    [
        ["labels.csv", "a.mp4"],
        ["train/happy_people/a.mp4"],
        ["train/a.mp4", "test/b.mp4"],
        ["Actor_01/a.wav"],
        ["dev/x.txt"],
    ],
)
def test_clips_of_ones_own_are_no_official_layout(tmp_path, paths):
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert layout_of(tmp_path) is None


def test_every_layout_has_its_official_count():
    assert OFFICIAL.keys() == LAYOUTS.keys() == HOLDS.keys()
