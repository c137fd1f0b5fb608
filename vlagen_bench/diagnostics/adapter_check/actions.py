"""The comparison of decoded actions with what they should be, and the naming of what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.diagnostics.adapter_check.hypotheses import hypotheses
from vlagen_bench.diagnostics.adapter_check.mistakes import Mistake
from vlagen_bench.diagnostics.adapter_check.naming import SWEEP, named
from vlagen_bench.diagnostics.adapter_check.recording import Case
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.conversion.normalisation import Statistics
from vlagen_bench.utils.text import one_line


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
            if (
                form.action.reference == "delta" and form.action.frame != "tool"
            ):  # wherever the robot is, so all at once
                return form.decode(np.concatenate(self.values), self.cases[0].situation)
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
    supposed = hypotheses(declared, known)
    return named(answers.right, found, declared, supposed, answers.read_by), len(answers.values)


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
        if chunk.ndim != 2 or chunk.shape[1] != 7 or not len(chunk) or not np.isfinite(chunk).all():
            return np.empty((0, 7)), Mistake(
                kind="unknown", text=f"decode() gives the shape {chunk.shape}, not finite numbers (H, 7)."
            )
        found.append(chunk[0])
    return np.stack(found), None
