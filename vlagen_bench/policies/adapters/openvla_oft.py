"""The adapter `openvla_oft`: OpenVLA-OFT checkpoints, with two cameras, the robot's state and chunks of actions.

Assumed, from moojink/openvla-oft (`experiments/robot/openvla_utils.py`, `prismatic/vla/constants.py`): pictures of 224 x 224, compressed as
JPEG and resampled by Lanczos as in training, then the middle 90 % of each; chunks of 8 actions in LIBERO and 5 in BridgeData, all
of which are played. Its own functions put the question around the instruction, normalise the state and undo the
normalisation of actions by `unnorm_key`.
"""

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter, Model, missing, need
from vlagen_bench.policies.adapters.checkpoints import small_files
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import (
    LIBERO_OBJECT,
    LIBERO_RLDS,
    Dataset,
    dataset,
    dataset_names,
    dataset_of_key,
)
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.policies.adapters.readers import Read, word
from vlagen_bench.policies.adapters.statistics import FILES, held_by
from vlagen_bench.policies.conversion.states import size_of
from vlagen_bench.scenes import specs
from vlagen_bench.utils.text import shown

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
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {"trained_on": word, "unnorm_key": word}

    def declare(self) -> Conventions:
        """As trained on LIBERO, or on the data set that the user names."""
        data = self._data()
        picture = PictureForm(turn=data.turn, jpeg=True, size_px=(224, 224), how="lanczos", crop_area=0.9)
        pictures = {"full_image": picture}
        if data in (LIBERO_RLDS, LIBERO_OBJECT):
            pictures["wrist_image"] = dataclasses.replace(picture, camera="wrist")
        return Conventions(
            pictures=pictures,
            state=data.state,
            prompt_key="task_description",
            output=OutputForm(action=data.action, key=self.key),
            chunk=CHUNKS.get(data.name, 8),
            replan_steps=0,
        )

    def _data(self) -> Dataset:
        """The data set that the user names, or that whose form the key has."""
        named = self.options.get("trained_on")
        if named is not None and not (named == LIBERO_RLDS.name and self.key.startswith(LIBERO_OBJECT.name)):
            return dataset(named)
        if self.key.startswith("libero") or self.key in dataset_names():
            return dataset_of_key(self.key)
        raise PolicyError(
            f"trained_on: nothing says what the actions under '{shown(self.key, 60)}' mean. Name the data set whose form they have: "
            f"trained_on={', trained_on='.join(CHUNKS)}."
        )

    @cached_property
    def key(self) -> str:
        """The key by which the model's own functions undo the normalisation: the user's, or the checkpoint's only one."""
        named = self.options.get("unnorm_key")
        if named is not None:
            return str(named)
        if self.checkpoint:
            files = small_files(self.checkpoint, FILES, else_="Name the key of its statistics: unnorm_key=KEY.")
            return held_by(files).key_for(None)
        trained_on = self.options.get("trained_on", LIBERO_RLDS.name)
        return LIBERO_KEY if trained_on == LIBERO_RLDS.name else dataset(trained_on).name

    def require(self) -> None:
        """The package that no other can stand in for."""
        need(self.NAME, "experiments", INSTALL)

    def connect(self) -> Model:
        """OpenVLA-OFT's own functions; pictures are cropped already."""
        try:
            from experiments.robot import openvla_utils as theirs
        except ImportError as error:
            raise missing(self.NAME, error.name or "experiments", INSTALL) from None
        settings = self._settings()
        vla, processor = theirs.get_vla(settings), theirs.get_processor(settings)
        held = getattr(vla, "norm_stats", None)
        if isinstance(held, Mapping) and self.key not in held:
            raise PolicyError(f"unnorm_key: {unknown('key', self.key, held, of=f'The model {self.checkpoint}')}")
        head = theirs.get_action_head(settings, llm_dim=vla.llm_dim)
        projector = theirs.get_proprio_projector(settings, llm_dim=vla.llm_dim, proprio_dim=self._state_size())

        def one(given: Mapping[str, Any]) -> np.ndarray:
            task = given["task_description"]
            return np.stack(theirs.get_vla_action(settings, vla, processor, dict(given), task, head, projector))

        return lambda inputs: [one(given) for given in inputs]

    def _settings(self) -> SimpleNamespace:
        """What its functions read of a configuration, `GenerateConfig` in its scripts."""
        return SimpleNamespace(
            model_family="openvla", pretrained_checkpoint=self.checkpoint, use_l1_regression=True, use_diffusion=False,
            use_film=False, num_images_in_input=len(self.conventions.pictures), use_proprio=True, load_in_8bit=False,
            load_in_4bit=False, center_crop=False, lora_rank=32, unnorm_key=self.key,
            num_open_loop_steps=self.conventions.chunk,
        )  # fmt: skip

    def _state_size(self) -> int:
        """How many numbers the state has."""
        assert self.conventions.state is not None, "its declaration has one"
        return size_of(self.conventions.state.parts, len(specs.scene(self.scene).robot.arm_joints))
