"""The folder of a stage: what it was begun from, the pieces of work it took, and the marker that it is done."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.stages import Stage
from vlagen_bench.types import content_hash
from vlagen_bench.utils.locations import sha256
from vlagen_bench.utils.parsing import build

BEGUN, DONE, PIECES, ELSEWHERE = "stage.json", "done.json", "pieces.jsonl", "elsewhere.json"
SITTING = "sitting.json"
"""what the sitting that goes on took so far; of one that was killed it is all that is known"""
RESULTS = ("policy.safetensors", "episodes.jsonl")
"""what a training and an evaluation are about; reports and states beside may change"""
WHOLE_BYTES = 50_000_000
"""files up to this size are hashed whole; of larger ones the size"""
State = Literal["new", "begun", "done"]
Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One sitting at a stage."""

    began: str
    """time of day, UTC"""
    wall_s: float
    core_s: float
    """of all its processes"""
    peak_bytes: int
    """memory of all its processes together, shared pages counted once; 0: not measured"""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a stage is made from."""

    content: str
    """hash of what the configuration says of it"""
    inputs: Mapping[str, str]
    """stage -> hash of its product"""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What is here of a stage that was done in another folder, of which only the records are known."""

    released: str = ""
    """the built-in policy whose weights are here in place of the stage's own; empty: nothing is here"""


@dataclass(frozen=True, kw_only=True)
class StageFolder:
    """A stage's folder below that of the study."""

    path: Path

    @property
    def product(self) -> Path:
        """Where the stage's command writes."""
        return self.path / "product"

    @property
    def log(self) -> Path:
        """What its command said."""
        return self.path / "log.txt"

    def origin(self) -> Origin | None:
        """What it was begun from; None: it was not."""
        return self._read(BEGUN, Origin)

    def elsewhere(self) -> Elsewhere | None:
        """What stands in for it, where it was done elsewhere; None: it was done here, or not at all."""
        return self._read(ELSEWHERE, Elsewhere)

    @property
    def is_absent(self) -> bool:
        """Whether it was done elsewhere, and nothing is here that a stage could be made from."""
        return self.elsewhere() is not None and not self.product.exists()

    def state(self) -> State:
        """How far it is; what was taken in part from elsewhere is new."""
        if (self.path / DONE).is_file():
            return "done"
        return "begun" if (self.path / BEGUN).is_file() and not (self.path / ELSEWHERE).is_file() else "new"

    def begin(self, origin: Origin) -> None:
        """Says what it is made from; what stood in for it, done elsewhere, is removed."""
        if self.elsewhere() is not None:
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / BEGUN, json.dumps(asdict(origin), indent=1) + "\n")

    def adopt(self, origin: Origin, what: Elsewhere, weights: Mapping[str, Path]) -> None:
        """Takes it as done elsewhere, with copies of these files as its product: name in the product -> file."""
        if self.elsewhere() is not None:
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        # Before anything else: an interruption must not leave what looks like a stage that was begun here.
        write_atomically(self.path / ELSEWHERE, json.dumps(asdict(what), indent=1) + "\n")
        write_atomically(self.path / BEGUN, json.dumps(asdict(origin), indent=1) + "\n")
        for name, file in weights.items():
            self.product.mkdir(exist_ok=True)
            shutil.copyfile(file, self.product / name)
        self.finish()

    def finish(self) -> None:
        """Marks it as done, with the hash of its product."""
        marker = {"product": fingerprint(self.product)} if self.product.exists() else {"product": ""}
        write_atomically(self.path / DONE, json.dumps(marker, indent=1) + "\n")

    def product_hash(self) -> str:
        """Of a stage that is done."""
        try:
            said: str = json.loads((self.path / DONE).read_text(encoding="utf-8"))["product"]
        except (OSError, ValueError, KeyError, TypeError):
            raise RunError(f"{self.path / DONE} cannot be read. Remove {self.path}, to do the stage again.") from None
        return said

    def add(self, piece: Piece) -> None:
        """Keeps what a sitting took; a line that was cut off before is removed."""
        path = self.path / PIECES
        kept = path.read_bytes() if path.is_file() else b""
        if not kept.endswith(b"\n") and kept:
            os.truncate(path, kept.rfind(b"\n") + 1)
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(piece)) + "\n")
        (self.path / SITTING).unlink(missing_ok=True)

    def note(self, piece: Piece) -> None:
        """Keeps what a sitting took so far, for the case that it is killed."""
        write_atomically(self.path / SITTING, json.dumps(asdict(piece)) + "\n")

    def settle(self) -> None:
        """Keeps the sitting that was killed as one that is over."""
        for killed in self._open():
            self.add(killed)

    def pieces(self) -> tuple[Piece, ...]:
        """The sittings so far, with one that goes on or was killed."""
        return (*self._pieces(), *self._open())

    def _open(self) -> Iterator[Piece]:
        """The sitting that goes on or was killed; none where it was killed after it was kept."""
        last = self._read(SITTING, Piece)
        if last is not None and all(one.began != last.began for one in self._pieces()):
            yield last

    def _pieces(self) -> Iterator[Piece]:
        path = self.path / PIECES
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else ():
            if not line.endswith("\n"):  # the last one may have been cut off
                continue
            try:
                yield build(Piece, json.loads(line), str(path))
            except (ValueError, ConfigError):
                raise RunError(f"{path} is damaged. Remove the line that is no piece: {line[:80].strip()}") from None

    def _read(self, name: str, kind: type[Kind]) -> Kind | None:
        path = self.path / name
        if not path.is_file():
            return None
        try:
            return build(kind, json.loads(path.read_text(encoding="utf-8")), str(path))
        except (ValueError, ConfigError):
            raise RunError(f"{path} is damaged. Remove {self.path}, to do the stage again.") from None


