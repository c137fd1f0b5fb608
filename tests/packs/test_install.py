"""Installs put exactly the right files in place, and leave everything as it was when they cannot."""

import errno
import os
import shutil

import pytest

from helpers.fake_pack import MESH, OTHER, PHOTO, REAL, STAND_IN, bring, manifest, ship
from vlagen_bench.errors import AssetError
from vlagen_bench.packs import install
from vlagen_bench.packs import manifest as packs


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where the pack `tiny` is going to be."""
    ship(tmp_path, monkeypatch, manifest())
    yield tmp_path / "installed" / "tiny"
    packs.load.cache_clear()


def test_an_install_has_the_files_of_the_manifest_and_no_others(home, tmp_path):
    source = bring(tmp_path / "mine")
    (source / "notes.txt").write_text("not in the manifest")
    found = install.install("tiny", source)
    assert found == packs.PackCheck(missing=(), wrong=(), stand_ins=())
    assert {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()} == {MESH, PHOTO}
    assert "installed in" in install.summary("tiny", found)
    assert os.listdir(home.parent) == ["tiny"]


def test_what_is_missing_or_wrong_is_named_and_nothing_is_installed(home, tmp_path):
    source = bring(tmp_path / "mine", photo=b"another photo")
    (source / MESH).unlink()
    with pytest.raises(AssetError, match=rf"1 missing \({MESH}\), 1 with other content .*\({PHOTO}\)"):
        install.install("tiny", source)
    assert os.listdir(home.parent) == []


def test_of_many_missing_files_a_few_are_named_and_the_rest_counted(home, tmp_path, monkeypatch):
    files = ", ".join(f"f{i}: {'a' * 63}{i}" for i in range(8))
    ship(tmp_path, monkeypatch, manifest(files=f"files: {{{files}}}", stand_ins="stand_ins: {}"))
    with pytest.raises(AssetError, match=r"8 missing \(f0, f1, f2, f3, f4 and 3 more\)"):
        install.install("tiny", tmp_path)


def test_stand_ins_are_accepted_reported_and_replaced_by_the_real_files_later(home, tmp_path):
    found = install.install("tiny", bring(tmp_path / "first", mesh=STAND_IN))
    assert found.stand_ins == (MESH,)
    assert MESH in install.summary("tiny", found)
    assert install.install("tiny", bring(tmp_path / "second")).stand_ins == ()
    assert (home / MESH).read_bytes() == REAL
    assert os.listdir(home.parent) == ["tiny"]


def test_a_complete_install_is_left_alone(home, tmp_path):
    source = bring(tmp_path / "mine")
    install.install("tiny", source)
    before = home.stat().st_ino
    shutil.rmtree(source / "tables")
    assert install.install("tiny", source).ok
    assert home.stat().st_ino == before


def test_the_same_stand_ins_again_leave_the_install_alone(home, tmp_path):
    source = bring(tmp_path / "mine", mesh=STAND_IN)
    install.install("tiny", source)
    before = home.stat().st_ino
    assert install.install("tiny", source).stand_ins == (MESH,)
    assert home.stat().st_ino == before


def test_a_damaged_install_is_replaced(home, tmp_path):
    source = bring(tmp_path / "mine")
    bring(home, photo=b"damaged")
    assert install.install("tiny", source).ok
    assert (home / PHOTO).read_bytes() == OTHER


def test_a_failed_install_keeps_what_was_there(home, tmp_path):
    bring(home, mesh=STAND_IN)
    with pytest.raises(AssetError, match="1 with other content"):
        install.install("tiny", bring(tmp_path / "mine", photo=b"wrong"))
    assert (home / MESH).read_bytes() == STAND_IN
    assert os.listdir(home.parent) == ["tiny"]


@pytest.mark.parametrize("linked", [MESH, "objects/red cup", "tables"])
def test_symbolic_links_in_the_source_are_refused(home, tmp_path, linked):
    source = bring(tmp_path / "mine")
    (source / linked).rename(tmp_path / "elsewhere")
    (source / linked).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AssetError, match="symbolic links"):
        install.install("tiny", source)
    assert not home.exists()


def test_a_source_that_is_itself_a_link_is_fine(home, tmp_path):
    (tmp_path / "link").symlink_to(bring(tmp_path / "mine"))
    assert install.install("tiny", tmp_path / "link").ok


def test_pipes_in_the_source_are_refused_and_not_waited_for(home, tmp_path):
    source = bring(tmp_path / "mine")
    (source / PHOTO).unlink()
    os.mkfifo(source / PHOTO)
    with pytest.raises(AssetError, match="not a regular file"):
        install.install("tiny", source)


@pytest.mark.parametrize("path", ["../outside", "/etc/hostname", "tables/../../outside"])
def test_paths_that_leave_the_source_are_refused(home, tmp_path, monkeypatch, path):
    (tmp_path / "outside").write_bytes(OTHER)
    ship(tmp_path, monkeypatch, manifest(files=f"files: {{{path}: {'0' * 63}a}}", stand_ins="stand_ins: {}"))
    with pytest.raises(AssetError, match="not a regular file"):
        install.install("tiny", bring(tmp_path / "mine"))


def test_a_target_that_cannot_be_made_is_a_sentence(home, tmp_path):
    home.parent.write_text("a file where the folder should be")
    with pytest.raises(AssetError, match=r"cannot be installed in .*VLAGEN_ASSETS"):
        install.install("tiny", bring(tmp_path / "mine"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_target_is_a_sentence(home, tmp_path):
    home.parent.mkdir(mode=0o555)
    with pytest.raises(AssetError, match=r"permission denied .*VLAGEN_ASSETS"):
        install.install("tiny", bring(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only file system"), (errno.EACCES, "permission denied")],
)
def test_what_the_system_refuses_is_a_sentence_and_leaves_no_litter(home, tmp_path, monkeypatch, number, remedy):
    def refuse(*_):
        raise OSError(number, os.strerror(number), "somewhere")

    monkeypatch.setattr(install.shutil, "copyfileobj", refuse)
    with pytest.raises(AssetError, match=f"{remedy}.*VLAGEN_ASSETS"):
        install.install("tiny", bring(tmp_path / "mine"))
    assert os.listdir(home.parent) == []


def test_without_a_source_the_error_says_where_the_files_are_and_what_to_run(home):
    with pytest.raises(AssetError, match=r"far/away at v1.*vlagen assets install tiny --from DIR"):
        install.install("tiny", None)


def test_a_source_that_does_not_exist_is_named(home, tmp_path):
    with pytest.raises(AssetError, match=r"There is no folder .*nowhere"):
        install.install("tiny", tmp_path / "nowhere")


def test_a_shipped_pack_needs_no_install(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest(sources="sources: []"))
    with pytest.raises(AssetError, match="comes with vlagen_bench"):
        install.install("tiny", None)
    packs.load.cache_clear()


@pytest.mark.bridge
def test_the_official_assets_install(bridge_source, tmp_path, monkeypatch):
    monkeypatch.setenv("VLAGEN_ASSETS", str(tmp_path))
    found = install.install("bridge", bridge_source.absolute())
    assert found.ok
    assert set(found.stand_ins) <= set(packs.load("bridge").stand_ins)
    assert packs.file_of("bridge", "widowx250s/wx250s.urdf").stat().st_size > 0
