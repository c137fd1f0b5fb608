"""The scene of an episode: all verbs of `vlagen_bench.scenes.verbs.Scene`, from three families."""

from dataclasses import dataclass

from vlagen_bench.sim.object_verbs import Things
from vlagen_bench.sim.render_verbs import Optics
from vlagen_bench.sim.robot_verbs import Conduct


@dataclass(kw_only=True)
class EpisodeScene(Things, Optics, Conduct):
    """The scene of one episode: what stands in it, how it is seen, and how the robot behaves."""

    instruction: str = ""

    def tell(self, instruction: str) -> None:
        self.instruction = instruction
