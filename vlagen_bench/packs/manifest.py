"""The manifests of asset packs and the paths of their files; opens no mesh and needs no simulator."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, overload

from vlagen_bench.errors import AssetError, UnknownPack, unknown
from vlagen_bench.scenes.lamps import Lamp, Sky
from vlagen_bench.scenes.verbs import ModelKind
from vlagen_bench.utils import paths, plugins
from vlagen_bench.utils.parsing import build, load_yaml

Split = Literal["train", "test"]
Splits = Literal["train", "test", "all"]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A rigid thing: an object to move or a receptacle to put it on."""

    id: str
    name: str
    """as instructions call it"""
    split: Split
    extents_m: tuple[float, float, float]
    """size of its box in its own frame"""
    density_kg_m3: float
    visual: str
    """path in the pack of the mesh that is drawn"""
    collision: str
    """path in the pack of the mesh that collides, one convex piece per connected part"""
    category: str = ""
    colour: str = ""
    synonyms: tuple[str, ...] = ()
    mass_kg: float | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A flat image: a table top, a table photo or an overlay texture."""

    id: str
    name: str
    split: Split
    image: str
    """path in the pack"""
    covers_m: float = 0.5
    """edge of the square that a picture of a table's surface covers before it repeats, where the table is drawn"""


@dataclass(frozen=True, kw_only=True)
class LightingEnvironment:
    """An environment to see things in: it takes the place of the scene's own lights."""

    id: str
    name: str
    split: Split
    sky: Sky
    lamps: tuple[Lamp, ...]


Asset = Model | Picture | LightingEnvironment
PictureKind = Literal["tables", "textures"]
LightingKind = Literal["lightings"]
Kind = ModelKind | PictureKind | LightingKind


@dataclass(frozen=True, kw_only=True)
class PackSource:
    """The origin of a part of an installed pack."""

    prefix: str
    """folder of the pack that it fills"""
    repository: str
    revision: str
    path: str
    licence: str
    files_url: str = ""
    """address of one file, with {revision} and {path} (in the repository) to be filled in; empty: no download"""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The manifest of a pack, `pack.yaml`. Order within a list is part of the benchmark: ids count by it."""

    schema: Literal[1]
    name: str
    version: int
    licence: str
    origin: str
    objects: tuple[Model, ...]
    receptacles: tuple[Model, ...]
    tables: tuple[Picture, ...]
    textures: tuple[Picture, ...]
    files: dict[str, str]
    """path -> SHA-256, or `git:<SHA-1>` of the git blob where only that is known"""
    lightings: tuple[LightingEnvironment, ...] = ()
    stand_ins: dict[str, str] = field(default_factory=dict)
    """path -> SHA-256 of a stand-in that is accepted, and reported, in place of the upstream file"""
    sources: tuple[PackSource, ...] = ()

    @overload
    def find(self, kind: ModelKind, asset_id: str) -> Model: ...
    @overload
    def find(self, kind: PictureKind, asset_id: str) -> Picture: ...
    @overload
    def find(self, kind: LightingKind, asset_id: str) -> LightingEnvironment: ...
    def find(self, kind: Kind, asset_id: str) -> Asset:
        """The asset of `kind` (objects, receptacles, tables, textures, lightings) with this id."""
        assets: tuple[Asset, ...] = getattr(self, kind)
        for asset in assets:
            if asset.id == asset_id:
                return asset
        known = [asset.id for asset in assets]
        raise AssetError(f"Pack '{self.name}': {unknown(kind.rstrip('s'), asset_id, known)}")

    @overload
    def split(self, kind: ModelKind, split: Splits) -> tuple[Model, ...]: ...
    @overload
    def split(self, kind: PictureKind, split: Splits) -> tuple[Picture, ...]: ...
    @overload
    def split(self, kind: LightingKind, split: Splits) -> tuple[LightingEnvironment, ...]: ...
    def split(self, kind: Kind, split: Splits) -> tuple[Asset, ...]:
        """The assets of `kind` in one split, or all, in manifest order."""
        return tuple(asset for asset in getattr(self, kind) if split in ("all", asset.split))


def names() -> tuple[str, ...]:
    """The packs that ship, and those from outside."""
    return tuple(sorted(plugins.files("pack")))


@cache
def load(name: str) -> Pack:
    """The manifest of pack `name`; raises `AssetError` if there is no such pack."""
    path = _file(name)
    return build(Pack, load_yaml(path), str(path))


def _file(name: str) -> Path:
    known = plugins.files("pack")
    if name not in known:
        raise UnknownPack(unknown("asset pack", name, known))
    return known[name]


def folder(name: str) -> Path:
    """The folder with the files of pack `name`: beside its manifest, or where it is installed.

    Raises:
        AssetError: the pack is not installed; says which command installs it.
    """
    pack = load(name)
    home = installed_folder(name) if pack.sources else _file(name).parent
    if not home.is_dir():
        raise AssetError(
            f"The asset pack '{name}' is not installed (looked in {home}). "
            f"Install it with: vlagen assets install {name}   (or, from files you have: --from DIR)"
        )
    return home


def installed_folder(name: str) -> Path:
    """The folder of pack `name`, installed or not."""
    return paths.installed_assets_dir() / name


def file_of(name: str, path: str) -> Path:
    """One file of pack `name`; raises `AssetError` that names it if it is missing."""
    full = folder(name) / path
    if not full.is_file():
        raise AssetError(
            f"The asset pack '{name}' lacks {path} (looked for {full}). Reinstall it: vlagen assets install {name}"
        )
    return full


def digest(path: Path, expected: str) -> str:
    """The hash of a file, in the form that `expected` has: SHA-256, or `git:` and the git blob's SHA-1."""
    content = path.read_bytes()
    if expected.startswith("git:"):
        return "git:" + hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return hashlib.sha256(content).hexdigest()


def is_right(path: Path, expected: str) -> bool:
    """Whether the file exists and has this hash."""
    return path.is_file() and digest(path, expected) == expected


@dataclass(frozen=True, kw_only=True)
class PackCheck:
    """What a look at every file of a pack found."""

    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    stand_ins: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.missing and not self.wrong


def check(pack: Pack, home: Path) -> PackCheck:
    """Compares every file under `home` with the manifest."""
    missing: list[str] = []
    wrong: list[str] = []
    stand_ins: list[str] = []
    for path, expected in pack.files.items():
        full = home / path
        if not full.is_file():
            missing.append(path)
        elif digest(full, expected) != expected:
            stand_in = pack.stand_ins.get(path)
            (stand_ins if stand_in == digest(full, "") else wrong).append(path)
    return PackCheck(missing=tuple(missing), wrong=tuple(wrong), stand_ins=tuple(stand_ins))


def require(name: str, checked: PackCheck) -> None:
    """Raises `AssetError` that names the first files that are missing or wrong."""
    if checked.ok:
        return
    parts = [
        f"{len(paths_)} {what} ({', '.join(paths_[:3])}{', ...' if len(paths_) > 3 else ''})"
        for what, paths_ in (("missing", checked.missing), ("damaged", checked.wrong))
        if paths_
    ]
    raise AssetError(
        f"The asset pack '{name}' has files that are not right: {'; '.join(parts)}. Reinstall it: vlagen assets install {name}"
    )
