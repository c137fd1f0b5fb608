"""The wrong output forms that could be meant: each differs in one thing from what is declared."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from vlagen_bench.diagnostics.adapter_check.mistakes import Kind, Mistake
from vlagen_bench.policies.adapters.actions import PARTS, ActionForm, OutputForm, Reference
from vlagen_bench.policies.conversion.frames import FRAMES
from vlagen_bench.policies.conversion.grippers import POLARITIES, ends, middle
from vlagen_bench.policies.conversion.normalisation import SCHEMES, Statistics
from vlagen_bench.policies.conversion.rotations import FORMATS, format_of

LENGTHS = {1000.0: "m for mm", 0.001: "mm for m", 100.0: "m for cm", 0.01: "cm for m"}
ANGLES = {57.29577951308232: "rad for deg", 0.017453292519943295: "deg for rad"}


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A form that an adapter may have used, and what the mistake is called."""

    form: OutputForm
    mistake: Mistake


def hypotheses(declared: OutputForm, known: Mapping[str, Statistics]) -> Iterator[Hypothesis]:
    """All of them, the more specific ones first.

    Args:
        declared: the right form.
        known: statistics that could be taken by mistake, by key.
    """
    yield from _normalisations(declared, known)
    for kind, text, action in (*_actions(declared.action), *_grippers(declared.action)):
        yield _of(dataclasses.replace(declared, action=action), kind, text)


def _of(form: OutputForm, kind: Kind, text: str) -> Hypothesis:
    return Hypothesis(form=form, mistake=Mistake(kind=kind, text=text))


def _normalisations(declared: OutputForm, known: Mapping[str, Statistics]) -> Iterator[Hypothesis]:
    own = declared.statistics
    for key, statistics in known.items():
        if statistics == own or statistics.size != declared.action.size or not statistics.has(declared.scheme):
            continue
        right = (
            f"the model answers numbers that are normalised by '{declared.key}'"
            if own
            else "the model answers numbers that are not normalised"
        )
        form = dataclasses.replace(declared, key=key, statistics=statistics)
        yield _of(form, "normalisation key", f"normalisation: undone with the statistics '{key}', but {right}.")
    if own is None:
        return
    yield _of(
        dataclasses.replace(declared, statistics=None),
        "normalisation",
        f"normalisation: not undone; the model's numbers are normalised by '{declared.key}' ({declared.scheme}).",
    )
    for scheme in SCHEMES:
        if scheme != declared.scheme and own.has(scheme):
            text = f"normalisation: undone as {scheme}, but '{declared.key}' is meant as {declared.scheme}."
            yield _of(dataclasses.replace(declared, scheme=scheme), "normalisation", text)


def _actions(right: ActionForm) -> Iterator[tuple[Kind, str, ActionForm]]:
    other: Reference = "absolute" if right.reference == "delta" else "delta"
    words = {"absolute": "absolute poses", "delta": "changes of the target"}
    text = f"reference: numbers are read as {words[other]}, but are {words[right.reference]}."
    yield "absolute for delta", text, dataclasses.replace(right, reference=other)
    for frame in FRAMES:
        if frame != right.frame:
            text = f"frame: read along the axes of the {frame}, but the model's are those of the {right.frame}."
            yield "frame", text, dataclasses.replace(right, frame=frame)
    for rotation in FORMATS:
        if rotation != right.rotation and format_of(rotation).size == format_of(right.rotation).size:
            text = f"rotation: read as {rotation}, but is {right.rotation}."
            yield "rotation format", text, dataclasses.replace(right, rotation=rotation)
    for order in permutations(PARTS):
        if order != right.order:
            text = f"order: read as {', '.join(order)}, but is {', '.join(right.order)}."
            yield "order", text, dataclasses.replace(right, order=order)
    for factor, swapped in LENGTHS.items():
        text = f"units: translations are {factor:g} times as large as they should be ({swapped})."
        yield "units", text, dataclasses.replace(right, translation_unit_m=right.translation_unit_m * factor)
    for factor, swapped in ANGLES.items():
        text = f"units: rotations are {factor:.4g} times as large as they should be ({swapped})."
        yield "units", text, dataclasses.replace(right, rotation_unit_rad=right.rotation_unit_rad * factor)


def _grippers(right: ActionForm) -> Iterator[tuple[Kind, str, ActionForm]]:
    closed, opened = ends(right.gripper)
    # Where a threshold splits the numbers, other scales explain a mistake as well: the model's own is the nearest explanation.
    for polarity in sorted(POLARITIES, key=lambda name: set(ends(name)) != {closed, opened}):
        for threshold in dict.fromkeys((right.gripper_threshold, None, middle(polarity))):
            changed = dataclasses.replace(right, gripper=polarity, gripper_threshold=threshold)
            if changed == right:
                continue
            low, high = ends(polarity)
            reversed_ = (high > low) != (opened > closed)
            kind: Kind = "gripper polarity" if reversed_ else "gripper threshold"
            text = f"gripper: read as {described(polarity, threshold)}, but is {described(right.gripper, right.gripper_threshold)}."
            yield kind, text, changed


def described(polarity: str, threshold: float | None) -> str:
    """A gripper's convention in words."""
    return polarity if threshold is None else f"{polarity} above {threshold:g}"
