"""Nothing that data, weights or a configuration hold is ever run."""

import ast
import csv
import json
import re
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from conclugen.config import check
from conclugen.config.errors import ConfigError
from conclugen.data.arrays import ArrayError, read_array
from conclugen.data.common import LayoutError, table
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.data.mosei_tables import read_labels
from conclugen.evaluation import leaks, qc
from conclugen.media.errors import MediaError
from conclugen.media.items import locate
from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger
from conclugen.store.shards import ShardError, read_shard
from conclugen.workflow.params import RUN

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
# Our own processes' messages, and an unpickler that admits numpy arrays alone.
PICKLE = {"conclugen/media/child.py", "conclugen/media/worker.py", "conclugen/store/weights.py"}
FORBIDDEN = {"eval", "exec", "compile", "__import__"}
FORBIDDEN |= {"os.system", "os.popen", "marshal.loads", "marshal.load", "shelve.open", "joblib.load", "dill.load"}
FORBIDDEN |= {"yaml.load", "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle", "pd.read_pickle"}


def calls(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func), {k.arg: k.value for k in node.keywords}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT / "src").as_posix())
def test_no_source_file_runs_what_it_reads(file):
    name = file.relative_to(ROOT / "src").as_posix()
    for node, called, keywords in calls(file):
        where = f"{name}:{node.lineno}: {called}"
        assert called not in FORBIDDEN, where
        assert not (called.startswith("pickle.load") and name not in PICKLE), where
        if called in ("np.load", "numpy.load"):
            assert ast.unparse(keywords["allow_pickle"]) == "False", where
        if called == "torch.load":
            assert ast.unparse(keywords["weights_only"]) == "True", where
        if called.endswith("import_module"):
            named = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            assert isinstance(named, ast.Constant), where
            assert named is node.args[0] or named.value.startswith("conclugen."), where  # by name, in the package
        assert "shell" not in keywords or ast.unparse(keywords["shell"]) == "False", where


@pytest.mark.parametrize("file", sorted((ROOT / "rules").glob("*.smk")), ids=lambda file: file.name)
def test_every_rule_runs_the_command_whose_values_are_quoted(file):
    assert set(re.findall(r"^ {4}shell:\n {8}(.*)", file.read_text(), re.MULTILINE)) <= {
        "RUN",
        'f"HF_HUB_OFFLINE=0 {RUN}"',
    }
    assert not re.search(r"^ {4}(run|script|wrapper|notebook):", file.read_text(), re.MULTILINE)
    assert [name for name in re.findall(r"\{([^{}]+)\}", RUN) if not name.endswith(":q")] == []


@pytest.mark.parametrize("name", ["a b", "a;b", "$(x)", "a'b", 'a"b', "{x}", "../x", "-x", "", "a/b", "a\nb"])
def test_names_of_data_sets_are_letters_digits_and_dashes(name):
    config = {"datasets": {name: {"adapter": "folder", "root": "/x"}}, "pretrain": {"dataset": name}}
    with pytest.raises(ConfigError):
        check(config | {"downstream": {"datasets": [name]}})


def test_the_shipped_configurations_are_plain_yaml():
    for path in (ROOT / "config.yaml", *ROOT.glob("configs/*.yaml")):
        assert isinstance(yaml.safe_load(path.read_text()), dict)


@pytest.mark.parametrize("path", ["../outside.mp4", "a/../../outside.mp4", "/etc/passwd"])
def test_a_list_that_names_media_outside_the_root_opens_none(tmp_path, path):
    (tmp_path / "outside.mp4").write_text("secret")
    (tmp_path / "root/a").mkdir(parents=True)
    with pytest.raises(MediaError, match="leaves the root") as caught:
        locate(tmp_path / "root", path, "media")
    assert caught.value.status is Status.MISSING_MEDIA


def test_a_link_to_elsewhere_is_followed(tmp_path):
    """Data sets are often made of links; who can put a link there can put the file there."""
    (tmp_path / "store.mp4").write_text("clip")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.mp4").symlink_to(tmp_path / "store.mp4")
    assert locate(tmp_path / "root", "a.mp4", "media").read_text() == "clip"


