"""The page of a study: each finding of the paper, ours beside it, what agrees, and how sure that is."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.train.study import contrasts, figures, page_failures, page_findings, page_tables, preregistration
from vlagen_bench.train.study import records as stored
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.outcomes import Evaluation
from vlagen_bench.train.study.published import SOURCE
from vlagen_bench.train.study.records import Records, StageRecord
from vlagen_bench.utils.text import percent, percent_range

PAGE, FIGURES, DATA, NOTES = "study.md", "study", Path("data/study"), "notes.txt"
"""below the folder of the docs; notes are written by hand, into the folder of the data"""
LIMITS = (
    "One task, one robot, one simulator, and one network of a few million parameters. The paper's has 7 billion.",
    "The paper compares PPO, which began with 140 demonstrations, with another policy, which imitated 16,384, where more do not help. Here PPO is "
    "compared with the policy that it began with, for which more do, and it plays tens of thousands of episodes besides. So H1 to H8 say what PPO adds to this "
    "policy, not what it adds to all that imitation can do; E11 comes nearest to that.",
    "Reinforcement learning leaves the convolutions and the reading of the sentence as imitation made them (`frozen: [eyes, words]` in "
    "`tasks/train`, 0.57 of 3.0 million parameters), and PPO makes 3 epochs of each update. The paper trains an adapter of all layers, with 1 epoch.",
    "PPO has two seeds at most, everything else one. Both seeds begin with the same imitated policy, and are compared with the same episodes of it. Intervals "
    "and p are over episodes, and *replicated* says that the second seed agrees: neither speaks of another imitated policy.",
    "What is pooled may differ by condition: the rows by dimension show the conditions one by one, for both seeds.",
    "The conditions are the nearest to the paper's, at one level each. They are not the paper's, and its numbers are beside ours for their direction "
    "and order, not their size.",
    "The paper samples its actions at a temperature of 0.6 and judges the last of 80 steps. Here policies take their most likely tokens, and an "
    "episode ends at success.",
    "The paper's intervals are not published. Its 192 episodes a setting give 3 to 7 points on either side, by Wilson.",
)


REPEAT = (
    "`vlagen study run --hours 2` does all of it, from nothing, two hours at a time: the same command goes on where it stopped, and says what is left. `vlagen "
    "study plan` says before what it will take, and `vlagen study report` writes this page. `vlagen study run --config toy --out runs/toy-study` tries it in "
    "small, in minutes. [Other commands](commands.md#train-and-study-what-training-brings) do single stages, go on from these records, or play recorded episodes "
    "again. Pilots, and what was done twice, are not in the sum above."
)


def text(config: StudyConfig, records: Records, notes: str = "") -> str:
    """The page, as Markdown.

    Args:
        config: of the study.
        records: of its runs, as far as they came.
        notes: what was done otherwise than was written down before, and what else there is to know, by hand.
    """
    return "\n".join(_lines(config, records, notes)).rstrip("\n") + "\n"


def write(config: StudyConfig, records: Records, docs: Path) -> Path:
    """Writes the page and its figures from the records; the page."""
    notes = docs / DATA / NOTES
    page = docs / PAGE
    said = text(config, records, notes.read_text(encoding="utf-8") if notes.is_file() else "")
    figures.write(config, records, docs / FIGURES)
    page.write_text(said, encoding="utf-8")
    return page


def update(config: StudyConfig, out: Path, docs: Path, *, say: Callable[[str], None] = lambda text: None) -> Path:
    """Takes over what the study's folder holds into the records, where there is one, and writes the page from them.

    Args:
        config: of the study.
        out: its folder.
        docs: the folder of the documentation.
        say: is told of results that replace other ones.

    Raises:
        ConfigError: results that are recorded would be lost, the records are of another study, or there is nothing to write a page of.
    """
    before = stored.read(docs / DATA)
    if before.study not in ("", config.name):
        raise ConfigError(
            f"{docs / DATA} has the records of the study {before.study}, and this is {config.name}: they and their page would be lost. Write "
            f"elsewhere: --docs DIR"
        )
    if not before.study and not out.is_dir():
        raise ConfigError(
            f"There is no folder of a study {out}, and there are no records in {docs / DATA}. Name them: --out DIR, --docs DIR"
        )
    if out.is_dir():
        records = stored.collect(config, out)
        _keeps_all(records, before, out, docs / DATA)
        stored.write(records, docs / DATA)
        if replaced := list(_replaced(config, before, records)):
            say(f"Of these stages {docs / DATA} had other results, which are now replaced: {', '.join(replaced)}.")
    return write(config, stored.read(docs / DATA), docs)


def _keeps_all(records: Records, before: Records, out: Path, folder: Path) -> None:
    """Raises `ConfigError` where results of a stage would be lost."""
    lost = [name for name in before.stages if before.state(name) == "done" and records.state(name) != "done"]
    if lost:
        raise ConfigError(
            f"{folder} has results of {', '.join(lost)}, which {out} has not: they would be lost. To add to them, begin with "
            f"vlagen study run --records {folder}; to replace them, remove {folder / stored.MANIFEST} first, or write elsewhere: --docs DIR"
        )


def _replaced(config: StudyConfig, before: Records, after: Records) -> Iterator[str]:
    """The stages whose results are not what they were, as far as that can be told."""
    for stage in config.order:
        name = stage.name
        if (
            before.state(name) == after.state(name) == "done"
            and stored.same_result(stage, after.stages[name].product, after.tables.get(name), before) is False
        ):
            yield name


def _lines(config: StudyConfig, records: Records, notes: str) -> Iterator[str]:
    evaluations = records.of_policies(config)
    findings = contrasts.findings(config, evaluations)
    yield from ("# The study: what reinforcement learning brings", "")
    yield from (config.question, "")
    yield from (*page_findings.answer(config, findings), "")
    yield (
        f"After {SOURCE}, on two cores, scored by this library: the same kinds of systems, small, with paired episodes and tests that were "
        f"[fixed before any of these policies was trained or scored](study/preregistration.md). `vlagen study report` made this page from the records in `docs/{DATA}`."
    )
    yield ""
    yield from _names(config)
    yield from _missing(config, records)
    yield from page_tables.loss_of_vision(config, evaluations)
    yield from _gates(config, records, evaluations)
    yield from page_findings.goal(config, findings, evaluations)
    yield from page_findings.tables(config, findings)
    yield from page_tables.by_condition(config, evaluations)
    yield from page_tables.scaling(config, evaluations)
    yield from _learning(config, records)
    yield from page_failures.failures(config, evaluations)
    yield from page_tables.costs(config, records)
    yield from ("## Repeat it", "", REPEAT, "")
    yield from ("## How sure this is", "", *(f"* {limit}" for limit in LIMITS), "")
    yield from _deviations(config, records, notes)


def _names(config: StudyConfig) -> Iterator[str]:
    base = config.hypotheses[0].than
    size = page_tables.sizes_of(config).get(base)
    told = f"`{base}` imitates {size:,} demonstrations. " if size else ""
    if released := _released(config):
        told += " ".join(f"`{stage}` is built in, as `{name}`." for name, stage in released.items()) + " "
    yield f"{told}`vlagen study plan` says what each name is, [train a VLA](train_vla.md) how they are trained."
    yield ""


def _released(config: StudyConfig) -> dict[str, str]:
    """The trainings whose weights are released, by the built-in policy that has them."""
    return {stage.released: stage.name for stage in config.order if stage.released}


def _missing(config: StudyConfig, records: Records) -> Iterator[str]:
    missing = page_tables.not_run(config, records)
    if missing:
        named = ", ".join(f"`{name}`" for name in missing)
        yield f"Not run yet: {named}. What is below is of the other stages, and hypotheses about these are called not run."
        yield ""


def _gates(config: StudyConfig, records: Records, evaluations: Mapping[str, Evaluation]) -> Iterator[str]:
    for stage in config.order:
        if stage.gate is None:
            continue
        table = records.tables.get(stage.gate.score)
        if table is None:
            yield f"The gate, {percent(stage.gate.rate)} success before any reinforcement learning, was not reached yet: `{stage.gate.score}` was not run."
        else:
            won, n = page_tables.counted(tuple(table.by_key.values()))
            is_open = bool(n) and won / n >= stage.gate.rate
            begun = any(name in records.stages for name in page_tables.trained(config))
            closed = "It is closed." if begun else "It is closed: no reinforcement learning was begun."
            end = "It opened." if is_open else closed
            yield (
                f"The gate: before any reinforcement learning, {percent(stage.gate.rate)} of {n} episodes of another seed had to succeed; "
                f"{page_tables.rate_text(tuple(table.by_key.values()))} did. {end}"
            )
        yield ""


def _learning(config: StudyConfig, records: Records) -> Iterator[str]:
    trained = page_tables.trained(config)
    if not trained:
        return
    yield from ("## While it learns", "", "![Success during training](study/learning.svg)", "")
    yield (
        f"Thick, with points: success on held-out episodes, greedy, with 95 % intervals (Wilson). Thin: success of the rollouts, which are sampled, on "
        f"training episodes, and cut off as the training says, as means of {figures.SMOOTHED} iterations; in the table the rollouts at first and at last are those "
        f"of the first and the last {figures.SMOOTHED}. Dashed: the policy that they began with, in scored episodes, which are others."
    )
    yield ""
    yield (
        f"The time of a control step of the rollouts, inference and pictures included, is time on the clock times {config.cores}, the median over iterations: "
        f"other programs, where there were some, make it longer. A dash: not recorded."
    )
    yield ""
    yield "| training | algorithm | iterations | control steps | a control step, at most | rollouts at first | rollouts at last | held out at first | held out at last |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, train in trained.items():
        kept = records.stages.get(name)
        if kept is None or not kept.curve:
            yield f"| `{name}` | {train.algorithm} | not run | | | | | | |"
            continue
        last = kept.curve[-1]
        _, rates = figures.smoothed(kept.curve)
        scored = [rate for line in kept.curve if (rate := line.get("eval/nominal")) is not None]
        ends = [f"{rates[0]:.0f} %", f"{rates[-1]:.0f} %"] if rates else ["–", "–"]
        held = [_held(rate, kept.held_out) for rate in (scored[0], scored[-1])] if scored else ["–", "–"]
        steps = f"{last.get('control_steps') or 0:,.0f}"
        unfinished = "" if kept.state == "done" else ", not done"
        yield f"| `{name}`{unfinished} | {train.algorithm} | {last.get('iteration') or 0:.0f} | {steps} | {_step_time(config, kept)} | {' | '.join([*ends, *held])} |"
    yield ""


def _held(rate: float, n: int) -> str:
    """`75 % of 48 (61 – 85)`, or the rate alone where it is not known of how many."""
    if not n:
        return percent(rate)
    return f"{percent(rate)} of {n} ({percent_range(wilson(round(n * rate), n)).removesuffix(' %')})"


def _step_time(config: StudyConfig, kept: StageRecord) -> str:
    """The most core time that a control step of a training's rollouts can have taken: its workers play on all cores of the study."""
    times, before = [], 0.0
    for line in kept.curve:
        steps, seconds = line.get("control_steps"), line.get("rollout_s")
        if steps and seconds:
            times.append(1000 * config.workers * seconds / (steps - before))
        before = steps or before
    return f"{median(times):.1f} ms" if times else "–"


