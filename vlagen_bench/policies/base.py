"""The loader of policies by name, and the check of a policy's spec before the first episode."""

import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters import names
from vlagen_bench.policies.content import Content, Look, of_code, of_server, version_of
from vlagen_bench.policies.guard import Guard, call
from vlagen_bench.policies.modules import classes_of, module_of, without_class
from vlagen_bench.policies.shipped import playable
from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.utils import installing, plugins
from vlagen_bench.utils.imported import SourceFiles
from vlagen_bench.utils.text import one_line, shown

BUILT_IN = {
    "random": "vlagen_bench.policies.random:Random",
    "noop": "vlagen_bench.policies.noop:Noop",
    "expert": "vlagen_bench.policies.expert.policy:Expert",
    "replay": "vlagen_bench.policies.replay:Replay",
    "compact": "vlagen_bench.policies.compact.policy:CompactVLA",
    "reference-sft": "vlagen_bench.policies.compact.reference:ReferenceSFT",
    "reference-ppo": "vlagen_bench.policies.compact.reference:ReferencePPO",
}
VERSION = "version"
"""what a spec may hold besides conventions: which policy this is"""
CAMERAS, IMAGE_SIZE = "cameras", "image_size"
"""the same: the names of the cameras whose pictures it wants, and the size of its pictures, as `scenes.cameras` reads both"""
SECRETS = ("api_key",)
"""arguments that nothing records"""
Sharing = Literal["batch", "function", "instances"]


class Policy(Protocol):
    """What is scored: any object with this method. docs/your_policy.md lists what else it may have."""

    def act(self, obs: dict[str, Any], instr: str) -> Any:
        """The next action, or several.

        Args:
            obs: `image` uint8 (H, W, 3), `images` by camera, `state` float32, `episode_id` (a handle of this run, not the id).
            instr: what to do, in words.

        Returns:
            An action (7,), or a chunk of actions (H, 7), of floats.
        """


@dataclass(frozen=True, kw_only=True)
class LoadedPolicy:
    """A policy object and what the run header says of it."""

    name: str
    """as it was asked for"""
    policy: Any
    arguments: Mapping[str, Any]
    live: bool = False
    """whether the caller gave an object or a class, so that its name does not say what it is, and cannot load it again"""
    borrowed: bool = False
    """whether it is the caller's own object, which is not closed here and of which there is no other"""
    content: Look | None = None
    """what tells it from another policy of this name; None: nobody asked, as in a benchmark of the harness"""

    @property
    def privileged(self) -> bool:
        """Whether the policy reads the simulator's state: an oracle, marked and never ranked."""
        try:
            return bool(call(None, lambda: bool(getattr(self.policy, "privileged", False))))
        except PolicyError as error:
            raise PolicyError(f"The policy {self.name} does not say if it is privileged: {error}.") from error

    @property
    def may_know_ids(self) -> bool:
        """Whether it may hear the ids of episodes, which say what is in them: oracles, and this package's own by name."""
        return self.privileged or (self.name in BUILT_IN and not self.live)

    @property
    def shown_arguments(self) -> dict[str, str]:
        """The arguments as others may see them: a run folder is published."""
        return {name: "(hidden)" if name in SECRETS else _text(value) for name, value in self.arguments.items()}


def load(name: str, arguments: Mapping[str, str]) -> LoadedPolicy:
    """The policy called `name`.

    Args:
        name: a built-in name, `module:Class`, `path/to/file.py:Class`, `ADAPTER:CHECKPOINT`, or the address of a policy server.
        arguments: keyword arguments of its constructor.

    Raises:
        PolicyError: it cannot be found, imported or constructed, or has no `act(obs, instr)`.
    """
    adapter = names.adapter_in(name)
    if "://" in name and adapter is None:
        return _remote(name, arguments)
    plugins.load()  # whose folders are on the module path then
    with Guard():
        return _local(name, arguments) if adapter is None else _adapter(name, adapter, arguments)


