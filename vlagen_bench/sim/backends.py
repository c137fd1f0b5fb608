"""The choice of the simulator of a task, made here and nowhere else."""

from typing import TYPE_CHECKING

from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.types import Task

if TYPE_CHECKING:
    from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator
    from vlagen_bench.sim.simulator import Simulator


def simulator_of(
    task: Task, *, drawn: bool = True, cameras: CameraChoice | None = None
) -> "Simulator | NativeSimulator":
    """The simulator of a task: of this package's scenes, or of the task of ManiSkill that it is.

    Args:
        task: whose episodes are played.
        drawn: False leaves out the renderer.
        cameras: that are drawn; None: the primary one.
    """
    if task.native is not None:
        from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator

        return NativeSimulator.of(task, drawn=drawn, cameras=cameras)
    from vlagen_bench.sim.simulator import Simulator

    return Simulator.of(task, drawn=drawn, cameras=cameras)
