"""The adapter `lerobot`: any `PreTrainedPolicy` of LeRobot, with the pre- and post-processors that were saved with it.

Assumed, from huggingface/lerobot 0.4 (`policies/factory.py`, `policies/pretrained.py`, `processor/`): the checkpoint's folder holds `config.json`, whose
`input_features` name pictures and state and whose `output_features` name the action; pictures are float32 (3, H, W) from 0 to 1 by the
name of their camera; processors normalise, move to the device and undo the normalisation. What the actions mean is that of the data
set that the policy was trained on: this package's own (`vlagen collect`), unless `trained_on` names another.
"""

import copy
import dataclasses
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.base import MOST_EPISODES, Adapter, Model, missing, need
from vlagen_bench.policies.adapters.checkpoints import SmallFiles, small_files
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import VLAGEN, Dataset, dataset
from vlagen_bench.policies.adapters.observations import PRIMARY, PictureForm
from vlagen_bench.policies.adapters.readers import LARGEST_PX, MOST_STEPS, Read, device, revision, word
from vlagen_bench.policies.conversion.states import size_of
from vlagen_bench.scenes import specs
from vlagen_bench.utils.locations import sha256
from vlagen_bench.utils.text import one_line, shown

PICTURES, STATE, TASK = "observation.images.", "observation.state", "task"
ACTION = "action"
WRIST, ON_THE_HAND = "wrist", ("wrist", "hand", "gripper")
"""the camera on the arm, and what is in the names of its pictures"""
MAIN = ("front", "primary", "image")
"""of several pictures of cameras that stand still, that of one of these is the primary camera's; else the first"""
CONFIG, WEIGHTS = "config.json", "model.safetensors"
SETTINGS = ("config", "training")
MODULE_PARTS = (
    "_parameters",
    "_buffers",
    "_modules",
    "_non_persistent",
    "_backward",
    "_forward",
    "_is_full",
    "_state_dict",
    "_load_state",
)
"""how the attributes begin that PyTorch keeps in every module"""
INSTALL = (
    "make an environment of its own with lerobot==0.4.4, which wants torch<2.11, and this package "
    "(scripts/lerobot_environment.sh), then there: vlagen serve --policy lerobot:PATH, and here: --policy ws://HOST:8000"
)


