"""A small pack: two files with a stand-in for one of them, in a temporary folder."""

import hashlib
from pathlib import Path

import pytest

from vlagen_bench.packs import manifest as packs
from vlagen_bench.utils import paths

MESH, PHOTO = "objects/red cup/visual.glb", "tables/001.png"
REAL, STAND_IN, OTHER = b"the real mesh", b"a stand-in", b"a photo"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_blob(content: bytes) -> str:
    return "git:" + hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def manifest(**changes: str) -> str:
    """The text of a manifest, with single lines replaced by those in `changes`."""
    lines = {
        "schema": "schema: 1",
        "name": "name: tiny",
        "version": "version: 1",
        "licence": "licence: MIT",
        "origin": "origin: made for this test",
        "objects": (
            f"objects: [{{id: red cup, name: cup, split: train, extents_m: [1, 2.5, 3], density_kg_m3: 500,"
            f" visual: {MESH}, collision: {MESH}}}]"
        ),
        "receptacles": "receptacles: []",
        "tables": f'tables: [{{id: "001", name: oak, split: test, image: {PHOTO}}}]',
        "textures": "textures: []",
        "files": f"files: {{{MESH}: {git_blob(REAL)}, {PHOTO}: {sha256(OTHER)}}}",
        "stand_ins": f"stand_ins: {{{MESH}: {sha256(STAND_IN)}}}",
        "sources": 'sources: [{prefix: objects, repository: far/away, revision: v1, path: ".", licence: MIT}]',
    }
    return "\n".join((lines | changes).values()) + "\n"


def ship(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Makes `tiny` the only pack that ships, with `text` as its manifest and installs going to `folder`/installed."""
    home = folder / "shipped" / "tiny"
    home.mkdir(parents=True, exist_ok=True)
    (home / "pack.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(paths, "shipped_assets_dir", lambda: folder / "shipped")
    monkeypatch.setenv("VLAGEN_ASSETS", str(folder / "installed"))
    packs.load.cache_clear()


def bring(folder: Path, mesh: bytes = REAL, photo: bytes = OTHER) -> Path:
    """A folder with the pack's files, as a user would bring them."""
    for path, content in ((MESH, mesh), (PHOTO, photo)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder
