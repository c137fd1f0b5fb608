"""The comparison of what an adapter gives to its model with what it should: pictures, state and prompt."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from vlagen_bench.diagnostics.adapter_check.mistakes import Kind, Mistake
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.observations import NO_CAMERA, PRIMARY, PictureForm, StateForm
from vlagen_bench.policies.conversion.images import FILTERS, TURNS
from vlagen_bench.policies.conversion.states import NO_TURN, ORIGIN, PARTS, Part
from vlagen_bench.utils.text import shown

EXACT = 0.25
"""mean difference of 255 up to which two pictures are the same"""
SLIGHT = 4.0
"""the same up to which only the resampling may differ"""
CROP = 0.9
AREA_STEP = 0.03
AREAS = tuple(round(float(area), 2) for area in np.arange(1.0, 0.45, -AREA_STEP)) + (CROP, CROP**2)
"""of crops that are tried where no known mistake makes a picture"""
Obs = Mapping[str, Any]
Change = tuple[Kind, str, dict[str, Any]]
"""what it is called, in words, and the fields that differ"""


def mistakes_of_inputs(
    given: Mapping[str, Any], declared: Conventions, obs: Obs, instruction: str
) -> tuple[list[Mistake], list[str]]:
    """The mistakes in what the model is given, and notes on what differs slightly.

    Args:
        given: what the adapter made.
        declared: the model's conventions.
        obs: of which it was made.
        instruction: the same.
    """
    mistakes: list[Mistake] = []
    notes: list[str] = []
    for name, form in declared.pictures.items():
        if name not in given:
            there = ", ".join(given)
            mistakes.append(
                Mistake(kind="picture", text=f"picture {name}: the model is not given it; there is: {there}.")
            )
            continue
        found, note = _of_picture(name, np.asarray(given[name]), form, obs)
        mistakes += found
        notes += note
    mistakes += _of_state(given, declared, obs)
    mistakes += _of_prompt(given, declared, instruction)
    return list(dict.fromkeys(mistakes)), notes


def _of_picture(name: str, found: np.ndarray, form: PictureForm, obs: Obs) -> tuple[list[Mistake], list[str]]:
    try:
        right = form.of(obs)
    except PolicyError as error:
        return [], [f"picture {name}: not checked: {error}"]
    if _distance(right, found) <= EXACT:
        return [], []
    if changes := _explained(found, form, obs):
        return [Mistake(kind=kind, text=f"picture {name}: {text}.") for kind, text, _ in changes], []
    if text := _other_crop(found, form, obs):
        return [Mistake(kind="crop", text=f"picture {name}: {text}.")], []
    distance = _distance(right, found)
    if distance <= SLIGHT:
        return [], [
            f"picture {name}: differs slightly, by {distance:.1f} of 255 in the mean, as after another resampling."
        ]
    words = (
        f"{found.dtype} {found.shape} in place of {right.dtype} {right.shape}"
        if found.shape != right.shape
        else f"by {distance:.0f} of 255 in the mean"
    )
    return [
        Mistake(kind="picture", text=f"picture {name}: it differs in a way that no known mistake explains: {words}.")
    ], []


def _explained(found: np.ndarray, form: PictureForm, obs: Obs) -> tuple[Change, ...]:
    """The fewest changes that make the found picture: one, two, or the nearest two and a third; empty: none do."""
    known = [(change,) for change in _changes(form, found)]
    nearest: tuple[Change, ...] = ()
    for count in (1, 2, 3):
        tried: list[tuple[Change, ...]] = [(*first, *second) for first, second in combinations(known, 2)]
        if count != 2:  # alone, or besides the nearest pair
            tried = [(*nearest, *one) for one in known]
        distances = [_distance_after(form, changes, obs, found) for changes in tried]
        best = int(np.argmin(distances))
        nearest = tried[best]
        if distances[best] <= EXACT:
            return nearest
    return ()


def _distance_after(form: PictureForm, changes: Sequence[Change], obs: Obs, found: np.ndarray) -> float:
    fields = [field for _, _, changed in changes for field in changed]
    if len(set(fields)) != len(fields):
        return float("inf")
    predicted = _predicted(form, [changed for _, _, changed in changes], obs)
    return float("inf") if predicted is None else _distance(predicted, found)


def _predicted(form: PictureForm, changes: list[dict[str, Any]], obs: Obs) -> np.ndarray | None:
    try:
        return dataclasses.replace(form, **{key: value for change in changes for key, value in change.items()}).of(obs)
    except (PolicyError, ValueError):
        return None


def _changes(form: PictureForm, found: np.ndarray) -> Iterator[Change]:
    """All that may be otherwise about a picture, the commonest first."""
    other = "bgr" if form.colours == "rgb" else "rgb"
    yield "BGR", f"its colours are in the order {other.upper()}, not {form.colours.upper()}", {"colours": other}
    for turn in TURNS:
        if turn != form.turn:
            yield (
                "flipped image",
                f"it is flipped ({turn}), where the model's are not ({form.turn})"
                if form.turn == "none"
                else (f"it is not flipped as the model's are ({turn} in place of {form.turn})"),
                {"turn": turn},
            )
    if form.crop_area is not None:
        share = f"the middle {100 * form.crop_area:.0f} % of it"
        yield "missing crop", f"it is whole, but the model was trained on {share}", {"crop_area": None}
        squared = form.crop_area**2
        yield "crop", _cropped(squared, form), {"crop_area": squared}
    elif found.ndim == 3:
        yield (
            "crop",
            f"it is cropped to {100 * CROP:.0f} %, but the model was trained on whole ones",
            {"crop_area": CROP},
        )
    yield from _of_size(form, found)
    layout = "chw" if form.layout == "hwc" else "hwc"
    yield "picture", f"its axes are {layout.upper()}, not {form.layout.upper()}", {"layout": layout}
    values = "unit" if form.values == "bytes" else "bytes"
    words = {"unit": "from 0 to 1", "bytes": "from 0 to 255"}
    yield "picture", f"its values are {words[values]}, not {words[form.values]}", {"values": values}
    for camera in (PRIMARY, "wrist", NO_CAMERA):
        if camera != form.camera:
            yield "picture", f"it is that of the camera '{camera}', not '{form.camera}'", {"camera": camera}


def _cropped(area: float, form: PictureForm) -> str:
    """That another crop was cut than the model's: its area and its side, of which one is often taken for the other."""
    wanted = (
        "whole ones"
        if form.crop_area is None
        else f"{100 * form.crop_area:.0f} % of the area, {100 * form.crop_area**0.5:.0f} % of each side"
    )
    return f"it is cropped to {100 * area:.0f} % of the area, {100 * area**0.5:.0f} % of each side, but the model was trained on {wanted}"


