"""Manifests say what is in a pack, and damaged packs are noticed."""

import pytest

from helpers.fake_pack import MESH, OTHER, PHOTO, REAL, STAND_IN, bring, git_blob, manifest, sha256, ship
from vlagen_bench.errors import AssetError, ConfigError
from vlagen_bench.packs import manifest as packs


@pytest.fixture(autouse=True)
def _fresh():
    packs.load.cache_clear()
    yield
    packs.load.cache_clear()


def test_a_manifest_becomes_typed_values(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest())
    pack = packs.load("tiny")
    assert pack.objects[0].extents_m == (1.0, 2.5, 3.0)
    assert pack.find("tables", "001").name == "oak"
    assert [len(pack.split("tables", split)) for split in ("train", "test", "all")] == [0, 1, 1]


def test_an_unknown_pack_names_the_nearest(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest())
    with pytest.raises(AssetError, match=r"'tinny'\. Did you mean 'tiny'"):
        packs.load("tinny")


def test_an_unknown_asset_names_the_nearest(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest())
    with pytest.raises(AssetError, match=r"Pack 'tiny'.* object 'red cap'. Did you mean 'red cup'"):
        packs.load("tiny").find("objects", "red cap")


def test_a_manifest_of_another_schema_is_refused(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest(schema="schema: 2"))
    with pytest.raises(ConfigError, match="schema: expected one of 1"):
        packs.load("tiny")


def test_a_pack_that_is_not_installed_says_which_command_installs_it(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest())
    with pytest.raises(AssetError, match="vlagen assets install tiny"):
        packs.folder("tiny")


def test_a_pack_without_sources_is_where_its_manifest_is(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest(sources="sources: []"))
    assert packs.folder("tiny") == tmp_path / "shipped" / "tiny"


@pytest.mark.parametrize(
    ("mesh", "photo", "expected"),
    [
        (REAL, OTHER, packs.PackCheck(missing=(), wrong=(), stand_ins=())),
        (STAND_IN, OTHER, packs.PackCheck(missing=(), wrong=(), stand_ins=(MESH,))),
        (b"neither", b"damaged", packs.PackCheck(missing=(), wrong=(MESH, PHOTO), stand_ins=())),
    ],
)
def test_check_tells_right_files_stand_ins_and_wrong_ones_apart(tmp_path, monkeypatch, mesh, photo, expected):
    ship(tmp_path, monkeypatch, manifest())
    assert packs.check(packs.load("tiny"), bring(tmp_path / "home", mesh, photo)) == expected


def test_check_finds_what_is_missing(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest())
    found = packs.check(packs.load("tiny"), tmp_path)
    assert found.missing == (MESH, PHOTO)
    assert not found.ok


def test_a_missing_file_is_named_with_the_remedy(tmp_path, monkeypatch):
    ship(tmp_path, monkeypatch, manifest())
    bring(tmp_path / "installed" / "tiny")
    assert packs.file_of("tiny", PHOTO).read_bytes() == OTHER
    with pytest.raises(AssetError, match=r"lacks tables/002\.png .* vlagen assets install tiny"):
        packs.file_of("tiny", "tables/002.png")


def test_both_kinds_of_hashes_are_those_of_the_usual_tools(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"hello\n")
    # `git hash-object` and `sha256sum` of a file that says hello.
    assert packs.digest(file, "git:") == "git:ce013625030ba8dba906f756967f9e9ca394464a" == git_blob(b"hello\n")
    assert packs.digest(file, "") == sha256(b"hello\n")
    assert packs.digest(file, "").startswith("5891b5b522d5df086d0ff0b110fbd9d2")


@pytest.mark.parametrize("name", packs.names())
def test_every_shipped_manifest_names_each_asset_once_and_only_files_that_it_lists(name):
    pack = packs.load(name)
    assert pack.name == name
    for kind in ("objects", "receptacles", "tables", "textures"):
        ids = [asset.id for asset in getattr(pack, kind)]
        assert len(set(ids)) == len(ids)
    used = {path for model in (*pack.objects, *pack.receptacles) for path in (model.visual, model.collision)}
    used |= {picture.image for picture in (*pack.tables, *pack.textures)}
    assert used <= set(pack.files)
    assert set(pack.stand_ins) <= set(pack.files)
    assert all(min(model.extents_m) > 0 for model in (*pack.objects, *pack.receptacles))


def test_the_bridge_pack_has_the_sizes_and_splits_of_the_paper():
    pack = packs.load("bridge")
    sizes = {
        kind: (len(pack.split(kind, "train")), len(pack.split(kind, "test")))
        for kind in ("objects", "receptacles", "tables", "textures")
    }
    assert sizes == {"objects": (16, 9), "receptacles": (1, 16), "tables": (16, 5), "textures": (1, 20)}
    assert [pack.textures.index(texture) for texture in pack.split("textures", "test")] == list(range(1, 21))
    assert (pack.objects[0].name, pack.objects[24].name, pack.receptacles[0].name) == ("carrot", "cup", "plate")


def test_shipped_packs_are_whole():
    for name in packs.names():
        if not packs.load(name).sources:
            assert packs.check(packs.load(name), packs.folder(name)).ok
