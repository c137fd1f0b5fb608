"""The naming of what differs between decoded actions and right ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vlagen_bench.diagnostics.adapter_check.hypotheses import Hypothesis, described
from vlagen_bench.diagnostics.adapter_check.linear import common_axes, linear_map, linear_mistakes
from vlagen_bench.diagnostics.adapter_check.mistakes import Mistake
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.conversion.grippers import ends
from vlagen_bench.policies.conversion.rotations import axis_angle_of_quat, quat_of_euler_xyz

GROUPS = {"translation": slice(0, 3), "rotation": slice(3, 6), "gripper": slice(6, 7)}
SAME = {"translation": 1e-4, "rotation": 1e-3, "gripper": 1e-3}
"""m, rad and shares of the gripper's range: what may differ in a right conversion"""
CLOSE = 0.01
"""the same, as a share of the largest number"""
SWEEP = np.linspace(-0.95, 0.95, 20)
"""of the gripper, +1 open: between the ends too, where a threshold shows"""


Reader = Callable[[OutputForm], np.ndarray | None]
"""the actions (cases, 7) that a form makes of a model's answers; None: they do not fit it"""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a hypothesis would make of the answers."""

    hypothesis: Hypothesis
    actions: np.ndarray
    changed: frozenset[str]
    """the groups in which it would show"""


def named(
    right: np.ndarray, found: np.ndarray, declared: OutputForm, supposed: Iterable[Hypothesis], read: Reader
) -> list[Mistake]:
    """What is wrong with the found actions (cases, 7), by the fewest hypotheses that explain it.

    Args:
        right: what they should be.
        found: what the adapter made of a model's answers.
        declared: the model's form.
        supposed: what may be wrong with it.
        read: reads the same answers by another form.
    """
    wrong = {group for group in GROUPS if not same(right, found, group)}
    if not wrong:
        return []
    predictions = list(_predictions(right, supposed, read))
    fitting = [
        one
        for one in predictions
        if one.changed <= wrong and all(_fits(one.actions, found, group) for group in one.changed)
    ]
    mistakes: list[Mistake] = []
    while best := max(
        (one for one in fitting if one.changed & wrong), key=lambda one: len(one.changed & wrong), default=None
    ):
        mistakes.append(best.hypothesis.mistake)
        wrong -= best.changed
    if {"translation", "rotation"} <= wrong and (common := _of_both(right, found)):
        mistakes += common
        wrong -= {"translation", "rotation"}
    for group in GROUPS:
        if group in wrong:
            mistakes += _of_group(right, found, group, declared, predictions)
    return list(dict.fromkeys(mistakes))


def _predictions(right: np.ndarray, supposed: Iterable[Hypothesis], read: Reader) -> Iterable[Prediction]:
    for hypothesis in supposed:
        actions = read(hypothesis.form)
        if actions is not None and (changed := frozenset(group for group in GROUPS if not same(right, actions, group))):
            yield Prediction(hypothesis=hypothesis, actions=actions, changed=changed)


def _of_both(right: np.ndarray, found: np.ndarray) -> list[Mistake]:
    """What is wrong with moves and turns at once, where both are along the same wrong axes, or in each other's place."""
    at = GROUPS["translation"]
    if all(
        _swapped(right, found, group, other)
        for group, other in (("translation", "rotation"), ("rotation", "translation"))
    ):
        return [Mistake(kind="order", text="order: moves and turns have changed places.")]
    moves, _ = linear_map(right[:, at], found[:, at])
    turns, _ = linear_map(_vectors(right), _vectors(found))
    return common_axes(moves, turns)


def _vectors(actions: np.ndarray) -> np.ndarray:
    """Rotation vectors (n, 3) of actions (n, 7)."""
    return axis_angle_of_quat(quat_of_euler_xyz(actions[:, GROUPS["rotation"]]))


def _of_group(
    right: np.ndarray, found: np.ndarray, group: str, declared: OutputForm, predictions: Sequence[Prediction]
) -> list[Mistake]:
    """What is wrong with a part that no hypothesis alone explains."""
    if group == "gripper":
        return [_gripper(right[:, 6], found[:, 6], declared)]
    if mistakes := _linear(right, found, group):
        return mistakes
    for one in predictions:  # two mistakes at once: this one, and signs, order or a factor on top of it
        if group in one.changed and (_fits(one.actions, found, group) or _linear(one.actions, found, group)):
            return [one.hypothesis.mistake, *_linear(one.actions, found, group)]
    return [_unknown(right[:, GROUPS[group]], found[:, GROUPS[group]], group)]


def _linear(right: np.ndarray, found: np.ndarray, group: str) -> list[Mistake]:
    at = GROUPS[group]
    mistakes = linear_mistakes(right[:, at], found[:, at], group)
    return mistakes or (linear_mistakes(_vectors(right), _vectors(found), group) if group == "rotation" else [])


def _unknown(right: np.ndarray, found: np.ndarray, group: str) -> Mistake:
    worst = int(np.abs(found - right).max(axis=1).argmax())
    return Mistake(
        kind="unknown",
        text=f"{group}: it differs in a way that no single mistake explains; for instance {listed(found[worst])} in place of {listed(right[worst])}.",
    )


def _gripper(right: np.ndarray, found: np.ndarray, declared: OutputForm) -> Mistake:
    form = declared.action
    convention = described(form.gripper, form.gripper_threshold)
    if np.abs(found + right).max() <= SAME["gripper"]:
        return Mistake(
            kind="gripper polarity", text=f"gripper: it opens where it should close; the model's is {convention}."
        )
    if np.ptp(found) <= SAME["gripper"]:
        state = "open" if found[0] > 0 else "closed"
        text = f"gripper: it is always {state}, as with a threshold beyond the model's numbers; the model's is {convention}."
        return Mistake(kind="gripper threshold", text=text)
    direction = 1 if np.corrcoef(right, found)[0, 1] > 0 else -1
    sweep = found[-len(SWEEP) :] * direction
    text = f"gripper: it reads the model's numbers otherwise than {convention}"
    if set(np.unique(np.round(sweep, 3))) <= {-1.0, 1.0} and (sweep > 0).any() and sweep[0] < 0:
        first = int(np.argmax(sweep > 0))
        closed, opened = ends(form.gripper)
        share = (float(SWEEP[first - 1] + SWEEP[first]) / 2 + 1) / 2
        text += f"; it changes over at about {closed + share * (opened - closed):.2g}"
    return Mistake(kind="gripper threshold" if direction == 1 else "gripper polarity", text=f"{text}.")


def _swapped(right: np.ndarray, found: np.ndarray, group: str, other: str) -> bool:
    return bool(np.abs(found[:, GROUPS[group]] - right[:, GROUPS[other]]).max() <= SAME[group])


def listed(numbers: np.ndarray) -> str:
    """`(0.1, 0.2)`."""
    return f"({', '.join(f'{number:.4g}' for number in numbers)})"


def same(right: np.ndarray, found: np.ndarray, group: str) -> bool:
    """Whether a part of actions (n, 7) is what it should be, as far as a right conversion rounds."""
    at = GROUPS[group]
    return bool(np.abs(right[:, at] - found[:, at]).max() <= SAME[group])


def _fits(predicted: np.ndarray, found: np.ndarray, group: str) -> bool:
    at = GROUPS[group]
    allowed = CLOSE * float(np.abs(predicted[:, at]).max())
    return bool(np.abs(predicted[:, at] - found[:, at]).max() <= allowed)
