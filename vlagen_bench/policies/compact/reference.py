"""The reference policies: compact policies whose weights are shipped, played as they are scored everywhere."""

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import shipped
from vlagen_bench.policies.compact.policy import CompactVLA


class _Reference(CompactVLA):
    NAME = ""

    def __init__(self) -> None:
        """Reads the shipped weights.

        Raises:
            PolicyError: the file is not shipped, or is another policy's.
        """
        file = shipped.weights_of(self.NAME)
        if not file.is_file():
            raise PolicyError(
                f"The weights of {self.NAME} are not shipped with this version: there is no file {file}. Take a version that "
                f"has it, or make it from a checkpoint of your own: vlagen-train release CHECKPOINT --name {self.NAME}. A "
                f"checkpoint is played without that, too: --policy compact --policy-args checkpoint=FILE"
            )
        super().__init__(str(file))
        if self.card.name != self.NAME:
            raise PolicyError(
                f"{file} holds the policy {self.card.name!r}, not {self.NAME!r}. Put the right file there, or make it again: "
                f"vlagen-train release CHECKPOINT --name {self.NAME}"
            )


class ReferenceSFT(_Reference):
    """The supervised policy of the study."""

    NAME = "reference-sft"


class ReferencePPO(_Reference):
    """The policy that PPO made of the supervised one."""

    NAME = "reference-ppo"
