"""The URDF files of robots, with visual meshes simplified once into the cache."""

import hashlib
import importlib.util
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from vlagen_bench.errors import AssetError
from vlagen_bench.packs import manifest
from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.utils import installing, paths

# Raise it when the way of simplifying changes, so that old caches are not used.
RECIPE = 2
MIN_FACES = 400
"""parts of no more faces stay whole, such as fingers"""
PLAIN_FACES = 4000
"""as many are left of a mesh of one colour without a material, such as the 425,160 of a camera on a wrist"""
INLAID_M = 0.0008
"""how far inlaid parts are raised: decimation moves the surface around them by about as much, which would hide them"""


def urdf_path(robot: RobotSpec, pack: str) -> Path:
    """The URDF to load: as it comes, or with the simplified visual meshes that `robot.simplify_to` asks for."""
    where, _, path = robot.urdf.partition(":")
    original = manifest.file_of(pack, path) if where == "pack" else _mani_skill_folder() / path
    return original if robot.simplify_to is None else simplified(original, robot.simplify_to)


def _mani_skill_folder() -> Path:
    spec = importlib.util.find_spec("mani_skill")
    if spec is None or spec.origin is None:
        raise AssetError(
            f"The package mani_skill is not installed; its wheel has the Panda's files. Run: {installing.packages('mani_skill==3.0.1')}"
        )
    return Path(spec.origin).parent / "assets" / "robots"


def simplified(original: Path, share: float) -> Path:
    """A copy of a URDF whose visual meshes keep about `share` of their faces; made once, then found in the cache."""
    content = original.read_bytes() + f"{share}:{RECIPE}".encode()
    folder = paths.cache_dir() / "robots" / f"{original.stem}-{hashlib.sha256(content).hexdigest()[:12]}"
    return paths.made_once(folder, partial(_write_simplified, original, share)) / original.name


def _write_simplified(original: Path, share: float, staging: Path) -> None:
    tree = ElementTree.parse(original)
    for mesh in tree.iter("mesh"):
        mesh.set("filename", str((original.parent / mesh.get("filename", "")).resolve()))
    for number, mesh in enumerate(mesh for visual in tree.iter("visual") for mesh in visual.iter("mesh")):
        source = Path(mesh.get("filename", ""))
        name = f"visual_{number}{'.stl' if source.suffix == '.stl' else '.glb'}"
        (_simplify_plain if source.suffix == ".stl" else _simplify)(source, share, staging / name)
        mesh.set("filename", name)
    srdf = original.with_suffix(".srdf")
    if srdf.is_file():
        (staging / srdf.name).write_bytes(srdf.read_bytes())
    tree.write(staging / original.name, encoding="utf-8", xml_declaration=True)


def _simplify(source: Path, share: float, target: Path) -> None:
    """Quadric decimation of every part of a mesh; small parts, where little is to be won, stay whole.

    The part with the most faces is the body, in whose surface the others are inlaid.
    """
    import trimesh

    found = [part for part in trimesh.load_scene(source).dump() if isinstance(part, trimesh.Trimesh)]
    body = max(found, key=lambda part: len(part.faces))
    parts = []
    for found_part in found:
        assert isinstance(found_part.visual, trimesh.visual.TextureVisuals), "its parts have materials"
        # Normals and texture coordinates split the vertices along every edge; decimation needs them joined.
        part = trimesh.Trimesh(found_part.vertices, found_part.faces, process=False)
        part.merge_vertices()
        faces = max(MIN_FACES, int(len(part.faces) * share))
        if len(part.faces) > faces:
            part = part.simplify_quadric_decimation(face_count=faces)
            if found_part is not body:
                part.vertices = part.vertices + INLAID_M * part.vertex_normals
        part = trimesh.graph.smooth_shade(part, angle=np.radians(35))
        part.visual = trimesh.visual.TextureVisuals(material=found_part.visual.material)
        parts.append(part)
    target.write_bytes(trimesh.Scene(parts).export(file_type="glb"))


def _simplify_plain(source: Path, share: float, target: Path) -> None:
    """The same of an STL file, whose colour is in the URDF."""
    import trimesh

    part = trimesh.load_mesh(source)
    part.merge_vertices()
    faces = min(PLAIN_FACES, max(MIN_FACES, int(len(part.faces) * share)))
    if len(part.faces) > faces:
        part = part.simplify_quadric_decimation(face_count=faces)
    part.export(target, file_type="stl")
