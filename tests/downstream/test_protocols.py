"""Every protocol from its command line, on data with planted truth."""

from __future__ import annotations

import importlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from conclugen.downstream.protocols import FUSIONS
from conclugen.evaluation.predictions import read
from conclugen.evaluation.truth import read_truth

HEADS = {"representation_dim": 16, "hidden_dim": 16, "gated": False, "representation_relu": False, "narrow": []} | {
    "residual": False,
}
KNN = ("modalities", "evaluate", "target", "seeds", "standardise", "label_fraction")
LONG = {"learning_rates": [3e-3], "epochs": 80, "patience": 40}  # three steps an epoch: fusions start from nothing
WITHOUT_MODEL = ("raw", "supervised")


def settings_of(world, protocol, **changes):
    if protocol == "knn":
        given = json.loads(world.settings(**changes))
        return json.dumps({name: given[name] for name in KNN} | {"neighbours": [5, 20, 40]})
    if protocol == "supervised":
        return world.settings(**HEADS, standardise_inputs=True, **changes)
    return world.settings(**changes)


def run(world, protocol, output, **changes):
    arguments = world.arguments(output, settings_of(world, protocol, **changes), protocol not in WITHOUT_MODEL)
    importlib.import_module(f"conclugen.downstream.{protocol}").main(arguments)
    return output


@pytest.mark.parametrize("protocol", ["linear", "linear_input", "raw", "knn", "finetune", "supervised"])
@pytest.mark.parametrize("name", ["multi_world", "single_world"])
def test_finds_the_planted_truth(name, protocol, request, tmp_path):
    world = request.getfixturevalue(name)
    run(world, protocol, tmp_path)
    chance = 0.5 if world.task == "multi" else 1 / 3
    for seed in (0, 1):
        assert world.balanced_accuracy(tmp_path / f"seed{seed}.parquet") > chance + 0.2
    chosen = pd.read_csv(tmp_path / "selection.csv").query("chosen")
    assert sorted(chosen["seed"]) == [0, 1]
    assert (chosen["valid_score"] > chance + 0.2).all()


@pytest.mark.parametrize(
    ("name", "fusion"), [*(("multi_world", one) for one in FUSIONS.values()), ("single_world", "cmib")]
)
def test_each_fusion_finds_the_planted_truth(name, fusion, request, tmp_path):
    world = request.getfixturevalue(name)
    run(world, "supervised", tmp_path, fusion=fusion, **LONG)
    chance = 0.5 if world.task == "multi" else 1 / 3
    for seed in (0, 1):
        assert world.balanced_accuracy(tmp_path / f"seed{seed}.parquet") > chance + 0.2
    scores = pd.read_parquet(tmp_path / "seed0.parquet").filter(like="score_")
    assert np.isfinite(scores.to_numpy()).all()  # of the utterance without any modality, too


@pytest.mark.parametrize("fusion", ["lmf", "cmib"])
def test_each_fusion_is_drawn_anew_from_its_seed(fusion, multi_world, tmp_path):
    changes = {"fusion": fusion, "learning_rates": [3e-3], "epochs": 2}
    for folder in ("one", "other"):
        run(multi_world, "supervised", tmp_path / folder, **changes)
    first, again = ((tmp_path / folder / "seed0.parquet").read_bytes() for folder in ("one", "other"))
    assert first == again
    assert first != (tmp_path / "one/seed1.parquet").read_bytes()


def test_a_fusion_learns_nothing_from_noise(multi_world, tmp_path):
    alone = {"evaluate": ["audio"], "modalities": {"audio": ["noise"]}}
    run(multi_world, "supervised", tmp_path, fusion="cmib", **alone, **LONG)
    found = [multi_world.balanced_accuracy(tmp_path / f"seed{seed}.parquet") for seed in (0, 1)]
    assert abs(np.mean(found) - 0.5) < 0.12


