"""The process of an isolated policy: loads the policy, and answers until the connection ends."""

import faulthandler
import io
import os
import resource
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.policies.actions import checked, one_for_each
from vlagen_bench.policies.base import spec_of
from vlagen_bench.policies.content import Look
from vlagen_bench.policies.guard import call, sentence
from vlagen_bench.policies.isolation.replies import OPTIONAL
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.greetings import is_told
from vlagen_bench.policies.remote.messages import observation
from vlagen_bench.utils.processes import end_with_the_parent
from vlagen_bench.utils.text import shown

LENGTH_BYTES = 8
"""before each frame, its length, big-endian"""


def main(fd: int) -> None:
    """Serves the one who started this process."""
    end_with_the_parent()
    faulthandler.enable()
    # A crash would swallow what is waiting to be printed.
    assert isinstance(sys.stdout, io.TextIOWrapper), "the interpreter's own"
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    try:
        _serve(socket.socket(fileno=fd))
    except OSError:
        os._exit(1)  # the policy has closed the connection
    os._exit(0)  # whatever threads there are


def _serve(connection: socket.socket) -> None:
    child = ChildPolicy()
    while (frame := _read(connection)) is not None:
        message = wire.unpack(frame)
        reply = {**child.reply(message), "number": message["number"]}
        try:
            answer = wire.pack(reply)
        except wire.WireError as error:
            answer = wire.pack({"number": message["number"], "error": f"its answer cannot be sent: {error}."})
        connection.sendall(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)


class ChildPolicy:
    """The policy, once it is loaded."""

    _policy: Any = None
    _look: Look | None = None

    def reply(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Does what is asked for; whatever goes wrong is said, and its traceback printed."""
        try:
            return call(message["do"], lambda: getattr(self, f"_{message['do']}")(message), log=_print)
        except BaseException as error:  # a `PolicyError`, or Ctrl-C
            return {"error": sentence(message["do"], error)}

    def _load(self, message: Mapping[str, Any]) -> dict[str, Any]:
        _limit(message["limits"]["memory_mb"])
        loaded = base.load(message["name"], message["arguments"])
        self._policy, self._look = loaded.policy, loaded.content
        return {
            **self._content({}),
            "methods": [name for name in OPTIONAL if callable(getattr(self._policy, name, None))],
            "privileged": loaded.privileged,
            "spec": _plain(spec_of(loaded)),
        }

    def _content(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {"content": None if self._look is None else vars(self._look())}

    def _reset(self, message: Mapping[str, Any]) -> dict[str, Any]:
        self._policy.reset(message["episode_ids"])
        return {}

    def _close(self, message: Mapping[str, Any]) -> dict[str, Any]:
        self._policy.close()
        return {}

    def _act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        ((seen, told),) = map(observation, message["questions"])
        return {"answers": [checked(self._policy.act(seen, told))]}

    def _act_batch(self, message: Mapping[str, Any]) -> dict[str, Any]:
        asked = [observation(one) for one in message["questions"]]
        answers = self._policy.act_batch([seen for seen, _ in asked], [told for _, told in asked])
        return {"answers": [_tried(one) for one in one_for_each(answers, len(asked))]}


def _tried(answer: Any) -> np.ndarray | dict[str, str]:
    """One of a batch; what is wrong with it is no fault of the others."""
    try:
        return checked(answer)
    except BaseException as error:
        _print(error)
        return {"error": sentence("act_batch", error)}


def _print(error: BaseException) -> None:
    """For `policy.log`."""
    with suppress(BaseException):
        if not isinstance(error, PolicyError):
            traceback.print_exception(error)


def _plain(spec: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    """As it can be sent."""
    if spec is None:
        return None
    as_it_is = (str, int, float, list, tuple)
    return {
        shown(key): value if type(value) in as_it_is and is_told(value) else shown(value) for key, value in spec.items()
    }


def _limit(memory_mb: float | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_mb is not None:
        size = int(1e6 * memory_mb)
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # where the machine's memory ends, this process goes first


def _read(connection: socket.socket) -> bytes | None:
    """The next frame; None once there is none."""
    size = _received(connection, LENGTH_BYTES)
    return None if size is None else _received(connection, int.from_bytes(size, "big"))


def _received(connection: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return bytes(data)
