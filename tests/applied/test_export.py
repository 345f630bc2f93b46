"""An exported folder scores as the pipeline did, elsewhere too, and refuses what it was not made for."""

import json
import re
import shutil

import numpy as np
import pytest
import torch
from small_results import PROTOCOLS, SETTINGS

import conclugen
from conclugen.applied.errors import ApplyError
from conclugen.applied.export import export
from conclugen.downstream import predictions
from conclugen.models import io
from conclugen.models.io import ModelError
from conclugen.store.shards import read_shard, write_shard


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("seed", [0, 1])
def test_scores_are_those_that_the_pipeline_wrote(planted, tmp_path, protocol, seed):
    export(planted.protocol(protocol), tmp_path / "model", seed)
    model = conclugen.load(shutil.move(tmp_path / "model", tmp_path / "elsewhere"))
    found = model.predict(features=planted.shards(), calibrated=False).set_index("id")
    wanted = conclugen.read(planted.protocol(protocol) / f"seed{seed}.parquet").set_index("utterance_id")
    scores = [name for name in wanted if name.startswith("score_")]
    some = found.loc[wanted.index, [name for name in found if name.startswith("has_")]].any(axis=1)
    assert not some.all()
    np.testing.assert_allclose(found.loc[wanted.index[some], scores], wanted.loc[some, scores], atol=2e-6)
    assert found.loc[wanted.index[~some], scores].isna().all(axis=None)


@pytest.mark.parametrize(
    ("protocol", "origin"), [("finetune", "pretrained without labels (seed0)"), ("supervised", "fresh")]
)
def test_a_network_that_was_trained_with_its_head_is_exported_with_it(planted, tmp_path, protocol, origin):
    exported = export(planted.protocol(protocol) / "seed1", tmp_path / "model")
    assert (exported.seed, exported.network_sha256) != (0, io.weights_sha256(planted.network()))
    assert exported.network_sha256 == io.weights_sha256(planted.protocol(protocol) / "seed1")
    card = (tmp_path / "model/README.md").read_text("utf-8")
    assert f"The network was {origin} and then trained with the head" in card


def test_what_an_earlier_run_kept_of_other_seeds_is_removed(planted, tmp_path):
    folder = shutil.copytree(planted.protocol("finetune"), tmp_path / "finetune")
    predictions.clear(folder)
    assert list(folder.iterdir()) == []


def test_a_model_says_what_it_is(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    said = "<conclugen model mine/mine/improved/untrained/linear, seed 0: words: text; face: frames2d; scores anger, "
    assert repr(conclugen.load(tmp_path / "model")).startswith(said)


def test_sentiment_is_scored_from_minus_three_to_three(planted, tmp_path):
    export(planted.protocol("linear", "-sentiment"), tmp_path / "model")
    model = conclugen.load(tmp_path / "model")
    assert (model.classes, model.exported.head.task) == (("sentiment",), "regression")
    found = model.predict(features=planted.shards()).set_index("id")["score_sentiment"]
    path = planted.protocol("linear", "-sentiment") / "seed0.parquet"
    wanted = conclugen.read(path).set_index("utterance_id")["score_sentiment"]
    both = found[wanted.index].notna()
    np.testing.assert_allclose(found[wanted.index][both], wanted[both], atol=1e-5)


def test_embeddings_of_a_network_alone_are_its_representations(planted, tmp_path):
    exported = export(planted.network(), tmp_path / "model")
    assert exported.head is None
    model = conclugen.load(tmp_path / "model")
    found = model.embed(features=planted.shards())
    shard = read_shard(planted.shards()["text"][0])
    here = shard.present
    network = io.load(planted.network())
    with torch.no_grad():
        wanted = network.represent({"words": torch.from_numpy(shard.features)})["words"].numpy()
    np.testing.assert_allclose(found["words"].to_numpy()[here], wanted[here], atol=1e-5)
    assert found["words"][~here].isna().all(axis=None)
    assert found["face"].shape == (36, 8)
    with pytest.raises(ApplyError, match="has no head"):
        model.predict(features=planted.shards())


def test_arrays_are_taken_with_rows_of_nan_for_what_is_absent(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    model = conclugen.load(tmp_path / "model")
    whole = model.predict(features=planted.shards())
    arrays = {}
    for name, [path] in planted.shards().items():
        shard = read_shard(path)
        arrays[name] = np.where(shard.present[:, None], shard.features, np.nan)
    found = model.predict(features=arrays)
    np.testing.assert_allclose(found.filter(like="score_"), whole.filter(like="score_"), atol=1e-6)
    alone = model.predict(features={"text": arrays["text"]})
    assert not alone["has_face"].any()
    assert alone["notes"].str.contains("frames2d: not given").all()


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"text": np.zeros((2, 5))}, "features of text have 5 numbers a row, the model was trained on 384, of minilm"),
        ({"smell": np.zeros((2, 5))}, "features of smell: the model reads text, frames2d"),
        ({"text": np.zeros((2, 384)), "frames2d": np.zeros((3, 1280))}, "are of other utterances"),
        ({"text": np.full((1, 384), [np.nan] + [1.0] * 383)}, "1 rows have gaps"),
        ({"text": np.array([["a"]])}, "an array (N, D) of numbers is needed"),
        ({}, "no features"),
    ],
)
def test_features_that_do_not_fit_are_refused(planted, tmp_path, features, said):
    export(planted.protocol("raw"), tmp_path / "model")
    with pytest.raises(ApplyError, match=re.escape(said)):
        conclugen.load(tmp_path / "model").predict(features=features)


