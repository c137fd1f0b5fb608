"""The base of adapters: conventions, the conversion in both directions, and the call of the model between them."""

import dataclasses
import importlib.util
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.actions import TURN, Situation, played
from vlagen_bench.policies.adapters.arguments import COMMON, overridden
from vlagen_bench.policies.adapters.conventions import Conventions, contradiction
from vlagen_bench.policies.adapters.readers import Read, one_of, text_of, word
from vlagen_bench.policies.conversion.chunks import ChunkQueue, TemporalEnsemble
from vlagen_bench.policies.conversion.deltas import poses_of_changes
from vlagen_bench.policies.conversion.grippers import StickyGripper
from vlagen_bench.policies.conversion.rotations import quat_of_euler_xyz
from vlagen_bench.policies.conversion.states import QUAT
from vlagen_bench.scenes import specs
from vlagen_bench.utils.text import one_line, shown

MOST_EPISODES = 1024
"""whose memory is kept; nobody says when an episode is over"""
CONVENTIONS = {
    "action_dim": 7,
    "translation": "delta_xyz_m_base_frame",
    "rotation": "delta_euler_xyz_rad_base_frame",
    "reference": "previous_target",
    "gripper": "plus_one_open",
}
"""what every adapter answers, whatever its model does"""
Model = Callable[[Sequence[dict[str, Any]]], Sequence[Any]]
"""answers inputs, one for each episode, in order"""


@dataclass(kw_only=True)
class Memory:
    """What an adapter remembers of one episode."""

    target_m: np.ndarray
    target_quat_wxyz: np.ndarray
    queue: ChunkQueue
    ensemble: TemporalEnsemble | None
    sticky: StickyGripper


