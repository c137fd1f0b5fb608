"""A node that is gone, before Ray knows it: which actors are given episodes, without a cluster."""

from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from helpers.runs import PLAN, played

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'vlagen-bench[ray]'")

from vlagen_bench.harness.limits import Limits  # noqa: E402 - the others import Ray
from vlagen_bench.harness.on_ray.actors import ActorSpecs  # noqa: E402
from vlagen_bench.harness.on_ray.environment import AttemptResult  # noqa: E402
from vlagen_bench.harness.on_ray.executor import RayExecutor  # noqa: E402

pytestmark = pytest.mark.ray


class Reference:
    """What a remote call will have returned."""

    def __init__(self, result=None):
        self._future = Future()
        if isinstance(result, Exception):
            self._future.set_exception(result)
        elif result is not None:
            self._future.set_result(result)

    def future(self):
        return self._future


@dataclass
class Remote:
    call: object

    def remote(self, *arguments):
        return Reference(self.call(*arguments))


class FakeNodes:
    """Actors of a cluster in which one node is lost as the first episode begins."""

    def __init__(self, *, here, replica_here):
        """The numbers of the environments on the node that lives, and whether the replica is there; others are lost."""
        self._here, self._replica_here, self._started = here, replica_here, set()

    def environment(self, number):
        return FakeEnvironment(self._node("environment", number, self._here))

    def replica(self, number):
        return FakeReplica(self._node("replica", number, {0} if self._replica_here else ()))

    def _node(self, kind, number, here):
        """Whoever is started again is started on the node that lives."""
        again = (kind, number) in self._started
        self._started.add((kind, number))
        return "here" if again or number in here else "lost"


class FakeReplica:
    def __init__(self, node):
        self.node = node
        self.ready = Remote(lambda: node)
        self.until_stuck = Remote(lambda: None)  # Ray will say that it is gone when the test is over


class FakeEnvironment:
    def __init__(self, node):
        self.ready = Remote(lambda: node)
        self.play = Remote(lambda episode, turn, replica: self._lost() or self._played(episode, replica))
        self.can_play = Remote(lambda replica: self._lost() or replica.node == "here")
        self._node = node

    def _lost(self):
        return None if self._node == "here" else ray.exceptions.ActorUnavailableError("gone", None)

    def _played(self, episode, replica):
        lost = replica.node == "lost"
        return AttemptResult(played=played(episode, "error" if lost else "success"), trouble="policy" if lost else None)


@pytest.mark.parametrize(
    ("here", "replica_here", "note"),
    [((0,), True, "Environment 2 is gone too; another one is started."),
     (range(5), False, "Policy replica 0 is gone; another one is started.")],
)  # fmt: skip
def test_an_episode_is_lost_once_with_a_node(monkeypatch, here, replica_here, note):
    monkeypatch.setattr(ray, "kill", lambda actor: None)
    nodes, notes = FakeNodes(here=here, replica_here=replica_here), []
    specs = ActorSpecs(environments=5, environment=nodes.environment, replicas=1, replica=nodes.replica)
    executor = RayExecutor(specs, limits=Limits(retries=1), film=None, note=notes.append)
    ended = [one.result for group in executor.endings(PLAN.episodes[:2]) for one in group]
    assert [one.outcome for one in ended] == ["success"] * 2, notes
    assert note in notes and sum("It is played again, elsewhere (1 of 1 times)" in one for one in notes) in (1, 2)