def test_shards_of_another_backbone_are_refused(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    shard = read_shard(planted.shards()["text"][0])
    about = shard.attributes | {"backbone": "other", "weights_sha256": "cd" * 32}
    write_shard(tmp_path / "0000.h5", shard.utterance_id, shard.features, shard.present, about)
    with pytest.raises(ApplyError, match=r"0000\.h5: was made by other, the model was trained on text of minilm"):
        conclugen.load(tmp_path / "model").predict(features={"text": tmp_path / "0000.h5"})


def test_the_card_tells_what_was_measured_and_what_it_is_not_for(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    card = (tmp_path / "model/README.md").read_text("utf-8")
    if conclugen.load(tmp_path / "model").exported.head.task == "single":
        assert "| **recall_macro** | 0.4100 | 0.3000 | 0.5200 |" in card
    for said in ("Beats chance: no", "is not a felt emotion", "personal data", "mine (own data)", "minilm"):
        assert said in card
    export(planted.protocol("linear_input"), tmp_path / "other")
    assert "Nothing: the run had written no table" in (tmp_path / "other/README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["exported.json", "head.safetensors", "model.safetensors", "settings.json"])
def test_a_folder_that_was_altered_is_refused(planted, tmp_path, name):
    export(planted.protocol("linear"), tmp_path / "model")
    path = tmp_path / "model" / name
    data = bytearray(path.read_bytes())
    place = data.index(b'"seed"') + 2 if name.endswith("json") else len(data) - 3
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises((ApplyError, ModelError)):
        conclugen.load(tmp_path / "model")


def test_the_network_of_another_model_is_refused(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    network = io.load(planted.network())
    with torch.no_grad():
        next(network.parameters()).add_(1)
    io.save(network, tmp_path / "model", {})
    with pytest.raises(ApplyError, match="holds another network than it says"):
        conclugen.load(tmp_path / "model")


def test_what_cannot_be_exported_is_told(planted, tmp_path):
    with pytest.raises(ApplyError, match="has no seed 7; there are 0, 1"):
        export(planted.protocol("linear"), tmp_path / "model", 7)
    with pytest.raises(ApplyError, match="no model; name a folder such as results/downstream"):
        export(tmp_path, tmp_path / "model")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/kept.txt").write_text("mine")
    with pytest.raises(ApplyError, match="is there already"):
        export(planted.protocol("linear"), tmp_path / "full")
    shuffled = tmp_path / "results/downstream/mine/mine/improved/untrained/shuffled"
    shutil.copytree(planted.protocol("linear"), shuffled)
    with pytest.raises(ApplyError, match=r"untrained \(shuffled\) learned permuted labels"):
        export(shuffled, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_features_that_do_not_say_their_settings_need_the_configuration(planted, tmp_path):
    results = shutil.copytree(planted.folder, tmp_path / "results")
    for stream in SETTINGS:
        path = results / f"features/mine/{stream}/0000.h5"
        shard = read_shard(path)
        about = {key: value for key, value in shard.attributes.items() if key != "settings"}
        write_shard(path, shard.utterance_id, shard.features, shard.present, about)
    model = results / planted.protocol("raw").relative_to(planted.folder)
    with pytest.raises(ApplyError, match="does not say its settings"):
        export(model, tmp_path / "model")
    own = {"path": str(tmp_path / "own.pth"), "sha256": "ab" * 32}
    exported = export(model, tmp_path / "model", None, lambda name: json.dumps(SETTINGS[name] | {"weights": own}))
    assert json.loads(exported.streams["text"].settings)["weights"]["path"] == "own.pth"


def test_weights_are_named_where_they_lie_elsewhere(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    with pytest.raises(ApplyError, match="weights of audio: the model reads text, frames2d"):
        conclugen.load(tmp_path / "model", {"audio": "x.pth"})
    with pytest.raises(ApplyError, match="minilm ships in a package"):
        conclugen.load(tmp_path / "model", {"text": "x.pth"})
    with pytest.raises(ApplyError, match="detector 'yolo': allowed are mtcnn, none"):
        conclugen.load(tmp_path / "model", detector="yolo")
    assert conclugen.load(tmp_path / "model").detector == "none"
    assert conclugen.load(tmp_path / "model", detector="mtcnn").detector == "mtcnn"
