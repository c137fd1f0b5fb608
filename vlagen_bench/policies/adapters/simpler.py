"""The adapters `simpler` and `octo`: objects with SimplerEnv's `step(image, text)`.

Assumed, from simpler-env/SimplerEnv (`simpler_env/policies`, `policy_setup="widowx_bridge"`): `reset(text)` begins an episode; `step(image, text)` takes
the picture of the primary camera as it is, uint8 RGB, and answers a pair whose second is a mapping of `world_vector` (m, along the
axes of the base), `rot_axangle` (rotation vector, rad) and `gripper` (+1 open, -1 closed). Resizing, normalisation, ensemble and
sticky gripper are within the object. It remembers one episode, so each has an object of its own.
"""

import importlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import ActionForm, OutputForm
from vlagen_bench.policies.adapters.arguments import COMMON
from vlagen_bench.policies.adapters.base import MOST_EPISODES, Adapter, Model, missing
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.utils.text import one_line

PARTS = (("world_vector", 3), ("rot_axangle", 3), ("gripper", 1))
"""of an answer, in the order of an action"""
KNOWN = (*COMMON, "scene")
"""arguments that are the adapter's; others are the object's"""
OCTO_INSTALL = (
    "install simpler-env/SimplerEnv and octo in an environment of their own, add this package there, then: vlagen serve --policy "
    "octo:octo-base, and here: --policy ws://HOST:8000"
)


class Simpler(Adapter):
    """One action for each picture, from an object of a class that the user names."""

    NAME = "simpler"
    REST = "MODULE:CLASS"
    ABOUT: ClassVar[str] = (
        "any object with SimplerEnv's step(image, text); arguments of its constructor as --policy-args"
    )
    SCENE = "bridge"
    KEPT = 64
    """objects, one for each episode, or twice the largest batch; the one that was asked longest ago is let go. Each may hold a model"""

    def prepare(self, checkpoint: str, arguments: Mapping[str, Any]) -> None:
        """What is no argument of adapters goes to the object's constructor."""
        self.constructed = {name: value for name, value in arguments.items() if name not in KNOWN}
        super().prepare(checkpoint, {name: value for name, value in arguments.items() if name in KNOWN})

    def notes(self) -> tuple[str, ...]:
        """Arguments that the object alone knows: a misspelt one of the adapter's is among them."""
        named = ", ".join(self.constructed)
        return (f"not checked: what goes to the object's constructor: {named}.",) if named else ()

    def declare(self) -> Conventions:
        """SimplerEnv's, for the WidowX."""
        return Conventions(
            pictures={"image": PictureForm()},
            prompt_key="text",
            output=OutputForm(action=ActionForm(rotation="axis_angle", gripper="plus_one_open")),
        )

    def connect(self) -> Model:
        """Makes one object, so that a mistake shows now; further ones as episodes begin."""
        self._objects: OrderedDict[str, Any] = OrderedDict()
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._kept = self.KEPT
        self._spare: Any = self.made()
        return self._answers

    def make(self) -> Any:
        """An object of the class that is named."""
        module, _, name = self.checkpoint.partition(":")
        try:
            kind = getattr(importlib.import_module(module), name)
        except Exception as error:  # code of a module's author
            raise PolicyError(
                f"simpler:{self.checkpoint}: {one_line(error).rstrip('.')}. Name it as simpler:MODULE:CLASS, which can be imported."
            ) from None
        if not isinstance(kind, type):
            raise PolicyError(
                f"simpler:{self.checkpoint} is a {type(kind).__name__}, not a class. Name a class whose objects have "
                f"step(image, text) and reset(text)."
            )
        return kind(**self.constructed)

    def made(self) -> Any:
        """An object, if it is one that can be asked; raises `PolicyError` otherwise."""
        whose = f"{self.NAME}:{self.checkpoint}"
        try:
            found = self.make()
        except PolicyError:
            raise
        except Exception as error:  # code of the object's author
            raise PolicyError(
                f"{whose} cannot be made: {one_line(error).rstrip('.')}. What no adapter has among --policy-args goes to its "
                f"constructor: {', '.join(self.constructed) or 'nothing'}."
            ) from error
        lacking = [name for name in ("step", "reset") if not callable(getattr(found, name, None))]
        if lacking:
            raise PolicyError(
                f"{whose} has no {' and no '.join(lacking)}: step(image, text) and reset(text) are called."
            )
        return found

    def encode(self, obs: Mapping[str, Any], instr: str) -> dict[str, Any]:
        """Picture and text, and whose they are."""
        return {**super().encode(obs, instr), "episode": str(obs.get("episode_id", ""))}

    def reset(self, episode_ids: Sequence[str]) -> None:
        """Forgets these episodes, which begin."""
        super().reset(episode_ids)
        for name in episode_ids:
            self._objects.pop(name, None)
            self._gone.pop(name, None)

    def _answers(self, inputs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        self._kept = max(self._kept, 2 * len(inputs))
        for given in inputs:  # all before any is let go, so that none of this batch is
            if given["episode"] in self._objects:
                self._objects.move_to_end(given["episode"])
        return [self._step(given) for given in inputs]

    def _step(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        name = given["episode"]
        if name in self._gone:
            raise PolicyError(
                f"{self.NAME}: the object of the episode {name} was let go, since {self._kept} others were asked after it, and what "
                f"it remembered is lost. Play fewer episodes at once."
            )
        if name not in self._objects:
            made, self._spare = self._spare or self.made(), None
            made.reset(given["text"])
            self._objects[name] = made
            self._let_go()
        answer = self._objects[name].step(given["image"], given["text"])
        return dict(answer[1] if isinstance(answer, tuple) else answer)

    def _let_go(self) -> None:
        """Drops what was asked longest ago, and notes whose it was: nobody says whether that episode is over."""
        while len(self._objects) > self._kept:
            name, _ = self._objects.popitem(last=False)
            self._gone[name] = None
        while len(self._gone) > MOST_EPISODES:
            self._gone.popitem(last=False)

    def unpack(self, output: Mapping[str, Any]) -> np.ndarray:
        """The numbers (1, 7) of its answer."""
        lacking = [name for name, _ in PARTS if name not in output]
        if lacking:
            raise PolicyError(
                f"{self.NAME}: step() answered without {', '.join(lacking)}; there is: {', '.join(output)}."
            )
        return np.concatenate(
            [np.reshape(np.asarray(output[name], np.float64), (1, size)) for name, size in PARTS], axis=1
        )

    def pack(self, values: np.ndarray) -> dict[str, Any]:
        """An answer of such an object."""
        values = np.atleast_2d(values)[0]
        return {"world_vector": values[:3], "rot_axangle": values[3:6], "gripper": values[6:7]}


class Octo(Simpler):
    """SimplerEnv's own inference of Octo, for the WidowX."""

    NAME = "octo"
    REST = "MODEL"
    ABOUT: ClassVar[str] = (
        "Octo (octo-base, octo-small) by SimplerEnv's inference: 256 x 256, two pictures, ensemble of 4"
    )

    def make(self) -> Any:
        """SimplerEnv's object, with the model that is named."""
        try:
            from simpler_env.policies.octo.octo_model import OctoInference
        except ImportError as error:
            raise missing("octo", error.name or "simpler_env", OCTO_INSTALL) from None
        return OctoInference(model_type=self.checkpoint, policy_setup="widowx_bridge", **self.constructed)
