"""From pictures to the table, on a made set whose classes pixels tell: every stage once, as rules run it."""

import csv
import json

import numpy as np
import pytest
import torch

from conclugen.evaluation import image_table
from conclugen.images import controls, copies, descriptors, finetune, knn, linear, pretrain, represent, supervised
from conclugen.images import untrained as untrained_file
from conclugen.images.backbone import Representation
from conclugen.images.presets import PRESETS
from conclugen.pretrain.verdict import FILE
from conclugen.store.shards import read_shard

BUDGET = {"learning_rates": [1e-2], "weight_decays": [0.01], "dropout": 0.1, "epochs": 15}
BUDGET |= {"batch_size": 32, "patience": 15}
SHARED = {"seeds": [0, 1], "label_fraction": 1.0, "target": "expression"}
PROBE = SHARED | {"modalities": {"image": ["image"]}, "evaluate": ["image"]}
PROBE |= {"standardise": True}
NETWORK = {"network": "resnet10", "width": 4, "size": 32}
TABLE = {"resamples": 50, "level": 0.95, "seed": 0, "target": "expression"}
TABLE |= {"network": "resnet10", "stills": True}


class Run:
    """Calls stages as rules do, in one folder."""

    def __init__(self, faces, folder):
        self.faces, self.folder = faces, folder
        self.base = ["--images", str(faces / "images.h5")]
        self.listed = ["--manifest", str(faces / "manifest.parquet")]

    def features(self, method):
        return self.folder / f"features/{method}/seed0/image/0000.h5"

    def predictions(self, method, protocol):
        return self.folder / f"downstream/faces/faces/improved/{method}/{protocol}"

    def control(self, name):
        told = {"control": name, "share": 1.0} | NETWORK
        given = [*self.base, *self.listed, "--settings", json.dumps(told), "--seed", "0", "--threads", "1"]
        controls.main([*given, "--output", str(self.features(name))])
        return read_shard(self.features(name))

    def network(self, method, proposals, absent=()):
        told = PRESETS["improved"] | NETWORK | {"dataset": "faces", "preset": "improved", "method": method}
        told |= {"proposals": proposals, "absent": list(absent), "epochs": 2, "batch_size": 21}
        given = [*self.base, *self.listed, "--settings", json.dumps(told), "--seed", "0", "--threads", "1"]
        if "mask_fn" in proposals:
            shard = self.folder / "descriptors/0000.h5"
            descriptors.main([*self.base, "--threads", "1", "--output", str(shard)])
            given += ["--descriptors", str(shard)]
        folder = self.folder / f"networks/{method}/seed0"
        pretrain.main([*given, "--state", str(self.folder / "state"), "--output-dir", str(folder)])
        model = str(folder / "model.safetensors")
        represent.main([*self.base, "--model", model, "--threads", "1", "--output", str(self.features(method))])
        return folder

    def judge(self, method, stage, protocol, settings, model=None, pictures=False):
        given = [*self.listed, "--settings", json.dumps(settings), "--threads", "1"]
        given += self.base if pictures else ["--features", str(self.features(method))]
        given += ["--models", str(model / "model.safetensors")] if model else []
        stage.main([*given, "--output-dir", str(self.predictions(method, protocol))])


