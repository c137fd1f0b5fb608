"""Referring expressions: attributes, sizes and positions as the camera sees them, and the objects that they fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np

from vlagen_bench.axes.base import Draft
from vlagen_bench.axes.shared import spots, views
from vlagen_bench.axes.shared.wording import words_of
from vlagen_bench.packs.manifest import Model
from vlagen_bench.scenes.projection import CameraView

By = Literal["colour", "size", "relation", "category", "synonym"]

LOOK_ALIKE = ({"red", "pink"}, {"orange", "brown"}, {"black", "grey"}, {"grey", "white"}, {"blue", "purple"})
"""colours that two people may name differently, or poor light may swap"""
RELATED = ({"drink", "packaged food"},)
"""categories of which one thing may be said to be in both"""
LARGER_VOLUME = 1.4
LARGER_LENGTH = 1.1
"""a thing is the larger one if the volume of its box and its longest edge are so many times another's"""
ASIDE_M = 0.08
"""how far apart two things are, seen from above, that are clearly beside, or before, one another: what is 0.12 m apart, as
things are, is one or the other"""

RELATIONS = {
    "left": ((-1, 0), "object farther left in the camera's view"),
    "right": ((1, 0), "object farther right in the camera's view"),
    "near": ((0, 1), "object nearer to the camera"),
    "far": ((0, -1), "object farther from the camera"),
}
"""relation -> its direction on the table, as the camera sees it (x to the right, y towards it), and how it is said"""


@dataclass(frozen=True, kw_only=True)
class Referent:
    """An object on the table, as an expression can speak of it."""

    model: Model
    seen_at_m: tuple[float, float]
    """where its place is on the table, as the camera sees it: to the right, and towards the camera"""
    scale: float = 1.0
    """how many times larger than its model"""

    @property
    def edges_m(self) -> tuple[float, ...]:
        return tuple(self.scale * edge_m for edge_m in self.model.extents_m)


def objects_of(draft: Draft) -> dict[str, Referent]:
    """Role -> object of an episode. Receptacles are left out: the sentence names the target."""
    values, places = draft.values, spots.standing(draft)
    stands = {"source": (values["object"], places["source"])}
    if "distractor_object" in values:
        stands["distractor"] = (values["distractor_object"]["id"], values["distractor_object"]["xy_m"])
    for number, extra in enumerate(values.get("clutter", ()), start=1):
        stands[f"clutter_{number}"] = (extra["id"], extra["xy_m"])
    right, towards = _ground_axes(views.present(draft))
    return {
        role: Referent(
            model=draft.pack.find("objects", asset_id),
            seen_at_m=(float(right @ xy_m), float(towards @ xy_m)),
            scale=values.get("object_size", 1.0) if role == "source" else 1.0,
        )
        for role, (asset_id, xy_m) in stands.items()
    }


def _ground_axes(view: CameraView) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of the ground (x, y): to the right of a camera, and towards it."""
    forward = np.array(view.axes[0][:2]) / np.linalg.norm(view.axes[0][:2])
    return np.array([forward[1], -forward[0]]), -forward


def alike(colour: str, other: str) -> bool:
    """Whether two colours may be taken for one another."""
    return colour == other or {colour, other} in LOOK_ALIKE


def related(category: str, other: str) -> bool:
    """Whether one thing may be said to be of both categories."""
    return category == other or {category, other} in RELATED


def larger(edges_m: Sequence[float], other_m: Sequence[float]) -> bool:
    """Whether a box with these edges is clearly the larger one."""
    volume, length = (measure(edges_m) / measure(other_m) for measure in (prod, max))
    return volume >= LARGER_VOLUME and length >= LARGER_LENGTH


def unlike(model: Model, other: Model) -> bool:
    """Whether two models differ in each of colour, category and size."""
    known = all((model.colour, other.colour, model.category, other.category))
    differ = not alike(model.colour, other.colour) and not related(model.category, other.category)
    sizes = model.extents_m, other.extents_m
    return known and differ and (larger(*sizes) or larger(*reversed(sizes)))


def expressions_for(by: By, model: Model) -> tuple[str, ...]:
    """What could be said of a model: a colour, one of its other names, or every size and relation there is."""
    if by == "synonym":
        # Those that share the fewest words with its name: "aubergine" rather than "large eggplant".
        shared = {synonym: len({*words_of(synonym)} & {*words_of(model.name)}) for synonym in model.synonyms}
        return tuple(synonym for synonym in model.synonyms if shared[synonym] == min(shared.values()))
    own = {"colour": (model.colour,), "category": (model.category,), "size": ("larger", "smaller")}
    return tuple(filter(None, own.get(by, tuple(RELATIONS))))


def phrase(by: By, says: str) -> str:
    """The expression, as it follows "the"."""
    if by == "relation":
        return RELATIONS[says][1]
    return f"{says} object" if by in ("colour", "size") else says


def fitting(by: By, says: str, things: Mapping[str, Referent]) -> tuple[str, ...]:
    """The roles that the expression may be said of; it is unambiguous if there is just one."""
    return tuple(
        role
        for role, thing in things.items()
        if _fits(by, says, thing, [other for name, other in things.items() if name != role])
    )


def meant(draft: Draft) -> tuple[str, ...]:
    """The roles that the expression of an episode with a `reference` may be said of."""
    said = draft.values["reference"]
    return fitting(said["by"], said["says"], objects_of(draft))


def _fits(by: By, says: str, thing: Referent, others: list[Referent]) -> bool:
    model = thing.model
    if by == "colour":
        return alike(model.colour, says)
    if by == "category":
        return related(model.category, says)
    if by == "synonym":
        return says in (model.name, *model.synonyms)
    if by == "size":
        sizes = [(thing.edges_m, other.edges_m) for other in others]
        return all(larger(*(pair if says == "larger" else reversed(pair))) for pair in sizes)
    x, y = RELATIONS[says][0]
    ways = [(thing.seen_at_m[0] - other.seen_at_m[0], thing.seen_at_m[1] - other.seen_at_m[1]) for other in others]
    return all(x * right + y * near >= ASIDE_M for right, near in ways)
