"""Pointers of git-lfs and git-annex are named as such, wherever a file is read."""

import h5py
import numpy as np
import pytest

from conclugen.data.arrays import ArrayError, read_array
from conclugen.media.container import open_media
from conclugen.media.errors import MediaError
from conclugen.media.items import locate
from conclugen.store.ledger import Status
from conclugen.store.pointers import pointer, text_start

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 72862\n"
ANNEX = "/annex/objects/SHA256E-s72862--4d7a.mp4\n"
LINK = "../.git/annex/objects/f8/Vx/SHA256E-s72862--4d7a.mp4/SHA256E-s72862--4d7a.mp4"
GIT_LFS, GIT_ANNEX = "git-lfs.*`git lfs pull`", "git-annex.*`git annex get`"


@pytest.mark.parametrize(
    ("text", "said"),
    [(LFS, GIT_LFS), ("\ufeff" + LFS.replace("\n", "\r\n"), GIT_LFS), (ANNEX, GIT_ANNEX), (LINK, GIT_ANNEX)],
)
def test_a_pointer_is_named_where_a_file_is_read(tmp_path, text, said):
    for name in ("a.mp4", "a.npz", "a.h5", "a.csv"):
        (tmp_path / name).write_text(text)
    with pytest.raises(MediaError, match=said) as refused:
        open_media(tmp_path / "a.mp4")
    assert refused.value.status is Status.MISSING_MEDIA
    for name in ("a.npz", "a.h5", "a.csv"):
        with pytest.raises(ArrayError, match=said):
            read_array(tmp_path / name, "x")


def test_other_files_are_none(tmp_path):
    (tmp_path / "a").write_text("a text about " + LFS)
    (tmp_path / "long").write_text(LFS + "x" * 2000)
    assert [pointer(tmp_path / name) for name in ("a", "long", "gone", "")] == [""] * 4
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.ones(3)
    assert read_array(tmp_path / "a.h5", "x").tolist() == [1, 1, 1]


def test_links_that_lead_nowhere_are_told(tmp_path):
    (tmp_path / "annex.mp4").symlink_to(LINK)
    (tmp_path / "gone.mp4").symlink_to("/mnt/disk/a.mp4")
    for name, said in {"annex": GIT_ANNEX, "gone": "a link to /mnt/disk/a.mp4, which is not there"}.items():
        with pytest.raises(MediaError, match=said) as refused:
            locate(tmp_path, f"{name}.mp4", "video")
        assert refused.value.status is Status.MISSING_MEDIA


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>\n<title>Quota exceeded</title>" + "<p>é</p>\n" * 500,
        '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
        "404: Not Found",
    ],
)
def test_the_answer_of_a_server_in_place_of_media_is_shown(tmp_path, text):
    (tmp_path / "a.mp4").write_text(text, "utf-8")
    with pytest.raises(MediaError, match=f"not video or sound, but text: '{text[:9]}".replace("?", r"\?")) as refused:
        open_media(tmp_path / "a.mp4")
    assert refused.value.status is Status.CORRUPT


def test_damaged_media_are_no_text(tmp_path):
    for data in (b"\0\0\0\x20ftypisom", b"\0" * 99, "pagina n\xe3o".encode("latin-1"), b""):
        (tmp_path / "a.mp4").write_bytes(data)
        assert text_start(tmp_path / "a.mp4") == ""
    assert text_start(tmp_path) == ""
