"""The drop between two matched arms, from what `lerobot-eval` wrote: python drops.py PERTURBED/eval_info.json CLEAN/eval_info.json."""

import json
import sys
from pathlib import Path

from vlagen_bench.statistics.paired import Pairs


def successes(path: str) -> list[bool]:
    """Of each episode, in the order of seeds."""
    (task,) = json.loads(Path(path).read_text(encoding="utf-8"))["per_task"]
    return [bool(one) for one in task["metrics"]["successes"]]


def main(perturbed: str, clean: str) -> None:
    """Prints both rates, and the paired difference with its interval."""
    first, other = successes(clean), successes(perturbed)
    if len(first) != len(other):
        sys.exit(f"drops: {len(first)} clean and {len(other)} perturbed episodes do not match.")
    pairs = Pairs.of(zip(first, other, strict=True))
    low, high = pairs.interval or (-1.0, 1.0)
    print(f"clean {sum(first) / pairs.n:.1%}, perturbed {sum(other) / pairs.n:.1%} of {pairs.n} episodes")
    print(f"drop {pairs.difference:+.1%}, 95 % interval {low:+.1%} to {high:+.1%}, McNemar's exact p {pairs.p:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
