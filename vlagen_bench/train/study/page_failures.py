"""How episodes fail, on the page of a study: how far they come, what goes wrong, and with which objects."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from vlagen_bench.tasks.put_on import HELD_UP_M
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.outcomes import Row
from vlagen_bench.train.study.page_tables import Evaluations, compared, counted, dimensions
from vlagen_bench.utils.text import percent

MOST_TROUBLES, LEAST_EPISODES = 8, 5
"""kinds of failure that have a row, and episodes of an object from which on it has one"""


def failures(config: StudyConfig, evaluations: Evaluations) -> Iterator[str]:
    """How far episodes come, what goes wrong, and with which objects."""
    policies = [name for name in compared(config) if name in evaluations]
    yield from ("## How episodes fail", "")
    if not policies:
        yield from ("Not run.", "")
        return
    kinds = dimensions(config)
    yield "Share of episodes in which the tool reached the object, the object was grasped, it was over the receptacle, and success:"
    yield ""
    yield f"| dimension | {' | '.join(f'`{name}`' for name in policies)} |"
    yield f"|---|{'---|' * len(policies)}"
    for kind, conditions in kinds.items():
        cells = [_stages(evaluations[policy].of_all(conditions)) for policy in policies]
        if any(cell != "–" for cell in cells):
            yield f"| {kind} | {' | '.join(cells)} |"
    yield ""
    won = [row for policy in policies for row in evaluations[policy].by_key.values() if row.outcome == "success"]
    unseen = sum(not row.over_target for row in won)
    if unseen:
        yield (
            f"Over the receptacle counts where the gripper holds the object {100 * HELD_UP_M:.0f} cm or more above its start. {unseen} of {len(won)} "
            f"successes came without that: success asks where the object ends, not how it came there."
        )
        yield ""
    if common := _common(policies, evaluations):
        shared = common[policies[0]]
        places = len({row.condition for row in shared})
        yield f"What follows is of the {len(shared):,} episodes, under {places} of the conditions, that all of these policies played."
        yield ""
        yield from _troubles(common)
        yield from _objects(config, common)


def _stages(rows: Sequence[Row]) -> str:
    if not rows:
        return "–"
    shares = [
        sum(row.reached for row in rows), sum(row.grasped for row in rows), sum(row.over_target for row in rows),
        counted(rows)[0],
    ]  # fmt: skip
    return " / ".join(f"{100 * share / len(rows):.0f}" for share in shares) + " %"


def _common(policies: Sequence[str], evaluations: Evaluations) -> dict[str, list[Row]]:
    """The rows of those episodes that have an outcome of every policy, by policy; empty where there are none."""
    tables = {policy: evaluations[policy].by_key for policy in policies}
    keys = [key for key in tables[policies[0]] if all(key in table for table in tables.values())]
    return {policy: [table[key] for key in keys] for policy, table in tables.items()} if keys else {}


def _troubles(common: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    policies = list(common)
    failed = {policy: [row for row in rows if row.outcome == "failure"] for policy, rows in common.items()}
    counts = {policy: Counter(row.trouble or "nothing named" for row in rows) for policy, rows in failed.items()}
    names = [name for name, _ in sum(counts.values(), Counter()).most_common(MOST_TROUBLES)]
    yield "Share of a policy's failures:"
    yield ""
    yield f"| what went wrong | {' | '.join(f'`{policy}`' for policy in policies)} |"
    yield f"|---|{'---|' * len(policies)}"
    for name in names:
        cells = [percent(counts[one][name] / len(failed[one])) if failed[one] else "–" for one in policies]
        yield f"| {name.replace('_', ' ')} | {' | '.join(cells)} |"
    yield f"| all failures | {' | '.join(str(len(failed[one])) for one in policies)} |"
    yield ""


def _objects(config: StudyConfig, common: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    policies = list(common)
    base = config.hypotheses[0].than if config.hypotheses[0].than in policies else policies[0]
    rows: dict[str, list[Row]] = {}
    for row in common[base]:
        rows.setdefault(row.object, []).append(row)
    rows = {name: mine for name, mine in rows.items() if len(mine) >= LEAST_EPISODES}
    if not rows:
        return
    hardest = sorted(rows, key=lambda name: (counted(rows[name])[0] / len(rows[name]), name))
    seen = {row.object for row in common[base] if row.condition == "nominal"}
    yield (
        f"Success by object, those first that are hardest for `{base}`, and how many episodes have it. Objects with a star do not occur in distribution: "
        f"their episodes are of other conditions, and not to be compared with those of the others, which come in the same scenes under several "
        f"conditions. Most differences within a row are within chance."
    )
    yield ""
    yield f"| object | {' | '.join(f'`{policy}`' for policy in policies)} | grasped by `{base}` | episodes |"
    yield f"|---|{'---|' * len(policies)}---|---|"
    for name in hardest:
        mine = [counted([row for row in common[policy] if row.object == name]) for policy in policies]
        cells = [percent(won / n) for won, n in mine]
        grasped = percent(sum(row.grasped for row in rows[name]) / len(rows[name]))
        star = "" if name in seen else " *"
        yield f"| {name.replace('_', ' ')}{star} | {' | '.join(cells)} | {grasped} | {len(rows[name])} |"
    yield ""
