import csv
import json

import numpy as np
import pytest

from conclugen.features import lists, text
from conclugen.store.ledger import Status, read_ledger
from conclugen.store.shards import read_shard

SETTINGS = {"backbone": "minilm", "model": None, "weights": None, "batch_texts": 2, "dtype": "float32"}
TEXTS = {
    "a": "What a wonderful day, I love it!",
    "b": "",
    "c": 'The invoice, "final", is due\non Monday; so they say, and it has been so for years.',
    "d": " \n ",
    "e": "what a wonderful day,  I love it!",
    "f": "I hate this horrible day.",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    with open(folder / "0000.text.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(lists.COLUMNS)
        writer.writerows([name, words, "official" if words else "none"] for name, words in TEXTS.items())
    argv = ["--text-list", str(folder / "0000.text.csv"), "--output", str(folder / "0.h5")]
    text.main([*argv, "--ledger", str(folder / "0.ledger.csv"), "--settings", json.dumps(SETTINGS)])
    return read_shard(folder / "0.h5"), read_ledger(folder / "0.ledger.csv")


def test_no_text_is_a_loss(run):
    shard, ledger = run
    assert shard.utterance_id.tolist() == list(TEXTS)
    assert shard.present.tolist() == [True, False, True, False, True, True]
    assert [row.status for row in ledger][:2] == [Status.OK, Status.NO_TEXT]
    assert not shard.features[1].any()


def test_each_vector_is_that_of_its_own_text(run):
    unit = run[0].features / np.maximum(np.linalg.norm(run[0].features, axis=1, keepdims=True), 1e-9)
    cosine = unit @ unit.T
    assert cosine[0, 4] > 0.999
    assert cosine[0, 5] > cosine[0, 2] + 0.2


def test_a_list_without_a_column_is_refused(tmp_path):
    (tmp_path / "list.csv").write_text("utterance_id,text\na,b\n")
    with pytest.raises(ValueError, match="text_source"):
        lists.read_texts(tmp_path / "list.csv")
