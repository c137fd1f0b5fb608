"""Axis: how many further objects lie on the table, which the instruction does not ask for."""

from dataclasses import dataclass
from math import radians
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots, views
from vlagen_bench.axes.shared.free_places import OccupiedCircle, fall_of, free, lattice, radius_of
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import ModelKind, Scene

FROM_SOURCE_M = 0.05
"""rim to rim: room for either robot's gripper beside the object"""
FROM_OTHERS_M = 0.02
DROP_SHARE, DROP_M = 0.6, 0.005
"""share of its height, and how much more, that a thing's origin falls from: low, so that it does not roll into another"""
ALWAYS_THERE = ("object", "position", "receptacle")
"""axes that it comes after and that no episode is without"""
ATTEMPTS = 50
"""layouts that are tried: of the bridge scene with a distractor, one in fifteen has no room for six things"""


@axis
@dataclass(frozen=True, kw_only=True)
class Clutter(Axis):
    """So many other training objects, where they leave room to grasp and hide neither object nor receptacle.

    They come one after the other, so that a higher level holds the things of the lower ones at the same places.
    """

    name: ClassVar = "clutter"
    kind: ClassVar = "semantics"
    stage: ClassVar = "build"
    after: ClassVar = (
        "camera_lens", "camera_pose", "distractor_object", "object", "object_size", "receptacle",
        "receptacle_reposition", "reposition", *spots.PLACING,
    )  # fmt: skip
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("object", "position")
    sized_by: ClassVar = "things"
    unit: ClassVar = "things"
    levels: ClassVar = (1, 2, 3, 4, 5)
    nothing: ClassVar = 0
    bounds: ClassVar = (0, 30)
    takes: ClassVar = ("choice of the other objects",)
    shows: ClassVar = True
    measure: ClassVar = "things"

    things: int

    def sample(self, rng: np.random.RandomState, draft: Draft) -> list[dict[str, Any]]:
        # A layout for the most things of any level, of which a level takes the first.
        most = max(self.things, *self.levels)
        for _ in range(ATTEMPTS):
            layout = _layout(rng, draft, most)
            if len(layout) == most:
                return layout[: self.things]
        crowding = [name for name in self.after if name in draft.values and name not in ALWAYS_THERE]
        fewer = "Ask for fewer, or leave" if self.things > max(self.levels) else "Leave"
        raise ConfigError(
            f"clutter: no room for {most} things beside the {draft.values.get('object', 'source')} on this table. {fewer} out "
            f"one of the axes that take places or hide them: {', '.join([*crowding, self.name])}."
        )

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        for number, thing in enumerate(value, start=1):
            role = f"clutter_{number}"
            scene.add_model(role, "objects", thing["id"])
            scene.place(role, tuple(thing["xy_m"]), thing["drop_m"])
            scene.turn(role, radians(thing["yaw_deg"]))


def _layout(rng: np.random.RandomState, draft: Draft, most: int) -> list[dict[str, Any]]:
    """Things one after the other, each at the first place, in an order that is drawn, where it may stand."""
    objects, places = draft.pack.split("objects", "train"), lattice(draft.scene)
    order, tried = rng.permutation(len(objects)), rng.permutation(len(places))
    yaws_deg = (45 * rng.randint(8, size=len(objects))).tolist()
    there = {draft.values.get("object"), draft.values.get("distractor_object", {}).get("id")}
    kept, layout, view = _kept(draft), [], views.present(draft)
    for number in order:
        model = objects[number]
        spot = tried[free(model, kept, draft.scene, view)[tried]][:1]
        if model.id in there or not len(spot):
            continue
        xy_m = np.round(places[spot[0]], 6).tolist()
        height_m, fall_m = model.extents_m[2], fall_of(model, draft.scene)
        kept.append(
            OccupiedCircle(
                xy_m=xy_m,
                radius_m=radius_of(model),
                gap_m=FROM_OTHERS_M,
                height_m=height_m,
                fall_m=fall_m,
                seen="middle",
            )
        )
        drop_m = round(DROP_SHARE * height_m + DROP_M, 6) if draft.scene.drop_from == "origin" else None
        layout.append({"id": model.id, "xy_m": xy_m, "drop_m": drop_m, "yaw_deg": yaws_deg[number]})
        if len(layout) == most:
            break
    return layout


def _kept(draft: Draft) -> list[OccupiedCircle]:
    """Where source, target and a distractor stand, and where source and target will be moved to."""
    if "start" in draft.values:
        return _kept_of_start(draft)
    values, pack = draft.values, draft.pack
    source = pack.find("objects", values["object"])
    source_m = radius_of(source) * values.get("object_size", 1.0)
    third: list[tuple[ModelKind, str]] = [("objects", "distractor_object"), ("receptacles", "distractor_receptacle")]
    third_m = [radius_of(pack.find(kind, values[name]["id"])) for kind, name in third if name in values]
    radii_m = {"third": max(third_m, default=source_m)}
    if "receptacle" in values:
        target_m = radius_of(pack.find("receptacles", values["receptacle"]))
        radii_m |= {"target": target_m, "moved target": target_m}
    places = spots.standing(draft)
    if values.get("receptacle_reposition"):
        places["moved target"] = values["receptacle_reposition"]["xy_m"]
    return [
        OccupiedCircle(
            xy_m=xy_m,
            radius_m=radii_m.get(role, source_m),
            gap_m=FROM_OTHERS_M if role in radii_m else FROM_SOURCE_M,
            height_m=source.extents_m[2] if role == "source" else 0.0,
            fall_m=0.0 if role in radii_m else fall_of(source, draft.scene),
            seen="wholly",
        )
        for role, xy_m in places.items()
    ]


def _kept_of_start(draft: Draft) -> list[OccupiedCircle]:
    """Where the things of a ManiSkill task stand, and where its source will be moved to."""
    start = draft.values["start"]
    source = next(thing for thing in start["things"] if thing["name"] == start["names"]["source"])
    places = {role: xy_m for role, xy_m in spots.standing(draft).items() if role.endswith("source")}
    stands = [(source, xy_m) for xy_m in places.values()]
    stands += [(thing, thing["xy_m"]) for thing in start["things"] if thing is not source]
    return [
        OccupiedCircle(
            xy_m=xy_m,
            radius_m=thing["radius_m"],
            gap_m=FROM_SOURCE_M if thing is source else FROM_OTHERS_M,
            height_m=thing["height_m"],
            seen="wholly",
        )
        for thing, xy_m in stands
    ]
