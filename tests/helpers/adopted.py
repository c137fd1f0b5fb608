"""A small study of which a half was done in another folder, whose records and released weights are there."""

import dataclasses

from helpers.studied import Pretence, product, score_by_rule, small
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import elsewhere, page, runner
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study.folder import Piece

WEIGHTS = b"weights that are shipped"


class Recorded(Pretence):
    """Evaluations leave real run folders, so that there are tables."""

    def __call__(self, job):
        if job.stage.score is None:
            return super().__call__(job)
        self.worked.append(job.stage.name)
        assert all(path.exists() for path in job.inputs.values()), "a stage begins only when its inputs are there"
        score_by_rule(job, lambda episode: "success" if episode.index == 0 else "failure")
        job.folder.add(Piece(began="2026-01-01T00:00:00+00:00", wall_s=60.0, core_s=90.0, peak_bytes=2_000_000))
        return True


def released() -> configs.StudyConfig:
    """The small study, whose supervised policy is shipped."""
    config = small()
    stages = [dataclasses.replace(one, released="reference-sft") if one.name == "sft" else one for one in config.stages]
    return dataclasses.replace(config, stages=tuple(stages))


def go(out, pretence, **options):
    return runner.run(
        released(), out, steps=pretence.steps, gate_rate=lambda path: 1.0, say=lambda text: None, **options
    )


def adopt(tmp_path, docs):
    return elsewhere.adopt(released(), tmp_path / "second", docs / page.DATA)


def remade(out, name):
    """A training that came out differently."""
    (product(out, name) / "policy.safetensors").write_text("of another machine")
    folders.of(out, name).finish()
