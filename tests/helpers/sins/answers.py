"""Sins: answers that are no actions."""

import decimal
import sys
import threading
import time

import numpy as np

from helpers.sins.catalogue import FINE, LATE, catalogue

SINS, sin = catalogue()


@sin("returns NaN", "act() returned NaN or infinity")
def nan(policy, obs, good):
    return good * np.nan


@sin("returns infinity, or floats beyond float32", "act() returned NaN or infinity")
def infinity(policy, obs, good):
    return np.full(7, 1e300)


@sin("returns the wrong shape", "act() returned the shape (3,)", "act() returned the shape (1, 3)")
def shape(policy, obs, good):
    return good[:3]


@sin("returns an empty chunk", "act() returned the shape (0, 7)")
def empty_chunk(policy, obs, good):
    return np.zeros((0, 7))


@sin("returns a chunk of a million actions", "act() returned a chunk of 1000000 actions. Return 10000 at most")
def huge_chunk(policy, obs, good):
    return np.zeros((1_000_000, 7), np.float32)


@sin("returns nothing", "act() returned NoneType of dtype object")
def nothing(policy, obs, good):
    return None


@sin("returns complex numbers", "act() returned ndarray of dtype complex128")
def complex_numbers(policy, obs, good):
    return good.astype(complex)


@sin("returns strings", "act() returned list of dtype <U1")
def strings(policy, obs, good):
    return ["0"] * 7


@sin("returns objects, such as decimals", "act() returned list of dtype object")
def objects(policy, obs, good):
    return [decimal.Decimal(0)] * 7


@sin("returns a ragged list", "act() returned a ragged list")
def ragged(policy, obs, good):
    return [[0.0] * 7, [0.0]]


@sin("returns a dict", "act() returned dict of dtype object")
def mapping(policy, obs, good):
    return {"actions": good}


@sin("returns a generator", "act() returned generator of dtype object")
def generator(policy, obs, good):
    return (value for value in good)


@sin("returns an object whose `__array__` raises", "TypeError: no array today")
def array_raises(policy, obs, good):
    class Array:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("no array today")

    return Array()


@sin("returns an object whose `__array__` calls sys.exit", "act() called sys.exit(4)")
def array_exits(policy, obs, good):
    class Array:
        def __array__(self, dtype=None, copy=None):
            sys.exit(4)

    return Array()


@sin("returns an object whose `__array__` hangs", LATE)
def array_hangs(policy, obs, good):
    class Array:
        def __array__(self, dtype=None, copy=None):
            time.sleep(60)

    return Array()


@sin("returns objects whose `__float__` raises", "act() returned list of dtype object")
def float_raises(policy, obs, good):
    class Number:
        def __float__(self):
            raise RuntimeError

    return [Number()] * 7


@sin("returns a list that claims to be endless", "MemoryError")
def endless(policy, obs, good):
    class Endless:
        def __len__(self):
            return 2**62

        def __getitem__(self, index):
            return 0.0

    return Endless()


@sin("returns a torch tensor of the CPU", FINE)
def tensor(policy, obs, good):
    import torch

    return torch.from_numpy(good)


@sin("returns a torch tensor that requires grad", FINE)
def tensor_with_grad(policy, obs, good):
    import torch

    return torch.from_numpy(good).requires_grad_()


@sin("returns a list of torch tensors", FINE)
def list_of_tensors(policy, obs, good):
    import torch

    return [torch.tensor(float(value), dtype=torch.float64) for value in good]


@sin("returns a list of numbers, or another type of float", FINE)
def numbers(policy, obs, good):
    return good.astype(np.longdouble).tolist()


@sin("returns an array that it changes later", FINE)
def changing(policy, obs, good):
    threading.Timer(0.01, lambda: good.fill(np.nan)).start()
    return good
