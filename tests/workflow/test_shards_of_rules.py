"""The files of shards that rules ask for, by the plan of a data set."""

from types import SimpleNamespace

import pytest
from snakemake.exceptions import WorkflowError

from conclugen.config import check
from conclugen.workflow import shards as module
from conclugen.workflow.shards import Shards

GIVEN = {
    "datasets": {
        "talks": {"adapter": "voxceleb2", "root": "/data/talks"},
        "mine": {"adapter": "folder", "root": "/data/mine", "table": "labels.csv"},
        "arrays": {"adapter": "features", "root": "/data/x", "file": "x.npz", "streams": {"text": "t", "audio": "a"}},
    },
    "pretrain": {"dataset": "talks", "methods": ["ConCluGen"], "seeds": [0]},
    "downstream": {"datasets": ["mine"]},
}


class NotPlannedError(Exception):
    """As Snakemake's, where a checkpoint has not run."""


@pytest.fixture
def shards(tmp_path, monkeypatch):
    """Shards of a configuration with changes; `talks` and `mine` have two shards, `arrays` has no plan yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/plans").mkdir(parents=True)
    for name in ("talks", "mine"):
        (tmp_path / f"results/plans/{name}.csv").write_text("shard,utterances\n0000,5\n0001,4\n")

    def plan_of(dataset):
        if dataset == "arrays":
            raise NotPlannedError(dataset)
        return f"results/plans/{dataset}.csv"

    def of(**changes):
        given = {name: {**GIVEN.get(name, {}), **changes.get(name, {})} for name in {*GIVEN, *changes}}
        return Shards(check(given), plan_of, True)

    return of


def job(dataset="mine", **more):
    return SimpleNamespace(dataset=dataset, shard="0001", **more)


def mine(**more):
    return {"datasets": GIVEN["datasets"] | {"mine": GIVEN["datasets"]["mine"] | more}}


def test_names_are_those_of_the_plan_and_wait_for_it(shards):
    assert shards().names("mine") == ["0000", "0001"]
    assert shards().every("faces", "mine", ".h5") == [f"results/faces/mine/000{n}.h5" for n in (0, 1)]
    with pytest.raises(NotPlannedError):
        shards().splits(job("arrays"))


def test_data_sets_are_filmed_or_imported(shards):
    assert (shards().filmed, shards().imported) == (["talks", "mine"], ["arrays"])


def test_lists_lie_beside_the_plan(shards):
    assert shards().media_list(job()) == "results/plans/mine/0001.media.csv"
    assert shards().text_list(job()) == "results/plans/mine/0001.text.csv"
    assert shards().splits(job(corpus="talks")) == "results/plans/talks/splits.csv"
    assert shards().splits(job()) == "results/plans/mine/splits.csv"


def test_words_are_official_or_heard(shards):
    assert shards().words(job()) == {"text_list": "results/plans/mine/0001.text.csv"}
    assert shards().transcripts("mine") == []
    heard = shards(**mine(asr={}))
    base = "results/transcripts/mine/0001"
    assert heard.words(job()) == {"text_list": f"{base}.csv", "transcripts_ledger": f"{base}.ledger.csv"}
    assert heard.transcripts("mine") == [f"results/transcripts/mine/000{n}.csv" for n in (0, 1)]


def test_media_are_asked_for_where_crops_are_not_kept(shards):
    given = {"faces": "results/faces/mine/0001.h5", "faces_ledger": "results/faces/mine/0001.ledger.csv"}
    assert shards().faces(job()) == given
    cut = shards(faces={"keep": False})
    assert cut.faces(job()) == given | {"media_list": "results/plans/mine/0001.media.csv"}
    assert cut.landmarks(job()) == given  # the detector's landmarks lie in the face shard
    measured = shards(faces={"keep": False}, features={"keypoints": {"backbone": "blendshapes"}})
    assert measured.landmarks(job()) == measured.faces(job())


def test_frames_of_clips_stand_on_all_shards_of_their_videos(shards):
    images = {"datasets": {"frames": {"adapter": "clips", "dataset": "mine"}}}
    of = SimpleNamespace(images="frames")
    found = shards(images=images).clips(of)
    assert found["points_ledgers"] == [f"results/points/mine/000{n}.ledger.csv" for n in (0, 1)]
    assert list(found) == ["video_manifest", "faces", "points", "points_ledgers"]
    cut = shards(images=images, faces={"keep": False}).clips(of)
    assert cut["media_lists"] == [f"results/plans/mine/000{n}.media.csv" for n in (0, 1)]


def test_a_contact_sheet_is_made_of_a_dozen_shards_spread_over_all(shards, tmp_path):
    rows = "".join(f"{n:04d},1\n" for n in range(25))
    (tmp_path / "results/plans/mine.csv").write_text(f"shard,utterances\n{rows}")
    assert shards().faces_shown(job()) == [f"results/faces/mine/{n:04d}.h5" for n in range(0, 25, 3)]


def about(monkeypatch, **told):
    monkeypatch.setattr(module, "read_about", lambda path: {"task": "single", **told})


def test_features_are_every_shard_of_every_stream(shards, monkeypatch):
    about(monkeypatch)
    assert shards().features("mine", iter(["text", "audio"])) == [
        f"results/features/mine/{stream}/000{n}.h5" for stream in ("text", "audio") for n in (0, 1)
    ]


def test_features_are_refused_where_reading_lost_too_much(shards, monkeypatch):
    about(monkeypatch, lost={"train": {"rows": 10, "lost": 9}})
    monkeypatch.setattr(module.planning, "lost_in_reading", lambda config, name, told: [f"{name}: {told['lost']}"])
    with pytest.raises(WorkflowError, match=r"more is lost than allowed:\nmine: .*'lost': 9"):
        shards().features("mine", ["text"])


def test_a_protocol_is_refused_where_there_is_nothing_to_tell_apart(shards, monkeypatch):
    of = job(method="raw-features", target="")
    about(monkeypatch)
    assert shards().evaluated(of)[0] == "results/features/mine/frames2d/0000.h5"
    about(monkeypatch, folds={"expression": {"train": {"classes": {"joy": 9}}}})
    with pytest.raises(WorkflowError, match=r"some labels are missing:\nmine has one class alone, 'joy'"):
        shards().evaluated(of)


def test_a_network_is_refused_where_there_is_nothing_to_learn_from(shards, monkeypatch, tmp_path):
    of = job(corpus="talks", method="ConCluGen")
    about(monkeypatch)
    splits = tmp_path / "results/plans/talks/splits.csv"
    splits.parent.mkdir()
    splits.write_text("utterance_id,split,group\na,train,g\n")
    assert shards().learned(of)[0] == "results/features/talks/frames2d/0000.h5"
    splits.write_text("utterance_id,split,group\na,test,g\n")
    with pytest.raises(WorkflowError, match=r"nothing can be learned:\ntalks has no utterance to learn from"):
        shards().learned(of)


def test_weights_are_asked_for_of_data_sets_of_media_alone(shards, tmp_path):
    weights = {"path": str(tmp_path / "none"), "sha256": "0" * 64}
    lacking = shards(features={"text": {"backbone": "text_encoder", "weights": weights}})
    lacking.require_weights("arrays", ["text"])
    lacking.require_weights(None, ["text"])
    with pytest.raises(WorkflowError, match=r"weights are missing:\n.*none"):
        lacking.require_weights("mine", ["text"])


def test_ledgers_are_of_reading_faces_speech_and_streams(shards, monkeypatch):
    about(monkeypatch)
    found = shards(**mine(asr={})).ledgers("mine")
    folders = list(dict.fromkeys(path.rpartition("/")[0] for path in found))
    streams = [f"results/features/mine/{name}" for name in ("frames2d", "frames3d", "audio", "text")]
    assert folders == ["results/manifests", "results/faces/mine", "results/transcripts/mine", *streams]
    assert all(path.endswith(".ledger.csv") for path in found)
    words = {"modalities": {"video": None, "audio": ["audio"], "text": ["text"]}}
    assert not [path for path in shards(**words).ledgers("mine") if "/faces/" in path]
    both = shards().ledgers_behind(["mine"])
    assert {path.split("/")[2].split(".")[0] for path in both} == {"mine", "talks"}
