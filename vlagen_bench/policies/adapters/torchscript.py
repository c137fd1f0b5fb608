"""The adapter `torchscript`: a network in a TorchScript file, run by PyTorch."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Model
from vlagen_bench.policies.adapters.files import listed
from vlagen_bench.policies.adapters.model_files import ModelFile, batched
from vlagen_bench.policies.adapters.readers import Read, device
from vlagen_bench.utils.text import one_line, shown

RELATIVE, ROUNDING = 1e-3, 1e-5
"""by which the same answer may differ when a network is compiled meanwhile: of each number, and of the largest"""


class TorchScript(ModelFile):
    """Inputs go in order, the pictures before the state; the answer is the output, or the first of several."""

    NAME = "torchscript"
    ABOUT: ClassVar[str] = "a network in a TorchScript file; inputs in order, conventions by argument"
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {**ModelFile.ARGUMENTS, "device": device}

    def connect(self) -> Model:
        """The network on its device."""
        import torch

        torch.set_num_threads(self.options.get("threads", 1))
        place, path = self.options.get("device", "cpu"), self.file()
        try:
            with warnings.catch_warnings():
                # PyTorch would rather have other files from now on; these are the ones that there are.
                warnings.simplefilter("ignore", DeprecationWarning)
                network = torch.jit.load(str(path), map_location=place).eval()
        except (RuntimeError, ValueError) as error:
            raise PolicyError(
                f"torchscript: {self.checkpoint} cannot be read: {one_line(error).rstrip('.')}."
            ) from None

        def answer(given: Mapping[str, Any]) -> np.ndarray:
            arrays = batched(given)
            try:
                with torch.inference_mode():
                    found = network(*(torch.from_numpy(value).to(place) for value in arrays.values()))
                first = found[0] if isinstance(found, tuple | list) else found
                return np.asarray(first.float().cpu())
            except Exception as error:  # whatever a program in a file leads to
                raise PolicyError(self._failure(arrays, error)) from None

        def seeded(given: Mapping[str, Any]) -> np.ndarray:
            with torch.random.fork_rng([place] if place.startswith("cuda") else []):
                torch.manual_seed(0)  # a network that draws numbers remembers nothing
                return answer(given)

        self._try(seeded)
        return lambda inputs: [answer(given) for given in inputs]

    def _try(self, answer: Callable[[Mapping[str, Any]], np.ndarray]) -> None:
        """Raises `PolicyError` if it cannot answer with actions, or answers a question otherwise after another one."""
        question, other = self.example(0), self.example(1)
        first = answer(question)
        self.numbers(first)
        answer(other)
        again = answer(question)
        if first.shape != again.shape or not _same(first, again):
            raise PolicyError(
                f"torchscript: the network in {self.checkpoint} answers a question otherwise when it is asked again, so that it "
                f"remembers, and episodes would share what it remembers. Play it in a class of your own with act(obs, instr) and "
                f"reset(episode_ids): --policy my_policy.py:Policy"
            )

    def _failure(self, arrays: Mapping[str, np.ndarray], error: Exception) -> str:
        lines = str(error).strip().splitlines()  # the last says what went wrong, those before it where
        return (
            f"torchscript: the network in {self.checkpoint} fails on {listed(arrays)}: {shown(lines[-1] if lines else error, 300).rstrip('.')}. "
            f"What it is given: --policy-args size=HxW values=bytes layout=hwc cameras=NAME:CAMERA state=PARTS, or with_state=no."
        )


def _same(first: np.ndarray, again: np.ndarray) -> bool:
    """Whether two answers differ by no more than the rounding of a compiled network."""
    largest = float(np.abs(first).max(initial=0.0))
    return bool(np.allclose(first, again, rtol=RELATIVE, atol=ROUNDING * largest, equal_nan=True))