class LeRobot(Adapter):
    """The policy's next action at every step; the policy itself remembers observations and the chunk, for each episode."""

    NAME = "lerobot"
    REST = "PATH"
    ABOUT: ClassVar[str] = "any PreTrainedPolicy of LeRobot 0.4, with its saved processors; cameras by name"
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {"trained_on": word, "revision": revision, "device": device}
    NO_ENSEMBLE = (
        "LeRobot's policy answers one action and plays its chunk by itself. ACT has an ensemble of its own: "
        "temporal_ensemble_coeff in its config.json."
    )

    def declare(self) -> Conventions:
        """As the checkpoint's `config.json` and the data set say."""
        data = dataset(self.options.get("trained_on", VLAGEN.name))
        features = self.features("input_features")
        sized = {
            name: self._size(name, value) for name, value in features.items() if name.startswith("observation.image")
        }
        return Conventions(
            pictures=_pictures(sized or {f"{PICTURES}front": None}, data),
            state=data.state if STATE in features or not features else None,
            state_key=STATE,
            prompt_key=TASK,
            output=OutputForm(action=data.action),
            chunk=self._count("chunk_size", self._count("horizon", 1)),
            replan_steps=self._count("n_action_steps", 1),
        )

    def agreed(self) -> Conventions:
        """The conventions with all that the user says, if they are as long as the policy's features."""
        conventions = super().agreed()
        given, joints = conventions.state, len(specs.scene(self.scene).robot.arm_joints)
        inputs, outputs = self.features("input_features"), self.features("output_features")
        lengths = {ACTION: conventions.output.action.size, STATE: given and size_of(given.parts, joints)}
        for name, ours in lengths.items():
            theirs = _length((outputs if name == ACTION else inputs).get(name))
            if ours and theirs and theirs != ours:
                raise PolicyError(
                    f"lerobot: {self.checkpoint} has {name} of {theirs} numbers, and here it has {ours}: it was trained on another "
                    f"robot or other data. Name what they are: trained_on=DATASET, or state=PART,... order=... rotation=..."
                )
        return conventions

    @cached_property
    def files(self) -> SmallFiles:
        """The checkpoint's `config.json`, of its folder or of the Hub; nothing where no checkpoint is named."""
        if not self.checkpoint:
            return SmallFiles()
        files = small_files(
            self.checkpoint,
            (CONFIG,),
            revision=self.options.get("revision"),
            else_="Give the folder of its config.json.",
        )
        if CONFIG not in files.contents:
            raise PolicyError(f"lerobot: {files.source} has no {CONFIG}, so that it is no checkpoint of LeRobot.")
        return files

    @property
    def config(self) -> Mapping[str, Any]:
        """What the checkpoint says of itself."""
        return self.files.contents.get(CONFIG, {})

    def features(self, name: str) -> Mapping[str, Any]:
        """What the policy takes or answers, by name; empty where the checkpoint does not say."""
        found = self.config.get(name) or {}
        if not isinstance(found, Mapping):
            raise self._wrong(name, found)
        return found

    def _count(self, name: str, otherwise: int) -> int:
        """A number of actions."""
        found = self.config.get(name)
        if found is None:
            return otherwise
        if not isinstance(found, int) or not 0 < found <= MOST_STEPS:
            raise self._wrong(name, found)
        return found

    def _size(self, name: str, feature: Any) -> tuple[int, int] | None:
        """(height, width) of a picture of shape (3, H, W); None: it is not said."""
        shape = feature.get("shape") if isinstance(feature, Mapping) else None
        if shape is None:
            return None
        right = isinstance(shape, list) and len(shape) == 3 and all(isinstance(side, int) for side in shape)
        if not right or not all(0 < side <= LARGEST_PX for side in shape):
            raise self._wrong(name, shape)
        return shape[1], shape[2]

    def _wrong(self, name: str, found: Any) -> PolicyError:
        return PolicyError(f"lerobot: {self.files.source}: {name} of {CONFIG} cannot be {shown(str(found), 80)}.")

    @property
    def folder(self) -> str:
        """Where the checkpoint is on this machine; its name where it has not been fetched."""
        return str(getattr(self, "_fetched", self.checkpoint))

    def fetch(self) -> None:
        """Brings the weights of a checkpoint of the Hub here, from the commit of its `config.json`."""
        if Path(self.checkpoint).is_dir():
            return
        from huggingface_hub import snapshot_download

        try:
            self._fetched = snapshot_download(
                self.checkpoint, revision=self.files.commit or self.options.get("revision")
            )
        except (OSError, ValueError) as error:  # what the Hub and the network raise are such
            raise PolicyError(
                f"lerobot: there is no folder {self.checkpoint}, and the Hub does not give it: {one_line(error).rstrip('.')}."
            ) from None

    def version(self) -> str | None:
        """The hash of the weights, where they are on this machine; else the checkpoint and its commit."""
        weights = Path(self.folder) / WEIGHTS
        if weights.is_file():
            return sha256(weights)[:16]
        return f"{self.checkpoint}@{self.files.commit}" if self.files.commit else self.checkpoint or None

    def require(self) -> None:
        """The package that no other can stand in for."""
        need(self.NAME, "lerobot", INSTALL)

    def connect(self) -> Model:
        """LeRobot's own policy and processors."""
        try:
            from lerobot.configs.policies import PreTrainedConfig
            from lerobot.policies.factory import get_policy_class, make_pre_post_processors
        except ImportError as error:
            raise missing(self.NAME, error.name or "lerobot", INSTALL) from None
        import torch

        self.fetch()
        config = PreTrainedConfig.from_pretrained(self.folder)
        config.device = self.options.get("device", "cuda" if torch.cuda.is_available() else "cpu")
        if "replan_steps" in self.arguments:
            config.n_action_steps = steps_of(config, self.conventions.replan_steps)
        policy = get_policy_class(config.type).from_pretrained(self.folder, config=config).eval()
        before, after = make_pre_post_processors(
            policy_cfg=config,
            pretrained_path=self.folder,
            preprocessor_overrides={"device_processor": {"device": config.device}},
        )
        self._sessions = Sessions(torch, policy, before, after)
        return self._sessions.answers

    def encode(self, obs: Mapping[str, Any], instr: str) -> dict[str, Any]:
        """What the preprocessor is given, and whose it is."""
        return {**super().encode(obs, instr), "episode": str(obs.get("episode_id", ""))}

    def reset(self, episode_ids: Sequence[str]) -> None:
        """Forgets these episodes, which begin."""
        super().reset(episode_ids)
        for name in episode_ids:
            self._sessions.begin(name)


