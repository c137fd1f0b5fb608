"""`vlagen bench scale`: how many environments can one driver direct?"""

from typing import Annotated

import tyro

from vlagen_bench.cli.common import OK, console


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
    steps to the driver. Needs pip install 'vlagen-bench[ray]'.

    Args:
        environments: numbers of environments to measure, one after the other.
        wanted: the number to extrapolate to.
        step_ms: of an environment, for the extrapolation; `vlagen bench env` measures it.
        policy_ms: of a call of the policy with a whole batch, likewise.
        batch: how many questions a call answers, likewise.
        horizon: actions that are executed for each question.
    """
    from rich.table import Table

    from vlagen_bench.harness.on_ray.cluster import Cluster

    Cluster().connect(1)
    from vlagen_bench import scale
    from vlagen_bench.harness.on_ray.null import Waits

    out = console()
    waits = Waits(horizon=horizon)
    table = Table(
        "environments", "episodes", "questions/s", "driver CPU an episode", "a question", "driver", "memory",
        title="The driver's load", title_justify="left",
    )  # fmt: skip
    for number in environments:
        load = scale.measure(number, waits)
        table.add_row(
            f"{number}", f"{load.episodes}", f"{load.observations / load.wall_s:.0f}", f"{load.episode_ms:.1f} ms",
            f"{load.observation_us:.0f} us", f"{100 * load.cpu_s / load.wall_s:.1f} % of a core",
            f"{load.memory_mb:.0f} MB",
        )  # fmt: skip
    out.print(table)
    needs = scale.Needs(
        environments=wanted, step_s=step_ms / 1000, policy_s=policy_ms / 1000, batch=batch, waits=waits
    )
    pictures, records = needs.traffic_mb_s(load)
    out.print(f"A question is {load.question_bytes / 1e3:.0f} kB, the record of an episode {load.record_bytes / 1e3:.1f} kB.")
    out.print(
        f"{wanted} environments (step {step_ms:g} ms, {horizon} steps a question, policy {policy_ms:g} ms for "
        f"{batch}) play {needs.episodes_per_s:.0f} episodes and ask {needs.questions_per_s:.0f} questions a second. They "
        f"need {needs.replicas} policy replicas, {pictures:.0f} MB/s from environments to replicas, and of the driver "
        f"{100 * needs.driver_cores(load):.0f} % of a core and {records:.2f} MB/s.",
        soft_wrap=True,
    )  # fmt: skip
    return OK