@pytest.mark.parametrize("protocol", ["finetune", "supervised"])
def test_networks_find_the_planted_sentiment(protocol, multi_world, tmp_path):
    """The other protocols stand in test_sentiment.py."""
    check_sentiment(run(multi_world, protocol, tmp_path, target="sentiment"), multi_world)


def test_a_fusion_finds_the_planted_sentiment(multi_world, tmp_path):
    check_sentiment(run(multi_world, "supervised", tmp_path, target="sentiment", fusion="misa", **LONG), multi_world)


def check_sentiment(folder, multi_world):
    found = pd.read_parquet(folder / "seed0.parquet").query("split == 'test'").set_index("utterance_id")
    wanted = multi_world.sentiment[found.index]
    guess = multi_world.sentiment.median()
    assert (found["score_sentiment"] - wanted).abs().mean() < 0.8 * (guess - wanted).abs().mean()


def test_shuffled_labels_end_at_chance(multi_world, tmp_path):
    run(multi_world, "shuffled", tmp_path, seeds=list(range(6)))
    found = [multi_world.balanced_accuracy(tmp_path / f"seed{seed}.parquet") for seed in range(6)]
    assert abs(np.mean(found) - 0.5) < 0.08


def test_predictions_hold_every_utterance_and_no_label(multi_world, tmp_path):
    run(multi_world, "raw", tmp_path, seeds=[0])
    table = pd.read_parquet(tmp_path / "seed0.parquet")
    prefixes = ("score", "without_video", "without_audio")
    columns = [f"{prefix}_{name}" for prefix in prefixes for name in ("happy", "sad", "anger")]
    assert list(table.columns) == ["utterance_id", "split", *columns]
    assert (table.dtypes[2:] == np.float32).all()
    manifest = pd.read_parquet(multi_world.manifest)
    assert (
        table["utterance_id"].tolist() == manifest["utterance_id"][manifest["split"].isin(["valid", "test"])].tolist()
    )
    assert "clip0004" in set(table["utterance_id"])  # no modality present
    assert table.iloc[:, 2:].map(lambda value: 0 <= value <= 1).all(axis=None)


