"""What the driver does when actors are lost, before Ray knows of how many: whom it gives episodes, without a cluster."""

from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from helpers.runs import PLAN, played

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'vlagen-bench[ray]'")

from vlagen_bench.harness.limits import Limits  # noqa: E402 - the others import Ray
from vlagen_bench.harness.on_ray.actors import ActorSpecs  # noqa: E402
from vlagen_bench.harness.on_ray.environment import AttemptResult  # noqa: E402
from vlagen_bench.harness.on_ray.executor import RayExecutor  # noqa: E402

pytestmark = pytest.mark.ray
GONE = ray.exceptions.ActorUnavailableError("gone", None)


@dataclass
class Remote:
    """A method of an actor: what a call of it returns, raises, or, None, does not say yet."""

    call: object
    futures: list[Future] = field(default_factory=list)

    def remote(self, *arguments):
        done = Future()
        self.futures.append(done)
        result = self.call(*arguments)
        if isinstance(result, Exception):
            done.set_exception(result)
        elif result is not None:
            done.set_result(result)
        return self

    def future(self):
        return self.futures[-1]


class FakeReplica:
    def __init__(self, node):
        self.ready = Remote(lambda: node)
        self.until_stuck = Remote(lambda: None)  # Ray says late that it is gone
        self.answer = Remote(lambda: GONE if node == "lost" else True)
        self.node = node


class FakeEnvironment:
    def __init__(self, node, play):
        self.ready = Remote(lambda: node)
        self.answer = Remote(lambda: GONE if node == "lost" else True)
        self.play = Remote(lambda episode, turn, replica: GONE if node == "lost" else play(episode, turn, replica))


def won(episode, turn=None, replica=None):
    """As a policy plays whose replica may be gone."""
    lost = replica is not None and replica.node == "lost"
    return AttemptResult(played=played(episode, "error" if lost else "success"), trouble="policy" if lost else None)


@pytest.fixture
def killed(monkeypatch):
    actors = []
    monkeypatch.setattr(ray, "kill", actors.append)
    return actors


def go(environments, replicas, notes, *, count=2, retries=1):
    """The outcomes of episodes, and the executor; actors by number, those that are started again at the end of each list."""
    made = {number: iter(ones) for number, ones in environments.items()}
    policies = iter(replicas)
    specs = ActorSpecs(
        environments=len(made), environment=lambda number: next(made[number]),
        replicas=1 if replicas else 0, replica=lambda number: next(policies),
    )  # fmt: skip
    executor = RayExecutor(specs, limits=Limits(retries=retries), film=None, note=notes.append)
    ended = [one.result for group in executor.endings(PLAN.episodes[:count]) for one in group]
    while not executor._pool._events.empty():  # what has happened since nobody was waited for
        assert list(executor._pool.replies()) == []
    return [one.outcome for one in sorted(ended, key=lambda one: PLAN.episodes.index(one.episode))], executor


def here():
    return FakeEnvironment("here", won)


def test_an_episode_is_given_to_one_environment_of_a_lost_node(killed):
    environments = {0: [here()]} | {number: [FakeEnvironment("lost", won), here()] for number in range(1, 5)}
    notes = []
    outcomes, executor = go(environments, [FakeReplica("here")], notes)
    assert outcomes == ["success", "success"], notes
    assert sum(len(environments[number][0].play.futures) for number in range(1, 5)) == 1, notes
    said = [f"Environment {number} is gone too; another one is started." for number in (2, 3, 4)]
    assert [note for note in notes if note.startswith("Environment")] == said and len(killed) == 4
    assert len(executor._pool.can_play()) == 5


def test_a_replica_of_a_lost_node_is_asked_once(killed):
    environments = {number: [here()] for number in range(5)}
    notes = []
    outcomes, executor = go(environments, [FakeReplica("lost"), FakeReplica("here")], notes)
    assert outcomes == ["success", "success"], notes
    assert sum(len(one.play.futures) for ones in environments.values() for one in ones) == 4, "each episode twice"
    assert notes.count("Policy replica 0 is gone; another one is started.") == 1 and len(killed) == 1
    assert len(executor._pool.can_play()) == 5


def test_a_replica_that_is_gone_before_anybody_asks_makes_its_node_doubted(killed):
    environments = {number: [FakeEnvironment("lost", won), here()] for number in range(4)}
    gone = FakeReplica("lost")

    def end():
        for one, _ in environments.values():
            one.ready.future().set_result("lost")
        return GONE

    gone.until_stuck = Remote(end)
    for one, _ in environments.values():
        one.ready = Remote(lambda: None)
    notes = []
    outcomes, executor = go(environments, [gone, FakeReplica("here")], notes, retries=0)
    assert outcomes == ["success", "success"] and len(executor._pool.can_play()) == 4, notes


def test_an_environment_that_ends_an_episode_after_its_node_lost_another_is_asked_too(killed):
    """Both play; the first is lost, and then the second says how its episode ended."""

    def lose(episode, turn, replica):
        return None

    def end(episode, turn, replica):
        if not environments[0][0].play.future().done():
            environments[0][0].play.future().set_exception(GONE)
        return won(episode)

    environments = {0: [FakeEnvironment("here", lose), here()], 1: [FakeEnvironment("here", end)]}
    notes = []
    outcomes, executor = go(environments, [], notes)
    assert outcomes == ["success", "success"] and len(executor._pool.can_play()) == 2, notes
    assert len(environments[1][0].answer.futures) == 1


@pytest.mark.parametrize("replicas", [[], [FakeReplica("here")]])
def test_who_lives_on_a_node_that_lost_an_environment_goes_on(killed, replicas):
    environments = {0: [FakeEnvironment("here", lambda *_: GONE), here()]} | {
        number: [here()] for number in range(1, 5)
    }
    notes = []
    outcomes, executor = go(environments, replicas, notes)
    assert outcomes == ["success", "success"] and len(notes) == 1, notes
    assert killed == [environments[0][0]] and len(executor._pool.can_play()) == 5
    assert all(len(ones[0].answer.futures) == 1 for ones in (environments[2], environments[3], environments[4]))


def test_an_episode_whose_policy_hung_for_another_is_played_again_alone_though_no_try_is_left(killed):
    """The replica is replaced; the environment that asks it then is innocent, and so is the node."""
    replica, second, alone = FakeReplica("here"), FakeReplica("here"), []

    def hang(episode, turn, asked):
        alone.append(turn.alone)
        return None if asked is replica else won(episode)

    def ask(episode, turn, asked):
        alone.append(turn.alone)
        replica.until_stuck.future().set_result(None)
        environments[0][0].play.future().set_result(AttemptResult(played=played(PLAN.episodes[0], "error")))
        return AttemptResult(played=played(episode, "error"), trouble="policy")

    environments = {0: [FakeEnvironment("here", hang)], 1: [FakeEnvironment("here", ask)]}
    notes = []
    outcomes, _ = go(environments, [replica, second], notes, retries=0)
    assert outcomes == ["error", "success"] and alone == [False, False, True], notes
    assert notes == ["Policy replica 0 hangs; another one is started."] and killed == [replica]
