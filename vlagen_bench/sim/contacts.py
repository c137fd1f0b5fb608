"""The contact forces at one moment of a physics system, computed for those pairs that somebody asks about."""

from collections.abc import Iterator, Mapping

import numpy as np
from sapien import physx


class ContactForces(Mapping[frozenset[int], np.ndarray]):
    """The force between pairs of entities, by their scene ids: on the one with the lower id, in newton.

    To read the points of all contacts takes longer than all else that a judge does, and it asks about few pairs. They are
    those of the present: read them before physics goes on.
    """

    def __init__(self, physics: physx.PhysxCpuSystem, physics_hz: int) -> None:
        self._hz = physics_hz
        self._pairs: dict[frozenset[int], list[tuple[bool, physx.PhysxContact]]] = {}
        self._known: dict[frozenset[int], np.ndarray] = {}
        for contact in physics.get_contacts():
            first, second = (body.entity.per_scene_id for body in contact.bodies)
            self._pairs.setdefault(frozenset((first, second)), []).append((first < second, contact))

    def __getitem__(self, pair: frozenset[int]) -> np.ndarray:
        if pair not in self._known:
            self._known[pair] = self._force_n(self._pairs[pair])
        return self._known[pair]

    def _force_n(self, contacts: list[tuple[bool, physx.PhysxContact]]) -> np.ndarray:
        total: np.ndarray | float = 0
        for ordered, contact in contacts:
            impulse = np.sum([point.impulse for point in contact.points], axis=0)
            total = total + (impulse if ordered else -impulse)
        return np.asarray(total * self._hz)

    def __iter__(self) -> Iterator[frozenset[int]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)
