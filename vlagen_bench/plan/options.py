"""The command-line options that make a plan again."""

from collections.abc import Iterator, Sequence

from vlagen_bench.plan import catalog


def options(
    suite: str, task: str, conditions: Sequence[str], episodes: int, seed: int | None, *, rotating: bool = False
) -> Iterator[str]:
    """The options of `vlagen-eval` and `vlagen plan` that select these episodes: only what differs from the suite.

    `rotating` says whether the conditions take turns over the scenes: those of `--conditions` never do.

    >>> list(options("quick", "tabletop_put_on", catalog.suite("quick").conditions, 2, 0))
    ['--suite', 'quick', '--episodes', '2']
    """
    known = catalog.suite(suite) if catalog.has_suite(suite) else None
    # A suite on another task than its own is called by both names.
    if known is None and catalog.has_suite(own := suite.removesuffix(f"-{task}")):
        suite, known = own, catalog.suite(own)
    yield from ("--suite", suite)
    if known is not None and known.task != task:
        yield from ("--task", task)
    if not rotating and (known is None or known.conditions != tuple(conditions) or known.groups):
        yield from ("--conditions", ",".join(conditions))
    if known is None or known.episodes != episodes:
        yield from ("--episodes", str(episodes))
    if seed is not None and (known is None or known.seed != seed):
        yield from ("--seed", str(seed))
