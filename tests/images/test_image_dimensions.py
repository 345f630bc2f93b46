"""Valence and arousal of a made AffectNet: pictures tell valence and nothing of arousal, and tables say so."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conclugen.data.manifest import as_written
from conclugen.evaluation import image_table
from conclugen.images import controls, copies, knn, linear, prepare, supervised
from conclugen.images.layouts import affectnet

SIDE, COUNTS, UNRATED = 24, {"training": 240, "validation": 80}, 5
BUDGET = {"learning_rates": [1e-2], "weight_decays": [0.01], "dropout": 0.1, "epochs": 30}
BUDGET |= {"batch_size": 32, "patience": 30}
TABLE = {"resamples": 200, "level": 0.95, "seed": 0, "network": "resnet10", "stills": True}


def made(folder):
    """Write the old form: the higher a picture's bright bar lies the higher its valence; arousal is drawn."""
    generator = np.random.default_rng(0)
    (folder / affectnet.LISTS).mkdir()
    for name, count in COUNTS.items():
        rows = []
        (folder / "Manually_Annotated_Images" / name).mkdir(parents=True)
        for number in range(count):
            valence, arousal = generator.uniform(-1, 1, 2)
            image, top = generator.integers(40, 90, (SIDE, SIDE, 3)), round((1 - valence) * (SIDE - 5) / 2)
            image[top : top + 5] += 120
            path = f"{name}/{number}.png"
            Image.fromarray(image.astype(np.uint8)).save(folder / "Manually_Annotated_Images" / path)
            rated = (valence, arousal) if number >= UNRATED else (-2, -2)
            rows.append((path, 0, 0, SIDE, SIDE, number % 8, *rated))
        table = pd.DataFrame(rows, columns=list(affectnet.COLUMNS))
        table.to_csv(folder / affectnet.LISTS / f"{name}.csv", index=False)


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """A folder with a made AffectNet, its shard and manifest, its copies, and pixels as features."""
    folder = tmp_path_factory.mktemp("affectnet")
    made(folder)
    options = {"adapter": "affectnet", "size": SIDE, "options": {"classes": 8, "valid": 0.25}}
    given = ["--dataset", "rated", "--root", str(folder), "--settings", json.dumps(options)]
    given += ["--output", str(folder / "images.h5"), *listed(folder), "--ledger", str(folder / "ledger.csv")]
    prepare.main(given)
    base = ["--images", str(folder / "images.h5"), *listed(folder), "--threads", "1"]
    found = ["--output", str(folder / "copies.csv"), "--counts", str(folder / "counts.csv")]
    copies.main([*base, *found])
    told = {"control": "pixels", "share": 0.0, "network": "", "width": 0, "size": 0}
    controls.main([*base, "--settings", json.dumps(told), "--seed", "0", "--output", str(pixels(folder))])
    return folder


def listed(folder):
    return ["--manifest", str(folder / "manifest.parquet")]


def pixels(folder):
    return folder / "features/pixels/seed0/image/0000.h5"


def judge(folder, target, method, stage, settings, pictures=False):
    """Run a protocol as its rule does."""
    protocol = stage.__name__.rpartition(".")[2]
    settings = {"seeds": [0, 1], "label_fraction": 1.0, "target": target} | settings
    given = [*listed(folder), "--settings", json.dumps(settings), "--threads", "1"]
    given += ["--images", str(folder / "images.h5")] if pictures else ["--features", str(pixels(folder))]
    place = folder / f"downstream/rated-{target}/rated/improved/{method}/{protocol}"
    stage.main([*given, "--output-dir", str(place)])
    return place


def frozen(more):
    return {"modalities": {"image": ["image"]}, "evaluate": ["image"], "standardise": True} | more


def table(folder, target, places):
    given = ["--predictions", *map(str, places), *listed(folder), "--copies", str(folder / "copies.csv")]
    path = folder / f"rated-{target}.csv"
    image_table.main([*given, "--settings", json.dumps(TABLE | {"target": target}), "--output", str(path)])
    with open(path) as file:
        return {(row["method"], row["protocol"]): row for row in csv.DictReader(file)}


def test_heads_and_neighbours_tell_the_valence_that_pictures_show_and_no_arousal_that_they_do_not(rated):
    tables = {}
    for target in ("valence", "arousal"):
        places = [judge(rated, target, "pixels", linear, frozen(BUDGET))]
        places += [judge(rated, target, "pixels", knn, frozen({"neighbours": [5, 20]}))]
        tables[target] = table(rated, target, places)
    for protocol in ("linear", "knn"):
        shown, random = tables["valence"]["pixels", protocol], tables["arousal"]["pixels", protocol]
        assert float(shown["ccc"]) > 0.8
        assert float(shown["pearson"]) >= float(shown["ccc"])
        assert float(shown["rmse"]) >= float(shown["mae"])
        assert shown["beats_chance"] == "yes"
        assert abs(float(random["pearson"] or 0)) < 0.3
        assert random["beats_chance"] in ("no", "below")


def test_chance_comes_first_and_who_was_not_rated_is_not_measured(rated):
    rows = table(rated, "valence", [judge(rated, "valence", "pixels", linear, frozen(BUDGET))])
    guessed = [method for method, protocol in rows if protocol == "chance"]
    assert guessed == ["training median", "training mean", "majority of seven", "majority sign", "prior sampling"]
    assert list(rows)[:5] == [(name, "chance") for name in guessed]
    assert {row["n_test"] for row in rows.values()} == {str(COUNTS["validation"] - UNRATED)}
    truth = as_written(rated / "manifest.parquet").table
    values = truth["valence"][truth["split"] == "test"].dropna().to_numpy()
    middle = truth["valence"][truth["split"] == "train"].median()
    assert float(rows["training median", "chance"]["mae"]) == pytest.approx(np.abs(values - middle).mean(), abs=1e-3)
    assert float(rows["training median", "chance"]["ccc"]) == 0
    assert float(rows["training median", "chance"]["mae_new"]) == float(rows["training median", "chance"]["mae"])


@pytest.mark.slow
def test_a_whole_network_learns_a_dimension_too(rated):
    tuned = {"network": "resnet10", "width": 4, "size": SIDE, "budget": BUDGET | {"epochs": 12, "dropout": 0.0}}
    row = table(rated, "valence", [judge(rated, "valence", "supervised", supervised, tuned, pictures=True)])
    row = row["supervised", "supervised"]
    assert float(row["ccc"]) > 0.5
    assert row["beats_chance"] == "yes"


def test_an_image_set_without_the_dimension_is_refused(faces, tmp_path):
    settings = frozen(BUDGET | {"seeds": [0], "label_fraction": 1.0, "target": "valence"})
    given = [*listed(faces), "--settings", json.dumps(settings), "--threads", "1", "--output-dir", str(tmp_path)]
    with pytest.raises(ValueError, match="faces: its labels have no valence; it has no table of valence"):
        linear.main(given)
