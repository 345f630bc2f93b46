"""ConCluGen on top of a network that was pretrained on faces, from face shards on."""

import io
import json

import h5py
import numpy as np
import torch
from PIL import Image
from pretrain_data import JOINED, arguments, make_corpus, make_settings

from conclugen.faces.shard import FaceShardWriter, FaceTrack
from conclugen.features import frames2d
from conclugen.images import network
from conclugen.models import io as models
from conclugen.pretrain.run import main
from conclugen.store.provenance import file_sha256

SIZE = 32


def face(level):
    """A track of two grey crops."""
    data = io.BytesIO()
    Image.fromarray(np.full((SIZE, SIZE, 3), level, np.uint8)).save(data, "JPEG")
    boxes, points, seen = np.zeros((2, 4)), np.zeros((2, 5, 2)), np.ones(2)
    return FaceTrack(SIZE, SIZE, np.array([0.1, 0.6]), boxes, points, seen, seen.astype(bool), [data.getvalue()] * 2)


def extract(path, folder, weights):
    """Put the features of made faces in the place of a shard, whose utterances have a class each."""
    with h5py.File(path) as file:
        names = file["utterance_id"].asstr()[:].tolist()
    faces = folder / "faces.h5"
    with FaceShardWriter(faces, SIZE, {"made": "for a test"}) as writer:
        for number, name in enumerate(names):
            writer.add(name, True, face(40 + 3 * (number % 60)))
    told = {"backbone": "image_network", "model": None, "weights": weights, "fps": 1.0}
    told |= {"size": None, "batch_frames": 16, "dtype": "float16"}
    given = ["--faces", str(faces), "--output", str(path), "--ledger", str(folder / "ledger.csv")]
    frames2d.main([*given, "--settings", json.dumps(told)])


def test_conclugen_learns_on_features_of_a_face_network(tmp_path):
    about = {"network": "resnet10", "width": 4, "channels": 3, "size": 24, "share": 1.0}
    network.save(network.drawn("resnet10", 3, 4, 0), tmp_path / "net", about)
    path = tmp_path / "net" / network.WEIGHTS
    made = make_corpus(tmp_path, rows=60, valid=12)
    for shard in made.shards["frames2d"]:
        extract(shard, tmp_path, {"path": str(path), "sha256": file_sha256(path)})
    main(arguments(made, make_settings(modalities=JOINED, epochs=2), tmp_path))
    told = models.about(tmp_path / "model")["streams"]["frames2d"]
    assert told["backbone"] == "image_network"
    assert told["weights_sha256"] == file_sha256(path)
    width = 32 + 16  # of the face network and of frames3d
    found = models.load(tmp_path / "model").represent({"video": torch.zeros(2, width)})["video"]
    assert found.shape == (2, 32)
