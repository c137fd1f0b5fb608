"""The comparison of whole chunks of actions: what is wrong between their first action and their last, and how many are played."""

from typing import Any

import numpy as np

from vlagen_bench.diagnostics.adapter_check.mistakes import Mistake
from vlagen_bench.diagnostics.adapter_check.naming import GROUPS, SAME, listed, same
from vlagen_bench.diagnostics.adapter_check.recording import Recording
from vlagen_bench.policies.adapters.actions import Situation
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.utils.text import one_line

LONG_CHUNK = 4
"""actions of a chunk whose length nobody declares"""
APART_M = 1e-3
"""by which each action of a chunk goes farther than the one before, so that none is taken for another"""


def mistakes_within(adapter: Adapter, declared: Conventions, taken: Recording) -> list[Mistake]:
    """What is wrong with a chunk whose single actions are right."""
    if (declared.chunk or LONG_CHUNK) == 1:
        return []
    try:
        decoded, right = _decoded(adapter, declared, taken)
    except Exception as error:  # code of an adapter's author
        return [Mistake(kind="unknown", text=f"chunk: decode() fails on a right one: {one_line(error)}.")]
    if decoded.shape != right.shape:
        text = f"chunk: decode() makes {len(decoded)} of the {len(right)} actions that the model answers."
        return [Mistake(kind="chunk of one" if len(decoded) == 1 else "unknown", text=text)]
    if _same(decoded, right):
        return []
    if _same(decoded, right[::-1]):
        return [Mistake(kind="order", text="order: the actions of a chunk are played from the last to the first.")]
    if _same(decoded, np.broadcast_to(right[0], right.shape)):
        text = "chunk: the first action that the model answers is played in place of all others."
        return [Mistake(kind="chunk of one", text=text)]
    if np.abs(decoded[:, :3] - np.cumsum(right[:, :3], axis=0)).max() <= SAME["translation"]:
        text = "translation: each action of a chunk holds the changes before it as well, as if they were positions."
        return [Mistake(kind="absolute for delta", text=text)]
    worst = int(np.abs(decoded - right).max(axis=1).argmax())
    text = f"chunk: its action {worst + 1} of {len(right)} is {listed(decoded[worst])}, and should be {listed(right[worst])}."
    return [Mistake(kind="unknown", text=text)]


def played(adapter: Adapter, declared: Conventions, taken: Recording) -> tuple[list[Mistake], list[str]]:
    """Whether the first actions of a chunk are played, and as many as should be: a mistake, or a note."""
    chunk = declared.chunk or LONG_CHUNK
    if chunk == 1:
        return [], []
    try:
        decoded, _ = _decoded(adapter, declared, taken)
    except Exception:  # named by the comparison of actions
        return [], []
    if decoded.ndim != 2:  # the same
        return [], []
    decoded[:, 0] += APART_M * np.arange(len(decoded))  # no two are the same
    try:
        chosen, right = adapter.played(decoded.copy()), declared.played or chunk
        count = len(chosen)
    except Exception as error:  # code of an adapter's author
        return [
            Mistake(kind="unknown", text=f"played() fails on a chunk of {len(decoded)} actions: {one_line(error)}.")
        ], []
    if count == 0:
        return [
            Mistake(kind="unknown", text=f"chunk: none of the {chunk} actions that the model answers is played.")
        ], []
    if wrong := _others(chosen, decoded):
        return [wrong], []
    if count == right:
        return [], []
    if adapter.conventions.ensemble is not None and declared.ensemble is None:
        return [], [f"chunk: the model is asked at every step, and its chunks are averaged; usual are {right} steps."]
    text = f"chunk: {count} of the {chunk} actions that the model answers are played before it is asked again, where {right} are usual."
    if count == 1:
        return [Mistake(kind="chunk of one", text=text)], []
    return [], [text]


def _others(chosen: Any, decoded: np.ndarray) -> Mistake | None:
    """The mistake of playing others than the first actions of a chunk; None: these are played."""
    try:
        found = np.asarray(chosen, np.float64)
    except (TypeError, ValueError) as error:
        return Mistake(kind="unknown", text=f"chunk: played() gives what is no array of actions: {one_line(error)}.")
    right = decoded[: len(found)]
    if found.shape == right.shape and np.allclose(found, right, rtol=0, atol=APART_M / 10):
        return None
    if found.shape != right.shape:
        text = f"chunk: played() makes {found.shape} numbers of {decoded.shape}; the first actions of them are to be played."
        return Mistake(kind="unknown", text=text)
    for backwards in (right[::-1], decoded[::-1][: len(found)]):
        if np.allclose(found, backwards, rtol=0, atol=APART_M / 10):
            text = "order: played() gives the actions of a chunk from the last to the first."
            return Mistake(kind="order", text=text)
    worst = int(np.abs(found - right).max(axis=1).argmax())
    text = (
        f"chunk: played() gives other actions than the first {len(found)}: its action {worst + 1} is {listed(found[worst])}, and "
        f"should be {listed(right[worst])}."
    )
    return Mistake(kind="unknown", text=text)


def mistakes_of_playing(adapter: Adapter, declared: Conventions, taken: Recording) -> list[Mistake]:
    """What is wrong with the first actions of an episode, where a class has an `act` or `act_batch` of its own."""
    kind, own = type(adapter), adapter.conventions
    if (
        (kind.act, kind.act_batch) == (Adapter.act, Adapter.act_batch)
        or own.ensemble is not None
        or own.sticky_steps > 1
    ):
        return []
    answer, at = _answer(declared, taken)
    right = np.asarray(declared.output.decode(answer, at), np.float64)[: own.played or None]
    if declared.output.action.reference == "absolute":  # one by one, as targets are
        right = right[:1]
    loaded = {name: value for name, value in vars(adapter).items() if name == "_model"}
    adapter._model = lambda inputs: [adapter.pack(answer) for _ in inputs]
    try:
        acted = np.atleast_2d(np.asarray(adapter.act(taken.obs(0), taken.instruction), np.float64))
        if len(acted) == 1 < len(right):
            text = f"chunk: act() gives 1 of the {len(right)} actions that are to be played before the model is asked again."
            return [Mistake(kind="chunk of one", text=text)]
        if acted.shape == right.shape and _same(acted, right):
            return []
        text = f"act() plays {acted.shape} numbers, the first {listed(acted[0])}, in place of {right.shape}, {listed(right[0])}."
    except Exception as error:  # code of an adapter's author
        text = f"act() fails on an observation: {one_line(error)}."
    finally:
        vars(adapter).pop("_model")
        vars(adapter).update(loaded)
        Adapter.reset(adapter, ["recorded"])
    return [Mistake(kind="unknown", text=text)]


def _answer(declared: Conventions, taken: Recording) -> tuple[np.ndarray, Situation]:
    """What a model of the declared conventions would answer at first, as long as its chunk is."""
    chunk = declared.chunk or LONG_CHUNK
    repeats = -(-chunk // len(taken.actions))
    actions = np.tile(taken.actions, (repeats, 1))[:chunk]
    at = taken.cases()[0].situation
    return declared.output.encode(actions, at), at


def _decoded(adapter: Adapter, declared: Conventions, taken: Recording) -> tuple[np.ndarray, np.ndarray]:
    """What the adapter makes of a chunk that a model of the declared conventions would answer, and what it should make of it."""
    answer, at = _answer(declared, taken)
    return np.asarray(adapter.decode(adapter.pack(answer), at), np.float64), declared.output.decode(answer, at)


def _same(found: np.ndarray, right: np.ndarray) -> bool:
    return all(same(right, found, group) for group in GROUPS)