class Touch:
    """Pickles to a call that makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_pickles_in_arrays_are_refused_unread(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array([Touch(tmp_path / "ran")], dtype=object))
    with pytest.raises(ArrayError, match="refused since reading one runs code"):
        read_array(tmp_path / "a.npz", "ids")
    assert not (tmp_path / "ran").exists()


TERABYTES = 1 << 40


def npz_that_claims(path, shape):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00\x76\x00" + header.encode() + bytes(1000))


def test_an_archive_that_claims_terabytes_is_refused_before_memory_is_asked_for(tmp_path):
    npz_that_claims(tmp_path / "a.npz", (TERABYTES,))
    with pytest.raises(ArrayError, match=r"a\.npz: 'x' claims 8796093022208 bytes"):
        read_array(tmp_path / "a.npz", "x")


def test_an_hdf5_file_that_claims_terabytes_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (TERABYTES,), "f8", chunks=(1024,), compression="gzip")
    with pytest.raises(ArrayError, match="claims 8796093022208 bytes"):
        read_array(tmp_path / "a.h5", "x")


def test_labels_that_claim_terabytes_are_refused(tmp_path):
    with h5py.File(tmp_path / "labels.csd", "w") as file:
        group = file.create_group("All Labels/data/video")
        group["intervals"] = np.zeros((1, 2))
        group.create_dataset("features", (TERABYTES, 7), "f4", chunks=(1024, 7))
    with pytest.raises(LayoutError, match="video/features claims"):
        read_labels(tmp_path / "labels.csd")


def test_a_shard_that_claims_terabytes_is_refused(tmp_path):
    with h5py.File(tmp_path / "0000.h5", "w") as file:
        file["utterance_id"] = ["a"]
        file["present"] = [True]
        file.create_dataset("features", (1, TERABYTES), "f4")  # contiguous, never written
    with pytest.raises(ShardError, match="/features claims 4398046511104 bytes"):
        read_shard(tmp_path / "0000.h5")


def test_compressed_arrays_of_the_usual_kind_are_read(tmp_path):
    zeros = np.zeros((400, 300), np.float32)
    np.savez_compressed(tmp_path / "a.npz", x=zeros)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=zeros, compression="gzip", compression_opts=9)
    assert read_array(tmp_path / "a.npz", "x").shape == read_array(tmp_path / "a.h5", "x").shape == (400, 300)


FORMULAS = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "'quoted", "plain"]


def formula_manifest(tmp_path):
    columns = {"utterance_id": FORMULAS, "split": ["train"] * 3 + ["test"] * 3, "group": FORMULAS}
    labels = {"label": ["=glad", "@calm"] * 3}
    manifest = Manifest(table(columns, labels), "d", "folder", "single", ("=glad", "@calm"))
    write_manifest(tmp_path / "m.parquet", manifest)
    return manifest


LIMITS = {"max_lost": 1.0, "min_lost": 10, "max_lost_of_class": 1.0, "min_lost_of_class": 10}


def cells(path):
    with open(path, encoding="utf-8", newline="") as handle:
        return [cell for row in csv.reader(handle) for cell in row]


def runs(cell):
    return cell.startswith(("=", "+", "@")) or (cell.startswith("-") and not re.fullmatch(r"-\d+(\.\d+)?", cell))


def test_ledgers_hold_no_formula_and_give_ids_back_as_they_were(tmp_path):
    rows = [LedgerRow(name, "faces", Status.CORRUPT, f"{name}!", 0.5) for name in FORMULAS]
    write_ledger(tmp_path / "l.csv", rows)
    assert not [cell for cell in cells(tmp_path / "l.csv") if runs(cell)]
    assert read_ledger(tmp_path / "l.csv") == rows


def test_quality_control_and_leaks_hold_no_formula(tmp_path):
    manifest = formula_manifest(tmp_path)
    write_ledger(tmp_path / "l.csv", [LedgerRow(n, "faces", Status.CORRUPT, "=x", 0.5) for n in FORMULAS])
    given = ["--manifest", str(tmp_path / "m.parquet"), "--output", str(tmp_path / "o.csv")]
    limits = ["--settings", json.dumps(LIMITS)]
    qc.main([*given, "--ledgers", str(tmp_path / "l.csv"), *limits])
    found = cells(tmp_path / "o.csv")
    assert "'=glad" in found
    assert not [cell for cell in found if runs(cell)]
    leaks.write_csv(tmp_path / "leaks.csv", [*leaks.overlap(manifest), *leaks.lost(manifest, {"text": []})])
    found = cells(tmp_path / "leaks.csv")
    assert "'=glad" in found
    assert not [cell for cell in found if runs(cell)]
