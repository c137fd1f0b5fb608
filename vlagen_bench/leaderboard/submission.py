"""Submissions: their parts, and every check that needs no simulator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vlagen_bench.leaderboard import archive, card, claims, records
from vlagen_bench.leaderboard import pledge as pledges
from vlagen_bench.leaderboard.card import Card
from vlagen_bench.leaderboard.codec import ACTION_BYTES, actions_from_bytes, expand, states_from_bytes
from vlagen_bench.leaderboard.commitment import Opening
from vlagen_bench.leaderboard.limits import ARCHIVE_BYTES, RECORD_BYTES, Refused
from vlagen_bench.leaderboard.pledge import SAID, HiddenRun, Pledge
from vlagen_bench.leaderboard.untrusted_json import read_file, shown
from vlagen_bench.plan import catalog
from vlagen_bench.report import report
from vlagen_bench.report.entries import Protocol
from vlagen_bench.report.rows import Row, rows
from vlagen_bench.runs.episodes import RecordedEpisode
from vlagen_bench.scenes import specs
from vlagen_bench.types import Plan, Task


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A run of a whole suite, and who says so."""

    card: Card
    policy: str
    plan: Plan
    task: Task
    protocol: Protocol
    takes: Sequence[RecordedEpisode]
    """of every episode of the plan, in its order"""
    archive_sha256: str
    actions_sha256: str
    """of the actions themselves, however they are packed"""
    states_sha256: str
    attempts: Mapping[str, int]
    """id -> how often the episode was tried"""
    notes: tuple[str, ...] = ()
    """what a reader of the entry should know of the run"""
    pledge: Pledge | None = None
    """to a hidden split, made before its seeds were revealed"""

    def rows(self) -> tuple[Row, ...]:
        """Its numbers, counted from the episodes; there are no others in a submission."""
        planned = [episode.to_dict() for episode in self.plan.episodes]
        results = {
            take.episode.id: {
                **take.episode.to_dict(), **_outcome(take), "attempts": self.attempts[take.episode.id],
            }
            for take in self.takes
        }  # fmt: skip
        return rows(planned, results, catalog.groups_of(self.task, self.plan.suite.conditions, self.plan.suite.groups))


def _outcome(take: RecordedEpisode) -> dict[str, Any]:
    return {"outcome": take.record.outcome, "success_once": take.record.success_once}


def protocol_of(header: dict[str, Any], plan: Plan, task: Task, how: str = SAID["late"]) -> Protocol:
    """As of the run; other seeds are other episodes, and no numbers to be ranked against the suite's own.

    Args:
        header: of the run.
        plan: of the run.
        task: of the plan.
        how: how a revealed seed was run, as a clause.
    """
    protocol = report.protocol_of(header, task)
    if plan.suite.seed == catalog.suite(plan.suite.name).seed:
        return protocol
    said = f"its episodes are of the seed {plan.suite.seed}, revealed of a hidden split, {how}"
    return replace(protocol, deviations=(*protocol.deviations, said))


def _hidden_run(claimed: claims.Claims, plan: Plan, told: Card, pledge: Pledge | None, *, hosted: bool) -> HiddenRun:
    """How a revealed seed was run; raises `Refused` if that is not what the submission is."""
    if not (pledge or hosted):
        return "late"
    if plan.suite.seed == catalog.suite(plan.suite.name).seed:
        raise Refused(
            f"The run is of the suite's own seed, {plan.suite.seed}, whose episodes are public: nothing of it was hidden. "
            f"Leave out --pledge and --hosted."
        )
    if pledge:
        pledges.check(pledge, told)
    if not hosted:
        return "pledged"
    if "://" not in claimed.policy.name:
        raise Refused(
            f"The policy is '{shown(claimed.policy.name)}', which is no address of a server: a run that the maintainers "
            f"host asks the submitter's server (--policy ws://...)."
        )
    return "hosted"


def load(
    path: Path, opening: Opening | None = None, pledge: Pledge | None = None, *, hosted: bool = False
) -> Submission:
    """The submission in a file; raises `ConfigError` if there is none, and `Refused` as `read` does."""
    return read(read_file(path, ARCHIVE_BYTES), opening, pledge, hosted=hosted)


def read(
    data: bytes, opening: Opening | None = None, pledge: Pledge | None = None, *, hosted: bool = False
) -> Submission:
    """The submission in these bytes.

    In this order, so that nothing is unpacked before the plan says how large it can be: container, header, plan, card,
    records, actions, states.

    Args:
        data: of the file.
        opening: revealed seeds of a hidden split.
        pledge: the maintainers' copy of what was pledged to it.
        hosted: whether the maintainers made the run themselves, against a policy server, before the seeds were revealed.

    Raises:
        Refused: it is damaged, forged or incomplete.
    """
    members = archive.unpack(data)
    claimed, header = claims.read(members["header.json"])
    plan = claims.plan_of(claimed, opening)
    task = catalog.task(plan.suite.task)
    dim = specs.of_task(task).robot.action_dim
    told = card.read(members["card.yaml"])
    how = _hidden_run(claimed, plan, told, pledge, hosted=hosted)
    count = len(plan.episodes)
    lines = expand(members["episodes.jsonl.xz"], "episodes.jsonl.xz", 2 * count * RECORD_BYTES)
    played, attempts = records.read(lines, plan, task)
    steps = [record.steps for record in played]
    moves = expand(members["actions.xz"], "actions.xz", count * task.max_steps * dim * ACTION_BYTES)
    takes = zip(
        plan.episodes,
        played,
        actions_from_bytes(moves, steps, dim),
        states_from_bytes(members["states.bin"], steps),
        strict=True,
    )
    return Submission(
        card=told,
        policy=claimed.policy.name,
        plan=plan,
        task=task,
        protocol=protocol_of(header, plan, task, SAID[how]),
        pledge=pledge,
        takes=[RecordedEpisode(episode=e, record=r, actions=a, state_hashes=h) for e, r, a, h in takes],
        archive_sha256=archive.sha256(data),
        actions_sha256=archive.sha256(moves),
        states_sha256=archive.sha256(members["states.bin"]),
        attempts=attempts,
        notes=claimed.notes,
    )
