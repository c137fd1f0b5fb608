"""Turns a function that steps an environment by itself into a generator of the actions that it would take.

The function runs in a thread of its own and stands still whenever it is not its turn: the caller steps the environment
between two actions, so that only one of the two ever runs, and the order is always the same.
"""

from collections.abc import Callable, Generator
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np


class _GivenUp(BaseException):
    """Ends the function in its thread when the caller wants no more actions. No `except Exception` stops it."""


class SteppedElsewhere:
    """Stands for an environment that somebody else resets and steps. It says nothing about the outcome of a step."""

    def __init__(self, env: Any, actions: "SimpleQueue[Any]", turns: "SimpleQueue[bool]") -> None:
        self.unwrapped = env.unwrapped
        self._actions, self._turns = actions, turns

    def reset(self, **_: Any) -> tuple[None, dict[str, Any]]:
        """Does nothing: the episode has begun."""
        return None, {}

    def step(self, action: np.ndarray) -> tuple[None, float, bool, bool, dict[str, Any]]:
        """Hands the action over and waits until it has been taken."""
        self._actions.put(action)
        if not self._turns.get():
            raise _GivenUp
        return None, 0.0, False, False, {}


class _End:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def actions_of(play: Callable[[Any], object], env: Any) -> Generator[np.ndarray, None, None]:
    """The actions of `play(env)`, one at a time. Its errors are raised here; closing the generator ends it."""
    actions: SimpleQueue[Any] = SimpleQueue()
    turns: SimpleQueue[bool] = SimpleQueue()
    stand_in = SteppedElsewhere(env, actions, turns)

    def work() -> None:
        try:
            play(stand_in)
        except _GivenUp:
            pass
        except BaseException as error:
            actions.put(_End(error))
        else:
            actions.put(_End())

    thread = Thread(target=work, name="oracle", daemon=True)
    thread.start()
    try:
        while not isinstance(item := actions.get(), _End):
            yield item
            turns.put(True)
        if item.error is not None:
            raise item.error
    finally:
        turns.put(False)
        thread.join()