@pytest.mark.parametrize("protocol", ["linear", "linear_input", "raw", "shuffled", "finetune", "supervised", "knn"])
def test_labels_of_test_change_nothing(protocol, multi_world, tmp_path):
    """The same bytes come out of a manifest whose test labels are all different: nothing reads them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pq.read_table(multi_world.manifest)
    table = arrow.to_pandas()
    table.loc[table["split"] == "test", ["happy", "sad", "anger"]] = 3.0
    pq.write_table(
        pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(arrow.schema.metadata),
        tmp_path / "other.parquet",
    )
    changed = type(multi_world)(**{**vars(multi_world), "manifest": tmp_path / "other.parquet"})
    one, other = run(multi_world, protocol, tmp_path / "one"), run(changed, protocol, tmp_path / "other")
    for name in ("seed0.parquet", "seed1.parquet", "selection.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_one_modality_alone(multi_world, tmp_path):
    strong = run(multi_world, "linear", tmp_path / "video", evaluate=["video"])
    weak = run(multi_world, "linear", tmp_path / "audio", evaluate=["audio"])
    found = [multi_world.balanced_accuracy(folder / "seed0.parquet") for folder in (strong, weak)]
    assert found[0] > found[1] + 0.05


def test_seeds_take_turns_with_the_models(multi_world, tmp_path):
    run(multi_world, "linear", tmp_path, seeds=[0, 1, 2])
    rows = pd.read_csv(tmp_path / "selection.csv")
    assert rows.groupby("seed")["model"].first().tolist() == ["seed0", "seed1", "seed0"]


def test_a_share_of_the_labels_teaches_less(multi_world, tmp_path):
    found = {}
    for share in (1.0, 0.1):
        run(multi_world, "raw", tmp_path / f"{share}", label_fraction=share)
        found[share] = multi_world.balanced_accuracy(tmp_path / f"{share}" / "seed0.parquet")
        assert set(pd.read_csv(tmp_path / f"{share}" / "selection.csv")["label_fraction"]) == {share}
    assert 0.5 < found[0.1] < found[1.0]


def test_saved_head_gives_the_predictions(multi_world, tmp_path):
    from conclugen.downstream import data

    run(multi_world, "raw", tmp_path, seeds=[0])
    head = load_file(tmp_path / "seed0.head.safetensors")
    arguments = data.parse_arguments("", multi_world.arguments(tmp_path, "", False), False)
    joined = {"video": ("strong",), "audio": ("weak", "noise")}
    inputs = data.read(multi_world.manifest, arguments.features, joined, ("video", "audio"), "expression").inputs
    here = np.concatenate(
        [np.repeat(inputs.present[m].numpy()[:, None], inputs.features[m].shape[1], 1) for m in joined], 1
    )
    values = np.concatenate([inputs.features[m].numpy() for m in joined], 1).astype(np.float32)
    logits = ((values - head["mean"]) / head["scale"] * here) @ head["weight"] + head["bias"]
    table = pd.read_parquet(tmp_path / "seed0.parquet").set_index("utterance_id")
    wanted = pd.DataFrame(1 / (1 + np.exp(-logits)), index=inputs.ids).loc[table.index]
    np.testing.assert_allclose(table.filter(like="score_").to_numpy(), wanted.to_numpy(), atol=1e-5)


def test_predictions_in_the_place_of_others_are_refused(multi_world, tmp_path):
    """Copied from another data set, method, protocol, share or seed, as by a wrong restore."""
    here = tmp_path / "downstream/small/corpus/paper/raw-features/raw"
    run(multi_world, "raw", here, epochs=1)
    truth = read_truth(multi_world.manifest, "expression")
    shutil.copytree(tmp_path / "downstream", tmp_path / "moved/downstream")  # with all results: the same data set
    read(tmp_path / "moved/downstream/small/corpus/paper/raw-features/raw", truth)
    for other in (
        "downstream/other/corpus/paper/raw-features/raw",
        "downstream/small/mine/paper/raw-features/raw",
        "downstream/small/corpus/paper/Own/raw",
        "downstream/small/corpus/paper/raw-features/linear",
        "downstream/small/corpus/paper/raw-features/raw/fraction-0.5",
    ):
        shutil.copytree(here, tmp_path / other, dirs_exist_ok=True, ignore=shutil.ignore_patterns("fraction-*"))
        with pytest.raises(ValueError, match="holds the predictions of small/corpus/paper/raw-features/raw, seed 0"):
            read(tmp_path / other, truth)
    shutil.copy(here / "seed0.parquet", here / "seed1.parquet")
    with pytest.raises(ValueError, match=r"seed1\.parquet: holds the predictions of .*, seed 0; delete it and rerun"):
        read(here, truth)


@pytest.mark.parametrize("protocol", ["raw", "knn", "finetune"])
def test_nothing_of_an_earlier_run_stays(protocol, multi_world, tmp_path):
    run(multi_world, protocol, tmp_path, epochs=1)
    run(multi_world, protocol, tmp_path, seeds=[1], epochs=1)
    assert [path.name for path in tmp_path.rglob("*.parquet")] == ["seed1.parquet"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": []}, "seeds"),
        ({"seeds": [-1]}, "seeds"),
        ({"label_fraction": 0.0}, "label_fraction"),
        ({"label_fraction": 1.5}, "label_fraction"),
        ({"evaluate": []}, "evaluate"),
        ({"dropout": 1.5}, "dropout"),
    ],
)
def test_impossible_settings_are_refused(change, message, multi_world, tmp_path):
    with pytest.raises(ValueError, match=message):
        run(multi_world, "raw", tmp_path, **change)
    assert not list(tmp_path.iterdir())


def test_a_network_for_other_inputs_is_refused(multi_world, tmp_path):
    with pytest.raises(RuntimeError):
        run(multi_world, "linear", tmp_path, modalities={"video": ["weak"], "audio": ["noise"]})
