"""Official layouts of image data sets: what is understood, and what is refused with which line."""

import numpy as np
import pandas as pd
import pytest
from made_faces import cells, made, write_csv
from PIL import Image

from conclugen.data.errors import LayoutError
from conclugen.images.layouts import affectnet, caers, fer2013, ferplus, rafdb
from conclugen.images.listing import hold_out, square

SMALL = {"Training": 7, "PublicTest": 7, "PrivateTest": 7}


def save(path, side=20, value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((side, side, 3), value, np.uint8)).save(path)


def test_usage_says_the_split_and_private_is_test(tmp_path):
    write_csv(tmp_path / "fer2013.csv", made(SMALL))
    found = fer2013.read("d", tmp_path, fer2013.Options())
    assert found.table["split"].tolist() == ["train"] * 7 + ["valid"] * 7 + ["test"] * 7
    assert found.table["label"].tolist()[:7] == list(fer2013.CLASSES)
    assert found.table["image_id"].tolist()[:2] == ["fer00000000", "fer00000001"]
    pictures = list(found.pictures())
    assert len(pictures) == 21
    assert pictures[0].shape == (48, 48)
    assert pictures[0][5].mean() > pictures[0][30].mean() + 50


def test_the_later_release_has_blanks_before_its_columns_in_another_order(tmp_path):
    rows = [(emotion, usage, pixels) for emotion, pixels, usage in made(SMALL)]
    write_csv(tmp_path / "icml_face_data.csv", rows, ("emotion", " Usage", " pixels"))
    assert len(fer2013.read("d", tmp_path, fer2013.Options()).table) == 21


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (("emotion", "Usage"), [], "column 'pixels' is missing"),
        (("emotion", "pixels", "Usage"), [], "has no row"),
        (("emotion", "pixels", "Usage"), [(0, "1 2", "Holdout")], "Usage is 'Holdout' in 1 rows"),
        (("emotion", "pixels", "Usage"), [(9, "1 2", "Training")], "no emotion is a number from 0 to 6"),
        (("emotion", "pixels", "Usage"), [(0, "1 2")], "line 2 has 2 of 3 cells"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, header, rows, message):
    write_csv(tmp_path / "fer2013.csv", rows, header)
    with pytest.raises(LayoutError, match=message):
        list(fer2013.read("d", tmp_path, fer2013.Options()).pictures())


def test_one_bad_class_is_a_lost_label(tmp_path):
    write_csv(tmp_path / "fer2013.csv", [*made(SMALL), (7, cells(np.zeros((48, 48), int)), "Training")])
    found = fer2013.read("d", tmp_path, fer2013.Options())
    assert found.table["label"].iloc[-1] is None
    assert list(found.notes.lost()) == ["fer00000021"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3", "has 3 pixels, not 2304"),
        ("1 x", "no number"),
        (" ".join(["256"] * 2304), "outside 0..255"),
        ("", "has 0"),
    ],
)
def test_odd_pixels_are_a_reason(text, message):
    assert message in fer2013.pixels(text)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(LayoutError, match=r"holds neither fer2013\.csv nor icml_face_data\.csv nor the folder train"):
        fer2013.read("d", tmp_path, fer2013.Options())


def test_folders_are_told_by_their_names_and_test_by_the_names_of_files(tmp_path):
    for label in fer2013.CLASSES:
        save(tmp_path / "train" / label / "Training_1.png")
        save(tmp_path / "test" / label / "PublicTest_1.png")
        save(tmp_path / "test" / label / "PrivateTest_1.png")
    found = fer2013.read("d", tmp_path, fer2013.Options()).table
    assert found.groupby("split").size().to_dict() == {"test": 7, "train": 7, "valid": 7}
    assert set(found["label"]) == set(fer2013.CLASSES)
    for label in fer2013.CLASSES:
        (tmp_path / "test" / label / "PublicTest_1.png").unlink()
    with pytest.raises(LayoutError, match="no file of test/ is called PublicTest_"):
        fer2013.read("d", tmp_path, fer2013.Options())
    for path in (tmp_path / "train/fear").iterdir():
        path.unlink()
    with pytest.raises(LayoutError, match="fear: holds no image"):
        fer2013.read("d", tmp_path, fer2013.Options())


def votes(*given):
    return [given + (0,) * (10 - len(given))]


