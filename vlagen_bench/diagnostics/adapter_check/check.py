"""The check of an adapter: recorded actions of the expert go through the inverse of what is declared, then through the adapter.

What is declared is what the model was trained with: by its family, its checkpoint and its data set. What is checked is the adapter
as it would run, with the user's arguments or the code of its author. Where both differ, the difference is compared with what each
known mistake would make of it, and the one that fits is named.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from vlagen_bench.diagnostics.adapter_check import chunks
from vlagen_bench.diagnostics.adapter_check.actions import mistakes_of_actions
from vlagen_bench.diagnostics.adapter_check.inputs import mistakes_of_inputs
from vlagen_bench.diagnostics.adapter_check.mistakes import Checked, Mistake
from vlagen_bench.diagnostics.adapter_check.recording import Recording, recording
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import OF_SCENE, published_statistics
from vlagen_bench.policies.adapters.observations import NO_CAMERA, PRIMARY
from vlagen_bench.policies.adapters.statistics import KeyedStatistics
from vlagen_bench.policies.conversion.normalisation import Statistics
from vlagen_bench.policies.conversion.rotations import multiply, quat_of_euler_xyz
from vlagen_bench.policies.conversion.states import OPENING, ORIGIN, QUAT
from vlagen_bench.scenes import specs
from vlagen_bench.utils.text import one_line

PLAUSIBLE = 5.0
"""times that a data set's usual change may be larger or smaller than the expert's"""
TURNED_RAD, HALF_OPEN = (0.3, -0.2, 0.4), 0.5
"""a turn about all axes at once, and an opening, of a pose in which formats that agree elsewhere differ"""


def check(adapter: Adapter, scene: str | None = None) -> Checked:
    """What is wrong with an adapter, as far as it shows without a model.

    Args:
        adapter: made by `without_model`, or a loaded one.
        scene: whose recording is replayed; None: that of the adapter.
    """
    taken = recording(scene or adapter.scene)
    try:
        declared, known = adapter.declare(), _known(adapter)
        mistakes, count = mistakes_of_actions(adapter, declared.output, taken.cases(), known)
    except PolicyError:
        raise
    except Exception as error:  # code of an adapter's author
        raise PolicyError(
            f"The adapter {adapter.NAME or type(adapter).__name__} cannot be checked: {one_line(error)}."
        ) from error
    if not mistakes:  # else the chunk differs for the same reason
        mistakes += chunks.mistakes_within(adapter, declared, taken)
    seen, missing = _drawn(adapter, declared, taken)
    wrong, notes = _of_inputs(adapter, seen, taken)
    mistakes += wrong
    notes = [*missing, *notes]
    played, more = chunks.played(adapter, declared, taken)
    mistakes += played
    if not mistakes:  # else what is played differs for the same reason
        mistakes += chunks.mistakes_of_playing(adapter, declared, taken)
    mistakes += _implausible(declared, taken)
    return Checked(
        adapter=adapter.NAME or type(adapter).__name__,
        cases=count,
        mistakes=tuple(mistakes),
        notes=(*notes, *more, *adapter.notes()),
        assumed=assumed(declared, _source(adapter)),
    )


def _drawn(adapter: Adapter, declared: Conventions, taken: Recording) -> tuple[Conventions, list[str]]:
    """The conventions as far as the scene has their cameras, with a note on each picture that it cannot draw."""
    scene = specs.scene(taken.scene)
    cameras = {PRIMARY, NO_CAMERA, scene.camera.name, *(camera.name for camera in scene.extra_cameras)}
    pictures, notes = dict(declared.pictures), []
    for name, form in declared.pictures.items():
        if form.camera in cameras:
            continue
        given = adapter.conventions.pictures.get(name)
        black = given is not None and given.camera == NO_CAMERA
        how = "is black" if black else f"cannot be drawn; for a black one: cameras={name}:{NO_CAMERA}"
        notes.append(
            f"picture {name}: the scene {scene.name} has no camera '{form.camera}', so that it {how}. The model saw one in training."
        )
        if black:
            pictures[name] = dataclasses.replace(form, camera=NO_CAMERA)
    return dataclasses.replace(declared, pictures=pictures), notes


def _of_inputs(adapter: Adapter, declared: Conventions, taken: Recording) -> tuple[list[Mistake], list[str]]:
    """What is wrong with what the model is given, or why it is given nothing.

    An instruction has a capital and a full stop, and the robot is where the recording begins, in its middle, at its end, and turned
    about all axes: a state that stays as it was, or that is right for a tool that points down alone, shows there.
    """
    instruction = f"{taken.instruction.capitalize()}."
    found, notes = _of_one(adapter, declared, taken.obs(0), instruction)
    pictures_apart = dataclasses.replace(declared, pictures={})  # those of all steps are the same
    for obs in _elsewhere(taken):
        if found:
            break
        found, _ = _of_one(adapter, pictures_apart, obs, instruction)
    return found, notes


def _elsewhere(taken: Recording) -> list[dict[str, Any]]:
    """What is seen later in the recording, and with the tool turned and the gripper half open."""
    last = len(taken.states) - 1
    later = [taken.obs(step) for step in (last // 2, last)]
    turned = np.array(taken.states[0], np.float64)
    turned[QUAT] = multiply(quat_of_euler_xyz(np.array(TURNED_RAD)), turned[QUAT])
    turned[OPENING] = HALF_OPEN
    return [*later, {**taken.obs(0), "state": turned.astype(np.float32)}]


def _of_one(
    adapter: Adapter, declared: Conventions, obs: Mapping[str, Any], instruction: str
) -> tuple[list[Mistake], list[str]]:
    """The same for one observation."""
    try:
        given = adapter.encode(obs, instruction)
    except Exception as error:  # code of an adapter's author
        return [Mistake(kind="unknown", text=f"encode() fails on an observation: {one_line(error)}.")], []
    if not isinstance(given, Mapping):
        return [Mistake(kind="unknown", text=f"encode() gives a {type(given).__name__}, not a mapping of inputs.")], []
    try:
        wrong, notes = mistakes_of_inputs(given, declared, obs, instruction)
    except Exception as error:  # whatever an adapter's author gives to a model
        return [Mistake(kind="unknown", text=f"encode() gives what cannot be compared: {one_line(error)}.")], []
    return list(wrong), list(notes)


def assumed(declared: Conventions, source: str = "") -> dict[str, str]:
    """The conventions that are taken for right, in words; `source`: where the statistics come from."""
    form, output = declared.output.action, declared.output
    said = {
        name: f"{picture.camera}, {picture.layout}, "
        + ("as drawn" if picture.size_px is None else "x".join(map(str, picture.size_px)))
        + ("" if picture.turn == "none" else f", flipped {picture.turn}")
        + ("" if picture.fit == "stretch" else ", with a border")
        + ("" if picture.crop_area is None else f", middle {100 * picture.crop_area:.0f} %")
        for name, picture in declared.pictures.items()
    }
    if declared.state is not None:
        said[declared.state_key] = ", ".join(declared.state.parts) + (
            ""
            if declared.state.base_m == ORIGIN
            else f"; positions in a world where the base stands at {declared.state.base_m} m"
        )
    if declared.prompt_key:
        said[declared.prompt_key] = declared.prompt.template.replace("\n", "\\n") + (
            ", small letters" if declared.prompt.lower else ""
        )
    units = f"{form.translation_unit_m:g} m" + (
        f", {form.rotation_unit_rad:g} rad" if form.rotation_unit_rad != 1 else ""
    )
    said["action"] = (
        f"{form.reference}, {', '.join(form.order)}; {form.rotation}, axes of the {form.frame}; 1 is {units}"
    )
    said["gripper"] = form.gripper + ("" if form.gripper_threshold is None else f" above {form.gripper_threshold:g}")
    if output.statistics is not None:
        said["normalisation"] = f"{output.scheme} of {output.key}" + (f", from {source}" if source else "")
    if output.bins is not None:
        said["tokens"] = f"{output.bins.edges - 1} bins"
    said["chunk"] = f"{declared.chunk or 'as answered'}, of which {declared.played or 'all'} are played"
    return said


def _source(adapter: Adapter) -> str:
    own = getattr(adapter, "known", None)
    return own.source if isinstance(own, KeyedStatistics) else ""


def _known(adapter: Adapter) -> dict[str, Statistics]:
    """All statistics that could be taken by mistake."""
    own = getattr(adapter, "known", None)
    mine: Mapping[str, Statistics] = own.actions if isinstance(own, KeyedStatistics) else {}
    return {**published_statistics(), **mine}


def _implausible(declared: Conventions, taken: Recording) -> list[Mistake]:
    """Whether statistics that nobody can compare with others fit the robot at all."""
    output = declared.output
    if output.statistics is None or output.key == OF_SCENE.get(taken.scene) or not output.statistics.has(output.scheme):
        return []
    scale, _ = output.statistics.scale_and_offset(output.scheme)
    moves = scale[output.action.slices()["translation"]] * output.action.translation_unit_m
    usual_m = float(np.linalg.norm(moves)) / np.sqrt(3)
    expert_m = float(np.sqrt(np.square(taken.actions[:, :3]).max(axis=0).mean()))
    ratio = usual_m / expert_m
    if 1 / PLAUSIBLE <= ratio <= PLAUSIBLE or output.action.reference == "absolute":
        return []
    return [
        Mistake(
            kind="normalisation key",
            text=f"normalisation: a normalised translation of 1 is {usual_m:.3g} m under '{output.key}', {ratio:.2g} times what "
            f"the expert moves in a step ({expert_m:.3g} m): these are the statistics of another robot or another rate.",
        )
    ]