def _other_crop(found: np.ndarray, form: PictureForm, obs: Obs) -> str:
    """That another crop explains the picture, whatever resampled it; empty: none does."""
    distances = {area: _distance_after(form, [("crop", "", {"crop_area": area})], obs, found) for area in AREAS}
    best, own = min(distances, key=distances.__getitem__), form.crop_area or 1.0
    near = distances[best] <= SLIGHT and distances[best] < _distance(form.of(obs), found) / 2
    return _cropped(best, form) if near and abs(best - own) > AREA_STEP else ""


def _of_size(form: PictureForm, found: np.ndarray) -> Iterator[Change]:
    fit = "stretch" if form.fit == "pad" else "pad"
    words = {"stretch": "stretched to its size", "pad": "whole in its own proportions, with a black border"}
    yield "picture", f"it is {words[fit]}, not {words[form.fit]}", {"fit": fit}
    for how in FILTERS:
        if how != form.how:
            yield "picture", f"it is resampled by {how}, not {form.how}", {"how": how}
    yield (
        "picture",
        "it was compressed as JPEG" if not form.jpeg else "it was not compressed as JPEG",
        {"jpeg": not form.jpeg},
    )
    if found.ndim != 3:
        return
    for size in {found.shape[:2], found.shape[1:]}:
        if size != form.size_px and min(size) > 3:
            wanted = "its own" if form.size_px is None else "x".join(map(str, form.size_px))
            yield "picture", f"its size is {size[0]}x{size[1]}, not {wanted}", {"size_px": size}


