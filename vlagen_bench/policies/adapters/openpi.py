"""The adapter `openpi`: models on openpi's own policy server, which stays as it is; what differs is converted here, in its client.

Assumed, from Physical-Intelligence/openpi (`examples/libero`, `src/openpi/policies/libero_policy.py`): pictures of 224 x 224 with a black
border; LIBERO's form has two pictures and 8 numbers of state, and answers LIBERO's actions, of which 5 are played. The module `droid` has
DROID's form. ALOHA's (angles of 14 joints of two arms) fits no robot here, and is refused.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters import droid
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter, Model
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import LIBERO, dataset
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.policies.adapters.readers import Read, one_of, seconds, word
from vlagen_bench.policies.conversion.kinematics import JOINTS
from vlagen_bench.scenes import specs
from vlagen_bench.utils import installing

FORMS = ("libero", "droid", "aloha")
TWO_ARMS = (
    "form=aloha: models of ALOHA's form answer absolute angles of the 14 joints of two ViperX arms. The robots here have one arm, so "
    "that no such model can be scored."
)
CONNECTION = {"api_key": word, "connect_s": seconds, "reconnect_s": seconds, "answer_s": seconds}
FIXED_BY_DROID = (
    "trained_on",
    "state",
    "state_base",
    "reference",
    "rotation",
    "frame",
    "axes",
    "order",
    "translation_unit",
)
"""arguments that would change nothing, or the meaning of what DROID's form has to be"""


class OpenPi(Adapter):
    """A chunk of actions for each question, from a server."""

    NAME = "openpi"
    REST = "HOST:PORT"
    ABOUT: ClassVar[str] = "pi0, pi0-FAST and pi0.5 on openpi's own server, in LIBERO's or DROID's form"
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {"form": one_of(FORMS), "trained_on": word, **CONNECTION}

    def declare(self) -> Conventions:
        """In the form that the server's configuration has."""
        if self.form == "aloha":
            raise PolicyError(TWO_ARMS)
        if self.form == "droid":
            if fixed := [name for name in FIXED_BY_DROID if name in self.arguments]:
                raise PolicyError(
                    f"{fixed[0]}: form=droid has a state and actions of its own, joints and their velocities. Leave it out."
                )
            return droid.conventions(self.scene)
        data = dataset(self.options.get("trained_on", LIBERO.name))
        picture = PictureForm(turn=data.turn, size_px=(224, 224), how="bilinear", fit="pad")
        return Conventions(
            pictures={
                "observation/image": picture,
                "observation/wrist_image": dataclasses.replace(picture, camera="wrist"),
            },
            state=data.state,
            state_key="observation/state",
            output=OutputForm(action=data.action),
            chunk=10,
            replan_steps=5,
        )

    @property
    def form(self) -> str:
        """Whose form the server's configuration has."""
        return str(self.options.get("form", "libero"))

    def connect(self) -> Model:
        """The connection to the server; the client is this package's own, of the same protocol."""
        try:
            from vlagen_bench.policies.remote.websocket import Connection, Timeouts
        except ModuleNotFoundError as error:
            raise PolicyError(installing.lacking(f"The adapter {self.NAME}", error.name, "remote")) from None
        address = self.checkpoint if "://" in self.checkpoint else f"ws://{self.checkpoint}"
        patience = {name: value for name, value in self.options.items() if name.endswith("_s")}
        line = Connection(address, api_key=self.arguments.get("api_key", ""), patience=Timeouts(**patience))
        self._line = line
        ask = self._of_joints if self.form == "droid" else line.ask
        return lambda inputs: [ask(given) for given in inputs]

    def _of_joints(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a question in DROID's form, as targets of the tool."""
        answer = self.unpack(self._line.ask(droid.question(given)))
        joints = given[droid.STATE][:JOINTS]
        return self.pack(droid.poses(answer, joints, specs.scene(self.scene).control_hz))

    def version(self) -> str | None:
        """What the server says of itself, if it says a version."""
        greeting = getattr(self, "_line", None) and self._line.greeting
        return str(greeting["version"]) if greeting and "version" in greeting else self.checkpoint

    def unpack(self, output: Mapping[str, Any]) -> np.ndarray:
        """The actions (H, n) of the answer."""
        if "actions" not in output:
            raise PolicyError(
                f"The server at {self.checkpoint} answered without 'actions'; there is: {', '.join(map(str, output))}."
            )
        return np.atleast_2d(np.asarray(output["actions"], np.float64))

    def pack(self, values: np.ndarray) -> dict[str, Any]:
        """An answer of the server."""
        return {"actions": values}

    def close(self) -> None:
        """Ends the connection."""
        self._line.close()
