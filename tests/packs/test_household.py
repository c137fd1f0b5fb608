"""The committed pack `household` is complete, sound, small, and what its generator writes."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest
import trimesh
import yaml
from PIL import Image

from helpers.places import TOP
from vlagen_bench.packs import manifest
from vlagen_bench.packs.household import catalogue
from vlagen_bench.packs.household.build import TABLE_PX, TEXTURE_PX, build
from vlagen_bench.packs.household.collision import MAX_PIECES, MAX_VERTICES, convex_piece, rim_pieces
from vlagen_bench.packs.household.lightings import LIGHTINGS

PACK = TOP / "assets" / "household"
MANIFEST = yaml.safe_load((PACK / "pack.yaml").read_text())
MODELS = MANIFEST["objects"] + MANIFEST["receptacles"]
MODEL_KEYS = {
    *("id", "name", "split", "category", "synonyms", "colour"),
    *("extents_m", "density_kg_m3", "mass_kg", "visual", "collision"),
}
MAX_TRIANGLES = 3000
COLOURS = {"red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey"}
MAX_PACK_BYTES = 25_000_000


def each_model(test):
    return pytest.mark.parametrize("row", MODELS, ids=lambda row: row["id"])(test)


def read_pieces(row: dict) -> list[trimesh.Trimesh]:
    """The `o` groups of the collision file, read without trimesh, which may merge or reorder them."""
    pieces, vertices = [], []
    for line in (PACK / row["collision"]).read_text().splitlines():
        kind, *values = line.split()
        if kind == "o":
            pieces.append(([], []))
            first = len(vertices) + 1
        elif kind == "v":
            vertices.append([float(value) for value in values])
            pieces[-1][0].append(vertices[-1])
        elif kind == "f":
            pieces[-1][1].append([int(value) - first for value in values])
    return [trimesh.Trimesh(points, faces, process=False) for points, faces in pieces]


def read_visual(row: dict) -> list[trimesh.Trimesh]:
    return list(trimesh.load_scene(PACK / row["visual"], process=False).geometry.values())


def test_manifest_has_the_agreed_keys():
    assert list(MANIFEST) == [
        *("schema", "name", "version", "licence", "origin"),
        *("objects", "receptacles", "tables", "textures", "lightings", "files"),
    ]
    assert all(set(row) == MODEL_KEYS for row in MODELS)
    assert all(set(row) == {"id", "name", "split", "image", "covers_m"} for row in MANIFEST["tables"])
    assert all(set(row) == {"id", "name", "split", "image"} for row in MANIFEST["textures"])
    assert all(0.1 < row["covers_m"] < 1.0 for row in MANIFEST["tables"])


def test_manifest_lists_the_catalogue():
    for kind in ("objects", "receptacles", "tables", "textures"):
        rows = getattr(catalogue, kind.upper())
        assert [(row["id"], row["split"]) for row in MANIFEST[kind]] == sorted((row.id, row.split) for row in rows)


def test_manifest_lists_the_lightings():
    lightings = manifest.load("household").lightings
    assert lightings == tuple(sorted(LIGHTINGS, key=lambda lighting: lighting.id))
    for lighting in lightings:
        assert sum(lamp.shadow for lamp in lighting.lamps) <= 2, "each shadow draws the scene once more"
        assert all(lamp.direction[2] < 0 for lamp in lighting.lamps), "no light comes from below the table"
        assert all(2700 <= light.kelvin <= 8000 for light in (lighting.sky, *lighting.lamps)), "no lamp is so coloured"


def test_files_are_all_listed_and_hash_as_listed():
    found = {path.relative_to(PACK).as_posix() for path in PACK.rglob("*") if path.is_file()} - {"pack.yaml"}
    assert found == set(MANIFEST["files"])
    for path, digest in MANIFEST["files"].items():
        assert hashlib.sha256((PACK / path).read_bytes()).hexdigest() == digest, path


def test_pack_is_small():
    assert sum(path.stat().st_size for path in PACK.rglob("*") if path.is_file()) < MAX_PACK_BYTES


@pytest.mark.parametrize("kind", ["objects", "receptacles", "tables", "textures", "lightings"])
def test_splits_share_no_id_and_no_wording(kind):
    words = {"train": set(), "test": set()}
    for row in MANIFEST[kind]:
        words[row["split"]] |= {row["id"], row["name"], *row.get("synonyms", ())}
    assert words["train"] and words["test"]
    assert not words["train"] & words["test"]


def test_every_wording_names_one_thing():
    names = [name for row in MODELS for name in (row["name"], *row["synonyms"])]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)
    assert all(2 <= len(row["synonyms"]) <= 3 for row in MODELS)


@each_model
def test_collision_pieces_are_watertight_convex_and_small(row):
    pieces = read_pieces(row)
    assert 1 <= len(pieces) <= MAX_PIECES
    for piece in pieces:
        assert len(piece.vertices) <= MAX_VERTICES
        assert piece.is_watertight and piece.is_winding_consistent and piece.volume > 0
        above = (piece.vertices[None] - piece.triangles_center[:, None]) @ piece.face_normals[:, :, None]
        assert above.max() < 5e-6, "a vertex lies outside of a face"


@each_model
def test_extents_and_mass_agree_with_the_collision_geometry(row):
    pieces = read_pieces(row)
    corners = np.vstack([piece.vertices for piece in pieces])
    np.testing.assert_allclose(np.ptp(corners, axis=0), row["extents_m"], atol=6e-5)
    np.testing.assert_allclose(corners.min(axis=0) + corners.max(axis=0), 0, atol=3e-6)
    volume_m3 = sum(piece.volume for piece in pieces)
    assert row["mass_kg"] == pytest.approx(row["density_kg_m3"] * volume_m3, abs=1e-4)
    assert 0.02 <= row["mass_kg"] <= 0.4


@each_model
def test_visual_is_light_and_lies_where_the_collision_does(row):
    meshes = read_visual(row)
    assert sum(len(mesh.faces) for mesh in meshes) <= MAX_TRIANGLES
    corners = np.vstack([mesh.vertices for mesh in meshes])
    half = np.array(row["extents_m"]) / 2
    assert corners[:, 2].min() > -half[2] - 0.0005, "would stick through the table"
    # Stalks and leaves may stand out: they are seen but not felt.
    assert np.all(corners.max(axis=0) < half + np.array([0.008, 0.004, 0.018]))
    assert np.all(corners.max(axis=0) > half - 0.0035)
    assert np.all(corners.min(axis=0) < -half + 0.0035)


@each_model
def test_visual_normals_are_unit_and_point_outwards(row):
    for mesh in read_visual(row):
        np.testing.assert_allclose(np.linalg.norm(mesh.vertex_normals, axis=1), 1, atol=1e-3)
        facing = np.einsum("fck,fk->fc", mesh.vertex_normals[mesh.faces], mesh.face_normals)
        assert facing.min() > 0


@pytest.mark.parametrize("row", MANIFEST["objects"], ids=lambda row: row["id"])
def test_objects_fit_the_gripper(row):
    x, y, z = row["extents_m"]
    within_reach = [piece for piece in read_pieces(row) if piece.bounds[1, 2] > 0]
    assert any(0.018 <= piece.extents[:2].min() <= 0.060 for piece in within_reach)
    assert 0.015 <= z <= 0.110
    assert max(x, y, z) <= 0.150


@pytest.mark.parametrize("row", MANIFEST["receptacles"], ids=lambda row: row["id"])
def test_receptacles_are_low_and_wide(row):
    x, y, z = row["extents_m"]
    assert min(x, y) >= 0.090 and max(x, y) <= 0.165
    assert 0.003 <= z <= 0.040


@pytest.mark.parametrize(("kind", "train", "test"), [("objects", 20, 10), ("receptacles", 4, 16)])
def test_there_are_as_many_models_as_agreed(kind, train, test):
    splits = [row["split"] for row in MANIFEST[kind]]
    assert (splits.count("train"), splits.count("test")) == (train, test)


@pytest.mark.parametrize("kind", ["objects", "receptacles"])
def test_colours_and_categories_can_tell_things_apart(kind):
    colours = {row["colour"] for row in MANIFEST[kind]}
    assert len(colours) >= 10 and colours <= COLOURS
    categories = Counter(row["category"] for row in MANIFEST[kind])
    assert 6 <= len(categories) <= 8
    assert sum(count >= 3 for count in categories.values()) > len(categories) / 2


def test_every_category_of_objects_is_in_both_splits():
    seen, unseen = ({row["category"] for row in MANIFEST["objects"] if row["split"] == it} for it in ("train", "test"))
    assert seen == unseen


@pytest.mark.parametrize(("kind", "train", "test"), [("tables", 16, 8), ("textures", 8, 16), ("lightings", 4, 10)])
def test_there_are_as_many_surroundings_as_agreed(kind, train, test):
    splits = [row["split"] for row in MANIFEST[kind]]
    assert (splits.count("train"), splits.count("test")) == (train, test)


def test_images_have_the_agreed_size():
    for kind, size_px in (("tables", TABLE_PX), ("textures", TEXTURE_PX)):
        for row in MANIFEST[kind]:
            with Image.open(PACK / row["image"]) as image:
                assert (image.size, image.mode) == ((size_px, size_px), "RGB"), row["id"]


def test_convex_piece_keeps_extents_and_flat_bottom():
    points = trimesh.creation.icosphere(subdivisions=3).vertices * [0.02, 0.03, 0.04]
    points[:, 2] = np.maximum(points[:, 2], -0.035)
    piece = convex_piece(points)
    np.testing.assert_allclose(piece.bounds, [points.min(axis=0), points.max(axis=0)], atol=1e-6)
    assert (piece.vertices[:, 2] < -0.0349).sum() >= 4


def test_rim_leaves_the_middle_free():
    for piece in rim_pieces([(0.05, 0), (0.06, 0), (0.06, 0.01)], num_pieces=7):
        closest = np.abs(piece.triangles_center[:, :2]).max(axis=1).min()
        assert closest > 0.03


@pytest.mark.slow
def test_build_writes_the_committed_pack(tmp_path):
    build(tmp_path)
    built = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert built == {*MANIFEST["files"], "pack.yaml"}
    different = [path for path in sorted(built) if (tmp_path / path).read_bytes() != (PACK / path).read_bytes()]
    assert not different
