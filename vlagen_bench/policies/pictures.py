"""The choice of the pictures that are drawn for a policy."""

from collections.abc import Collection

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies.base import CAMERAS, IMAGE_SIZE, LoadedPolicy, spec_of
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.cameras import CameraChoice, ImageSize, names_of
from vlagen_bench.utils.text import shown


def camera_choice(
    loaded: LoadedPolicy, scene: SceneSpec, cameras: Collection[str] = (), image_size: ImageSize = None
) -> CameraChoice:
    """The pictures that are drawn for a policy: the cameras that it and the user want, in the user's sizes or its own.

    Raises:
        ConfigError: the user names a camera that the scene does not have, or a size that is none.
        PolicyError: the policy does.
    """
    spec = spec_of(loaded) or {}
    own = spec.get(CAMERAS, ())
    if not isinstance(own, str | tuple | list) or not all(isinstance(name, str) for name in own):
        raise PolicyError(f"The policy {loaded.name}: spec: cameras is {shown(own)}. Make it a list of names.")
    names, wanted = names_of(own), spec.get(IMAGE_SIZE)
    if not isinstance(wanted, int | str | None):
        raise PolicyError(
            f"The policy {loaded.name}: spec: image_size is {shown(wanted)}. Make it a number, of the primary camera's "
            f'pictures; or a text for several cameras, such as "front=224,wrist=128".'
        )
    try:
        CameraChoice.of(scene, names, wanted)
    except ConfigError as error:
        raise PolicyError(f"The policy {loaded.name}: spec: {error}") from error
    return CameraChoice.of(scene, (*names, *cameras), wanted if image_size is None else image_size)
