"""Rows of results that nobody counted."""

from vlagen_bench.report.rows import Row, TwinPair


def made_row(name, outcomes, *, twins=None, group="vision", start=0, own=False):
    """A condition with these outcomes in scenes `start`, `start` + 1 ...; `twins` are those of its clean twins.

    `own` scenes are shared with no other condition, as those of official ids.
    """
    pairs = list(zip(twins or (), outcomes, strict=twins is not None))
    return Row(
        condition=name,
        group=group,
        planned=len(outcomes),
        n=len(outcomes),
        successes=sum(outcomes),
        errors=0,
        pairs=len(pairs),
        lost=pairs.count((True, False)),
        gained=pairs.count((False, True)),
        success_once=sum(outcomes),
        grasped=None,
        held=None,
        outcomes=tuple(((name, start + scene) if own else start + scene, won) for scene, won in enumerate(outcomes)),
        twin_pairs=tuple(
            TwinPair(scene=start + scene, twin=str(start + scene), twin_success=twin, success=won)
            for scene, (twin, won) in enumerate(pairs)
        ),
    )
