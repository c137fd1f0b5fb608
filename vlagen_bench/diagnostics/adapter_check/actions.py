"""The comparison of decoded actions with what they should be, and the naming of what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.diagnostics.adapter_check.hypotheses import Hypothesis, described, hypotheses
from vlagen_bench.diagnostics.adapter_check.linear import linear_mistakes
from vlagen_bench.diagnostics.adapter_check.mistakes import Mistake
from vlagen_bench.diagnostics.adapter_check.recording import Case
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.conversion.grippers import ends
from vlagen_bench.policies.conversion.normalisation import Statistics
from vlagen_bench.policies.conversion.rotations import axis_angle_of_quat, quat_of_euler_xyz
from vlagen_bench.utils.text import one_line

GROUPS = {"translation": slice(0, 3), "rotation": slice(3, 6), "gripper": slice(6, 7)}
SAME = {"translation": 1e-4, "rotation": 1e-3, "gripper": 1e-3}
"""m, rad and shares of the gripper's range: what may differ in a right conversion"""
CLOSE = 0.01
"""the same, as a share of the largest number"""
SWEEP = np.linspace(-0.95, 0.95, 20)
"""of the gripper, +1 open: between the ends too, where a threshold shows"""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a model would answer in all cases, and what it means."""

    cases: Sequence[Case]
    values: tuple[np.ndarray, ...]
    """(1, n) each, as the model answers"""
    right: np.ndarray
    """float32 (cases, 7)"""

    def read_by(self, form: OutputForm) -> np.ndarray | None:
        """The actions that another form makes of them; None: they do not fit it."""
        try:
            return np.concatenate(
                [form.decode(value, case.situation) for case, value in zip(self.cases, self.values, strict=True)]
            )
        except ValueError:
            return None


def answers_of(declared: OutputForm, cases: Sequence[Case]) -> Answers:
    """The answers of a model with the declared conventions, that of the gripper between its ends included."""
    sweep = [(cases[0], command) for command in SWEEP]
    values = [declared.encode(case.action, case.situation) for case in cases]
    for case, command in sweep:
        action = case.action.copy()
        action[6] = command
        values.append(declared.encode(action, case.situation))
    all_cases = [*cases, *(case for case, _ in sweep)]
    right = [declared.decode(value, case.situation) for case, value in zip(all_cases, values, strict=True)]
    return Answers(cases=all_cases, values=tuple(values), right=np.concatenate(right))


def mistakes_of_actions(
    adapter: Adapter, declared: OutputForm, cases: Sequence[Case], known: Mapping[str, Statistics]
) -> tuple[list[Mistake], int]:
    """The mistakes in what an adapter makes of a model's answers, and how many answers it was given."""
    answers = answers_of(declared, cases)
    found, mistake = _decoded(adapter, answers)
    if mistake is not None:
        return [mistake], len(answers.values)
    return named(answers, found, declared, known), len(answers.values)


def named(answers: Answers, found: np.ndarray, declared: OutputForm, known: Mapping[str, Statistics]) -> list[Mistake]:
    """What is wrong with the found actions (cases, 7), by the hypotheses that explain it."""
    right = answers.right
    wrong = {group for group in GROUPS if not _same(right, found, group)}
    mistakes: list[Mistake] = []
    candidates = []
    for hypothesis in hypotheses(declared, known) if wrong else ():
        predicted = answers.read_by(hypothesis.form)
        if predicted is None:
            continue
        changed = {group for group in GROUPS if not _same(right, predicted, group)}
        if changed and changed <= wrong and all(_fits(predicted, found, group) for group in changed):
            candidates.append((changed, hypothesis))
    while wrong:
        best = max(candidates, key=lambda pair: len(pair[0] & wrong), default=None)
        if best is None or not best[0] & wrong:
            break
        mistakes.append(best[1].mistake)
        wrong -= best[0]
    for group in GROUPS:
        if group in wrong:
            mistakes += _of_group(right, found, group, declared)
    return _merged(mistakes)


def _of_group(right: np.ndarray, found: np.ndarray, group: str, declared: OutputForm) -> list[Mistake]:
    """What is wrong with a part that no single hypothesis explains."""
    at = GROUPS[group]
    if group == "gripper":
        return [_gripper(right[:, 6], found[:, 6], declared)]
    mistakes = linear_mistakes(right[:, at], found[:, at], group)
    if not mistakes and group == "rotation":
        vectors = [axis_angle_of_quat(quat_of_euler_xyz(actions[:, at])) for actions in (right, found)]
        mistakes = linear_mistakes(*vectors, group)
    return mistakes or [_unknown(right[:, at], found[:, at], group)]


def _unknown(right: np.ndarray, found: np.ndarray, group: str) -> Mistake:
    worst = int(np.abs(found - right).max(axis=1).argmax())
    listed = [", ".join(f"{number:.4g}" for number in numbers[worst]) for numbers in (found, right)]
    return Mistake(
        kind="unknown",
        text=f"{group}: it differs in a way that no single mistake explains; for instance ({listed[0]}) in place of ({listed[1]}).",
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
    kind, direction = ("gripper threshold", 1) if np.corrcoef(right, found)[0, 1] > 0 else ("gripper polarity", -1)
    sweep = found[-len(SWEEP) :] * direction
    text = f"gripper: it reads the model's numbers otherwise than {convention}"
    if set(np.unique(np.round(sweep, 3))) <= {-1.0, 1.0} and (sweep > 0).any():
        low, high = ends(form.gripper)
        share = (SWEEP[int(np.argmax(sweep > 0))] + 1) / 2
        text += f"; it opens from about {low + share * (high - low):.2g} on"
    return Mistake(kind="gripper threshold" if kind == "gripper threshold" else "gripper polarity", text=f"{text}.")


def _decoded(adapter: Adapter, answers: Answers) -> tuple[np.ndarray, Mistake | None]:
    """What the adapter makes of each answer: the first action; or why it makes nothing of them."""
    found: list[np.ndarray] = []
    for case, value in zip(answers.cases, answers.values, strict=True):
        try:
            chunk: Any = np.asarray(adapter.decode(adapter.pack(value), case.situation), np.float64)
        except Exception as error:  # code of an adapter's author
            count = value.shape[-1]
            text = f"decode() fails on a right answer of {count} numbers: {one_line(error)}."
            return np.empty((0, 7)), Mistake(kind="order" if isinstance(error, ValueError) else "unknown", text=text)
        if chunk.ndim != 2 or chunk.shape[1] != 7:
            return np.empty((0, 7)), Mistake(
                kind="unknown", text=f"decode() gives the shape {chunk.shape}, not (H, 7)."
            )
        found.append(chunk[0])
    return np.stack(found), None


def _same(right: np.ndarray, found: np.ndarray, group: str) -> bool:
    at = GROUPS[group]
    return bool(np.abs(right[:, at] - found[:, at]).max() <= SAME[group])


def _fits(predicted: np.ndarray, found: np.ndarray, group: str) -> bool:
    at = GROUPS[group]
    allowed = max(SAME[group], CLOSE * float(np.abs(predicted[:, at]).max()))
    return bool(np.abs(predicted[:, at] - found[:, at]).max() <= allowed)


def _merged(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Two of the same kind, of translation and rotation, as one: along other axes is a frame only where both are."""
    return list(dict.fromkeys(mistakes))


__all__ = ["Answers", "Hypothesis", "answers_of", "mistakes_of_actions", "named"]
