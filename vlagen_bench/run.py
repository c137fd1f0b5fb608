"""How is a plan run? One episode after the other: reset, look, act, judge; every ending is a result."""

import dataclasses
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from vlagen_bench.errors import PolicyError, VlagenError
from vlagen_bench.nouns import Episode, EpisodeResult, Outcome, Plan, Task
from vlagen_bench.policies.actions import ActionStream
from vlagen_bench.policies.base import LoadedPolicy, one_line
from vlagen_bench.record import RunFolder


class Sim(Protocol):
    """What the harness needs of a simulator."""

    instruction: str

    def reset(self, episode: Episode) -> Any: ...

    def advance(self, action: np.ndarray) -> Any: ...

    def observe(self) -> dict[str, Any]: ...

    def state_hash(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Played:
    """An episode that came to an end, with what is needed to replay and to show it."""

    result: EpisodeResult
    actions: list[np.ndarray]
    state_hashes: list[str]
    frames: list[np.ndarray]
    """empty unless they were asked for"""


class Listener(Protocol):
    """Is told of every episode that ends."""

    def ended(self, played: Played) -> None: ...


class TooManyErrors(VlagenError):
    """The run was stopped because something goes wrong again and again."""


def run(
    plan: Plan,
    task: Task,
    sim: Sim,
    loaded: LoadedPolicy,
    folder: RunFolder,
    listeners: tuple[Listener, ...],
    *,
    film: bool,
    max_errors: int,
    retry_errors: bool,
) -> None:
    """Plays every episode of the plan that has no result yet, and stores each as it ends.

    Raises:
        TooManyErrors: more than `max_errors` episodes of this call ended as errors.
        RunError: the run folder cannot be written.
    """
    errors = 0
    for episode in plan.episodes:
        if folder.done(episode.id, retry_errors=retry_errors):
            continue
        played = play(episode, task, sim, loaded, film=film)
        folder.add(played.result, played.actions, played.state_hashes)
        for listener in listeners:
            listener.ended(played)
        errors += played.result.outcome == "error"
        if errors > max_errors:
            raise TooManyErrors(
                f"Stopped: {errors} episodes ended as errors (limit: --max-errors {max_errors}). The last one: "
                f"{played.result.error} Mend it, then repeat the command with --retry-errors."
            )


def play(episode: Episode, task: Task, sim: Sim, loaded: LoadedPolicy, *, film: bool = False) -> Played:
    """Plays one episode to its end. What the policy raises ends it as an error; what the simulator raises too."""
    tape = _Tape(film=film)
    started = time.perf_counter()
    error, status = None, None
    try:
        with tape.timing("reset_s"):
            status = sim.reset(episode)
        tape.state_hashes.append(sim.state_hash())
        with tape.timing("policy_s"):
            _begin(loaded, sim, episode)
        status = _loop(task, sim, loaded, tape, status)
    except PolicyError as caught:
        error = f"policy: {caught}"
    except VlagenError:
        raise
    except Exception as caught:
        # The one place where anything may be caught: a crash is an outcome, with its text kept.
        error = f"{'policy' if tape.in_policy else 'simulator'}: {one_line(caught)}"
    timings = {**tape.seconds, "total_s": time.perf_counter() - started}
    result = EpisodeResult(
        episode=episode,
        outcome=_outcome(status) if error is None else "error",
        success_once=status.success_once if error is None else None,
        success_at_end=status.success if error is None else None,
        steps=len(tape.actions),
        metrics=_metrics(status) if error is None else {},
        timings={key: round(value, 6) for key, value in timings.items()},
        error=error,
    )
    return Played(result=result, actions=tape.actions, state_hashes=tape.state_hashes, frames=tape.frames)


class _Tape:
    """What is written down while an episode is played."""

    def __init__(self, *, film: bool) -> None:
        self.film = film
        self.actions: list[np.ndarray] = []
        self.state_hashes: list[str] = []
        self.frames: list[np.ndarray] = []
        self.seconds: dict[str, float] = {"reset_s": 0.0, "policy_s": 0.0, "observe_s": 0.0, "advance_s": 0.0}
        self.in_policy = False

    def timing(self, key: str) -> "_Timer":
        return _Timer(self.seconds, key)


class _Timer:
    def __init__(self, seconds: dict[str, float], key: str) -> None:
        self._seconds, self._key = seconds, key

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._key] += time.perf_counter() - self._start


def _begin(loaded: LoadedPolicy, sim: Sim, episode: Episode) -> None:
    """Tells a policy that wants to know that an episode begins; shows the simulator to an oracle."""
    if loaded.privileged and hasattr(loaded.policy, "attach"):
        loaded.policy.attach(sim)
    reset = getattr(loaded.policy, "reset", None)
    if reset is not None:
        try:
            reset([episode.id])
        except PolicyError:
            raise
        except (Exception, SystemExit) as error:
            raise PolicyError(f"reset() raised {one_line(error)}") from error


def _loop(task: Task, sim: Sim, loaded: LoadedPolicy, tape: _Tape, status: Any) -> Any:
    stream = ActionStream(loaded.policy)
    for _ in range(task.max_steps):
        if stream.empty or tape.film:
            with tape.timing("observe_s"):
                observation = sim.observe()
            if tape.film:
                tape.frames.append(observation["image"].copy())
        if stream.empty:
            tape.in_policy = True
            with tape.timing("policy_s"):
                stream.ask(observation, sim.instruction)
            tape.in_policy = False
        action = stream.next()
        with tape.timing("advance_s"):
            status = sim.advance(action)
        tape.actions.append(action)
        tape.state_hashes.append(sim.state_hash())
        if status.success and task.ends_on_success:
            break
    if tape.film:
        tape.frames.append(sim.observe()["image"].copy())
    return status


def _outcome(status: Any) -> Outcome:
    """Success is judged at the end; where the first success ends the episode, that is the same."""
    return "success" if status.success else "failure"


def _metrics(status: Any) -> dict[str, Any]:
    """The last status, floats rounded to a tenth of a millimetre."""
    found = dataclasses.asdict(status)
    for key in ("success", "success_once"):
        del found[key]
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in found.items()}
