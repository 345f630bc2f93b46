"""Corpora of some modalities: what is left of modalities and methods, and what is said of the rest."""

import copy

import pytest

from conclugen import choices
from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.pretrain.methods import METHODS

EVERY = ["ConCluGen", "ConClu", "ConGen", "Multi-Cont", "Generative"]
WATCHED, FRAMES = [*EVERY, "ConCluGen-vision"], ["frames2d", "frames3d"]
DEFAULT = [*WATCHED, "Multi-Cont-wo-text", "Multi-Cont-wo-audio"]


def arrays(*streams, **more):
    """A configuration whose only data set has these arrays."""
    mine = {"adapter": "features", "root": "/data", "file": "f.npz", "streams": {name: name for name in streams}}
    return {"datasets": {"mine": mine}, "pretrain": {"dataset": "mine"}, "downstream": {"datasets": ["mine"]}} | more


def media(*has, test=("video", "audio", "text")):
    """A corpus and a test set of media that hold these."""
    folder = {"adapter": "folder", "root": "/data/mine", "has": list(has)}
    other = {"adapter": "folder", "root": "/data/test", "has": list(test)}
    return {
        "datasets": {"mine": folder, "test": other},
        "pretrain": {"dataset": "mine"},
        "downstream": {"datasets": ["test"]},
    }


def test_with_everything_nothing_is_left_out():
    config = check(arrays("frames2d", "frames3d", "audio", "text"))
    assert (config.pretrain.methods, config.notes) == (DEFAULT, ())


@pytest.mark.parametrize(
    ("given", "modalities", "methods"),
    [
        (arrays("audio", "text"), {"audio": ["audio"], "text": ["text"]}, EVERY),
        (arrays("frames2d", "text"), {"video": ["frames2d"], "text": ["text"]}, WATCHED),
        (arrays("text"), {"text": ["text"]}, ["Generative"]),
        (media("audio", "text"), {"audio": ["audio"], "text": ["text"]}, EVERY),
        (media("video", "audio", test=["video", "audio"]), {"video": FRAMES, "audio": ["audio"]}, WATCHED),
        (media("video", "audio"), {"video": FRAMES, "audio": ["audio"]}, WATCHED),
        (media("video", "audio", "text", test=["audio"]), {"audio": ["audio"]}, ["Generative"]),
        (media("text"), {"text": ["text"]}, ["Generative"]),
        (media("video"), {"video": FRAMES}, ["Generative"]),
    ],
)
def test_what_the_data_lack_is_in_no_modality_and_methods_adapt(given, modalities, methods):
    config = check(given)
    assert config.modalities == modalities
    assert config.pretrain.methods == methods
    for method in config.pretrain.methods:
        assert set(choices.modalities(config, method)) == set(modalities)
    gone = set(DEFAULT) - set(methods)
    assert all(any(f"the method {method} is left out: it " in note for note in config.notes) for method in gone)
    assert config.tables.reference in config.pretrain.methods


def test_neither_faces_nor_a_missing_stream_is_made_or_accounted_for():
    config = check(media("audio", "text"))
    assert choices.accounted_streams(config, "mine") == ["audio", "text"]
    assert [name for name, _ in choices.table_rows(config)][:3] == [
        "raw-features",
        "raw-features-audio",
        "raw-features-text",
    ]
    assert choices.backbone_streams(config) == ["audio", "text"]


@pytest.mark.parametrize(
    ("method", "streams", "message"),
    [
        (
            "ConCluGen-vision",
            ("audio", "text"),
            "ConCluGen-vision is judged on video, which is not there; leave it out",
        ),
        ("Multi-Cont-wo-text", ("frames2d", "audio"), "Multi-Cont-wo-text is pretrained without text, which is not th"),
        ("ConClu", ("audio",), "ConClu contrasts modalities, and there is only audio; leave it out"),
        ("Instance-Cont", ("audio", "text"), "Instance-Cont compares augmented copies of video, which the data lack"),
    ],
)
def test_a_method_that_was_named_is_refused_and_not_left_out(method, streams, message):
    given = arrays(*streams, tables={"reference": method})
    given["pretrain"] |= {"methods": [method]}
    with pytest.raises(ConfigError, match=rf"pretrain\.methods: {message}"):
        check(given)


def test_one_test_set_may_be_without_texts_while_others_have_them():
    given = media("video", "audio", "text", test=["video", "audio"])
    given["downstream"]["datasets"].append("mine")
    config = check(given)
    assert list(config.modalities) == ["video", "audio", "text"]
    assert "text" in choices.accounted_streams(config, "mine")
    assert "text" not in choices.accounted_streams(config, "test")


def test_a_recipe_of_ones_own_keeps_to_what_is_there_or_is_refused():
    given = arrays("audio", "text", tables={"reference": "Own"})
    given["pretrain"] |= {"methods": ["Own"], "recipes": {"Own": {"losses": ["mms"]}}}
    assert choices.modalities(check(given), "Own") == {"audio": ["audio"], "text": ["text"]}
    alone = copy.deepcopy(given)
    del alone["datasets"]["mine"]["streams"]["text"]
    with pytest.raises(ConfigError, match=r"recipes\.Own\.losses: mms compares modalities, and there is only audio"):
        check(alone)
    given["pretrain"]["recipes"]["Own"]["modalities"] = {"face": ["frames2d"], "voice": ["audio"]}
    with pytest.raises(ConfigError, match=r"recipes\.Own\.modalities\.face: 'frames2d' is no stream of mine"):
        check(given)


def test_a_recipe_that_nothing_trains_may_need_what_is_not_there():
    given = arrays("audio")
    recipes = {
        "Own": {"losses": ["mms"]},
        "Face": {"losses": ["mms"], "modalities": {"a": ["frames2d"], "b": ["text"]}},
    }
    given["pretrain"]["recipes"] = recipes
    assert check(given).pretrain.methods == ["Generative"]
    recipes["Face"]["modalities"]["b"] = ["txet"]
    with pytest.raises(ConfigError, match=r"recipes\.Face\.modalities\.b: 'txet' is no stream of mine"):
        check(given)


def test_where_nothing_is_left_the_line_to_write_is_told():
    with pytest.raises(ConfigError, match=r"modalities: \{face: \[face\], words: \[words\]\}"):
        check(arrays("face", "words"))
    apart = media("text", test=["video", "audio"])
    with pytest.raises(ConfigError, match=r"share no stream \(mine has text; test has frames2d"):
        check(apart)


def test_modalities_under_other_names_join_in_the_shipped_methods():
    config = check(arrays("face", "words", modalities={"face": ["face"], "words": ["words"]}))
    assert config.pretrain.methods == EVERY
    assert choices.modalities(config, "ConCluGen") == {"face": ["face"], "words": ["words"]}
    assert set(METHODS) - set(EVERY) >= {"Multi-Cont-wo-text"}


def test_where_speech_could_be_recognised_it_is_told():
    notes = check(media("video", "audio")).notes
    assert "mine has no text: the modality text is left out; asr: {} beside the root of mine recognises speech" in notes
    assert not [note for note in check(media("video", test=["video"])).notes if "asr" in note]
