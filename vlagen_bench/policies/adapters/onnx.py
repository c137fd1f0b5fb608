"""The adapter `onnx`: a network in an ONNX file, run by onnxruntime."""

from collections.abc import Mapping
from typing import Any, ClassVar

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Model, missing
from vlagen_bench.policies.adapters.model_files import ModelFile, batched
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import one_line


class Onnx(ModelFile):
    """Inputs go by name, and the first output is the answer."""

    NAME = "onnx"
    ABOUT: ClassVar[str] = "a network in an ONNX file; inputs by name, conventions by argument"

    def connect(self) -> Model:
        """The network, on CUDA where onnxruntime has it."""
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise missing(self.NAME, str(error.name), installing.extra("onnx")) from None
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = self.options.get("threads", 1)
        path = self.file()
        try:
            session = onnxruntime.InferenceSession(str(path), settings, providers=onnxruntime.get_available_providers())
        except Exception as error:  # onnxruntime has a class of its own for each way in which a file is wrong
            raise PolicyError(f"onnx: {self.checkpoint} cannot be read: {one_line(error).rstrip('.')}.") from None
        self._expect({one.name: one.shape for one in session.get_inputs()})
        return lambda inputs: [session.run(None, batched(given))[0] for given in inputs]

    def _expect(self, wanted: Mapping[str, Any]) -> None:
        """Raises `PolicyError` if the network's inputs are not those that are given."""
        given = [*self.conventions.pictures, *([self.conventions.state_key] if self.conventions.state else [])]
        if sorted(wanted) != sorted(given):
            shapes = ", ".join(f"{name} {list(shape)}" for name, shape in wanted.items())
            raise PolicyError(
                f"onnx: the network takes {shapes}; it would be given {', '.join(given)}. Name them: --policy-args "
                f"cameras=image:off,THEIRS:primary state_name=THEIRS, or with_state=no."
            )
