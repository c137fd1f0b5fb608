"""The adapter `torchscript`: a network in a TorchScript file, run by PyTorch."""

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Model
from vlagen_bench.policies.adapters.model_files import ModelFile, batched
from vlagen_bench.policies.adapters.readers import Read, device
from vlagen_bench.utils.text import one_line


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
            with torch.inference_mode():
                found = network(*(torch.from_numpy(value).to(place) for value in batched(given).values()))
            first = found[0] if isinstance(found, tuple | list) else found
            return np.asarray(first.float().cpu())

        return lambda inputs: [answer(given) for given in inputs]