def fingerprint(product: Path) -> str:
    """Hash of what a stage made: weights, results, or all files; of large ones the size in place of the content."""
    files = [product / name for name in RESULTS if (product / name).is_file()]
    files = files or sorted(path for path in product.rglob("*") if path.is_file())
    found = {}
    for path in files:
        size = path.stat().st_size
        told = sha256(path) if size <= WHOLE_BYTES else ""
        found[path.relative_to(product.parent).as_posix()] = [size, told]
    return content_hash(found)


def of(out: Path, name: str) -> StageFolder:
    """The folder of a stage of the study in `out`."""
    return StageFolder(path=out / name)


def checked_state(config: StudyConfig, out: Path, stage: Stage) -> State:
    """How far a stage is.

    Raises:
        ConfigError: it was begun with other settings, or from other inputs than there are now.
    """
    folder = of(out, stage.name)
    origin = folder.origin()
    if origin is None:
        return "new"
    state = folder.state()
    told = "is finished" if state == "done" else "was begun"
    if origin.content != config.content_of(stage):
        raise ConfigError(
            f"The stage {stage.name} {told} with other settings than the configuration {config.name} has now. Restore them, "
            f"choose another folder (--out DIR), or remove {folder.path} and what was made from it, to do it again."
        )
    for name, product in origin.inputs.items():
        other = of(out, name)
        if other.state() != "done" or other.product_hash() != product:
            raise ConfigError(
                f"The stage {stage.name} {told} from another result of {name} than there is now. Remove {folder.path}, to do it "
                f"again."
            )
    return state


def origin_of(config: StudyConfig, out: Path, stage: Stage) -> Origin:
    """What a stage is made from now; all its inputs are done.

    Raises:
        RunError: the product of an input is not what it was when that was done.
    """
    inputs = {}
    for name in stage.inputs:
        folder = of(out, name)
        inputs[name] = folder.product_hash()
        if inputs[name] and fingerprint(folder.product) != inputs[name]:
            raise RunError(
                f"{folder.product} was changed after the stage {name} was done. Restore it, or remove {folder.path}, to do it "
                f"again."
            )
    return Origin(content=config.content_of(stage), inputs=inputs)
