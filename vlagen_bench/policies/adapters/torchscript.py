"""The adapter `torchscript`: a network in a TorchScript file, run by PyTorch."""

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.arguments import whole
from vlagen_bench.policies.adapters.base import Model
from vlagen_bench.policies.adapters.model_files import ModelFile, batched
from vlagen_bench.utils.text import one_line


class TorchScript(ModelFile):
    """Inputs go in order, the pictures before the state; the answer is the output, or the first of several."""

    NAME = "torchscript"
    ABOUT: ClassVar[str] = "a network in a TorchScript file; inputs in order, conventions by argument"
    ARGUMENTS = (*ModelFile.ARGUMENTS, "device")

    def connect(self) -> Model:
        """The network on its device."""
        import torch

        torch.set_num_threads(max(1, whole("threads", self.arguments.get("threads", "1"))))
        device = self.arguments.get("device", "cpu")
        try:
            with warnings.catch_warnings():
                # PyTorch would rather have other files from now on; these are the ones that there are.
                warnings.simplefilter("ignore", DeprecationWarning)
                network = torch.jit.load(str(self.file()), map_location=device).eval()
        except (RuntimeError, ValueError) as error:
            raise PolicyError(f"torchscript: {self.checkpoint} cannot be read: {one_line(error)}.") from None

        def answer(given: Mapping[str, Any]) -> np.ndarray:
            with torch.inference_mode():
                found = network(*(torch.from_numpy(value).to(device) for value in batched(given).values()))
            first = found[0] if isinstance(found, tuple | list) else found
            return np.asarray(first.float().cpu())

        return lambda inputs: [answer(given) for given in inputs]
