"""Camera poses of an episode and what they see, for the axes of the camera."""

from collections.abc import Callable, Mapping
from math import radians

import numpy as np

from vlagen_bench.axes.base import Draft
from vlagen_bench.axes.shared import spots
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.projection import CameraView

DIRECTIONS_RAD = tuple(radians(15.0 * number) for number in range(24))


def posed(draft: Draft, view: CameraView, value: Mapping[str, float]) -> CameraView:
    """The view from where `camera_pose` puts the camera."""
    return view.orbited(
        projection.middle_m(draft.scene), value["azimuth_rad"], value["elevation_rad"], value["roll_rad"]
    )


def present(draft: Draft) -> CameraView:
    """The view of the draft's episode, as far as it is sampled."""
    view = projection.nominal(draft.scene)
    if "camera_pose" in draft.values:
        view = posed(draft, view, draft.values["camera_pose"])
    if "camera_lens" in draft.values:
        lens = draft.values["camera_lens"]
        view = view.through(lens["zoom"], lens["shift_px"])
    return view


def fair_direction(rng: np.random.RandomState, draft: Draft, seen_in: Callable[[float], CameraView]) -> float:
    """A drawn direction (rad) of those whose view shows every place where something stands or may stand.

    A ManiSkill task has a camera of its own, which may not show all of them: what it shows has to stay in the picture.

    Raises:
        ConfigError: there is none.
    """
    scene = draft.scene
    asked = [*projection.outermost(scene), *spots.standing(draft).values()]
    if "start" in draft.values:
        shown = projection.sees(projection.nominal(scene), scene, asked)
        asked = [spot for spot, is_shown in zip(asked, shown, strict=True) if is_shown]
    fair = [turn for turn in DIRECTIONS_RAD if not asked or projection.sees(seen_in(turn), scene, asked).all()]
    if not fair:
        raise ConfigError("In every direction, so large a change of the camera hides places. Choose a smaller size.")
    return fair[rng.randint(len(fair))]
