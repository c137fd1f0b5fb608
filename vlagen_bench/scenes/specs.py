"""The scenes by name."""

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.bridge import BRIDGE
from vlagen_bench.scenes.tabletop import TABLETOP

_SCENES = {spec.name: spec for spec in (BRIDGE, TABLETOP)}


def scene_names() -> tuple[str, ...]:
    """All scenes."""
    return tuple(sorted(_SCENES))


def scene(name: str) -> SceneSpec:
    """The scene called `name`; raises `ConfigError` with the nearest name otherwise."""
    if name not in _SCENES:
        raise ConfigError(unknown("scene", name, _SCENES))
    return _SCENES[name]