def _deviations(config: StudyConfig, records: Records, notes: str) -> Iterator[str]:
    yield from ("## Notes, and what differs from the preregistration", "")
    mark = preregistration.fingerprint(config)
    promised = [one.fingerprint for one in records.promises]
    said = []
    if len(promised) > 1:
        days = ", ".join(one.since for one in records.promises[1:])
        said.append(
            f"Hypotheses, episodes or rules were changed after the first stage had begun, at {records.promises[0].since}; the first stage that began "
            f"under a change did so at {days}. The history of the preregistration shows what was changed."
        )
    if promised and promised[-1] != mark:
        said.append(
            "The configuration was changed after the last run, so its hypotheses are not those that it ran under."
        )
    errors = {name: table.errors for name, table in records.tables.items() if table.errors}
    for name, count in errors.items():
        said.append(f"`{name}`: {count} episodes ended as errors and enter no rate and no pair.")
    for policy, training in _released(config).items():
        users = [f"`{name}`" for name, kept in records.stages.items() if policy in kept.released]
        if users:
            said.append(
                f"The released weights of `{policy}`, which are those of `{training}` rounded to half precision, stand in for them in "
                f"{', '.join(users)}: `{training}` was done in another folder, or on another machine."
            )
    for name, kept in records.stages.items():
        if kept.others:
            named = ", ".join(f"`{other}`" for other in kept.others)
            said.append(
                f"`{name}` is made from an earlier result of {named}. That was made again since, and came out differently; what is on this page "
                f"of {named} itself is of the new one."
            )
    said += [line for line in notes.strip().splitlines() if line.strip()]
    yield from (f"* {line.removeprefix('* ')}" for line in said or ["Nothing that is known."])
