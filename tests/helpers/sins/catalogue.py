"""A sin: something wrong that a policy does, and its documented outcome."""

from collections.abc import Callable
from dataclasses import dataclass

FINE = "no harm"
ENDS = "**not guarded**: ends the run, with exit code 1 or that of the signal"
HANGS = "**not guarded**: hangs"
HARMS = "**not guarded**: may harm the run"


@dataclass(frozen=True)
class Sin:
    """Something that a policy does in `act`."""

    does: str
    """in words"""
    here: str
    """the outcome without --isolate: FINE, ENDS, HANGS, HARMS, or a part of the error's sentence"""
    apart: str
    """the outcome with --isolate: FINE, or a part of the error's sentence"""
    commit: Callable
    """(policy, obs, good action) -> answer"""

    @property
    def guarded(self):
        return "not guarded" not in self.here


LATE, DIED = "act() took longer than {limit} s (--step-timeout)", "its process ended with exit code"


def catalogue():
    """An empty catalogue, and a decorator that adds to it."""
    sins = {}

    def sin(does, here, apart=None):
        def register(commit):
            sins[commit.__name__] = Sin(does, here, here if apart is None else apart, commit)
            return commit

        return register

    return sins, sin
