"""The base of adapters whose checkpoint is one file: the file, and its hash as the version of the weights."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.conversion.states import JOINTS, QUAT
from vlagen_bench.scenes import specs
from vlagen_bench.utils.locations import sha256


class FileAdapter(Adapter):
    """A model in a file."""

    REST = "FILE"

    def file(self) -> Path:
        """The file; raises `PolicyError` where there is none."""
        path = Path(self.checkpoint)
        if not path.is_file():
            raise PolicyError(f"{self.NAME}: there is no file '{path}'.")
        return path

    def beside(self, path: Path) -> tuple[Path, ...]:
        """Other files that hold its weights; a form whose files hold all of them has none."""
        return ()

    def version(self) -> str | None:
        """The hash of the file, with that of all that holds its weights."""
        path = Path(self.checkpoint)
        if not path.is_file():
            return None
        hashes = [sha256(one) for one in (path, *self.beside(path))]
        return (hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest())[:16]

    def example(self, seed: int = 0) -> dict[str, Any]:
        """What the model would be given of its scene: random pictures in the sizes in which they are drawn, a random state."""
        scene, rng = specs.scene(self.scene), np.random.default_rng(seed)
        sizes = {camera.name: camera.size_px for camera in scene.extra_cameras}

        def picture(camera: str) -> np.ndarray:
            width, height = sizes.get(camera, scene.camera.size_px)
            return rng.integers(0, 256, (height, width, 3), np.uint8)

        state = rng.uniform(-0.5, 0.5, JOINTS.start + len(scene.robot.arm_joints)).astype(np.float32)
        state[QUAT] /= np.linalg.norm(state[QUAT])
        images = {camera: picture(camera) for camera in self.conventions.cameras}
        return self.encode({"image": picture(""), "images": images, "state": state}, "go")


def listed(arrays: Mapping[str, np.ndarray]) -> str:
    """Names, kinds and shapes, for sentences."""
    return ", ".join(f"{name} {value.dtype} {list(value.shape)}" for name, value in arrays.items())
