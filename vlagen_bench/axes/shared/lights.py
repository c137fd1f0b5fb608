"""Lights on their way from a scene's own to others, for the axes that change the light."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.verbs import Light, Scene, Vec3

BLACK = (0.0, 0.0, 0.0)


def between(own: SceneSpec, ambient: Vec3, lights: Iterable[Light], strength: float) -> dict[str, Any]:
    """Ambient light and lights, as JSON values: the scene's own at strength 0, these at 1.

    One turns into another, in their order; a light that has no other one fades where it is. Not all lights of both at
    once, each dimmed: the shader has room for three.
    """
    mixed = [_between(*pair, strength) for pair in zip_longest(own.lights, lights)]
    return {
        "ambient": _mixed(own.ambient, ambient, strength),
        "lights": [light for light in mixed if any(light["colour"])],
    }


def _between(own: Light | None, there: Light | None, strength: float) -> dict[str, Any]:
    start, end = own or there, there or own
    assert start is not None and end is not None, "one of the two lights is there"
    return {
        "direction": _mixed(start.direction, end.direction, strength),
        "colour": _mixed(own.colour if own else BLACK, there.colour if there else BLACK, strength),
        "shadow": (end if strength > 0.5 else start).shadow,
        "penumbra_m": _between_numbers(start.penumbra_m, end.penumbra_m, strength),
    }


def _mixed(own: Vec3, there: Vec3, strength: float) -> list[float]:
    return [_between_numbers(a, b, strength) for a, b in zip(own, there, strict=True)]


def _between_numbers(own: float, there: float, strength: float) -> float:
    return round(own * (1 - strength) + there * strength, 6)


def shine(scene: Scene, value: Mapping[str, Any]) -> None:
    """Puts what `between` gave into a scene."""
    lights = (
        {**light, "direction": tuple(light["direction"]), "colour": tuple(light["colour"])} for light in value["lights"]
    )
    scene.set_lights(tuple(value["ambient"]), tuple(Light(**light) for light in lights))
