"""Sins: exceptions."""

import sys

from helpers.sins.catalogue import catalogue
from vlagen_bench.errors import PolicyError

SINS, sin = catalogue()


@sin("raises an exception", "KeyError: 'weights'")
def exception(policy, obs, good):
    raise KeyError("weights")


@sin("raises an exception whose text raises", "Rude: (its text cannot be shown: ZeroDivisionError)")
def exception_without_text(policy, obs, good):
    class Rude(Exception):
        def __str__(self):
            return str(1 / 0)

    raise Rude


@sin("raises an exception with a megabyte of text and terminal escapes", "ValueError: ?[31m a lot")
def exception_with_much_text(policy, obs, good):
    raise ValueError("\x1b[31m\n" + "a lot " * 200_000 + "\ud800")


@sin("raises a subclass of BaseException", "Away")
def base_exception(policy, obs, good):
    class Away(BaseException):
        pass

    raise Away


@sin("raises KeyboardInterrupt", "KeyboardInterrupt")
def keyboard_interrupt(policy, obs, good):
    raise KeyboardInterrupt


@sin("raises StopIteration", "StopIteration")
def stop_iteration(policy, obs, good):
    raise StopIteration


@sin("raises GeneratorExit", "GeneratorExit")
def generator_exit(policy, obs, good):
    raise GeneratorExit


@sin("raises the harness's own error", "as you like")
def own_error(policy, obs, good):
    raise PolicyError("as you like")


@sin("calls sys.exit", "act() called sys.exit(0). Raise an exception instead, or return an action.")
def sys_exit(policy, obs, good):
    sys.exit(0)


@sin("recurses without end", "RecursionError: maximum recursion depth exceeded")
def recursion(policy, obs, good):
    return recursion(policy, obs, good)
