"""The scene of an episode: all verbs of `vlagen_bench.scenes.verbs.Scene`, from three families."""

from dataclasses import dataclass

from vlagen_bench.sim.object_verbs import ObjectVerbs
from vlagen_bench.sim.render_verbs import RenderVerbs
from vlagen_bench.sim.robot_verbs import RobotVerbs


@dataclass(kw_only=True)
class EpisodeScene(ObjectVerbs, RenderVerbs, RobotVerbs):
    """The scene of one episode: what stands in it, how it is seen, and how the robot behaves."""

    instruction: str = ""

    def tell(self, instruction: str) -> None:
        self.instruction = instruction