@pytest.mark.parametrize(
    ("given", "majority", "argmax"),
    [
        (votes(6, 4), 0, 0),
        (votes(5, 5), -1, 0),  # half is not more than half
        (votes(4, 1, 1, 1, 1, 1, 1), 0, 0),  # single votes are dropped
        (votes(0, 3, 3, 2, 2), -1, 1),
        (votes(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), -1, 0),
        ([(0, 0, 0, 0, 0, 0, 0, 0, 6, 4)], -1, -1),  # won by unknown
    ],
)
def test_votes_are_decided_by_the_rule(given, majority, argmax):
    assert ferplus.decide(np.array(given), "majority").tolist() == [majority]
    assert ferplus.decide(np.array(given), "argmax").tolist() == [argmax]


def plus(tmp_path, rows=21, usage=None):
    write_csv(tmp_path / "fer2013.csv", made(SMALL))
    splits = ["Training"] * 7 + ["PublicTest"] * 7 + ["PrivateTest"] * 7
    table = pd.DataFrame({"Usage": usage or splits[:rows], "Image name": [f"fer{n:08d}.png" for n in range(rows)]})
    for place, name in enumerate(ferplus.VOTES):
        table[name] = 10 if place == 7 else 0
    table.to_csv(tmp_path / ferplus.FILE, index=False)


def test_ferplus_labels_the_rows_of_fer2013(tmp_path):
    plus(tmp_path)
    found = ferplus.read("d", tmp_path, ferplus.Options("majority"))
    assert set(found.table["label"]) == {"contempt"}
    assert found.classes == ferplus.CLASSES


def test_ferplus_of_other_rows_is_refused(tmp_path):
    plus(tmp_path, rows=20)
    with pytest.raises(LayoutError, match=r"its rows are not those of fer2013\.csv"):
        ferplus.read("d", tmp_path, ferplus.Options("majority"))
    plus(tmp_path, usage=["PublicTest"] * 7 + ["Training"] * 7 + ["PrivateTest"] * 7)
    with pytest.raises(LayoutError, match=r"its rows are not those of fer2013\.csv"):
        ferplus.read("d", tmp_path, ferplus.Options("majority"))


def raf(tmp_path, lines):
    (tmp_path / "EmoLabel").mkdir()
    (tmp_path / rafdb.LISTS[0]).write_text("\n".join(lines))
    for line in lines:
        save(tmp_path / "Image/aligned" / f"{line.split()[0].removesuffix('.jpg')}_aligned.jpg")


def test_rafdb_counts_classes_from_one_and_gives_up_a_share_of_train(tmp_path):
    raf(tmp_path, [f"train_{n:05d}.jpg {1 + n % 7}" for n in range(200)] + ["test_0001.jpg 7", "test_0002.jpg 8"])
    found = rafdb.read("d", tmp_path, rafdb.Options(0.25))
    sizes = found.table.groupby("split").size().to_dict()
    assert sizes["test"] == 2
    assert 30 < sizes["valid"] < 70
    assert found.table["label"].iloc[0] == "surprise"
    assert found.table["label"].iloc[-2:].tolist() == ["neutral", None]
    assert next(found.pictures()).shape == (20, 20, 3)


@pytest.mark.parametrize(("line", "message"), [("train_1.jpg", "a line is 'train_1.jpg'"), ("", "is empty")])
def test_an_odd_list_of_rafdb_is_refused(tmp_path, line, message):
    (tmp_path / "Image/aligned").mkdir(parents=True)
    (tmp_path / "EmoLabel").mkdir()
    (tmp_path / rafdb.LISTS[0]).write_text(line)
    with pytest.raises(LayoutError, match=message):
        rafdb.read("d", tmp_path, rafdb.Options(0.1))


def old_affectnet(tmp_path):
    (tmp_path / affectnet.LISTS).mkdir()
    rows = [
        ("a/1.jpg", 5, 5, 10, 10, 0, 0.5, -0.25),
        ("a/2.jpg", 0, 0, -1, 0, 7, -2, -2),
        ("a/3.jpg", 0, 0, 5, 5, 10, -2, -2),
    ]
    for name in ("training", "validation"):
        table = pd.DataFrame(rows, columns=list(affectnet.COLUMNS))
        table["subDirectory_filePath"] = [f"{name}/{path}" for path in table["subDirectory_filePath"]]
        table.to_csv(tmp_path / affectnet.LISTS / f"{name}.csv", index=False)
        for path in table["subDirectory_filePath"]:
            save(tmp_path / "Manually_Annotated_Images" / path, 30)


