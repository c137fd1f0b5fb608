"""What goes on in the process of an isolated policy? It loads the policy, and answers until the connection ends."""

import ctypes
import faulthandler
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base, wire
from vlagen_bench.policies.actions import checked
from vlagen_bench.policies.guard import sentence
from vlagen_bench.policies.questions import observation

LENGTH_BYTES = 8
"""before each frame, its length, big-endian"""
OPTIONAL = ("reset", "act_batch", "close")
"""methods"""
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(fd: int) -> None:
    """Serves the one who started this process."""
    _end_with_the_driver()
    faulthandler.enable()
    # A crash would swallow what is waiting to be printed.
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    own, leave, inmate = os.getpid(), os._exit, Inmate()
    connection = socket.socket(fileno=fd)
    while (frame := _read(connection)) is not None:
        message = wire.unpack(frame)
        reply = {**inmate.reply(message), "number": message["number"]}
        if os.getpid() != own:
            leave(0)  # a copy that the policy made by `fork`
        try:
            answer = wire.pack(reply)
        except wire.WireError as error:
            answer = wire.pack({"number": message["number"], "error": f"its answer cannot be sent: {error}."})
        connection.sendall(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)
    sys.stdout.flush()
    leave(0)  # whatever threads there are


class Inmate:
    """The policy, once it is loaded."""

    _policy: Any = None

    def reply(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Does what is asked for; whatever goes wrong is said, and its traceback printed."""
        try:
            return getattr(self, f"_{message['do']}")(message)
        except BaseException as error:
            return {"error": _said(message["do"], error)}

    def _load(self, message: Mapping[str, Any]) -> dict[str, Any]:
        _limit(message["limits"]["memory_mb"])
        loaded = base.load(message["name"], message["arguments"])
        self._policy = loaded.policy
        spec = getattr(self._policy, "spec", None)
        return {
            "methods": [name for name in OPTIONAL if callable(getattr(self._policy, name, None))],
            "privileged": loaded.privileged,
            "spec": _plain(dict(spec)) if isinstance(spec, Mapping) else spec and "no mapping",
        }

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


def one_for_each(answers: Any, number: int) -> list[Any]:
    """What act_batch() returned, if it is as many answers as there were observations; raises `PolicyError`."""
    found = list(itertools.islice(answers, number + 1))
    if len(found) == number:
        return found
    count = f"more than {number}" if len(found) > number else len(found)
    raise PolicyError(
        f"act_batch() returned {count} answers to {number} observations. Return one for each, of shape (7,) or (H, 7)."
    )
