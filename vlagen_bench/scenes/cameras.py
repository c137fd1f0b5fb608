"""The choice of the cameras that are drawn, and of the sizes of their pictures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.scenes import native
from vlagen_bench.scenes.base import CameraSpec, SceneSpec
from vlagen_bench.types import Task

SMALLEST_PX, LARGEST_PX = 16, 2048
ImageSize = int | str | Sequence[int] | Mapping[str, Any] | None
"""of the primary camera's pictures: N for N x N, "WxH" or (W, H); or of several: "front=224,wrist=128", or a mapping"""


@dataclass(frozen=True, kw_only=True)
class CameraChoice:
    """Which cameras are drawn besides the primary one, and in which sizes."""

    extra: tuple[str, ...] = ()
    sizes_px: tuple[tuple[str, tuple[int, int]], ...] = ()
    """camera and (width, height), where it is not the camera's own"""
    fast_meshes: bool = False
    """whether the robots of a ManiSkill task are drawn with decimated meshes"""

    @classmethod
    def of(cls, spec: SceneSpec, cameras: str | Iterable[str] = (), image_size: ImageSize = None) -> "CameraChoice":
        """The choice that is asked for, in the scene's own order.

        Args:
            spec: the scene.
            cameras: names; the primary camera is drawn whether it is named or not.
            image_size: see `ImageSize`.

        Raises:
            ConfigError: a camera that the scene does not have, or a size that is none.
        """
        wanted = _names(spec, cameras)
        sizes = _sizes(spec, image_size)
        for name in sizes:
            if name not in (spec.camera.name, *wanted):
                raise ConfigError(
                    f"image size: the camera {name} is given a size, but is not drawn. Ask for it too: --cameras {name} (in "
                    f'Python: cameras=("{name}",)).'
                )
        own = {camera.name: (camera.width_px, camera.height_px) for camera in (spec.camera, *spec.extra_cameras)}
        return cls(
            extra=tuple(camera.name for camera in spec.extra_cameras if camera.name in wanted),
            sizes_px=tuple((name, sizes[name]) for name in own if name in sizes and sizes[name] != own[name]),
        )

    def scene(self, spec: SceneSpec) -> SceneSpec:
        """The scene whose cameras are drawn so."""
        sizes = dict(self.sizes_px)

        def sized(camera: CameraSpec) -> CameraSpec:
            return replace(camera, drawn_px=sizes.get(camera.name))

        return replace(
            spec,
            robot=replace(spec.robot, simplify_to=native.FAST_MESHES) if self.fast_meshes else spec.robot,
            camera=sized(spec.camera),
            extra_cameras=tuple(map(sized, spec.extra_cameras)),
            drawn=self.extra,
        )


def sizes_px(spec: SceneSpec) -> dict[str, list[int]]:
    """Width and height of the pictures of every camera that is drawn, the primary one first."""
    return {camera.name: list(camera.size_px) for camera in spec.drawn_cameras}


def described(sizes: Mapping[str, Iterable[int]]) -> str:
    """In words what `sizes_px` gives: `front 256 x 256, wrist 128 x 128`."""
    return ", ".join(f"{name} {' x '.join(map(str, size))}" for name, size in sizes.items())


def chosen_in(spec: SceneSpec, recorded: Mapping[str, Iterable[int]], *, fast_meshes: bool = False) -> CameraChoice:
    """The choice that `sizes_px` described; nothing recorded: the primary camera in its own size."""
    pairs = {name: _pair(tuple(size)) for name, size in recorded.items()}
    return replace(CameraChoice.of(spec, pairs, pairs or None), fast_meshes=fast_meshes)


def drawn_in(spec: SceneSpec, header: Mapping[str, Any]) -> CameraChoice:
    """What the header of a run says of how its pictures were drawn."""
    fast = (header.get("maniskill") or {}).get("fast_meshes") is not None
    return chosen_in(spec, header.get("cameras") or {}, fast_meshes=fast)


def require_fast_meshes(task: Task) -> None:
    """Raises `ConfigError` where a task's robots are not drawn with decimated meshes, since they are quick already."""
    if task.native is None:
        raise ConfigError(
            "--fast-meshes is for tasks of ManiSkill: the robots of this package's own scenes are quick. Leave it out."
        )


def names_of(cameras: str | Iterable[str]) -> tuple[str, ...]:
    """Names of cameras, of which a text has several separated by commas."""
    return tuple(part.strip() for part in cameras.split(",")) if isinstance(cameras, str) else tuple(cameras)


def _names(spec: SceneSpec, cameras: str | Iterable[str]) -> tuple[str, ...]:
    wanted = names_of(cameras)
    for name in wanted:
        if name not in spec.camera_names:
            raise ConfigError(unknown("camera", str(name), spec.camera_names, of=f"The scene {spec.name}"))
    return wanted


def _sizes(spec: SceneSpec, given: ImageSize) -> dict[str, tuple[int, int]]:
    if given is None:
        return {}
    if isinstance(given, str) and "=" in given:
        parts = [part.partition("=") for part in given.split(",")]
        names = [name.strip() for name, _, _ in parts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"image size {given!r}: the camera {twice} has two sizes. Give it one.")
        given = {name: size.strip() for name, (_, _, size) in zip(names, parts, strict=True)}
    if not isinstance(given, Mapping):
        return {spec.camera.name: _pair(given)}
    return dict(zip(_names(spec, given), map(_pair, given.values()), strict=True))


def _pair(size: Any) -> tuple[int, int]:
    """Width and height, of N, (W, H), "N" or "WxH"."""
    parts = size.lower().split("x") if isinstance(size, str) else size if isinstance(size, tuple | list) else (size,)
    try:
        whole = [int(part) for part in parts]
        right = 1 <= len(whole) <= 2 and [str(part).strip() for part in parts] == [str(part) for part in whole]
    except (TypeError, ValueError):
        right = False
    if not right or not all(SMALLEST_PX <= side <= LARGEST_PX for side in whole):
        raise ConfigError(
            f"image size {size!r}: give N for N x N pixels, or WxH, each from {SMALLEST_PX} to {LARGEST_PX}; for cameras by "
            f"name front=224,wrist=128."
        )
    return (whole[0], whole[-1])
