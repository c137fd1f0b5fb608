"""Everything that a policy can do wrong in `act`, by name, in the order of docs/hostile_policies.md."""

from helpers.sins import answers, exceptions, time, whole_process

SINS = exceptions.SINS | answers.SINS | time.SINS | whole_process.SINS
