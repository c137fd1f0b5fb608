"""The places of files, on machines without a home folder too."""

import pytest

from vlagen_bench.diagnostics import doctor
from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import paths


@pytest.fixture
def homeless(monkeypatch):
    """A process whose user has no home folder: HOME is not set, and the user is not known."""

    def nobody(_):
        raise KeyError("no such user")

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "VLAGEN_CACHE", "VLAGEN_ASSETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)


@pytest.mark.parametrize("place", [paths.cache_dir, paths.installed_assets_dir])
def test_without_a_home_folder_the_sentence_names_the_variables(homeless, place):
    with pytest.raises(ConfigError, match=r"no home folder here.*Set VLAGEN_CACHE and VLAGEN_ASSETS"):
        place()


def test_the_variables_are_enough(homeless, monkeypatch, tmp_path):
    for name in ("VLAGEN_CACHE", "VLAGEN_ASSETS"):
        monkeypatch.setenv(name, str(tmp_path / name))
    assert paths.cache_dir() == tmp_path / "VLAGEN_CACHE" and paths.installed_assets_dir() == tmp_path / "VLAGEN_ASSETS"
    assert doctor._home() == []


def test_the_doctor_finds_that_there_is_no_home_folder(homeless):
    (finding,) = doctor._home()
    assert not finding.ok and "VLAGEN_CACHE" in finding.remedy
    assert doctor._disk().what == "Free disk" and doctor._pack("bridge").value == "not installed"
