"""The client of a policy server: the methods of a policy, answered on another machine.

Any server that speaks openpi's protocol will do: openpi's own, or `vlagen serve`. docs/remote_policies.md has the format.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.actions import checked
from vlagen_bench.policies.remote import mapping
from vlagen_bench.policies.remote.messages import question
from vlagen_bench.policies.remote.websocket import Connection, Timeouts
from vlagen_bench.utils.text import shown

ARGUMENTS = ("url", "api_key", "map", "resize", "answer", "connect_s", "reconnect_s", "answer_s")


class Remote:
    """A policy whose answer depends on the observation alone, as openpi's do."""

    def __init__(self, **arguments: str) -> None:
        """Connects.

        Args:
            arguments: `url`, ws://host:port or wss://host:port; `api_key`, for its header `Authorization`; `map`, `resize`
                and `answer`, the names and forms of the other side (`mapping.parse`); the seconds
                `connect_s` (10), `reconnect_s` (60) and `answer_s` (300), how long the server is waited for.

        Raises:
            PolicyError: an argument is unknown or wrong, or no policy server answers.
        """
        for name in arguments:
            if name not in ARGUMENTS:
                raise PolicyError(f"--policy-args: {unknown('argument', name, ARGUMENTS[1:], of='A policy server')}")
        forms = {name: arguments[name] for name in ("map", "resize", "answer") if name in arguments}
        self._forms = mapping.parse(side="client", **forms)
        patience = Timeouts(**{name: _seconds(name, text) for name, text in arguments.items() if name.endswith("_s")})
        self._line = Connection(arguments["url"], api_key=arguments.get("api_key", ""), patience=patience)
        self._began: dict[str, int] = {}
        """by episode, the number of the connection over which it began"""
        if self.remembers and self._forms.pairs and not {"episode_id", "begins"} <= set(self._forms.names):
            raise PolicyError(
                f"The policy at {self._line.url} remembers what it saw, so it has to know which episode a question is "
                f"of: add episode_id:episode_id,begins:begins to map, or leave map out."
            )

    @property
    def spec(self) -> Any:
        """The conventions of its actions, if the server says them."""
        return self._line.greeting.get("spec")

    @property
    def greeting(self) -> Mapping[str, Any]:
        """What the server says of itself."""
        return self._line.greeting

    @property
    def remembers(self) -> bool:
        """Whether its answers depend on earlier questions of the same episode."""
        return self._line.greeting.get("remembers") is True

    @property
    def shared_as(self) -> "type[Remote]":
        """The class whose methods it has, and with them the ways in which several episodes share it."""
        kind = self._line.greeting.get("sharing", "function")
        if kind not in SHARED_AS:
            raise PolicyError(f"{self._line.url}: {unknown('way of sharing a policy', shown(kind), SHARED_AS)}")
        return SHARED_AS[kind]

    def act(self, obs: Mapping[str, Any], instr: str) -> np.ndarray:
        """A chunk of actions, float32 (H, 7)."""
        answer = self._line.ask(self._question(obs, instr), only_on=self._only_on([obs]))
        self._answered([obs])
        return self._actions(answer)

    def close(self) -> None:
        """Ends the connection."""
        self._line.close()

    def _question(self, obs: Mapping[str, Any], instr: str) -> dict[str, Any]:
        begins = None if self.shared_as is Remote else _episode(obs) not in self._began
        return self._forms.sent(question(obs, instr, begins=begins))

    def _only_on(self, obs_list: Sequence[Mapping[str, Any]]) -> int | None:
        """The one connection that will do: where the policy remembers, that over which all these episodes began."""
        if not self.remembers:
            return None
        return min((self._began[_episode(obs)] for obs in obs_list if _episode(obs) in self._began), default=None)

    def _answered(self, obs_list: Sequence[Mapping[str, Any]]) -> None:
        for obs in obs_list:
            self._began.setdefault(_episode(obs), self._line.opened)

    def _actions(self, answer: Mapping[str, Any]) -> np.ndarray:
        return checked(self._forms.actions(answer, self._line.url))


class RemoteByEpisode(Remote):
    """A policy that remembers one episode at a time: each worker has a connection, and the server an instance for it."""

    def reset(self, episode_ids: Sequence[str]) -> None:
        """Begins episodes; the server learns of it with their first questions."""
        for name in episode_ids:
            self._began.pop(name, None)


class RemoteBatch(RemoteByEpisode):
    """A policy that answers several episodes at once: all workers share one connection."""

    def act_batch(self, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[np.ndarray]:
        """A chunk of actions, float32 (H, 7), for each observation."""
        messages = [self._question(obs, instr) for obs, instr in zip(obs_list, instrs, strict=True)]
        answer = self._line.ask({"batch": messages}, only_on=self._only_on(obs_list))
        answers = answer.get("batch")
        if not isinstance(answers, list) or len(answers) != len(messages) or any(type(a) is not dict for a in answers):
            raise PolicyError(f"{self._line.url} did not answer a batch of {len(messages)} with as many answers.")
        self._answered(obs_list)
        return [self._actions(reply) for reply in answers]


SHARED_AS = {"function": Remote, "instances": RemoteByEpisode, "batch": RemoteBatch}
"""by what the server's greeting calls it, which is what the harness calls it"""


def load(url: str, arguments: Mapping[str, str]) -> Remote:
    """The policy at `url`; notes if its server sends no conventions of its actions."""
    policy = Remote(**{**arguments, "url": url})
    if policy.spec is None:
        logging.getLogger(__name__).warning(
            "%s does not say what its actions mean (no `spec` in its metadata), so that this is not checked.", url
        )
    if policy.shared_as is Remote:
        return policy
    policy.close()
    return policy.shared_as(**{**arguments, "url": url})


def _episode(obs: Mapping[str, Any]) -> str:
    return obs.get("episode_id", "")


def _seconds(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise PolicyError(f"{name}={text}: give a number of seconds above 0.") from None
