"""Records one episode of the expert for `vlagen adapter check`: instruction, states, actions, and the first pictures.

    vlagen-eval --policy scripts/record_expert.py:Recorder --policy-args out=tabletop.npz --suite quick --conditions nominal --episodes 1 \
        --cameras wrist --video none

The pictures of both shipped recordings are of the scene `tabletop`, whose assets are made here.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.policies.expert.policy import Expert


class Recorder(Expert):
    """The expert, who writes down what it saw and did when its run is over."""

    def __init__(self, out: str) -> None:
        self._out = Path(out)
        self._seen: list[tuple[dict[str, Any], str, np.ndarray]] = []

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """The expert's action."""
        action = super().act(obs, instr)
        self._seen.append((obs, instr, action))
        return action

    def close(self) -> None:
        """Writes the file."""
        first, instruction, _ = self._seen[0]
        pictures = {f"image_{name}": picture for name, picture in first["images"].items()}
        np.savez_compressed(
            self._out,
            instruction=np.array(instruction),
            states=np.stack([obs["state"] for obs, _, _ in self._seen]),
            actions=np.stack([action for _, _, action in self._seen]),
            **pictures,
        )
