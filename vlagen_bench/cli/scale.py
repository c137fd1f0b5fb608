"""`vlagen bench scale`: measures how many environments one driver can direct."""

from typing import Annotated

import tyro

from vlagen_bench.cli.common import OK, console
from vlagen_bench.errors import ConfigError


def bench_scale(
    environments: Annotated[tuple[int, ...], tyro.conf.arg(metavar="N ...")] = (10, 50, 200),
    wanted: int = 1000,
    step_ms: float = 23.5,
    policy_ms: float = 100.0,
    batch: int = 16,
    horizon: int = 8,
) -> int:
    """Measures what each environment of a Ray cluster costs the driver, and says what a large number would need.

    Environments only wait here, and their messages are true: pictures of 640x480 to a policy replica, records of 80
    steps to the driver. Needs Ray, an extra: docs/scale_out.md.

    Args:
        environments: numbers of environments to measure, one after the other.
        wanted: the number to extrapolate to.
        step_ms: of an environment; `vlagen bench env` measures it.
        policy_ms: of a call of the policy with a whole batch, for the extrapolation.
        batch: how many questions such a call answers.
        horizon: actions that are executed for each question.
    """
    if not environments or min((*environments, wanted, batch, horizon)) < 1 or step_ms <= 0 or policy_ms < 0:
        raise ConfigError(
            "--environments, --wanted, --batch and --horizon are 1 or more, --step-ms is above 0, --policy-ms is 0 or more."
        )
    from vlagen_bench.harness.on_ray.cluster import Cluster
    from vlagen_bench.harness.progress import tracked

    Cluster().connect(1)
    from vlagen_bench.diagnostics import bench_scale as scale
    from vlagen_bench.harness.on_ray.null import NullSettings
    from vlagen_bench.utils.tables import NumberTable

    out = console()
    waits = NullSettings(step_s=step_ms / 1000, horizon=horizon)
    table = NumberTable("The driver's load: busy, and for an episode; computing for an episode, and for a question")
    table.numbers(
        "environments", "episodes/s", "questions/s", "busy", "an episode", "to store", "CPU", "a question", "memory"
    )
    measuring = (scale.measure(number, waits) for number in environments)
    for number, load in zip(
        environments, tracked(measuring, total=len(environments), label="measuring", console=out), strict=True
    ):
        table.add_row(
            f"{number}", f"{load.episodes / load.wall_s:.0f}",
            f"{load.questions / load.wall_s:.0f}", f"{100 * load.busy_s / load.wall_s:.1f} %", f"{load.busy_ms:.1f} ms",
            f"{load.store_ms:.1f} ms",
            f"{load.cpu_ms:.1f} ms", f"{load.question_us:.0f} us", f"{load.memory_mb:.0f} MB",
        )  # fmt: skip
    out.print(table)
    needs = scale.ResourceNeeds(environments=wanted, policy_s=policy_ms / 1000, batch=batch, waits=waits)
    busy, cores = needs.driver(load)
    pictures, records = needs.traffic_mb_s(load)
    out.print(
        f"A question is {load.question_bytes / 1e3:.0f} kB, the record of an episode {load.record_bytes / 1e3:.1f} kB.\n"
        f"{wanted} environments (step {step_ms:g} ms, {horizon} steps a question, policy {policy_ms:g} ms for {batch}) "
        f"play {needs.episodes_per_s:.0f} episodes and ask {needs.questions_per_s:.0f} questions a second. They need "
        f"{needs.replicas} policy replicas, and {pictures:.0f} MB/s from environments to replicas. Episodes take "
        f"{100 * busy:.0f} % of the driver's time then, commits to disk apart; it computes on {100 * cores:.0f} % of a core, and gets {records:.1f} MB/s.",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
    fed = scale.feed(needs.episodes_per_s, waits)
    out.print(
        f"Fed with so many by a loop in place of a cluster, the driver stored {fed.stored_per_s:.0f} a second, "
        f"{fed.together:.1f} with a commit, and was busy {100 * fed.busy:.0f} % of the time: it "
        f"{'keeps up' if fed.kept_up else 'does not keep up'}.",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
    return OK