@pytest.fixture(scope="module")
def run(faces, tmp_path_factory):
    return Run(faces, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def table(run):
    """Rows of the table of a few methods and every protocol, by (method, protocol)."""
    for name in ("untrained", "pixels", "PCA"):
        run.control(name)
        run.judge(name, linear, "linear", PROBE | BUDGET)
    folder = run.network("SSL-FER", ["face_swap", "mask_fn"], ["time_aug", "hard_neg"])
    run.judge("SSL-FER", linear, "linear", PROBE | BUDGET, folder)
    run.judge("SSL-FER", knn, "knn", PROBE | {"neighbours": [5]}, folder)
    tuned = SHARED | NETWORK | {"budget": BUDGET | {"epochs": 3}}
    run.judge("SSL-FER", finetune, "finetune", tuned, folder, pictures=True)
    run.judge("supervised", supervised, "supervised", tuned, pictures=True)
    found, counts = run.folder / "copies.csv", run.folder / "counts.csv"
    copies.main([*run.base, *run.listed, "--threads", "1", "--output", str(found), "--counts", str(counts)])
    folders = sorted(str(path.parent) for path in run.folder.rglob("seed0.parquet"))
    given = ["--predictions", *folders, *run.listed, "--copies", str(found)]
    image_table.main([*given, "--settings", json.dumps(TABLE), "--output", str(run.folder / "faces.csv")])
    with open(run.folder / "faces.csv") as file:
        return {(row["method"], row["protocol"]): row for row in csv.DictReader(file)}


@pytest.mark.slow
def test_pixels_of_made_classes_are_told_apart_and_chance_is_first(table):
    assert next(iter(table)) == ("majority", "chance")
    assert float(table["pixels", "linear"]["accuracy"]) > 0.95
    assert table["pixels", "linear"]["beats_chance"] == "yes"
    assert float(table["majority", "chance"]["uar"]) == pytest.approx(1 / 7, abs=1e-3)


@pytest.mark.slow
def test_a_row_tells_what_stills_lack_and_how_its_network_is(table):
    row = table["SSL-FER", "linear"]
    assert row["stills_lack"] == "time_aug+hard_neg"
    assert row["pretext"] in ("learned", "weak", "collapsed")
    assert float(row["pretext_retrieval_chance"]) == pytest.approx(1 / 83, abs=1e-4)
    assert row["networks"] == "1"
    assert table["pixels", "linear"]["pretext"] == ""
    gap = float(row["accuracy"]) - float(table["untrained", "linear"]["accuracy"])
    assert float(row["minus_untrained"]) == pytest.approx(gap, abs=2e-4)
    assert float(row["accuracy_lo"]) <= float(row["accuracy"]) <= float(row["accuracy_hi"])


@pytest.mark.slow
def test_every_protocol_has_its_row(table):
    wanted = {("SSL-FER", "linear"), ("SSL-FER", "knn"), ("SSL-FER", "finetune"), ("supervised", "supervised")}
    assert wanted <= set(table)
    assert all(row["n_test"] == "42" for row in table.values())
    assert table["SSL-FER", "finetune"]["pretext"] == table["SSL-FER", "linear"]["pretext"]


@pytest.mark.slow
def test_what_a_network_leaves_says_what_it_went_without(run, table):
    folder = run.folder / "networks/SSL-FER/seed0"
    told = json.loads((folder / "settings.json").read_text())
    assert "without time_aug, hard_neg" in told["fallback"]
    assert (folder / FILE).is_file()
    with open(folder / "history.csv") as file:
        assert len(list(csv.DictReader(file))) == 2
    assert not list((run.folder / "state").glob("*"))


@pytest.mark.slow
def test_a_share_of_the_labels_is_told(run, table):
    run.judge("PCA", linear, "linear/fraction-0.5", PROBE | BUDGET | {"label_fraction": 0.5})
    assert (run.predictions("PCA", "linear") / "fraction-0.5/seed1.parquet").is_file()


def test_components_are_orthogonal_and_those_of_training_images_alone(run):
    values = run.control("PCA").features
    assert values.shape == (168, 200)
    train = values[:84]
    assert np.allclose(train.mean(0), 0, atol=1e-3)
    spread = train.T @ train
    assert np.abs(spread - np.diag(np.diag(spread))).max() < 1e-3 * np.diag(spread).max()
    assert np.all(np.diff(np.diag(spread)[:20]) <= 1e-3)


def test_an_untrained_network_is_spread_as_far_as_a_trained_one_begins(run):
    values = run.control("untrained").features
    assert values.shape == (168, 32)
    assert float(values.std(0).mean()) > 0.05  # with normalisations of a drawn network it would be a hundredth


def test_the_file_of_an_untrained_network_gives_its_control(run):
    """Which is that of the weights pretraining starts from; as a backbone the file says all of itself."""
    folder, told = run.folder / "networks/untrained/seed0", {"control": "untrained", "share": 1.0}
    given = [*run.base, *run.listed, "--dataset", "faces", "--preset", "improved", "--seed", "0", "--threads", "1"]
    untrained_file.main([*given, "--settings", json.dumps(told | NETWORK), "--output-dir", str(folder)])
    shard = run.folder / "again/0000.h5"
    represent.main([*run.base, "--model", str(folder / "model.safetensors"), "--threads", "1", "--output", str(shard)])
    np.testing.assert_allclose(read_shard(shard).features, run.control("untrained").features, atol=1e-6)
    backbone = Representation(folder / "model.safetensors").eval()
    assert backbone(torch.rand(2, 3, 112, 112)).shape == (2, 32)


def test_hog_is_wide_and_finite(run):
    assert run.control("HOG").features.shape == (168, 800)


@pytest.mark.slow
def test_the_imagenet_network_sees_grey_pictures(run):
    values = run.control("mobilenet_v2").features
    assert values.shape == (168, 1280)
    assert float(values.std(0).mean()) > 0
