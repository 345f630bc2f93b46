"""Whether the detector's weights are there is known before anything is decoded."""

from pathlib import Path

from conclugen.faces import settings
from conclugen.faces.settings import missing_weights


def test_the_weights_that_are_installed_are_found():
    assert missing_weights() == []


def test_what_is_missing_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "some_package/data").mkdir(parents=True)
    (tmp_path / "some_package/__init__.py").touch()
    (tmp_path / "some_package/data/pnet.pt").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(settings, "PACKAGE", "some_package")
    (line,) = missing_weights()
    rnet, onet = (str(Path(tmp_path, "some_package/data", name)) for name in ("rnet.pt", "onet.pt"))
    assert line.startswith(f"{rnet}, {onet}: no such weight file")
    assert "pnet" not in line
    assert "\n" not in line


def test_a_package_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(settings, "PACKAGE", "no_such_package")
    (line,) = missing_weights()
    assert "no_such_package/data/pnet.pt" in line
    assert settings.DISTRIBUTION in line
