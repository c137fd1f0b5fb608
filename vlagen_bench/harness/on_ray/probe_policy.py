"""The probe of a policy: an actor with a replica's resources loads it, reads its properties, and ends.

So the driver needs neither the policy's GPU nor its memory.
"""

import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

import ray

from vlagen_bench.errors import PolicyError, VlagenError
from vlagen_bench.harness.on_ray.actors import free, reason
from vlagen_bench.harness.on_ray.build import name_and_arguments
from vlagen_bench.harness.on_ray.cluster import REPLICA_CPUS, Cluster, included
from vlagen_bench.policies import base
from vlagen_bench.policies.base import LoadedPolicy

METHODS = ("act", "act_batch", "reset", "close")
PATIENCE_S = 20.0
"""after so long it is said that the policy is waited for, again and again"""


def load(name: str, arguments: Mapping[str, str], cluster: Cluster) -> LoadedPolicy:
    """The policy as far as the driver needs it; raises `VlagenError` if it cannot be loaded there.

    Says what it waits for, since a cluster without a GPU that is asked for waits, too, for one that may join it.
    """
    uses: dict[str, Any] = {"num_cpus": REPLICA_CPUS, "num_gpus": cluster.policy_gpus, **included()}
    look = ray.remote(**uses, max_calls=1, max_retries=0)(_look)  # one call: the process, and its memory, go then
    asked = LoadedPolicy(name=name, policy=None, arguments=dict(arguments))
    looked = look.remote(*name_and_arguments(asked))
    while not ray.wait([looked], timeout=PATIENCE_S)[0]:
        logging.getLogger(__name__).warning(
            "The policy is not loaded yet; %s. It waits for room or loads slowly (--policy-gpus).", free()
        )
    try:
        facts = ray.get(looked)
    except ray.exceptions.RayError as error:
        raise PolicyError(f"The policy {name} ends the process that loads it: {reason(error)}.") from None
    if isinstance(facts, VlagenError):
        raise facts
    methods = dict.fromkeys(facts.pop("methods"), _not_here)
    content = facts.pop("content")
    policy = SimpleNamespace(**facts, **methods)
    return LoadedPolicy(
        name=name, policy=policy, arguments=dict(arguments), content=None if content is None else lambda: content
    )


def _look(name: str, arguments: Mapping[str, str]) -> dict[str, Any] | VlagenError:
    try:
        loaded = base.load(name, arguments)
    except VlagenError as error:
        return error
    policy = loaded.policy
    methods = [method for method in METHODS if callable(getattr(policy, method, None))]
    content = None if loaded.content is None else loaded.content()
    facts = {"spec": getattr(policy, "spec", None), "privileged": loaded.privileged}
    return {**facts, "methods": methods, "content": content}


def _not_here(*_: Any) -> NoReturn:
    raise AssertionError("the policy lives in the cluster, and is asked by environments")
