"""The command of a fuzzer over runs or submissions of the tests' small task."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable

from helpers.submissions import tasks_with_tiny
from vlagen_bench.utils import paths


def command(about: str | None, fuzz: Callable[..., Counter[str]], is_clean: Callable[[Counter[str]], bool]) -> None:
    """Parses `--seconds` and `--seed`, fuzzes, prints the counts, and exits with 1 unless they are clean and some were refused."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = tasks_with_tiny()
    paths.tasks_dir = lambda: folder
    found = fuzz(seconds=options.seconds, seed=options.seed)
    for what, count in found.most_common():
        print(count, what)
    sys.exit(not is_clean(found) or not found["refused"])