def _local(name: str, arguments: Mapping[str, str]) -> LoadedPolicy:
    target = BUILT_IN.get(name, name)
    where, colon, class_name = target.rpartition(":")
    if target.endswith(".py") or (where.endswith(".py") and not class_name):
        raise PolicyError(without_class(Path(target.removesuffix(":"))))
    if not colon or not where or not class_name:
        none = unknown("built-in policy", name, playable(BUILT_IN))
        raise PolicyError(f"{none} Your own is named module:Class or file.py:Class.")
    before = tuple(sys.modules)
    module = module_of(where)
    SourceFiles(
        [module.__name__], before
    ).hashes()  # now: a large model takes minutes to load, in which files are edited
    if not hasattr(module, class_name):
        raise PolicyError(f"{where}: {unknown('class', class_name, classes_of(module))}")
    found = getattr(module, class_name)
    if not inspect.isclass(found) and (not callable(found) or method_of(found, "act") is not None):
        return _object(name, found, arguments, _look(name, found, module.__name__, before))
    try:
        policy = found(**arguments)
        acts = callable(getattr(policy, "act", None))
    except (PolicyError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if inspect.isroutine(found):
            raise PolicyError(
                f"{no_class(name, found)} Called without an observation, it raised: {one_line(error)}."
            ) from error
        raise PolicyError(
            f"The policy {name} cannot be constructed: {one_line(error)}. Check --policy-args."
        ) from error
    if not acts:
        if inspect.isroutine(found):
            raise PolicyError(no_class(name, found))
        raise PolicyError(f"The policy {name} has no method act(obs, instr). Add one that returns an action as floats.")
    look = _look(name, policy, module.__name__, before)
    return LoadedPolicy(name=name, policy=policy, arguments=dict(arguments), content=look)


def _adapter(name: str, adapter: names.AdapterName, arguments: Mapping[str, str]) -> LoadedPolicy:
    """A model of another library, behind its adapter."""
    given = {**arguments, "checkpoint": adapter.checkpoint}
    try:
        policy = names.adapter_class(adapter.name)(**given)
    except (PolicyError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PolicyError(f"The policy {name} cannot be loaded: {one_line(error)}. Check --policy-args.") from error
    version = policy.version()
    return LoadedPolicy(
        name=name,
        policy=policy,
        arguments=given,
        content=lambda: Content(kind="built-in", version=version),
    )


def _look(name: str, policy: Any, module: str, before: Collection[str]) -> Look:
    if name in BUILT_IN:
        return lambda: Content(kind="built-in", version=version_of(policy))
    return of_code(policy, [module], before)


def _object(name: str, policy: Any, arguments: Mapping[str, str], look: Look) -> LoadedPolicy:
    """A policy that its module holds as an object, of which there is only this one."""
    if method_of(policy, "act") is None:
        raise PolicyError(no_class(name, policy))
    if arguments:
        raise PolicyError(
            f"The policy {name} is an object of {type(policy).__name__}, which is constructed already: leave out "
            f"--policy-args, or name the class."
        )
    return LoadedPolicy(name=name, policy=policy, arguments={}, borrowed=True, content=look)


def no_class(name: str, found: Any) -> str:
    """The sentence for what is given as a policy and is none."""
    kind = "function" if inspect.isroutine(found) else type(found).__name__
    article = "an" if kind[0] in "aeiou" else "a"
    said = f"The policy {name} is {article} {kind}, not a class or object with act(obs, instr)."
    if kind != "function":
        return said
    called = name.rpartition(":")[2].rpartition(".")[2]
    called = called if called.isidentifier() else "the_function"  # a lambda has no name
    return f"{said} Put it into one, `class Policy:` with `def act(self, obs, instr): return {called}(obs, instr)`, and give that."


def check_spec(loaded: LoadedPolicy, robot: RobotSpec) -> None:
    """Compares the policy's optional `spec` with the robot's conventions; raises `PolicyError` for a mismatch."""
    for key, value in (spec_of(loaded) or {}).items():
        if key in (VERSION, CAMERAS, IMAGE_SIZE):
            continue
        if key not in robot.conventions:
            raise PolicyError(f"The policy {loaded.name}: spec: {unknown('convention', shown(key), robot.conventions)}")
        if not isinstance(value, str | int | float) or value != robot.conventions[key]:
            raise PolicyError(
                f"The policy {loaded.name} says {key} = {shown(value)!r}, but {robot.name} has {key} = "
                f"{robot.conventions[key]!r}. Convert inside the policy, then correct its spec."
            )


def sharing(policy: Any) -> Sharing:
    """How several episodes share a policy: questions in a batch, one by one, or each its own instance."""
    if method_of(policy, "act_batch") is not None:
        return "batch"
    # Who wants to be told of an episode's begin, but not of which episode an observation is, remembers one at a time.
    return "instances" if method_of(policy, "reset") is not None else "function"


def method_of(policy: Any, name: str) -> Callable[..., Any] | None:
    """The policy's method called `name`, or None; raises `PolicyError` where looking for it fails."""
    try:
        method = call(None, lambda: getattr(policy, name, None))
    except PolicyError as error:
        raise PolicyError(f"The policy's {name} cannot be read: {error}.") from None
    return method if callable(method) else None


def spec_of(loaded: LoadedPolicy) -> dict[Any, Any] | None:
    """What the policy says of its actions, if anything; raises `PolicyError` where that cannot be read."""

    def read() -> Any:
        spec = getattr(loaded.policy, "spec", None)
        return dict(spec) if isinstance(spec, Mapping) else spec

    try:
        spec: Any = call(None, read)
    except PolicyError as error:
        raise PolicyError(f"The policy {loaded.name} has a `spec` that cannot be read: {error}.") from error
    if spec is None or type(spec) is dict:
        return spec
    raise PolicyError(
        f"The policy {loaded.name} has a `spec` that is not a mapping. Make it a dict of conventions, or leave it out."
    )


def _remote(url: str, arguments: Mapping[str, str]) -> LoadedPolicy:
    try:
        from vlagen_bench.policies.remote import client
    except ModuleNotFoundError as error:
        raise PolicyError(installing.lacking(f"A policy server ({url})", error.name, "remote")) from None
    policy = client.load(url, arguments)
    return LoadedPolicy(
        name=url, policy=policy, arguments={**arguments, "url": url}, content=lambda: of_server(policy.greeting)
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else shown(repr(value))
