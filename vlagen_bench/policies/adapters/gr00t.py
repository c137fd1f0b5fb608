"""The adapter `gr00t`: NVIDIA's GR00T N1.5 to N1.7 on its own inference server (ZeroMQ and MessagePack), in its WidowX form.

Assumed, from NVIDIA/Isaac-GR00T (`gr00t/eval/service.py`, `gr00t/policy/server_client.py`, `examples/SimplerEnv`): pictures uint8 with a leading axis of time,
`video.image_0`; state and action by parts `x, y, z, roll, pitch, yaw, ... gripper`, BridgeData's conventions, not normalised; chunks
of 16, of which 8 are played. From N1.6 on, observations are nested by kind and have a leading batch, too.
"""

import dataclasses
import io
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter, Model
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import BRIDGE, dataset
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.policies.adapters.readers import Read, one_of, seconds, word
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import shown

PROTOCOLS = ("n1.5", "n1.6")
STATE = ("x", "y", "z", "roll", "pitch", "yaw", "pad", "gripper")
ACTION = ("x", "y", "z", "roll", "pitch", "yaw", "gripper")
LANGUAGE = "annotation.human.action.task_description"
ARRAY, BYTES = "__ndarray_class__", "as_npy"


class Gr00t(Adapter):
    """A chunk of actions for each question, from a server."""

    NAME = "gr00t"
    REST = "HOST:PORT"
    ABOUT: ClassVar[str] = "GR00T N1.5 to N1.7 on NVIDIA's own server, in its WidowX form"
    SCENE = "bridge"
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {
        "protocol": one_of(PROTOCOLS),
        "trained_on": word,
        "api_token": word,
        "answer_s": seconds,
    }

    def declare(self) -> Conventions:
        """In the form of its WidowX embodiment."""
        data = dataset(self.options.get("trained_on", BRIDGE.name))
        return Conventions(
            pictures={"video.image_0": PictureForm(turn=data.turn, size_px=(256, 256), how="bilinear")},
            state=dataclasses.replace(data.state, parts=("position", "euler_xyz_fixed", "zero", "opening")),
            prompt_key=LANGUAGE,
            output=OutputForm(action=data.action),
            chunk=16,
            replan_steps=8,
        )

    @property
    def protocol(self) -> str:
        """How questions are nested."""
        return str(self.options.get("protocol", "n1.6"))

    def question(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The observation as the server wants it, of what `encode` gives."""
        lead = (1,) if self.protocol == "n1.5" else (1, 1)
        video = {
            name: np.reshape(value, (*lead, *value.shape)) for name, value in given.items() if name.startswith("video.")
        }
        state = {
            f"state.{name}": np.reshape(value, (*lead, 1)) for name, value in zip(STATE, given["state"], strict=True)
        }
        if self.protocol == "n1.5":
            return {**video, **state, LANGUAGE: [given[LANGUAGE]]}
        nested: dict[str, Any] = {"language": {LANGUAGE: [[given[LANGUAGE]]]}}
        for name, value in {**video, **state}.items():
            kind, _, key = name.partition(".")
            nested.setdefault(kind, {})[key] = value
        return {"observation": nested, "options": None}

    def unpack(self, output: Any) -> np.ndarray:
        """The numbers (H, 7) in its answer, by the names of the parts."""
        answer = output[0] if isinstance(output, list | tuple) and output else output
        if not isinstance(answer, Mapping):
            said = "an empty list" if isinstance(output, list | tuple) and not output else f"a {type(answer).__name__}"
            raise PolicyError(f"gr00t: the server answered {said}, not the parts of an action: {', '.join(ACTION)}.")
        parts = {str(name).removeprefix("action."): value for name, value in answer.items()}
        if lacking := [name for name in ACTION if name not in parts]:
            there = shown(", ".join(map(str, answer)))
            raise PolicyError(f"gr00t: the answer has no {', '.join(lacking)}; there is: {there}.")
        columns = {name: _column(name, parts[name]) for name in ACTION}
        if len({len(column) for column in columns.values()}) > 1:
            counts = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
            raise PolicyError(f"gr00t: the parts of the answer are of unequal numbers of actions: {counts}.")
        return np.stack(list(columns.values()), axis=1)

    def pack(self, values: np.ndarray) -> Any:
        """An answer of the server."""
        if self.protocol == "n1.5":
            return {f"action.{name}": values[:, i] for i, name in enumerate(ACTION)}
        return [{name: values[None, :, i, None] for i, name in enumerate(ACTION)}, {}]

    def connect(self) -> Model:
        """A request to the server for each question."""
        try:
            import msgpack
            import zmq
        except ModuleNotFoundError as error:
            raise PolicyError(installing.lacking(f"The adapter {self.NAME}", error.name, "gr00t")) from None
        self._line = Line(zmq, self.checkpoint, self.options.get("answer_s", 300.0))
        token = self.options.get("api_token")

        def ask(given: Mapping[str, Any]) -> Any:
            request = {"endpoint": "get_action", "data": self.question(given)}
            message = self._line.ask(msgpack.packb(request | ({"api_token": token} if token else {}), default=written))
            answer = {"error": "ERROR"} if message == b"ERROR" else msgpack.unpackb(message, object_hook=read)
            if isinstance(answer, Mapping) and "error" in answer:
                raise PolicyError(f"gr00t: the server at {self.checkpoint} says: {shown(str(answer['error']), 300)}")
            return answer

        return lambda inputs: [ask(given) for given in inputs]

    def close(self) -> None:
        """Ends the connection."""
        self._line.close()


def _column(name: str, value: Any) -> np.ndarray:
    """A part of an answer as one number (H,) for each action: it comes as (H,), (H, 1), (1, H) or (1, H, 1)."""
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise PolicyError(f"gr00t: {name} of the answer is a {type(value).__name__}, not numbers.") from None
    inner = found[0] if found.ndim == 3 and len(found) == 1 else found
    if inner.ndim not in (1, 2) or (inner.ndim == 2 and 1 not in inner.shape):
        raise PolicyError(
            f"gr00t: {name} of the answer has the shape {found.shape}; expected is one number for each action of one episode, (1, "
            f"actions, 1)."
        )
    return inner.reshape(-1)


class Line:
    """A connection that asks and waits. After a question without an answer ZeroMQ takes no other, so that it is made anew."""

    def __init__(self, zmq: Any, address: str, answer_s: float) -> None:
        self._zmq, self._address, self._answer_s = zmq, address, answer_s
        self._socket = self._made()

    def ask(self, message: bytes) -> bytes:
        """The answer; raises `PolicyError` where there is none in time."""
        try:
            self._socket.send(message)
            return bytes(self._socket.recv())
        except self._zmq.ZMQError as error:
            self.close()
            self._socket = self._made()
            why = f"within {self._answer_s:g} s" if isinstance(error, self._zmq.Again) else f"({error})"
            raise PolicyError(f"gr00t: the server at {self._address} does not answer {why}.") from None

    def close(self) -> None:
        """Drops what is not sent."""
        self._socket.close(linger=0)

    def _made(self) -> Any:
        socket = self._zmq.Context.instance().socket(self._zmq.REQ)
        for option in (self._zmq.RCVTIMEO, self._zmq.SNDTIMEO):
            socket.setsockopt(option, max(1, int(1000 * self._answer_s)))
        socket.setsockopt(self._zmq.LINGER, 0)
        socket.connect(f"tcp://{self._address}")
        return socket


def written(value: Any) -> Any:
    """An array as the server's own serializer writes it."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} cannot be sent")
    held = io.BytesIO()
    np.save(held, value, allow_pickle=False)
    return {ARRAY: True, BYTES: held.getvalue()}


def read(value: dict[str, Any]) -> Any:
    """The inverse of `written`."""
    return np.load(io.BytesIO(value[BYTES]), allow_pickle=False) if ARRAY in value else value
