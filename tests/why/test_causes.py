from conclugen.why.causes import changes


def recorded(*values):
    return [repr(value) for value in values]


def test_nothing_changed():
    assert changes([], []) == []


def test_a_changed_a_new_and_a_removed_source_file():
    before = recorded(["conclugen/a.py@11", "conclugen/b.py@22", "conclugen/gone.py@33"])
    now = recorded(["conclugen/a.py@11", "conclugen/b.py@23", "conclugen/new.py@44"])
    assert changes(before, now) == [
        "conclugen/b.py changed",
        "conclugen/gone.py left this stage",
        "conclugen/new.py is new in this stage",
    ]


def test_settings_are_compared_key_by_key():
    before = recorded('{"epochs": 8, "sizes": {"hidden": 16, "projection": 8}, "old": null}')
    now = recorded('{"epochs": 9, "sizes": {"hidden": 16, "projection": 4}, "new": [1.5]}')
    assert changes(before, now) == [
        "setting epochs: 8 → 9",
        "setting new: not there → [1.5]",
        "setting old: null → not there",
        "setting sizes.projection: 8 → 4",
    ]


def test_a_library_is_told_by_its_versions():
    before, now = recorded(["conclugen/a.py@11", "torch@2.11.0"]), recorded(["conclugen/a.py@11", "torch@2.12.0+cpu"])
    assert changes(before, now) == ["library torch: 2.11.0 → 2.12.0+cpu"]
    assert changes(recorded(["a.py@1"]), now[:0] + recorded(["a.py@1", "torch@2.12.0"])) == [
        "library torch: version not recorded → 2.12.0"
    ]


def test_sources_and_media():
    before, now = (
        recorded(["labels.csv@aaaa", "media@3 files, 12ab"]),
        recorded(["labels.csv@bbbb", "media@4 files, 9"]),
    )
    assert changes(before, now) == [
        "source labels.csv changed",
        "the media files changed (3 files, 12ab → 4 files, 9)",
    ]


def test_a_plain_value_such_as_the_root():
    assert changes(recorded("/old/root"), recorded("/new root")) == ['setting: "/old/root" → "/new root"']


def test_a_value_that_is_no_literal_is_told_as_it_is():
    assert changes(["<object>"], []) == ['setting: "<object>" → none']
