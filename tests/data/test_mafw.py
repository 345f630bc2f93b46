"""MAFW: one expression or several, by fold; what describes a face in words is never read."""

import numpy as np
import pytest

from conclugen.data import content, mafw
from conclugen.data.errors import LayoutError
from conclugen.data.mafw import CLASSES, Settings
from conclugen.data.manifest import validate
from conclugen.store.ledger import Status

SINGLE = {"00025": "anger", "00026": "helplessness", "00027": "neutral", "00028": "anger", "00029": "sadness"}
COMPOUND = {"00025": "anger", "09932": "sadness_surprise", "09933": "anger_disgust_contempt", "00027": "neutral"}
COMPOUND |= {"09934": "fear-anxiety"}


def lists(root, labels, kind="single", caption="no_caption", extra=""):
    """Clip i is tested by fold i + 1."""
    for fold in range(1, 6):
        for part in ("train", "test"):
            rows = [
                f"{clip}.mp4 {label}{extra}"
                for i, (clip, label) in enumerate(labels.items())
                if (i + 1 == fold) == (part == "test")
            ]
            path = root / "Train & Test Set" / kind / caption / f"set_{fold}" / f"{part}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(rows) + "\n")


def clips(root, *names):
    (root / "data/clips").mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / "data/clips" / f"{name}.mp4").touch()


def build(root, labels="single", fold=1, share=0.0):
    manifest = mafw.build("mafw", root, Settings(labels, fold, share))
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


def test_single_labels_and_their_folds(tmp_path):
    lists(tmp_path, SINGLE)
    clips(tmp_path, *SINGLE, "10045")
    manifest, table = build(tmp_path, fold=2)
    assert (manifest.task, manifest.classes) == ("single", CLASSES)
    assert table["label"].dropna().to_dict() == SINGLE
    assert table.index[table["split"] == "test"].tolist() == ["00026"]
    assert table.loc["10045", "split"] == "none"
    assert mafw.folds(tmp_path) == {clip: i + 1 for i, clip in enumerate(SINGLE)}


def test_compound_labels_are_several_at_once(tmp_path):
    lists(tmp_path, COMPOUND, "compound")
    lists(tmp_path, SINGLE)
    clips(tmp_path, *COMPOUND, "00026")
    manifest, table = build(tmp_path, "compound")
    assert manifest.task == "multi"
    found = {clip: [name for name in CLASSES if row[name] == 1] for clip, row in table.iterrows()}
    assert found["09932"] == ["sadness", "surprise"]
    assert found["09933"] == ["anger", "disgust", "contempt"]
    assert found["09934"] == ["fear", "anxiety"]
    assert table.loc["00026", list(CLASSES)].isna().all()  # in no list of the compound set
    assert np.nansum(table[list(CLASSES)].to_numpy(float)) == 1 + 2 + 3 + 1 + 2


def test_captions_are_not_taken_for_words(tmp_path):
    lists(tmp_path, SINGLE, caption="with_caption", extra=" A girl shouts. The deep frown.")
    lists(tmp_path, SINGLE)
    clips(tmp_path, *SINGLE)
    table = build(tmp_path)[1]
    assert set(table["text"]) == {""}
    assert "text" not in content.kinds("mafw", tmp_path, {}, False)


def test_words_of_a_file_of_ones_own_are_read(tmp_path):
    lists(tmp_path, SINGLE)
    clips(tmp_path, *SINGLE)
    (tmp_path / "transcripts.csv").write_text("file,text\n00025.mp4,why did you\n")
    assert build(tmp_path)[1].loc["00025", "text"] == "why did you"
    content._kinds.cache_clear()
    assert "text" in content.kinds("mafw", tmp_path, {}, False)
    content._kinds.cache_clear()


@pytest.mark.parametrize("kind", ["single", "compound"])
def test_a_label_that_names_no_expression_is_a_loss(tmp_path, kind):
    lists(tmp_path, SINGLE | {"00029": "sadness_boredom"}, kind)
    clips(tmp_path, *SINGLE)
    manifest, table = build(tmp_path, kind)
    lost = [row for row in manifest.notes.ledger(table.index) if row.status is Status.NO_LABEL]
    assert [row.utterance_id for row in lost] == ["00029"]
    assert "'sadness_boredom'" in lost[0].reason


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(LayoutError, match=r"unpack `Train & Test Set`, which holds compound/no_caption/set_3"):
        build(tmp_path, "compound", 3)
    lists(tmp_path, SINGLE)
    path = tmp_path / "Train & Test Set/single/no_caption/set_1/train.txt"
    path.write_text("00025.mp4\n")
    with pytest.raises(LayoutError, match=r"'00025\.mp4' is no line such as"):
        build(tmp_path)
    with pytest.raises(LayoutError, match="labels is 'both'"):
        mafw.build("mafw", tmp_path, Settings("both", 1, 0.1))