def test_affectnet_in_its_old_form(tmp_path):
    old_affectnet(tmp_path)
    found = affectnet.read("d", tmp_path, affectnet.Options(8, 0.0))
    assert found.table["split"].tolist() == ["train", "train", "test", "test"]  # "no face" is left out
    assert found.table["label"].tolist() == ["neutral", "contempt"] * 2
    assert found.table["valence"].tolist()[0] == 1.5  # .5 of -1 to 1, on the scale of the manifest
    assert found.table["arousal"].tolist()[0] == -0.75
    assert np.isnan(found.table["arousal"].tolist()[1])  # -2: nobody rated it
    assert [picture.shape[:2] for picture in found.pictures()] == [(10, 10), (30, 30)] * 2  # a box without area is none
    assert affectnet.read("d", tmp_path, affectnet.Options(7, 0.0)).table["label"].tolist() == ["neutral"] * 2


def rated(tmp_path, valences):
    """The old form, without pictures, with these valences in training."""
    (tmp_path / affectnet.LISTS).mkdir()
    for name, values in (("training", valences), ("validation", [0.0])):
        rows = [(f"{name}/{n}.jpg", 0, 0, 9, 9, n % 8, value, -0.5) for n, value in enumerate(values)]
        table = pd.DataFrame(rows, columns=list(affectnet.COLUMNS))
        table.to_csv(tmp_path / affectnet.LISTS / f"{name}.csv", index=False)


def test_a_valence_that_cannot_be_is_lost_and_a_label_that_is_known_stays(tmp_path):
    rated(tmp_path, [-1.7] + [0.5] * 200)
    found = affectnet.read("d", tmp_path, affectnet.Options(8, 0.0))
    assert np.isnan(found.table["valence"].tolist()[0])
    assert found.table["label"].tolist()[0] == "neutral"
    assert found.notes.lost() == {"training/0.jpg": "valence is outside -1..1: '-1.7'"}


def test_a_valence_on_another_scale_is_refused(tmp_path):
    rated(tmp_path, [5.0, -7.0])
    with pytest.raises(LayoutError, match=r"valence: 2 of 3 values lie outside -1\.\.1; they run from -7 to 5"):
        affectnet.read("d", tmp_path, affectnet.Options(8, 0.0))


def test_affectnet_in_its_new_form(tmp_path):
    for part in ("train_set", "val_set"):
        for number, expression in enumerate((6, 8)):
            save(tmp_path / part / "images" / f"{number}.jpg")
            notes = tmp_path / part / "annotations"
            notes.mkdir(exist_ok=True)
            for kind, value in (("exp", expression), ("val", "0.1"), ("aro", "-0.2")):
                np.save(notes / f"{number}_{kind}.npy", np.array(str(value)))
    found = affectnet.read("d", tmp_path, affectnet.Options(8, 0.0)).table
    assert found["label"].tolist() == ["anger", "anger"]
    assert found["valence"].tolist() == pytest.approx([0.3, 0.3])
    (tmp_path / "val_set/annotations/0_val.npy").unlink()
    with pytest.raises(LayoutError, match=r"0_val\.npy: cannot be read"):
        affectnet.read("d", tmp_path, affectnet.Options(8, 0.0))


def test_caers_gives_up_blocks_of_neighbours_and_knows_two_spellings(tmp_path):
    for part in ("train", "test"):
        for label in ("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"):
            for number in range(3):
                save(tmp_path / part / label / f"{number}.png", 12)
    found = caers.read("d", tmp_path, caers.Options(0.5)).table
    assert set(found["label"]) == set(caers.CLASSES)
    held = found[found["split"] == "valid"]
    assert held.groupby("label").size().isin([3]).all()  # a block is held out as a whole
    assert 0 < len(held) < 21
    save(tmp_path / "test/Bored/0.png")
    with pytest.raises(LayoutError, match="'bored' is no class of CAER-S"):
        caers.read("d", tmp_path, caers.Options(0.5))


def test_a_held_out_share_does_not_move_when_others_come():
    names = [f"image {n}" for n in range(1000)]
    first = hold_out(names, 0.2)
    assert 0.15 < first.mean() < 0.25
    assert (hold_out(names[:500], 0.2) == first[:500]).all()


def test_a_square_keeps_the_middle_and_never_squashes():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert square(wide, 10, 3).min() == 200
    assert square(wide, 10, 1).shape == (10, 10, 1)
