"""The robots of a task with decimated visual meshes: quicker pictures, and the same physics, bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vlagen_bench.sim.robot_files import simplified


@contextmanager
def decimated(scene: Any, share: float) -> Iterator[None]:
    """In the block, robots of URDF files are loaded with about this share of their visual meshes' faces."""
    create = scene.create_urdf_loader

    def create_decimating() -> Any:
        loader = create()
        parse = loader.parse
        loader.parse = lambda file, *arguments, **more: parse(str(simplified(Path(file), share)), *arguments, **more)
        return loader

    scene.create_urdf_loader = create_decimating
    try:
        yield
    finally:
        del scene.create_urdf_loader