class Sessions:
    """The policy as several episodes share it: its queues of observations and actions are kept for each."""

    KEPT = MOST_EPISODES
    """episodes; that which was asked longest ago is let go"""

    def __init__(self, torch: Any, policy: Any, before: Any, after: Any) -> None:
        self._torch, self._policy, self._before, self._after = torch, policy, before, after
        self._memories: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def begin(self, episode: str) -> None:
        """The episode begins: its queues are empty."""
        self._memories.pop(episode, None)

    def answers(self, inputs: Sequence[Mapping[str, Any]]) -> list[np.ndarray]:
        """The next action (1, n) for each input."""
        return [self._answer(given) for given in inputs]

    def _answer(self, given: Mapping[str, Any]) -> np.ndarray:
        torch, episode = self._torch, given["episode"]
        self._recall(episode)
        arrays = {name: torch.from_numpy(value) for name, value in given.items() if isinstance(value, np.ndarray)}
        batch = self._before({**arrays, TASK: given.get(TASK, "")})
        with torch.inference_mode():
            action = self._after(self._policy.select_action(batch))
        self._memories[episode] = self._kept()
        self._memories.move_to_end(episode)
        while len(self._memories) > self.KEPT:
            self._memories.popitem(last=False)
        return np.asarray(action.float().cpu()).reshape(1, -1)

    def _recall(self, episode: str) -> None:
        """Puts what the policy remembers of the episode back into it."""
        if episode in self._memories:
            vars(self._policy).update(self._memories[episode])
        else:
            self._policy.reset()

    def _kept(self) -> dict[str, Any]:
        """What the policy remembers: its plain attributes, which are neither weights nor settings; `reset` makes new ones."""
        own = {name: value for name, value in vars(self._policy).items() if name not in SETTINGS}
        return copy.deepcopy({name: value for name, value in own.items() if not name.startswith(MODULE_PARTS)})


def steps_of(config: Any, wanted: int) -> int:
    """How many actions of a chunk LeRobot's policy is to play; 0 stands for all. Raises `PolicyError` if it cannot."""
    if not hasattr(config, "n_action_steps"):
        raise PolicyError(
            f"replan_steps: LeRobot's policy '{config.type}' has no n_action_steps that it would replace."
        )
    horizon = getattr(config, "horizon", None)
    most = horizon - getattr(config, "n_obs_steps", 1) + 1 if horizon else getattr(config, "chunk_size", wanted)
    if wanted > most:
        raise PolicyError(
            f"replan_steps={wanted}: LeRobot's policy '{config.type}' plays at most {most} actions of a chunk."
        )
    return int(wanted or most)


def _length(feature: Any) -> int | None:
    shape = feature.get("shape") if isinstance(feature, Mapping) else None
    return int(shape[0]) if isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], int) else None


def _pictures(sized: Mapping[str, tuple[int, int] | None], data: Dataset) -> dict[str, PictureForm]:
    """A form for each picture."""
    form = PictureForm(turn=data.turn, layout="chw", values="unit")
    cameras = _cameras(tuple(sized))
    return {name: dataclasses.replace(form, size_px=sized[name], camera=cameras[name]) for name in sized}


def _cameras(names: Sequence[str]) -> dict[str, str]:
    """Whose picture each name stands for: one on the hand is the wrist camera's, one other the primary camera's.

    All others keep their own name, so that a scene which lacks such a camera is refused, and no picture is shown twice.
    """
    own = {name: name.rpartition(".")[2] for name in names}
    on_hand = [name for name in names if any(word in own[name] for word in ON_THE_HAND)]
    still = sorted((name for name in names if name not in on_hand), key=lambda name: own[name] not in MAIN)
    return own | dict.fromkeys(on_hand[:1], WRIST) | dict.fromkeys(still[:1], PRIMARY)
