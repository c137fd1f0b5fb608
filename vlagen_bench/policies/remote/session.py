"""The sessions of a served policy: clients are answered in turn, and share it as workers do."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.actions import checked, one_for_each
from vlagen_bench.policies.base import LoadedPolicy, sharing
from vlagen_bench.policies.remote.greetings import is_told
from vlagen_bench.policies.remote.mapping import ACTIONS, UNCHANGED, Forms
from vlagen_bench.policies.remote.messages import observation
from vlagen_bench.types import content_hash


class ServedPolicy:
    """A policy, and as many more instances of it as its clients need. To be used by one thread."""

    def __init__(self, loaded: LoadedPolicy, forms: Forms = UNCHANGED) -> None:
        """Takes a policy over.

        Args:
            loaded: the policy.
            forms: how its clients ask, and how they want to be answered.

        Raises:
            PolicyError: it cannot be served, since it is an oracle or has an odd `spec`.
        """
        if loaded.privileged:
            raise PolicyError(
                f"The policy {loaded.name} is an oracle, which is never ranked and cannot be served. Serve one that "
                f"only looks at observations."
            )
        spec = getattr(loaded.policy, "spec", None)
        if spec is not None and not _is_told(spec):
            raise PolicyError(
                f"The policy {loaded.name} has a `spec` that cannot be sent to clients. Make it a dict of "
                f"texts, numbers and lists of texts."
            )
        self.sharing = sharing(loaded.policy)
        self.greeting = {
            "policy": loaded.name,
            "sharing": self.sharing,
            "remembers": callable(getattr(loaded.policy, "reset", None)),
        } | ({} if spec is None else {"spec": dict(spec)})
        self.forms = forms
        if loaded.content is not None:
            # Arguments may be secrets, and paths of this machine are nobody's business: a hash tells them apart.
            arguments = {name: repr(value) for name, value in loaded.arguments.items()}
            hashes = {"arguments": content_hash(arguments), "forms": content_hash(repr(forms))}
            self.greeting["fingerprint"] = {**loaded.content().stored(), **hashes}
        self._loaded = loaded
        self._instances = [loaded.policy]
        self._idle = [loaded.policy]

    def lend(self) -> Any:
        """The policy; where it remembers one episode at a time, an instance that no other client has."""
        if self.sharing != "instances":
            return self._loaded.policy
        if not self._idle:
            another = replace(self._loaded, policy=type(self._loaded.policy)(**self._loaded.arguments))
            self._instances.append(another.policy)
            self._idle.append(another.policy)
        return self._idle.pop()

    def take_back(self, policy: Any) -> None:
        """A client has left."""
        if self.sharing == "instances":
            self._idle.append(policy)

    def close(self) -> None:
        """Lets all instances go."""
        for policy in self._instances:
            if callable(getattr(policy, "close", None)):
                policy.close()


class ClientSession:
    """One connection, as the policy sees it."""

    def __init__(self, served: ServedPolicy) -> None:
        self._served = served
        self._policy: Any = None
        self._episode: Any = None

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Answers a question, or a batch of them; raises what the policy raises, or `PolicyError`."""
        started = time.perf_counter()
        if self._policy is None:
            self._policy = self._served.lend()
        if "batch" in message:
            answer: dict[str, Any] = {"batch": [{"actions": chunk} for chunk in self._chunks(_batch_in(message))]}
        else:
            (chunk,) = self._chunks([message])
            answer = {"actions": chunk}
        return {**answer, "server_timing": {"infer_ms": 1000 * (time.perf_counter() - started)}}

    def leave(self) -> None:
        """It is gone."""
        if self._policy is not None:
            self._served.take_back(self._policy)
            self._policy = None

    def _chunks(self, questions: Sequence[Mapping[str, Any]]) -> list[np.ndarray]:
        messages = [self._served.forms.received(one) for one in questions]
        asked = [observation(one) for one in messages]
        for message in messages:
            if self._begins(message) and callable(getattr(self._policy, "reset", None)):
                self._policy.reset([message.get("episode_id", "")])
        if self._served.sharing != "batch":
            return [self._as_asked(self._policy.act(seen, told)) for seen, told in asked]
        answers = self._policy.act_batch([seen for seen, _ in asked], [told for _, told in asked])
        return [self._as_asked(one) for one in one_for_each(answers, len(asked))]

    def _as_asked(self, answer: Any) -> np.ndarray:
        """A chunk of actions as the client wants it."""
        return np.asarray(self._served.forms.actions({ACTIONS: checked(answer)}, "The policy"))

    def _begins(self, message: Mapping[str, Any]) -> bool:
        """As the client says; of one that does not say, where its episode is another than before, or its first."""
        episode = message.get("episode_id", "")
        changed, self._episode = episode != self._episode, episode
        return message.get("begins", changed)


def _is_told(spec: Any) -> bool:
    return isinstance(spec, Mapping) and all(isinstance(key, str) and is_told(value) for key, value in spec.items())


def _batch_in(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    batch = message["batch"]
    if not isinstance(batch, list) or not batch or not all(isinstance(question, dict) for question in batch):
        raise PolicyError("The question's 'batch' is not a list of questions.")
    return batch
