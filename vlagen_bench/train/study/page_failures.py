"""How episodes fail, on the page of a study: how far they come, what goes wrong, and with which objects."""

from collections import Counter
from collections.abc import Iterator, Sequence

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
    yield from _troubles(policies, evaluations)
    yield from _objects(config, policies, evaluations)


def _stages(rows: Sequence[Row]) -> str:
    if not rows:
        return "–"
    shares = [
        sum(row.reached for row in rows), sum(row.grasped for row in rows), sum(row.over_target for row in rows),
        counted(rows)[0],
    ]  # fmt: skip
    return " / ".join(f"{100 * share / len(rows):.0f}" for share in shares) + " %"


def _troubles(policies: Sequence[str], evaluations: Evaluations) -> Iterator[str]:
    failed = {
        policy: [row for row in evaluations[policy].by_key.values() if row.outcome == "failure"] for policy in policies
    }
    counts = {policy: Counter(row.trouble or "nothing named" for row in rows) for policy, rows in failed.items()}
    names = [name for name, _ in sum(counts.values(), Counter()).most_common(MOST_TROUBLES)]
    yield "Share of a policy's failures, over all conditions that it was scored under:"
    yield ""
    yield f"| what went wrong | {' | '.join(f'`{policy}`' for policy in policies)} |"
    yield f"|---|{'---|' * len(policies)}"
    for name in names:
        cells = [percent(counts[one][name] / len(failed[one])) if failed[one] else "–" for one in policies]
        yield f"| {name.replace('_', ' ')} | {' | '.join(cells)} |"
    yield ""


def _objects(config: StudyConfig, policies: Sequence[str], evaluations: Evaluations) -> Iterator[str]:
    base = config.hypotheses[0].than if config.hypotheses[0].than in policies else policies[0]
    rows: dict[str, list[Row]] = {}
    for row in evaluations[base].by_key.values():
        rows.setdefault(row.object, []).append(row)
    rows = {name: mine for name, mine in rows.items() if len(mine) >= LEAST_EPISODES}
    if not rows:
        return
    hardest = sorted(rows, key=lambda name: (counted(rows[name])[0] / len(rows[name]), name))
    yield f"Success by object, over all conditions, those first that are hardest for `{base}`, and episodes of `{base}`:"
    yield ""
    yield f"| object | {' | '.join(f'`{policy}`' for policy in policies)} | grasped by `{base}` | episodes |"
    yield f"|---|{'---|' * len(policies)}---|---|"
    for name in hardest:
        mine = {
            policy: [row for row in evaluations[policy].by_key.values() if row.object == name] for policy in policies
        }
        cells = [percent(won / n) if n else "–" for won, n in map(counted, mine.values())]
        grasped = percent(sum(row.grasped for row in rows[name]) / len(rows[name]))
        yield f"| {name.replace('_', ' ')} | {' | '.join(cells)} | {grasped} | {len(rows[name])} |"
    yield ""
