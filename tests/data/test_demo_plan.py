"""Which clips the demo corpus has: folds, labels, cues and bad cases, before anything is rendered."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from conclugen.data.demo_cases import CASES
from conclugen.data.demo_layouts import PLANS, SINGLE_SHARES
from conclugen.data.demo_plan import EMOTIONS, Settings, multi_labels, single_labels
from conclugen.data.settings import Strengths
from conclugen.store.settings import dump, parse

SIZES = {"voxceleb2": 200, "mosei": 260, "meld": 140, "caer": 140}


def settings(utterances: int, seed: int = 0, **strengths: float) -> Settings:
    return Settings(utterances=utterances, seed=seed, strengths=Strengths(**strengths))


@pytest.fixture(params=sorted(PLANS))
def layout(request) -> str:
    return request.param


def test_settings_survive_the_command_line_and_refuse_nonsense():
    assert parse(Settings, dump(settings(12))) == settings(12)
    with pytest.raises(ValueError, match=r"strengths\.voice"):
        parse(Settings, dump(settings(12, voice=1.5)))
    with pytest.raises(ValueError, match="utterances"):
        parse(Settings, dump(settings(0)))


def test_plan_has_the_asked_number_of_clips_with_unique_names(layout):
    for n in (1, 7, 40, SIZES[layout]):
        clips = PLANS[layout](settings(n))
        assert len(clips) == n
        assert len({clip.file for clip in clips}) == len({clip.utterance_id for clip in clips}) == n


def test_plan_hangs_on_the_seed_alone(layout):
    assert PLANS[layout](settings(40)) == PLANS[layout](settings(40))
    assert PLANS[layout](settings(40)) != PLANS[layout](settings(40, seed=1))


def test_bad_cases_are_few_each_once_and_reach_the_test_fold(layout):
    clips = PLANS[layout](settings(SIZES[layout]))
    found = Counter(clip.case for clip in clips if clip.case)
    impossible = {"voxceleb2": {"missing"}, "caer": {"missing", "variable_rate"}}.get(layout, set())
    assert found == Counter(set(CASES) - impossible)
    if layout != "voxceleb2":
        bad_by_split = Counter(clip.split for clip in clips if clip.case)
        assert bad_by_split["test"] >= 2
        assert bad_by_split["train"] >= 2
    for n in (20, 40, 90):
        assert sum(bool(clip.case) for clip in PLANS[layout](settings(n))) <= n // 15


@pytest.mark.parametrize("name", ["mosei", "caer"])
def test_no_identity_is_in_two_splits(name):
    splits: dict[int, set[str]] = {}
    for clip in PLANS[name](settings(SIZES[name])):
        splits.setdefault(clip.identity, set()).add(clip.split)
    assert all(len(found) == 1 for found in splits.values())


def test_mosei_folds_have_their_sizes_and_whole_videos():
    clips = PLANS["mosei"](settings(260))
    assert Counter(clip.split for clip in clips) == {"train": 130, "valid": 43, "test": 87}
    by_video: dict[str, list] = {}
    for clip in clips:
        by_video.setdefault(clip.about["video"], []).append(clip)
    assert all(len({clip.split for clip in parts}) == 1 for parts in by_video.values())
    assert all([clip.about["k"] for clip in parts] == list(range(len(parts))) for parts in by_video.values())
    assert np.mean([len(parts) for parts in by_video.values()]) > 2


@pytest.mark.parametrize("name", ["mosei", "meld", "caer"])
def test_every_fold_has_every_class_even_without_its_bad_clips(name):
    clips = [clip for clip in PLANS[name](settings(SIZES[name])) if not clip.case]
    for split in ("train", "valid", "test"):
        counts = Counter(e for clip in clips if clip.split == split for e in clip.emotions or ("neutral",))
        assert set(counts) == {*EMOTIONS, "neutral"}
        assert min(counts.values()) >= 2


def test_single_labels_are_imbalanced_and_exact_in_number():
    names = single_labels(np.random.default_rng(0), SINGLE_SHARES, 100)
    counts = Counter(names)
    assert len(names) == 100
    assert counts.most_common(1)[0][0] == "neutral"
    assert counts["neutral"] > 2 * counts["fear"]
    assert len(single_labels(np.random.default_rng(0), SINGLE_SHARES, 3)) == 3


def test_multi_labels_are_thirds_for_at_most_two_emotions():
    labels = multi_labels(np.random.default_rng(0), dict.fromkeys(EMOTIONS, 1.0), 0.2, 300)
    assert {len(label) for label in labels} == {0, 1, 2}
    values = np.asarray([value for label in labels for value in label.values()])
    np.testing.assert_allclose(values * 3, np.round(values * 3), atol=1e-9)
    assert values.min() > 0
    assert values.max() <= 3
    assert 0.1 < np.mean([not label for label in labels]) < 0.3


def test_strength_is_how_often_a_stream_shows_an_emotion():
    clips = PLANS["mosei"](settings(600, face=1.0, voice=0.4, words=0.0))
    emotional = [clip for clip in clips if clip.emotions]
    assert all(clip.face.keys() == clip.emotions.keys() for clip in emotional)
    assert not any(clip.words for clip in clips)
    share = np.mean([name in clip.voice for clip in emotional for name in clip.emotions])
    assert 0.33 < share < 0.47
    assert all(0 < a <= 1 for clip in clips for a in clip.face.values())


def test_streams_show_nothing_that_the_label_lacks(layout):
    for clip in PLANS[layout](settings(60)):
        for shown in (clip.face, clip.voice, clip.words):
            assert shown.keys() <= clip.emotions.keys()
