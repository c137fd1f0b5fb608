"""What can be done to the scene of an episode? All verbs of `vlagen_bench.scene.Scene`, from three families."""

from dataclasses import dataclass

from vlagen_bench.sim.conduct import Conduct
from vlagen_bench.sim.optics import Optics
from vlagen_bench.sim.things import Things


@dataclass(kw_only=True)
class EpisodeScene(Things, Optics, Conduct):
    """The scene of one episode: what stands in it, how it is seen, and how the robot behaves."""

    instruction: str = ""

    def tell(self, instruction: str) -> None:
        self.instruction = instruction