class Adapter:
    """A policy around a model. Families of models inherit from it, and say what they assume in `declare`.

    `encode` and `decode` are pure: they hold no model and can be checked without one (`vlagen adapter check`).
    """

    NAME: ClassVar[str] = ""
    """as `--policy NAME:REST` calls it"""
    REST: ClassVar[str] = "CHECKPOINT"
    """what stands behind the colon"""
    ABOUT: ClassVar[str] = ""
    """one sentence: which models, and what is assumed of them"""
    SCENE: ClassVar[str] = "tabletop"
    """whose robot the family's models are trained for, as far as any"""
    ARGUMENTS: ClassVar[Mapping[str, Read] | tuple[str, ...]] = ()
    """what it understands besides what all do: names, each with what reads its text; a name alone is a text of one line"""
    NO_ENSEMBLE: ClassVar[str] = ""
    """why `ensemble` makes no sense for it; empty: it does"""

    def __init__(self, checkpoint: str = "", **arguments: Any) -> None:
        """Reads the arguments, then loads the model.

        Raises:
            PolicyError: an argument is unknown or wrong, a package is missing, or the model cannot be loaded.
        """
        self.require()
        self.prepare(checkpoint, arguments)
        self._model: Model = self.connect()

    @classmethod
    def without_model(cls, checkpoint: str = "", **arguments: Any) -> "Adapter":
        """The conversion alone, which needs no weights and none of the model's packages.

        Raises:
            PolicyError: an argument is unknown or wrong, or the class of the adapter fails.
        """
        adapter = cls.__new__(cls)
        try:
            adapter.prepare(checkpoint, arguments)
        except PolicyError:
            raise
        except Exception as error:  # code of an adapter's author
            raise PolicyError(f"The adapter {cls.NAME or cls.__name__} cannot be made: {one_line(error)}.") from error
        return adapter

    def prepare(self, checkpoint: str, arguments: Mapping[str, Any]) -> None:
        """Takes checkpoint and arguments in, and reads each; what the user says replaces what is declared."""
        named = self.ARGUMENTS
        readers: Mapping[str, Read] = named if isinstance(named, Mapping) else {name: word for name in named}
        known = (*COMMON, *readers, "scene")
        for name in arguments:
            if name not in known:
                raise PolicyError(
                    f"--policy-args: {unknown('argument', shown(name, 60), known, of=f'The adapter {self.NAME}')}"
                )
        self.checkpoint = checkpoint
        self.arguments = {name: text_of(name, value) for name, value in arguments.items()}
        self.options: dict[str, Any] = {
            name: read(name, self.arguments[name]) for name, read in readers.items() if name in arguments
        }
        self.scene = one_of(specs.scene_names())("scene", self.arguments.get("scene", self.SCENE))
        self.conventions: Conventions = self.agreed()
        self._episodes: OrderedDict[str, Memory] = OrderedDict()

    def agreed(self) -> Conventions:
        """The conventions with all that the user says; raises `PolicyError` where they contradict each other."""
        configured = self.configured()
        if not isinstance(configured, Conventions):
            raise PolicyError(f"The adapter {self.NAME} declares a {type(configured).__name__}, not its Conventions.")
        conventions = overridden(configured, self.arguments)
        wrong = ("" if conventions.ensemble is None else self._no_ensemble()) or contradiction(conventions)
        if wrong:
            raise PolicyError(f"{self.NAME or type(self).__name__}: {wrong}")
        return conventions

    def _no_ensemble(self) -> str:
        """Why this adapter cannot average; empty: it can."""
        if self.NO_ENSEMBLE:
            return f"ensemble: {self.NO_ENSEMBLE}"
        if "replan_steps" in self.arguments:
            return "ensemble asks the model at every step, and replan_steps does not. Give one of them."
        if type(self).decode is not Adapter.decode:
            return "ensemble averages what the conventions read, but this class has a decode() of its own."
        return ""

    def declare(self) -> Conventions:
        """What the model was trained with, by the family, the checkpoint and the data set; without what the user changes."""
        raise NotImplementedError

    def configured(self) -> Conventions:
        """What is used before the common arguments: as declared, with the family's own arguments."""
        return self.declare()

    def require(self) -> None:
        """Raises `PolicyError` if a package of the model is missing, before anything is fetched; see `need`."""

    def connect(self) -> Model:
        """Loads the model; packages are imported here and nowhere else."""
        raise NotImplementedError

    @property
    def spec(self) -> dict[str, Any]:
        """Conventions of its actions, the cameras that it wants, and which weights it has."""
        cameras = self.conventions.cameras
        wanted: dict[str, Any] = {"cameras": cameras} if cameras else {}
        version = self.version()
        return CONVENTIONS | wanted | ({"version": version} if version else {})

    def version(self) -> str | None:
        """What tells these weights from others; None: nothing does."""
        return self.checkpoint or None

    def encode(self, obs: Mapping[str, Any], instr: str) -> dict[str, Any]:
        """What the model is given."""
        return self.conventions.inputs(obs, instr)

    def decode(self, output: Any, situation: Situation) -> np.ndarray:
        """Actions float32 (H, 7) of what the model answered."""
        return self.conventions.output.decode(self.numbers(output), situation)

    def inverse(self, actions: np.ndarray, situation: Situation) -> Any:
        """What the model would have answered, of actions (H, 7)."""
        return self.pack(self.conventions.output.encode(actions, situation))

    def unpack(self, output: Any) -> np.ndarray:
        """The numbers (H, n) in what the model answered."""
        return np.atleast_2d(np.asarray(output))

    def numbers(self, output: Any) -> np.ndarray:
        """What `unpack` finds, if it is one action at least of as many numbers as the conventions say; raises `PolicyError` otherwise."""
        name, form = self.NAME or type(self).__name__, self.conventions.output.action
        try:
            values = np.atleast_2d(np.asarray(self.unpack(output)))
        except (TypeError, ValueError) as error:  # rows of unequal lengths, or no numbers at all
            raise PolicyError(
                f"{name}: the model's answer, a {type(output).__name__}, is no array: {one_line(error)}."
            ) from None
        if values.ndim != 2 or values.shape[1] != form.size or not len(values) or values.dtype.kind not in "biuf":
            parts = ", ".join(f"{part} {count}" for part, count in form.sizes().items())
            raise PolicyError(
                f"{name}: the model answered {values.dtype} of the shape {values.shape}; expected are numbers of the shape "
                f"(actions, {form.size}): {parts}."
            )
        return values

    def pack(self, values: np.ndarray) -> Any:
        """The inverse of `unpack`."""
        return values

    def notes(self) -> tuple[str, ...]:
        """What its check cannot see and says."""
        return ()

    def act(self, obs: Mapping[str, Any], instr: str) -> np.ndarray:
        """Float32 (k, 7): as many actions as are played before the model is asked again."""
        return self.act_batch([obs], [instr])[0]

    def act_batch(self, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[np.ndarray]:
        """The same for several episodes."""
        memories = [self._memory(obs) for obs in obs_list]
        while len(self._episodes) > max(MOST_EPISODES, len(obs_list)):  # those of this batch stand at the end
            self._episodes.popitem(last=False)
        asked = [i for i, memory in enumerate(memories) if memory.queue.empty]
        answers = self._model([self.encode(obs_list[i], instrs[i]) for i in asked]) if asked else []
        fresh = dict(zip(asked, answers, strict=True))
        return [self._played(memory, obs_list[i], fresh.get(i), i in fresh) for i, memory in enumerate(memories)]

    def reset(self, episode_ids: Sequence[str]) -> None:
        """Forgets these episodes, which begin."""
        for name in episode_ids:
            self._episodes.pop(name, None)

    def situation(self, obs: Mapping[str, Any], memory: Memory | None = None) -> Situation:
        """Where the robot is; without a memory, at the beginning of an episode."""
        base = specs.scene(self.scene).robot.base
        at = Situation.at_rest(obs, base_m=base.p, base_quat_wxyz=base.quat_wxyz)
        if memory is None:
            return at
        return dataclasses.replace(at, target_m=memory.target_m, target_quat_wxyz=memory.target_quat_wxyz)

    def played(self, actions: np.ndarray) -> np.ndarray:
        """Those of a chunk of actions (H, 7) that are played."""
        count = self.conventions.played
        return actions[:count] if count else actions

    def _played(self, memory: Memory, obs: Mapping[str, Any], output: Any, asked: bool) -> np.ndarray:
        if asked:
            situation = self.situation(obs, memory)
            if memory.ensemble is not None:
                form = self.conventions.output
                mean = memory.ensemble.next(form.read(self.numbers(output), situation))
                return self._done(memory, played(form.action, mean[None], situation))
            chosen = self.played(self.decode(output, situation))
            if self.conventions.output.action.reference == "delta":
                return self._done(memory, chosen)
            memory.queue.put(chosen)
        return self._done(memory, memory.queue.next()[None])

    def _done(self, memory: Memory, actions: np.ndarray) -> np.ndarray:
        """The actions that are answered, after the memory has noted where they lead to."""
        actions = np.array(actions, np.float32)
        if self.conventions.sticky_steps > 1:
            actions[:, 6] = [memory.sticky.next(float(command)) for command in actions[:, 6]]
        turns = quat_of_euler_xyz(actions[:, 3:6])
        positions, quats = poses_of_changes(memory.target_m, memory.target_quat_wxyz, actions[:, :3], turns)
        memory.target_m, memory.target_quat_wxyz = positions[-1], quats[-1]
        return actions

    def _memory(self, obs: Mapping[str, Any]) -> Memory:
        name = str(obs.get("episode_id", ""))
        if name not in self._episodes:
            state, conventions = np.asarray(obs["state"], np.float64), self.conventions
            self._episodes[name] = Memory(
                target_m=state[:3],
                target_quat_wxyz=state[QUAT],
                queue=ChunkQueue(replan_steps=conventions.played or MOST_EPISODES),
                ensemble=None
                if conventions.ensemble is None
                else TemporalEnsemble(m=conventions.ensemble, quaternion=TURN),
                sticky=StickyGripper(steps=conventions.sticky_steps),
            )
        self._episodes.move_to_end(name)
        return self._episodes[name]


def need(name: str, package: str, command: str) -> None:
    """Raises the error of `missing` unless the package is there; imports nothing."""
    here = sys.modules[package] is not None if package in sys.modules else importlib.util.find_spec(package) is not None
    if not here:
        raise missing(name, package, command)


def missing(name: str, package: str, command: str) -> PolicyError:
    """The error of an adapter whose packages are not here."""
    return PolicyError(f"The adapter {name} needs the package {package}: {command}")
