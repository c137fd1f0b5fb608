"""The adapter `openvla`: OpenVLA 7B and what was fine-tuned from it, by their Hugging Face checkpoints.

Assumed, from openvla/openvla (`modeling_prismatic.py`, `experiments/robot/`) and from the paper's evaluation (gen-robot/RL4VLA):
one picture of the primary camera, 224 x 224, stretched; the instruction in small letters within a fixed question; seven action
tokens out of 255 bins, normalised by the quantiles of a data set, the gripper above one half open. Models that were fine-tuned
with random crops (their folder's name says `image_aug`) see the middle 90 % of the picture.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import Adapter, Model, missing, need
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import BRIDGE, OF_SCENE, dataset_of_key, published_statistics
from vlagen_bench.policies.adapters.observations import PictureForm, PromptForm
from vlagen_bench.policies.adapters.readers import DTYPES, Read, device, one_of, revision, whole, within, word
from vlagen_bench.policies.adapters.statistics import PUBLISHED, KeyedStatistics, statistics_for, statistics_of
from vlagen_bench.policies.conversion.bins import TokenBins

QUESTION = "In: What action should the robot take to {instruction}?\nOut:"
AUGMENTED = "image_aug"
"""in the name of a checkpoint that was fine-tuned with random crops, as OpenVLA's scripts write and read it"""
PUBLISHED_AUGMENTED = "openvla-7b-finetuned-libero-"
"""how the names of OpenVLA's own four begin that were, without saying so (openvla/openvla, README, LIBERO)"""
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
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {
        "unnorm_key": word,
        "statistics": word,
        "revision": revision,
        "temperature": within(0, 100),
        "seed": whole(0, 2**63 - 1),
        "device": device,
        "dtype": one_of(DTYPES),
    }

    def declare(self) -> Conventions:
        """As trained on the data set that was recorded with the scene's robot, if the checkpoint knows it."""
        return conventions_of(self.known, self._own_key(), augmented=is_augmented(self.checkpoint))

    def configured(self) -> Conventions:
        """In the form of the key that the user names: its statistics, and LIBERO's pictures, units and gripper if it is LIBERO's."""
        key = self.known.key_for(self.options.get("unnorm_key"), OF_SCENE.get(self.scene, ""))
        return conventions_of(self.known, key, augmented=is_augmented(self.checkpoint))

    @cached_property
    def known(self) -> KeyedStatistics:
        """The statistics that the checkpoint has."""
        return statistics_for(self.checkpoint, self.options.get("statistics"), self.options.get("revision"))

    def _own_key(self) -> str:
        """The user's, if it is the checkpoint's alone, such as that of a fine-tuning; else that of the scene's robot."""
        named, robots = self.options.get("unnorm_key"), OF_SCENE.get(self.scene, BRIDGE.name)
        if named in self.known.actions and named not in published_statistics():
            return str(named)
        return robots if robots in self.known.actions else self.known.key_for(named, robots)

    def require(self) -> None:
        """The package that no other can stand in for."""
        need(self.NAME, "transformers", INSTALL)

    def connect(self) -> Model:
        """The model on its device; greedy, or sampled where a temperature is given."""
        self._generator = generator = Generator(self.checkpoint, self.options, self.known.commit)
        self._agrees(generator.statistics)
        return lambda inputs: [generator.tokens(one["image"], one["prompt"]) for one in inputs]

    def _agrees(self, held: Any) -> None:
        """Raises `PolicyError` if the loaded model has no such key, or other statistics than those shipped for it."""
        key, given = self.conventions.output.key, self.options.get("statistics")
        if not isinstance(held, Mapping) or given not in (None, PUBLISHED):
            return
        if key not in held:
            if self.known.base:
                raise PolicyError(f"unnorm_key: {unknown('key', key, held, of=f'The model {self.checkpoint}')}")
            return  # of a file beside the model, as OpenVLA's scripts put it there
        own, used = (
            statistics_of(dict(held[key]).get("action"), f"the model {self.checkpoint}"),
            self.known.of_actions(key),
        )
        if self.known.base and not (
            np.allclose(own.q01, used.q01, atol=1e-6) and np.allclose(own.q99, used.q99, atol=1e-6)
        ):
            raise PolicyError(
                f"statistics: those of '{key}' in the model {self.checkpoint} are not the published ones of the same name. Give its "
                f"own file: statistics=config.json"
            )

    def version(self) -> str | None:
        """The checkpoint, with the commit of the Hub that it came from."""
        commit = (
            self.known.commit
            or getattr(getattr(self, "_generator", None), "commit", None)
            or self.options.get("revision")
        )
        return f"{self.checkpoint}@{commit}" if commit and self.checkpoint else super().version()

    def unpack(self, output: Any) -> np.ndarray:
        """The tokens (1, 7)."""
        return np.asarray(output, np.int64).reshape(-1, ACTION_TOKENS)


def is_augmented(checkpoint: str) -> bool:
    """Whether a checkpoint's own name, not that of a folder around it, says that it was trained with random crops."""
    name = PurePath(checkpoint).name
    return AUGMENTED in name or name.startswith(PUBLISHED_AUGMENTED)


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

    def __init__(self, checkpoint: str, options: Mapping[str, Any], commit: str | None) -> None:
        try:
            import torch
            from transformers import AutoModelForVision2Seq, AutoProcessor
        except ImportError as error:
            raise missing("openvla", error.name or "transformers", INSTALL) from None
        self._torch, self._temperature = torch, options.get("temperature", 0.0)
        self._device = options.get("device", "cuda" if torch.cuda.is_available() else "cpu")
        self._kind = getattr(torch, options.get("dtype", "bfloat16"))
        wanted = commit or options.get("revision")
        how: dict[str, Any] = {"trust_remote_code": True, **({"revision": wanted} if wanted else {})}
        self._processor = AutoProcessor.from_pretrained(checkpoint, **how)
        model = AutoModelForVision2Seq.from_pretrained(checkpoint, torch_dtype=self._kind, **how)
        self.statistics = getattr(model, "norm_stats", None)
        self.commit = getattr(getattr(model, "config", None), "_commit_hash", None)
        self._model = model.to(self._device).eval()
        torch.manual_seed(options.get("seed", 0))

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
