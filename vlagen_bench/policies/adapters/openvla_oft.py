"""The adapter `openvla_oft`: OpenVLA-OFT checkpoints, with two cameras, the robot's state and chunks of actions.

Assumed, from moojink/openvla-oft (`experiments/robot/openvla_utils.py`, `prismatic/vla/constants.py`): pictures of 224 x 224, compressed as
JPEG and resampled by Lanczos as in training, then the middle 90 % of each; chunks of 8 actions in LIBERO and 5 in BridgeData, all
of which are played. Its own functions put the question around the instruction, normalise the state and undo the
normalisation of actions by `unnorm_key`.
"""

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter, Model, missing
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import LIBERO_RLDS, dataset
from vlagen_bench.policies.adapters.observations import PictureForm

CHUNKS = {"libero_rlds": 8, "bridge_orig": 5}
LIBERO_KEY = "libero_spatial_no_noops"
INSTALL = (
    "follow SETUP.md of moojink/openvla-oft in an environment of its own, add this package there, then from the root of that "
    "repository: vlagen serve --policy openvla_oft:CHECKPOINT, and here: --policy ws://HOST:8000"
)


class OpenVLAOFT(Adapter):
    """A chunk of actions for each question, from a regression head."""

    NAME = "openvla_oft"
    ABOUT: ClassVar[str] = "OpenVLA-OFT: two pictures, state, chunks of 8 (LIBERO) or 5 (BridgeData) actions"
    ARGUMENTS = ("trained_on", "unnorm_key")

    def declare(self) -> Conventions:
        """As trained on LIBERO, or on the data set that the user names."""
        data = dataset(self.arguments.get("trained_on", LIBERO_RLDS.name))
        picture = PictureForm(turn=data.turn, jpeg=True, size_px=(224, 224), how="lanczos", crop_area=0.9)
        pictures = {"full_image": picture}
        if data is LIBERO_RLDS:
            pictures["wrist_image"] = dataclasses.replace(picture, camera="wrist")
        return Conventions(
            pictures=pictures,
            state=data.state,
            prompt_key="task_description",
            output=OutputForm(action=data.action, key=self.arguments.get("unnorm_key", "")),
            chunk=CHUNKS.get(data.name, 8),
            replan_steps=0,
        )

    def connect(self) -> Model:
        """OpenVLA-OFT's own functions; pictures are cropped already."""
        try:
            from experiments.robot import openvla_utils as theirs
        except ImportError as error:
            raise missing(self.NAME, error.name or "experiments", INSTALL) from None
        settings = self._settings()
        vla, processor = theirs.get_vla(settings), theirs.get_processor(settings)
        head = theirs.get_action_head(settings, llm_dim=vla.llm_dim)
        projector = theirs.get_proprio_projector(settings, llm_dim=vla.llm_dim, proprio_dim=self._state_size())

        def one(given: Mapping[str, Any]) -> np.ndarray:
            task = given["task_description"]
            return np.stack(theirs.get_vla_action(settings, vla, processor, dict(given), task, head, projector))

        return lambda inputs: [one(given) for given in inputs]

    def _settings(self) -> SimpleNamespace:
        """What its functions read of a configuration, `GenerateConfig` in its scripts."""
        key = self.arguments.get("unnorm_key", LIBERO_KEY if len(self.conventions.pictures) == 2 else "bridge_orig")
        return SimpleNamespace(
            model_family="openvla", pretrained_checkpoint=self.checkpoint, use_l1_regression=True, use_diffusion=False,
            use_film=False, num_images_in_input=len(self.conventions.pictures), use_proprio=True, load_in_8bit=False,
            load_in_4bit=False, center_crop=False, lora_rank=32, unnorm_key=key,
            num_open_loop_steps=self.conventions.chunk,
        )  # fmt: skip

    def _state_size(self) -> int:
        """How many numbers the state has."""
        assert self.conventions.state is not None, "its declaration has one"
        return len(self.conventions.state.of({"state": np.array([0, 0, 0, 1, 0, 0, 0, 0, 0], np.float32)}))
