"""Sins: exceptions."""

import json
import sys
import time

import numpy as np

from helpers.sins.catalogue import LATE, catalogue
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


@sin("raises an exception whose name has control characters and 5,000 letters", "A ?[2J?]0;title?BBBBB")
def exception_with_an_odd_name(policy, obs, good):
    raise type("A\n\x1b[2J\x1b]0;title\x07" + "B" * 5000, (Exception,), {})("x")


@sin("raises an exception whose text replaces functions", "Meddling: None")
def exception_that_meddles(policy, obs, good):
    class Meddling(Exception):
        def __str__(self):
            json.dumps = time.perf_counter = np.asarray = None
            return "None"

    raise Meddling


@sin("raises an exception that hangs when it is dropped", LATE)
def exception_that_lingers(policy, obs, good):
    class Lingering(Exception):
        def __del__(self):
            time.sleep(60)

    raise Lingering


@sin("hangs with an exception in hand that hangs when it is dropped", LATE)
def exception_in_hand(policy, obs, good):
    class Lingering(Exception):
        def __del__(self):
            time.sleep(60)

    try:
        raise Lingering
    except Lingering:
        time.sleep(60)


@sin("raises a KeyboardInterrupt of its own class", "Own: gone")
def own_keyboard_interrupt(policy, obs, good):
    class Own(KeyboardInterrupt):
        pass

    raise Own("gone")


@sin("raises an exception that lies about its class, name and traceback", "of which nothing can be said")
def exception_that_lies(policy, obs, good):
    class Liar(Exception):
        @property
        def __class__(self):
            raise RuntimeError("no class")

    raise Liar


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
