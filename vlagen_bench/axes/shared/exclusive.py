"""A scene that refuses two axes of one episode which set the same thing, of which the second would undo the first."""

import inspect
from collections.abc import Mapping
from typing import Any, cast

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import VERBS, Scene

ADDING = ("move_after", "push_after")
"""verbs that add an event, and undo none"""
SIGNATURES = {verb: inspect.signature(getattr(Scene, verb)) for verb in VERBS}


class ExclusiveScene:
    """Hands one axis' verbs on to the scene, and remembers what was set by which axis."""

    def __init__(self, scene: Scene, axis: str, after: tuple[str, ...], setters: dict[tuple[str, str], str]) -> None:
        """For one axis.

        Args:
            scene: where the verbs go.
            axis: whose they are.
            after: axes that it looks at, and may therefore set anew what they set.
            setters: verb and role -> the axis that used it, for all axes of the stage.
        """
        self._scene, self._axis, self._after, self._setters = scene, axis, after, setters

    def __getattr__(self, verb: str) -> Any:
        act = getattr(self._scene, verb)
        if verb not in SIGNATURES or verb in ADDING:
            return act

        def guarded(*args: Any, **named: Any) -> Any:
            role = _role(SIGNATURES[verb], args, named)
            other = self._setters.get((verb, role), self._axis)
            if other not in (self._axis, *self._after):
                raise ConfigError(
                    f"The axes {other} and {self._axis} both use {verb}{f' on the {role}' if role else ''}, so that one "
                    f"would undo the other. Leave one out. If {self._axis} is yours and builds on the other, name that in "
                    f"its `after`; if not, give both the same `takes`, so that it is refused before a run."
                )
            self._setters[verb, role] = self._axis
            return act(*args, **named)

        return guarded


def exclusive(scene: Scene, axis: str, after: tuple[str, ...], setters: dict[tuple[str, str], str]) -> Scene:
    """The scene as one axis gets it."""
    return cast(Scene, ExclusiveScene(scene, axis, after, setters))


def _role(signature: inspect.Signature, args: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    try:
        return str(signature.bind(None, *args, **named).arguments.get("role", ""))
    except TypeError:  # wrong arguments, of which the verb itself tells
        return ""
