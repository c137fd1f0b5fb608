"""The watch on the arm's behaviour: samples tool, contacts and things of a world while physics runs, and changes nothing."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sapien import physx

from vlagen_bench.tasks.behaviour import CONTACTS_HZ, TOOL_HZ, Behaviour, Course, Stand
from vlagen_bench.tasks.judge import Status

if TYPE_CHECKING:
    from vlagen_bench.sim.arm import Arm
    from vlagen_bench.sim.world import Body, World

NEAR_M = 0.005
"""points of a contact that are further apart are not read, which saves most of the time: they press only where two bodies
meet so fast that they are nearer at the next look"""


class BehaviourWatch:
    """Of one episode, from when everything has settled.

    Forces are those of one physics step: the impulses along the normals of all contacts of a link with a thing, over the
    step's time. Friction is not in them, and what happens between two looks is not seen.
    """

    def __init__(self, world: "World", arm: "Arm") -> None:
        self._world, self._arm, self._physics = world, arm, world.physics
        self._hz, self._ticks = world.spec.physics_hz, 0
        self._tool_every, self._contacts_every = (max(1, round(self._hz / each)) for each in (TOOL_HZ, CONTACTS_HZ))
        # SAPIEN gives the same Python object for a component for as long as somebody holds it, so that looking it up
        # needs none of its attributes, which would take most of the time.
        self._links = frozenset(world.robot.links)
        table = world.table and world.table.find_component_by_type(physx.PhysxRigidStaticComponent)
        self._table = {table} if table else set()
        self._things = frozenset(body.rigid for body in world.bodies.values())
        self._course = Course(
            arm.tool.p.tolist(),
            self._stands(world.bodies),
            table_m=world.table_height_m,
            tool_s=self._tool_every / self._hz,
        )

    def tick(self) -> None:
        """After each step of physics."""
        self._ticks += 1
        if self._ticks % self._tool_every == 0:
            self._course.moved(self._arm.tool.p.tolist())
        if self._ticks % self._contacts_every == 0:
            self._course.pressed(*self._forces_n(), time_s=self._time_s)

    @property
    def _time_s(self) -> float:
        """Of physics that was watched."""
        return self._ticks / self._hz

    def interrupted(self, roles: Iterable[str]) -> None:
        """After something other than the robot has moved these things, and physics went on unwatched."""
        self._course.interrupted(self._stands(roles))

    def stepped(self, status: Status) -> None:
        """After each control step, with its status."""
        self._course.stepped(
            self._arm.tool.p.tolist(),
            self._stands(self._world.bodies),
            time_s=self._time_s,
            grasped=status.grasped,
            success=status.success,
        )

    def behaviour(self, status: Status) -> Behaviour:
        """What was measured, of an episode that ends with this status."""
        return self._course.behaviour(success=status.success)

    def _stands(self, roles: Iterable[str]) -> dict[str, Stand]:
        return {role: _stand(self._world.bodies[role]) for role in roles}

    def _forces_n(self) -> tuple[float, float]:
        """The largest force of one link on the table, and on one thing."""
        links, pushes = self._links, dict[tuple[object, object], list[float]]()
        for contact in self._physics.get_contacts():
            link, other = contact.bodies
            if link not in links:
                link, other = other, link
                if link not in links:
                    continue
            if other in links:
                continue
            for point in contact.points:
                if point.separation < NEAR_M:
                    total = pushes.setdefault((link, other), [0.0, 0.0, 0.0])
                    x, y, z = point.impulse.tolist()
                    total[0], total[1], total[2] = total[0] + x, total[1] + y, total[2] + z
        table = thing = 0.0
        for (_, other), (x, y, z) in pushes.items():
            size = math.sqrt(x * x + y * y + z * z) * self._hz
            if other in self._things:
                thing = max(thing, size)
            elif other in self._table:
                table = max(table, size)
        return table, thing


def _stand(body: "Body") -> Stand:
    pose = body.entity.pose
    w, x, y, z = pose.q.tolist()
    return float(pose.p[2]), (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y))
