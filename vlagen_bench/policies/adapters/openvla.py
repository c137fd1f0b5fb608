"""The adapter `openvla`: OpenVLA 7B and what was fine-tuned from it, by their Hugging Face checkpoints.

Assumed, from openvla/openvla (`modeling_prismatic.py`, `experiments/robot/`) and from the paper's evaluation (gen-robot/RL4VLA):
one picture of the primary camera, 224 x 224, stretched; the instruction in small letters within a fixed question; seven action
tokens out of 255 bins, normalised by the quantiles of a data set, the gripper above one half open. Models that were fine-tuned
with random crops (their folder's name says `image_aug`) see the middle 90 % of the picture.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.arguments import number, whole
from vlagen_bench.policies.adapters.base import Adapter, Model, missing
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import BRIDGE, OF_SCENE, dataset_of_key, published_statistics
from vlagen_bench.policies.adapters.observations import PictureForm, PromptForm
from vlagen_bench.policies.adapters.statistics import KeyedStatistics, statistics_for
from vlagen_bench.policies.conversion.bins import TokenBins

QUESTION = "In: What action should the robot take to {instruction}?\nOut:"
AUGMENTED = "image_aug"
"""in the name of a checkpoint that was fine-tuned with random crops, as OpenVLA's scripts write and read it"""
EMPTY_WORD = 29871
"""the token between `Out:` and the first action, which training had and the tokenizer leaves out"""
ACTION_TOKENS = 7
INSTALL = (
    "make an environment of its own (torch, timm==0.9.10, tokenizers==0.19.1, transformers==4.40.1, which clash with newer "
    "ones), then in it: vlagen serve --policy openvla:CHECKPOINT, and here: --policy ws://HOST:8000"
)


class OpenVLA(Adapter):
    """One action for each question, from tokens."""

    NAME = "openvla"
    ABOUT: ClassVar[str] = "OpenVLA 7B and its fine-tuned models: one picture, action tokens, statistics by unnorm_key"
    SCENE = "bridge"
    ARGUMENTS = ("unnorm_key", "statistics", "temperature", "seed", "device", "dtype")

    def declare(self) -> Conventions:
        """As trained on the data set that was recorded with the scene's robot, if the checkpoint knows it."""
        return conventions_of(self.known, self._own_key(), augmented=AUGMENTED in self.checkpoint)

    def configured(self) -> Conventions:
        """In the form of the key that the user names: its statistics, and LIBERO's pictures, units and gripper if it is LIBERO's."""
        key = self.arguments.get("unnorm_key")
        return (
            self.declare() if key is None else conventions_of(self.known, key, augmented=AUGMENTED in self.checkpoint)
        )

    @cached_property
    def known(self) -> KeyedStatistics:
        """The statistics that the checkpoint has, as far as they are on this machine."""
        return statistics_for(self.checkpoint, self.arguments.get("statistics"))

    def _own_key(self) -> str:
        """The user's, if it is the checkpoint's alone, such as that of a fine-tuning; else that of the scene's robot."""
        named = self.arguments.get("unnorm_key", "")
        if named in self.known.actions and named not in published_statistics():
            return named
        own = OF_SCENE.get(self.scene, BRIDGE.name)
        if own in self.known.actions:
            return own
        return (
            next(iter(self.known.actions))
            if len(self.known.actions) == 1
            else self.arguments.get("unnorm_key", BRIDGE.name)
        )

    def connect(self) -> Model:
        """The model on its device; greedy, or sampled where a temperature is given."""
        temperature = number("temperature", self.arguments.get("temperature", "0"))
        generator = Generator(self.checkpoint, self.arguments, temperature)
        return lambda inputs: [generator.tokens(one["image"], one["prompt"]) for one in inputs]

    def unpack(self, output: Any) -> np.ndarray:
        """The tokens (1, 7)."""
        return np.asarray(output, np.int64).reshape(-1, ACTION_TOKENS)


def conventions_of(known: KeyedStatistics, key: str, *, augmented: bool) -> Conventions:
    """What OpenVLA's models have in common."""
    data, crop = dataset_of_key(key), 0.9 if augmented else None
    return Conventions(
        pictures={"image": PictureForm(turn=data.turn, size_px=(224, 224), how="bicubic", crop_area=crop)},
        prompt=PromptForm(template=QUESTION, lower=True),
        output=OutputForm(action=data.action, key=key, statistics=known.of_actions(key), bins=TokenBins()),
    )


class Generator:
    """The model behind `tokens`; imports transformers and PyTorch."""

    def __init__(self, checkpoint: str, arguments: dict[str, str], temperature: float) -> None:
        try:
            import torch
            from transformers import AutoModelForVision2Seq, AutoProcessor
        except ImportError as error:
            raise missing("openvla", error.name or "transformers", INSTALL) from None
        self._torch, self._temperature = torch, temperature
        device = arguments.get("device", "cuda" if torch.cuda.is_available() else "cpu")
        kind = getattr(torch, arguments.get("dtype", "bfloat16"))
        self._processor = AutoProcessor.from_pretrained(checkpoint, trust_remote_code=True)
        model = AutoModelForVision2Seq.from_pretrained(checkpoint, torch_dtype=kind, trust_remote_code=True)
        self._model = model.to(device).eval()
        self._kind, self._device = kind, device
        torch.manual_seed(whole("seed", arguments.get("seed", "0")))

    def tokens(self, picture: np.ndarray, prompt: str) -> Sequence[int]:
        """The seven action tokens that follow."""
        from PIL import Image

        torch = self._torch
        asked = self._processor(prompt, Image.fromarray(picture)).to(self._device, dtype=self._kind)
        if asked["input_ids"][0, -1] != EMPTY_WORD:
            ends = {"input_ids": EMPTY_WORD, "attention_mask": 1}
            for name, value in ends.items():
                column = torch.full_like(asked[name][:, :1], value)
                asked[name] = torch.cat([asked[name], column], dim=1)
        how = {"do_sample": False} if self._temperature == 0 else {"do_sample": True, "temperature": self._temperature}
        with torch.inference_mode():
            answer = self._model.generate(**asked, max_new_tokens=ACTION_TOKENS, **how)
        return answer[0, -ACTION_TOKENS:].tolist()