def _distance(right: np.ndarray, found: np.ndarray) -> float:
    """Mean difference of two pictures of the same shape and kind, of 255; infinite for others."""
    if right.shape != found.shape or right.dtype.kind != found.dtype.kind:
        return float("inf")
    scale = 255.0 if right.dtype.kind == "f" else 1.0
    return float(np.abs(right.astype(np.float64) - found.astype(np.float64)).mean()) * scale


def _of_state(given: Mapping[str, Any], declared: Conventions, obs: Obs) -> list[Mistake]:
    form = declared.state
    if form is None:
        return []
    if declared.state_key not in given:
        return [Mistake(kind="state", text=f"state: the model is not given its '{declared.state_key}'.")]
    found, right = np.asarray(given[declared.state_key], np.float64), form.of(obs)
    if _close(found, right):
        return []
    for words, parts in _other_states(form):
        if _close(found, dataclasses.replace(form, parts=parts).of(obs)):
            return [Mistake(kind="state", text=f"state: {words}; it should be {', '.join(form.parts)}.")]
    if form.base_m != ORIGIN and _close(found, dataclasses.replace(form, base_m=ORIGIN).of(obs)):
        text = f"state: the position is in the frame of the robot's base; the model's base stands at {form.base_m} m."
        return [Mistake(kind="state", text=text)]
    if form.rest_quat_wxyz != NO_TURN and _close(found, dataclasses.replace(form, rest_quat_wxyz=NO_TURN).of(obs)):
        text = "state: the orientation is that of the base's frame, where the model's is seen from its own rest pose."
        return [Mistake(kind="state", text=text)]
    if found.shape != right.shape:
        text = f"state: it has the shape {found.shape}, not {right.shape} ({', '.join(form.parts)})."
        return [Mistake(kind="state", text=text)]
    worst = int(np.abs(found - right).argmax())
    text = f"state: number {worst} is {found[worst]:.4g}, and should be {right[worst]:.4g} ({', '.join(form.parts)})."
    return [Mistake(kind="state", text=text)]


def _other_states(form: StateForm) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """States that differ in one part, or in the order of two."""
    for i, part in enumerate(form.parts):
        for other in PARTS:
            if other != part:
                yield f"it has {other} in place of {part}", (*form.parts[:i], other, *form.parts[i + 1 :])
    for i, j in combinations(range(len(form.parts)), 2):
        parts = list(form.parts)
        parts[i], parts[j] = parts[j], parts[i]
        yield f"{form.parts[i]} and {form.parts[j]} have changed places", tuple(parts)


def _close(found: np.ndarray, right: np.ndarray) -> bool:
    return found.shape == right.shape and bool(np.abs(found - right).max(initial=0.0) <= 1e-3)


def _of_prompt(given: Mapping[str, Any], declared: Conventions, instruction: str) -> list[Mistake]:
    if not declared.prompt_key:
        return []
    found, right = given.get(declared.prompt_key), declared.prompt.of(instruction)
    if found == right:
        return []
    if not isinstance(found, str):
        return [
            Mistake(kind="prompt", text=f"prompt: the model is not told what to do as its '{declared.prompt_key}'.")
        ]
    why = (
        "in other letters"
        if found.lower() == right.lower()
        else "without the model's own words around it"
        if found.strip().lower() in right.lower()
        else "otherwise"
    )
    return [
        Mistake(
            kind="prompt",
            text=f"prompt: it is written {why}: {shown(repr(found), 120)} in place of {shown(repr(right), 120)}.",
        )
    ]
