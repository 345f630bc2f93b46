"""What lies in folders of real data."""

import pytest

from conclugen.survey import arrays, layouts, tables

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("folder", "columns"),
    [("clips", {"text": "transcript"}), ("emodb", {"label": "emotion"})],
)
def test_tables_of_real_clips_are_found(shared_data, folder, columns):
    assert tables.clips(shared_data / folder, None, {}, []).options["columns"] == columns


@pytest.mark.parametrize(
    ("folder", "layout"),
    [("meld", "meld"), ("mosei", "mosei"), ("ravdess-speech", "ravdess"), ("emodb", "emodb"), ("clips", None)],
)
def test_official_layouts_are_known(shared_data, folder, layout):
    assert layouts.layout_of(shared_data / folder) == layout


def test_arrays_of_mosei_are_understood_with_the_names_of_its_classes(shared_data):
    root = shared_data / "mosei-922"
    file = arrays.file_of(root)
    classes = ["happy", "sad", "anger", "surprise", "disgust", "fear"]
    found = arrays.arrays(root, file, {}, ["emo_mean"], classes)
    assert found.modalities == {"text": ["text"], "audio": ["audio"], "video": ["vision"]}
    assert found.options["split"] == "fold"
